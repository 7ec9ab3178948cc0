package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// family watches a server and all processes that it starts.
type family struct {
	server *server
	stop   chan struct{}
	done   sync.WaitGroup

	mu       sync.Mutex
	born     map[int]string   // when each process that was seen started, which tells it from a later one with its number
	names    map[int]string   // its command line
	peaks    map[int]int64    // its highest resident set, in bytes
	most     int              // processes at once, the server not among them
	busy     []processorTimes // of the machine, one for each look
	sampling time.Duration
}

// processorTimes are ticks of all processors together since the start of the machine.
type processorTimes struct{ idle, all int64 }

// watch looks at the family ten times a second until its end is called.
func (s *server) watch() *family {
	f := &family{server: s, stop: make(chan struct{}), born: map[int]string{}, names: map[int]string{}, peaks: map[int]int64{}, sampling: 100 * time.Millisecond}
	f.done.Go(func() {
		tick := time.NewTicker(f.sampling)
		defer tick.Stop()
		for {
			f.look()
			select {
			case <-f.stop:
				return
			case <-tick.C:
			}
		}
	})
	return f
}

func (f *family) end() {
	close(f.stop)
	f.done.Wait()
}

func (f *family) look() {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return
	}
	parents, born := map[int]int{}, map[int]string{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 19 && fields[0] != "Z" {
			parents[pid], _ = strconv.Atoi(fields[1])
			born[pid] = fields[19]
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = append(f.busy, machineTimes())
	now := 0
	for pid := range parents {
		if !descends(pid, f.server.pid(), parents) {
			continue
		}
		if now++; f.born[pid] == "" {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			f.born[pid], f.names[pid] = born[pid], strings.ReplaceAll(string(line), "\x00", " ")
		}
		f.peaks[pid] = max(f.peaks[pid], residentPeak(pid))
	}
	f.most = max(f.most, now)
}

// descends reports whether a process is a child, grandchild and so on of another.
func descends(pid, ancestor int, parents map[int]int) bool {
	for range 100 {
		if pid = parents[pid]; pid == ancestor || pid == 0 {
			return pid == ancestor
		}
	}
	return false
}

// residentPeak is the highest resident set of a process so far, in bytes; 0 when it has ended.
func residentPeak(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(text), "VmHWM:")
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return n << 10
}

// machineTimes reads the first line of /proc/stat: user, nice, system, idle, iowait and more.
func machineTimes() (times processorTimes) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return times
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseInt(field, 10, 64)
		if times.all += n; i == 3 || i == 4 {
			times.idle += n
		}
	}
	return times
}

// largest is the highest resident set of any process that was seen, with its command line.
func (f *family) largest() (bytes int64, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for pid, peak := range f.peaks {
		if peak > bytes {
			bytes, name = peak, f.names[pid]
		}
	}
	return bytes, name
}

// gone checks, after the server has ended, that nothing that it started is left.
func (f *family) gone(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for pid, born := range f.born {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if fields[0] != "Z" && fields[19] == born {
			t.Errorf("process %d is left: %s", pid, f.names[pid])
		}
	}
	if len(f.born) == 0 {
		t.Error("no process of the server was seen")
	}
}
