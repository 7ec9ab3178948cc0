package e2e_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// TestClientsThatLeave breaks off many uploads at all sorts of places. Nothing of
// them may stay behind: no asset, no staged byte, no goroutine, no open file.
func TestClientsThatLeave(t *testing.T) {
	s := start(t)
	s.wellIn(unhurried)
	before := s.load()
	contentType, body := form(auth(), newJob("left"), file("left.zip", bytesOf("left", 2<<20)))
	head := fmt.Sprintf("POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
	request := append([]byte(head), body...)

	var all sync.WaitGroup
	for seed := range uint64(10) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, 1))
			for i := range 30 {
				// A third ends in the head, in the parameters, and in the file.
				cut := random.IntN([]int{len(head), len(head) + 2000, len(request) - 50}[i%3]) + 1
				if err := leave(s.addr, request[:cut], random.IntN(2) == 0); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	s.wellIn(unhurried)
	all.Wait()
	s.awaitNothingUnderway()
	s.settlesTo(before)
	for _, a := range s.assets() {
		if a.FileName == "left.zip" {
			t.Errorf("a broken-off upload became an asset: %+v", a)
		}
	}
	if got := s.jobs("left"); len(got) != 0 {
		t.Errorf("jobs of broken-off uploads: %+v", got)
	}
	if got := s.files("blobs"); len(got) != 0 {
		t.Errorf("blobs of broken-off uploads: %v", got)
	}
	s.wellIn(unhurried)
}

// leave sends the beginning of a request and goes, politely or by a reset.
func leave(addr string, request []byte, reset bool) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(request); err != nil {
		return err
	}
	if reset {
		return c.(*net.TCPConn).SetLinger(0)
	}
	return nil
}

// TestMissingEnd cuts a body and leaves the connection half open, which looks
// like an end to a careless reader.
func TestMissingEnd(t *testing.T) {
	s := start(t)
	contentType, body := form(auth(), newJob("half"), file("half.zip", bytesOf("half", 300_000)))
	for name, request := range map[string]string{
		"fixed length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body[:200_000]),
		"chunked":      fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", 200_000, body[:200_000]),
		"in a chunk":   fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s", len(body), body[:200_000]),
	} {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\n%s", contentType, request)
		c.(*net.TCPConn).CloseWrite()
		text, _ := io.ReadAll(c)
		c.Close()
		if len(text) > 12 && string(text[9:12]) == "200" {
			t.Errorf("%s: the cut body was taken: %s", name, text)
		}
	}
	s.awaitNothingUnderway()
	if got := s.assets(); len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
}
