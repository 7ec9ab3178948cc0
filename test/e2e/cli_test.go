package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestFirstStart checks what an operator reads who starts the server for the
// first time with the usual administrator and no password.
func TestFirstStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := startOn(t, data, "SLUICE_ADMIN_EMAIL=admin@localhost", "SLUICE_ADMIN_PASSWORD=")
	want := regexp.MustCompile(`^company: Demo \(c\|1\)\nadministrator: admin@localhost\npassword: (\S{20,}) \(shown only this once\)\nsluice is ready at http://127\.0\.0\.1:\d+\n$`)
	m := want.FindStringSubmatch(first.stdout())
	if m == nil {
		t.Fatalf("the first start printed\n%s", first.stdout())
	}
	password := m[1]
	first.upload(authAs("admin@localhost", password), newJob("first"), file("a.zip", "a"))
	if strings.Contains(first.stderr(), password) {
		t.Error("the password stands in the log")
	}
	first.stop(t)

	second := startOn(t, data, "SLUICE_ADMIN_EMAIL=admin@localhost")
	if m, _ := regexp.MatchString(`^sluice is ready at http://127\.0\.0\.1:\d+\n$`, second.stdout()); !m {
		t.Errorf("the second start printed\n%s", second.stdout())
	}
	second.upload(authAs("admin@localhost", password), newJob("second"), file("b.zip", "b"))
	second.post(authAs("admin@localhost", adminPassword), newJob("third"), file("c.zip", "c")).wantFault(t, 500, 10001)
}

