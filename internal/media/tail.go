package media

import (
	"strings"
	"sync"
)

// tail keeps the last bytes of what a worker writes to its standard error.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 4096

// Write never fails and never keeps more than tailBytes.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-tailBytes):]...)
	t.kept = t.kept[max(0, len(t.kept)-tailBytes):]
	return len(p), nil
}

// lastLine is the last line that was not empty, fit for a log.
func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	return plain(strings.TrimSpace(lines[len(lines)-1]), maxMessage)
}
