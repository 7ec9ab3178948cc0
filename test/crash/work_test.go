package crash_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
	"sluice/internal/media/mediatest"
)

// workOptions ask for all that makes something of the files below.
const workOptions = `<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>true</createMask>` +
	`<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendNumber</layerNaming><createTemplate>true</createTemplate></layerOptions></photoshopOptions>` +
	`<pdfOptions><process>Rasterize</process><resolution>72</resolution><extractSearchWords>true</extractSearchWords></pdfOptions>` +
	`<postScriptOptions><process>Rasterize</process><resolution>72</resolution></postScriptOptions>` +
	`<mediaOptions><videoEncodingPresetsArray></videoEncodingPresetsArray></mediaOptions>` +
	`<unCompressOptions><process>UnCompress</process></unCompressOptions><emailSetting>None</emailSetting></uploadParams>`

// workFiles are about a hundred files, of which more than a hundred steps come: pictures, layers, pages, members, encodings.
func workFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	photograph := mediatest.Photograph(700, 500)
	jpeg, png := mediatest.JPEG(photograph), mediatest.PNG(photograph)
	for i := range 25 {
		files[fmt.Sprintf("photo%02d.jpg", i)], files[fmt.Sprintf("drawing%02d.png", i)] = jpeg, png
	}
	plane := func(value byte) []byte { return bytes.Repeat([]byte{value}, 60*40) }
	for i := range 15 {
		files[fmt.Sprintf("layers%02d.psd", i)] = mediatest.Layered{Width: 60, Height: 40, Mode: 3, Depth: 8, Packing: 1, Merged: [][]byte{plane(1), plane(2), plane(byte(i))},
			Layers: []mediatest.PSDLayer{mediatest.Plain("A", image.Rect(0, 0, 60, 40), 255, 20, 80, byte(i)), mediatest.Plain("B", image.Rect(5, 6, 15, 16), 128, 200, 0, 0)}}.File()
		files[fmt.Sprintf("poster%02d.eps", i)] = fmt.Appendf(nil, "%%!PS-Adobe-3.0 EPSF-3.0\n%%%%BoundingBox: 0 0 100 50\n0 0 1 setrgbcolor %d 0 50 50 rectfill showpage\n%%%%EOF\n", i)
	}
	for i := range 15 {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for k := range 3 {
			w, err := z.Create(fmt.Sprintf("in/member%02d-%d.png", i, k))
			if err == nil {
				_, err = w.Write(png)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("archive%02d.zip", i)] = out.Bytes()
	}
	if tool, err := exec.LookPath("ffmpeg"); err == nil {
		path := filepath.Join(t.TempDir(), "film.mp4")
		if said, err := exec.Command(tool, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=1:rate=10:size=160x90", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		film, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			files[fmt.Sprintf("film%02d.mp4", i)] = film
		}
	}
	return files
}

// uploadWork sends all files in one request, which is a job.
func uploadWork(ctx context.Context, c *client, files map[string][]byte) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part := func(name, fileName string, content []byte) {
		disposition := `form-data; name="` + name + `"`
		if fileName != "" {
			disposition += `; filename="` + fileName + `"`
		}
		to, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		_, _ = to.Write(content) // a buffer takes everything
	}
	part("auth", "", fmt.Appendf(nil, `<authHeader xmlns="%s"><user>%s</user><password>%s</password></authHeader>`, namespace, login, password))
	part("uploadParams", "", fmt.Appendf(nil, `<uploadPostParam xmlns="%s/2014-04-03"><companyHandle>c|1</companyHandle><jobName>work</jobName>%s<endJob>true</endJob></uploadPostParam>`, namespace, workOptions))
	for name, content := range files {
		part("file", name, content)
	}
	if err := w.Close(); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+"/scene7/UploadFile", &b)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	_, err = c.do(req)
	return err
}

// inventory is all that came of the work, without what differs from run to run.
func inventory(ctx context.Context, c *client) (found []string, err error) {
	jobs, err := list[job](ctx, c, "/v1/jobs", company("name", "work"))
	if err != nil || len(jobs) != 1 || jobs[0].State != "Done" {
		return nil, fmt.Errorf("jobs %+v, %w", jobs, err)
	}
	found = append(found, fmt.Sprintf("counts %+v", jobs[0].counts))
	rows, err := list[row](ctx, c, "/v1/jobs/"+jobs[0].UUID+"/log", company())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		found = append(found, "row "+r.Type+" "+r.Asset)
	}
	assets, err := list[asset](ctx, c, "/v1/assets", company())
	if err != nil {
		return nil, err
	}
	for _, a := range assets {
		text, err := c.get(ctx, "/v1/assets/"+a.UUID)
		if err != nil {
			return nil, err
		}
		var whole struct {
			Folder, Type string
			Version      int
			Derived      []struct {
				Kind, Name  string
				Page, Layer int
			}
		}
		if err := json.Unmarshal(text, &whole); err != nil {
			return nil, err
		}
		var made []string
		for _, d := range whole.Derived {
			made = append(made, fmt.Sprintf("%s %s %d %d", d.Kind, d.Name, d.Page, d.Layer))
		}
		slices.Sort(made)
		found = append(found, fmt.Sprintf("asset %s%s %s %s, version %d: %s", whole.Folder, a.FileName, whole.Type, a.State, whole.Version, strings.Join(made, "; ")))
	}
	slices.Sort(found)
	return found, nil
}

