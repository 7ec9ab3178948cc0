package engine_test

import (
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// pushes claims the calls that are due.
func (w *world) pushes() []*ingest.Task {
	w.t.Helper()
	tasks, err := engine.Pushes{Engine: w.engine}.ClaimTasks(w.ctx, 100)
	w.ok(err)
	return tasks
}

func TestPush(t *testing.T) {
	w := newWorld(t)
	w.send(w.editor, "nobody is told", "colleague")
	matches(t, "without an address", len(w.pushes()), 0)
	w.softphone(ingest.SoftphoneSettings{PushURL: "https://pbx.example.org/hook", PushSecret: "s3cret"})
	m := w.send(w.editor, "words", "colleague", "+1 555 0100")
	select {
	case <-(engine.Pushes{Engine: w.engine}).Wake():
	default:
		t.Error("no worker was woken")
	}
	matches(t, "other queues", len(w.claim()), 0)
	tasks := w.pushes()
	if len(tasks) != 2 {
		t.Fatalf("%d calls", len(tasks))
	}
	var got []engine.Push
	for _, task := range tasks {
		p, wanted, err := w.engine.Push(w.ctx, task)
		w.ok(err)
		if !wanted {
			t.Error("not wanted")
		}
		got = append(got, p)
	}
	event := engine.PushEvent{
		Type: engine.PushReceived, Time: w.clock.now(), Company: "demo", ID: m.ID, From: "editor", To: "colleague", Login: "colleague",
		StreamID: m.Stream, ContentType: "text/plain", Size: 5,
	}
	outbound := event
	outbound.Type, outbound.To, outbound.Login = engine.PushOutbound, "+15550100", ""
	matches(t, "calls", got, []engine.Push{
		{URL: "https://pbx.example.org/hook", Secret: "s3cret", Key: m.ID + ".0", Event: event},
		{URL: "https://pbx.example.org/hook", Secret: "s3cret", Key: m.ID + ".1", Event: outbound},
	})
	w.softphone(ingest.SoftphoneSettings{PushURL: "https://pbx.example.org/hook", PushText: true})
	p, _, err := w.engine.Push(w.ctx, tasks[0])
	w.ok(err)
	if p.Event.Text == nil || *p.Event.Text != "words" {
		t.Errorf("text %v", p.Event.Text)
	}
	w.softphone(ingest.SoftphoneSettings{})
	if _, wanted, err := w.engine.Push(w.ctx, tasks[0]); wanted || err != nil {
		t.Errorf("without an address: %v, %v", wanted, err)
	}
}

// A call that is not taken is made again, later and later, for two days; then it has
// failed. A restart loses none.
func TestPushIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{PushURL: "https://pbx.example.org/hook"})
	w.send(w.editor, "x", "colleague")
	queue := engine.Pushes{Engine: w.engine}
	begin, runs := w.clock.now(), 0
	var last *ingest.Task
	for {
		w.ok(w.engine.Tick(w.ctx)) // must not hasten it
		at, ok, err := queue.NextTask(w.ctx)
		w.ok(err)
		if !ok {
			break
		}
		w.clock.move(max(at.Sub(w.clock.now()), 0))
		for _, task := range w.pushes() {
			runs++
			last = task
			w.ok(queue.FailTask(w.ctx, task, engine.Failure{Reason: "no answer"}))
		}
	}
	took := w.clock.now().Sub(begin)
	if runs < 50 || took < 40*time.Hour || took > 60*time.Hour {
		t.Errorf("%d runs in %s", runs, took)
	}
	w.view(func(tx ingest.Tx) error {
		task, err := tx.Task(last.Number)
		if err == nil && (task.State != ingest.TaskFailed || task.Error != "no answer") {
			t.Errorf("task %+v", task)
		}
		return err
	})
	w.clock.move(31 * 24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	w.view(func(tx ingest.Tx) error {
		if task, err := tx.Task(last.Number); ingest.KindOf(err) != ingest.NotFound {
			t.Errorf("the call is kept: %+v, %v", task, err)
		}
		return nil
	})

	w.send(w.editor, "y", "colleague")
	running := w.pushes()
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	again := w.pushes()
	if len(running) != 1 || len(again) != 1 || again[0].Number != running[0].Number {
		t.Fatalf("running %d, after a restart %d", len(running), len(again))
	}
	queue = engine.Pushes{Engine: w.engine}
	w.ok(queue.CompleteTask(w.ctx, again[0], engine.TaskResult{}))
	if _, ok, _ := queue.NextTask(w.ctx); ok {
		t.Error("a call that was taken is made again")
	}
}
