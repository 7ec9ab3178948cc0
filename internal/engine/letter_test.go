package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func letters(c *engine.Config) { c.Letters = true }

func (w *world) claimPushes() []*ingest.Task {
	w.t.Helper()
	tasks, err := engine.Pushes{Engine: w.engine}.ClaimTasks(w.ctx, 100)
	w.ok(err)
	return tasks
}

// endings are jobs that end without a fault, with a warning and with an error.
func (w *world) endings(p ingest.Principal, email string) (jobs []*ingest.Job) {
	w.t.Helper()
	for _, name := range []string{"a.jpg", "Thumbs.db", "a.js"} {
		j, _ := w.deliver(p, w.wishes(email+" "+name, ingest.Processing{Email: email, Overwrite: true}), file{name: name, body: jpeg})
		jobs = append(jobs, j)
		w.process()
	}
	return jobs
}

func TestWhoGetsALetter(t *testing.T) {
	w := newWorld(t, letters)
	ann := w.user("ann@example.com", false, w.demo, ingest.RoleEditor)
	for email, want := range map[string][]string{
		"All":             {"is done", "ended with 1 warning", "ended with 1 error"},
		"JobCompletion":   {"is done", "ended with 1 warning", "ended with 1 error"},
		"ErrorAndWarning": {"ended with 1 warning", "ended with 1 error"},
		"Error":           {"ended with 1 error"},
		"None":            nil,
		"":                nil,
	} {
		w.endings(ann, email)
		var got []string
		for _, task := range w.claimPushes() {
			l, wanted, err := w.engine.Letter(w.ctx, task)
			w.ok(err)
			if !wanted || l.To != "ann@example.com" || strings.Contains(l.Subject, "\n") {
				t.Errorf("%s: letter %+v", email, l)
			}
			if wantRows := email != "JobCompletion" && strings.Contains(l.Subject, "error"); wantRows != strings.Contains(l.Text, "UploadError: a.js") {
				t.Errorf("%s: %s\n%s", email, l.Subject, l.Text)
			}
			for _, ending := range []string{"is done", "ended with 1 warning", "ended with 1 error"} {
				if strings.HasSuffix(l.Subject, ending) {
					got = append(got, ending)
				}
			}
			w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", email, diff)
		}
	}
}

// Where letters cannot be sent the log says so, before it ends; other settings say
// nothing.
func TestLettersThatAreNotSent(t *testing.T) {
	for name, tt := range map[string]struct {
		tune func(*engine.Config)
		why  string
	}{
		"no mail server": {func(*engine.Config) {}, "no mail server is set up (--mail-url)"},
		"no address":     {letters, `the login "editor" is no e-mail address`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.tune)
			for i, j := range w.endings(w.editor, "Error") {
				got := w.warnings(j.Number)
				said := slices.Contains(got, "emailSetting Error: no letter was sent, "+tt.why)
				if said != (i == 2) {
					t.Errorf("job %d: %q", i, got)
				}
				if rows := w.log(j.Number); rows[len(rows)-1] != "EndUpload" {
					t.Errorf("log %q", rows)
				}
			}
			if tasks := w.claimPushes(); len(tasks) != 0 {
				t.Errorf("%d letters", len(tasks))
			}
		})
	}
}

// A letter survives a restart, is tried again for days and gives way when its reader
// has gone.
func TestLetterIsDurable(t *testing.T) {
	w := newWorld(t, letters)
	ann := w.user("ann@example.com", false, w.demo, ingest.RoleEditor)
	j, _ := w.deliver(ann, w.wishes("job", ingest.Processing{Email: "All"}), file{name: "a.xml", body: "x"})
	w.claimPushes() // the server ends while it is at it
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	for i := range 10 {
		tasks := w.claimPushes()
		if len(tasks) != 1 {
			t.Fatalf("try %d: %d letters", i, len(tasks))
		}
		w.ok(engine.Pushes{Engine: w.engine}.FailTask(w.ctx, tasks[0], engine.Failure{Reason: "the mail server is away"}))
		w.clock.move(2 * time.Hour)
	}
	task := w.claimPushes()[0]
	w.update(func(tx ingest.Tx) error {
		u, err := tx.User(ann.User)
		if err == nil {
			u.Disabled = true
			err = tx.UpdateUser(u)
		}
		return err
	})
	if _, wanted, err := w.engine.Letter(w.ctx, task); wanted || err != nil {
		t.Errorf("wanted %v, error %v", wanted, err)
	}
	w.sameLog(j, whole("UploadSuccess a.xml"))
}

// A request that is switched off leaves a row too, without the address.
func TestCallbackThatIsSwitchedOff(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.wishes("job", ingest.Processing{CallbackURL: "http://x/?key=secret"}), file{name: "a.xml", body: "x"})
	got := w.warnings(j.Number)
	if len(got) != 1 || !strings.Contains(got[0], "callbacks are switched off") || strings.Contains(got[0], "secret") {
		t.Errorf("warnings %q", got)
	}
	if steps := w.claimSteps(); len(steps) != 0 {
		t.Errorf("%d steps", len(steps))
	}
}
