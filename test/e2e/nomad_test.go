package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nomadScript runs a client of testdata/nomad. It returns what it printed before its
// last word, which is ok when it succeeded.
func (s *server) nomadScript(t *testing.T, env []string, name string, arguments ...string) (lines []string, ok bool, problem string) {
	t.Helper()
	interpreter := map[string]string{".mjs": "node", ".py": "python3"}[filepath.Ext(name)]
	if _, err := exec.LookPath(interpreter); err != nil {
		t.Skipf("%s is missing", interpreter)
	}
	modules, err := filepath.Abs("../../.test/node")
	if err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), interpreter, append([]string{filepath.Join("testdata", "nomad", name)}, arguments...)...)
	program.Env = environment(append([]string{"SOAP_CLIENTS=" + modules, "LC_ALL=C.UTF-8", "NO_PROXY=*", "no_proxy=*"}, env...)...)
	program.WaitDelay = 5 * time.Second
	var out, errs strings.Builder
	program.Stdout, program.Stderr = &out, &errs
	err = program.Run()
	lines = strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := len(lines) - 1; err == nil && lines[last] == "ok" {
		return lines[:last], true, ""
	}
	return lines, false, fmt.Sprint(err, " ", strings.TrimSpace(errs.String()))
}

// nomadAsset runs a client that must succeed, and returns the asset's id.
func (s *server) nomadAsset(t *testing.T, env []string, name string, arguments ...string) string {
	t.Helper()
	lines, ok, problem := s.nomadScript(t, env, name, arguments...)
	if !ok {
		t.Fatalf("%s %v: %s\n%v", name, arguments, problem, lines)
	}
	return lines[len(lines)-1]
}

// fileOf writes content to a file of its own.
func fileOf(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holdsAsset reads an asset back by its id, which must have the content and its digest.
func (s *server) holdsAsset(t *testing.T, id, fileName, content string) {
	t.Helper()
	var a asset
	s.eventually(fileName+" has its digest", func() bool {
		s.decode("/v1/assets/"+id, &a)
		return a.SHA256 != ""
	})
	if a.FileName != fileName || a.Size != int64(len(content)) || a.SHA256 != digest(content) {
		t.Errorf("asset %s is %s of %d bytes with %s; want %s of %d bytes with %s", id, a.FileName, a.Size, a.SHA256, fileName, len(content), digest(content))
	}
	if s.read("/v1/assets/"+id+"/original") != content {
		t.Errorf("%s has other bytes", fileName)
	}
}

// TestNomadClients: clients that behave like each generation of the vendor's kits
// upload files of sizes around the size of a part (check 1).
func TestNomadClients(t *testing.T) {
	if testing.Short() {
		t.Skip("uploads much")
	}
	s := start(t)
	const part = 8 << 20
	sizes := []int{0, 1, part - 1, part, part + 1, 45 << 20}
	generations := []struct {
		name, script string
		env          []string
		more         []string
	}{
		{"JavaScript 2023", "sdk2023.mjs", nil, nil},
		{"JavaScript 2023 with small parts", "sdk2023.mjs", []string{"CHUNK=1000000.5"}, nil},
		{"Python", "sdk.py", nil, nil},
		{"Python 2023", "sdk.py", nil, []string{"--absolute", "--threads", "8", "--chunk", "20971520"}},
		{"Python with a fresh token for each call", "sdk.py", nil, []string{"--refresh"}},
	}
	for i, g := range generations {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s %d", g.name, size), func(t *testing.T) {
				content := bytesOf(g.name, size)
				name := fmt.Sprintf("file-%d-%d.bin", i, size)
				path := fileOf(t, name, content)
				base := s.url
				if strings.HasSuffix(g.script, ".mjs") {
					base += "/api"
				}
				id := s.nomadAsset(t, g.env, g.script, append([]string{base, adminLogin, adminPassword, path, name, "replace"}, g.more...)...)
				s.holdsAsset(t, id, name, content)
			})
		}
	}
	t.Run("JavaScript 2023 with text", func(t *testing.T) {
		content := bytesOf("text", 25<<20)
		id := s.nomadAsset(t, nil, "sdk2023.mjs", s.url+"/api/", adminLogin, adminPassword, fileOf(t, "text.bin", content), "text.bin", "replace", "text")
		s.holdsAsset(t, id, "text.bin", content)
	})
	t.Run("a job for each", func(t *testing.T) {
		if jobs := s.jobs("text.bin"); len(jobs) != 1 || jobs[0].Door != "nomad" || jobs[0].State != "Done" {
			t.Errorf("jobs %+v", jobs)
		}
	})
}

