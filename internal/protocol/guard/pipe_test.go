package guard_test

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// pipes is a listener over net.Pipe, so that servers and clients can live in a
// synctest bubble with its clock.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func serve(t *testing.T, h http.Handler) *pipes {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// open returns the client's end of a connection that nobody reads.
func (l *pipes) open(t *testing.T) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	l.conns <- server
	t.Cleanup(func() { client.Close() })
	return client
}

// dial returns the client's end of a connection whose answers are collected
// until the server closes.
func (l *pipes) dial(t *testing.T) (net.Conn, <-chan string) {
	t.Helper()
	client := l.open(t)
	answer := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(client)
		answer <- string(b)
	}()
	return client, answer
}
