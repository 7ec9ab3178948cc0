package engine

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

func TestIdleCountsFromTheLastTouch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newActivity(time.Now)
		a.touch(1, 9)
		time.Sleep(29 * time.Minute)
		if a.idle(&ingest.Job{Number: 1}, 30*time.Minute) {
			t.Error("idle a minute early")
		}
		a.touch(1, 9)
		time.Sleep(29 * time.Minute)
		if a.idle(&ingest.Job{Number: 1}, 30*time.Minute) {
			t.Error("the touch did not restart the time")
		}
		time.Sleep(time.Minute)
		if !a.idle(&ingest.Job{Number: 1}, 30*time.Minute) {
			t.Error("not idle after the limit")
		}
	})
}

// A job from before the restart has only its wall-clock time, which a jumped
// clock may have put anywhere.
func TestIdleAfterARestart(t *testing.T) {
	tests := map[string]struct {
		recorded time.Duration // before the restart
		after    time.Duration // running time after which it must be idle, not earlier
	}{
		"half the time is over":       {15 * time.Minute, 15 * time.Minute},
		"long ago":                    {100 * time.Hour, 0},
		"the clock was set back":      {-100 * time.Hour, 30 * time.Minute},
		"just now":                    {0, 30 * time.Minute},
		"the clock was set a year on": {365 * 24 * time.Hour, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newActivity(time.Now)
				recorded := time.Now().Add(-tt.recorded)
				if got := a.idle(&ingest.Job{Number: 7, LastPost: recorded}, 30*time.Minute); got != (tt.after == 0) {
					t.Fatalf("at once: idle = %v", got)
				}
				if tt.after == 0 {
					return
				}
				time.Sleep(tt.after - time.Second)
				if a.idle(&ingest.Job{Number: 7, LastPost: recorded}, 30*time.Minute) {
					t.Error("idle early")
				}
				time.Sleep(time.Second)
				if !a.idle(&ingest.Job{Number: 7, LastPost: recorded}, 30*time.Minute) {
					t.Error("not idle in time")
				}
			})
		})
	}
}

// A request that is under way keeps its job from being idle however long it
// takes; its end counts as something received.
func TestNothingIsIdleWhileARequestIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newActivity(time.Now)
		j := &ingest.Job{Number: 1, User: 9, LastPost: time.Now()}
		first, second := a.hold(1, 9), a.hold(1, 9)
		time.Sleep(time.Hour)
		first()
		first() // ending twice counts once
		a.forget(1)
		time.Sleep(time.Hour)
		if a.idle(j, 30*time.Minute) {
			t.Error("idle while the second request is under way")
		}
		second()
		time.Sleep(29 * time.Minute)
		if a.idle(j, 30*time.Minute) {
			t.Error("the end of the request did not restart the time")
		}
		time.Sleep(time.Minute)
		if !a.idle(j, 30*time.Minute) {
			t.Error("not idle after the limit")
		}
	})
}

func TestRetainDropsWhatIsNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newActivity(time.Now)
		for job := range ingest.Number(4) {
			a.touch(job, 9)
		}
		release := a.hold(0, 9)
		time.Sleep(time.Second)
		read := time.Now()
		a.touch(1, 9)
		a.retain(map[ingest.Number]bool{2: true}, read)
		if len(a.jobs) != 3 || a.jobs[3] != nil {
			t.Errorf("kept %v", a.jobs)
		}
		release()
		time.Sleep(time.Second)
		a.retain(nil, time.Now())
		if len(a.jobs) != 0 {
			t.Errorf("kept %v", a.jobs)
		}
	})
}

// A job that is touched after it has finished is not remembered for ever.
func TestTickForgetsFinishedJobs(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := New(Config{Store: store, Now: func() time.Time { return now }})
	e.activity.touch(99, 9)
	e.activity.hold(98, 9)()
	now = now.Add(time.Second)
	if err := e.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(e.activity.jobs) != 0 {
		t.Errorf("%d jobs are remembered", len(e.activity.jobs))
	}
}