// TestPeopleWhileItRuns changes users beside the running server; what is changed
// counts for the next request.
func TestPeopleWhileItRuns(t *testing.T) {
	s := start(t)
	try := func(password string) answer {
		return s.post(authAs("ann@example.com", password), newJob("ann"), file("ann.zip", "x"))
	}
	works := func(password, when string) {
		t.Helper()
		if _, err := try(password).handle(); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	try("first").wantFault(t, 500, 10001)
	s.addUser("ann@example.com", "first", "editor")
	works("first", "a new user")
	s.must("second\n", "user", "passwd", "ann@example.com", "--password-stdin")
	try("first").wantFault(t, 500, 10001)
	works("second", "after the change of the password")
	s.must("", "user", "set", "ann@example.com", "--disable")
	try("second").wantFault(t, 500, 10002)
	s.must("", "user", "set", "ann@example.com", "--enable")
	works("second", "switched on again")
	s.must("", "user", "set", "ann@example.com", "--company", "Demo", "--role", "viewer")
	try("second").wantFault(t, 500, 20003, "uploadFile")
	s.must("", "user", "set", "ann@example.com", "--company", "Demo", "--role", "IpsUser")
	works("second", "as IpsUser")
	if out := s.must("", "user", "list"); !strings.Contains(out, "Demo: editor (IpsUser)") {
		t.Errorf("user list shows\n%s", out)
	}
	made := regexp.MustCompile(`password: (\S+) `).FindStringSubmatch(s.must("", "user", "passwd", "ann@example.com"))
	works(made[1], "with the password that was made")
	s.must("", "user", "rm", "ann@example.com")
	try(made[1]).wantFault(t, 500, 10001)
	if f := s.sluice("user", "rm", adminLogin); f.code != 1 || !strings.Contains(f.err, "last administrator") {
		t.Errorf("removing the last administrator: %+v", f)
	}
}

// TestCompaniesWhileItRuns adds a company and changes its rules beside the
// running server.
func TestCompaniesWhileItRuns(t *testing.T) {
	s := start(t)
	if out := s.must("", "company", "add", "Acme West"); !strings.Contains(out, "Acme West, handle c|2, slug acme-west") {
		t.Errorf("company add printed %q", out)
	}
	if out := s.must("", "company", "list"); !regexp.MustCompile(`(?m)^2 +c\|2 +Acme West +acme-west$`).MatchString(out) {
		t.Errorf("company list printed\n%s", out)
	}
	s.addUser("ann@example.com", "pw", "editor")
	other := params(jobName("x"), endJob, options(true))
	other.body = strings.Replace(other.body, "c|1", "c|2", 1)
	s.post(authAs("ann@example.com", "pw"), other, file("a.zip", "x")).wantFault(t, 500, 20006)
	other.body = strings.Replace(other.body, "c|2", "c|77", 1)
	s.post(auth(), other, file("a.zip", "x")).wantFault(t, 500, 20000)

	s.upload(auth(), newJob("one"), file("chair.zip", "1"))
	s.upload(auth(), newJob("two"), file("chair.tar", "2"))
	if n := len(s.assets()); n != 2 {
		t.Fatalf("%d assets; by default another extension is another asset", n)
	}
	s.must("", "company", "set", "Demo", "overwrite-mode=any-ext")
	rows := s.finished(s.upload(auth(), newJob("three"), file("chair.gz", "3")))
	if the(s, rows, "FileUpdated").Asset != "chair.gz" {
		t.Errorf("log %v", rows)
	}
	s.must("", "company", "set", "Demo", "quota-files=2")
	rows = s.finished(s.upload(auth(), newJob("four"), file("table.zip", "4")))
	if got := the(s, rows, "UploadError"); !strings.Contains(got.Message, "quota of 2 files") {
		t.Errorf("the log says %q", got.Message)
	}
}

// TestCommandsBesideUploads writes to the database from several processes.
func TestCommandsBesideUploads(t *testing.T) {
	s := start(t)
	done := make(chan struct{})
	var uploads sync.WaitGroup
	for client := range 4 {
		uploads.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				name := fmt.Sprintf("c%d-%d.zip", client, i)
				a, err := poster{url: s.url}.post(auth(), newJob(name), file(name, name))
				if err == nil {
					_, err = a.handle()
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 15 {
		s.must("", "company", "add", fmt.Sprintf("Company %d", i))
	}
	close(done)
	uploads.Wait()
	if n := strings.Count(s.must("", "company", "list"), "\n"); n != 17 { // with the heading and Demo
		t.Errorf("%d lines of companies", n)
	}
}

// TestKeysWhileItRuns makes and ends an API key beside the running server.
func TestKeysWhileItRuns(t *testing.T) {
	s := start(t)
	status := func(key string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/companies", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	key := strings.TrimSpace(s.must("", "key", "add", adminLogin, "--name", "ci"))
	if got := status(key); got != 200 {
		t.Errorf("a new key is answered with %d", got)
	}
	rotated := strings.TrimSpace(s.must("", "key", "rotate", "1"))
	if before, now := status(key), status(rotated); before != 401 || now != 200 {
		t.Errorf("rotated: the old key is answered with %d, the new one with %d", before, now)
	}
	number := regexp.MustCompile(`(?m)^(\d+) +slk_`).FindStringSubmatch(s.must("", "key", "list"))
	s.must("", "key", "rm", number[1])
	if got := status(rotated); got != 401 {
		t.Errorf("a removed key is answered with %d", got)
	}
}

// TestSettings walks the order flag, environment, file, default, and the
// mistakes that the program must name.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.yaml", "admin-password: hunter2\nscene7:\n  job-idle: 1d\n  max-post-size: 5MiB\n")
	for _, c := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"default", nil, nil, "job-idle: 30m"},
		{"file", nil, []string{"--config", good}, "job-idle: 1d"},
		{"file by environment", []string{"SLUICE_CONFIG=" + good}, nil, "job-idle: 1d"},
		{"environment over file", []string{"SLUICE_SCENE7_JOB_IDLE=2h"}, []string{"--config", good}, "job-idle: 2h"},
		{"flag over all", []string{"SLUICE_SCENE7_JOB_IDLE=2h"}, []string{"--config", good, "--scene7-job-idle", "3h"}, "job-idle: 3h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := command{env: c.env, dir: dir}.run(t, append([]string{"config", "print"}, c.args...)...)
			if f.code != 0 || !strings.Contains(f.out, "\n  "+c.want+"\n") {
				t.Errorf("exit code %d, want %q in\n%s%s", f.code, c.want, f.out, f.err)
			}
			if strings.Contains(f.out, "hunter2") {
				t.Error("it shows a secret")
			}
		})
	}
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words string
	}{
		{"unknown key", []string{"serve", "--config", write("typo.yaml", "listen: ':1'\nscene7:\n  job-idel: 1d\n")}, 2, `line 3: unknown setting "scene7.job-idel"`},
		{"unknown flag", []string{"serve", "--lisen", ":1"}, 2, "--lisen"},
		{"bad size", []string{"serve", "--scene7-max-post-size", "big"}, 2, "big"},
		{"bad address", []string{"serve", "--listen", "127.0.0.1:99999"}, 1, "127.0.0.1:99999"},
		{"no such command", []string{"nonsense"}, 2, "nonsense"},
		{"no database there", []string{"user", "list", "--data-dir", "/dev/null/x"}, 1, "/dev/null"},
		{"no such user", []string{"user", "passwd", "nobody"}, 1, `"nobody"`},
		{"bad value", []string{"company", "set", "Demo", "overwrite-mode=sometimes"}, 2, `"sometimes" is no overwrite mode`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := command{dir: dir}.run(t, c.args...)
			if f.code != c.code || !strings.Contains(f.err, c.words) || f.err == "" || strings.Contains(f.err, "goroutine ") {
				t.Errorf("exit code %d, want %d; it said %s", f.code, c.code, f.err)
			}
		})
	}
}

func TestDoctorAndVersion(t *testing.T) {
	s := start(t)
	if f := s.sluice("version"); f.code != 0 || !strings.HasPrefix(f.out, "sluice ") {
		t.Errorf("version: %+v", f)
	}
	f := s.sluice("doctor")
	for _, want := range []string{fmt.Sprintf("process %d serves it", s.pid()), "1 companies, 1 users", "ffmpeg"} {
		if f.code != 0 || !strings.Contains(f.out, want) {
			t.Errorf("doctor: exit code %d, want %q in\n%s", f.code, want, f.out)
		}
	}
	s.stop(t)
	if f = s.sluice("doctor"); f.code != 0 || !strings.Contains(f.out, "no server runs on it") {
		t.Errorf("doctor afterwards: %+v", f)
	}
	if f = (command{}).run(t, "doctor", "--data-dir", "/dev/null"); f.code != 1 || !strings.Contains(f.out, "is not a directory") {
		t.Errorf("doctor on a file: %+v", f)
	}
}
