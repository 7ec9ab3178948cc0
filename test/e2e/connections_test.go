package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestIdleConnections holds thousands of kept-alive connections that ask for
// nothing more.
func TestIdleConnections(t *testing.T) {
	slow(t)
	limit := raiseOpenFiles(t)
	want := 10_000
	if most := int(limit) - 500; most < want {
		t.Logf("the limit of open files is %d; holding %d connections", limit, most)
		want = most
	}
	s := start(t)
	s.wellIn(unhurried)
	before := s.load()

	connections := make([]net.Conn, want)
	defer func() {
		for _, c := range connections {
			if c != nil {
				c.Close()
			}
		}
	}()
	var all sync.WaitGroup
	for part := range 10 {
		all.Go(func() {
			for i := part; i < want; i += 10 {
				var err error
				if connections[i], err = idle(s.addr, fmt.Sprintf("127.0.1.%d", 1+i%20)); err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	const passing = 16 // files that the server may have had open for a moment before
	if now := s.load(); now.files < before.files+float64(want-passing) {
		t.Errorf("the server has %v files open, want %d connections more than the %v before", now.files, want, before.files)
	}
	s.wellIn(unhurried)
	s.upload(auth(), newJob("beside"), file("beside.zip", bytesOf("beside", 5<<20)))
	s.holds("beside.zip", bytesOf("beside", 5<<20))
	t.Logf("peak memory with %d idle connections: %d MiB", want, s.peak()>>20)
	for i, c := range connections {
		c.Close()
		connections[i] = nil
	}
	s.settlesTo(before)
}

// idle opens a connection from an address of this machine, uses it once and
// keeps it.
func idle(addr, from string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 30 * time.Second}
	c, err := dialer.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err == nil {
		var res *http.Response
		if res, err = http.ReadResponse(bufio.NewReaderSize(c, 512), nil); err == nil {
			err = copyAll(res.Body)
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// TestSlowClients sends headers and bodies a byte a second. The server ends them
// and goes on answering everybody else.
func TestSlowClients(t *testing.T) {
	slow(t)
	t.Parallel() // it waits for most of its time
	const each = 200
	s := start(t)
	s.wellIn(unhurried)
	before := s.load()
	contentType, body := form(auth(), newJob("slow"), file("slow.zip", bytesOf("slow", 200_000)))
	head := fmt.Sprintf("POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
	in := len(head) + 3000 // bytes; in the file
	request := head + string(body)

	began := time.Now()
	var headers, bodies sync.WaitGroup
	for range each {
		headers.Go(func() { dribble(t, s.addr, request, 0) })
		bodies.Go(func() { dribble(t, s.addr, request, in) })
	}
	time.Sleep(3 * time.Second)
	s.wellIn(unhurried)
	headers.Wait()
	if took := time.Since(began); took < 5*time.Second {
		t.Errorf("headers were given up after %v; nobody is that slow", took)
	}
	s.wellIn(unhurried)
	bodies.Wait()
	if took := time.Since(began); took < 30*time.Second {
		t.Errorf("bodies were given up after %v", took)
	}
	s.awaitNothingUnderway()
	s.settlesTo(before)
	if got := s.jobs("slow"); len(got) != 0 {
		t.Errorf("jobs of slow uploads: %+v", got)
	}
}

// dribble sends the beginning of a request at once and then a byte a second,
// until the server ends the connection. It fails when that takes minutes.
func dribble(t *testing.T, addr, request string, atOnce int) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = copyAll(c) // what it answers, if anything, does not matter
	}()
	if _, err := io.WriteString(c, request[:atOnce]); err != nil {
		t.Error(err)
		return
	}
	for i := range 120 {
		select {
		case <-ended:
			return
		case <-time.After(time.Second):
			if _, err := io.WriteString(c, request[atOnce+i:atOnce+i+1]); err != nil {
				return
			}
		}
	}
	t.Errorf("after two minutes of a byte each the connection is still open (%d bytes were sent at once)", atOnce)
}

// TestStalledUploads stands still in the middle of many uploads at once. Others
// must not have to wait for the buffers that those hold.
func TestStalledUploads(t *testing.T) {
	const stalled = 400
	raiseOpenFiles(t)
	s := start(t, memoryLimit)
	s.wellIn(unhurried)
	before := s.load()
	contentType, body := form(auth(), newJob("stalled"), file("stalled.zip", bytesOf("stalled", 3<<20)))
	head := fmt.Sprintf("POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
	var connections []net.Conn
	for i := range stalled {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		connections = append(connections, c)
		// Some stand still in the part that fits one buffer, some beyond it.
		go c.Write([]byte(head + string(body[:[]int{50_000, 300_000, 2 << 20}[i%3]])))
	}
	s.eventually("the uploads are under way", func() bool { return len(s.files("oneshot")) > stalled/3 })
	for range 5 {
		s.wellIn(unhurried)
	}
	s.upload(auth(), newJob("beside"), file("beside.zip", bytesOf("beside", 5<<20)))
	s.holds("beside.zip", bytesOf("beside", 5<<20))
	if peak := s.peak(); peak > mostMemory {
		t.Errorf("the server took %d MiB, it may take %d MiB", peak>>20, mostMemory>>20)
	}
	for _, c := range connections {
		c.Close()
	}
	s.awaitNothingUnderway()
	s.settlesTo(before)
}
