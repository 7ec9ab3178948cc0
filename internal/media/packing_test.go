package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
)

// Widths of pages that packingWorker does not encode as it should.
const (
	diesOnPage = 901 + iota
	diesInPicture
	diesLate // when the next page has been refused for long
	refusesPage
	takesLong
)

// packingWorker becomes tools as a worker does, and gives pictures of pages that are none, or fails as the width of the
// page says.
func packingWorker() {
	var todo setup
	must(frame.Read(os.Stdin, &todo))
	if todo.Tool != nil {
		fmt.Fprintln(os.Stderr, becomeTool(todo, os.Stdout))
		os.Exit(1)
	}
	must(frame.Write(os.Stdout, hello{Version: protocolVersion, Box: box.Level{Seccomp: true, NoNewPrivs: true, Rlimits: true}}))
	for {
		var req request
		must(frame.Read(os.Stdin, &req))
		_, err := io.CopyN(io.Discard, os.Stdin, req.Size)
		must(err)
		body := start("image/png") + "picture"
		done := result{ContentType: "image/png", Extension: "png", Width: req.Pack.Width, Height: req.Pack.Height, Bytes: int64(len(body))}
		switch req.Pack.Width {
		case diesOnPage:
			os.Exit(3)
		case diesInPicture:
			must(frame.Write(os.Stdout, done))
			_, err := io.WriteString(os.Stdout, body[:len(body)-3])
			must(err)
			os.Exit(3)
		case diesLate:
			time.Sleep(300 * time.Millisecond)
			os.Exit(3)
		case refusesPage:
			done, body = result{Class: fault.TooLarge, Message: "it is too long"}, ""
		case takesLong:
			time.Sleep(300 * time.Millisecond)
		}
		must(frame.Write(os.Stdout, done))
		_, err = io.WriteString(os.Stdout, body)
		must(err)
	}
}

// drawn is a script that draws pages, each of which is a width, or else is a command.
func drawn(pages ...any) string {
	script := `page() { printf 'P6\n%d %d\n255\n' $1 $2; printf "%0$(( $1 * $2 * 3 ))d" 0; }` + "\n"
	for _, page := range pages {
		if width, ok := page.(int); ok {
			page = fmt.Sprintf("page %d 2", width)
		}
		script += fmt.Sprintln(page)
	}
	return script
}

// half is the beginning of a page.
func half(width, height, bytes int) string {
	return fmt.Sprintf(`printf 'P6\n%d %d\n255\n'; printf '%%0%dd' 0`, width, height, bytes)
}

const hang = "exec /bin/sleep 1000"

