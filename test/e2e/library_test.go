package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// asset is what /v1/assets tells, as far as it is looked at here.
type asset struct {
	Number   int64
	UUID     string
	Name     string
	FileName string
	Folder   string
	Type     string
	Size     int64
	SHA256   string
	Width    int
	Height   int
	State    string
	Pending  []string
	Warnings []string
	Derived  []derived
	Crop     *struct{ X, Y, Width, Height int }
}

// derived is a file that was made of an asset.
type derived struct {
	Kind, URL, Type string
	Width, Height   int
}

// job is what /v1/jobs tells.
type job struct {
	Number       int64
	UUID         string
	Name         string
	OriginalName string
	Door         string
	State        string
	Progress     int
}

// row is one row of a job's log.
type row struct {
	Type, Message string
	Asset         string
}

// get asks for a path below the server as the administrator.
func (s *server) get(path string, header ...string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, path, nil)
	if strings.HasPrefix(path, "/") {
		req, err = http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(adminLogin, adminPassword)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { res.Body.Close() })
	return res
}

// read is get for the body of a 200.
func (s *server) read(path string) string {
	s.t.Helper()
	res := s.get(path)
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s, %v\n%.500s", path, res.Status, err, text)
	}
	return string(text)
}

func (s *server) decode(path string, into any) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.read(path)), into); err != nil {
		s.t.Fatal(err)
	}
}

// list reads all pages of a list.
func list[T any](s *server, path string, query url.Values) []T {
	s.t.Helper()
	var all []T
	query.Set("limit", "500")
	for {
		var page struct {
			Items []T
			Next  string
		}
		s.decode(path+"?"+query.Encode(), &page)
		if all = append(all, page.Items...); page.Next == "" {
			return all
		}
		query.Set("after", page.Next)
	}
}

func (s *server) assets() []asset {
	s.t.Helper()
	return list[asset](s, "/v1/assets", url.Values{})
}

func (s *server) jobs(originalName string) []job {
	s.t.Helper()
	return list[job](s, "/v1/jobs", url.Values{"name": {originalName}})
}

// asset returns the only asset with a file name, in full.
func (s *server) asset(fileName string) asset {
	s.t.Helper()
	found := list[asset](s, "/v1/assets", url.Values{"name": {fileName}})
	if len(found) != 1 {
		s.t.Fatalf("%d assets are called %s", len(found), fileName)
	}
	var a asset
	s.decode("/v1/assets/"+found[0].UUID, &a)
	return a
}

// processed waits until nothing is outstanding for an asset.
func (s *server) processed(fileName string) asset {
	s.t.Helper()
	var a asset
	s.eventually(fileName+" is processed", func() bool {
		a = s.asset(fileName)
		return a.State != "processing"
	})
	return a
}

// job returns the job of a handle.
func (s *server) job(handle string) job {
	s.t.Helper()
	for _, j := range list[job](s, "/v1/jobs", url.Values{}) {
		if j.Number == jobNumber(handle) {
			return j
		}
	}
	s.t.Fatalf("there is no job %s", handle)
	return job{}
}

// finished waits until a job is done and returns its log.
func (s *server) finished(handle string) []row {
	s.t.Helper()
	var j job
	s.eventually("job "+handle+" is done", func() bool {
		j = s.job(handle)
		return j.State == "Done"
	})
	return s.rows(j)
}

func (s *server) rows(j job) []row {
	s.t.Helper()
	return list[row](s, "/v1/jobs/"+j.UUID+"/log", url.Values{})
}

// types are those of the rows, in their order.
func types(rows []row) string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Type)
	}
	return strings.Join(all, " ")
}

// the returns the only row of a type.
func the(s *server, rows []row, kind string) row {
	s.t.Helper()
	var found []row
	for _, r := range rows {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d rows %s in %s", len(found), kind, types(rows))
	}
	return found[0]
}

// original reads an asset's bytes back.
func (s *server) original(a asset) string {
	s.t.Helper()
	return s.read("/v1/assets/" + a.UUID + "/original")
}

// holds checks that the asset with a file name has these bytes, by its digest
// and by reading it back.
func (s *server) holds(fileName, content string) {
	s.t.Helper()
	a := s.asset(fileName)
	want := digest(content)
	if a.SHA256 != want || a.Size != int64(len(content)) {
		s.t.Errorf("%s: listed with digest %s and %d bytes, sent were %s and %d", fileName, a.SHA256, a.Size, want, len(content))
	}
	if got := digest(s.original(a)); got != want {
		s.t.Errorf("%s: read back with digest %s, want %s", fileName, got, want)
	}
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// bytesOf makes n bytes that differ by seed, with traps for form readers within.
func bytesOf(seed string, n int) string {
	const traps = "\r\n--\r\n--boundary--\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\x00\xff\r\r\n\n"
	content := make([]byte, n)
	rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(content)
	for at := 0; at < n; at += 50_000 {
		copy(content[at:], traps)
	}
	return string(content)
}

// wellIn asks for the health page and an upload and fails when they take long:
// whatever goes on, the server must go on answering.
func (s *server) wellIn(most time.Duration) {
	s.t.Helper()
	began := time.Now()
	if text := s.read("/readyz"); text != "ready\n" {
		s.t.Errorf("readyz says %q", text)
	}
	name := fmt.Sprintf("well-%d.zip", began.UnixNano())
	s.upload(auth(), newJob(name), file(name, "small"))
	s.holds(name, "small")
	if took := time.Since(began); took > most {
		s.t.Errorf("a small upload and three reads took %v", took)
	}
}
