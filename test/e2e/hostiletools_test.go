package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/media/mediatest"
)

// hostileTools makes a folder in which every tool is a program that misbehaves as its input says.
func hostileTools(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	tool := filepath.Join(folder, "tool")
	build := exec.Command("go", "build", "-o", tool, "./testdata/hostiletool")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, name := range []string{"pdftoppm", "pdfinfo", "pdftotext", "gs", "ffmpeg", "ffprobe", "vips", "exiftool"} {
		if err := os.Link(tool, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// listeners are where a tool might call: by TCP, UDP and a socket in the file system.
type listeners struct {
	addresses []string
	heard     atomic.Int32
}

func listen(t *testing.T) *listeners {
	t.Helper()
	l := &listeners{}
	folder, err := os.MkdirTemp("", "s") // names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	for network, at := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(folder, "s")} {
		listener, err := net.Listen(network, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		l.addresses = append(l.addresses, network+"="+listener.Addr().String())
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				l.heard.Add(1)
				c.Close()
			}
		}()
	}
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	l.addresses = append(l.addresses, "udp="+packets.LocalAddr().String())
	go func() {
		for buffer := make([]byte, 100); ; l.heard.Add(1) {
			if _, _, err := packets.ReadFrom(buffer); err != nil {
				return
			}
		}
	}()
	return l
}

// TestHostileTools has every tool taken over by its file: it hangs, crashes, forks, fills the disk, writes outside, calls others,
// kills. The step fails with a row that says so, other jobs go on, and nothing is left or reached.
func TestHostileTools(t *testing.T) {
	slow(t)
	setting := mediaHere(t)
	if !strings.HasSuffix(setting, "=true") {
		t.Skip("tools are run unconfined here")
	}
	temporary, reach, calls := t.TempDir(), t.TempDir(), listen(t)
	victim, untouched := filepath.Join(reach, "victim"), "the bytes of somebody else"
	if err := os.WriteFile(victim, []byte(untouched), 0o666); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	s := startOn(t, data, setting, "SLUICE_MEDIA_TIMEOUT=2s", "SLUICE_MEDIA_ENCODE_TIMEOUT=2s", "SLUICE_MEDIA_WORKERS=2", "SLUICE_MEDIA_MEMORY=512MiB",
		"PATH="+hostileTools(t), "TMPDIR="+temporary)
	f := s.watch()
	victims := []string{victim, filepath.Join(data, "sluice.db"), filepath.Join(reach, "new"), filepath.Join(data, "new"), filepath.Join(data, "files", "new")}
	all := strings.Join(victims, " ")
	behaviours := map[string]struct{ words, says string }{
		"hang": {"hang", "within the limit of 2s and was ended"}, "silent": {"silent", "within the limit of 2s and was ended"}, "spin": {"spin", "within the limit of 2s and was ended"},
		"crash": {"crash", "stopped while it read the file"}, "memory": {"memory", "could not read the file"}, "talk": {"talk", "and was ended"},
		"complain": {"complain", "within the limit of 2s and was ended"}, "fork": {"fork " + filepath.Join(reach, "forked"), "within the limit of 2s and was ended"},
		"disk": {"disk " + all, "could not read the file"}, "outside": {"outside " + all, "could not read the file"},
		"socket": {"socket " + strings.Join(calls.addresses, " "), "could not read the file"}, "kill": {"kill", "could not read the file"},
	}
	heads := map[string]struct{ tool, head string }{
		"document.pdf": {"pdftoppm", "%PDF-1.4\n"}, "program.eps": {"gs", "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%"},
		"film.mp4": {"ffprobe", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"}, "picture.heic": {"vips", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"},
	}
	files, want := map[string]string{}, map[string][2]string{}
	for name, b := range behaviours {
		for kind, h := range heads {
			fileName := name + "-" + kind
			files[fileName], want[fileName] = h.head+"misbehave: "+b.words+" \n", [2]string{h.tool, b.says}
		}
	}
	handle := s.sendInto("taken over", files)
	time.Sleep(2 * time.Second) // in the middle of it all, an own job
	began := time.Now()
	s.done(s.upload(auth(), newJob("beside"), file("beside.png", string(mediatest.PNG(mediatest.Picture(64, 48))))), time.Minute) // it takes turns with the big one
	t.Logf("the job beside it was done after %v", time.Since(began))
	if a := s.asset("beside.png"); a.Width != 64 || a.State != "ready" {
		t.Errorf("the file of the other job is %+v", a)
	}
	rows := s.done(handle, 10*time.Minute)
	t.Logf("%d files took %v", len(files), time.Since(began))
	ends, said := outcomes(rows)
	for name, w := range want {
		if ends[name] != 1 || !strings.Contains(said[name], w[0]) || !strings.Contains(said[name], w[1]) {
			t.Errorf("%s has %d outcomes; the log says %q, want %s and %q", name, ends[name], said[name], w[0], w[1])
		}
		s.holds(name, files[name])
	}
	if n := calls.heard.Load(); n != 0 {
		t.Errorf("a tool was heard %d times", n)
	}
	if kept, err := os.ReadFile(victim); err != nil || string(kept) != untouched {
		t.Errorf("the victim holds %.100q, %v", kept, err)
	}
	for _, folder := range []string{reach, data, filepath.Join(data, "files"), "/tmp", "/dev/shm"} {
		entries, err := os.ReadDir(folder)
		for _, e := range entries {
			if name := e.Name(); strings.HasPrefix(name, "new") || strings.HasPrefix(name, "hostile-tool") || strings.HasPrefix(name, "forked") || strings.HasPrefix(name, "victim-") {
				t.Errorf("%s was made in %s", name, folder)
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
	s.wellIn(unhurried)
	s.bounded(f)
	s.settled(f, temporary)
	if f.most > 12 {
		t.Errorf("%d processes ran at once", f.most)
	}
}