// awaitWork waits until the job is done.
func awaitWork(ctx context.Context, c *client) error {
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		jobs, err := list[job](ctx, c, "/v1/jobs", company("name", "work"))
		if err != nil {
			return err
		}
		if len(jobs) == 1 && jobs[0].State == "Done" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after 5 minutes the jobs are %+v", jobs)
		}
	}
}

// children lists the processes that a server has started and that run.
func children(t *testing.T, pid int) (found []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if child, _ := strconv.Atoi(strings.Split(path, "/")[2]); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(pid) {
			found = append(found, child)
		}
	}
	return found
}

// killAndLook is kill -9, after which no process that the server has started may be left.
func (r *process) killAndLook(t *testing.T) (had int) {
	t.Helper()
	before := children(t, r.command.Process.Pid)
	r.kill()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := slices.DeleteFunc(slices.Clone(before), func(pid int) bool {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return err != nil || strings.Contains(string(text), ") Z ")
		})
		if len(left) == 0 {
			return len(before)
		}
		if time.Now().After(deadline) {
			t.Fatalf("5 s after the kill, processes %v of the server are left", left)
		}
	}
}

// TestKillInTheMiddleOfWork kills the server while a hundred files of all kinds are worked on: at a random moment, at a named point of
// the restarted server, and at a random moment again. What comes of it all is, to the row, what comes of it undisturbed.
func TestKillInTheMiddleOfWork(t *testing.T) {
	built, files := buildProgram(t), workFiles(t)
	seed := number(t, "SLUICE_TEST_CRASH_SEED", time.Now().UnixNano())
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	t.Logf("%d files, seed %d", len(files), seed)
	ctx := t.Context()
	undisturbed := program{path: built.path, data: filepath.Join(t.TempDir(), "data"), log: built.log}
	server, c := undisturbed.launched(t, "", 0)
	if err := uploadWork(ctx, c, files); err != nil {
		t.Fatal(err)
	}
	if err := awaitWork(ctx, c); err != nil {
		t.Fatal(err)
	}
	want, err := inventory(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	server.kill()
	t.Logf("%d rows and assets", len(want))

	strikes := []struct {
		at    string
		after int
	}{{"task.made", 20}, {"unpack.stored", 4}, {"task.completed", 40}}
	if testing.Short() {
		strikes = strikes[:1]
	}
	for _, strike := range strikes {
		t.Run(strike.at, func(t *testing.T) {
			p := program{path: built.path, data: filepath.Join(t.TempDir(), "data"), log: built.log}
			server, c := p.launched(t, "", 0)
			if err := uploadWork(ctx, c, files); err != nil {
				t.Fatal(err)
			}
			server.endsWithin(time.Duration(random.Int64N(int64(time.Second))))
			working := server.killAndLook(t)
			struck, _ := p.launched(t, strike.at, strike.after)
			if !struck.endsWithin(time.Minute) {
				t.Errorf("the server did not pass %s %d times", strike.at, strike.after)
			}
			struck.kill()
			again, _ := p.launched(t, "", 0)
			again.endsWithin(time.Duration(random.Int64N(int64(2 * time.Second))))
			working += again.killAndLook(t)
			server, c = p.launched(t, "", 0)
			if err := awaitWork(ctx, c); err != nil {
				t.Fatal(err)
			}
			got, err := inventory(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("undisturbed (-), killed (+):\n%s", diff)
			}
			if err := p.awaitNothingStaged(ctx); err != nil {
				t.Error(err)
			}
			if err := server.stop(); err != nil {
				t.Error(err)
			}
			a := p.audit(t, true)
			a.missing = slices.DeleteFunc(a.missing, func(key ingest.BlobKey) bool { return key == "" }) // templates and sets have no bytes
			if len(a.orphans) > 0 || len(a.missing) > 0 {
				t.Errorf("of %d blobs, these have no row: %v; these have a row and are not there: %v", a.blobs, a.orphans, a.missing)
			}
			t.Logf("%d processes were at work at the kills", working)
		})
	}
}

// launched starts a server and waits until it is ready.
func (p program) launched(t *testing.T, at string, after int) (*process, *client) {
	t.Helper()
	server := p.start(t, at, after)
	address := server.ready(t)
	if address == "" {
		t.Fatalf("the server ended before it was ready: %s", server.command.ProcessState)
	}
	c := newClient(address)
	t.Cleanup(c.close)
	return server, c
}