// TestNomadLarge: a file of a gigabyte (check 1).
func TestNomadLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("uploads a gigabyte")
	}
	s := start(t)
	content := bytesOf("large", 1<<30)
	id := s.nomadAsset(t, nil, "sdk.py", s.url, adminLogin, adminPassword, fileOf(t, "large.bin", content), "large.bin", "replace")
	s.holdsAsset(t, id, "large.bin", content)
}

// TestNomadContinues: a client that was killed after three of ten parts goes on with
// exactly the other seven, also when the server was killed too (check 2).
func TestNomadContinues(t *testing.T) {
	if testing.Short() {
		t.Skip("kills servers")
	}
	const part = 1 << 20
	for _, killed := range []string{"client", "server"} {
		t.Run(killed, func(t *testing.T) {
			s := launch(t, filepath.Join(t.TempDir(), "data"))
			s.awaitReady()
			content := bytesOf(killed, 10*part)
			path := fileOf(t, "ten.bin", content)
			arguments := []string{s.url, adminLogin, adminPassword, path, "ten.bin", "continue", "--threads", "1", "--chunk", fmt.Sprint(part)}
			if lines, ok, _ := s.nomadScript(t, nil, "sdk.py", append(arguments, "--after-part", "3")...); ok {
				t.Fatalf("the client was not killed: %v", lines)
			}
			if killed == "server" {
				s.end()
				s = launch(t, s.data)
				s.awaitReady()
				arguments[0] = s.url
			}
			lines, ok, problem := s.nomadScript(t, nil, "sdk.py", arguments...)
			if !ok || lines[0] != "parts 7" {
				t.Fatalf("%v %s", lines, problem)
			}
			s.holdsAsset(t, lines[1], "ten.bin", content)
		})
	}
}

// TestNomadReplaces: an asset that is replaced while somebody reads it. The reader
// gets the old bytes whole, everybody else the new ones under the same id (check 3).
func TestNomadReplaces(t *testing.T) {
	s := start(t)
	first, second := bytesOf("first", 24<<20), bytesOf("second", 9<<20)
	run := func(name, content string, more ...string) string {
		return s.nomadAsset(t, nil, "sdk.py", append([]string{s.url, adminLogin, adminPassword, fileOf(t, "x.bin", content), name, "replace"}, more...)...)
	}
	id := run("x.bin", first)
	slow := s.openSlowly(s.url + "/v1/assets/" + id + "/original")
	beginning := make([]byte, 1000)
	if _, err := io.ReadFull(slow, beginning); err != nil {
		t.Fatal(err)
	}
	if again := run("x.bin", second); again != id {
		t.Errorf("the asset is %s now, it was %s", again, id)
	}
	rest, err := io.ReadAll(slow)
	if err != nil || string(beginning)+string(rest) != first {
		t.Errorf("the open download ended after %d bytes with %v, or with other bytes", len(beginning)+len(rest), err)
	}
	s.holdsAsset(t, id, "x.bin", second)
	if again := run("other name.bin", first, "--existing", id); again != id {
		t.Errorf("by its id the asset is %s, it was %s", again, id)
	}
	s.holdsAsset(t, id, "x.bin", first)
}

// TestNomadRelated: the id of a related file is found as the kit finds it (check 5).
func TestNomadRelated(t *testing.T) {
	s := start(t)
	video := s.nomadAsset(t, nil, "sdk.py", s.url, adminLogin, adminPassword, fileOf(t, "v.bin", "video"), "v.bin", "replace")
	content := "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
	lines, ok, problem := s.nomadScript(t, nil, "sdk.py", s.url, adminLogin, adminPassword, fileOf(t, "v.vtt", content), "v.vtt", "replace", "--related", video)
	if !ok || len(lines) != 3 || lines[1] != "related "+lines[2] {
		t.Fatalf("%v %s", lines, problem)
	}
	s.holdsAsset(t, lines[2], "v.vtt", content)
}