// Whatever goes wrong with a page, those before it are handed over whole and in their order, those behind it are not, and
// the failure is that of the page.
func TestPagesUntilOneFails(t *testing.T) {
	full := errors.New("the disk is full")
	refusing := func(at int, err error) func(PageImage) error {
		return func(p PageImage) error {
			if p.Page == at {
				return err
			}
			return nil
		}
	}
	for name, tt := range map[string]struct {
		script string
		keep   func(PageImage) error // after the picture was read
		kept   int
		class  fault.Class
		tool   string
		err    error
	}{
		"none":                    {drawn(takesLong, 10, 20, takesLong, 30, "page 2400 2400", 40, 50), nil, 8, "", "", nil},
		"tool dies in a page":     {drawn(takesLong, takesLong, half(600, 400, 1000), "exit 1"), nil, 2, fault.Corrupt, "pdftoppm", nil},
		"tool dies in a long one": {drawn(takesLong, takesLong, half(2400, 2400, 17_000_000), "exit 1"), nil, 2, fault.Corrupt, "pdftoppm", nil},
		"tool dies in a header":   {drawn(takesLong, takesLong, `printf 'P6\n60'`, "exit 1"), nil, 2, fault.Corrupt, "pdftoppm", nil},
		"tool ends in a page":     {drawn(takesLong, half(600, 400, 1000)), nil, 1, fault.Crashed, "pdftoppm", nil},
		"tool draws nonsense":     {drawn(takesLong, `printf 'nonsense\n'; `+hang), nil, 1, fault.Crashed, "", nil},
		"tool draws too much":     {drawn(takesLong, `printf 'P6\n60000 60000\n255\n'; `+hang), nil, 1, fault.TooLarge, "", nil},
		"worker dies":             {drawn(10, takesLong, diesOnPage, 10, 10, hang), nil, 2, fault.Crashed, "", nil},
		"worker dies late":        {drawn(10, diesLate, refusesPage, 10, hang), nil, 1, fault.Crashed, "", nil},
		"worker dies in a file":   {drawn(10, takesLong, diesInPicture, 10, hang), nil, 2, fault.Crashed, "", nil},
		"page is refused":         {drawn(10, takesLong, refusesPage, 10, hang), nil, 2, fault.TooLarge, "", nil},
		"page is not kept":        {drawn(10, 20, 30, hang), refusing(2, full), 1, "", "", full},
		"long page is not kept":   {drawn(10, "page 2400 2400", 30, hang), refusing(2, full), 1, "", "", full},
		"store ends":              {drawn(10, 20, 30, hang), refusing(2, io.ErrUnexpectedEOF), 1, "", "", io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			r := scriptedFor(t, "packing-worker", map[string]string{"pdftoppm": tt.script})
			kept := 0
			count, err := r.Pages(t.Context(), strings.NewReader("%PDF-1.4\n"), 9, "a.pdf", PageOptions{}, func(p PageImage) error {
				body, err := io.ReadAll(p.File)
				if err != nil {
					return err
				}
				if tt.keep != nil {
					err = tt.keep(p)
				}
				if err == nil {
					kept++
				}
				if p.Page != kept && err == nil || !strings.HasSuffix(string(body), "picture") || int64(len(body)) != p.Size {
					t.Errorf("page %d is the %dth, with %d of %d bytes", p.Page, kept, len(body), p.Size)
				}
				return err
			})
			var failed *fault.Error
			if errors.As(err, &failed); fault.ClassOf(err) != tt.class || failed != nil && failed.Tool != tt.tool || tt.err != nil && err != tt.err || (tt.class == "" && tt.err == nil) != (err == nil) {
				t.Errorf("error %+v", err)
			}
			if kept != tt.kept || count != tt.kept {
				t.Errorf("%d pages were kept, %d are said to be, want %d", kept, count, tt.kept)
			}
			r.mu.Lock()
			if len(r.idle) > packersAtOnce {
				t.Errorf("%d workers wait", len(r.idle))
			}
			r.mu.Unlock()
			alone(t, r)
		})
	}
}

// scriptedFor is scripted with workers of a role.
func scriptedFor(t *testing.T, role string, scripts map[string]string) *Runner {
	t.Helper()
	r := scripted(t, scripts)
	r.opts.Command = []string{"/proc/self/exe", role}
	return r
}

// alone checks that nothing of a closed Runner runs any more.
func alone(t *testing.T, r *Runner) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	threads, _ := os.ReadDir("/proc/self/task")
	for _, thread := range threads {
		children, err := os.ReadFile("/proc/self/task/" + thread.Name() + "/children")
		if err != nil {
			continue // it ended, or the kernel does not tell
		}
		if len(strings.Fields(string(children))) > 0 {
			t.Errorf("children are left: %s", children)
		}
	}
}

// Who ends the work while pages are encoded hears that it was ended.
func TestPagesThatAreCancelled(t *testing.T) {
	for name, script := range map[string]string{"more pages come": drawn(slices.Repeat([]any{10}, 50)...), "the tool hangs": drawn(10, hang)} {
		r := scriptedFor(t, "packing-worker", map[string]string{"pdftoppm": script})
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		_, err := r.Pages(ctx, strings.NewReader("%PDF-1.4\n"), 9, "a.pdf", PageOptions{}, func(PageImage) error {
			calls++
			time.Sleep(100 * time.Millisecond) // until the other page waits, too
			cancel()
			return nil
		})
		if fault.ClassOf(err) != fault.Cancelled || calls != 1 {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
		alone(t, r)
	}
}

// A tool that takes too long for a page is blamed, not who waits for it.
func TestPagesThatTakeTooLong(t *testing.T) {
	r := scriptedFor(t, "packing-worker", map[string]string{"pdftoppm": drawn(10, half(600, 400, 1000), hang)})
	r.opts.Timeout = 2 * time.Second
	kept := 0
	_, err := r.Pages(t.Context(), strings.NewReader("%PDF-1.4\n"), 9, "a.pdf", PageOptions{}, func(PageImage) error { kept++; return nil })
	if fault.ClassOf(err) != fault.Timeout || kept != 1 {
		t.Errorf("%d pages, %v", kept, err)
	}
	alone(t, r)
}
