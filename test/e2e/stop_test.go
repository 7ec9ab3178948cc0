package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// halfSent is an upload of which half has been sent.
type halfSent struct {
	net.Conn
	rest []byte
}

// sendHalf sends half of an upload and waits until the server holds bytes of it.
func sendHalf(t *testing.T, s *server, content string) halfSent {
	t.Helper()
	contentType, body := form(auth(), newJob("stop"), file("stop.zip", content))
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body[:len(body)/2])
	s.eventually("the server holds part of the upload", func() bool { return len(s.files("oneshot"))+len(s.files("staging")) > 0 })
	return halfSent{c, body[len(body)/2:]}
}

// refuses waits until the server takes no more connections.
func (s *server) refuses() {
	s.t.Helper()
	s.eventually("no more connections are taken", func() bool {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

// TestStopDuringUpload lets the upload that is under way end.
func TestStopDuringUpload(t *testing.T) {
	s := start(t)
	content := bytesOf("stop", 8<<20)
	upload := sendHalf(t, s, content)
	s.signal(syscall.SIGTERM)
	s.refuses()
	if _, err := upload.Write(upload.rest); err != nil {
		t.Errorf("the rest was not taken: %v", err)
	}
	if _, err := s.readAnswer(upload).handle(); err != nil {
		t.Error(err)
	}
	if code := s.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	again := startOn(t, s.data)
	again.holds("stop.zip", content)
	again.awaitNothingUnderway()
}

// TestStopDuringStalledUpload ends although a client neither goes on nor leaves.
func TestStopDuringStalledUpload(t *testing.T) {
	s := start(t, "SLUICE_SHUTDOWN_GRACE=1s")
	s.upload(auth(), newJob("before"), file("before.zip", "before"))
	sendHalf(t, s, bytesOf("stop", 8<<20))
	began := time.Now()
	s.stop(t)
	t.Logf("it took %v to stop", time.Since(began))
	again := startOn(t, s.data)
	again.holds("before.zip", "before")
	again.awaitNothingUnderway()
	if got := again.assets(); len(got) != 1 {
		t.Errorf("%d assets after the restart: %+v", len(got), got)
	}
	if got := again.files("blobs"); len(got) != 0 {
		t.Errorf("blobs of the broken-off upload: %v", got)
	}
	again.wellIn(unhurried)
}

// TestKilledDuringUpload starts anew after a kill that nothing could prepare for.
func TestKilledDuringUpload(t *testing.T) {
	s := launch(t, t.TempDir()+"/data")
	s.awaitReady()
	s.upload(auth(), newJob("before"), file("before.zip", bytesOf("before", 1<<20)), file("small.zip", "small"))
	sendHalf(t, s, bytesOf("stop", 8<<20))
	s.end()
	again := startOn(t, s.data)
	again.holds("before.zip", bytesOf("before", 1<<20))
	again.holds("small.zip", "small")
	again.awaitNothingUnderway()
	again.wellIn(unhurried)
	for _, bad := range []string{"level=ERROR", "level=WARN"} {
		if strings.Contains(again.stderr(), bad) {
			t.Errorf("the start after a kill logs %s", bad)
		}
	}
}

// TestSecondSignal ends the server at once.
func TestSecondSignal(t *testing.T) {
	s := launch(t, t.TempDir()+"/data")
	s.awaitReady()
	sendHalf(t, s, bytesOf("stop", 8<<20))
	s.signal(syscall.SIGTERM)
	s.refuses()
	s.signal(syscall.SIGTERM)
	s.wait()
	if status := s.command.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended as %v", s.command.ProcessState)
	}
}
