package media

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
	"sluice/internal/media/raster"
)

// The test binary plays the worker when its first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case "media-worker":
			if err := RunWorker(os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "change-input":
			changeInput()
			os.Exit(0)
		case "packing-worker":
			packingWorker()
		case "dying-worker":
			dieBeforeTool()
			os.Exit(0)
		case "fake-worker":
			fakeWorker(box.Level{Seccomp: true, NoNewPrivs: true, Rlimits: true})
		case "open-worker":
			fakeWorker(box.Level{Missing: []string{"seccomp: the kernel has no seccomp filters"}})
		case "dead-worker":
			fmt.Fprintln(os.Stderr, "first line\nno kernel for old workers\x1b[31m")
			os.Exit(9)
		}
	}
	goleak.VerifyTestMain(m)
}

// fakeWorker speaks the protocol and misbehaves as the file name of the request says.
func fakeWorker(level box.Level) {
	var hi setup
	must(frame.Read(os.Stdin, &hi))
	must(frame.Write(os.Stdout, hello{Version: protocolVersion, Box: level}))
	for {
		var req request
		must(frame.Read(os.Stdin, &req))
		if req.Name == "exit before the file" {
			fmt.Fprintln(os.Stderr, "fatal error: the decoder tripped")
			os.Exit(3)
		}
		body := make([]byte, req.Size)
		for at := 0; at < len(body); {
			n, err := os.Stdin.Read(body[at:])
			must(err)
			at += n
		}
		if req.Op == opLayers {
			fakeLayers(strings.TrimPrefix(req.Name, "layers: "))
			continue
		}
		if req.Op != opInspect {
			done, body := fakeResult(req)
			must(frame.Write(os.Stdout, done))
			_, err := os.Stdout.Write(body)
			must(err)
			continue
		}
		small := []byte("\xff\xd8\xff\xe0 small")
		ans := answer{
			Report:        raster.Report{ContentType: "image/jpeg", Format: "jpeg", Width: os.Getpid(), Height: 1, Frames: 1},
			ThumbnailType: "image/jpeg", ThumbnailWidth: 10, ThumbnailHeight: 10, ThumbnailBytes: len(small),
		}
		switch name, _ := strings.CutPrefix(req.Name, "lie: "); name {
		case "exit after the file":
			os.Exit(3)
		case "exit in the answer":
			_, err := os.Stdout.Write([]byte{0, 0, 1, 0, '{'})
			must(err)
			os.Exit(3)
		case "hang":
			time.Sleep(time.Hour)
		case "size":
			ans.Width, ans.Height = 1<<30, 1<<30
		case "negative":
			ans.Width = -1
		case "class":
			ans.Class = "splendid"
		case "frames":
			ans.Frames = 1 << 40
		case "orientation":
			ans.Orientation = 9
		case "huge thumbnail":
			ans.ThumbnailBytes = 1 << 30
		case "no thumbnail":
			ans.ThumbnailBytes = 0
		case "script":
			ans.ThumbnailType = "text/html"
		case "disguise":
			small = []byte("<script>alert")
			ans.ThumbnailBytes = len(small)
		case "wide thumbnail":
			ans.ThumbnailWidth = 100000
		case "words":
			ans.Class, ans.Message, ans.ThumbnailBytes, small = fault.Corrupt, "bad\x1b[31m\nnews \xff", 0, nil
		case "metadata":
			ans.MetadataBytes, small = 2, append(small, "[]"...)
		case "long metadata":
			ans.MetadataBytes = 1 << 30
		case "retire":
			ans.Retire = true
		}
		must(frame.Write(os.Stdout, ans))
		_, err := os.Stdout.Write(small)
		must(err)
	}
}

// fakeResult lies about an operation other than an inspection as the file name of the request says.
func fakeResult(req request) (result, []byte) {
	body := []byte("\xff\xd8\xff\xe0 picture")
	done := result{ContentType: "image/jpeg", Extension: "jpg", Width: 10, Height: 10, Rect: Rect{Width: 10, Height: 10}}
	switch req.Op {
	case opAutoCrop:
		body = nil
	case opPaths:
		body = []byte(`[{"name":"p"}]`)
	case opPicture:
		return fakePicture(req, done)
	}
	done.Bytes = int64(len(body))
	switch name, _ := strings.CutPrefix(req.Name, "lie: "); name {
	case "exit in the result":
		must(frame.Write(os.Stdout, done))
		os.Exit(3)
	case "class":
		done.Class = "splendid"
	case "failed with a file":
		done.Class = fault.Corrupt
		if body == nil {
			done.Bytes, body = 1, []byte("x")
		}
	case "long":
		done.Bytes = 1 << 40
	case "negative":
		done.Bytes = -1
	case "size":
		done.Width, done.Height = 1<<30, 1<<30
	case "warnings":
		done.Warnings = make([]string, 1000)
	case "nothing":
		done = result{}
		body = nil
	case "script":
		done.ContentType = "text/html"
	case "extension":
		done.Extension = "exe"
	case "disguise":
		body = []byte("<script>alert('x')")[:done.Bytes]
	case "outside":
		done.Rect.X = 1
	case "no area":
		done.Rect.Width = 0
	case "no list":
		body = []byte(`{"name":"no"}`)
		done.Bytes = int64(len(body))
	}
	return done, body
}

func must(err error) {
	if err != nil {
		os.Exit(0)
	}
}

// newRunner returns a Runner whose workers are the test binary in the role named, and closes it with the test.
func newRunner(t testing.TB, role string, change ...func(*Options)) *Runner {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("workers can be confined on Linux only")
	}
	opts := Options{Command: []string{"/proc/self/exe", role}, SpoolDir: t.TempDir()}
	for _, f := range change {
		f(&opts)
	}
	r := New(opts)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		left, err := os.ReadDir(opts.SpoolDir)
		if err != nil || len(left) > 0 {
			t.Errorf("left in the spool folder: %v, %v", left, err)
		}
	})
	return r
}

// running reports whether a process exists and is no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
