package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// client is a program that uploads one file. Programs of testdata take address,
// auth, parameters, path and name of the file, and print the answer's body.
type client struct {
	name    string
	program string
	args    func(url, auth, params, path, fileName string) []string
	shows   string // what its output must hold beside the answer
}

func curl(more ...string) func(url, auth, params, path, fileName string) []string {
	return func(url, auth, params, path, fileName string) []string {
		return append(append([]string{"--silent", "--show-error", "--max-time", "60"}, more...),
			"--form-string", "auth="+auth, "--form-string", "uploadParams="+params,
			"--form", "file=@"+path+";filename="+fileName, url)
	}
}

func script(name string, more ...string) func(url, auth, params, path, fileName string) []string {
	return func(url, auth, params, path, fileName string) []string {
		return append([]string{filepath.Join("testdata", name), url, auth, params, path, fileName}, more...)
	}
}

// TestClients lets real programs upload.
func TestClients(t *testing.T) {
	s := start(t)
	for _, c := range []client{
		{"curl", "curl", curl(), ""},
		{"curl chunked", "curl", curl("--header", "Transfer-Encoding: chunked"), ""},
		{"curl expecting 100", "curl", curl("--verbose", "--header", "Expect: 100-continue"), "< HTTP/1.1 100 Continue"},
		{"curl HTTP 1.0", "curl", curl("--verbose", "--http1.0"), "POST /scene7/UploadFile HTTP/1.0"},
		{"python urllib", "python3", script("upload.py", "urllib"), ""},
		{"python http.client chunked", "python3", script("upload.py", "chunked"), ""},
		{"java HttpURLConnection", "java", script("Upload.java", "connection"), ""},
		{"java HttpClient", "java", script("Upload.java", "client"), ""},
		{"node fetch", "node", script("upload.mjs"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := exec.LookPath(c.program)
			if err != nil {
				t.Skipf("%s is not installed", c.program)
			}
			fileName := strings.ReplaceAll(c.name, " ", "_") + "_Schöner_Schuh.zip"
			content := bytesOf(c.name, 700_000)
			path := filepath.Join(t.TempDir(), "file.bin")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			out := c.run(t, at, s.url+"/scene7/UploadFile", path, fileName)
			start := strings.Index(out, "<?xml")
			if start < 0 || !strings.Contains(out, c.shows) {
				t.Fatalf("it said %s", out)
			}
			document, _, _ := strings.Cut(out[start:], "\n") // curl's notes follow
			document = document[:strings.LastIndexByte(document, '>')+1]
			handle, err := answer{status: 200, body: document}.handle()
			if err != nil {
				t.Fatal(err)
			}
			s.holds(fileName, content)
			if rows := s.finished(handle); the(s, rows, "UploadSuccess").Asset != fileName {
				t.Errorf("log %v", rows)
			}
		})
	}
}

// run runs the program and returns all that it printed.
func (c client) run(t *testing.T, at, url, path, fileName string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, at, c.args(url, auth().body, newJob(c.name).body, path, fileName)...)
	cmd.Env = environment("LC_ALL=C.UTF-8", "NO_PROXY=*", "no_proxy=*")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