// TestNomadRefusals: what clients rely on when something is wrong. A token whose session
// has ended is answered by 403, on which clients get a new one (check 10).
func TestNomadRefusals(t *testing.T) {
	s := start(t)
	call := func(method, path, token, body string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var m map[string]any
		if err := json.NewDecoder(res.Body).Decode(&m); err != nil {
			t.Fatalf("%s %s answered %s and no JSON: %v", method, path, res.Status, err)
		}
		if kind := res.Header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s %s has the content type %q", method, path, kind)
		}
		return res.StatusCode, m
	}
	if status, m := call("POST", "/api/account/login", "", `{"userName":"`+adminLogin+`","password":"wrong"}`); status != 404 || m["message"] == "" {
		t.Errorf("a wrong password: %d %v", status, m)
	}
	if status, _ := call("GET", "/api/account/user", "", ""); status != 401 {
		t.Errorf("no token: %d", status)
	}
	_, login := call("POST", "/account/login/", "", `{"USERNAME":"`+adminLogin+`","password":"`+adminPassword+`"}`)
	token, _ := login["token"].(string)
	if status, _ := call("GET", "//api//account/user", token, ""); status != 200 {
		t.Errorf("doubled slashes: %d", status)
	}
	if status, m := call("POST", "/asset/upload/start", token, `{"contentLength":"3.5","relativePath":"a"}`); status != 400 || !strings.Contains(fmt.Sprint(m["message"]), "contentLength") {
		t.Errorf("half a byte: %d %v", status, m)
	}
	status, started := call("POST", "/asset/upload/start", token, `{"contentLength":"3","relativePath":"a.bin"}`)
	if status != 200 {
		t.Fatalf("start: %d %v", status, started)
	}
	part := started["parts"].([]any)[0].(map[string]any)
	address := strings.TrimPrefix(part["url"].(string), s.url)
	if status, _ := call("PUT", address+"x", "", "abc"); status != 403 {
		t.Errorf("a forged address: %d", status)
	}
	if status, _ := call("PUT", address, "", "abcd"); status != 400 {
		t.Errorf("a part that is too long: %d", status)
	}
	if status, _ := call("POST", "/asset/upload/"+started["id"].(string)+"/complete", token, ""); status != 400 {
		t.Errorf("complete without parts: %d", status)
	}
	if status, _ := call("POST", "/account/logout", token, ""); status != 200 {
		t.Errorf("logout: %d", status)
	}
	if status, _ := call("GET", "/account/user", token, ""); status != 403 {
		t.Errorf("a token whose session has ended: %d", status)
	}
	text := s.stderr()
	for _, secret := range []string{token, address[strings.Index(address, "s=")+2:], adminPassword} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds a secret: %s", secret)
		}
	}
}

// TestNomadBrowser: a page of another origin uploads through Chromium and reads the
// entity tags of the parts (check 7).
func TestNomadBrowser(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is missing; make setup installs it")
	}
	if _, err := os.Stat("../../.test/node/node_modules/playwright-core"); err != nil {
		t.Skip("playwright-core is missing; make setup installs it")
	}
	page := httptest.NewServer(http.FileServer(http.Dir("testdata/nomad")))
	defer page.Close()
	s := start(t, "SLUICE_CORS_ORIGINS="+page.URL)
	const size, part = 300_000, 100_000
	lines, ok, problem := s.nomadScript(t, nil, "browser.mjs", page.URL+"/page.html", s.url+"/api", adminLogin, adminPassword, "page.bin", fmt.Sprint(size), fmt.Sprint(part))
	if !ok {
		t.Fatal(problem, lines)
	}
	var got struct {
		Tags    []string
		AssetID string
		Forged  int
		Message string
	}
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Tags) != 3 || !strings.HasPrefix(got.Tags[0], `"`) || got.Tags[0] == got.Tags[1] || got.Forged != 403 || got.Message == "" {
		t.Errorf("%+v", got)
	}
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i*31 + i>>8)
	}
	s.holdsAsset(t, got.AssetID, "page.bin", string(content))
}
