package e2e_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recorded is where the raw requests of client programs lie. Their login is
// anna@example.org, secret, and their company c|1.
const recorded = "../../internal/protocol/scene7/testdata"

// recordedFile reads a file that belongs to the recorded requests.
func recordedFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(recorded, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// raw sends bytes over a connection of its own and reads one answer.
func (s *server) raw(request []byte) answer {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	go c.Write(request)
	return s.readAnswer(c)
}

// readAnswer reads one answer, patiently.
func (s *server) readAnswer(c net.Conn) answer {
	s.t.Helper()
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		s.t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(text), closed: res.Close}
}

// TestRecordedRequests replays each recorded request byte for byte, the vendor's
// printed example among them, which is malformed in half a dozen ways.
func TestRecordedRequests(t *testing.T) {
	requests, err := filepath.Glob(filepath.Join(recorded, "*.http"))
	if err != nil || len(requests) < 8 {
		t.Fatalf("found %d recorded requests, %v", len(requests), err)
	}
	s := start(t)
	s.addUser("anna@example.org", "secret", "editor")
	for _, name := range requests {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			handle, err := s.raw(text).handle()
			if err != nil {
				t.Fatal(err)
			}
			s.holds("1.jpg", recordedFile(t, "1.jpg"))
			if bytes.Contains(text, []byte(`2.zip`)) {
				s.holds("2.zip", recordedFile(t, "2.zip"))
			}
			if j := s.job(handle); j.OriginalName != "spring" {
				t.Errorf("the job is called %q", j.OriginalName)
			}
		})
	}
	if n := len(s.assets()); n != 2 {
		t.Errorf("%d assets came of it, want the two files of the example", n)
	}
}

// TestPrintedExample sends the vendor's example as it is printed, and as a
// correct form.
func TestPrintedExample(t *testing.T) {
	s := start(t)
	s.addUser("anna@example.org", "secret", "editor")
	if _, err := s.raw([]byte(recordedFile(t, "printed_example.http"))).handle(); err != nil {
		t.Fatal(err)
	}
	s.holds("1.jpg", recordedFile(t, "1.jpg"))
	s.holds("2.zip", recordedFile(t, "2.zip"))

	s = start(t)
	s.upload(auth(), newJob("spring"), part{"file1", "1.jpg", recordedFile(t, "1.jpg")}, part{"file2", "2.zip", recordedFile(t, "2.zip")})
	s.holds("1.jpg", recordedFile(t, "1.jpg"))
	s.holds("2.zip", recordedFile(t, "2.zip"))
}
