package main

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	text := []byte("42 (a) b) (c) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 5 0 1 2 3\n")
	got, ok := parseStat(text)
	if want := (procStat{parent: 7, cpu: 110 * clockTick}); !ok || got != want {
		t.Errorf("got %v %v, want %v", got, ok, want)
	}
	for _, bad := range []string{"", "42 (a) S 7", "no parenthesis at all"} {
		if _, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestProcField(t *testing.T) {
	text := []byte("VmPeak:\t  900 kB\nVmHWM:\t  123 kB\nwrite_bytes: 4096\nempty:\n")
	for label, want := range map[string]int64{"VmHWM:": 123, "write_bytes:": 4096, "empty:": 0, "none:": 0} {
		if got := procField(text, label); got != want {
			t.Errorf("%s %d, want %d", label, got, want)
		}
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	if !slices.Contains(processTree(os.Getppid()), os.Getpid()) {
		t.Error("this process is not among its parent's children")
	}
	for start := ownCPU(); ownCPU()-start < 5*clockTick; {
	}
	u := usageOf(os.Getpid())
	if u.cpu < 4*clockTick || u.peak < 1<<20 {
		t.Errorf("usage %+v", u)
	}
	if u.cpu > time.Hour {
		t.Errorf("%s of CPU time", u.cpu)
	}
}

func TestMountType(t *testing.T) {
	const mounts = `22 1 252:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:26 / /tmp rw - tmpfs tmpfs rw
31 22 0:27 / /tmp/data rw master:3 propagate_from:2 - xfs /dev/b rw
32 22 0:28 / /tmp/data rw - btrfs /dev/c rw
broken line
`
	for path, want := range map[string]string{
		"/": "ext4", "/home/x": "ext4", "/tmp": "tmpfs", "/tmpx": "ext4", "/tmp/a": "tmpfs", "/tmp/data/run": "btrfs", "/tmp/database": "tmpfs",
	} {
		if got := mountType(mounts, path); got != want {
			t.Errorf("%s is on %q, want %q", path, got, want)
		}
	}
	if got := mountType("", "/"); got != "" {
		t.Errorf("no mounts gave %q", got)
	}
}

func TestCleanEnvironment(t *testing.T) {
	got := cleanEnvironment([]string{"A=1", "SLUICE_LISTEN=:1", "B=2"})
	if diff := cmp.Diff([]string{"A=1", "B=2"}, got); diff != "" {
		t.Error(diff)
	}
}
