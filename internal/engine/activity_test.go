package engine

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestIdleCountsFromTheLastTouch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newActivity(time.Now)
		a.touch(1)
		time.Sleep(29 * time.Minute)
		if a.idle(1, time.Time{}, 30*time.Minute) {
			t.Error("idle a minute early")
		}
		a.touch(1)
		time.Sleep(29 * time.Minute)
		if a.idle(1, time.Time{}, 30*time.Minute) {
			t.Error("the touch did not restart the time")
		}
		time.Sleep(time.Minute)
		if !a.idle(1, time.Time{}, 30*time.Minute) {
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
				if got := a.idle(7, recorded, 30*time.Minute); got != (tt.after == 0) {
					t.Fatalf("at once: idle = %v", got)
				}
				if tt.after == 0 {
					return
				}
				time.Sleep(tt.after - time.Second)
				if a.idle(7, recorded, 30*time.Minute) {
					t.Error("idle early")
				}
				time.Sleep(time.Second)
				if !a.idle(7, recorded, 30*time.Minute) {
					t.Error("not idle in time")
				}
			})
		})
	}
}
