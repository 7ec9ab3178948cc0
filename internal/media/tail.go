package media

import (
	"bytes"
	"strings"
	"sync"
)

// tail keeps the last bytes of what a worker writes to its standard error.
type tail struct {
	mu    sync.Mutex
	kept  []byte
	watch func(line string) bool // is given lines as they come; true = the line is not kept
	line  []byte                 // begun, while there is a watch
}

// follow has lines of standard error looked at as they come.
func (t *tail) follow(watch func(line string) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watch = watch
}

const tailBytes = 4096

// Write never fails and never keeps more than tailBytes.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watch == nil {
		t.keep(p)
		return len(p), nil
	}
	t.line = append(t.line, p...)
	for {
		end := bytes.IndexByte(t.line, '\n') + 1
		if end == 0 && len(t.line) > tailBytes {
			end = len(t.line)
		}
		if end == 0 {
			return len(p), nil
		}
		if !t.watch(strings.TrimSpace(string(t.line[:end]))) {
			t.keep(t.line[:end])
		}
		t.line = t.line[end:]
	}
}

func (t *tail) keep(p []byte) {
	t.kept = append(t.kept, p[max(0, len(p)-tailBytes):]...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
}

// lastLine is the last line that was not empty, fit for a log.
func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.kept)+string(t.line)), "\n")
	return plain(strings.TrimSpace(lines[len(lines)-1]), maxMessage)
}
