package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	blocksPerWrite = 8       // 8 MiB in each vectored write
	answerLimit    = 8 << 20 // bytes of an answer that are kept
)

// conn is one kept-alive HTTP/1.1 connection that is cheap for the client:
// requests are written with writev straight from the generated content, and
// only answers are parsed, by the standard library. Every peer is driven by
// this code. Not safe for concurrent use.
type conn struct {
	addr    string
	tcp     net.Conn
	answers *bufio.Reader
	head    []byte
	stamps  []byte
	vectors net.Buffers
}

// request is one HTTP request. Its body is prefix, then content (if any), then
// suffix, with a Content-Length over the three.
type request struct {
	method, target string
	header         []string // "Name: value" lines without line ends
	prefix, suffix []byte
	content        *object
}

// answer is a response whose body was read to its end. Body is empty when the
// body was handed to a writer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newConn(addr string) *conn {
	return &conn{addr: addr, stamps: make([]byte, 0, blocksPerWrite*stampBytes)}
}

// dial connects unless the connection is open. It allows to keep the cost of
// connecting out of the timed part.
func (c *conn) dial(ctx context.Context) error {
	if c.tcp != nil {
		return nil
	}
	tcp, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.tcp, c.answers = tcp, bufio.NewReaderSize(tcp, 32<<10)
	return nil
}

func (c *conn) close() {
	if c.tcp != nil {
		_ = c.tcp.Close()
		c.tcp = nil
	}
}

// do sends a request and reads the answer with its body.
func (c *conn) do(ctx context.Context, r request) (answer, error) {
	return c.exchange(ctx, r, nil)
}

// fetch is do with the body of a 200 answer going to w.
func (c *conn) fetch(ctx context.Context, r request, w io.Writer) (answer, error) {
	return c.exchange(ctx, r, w)
}

// exchange connects if needed and gives up when ctx ends. It never repeats a
// request: a failed run is reported instead.
func (c *conn) exchange(ctx context.Context, r request, w io.Writer) (answer, error) {
	if err := c.dial(ctx); err != nil {
		return answer{}, err
	}
	tcp := c.tcp
	unhook := context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	sendErr := c.send(r)
	// A server that refuses early answers before it has read everything, so
	// the answer is worth reading even when sending failed.
	a, keep, err := c.receive(r.method, w)
	if err == nil && sendErr != nil && a.status < 300 {
		err = sendErr
	}
	if err != nil || sendErr != nil || !keep {
		c.close()
	}
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", r.method, r.target, err)
	}
	return a, nil
}

// send writes the request with as few system calls as its size allows.
func (c *conn) send(r request) error {
	size := int64(len(r.prefix) + len(r.suffix))
	var blocks int64
	if r.content != nil {
		size += r.content.size
		blocks = r.content.blocks()
	}
	c.head = append(c.head[:0], r.method+" "+r.target+" HTTP/1.1\r\nHost: "+c.addr+"\r\n"...)
	for _, line := range r.header {
		c.head = append(append(c.head, line...), "\r\n"...)
	}
	if size > 0 || r.method != http.MethodGet {
		c.head = strconv.AppendInt(append(c.head, "Content-Length: "...), size, 10)
		c.head = append(c.head, "\r\n"...)
	}
	c.head = append(c.head, "\r\n"...)

	c.vectors = append(c.vectors[:0], c.head, r.prefix)
	for first := int64(0); first < blocks; first += blocksPerWrite {
		last := min(first+blocksPerWrite, blocks)
		c.vectors = r.content.appendVectors(c.vectors, c.stamps[:0], first, last)
		if last < blocks {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	c.vectors = append(c.vectors, r.suffix)
	return c.flush()
}

// flush writes the gathered vectors and keeps their slice for the next use.
func (c *conn) flush() error {
	pending := c.vectors
	_, err := pending.WriteTo(c.tcp)
	c.vectors = c.vectors[:0]
	return err
}

// receive reads one answer to its end and tells whether the connection can be
// used again.
func (c *conn) receive(method string, w io.Writer) (a answer, keep bool, err error) {
	var res *http.Response
	for res == nil || res.StatusCode < 200 { // interim answers are skipped
		if res, err = http.ReadResponse(c.answers, &http.Request{Method: method}); err != nil {
			return answer{}, false, err
		}
	}
	defer func() { _ = res.Body.Close() }()
	a = answer{status: res.StatusCode, header: res.Header}
	if w != nil && res.StatusCode == http.StatusOK {
		_, err = io.Copy(w, res.Body)
		return a, !res.Close, err
	}
	a.body, err = io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	if err == nil && len(a.body) > answerLimit {
		err = fmt.Errorf("the answer is longer than %d bytes", answerLimit)
	}
	return a, !res.Close, err
}

// expect turns any other status than the wanted ones into an error that shows
// the start of the answer.
func (a answer) expect(what string, statuses ...int) error {
	for _, s := range statuses {
		if a.status == s {
			return nil
		}
	}
	return fmt.Errorf("%s: status %d: %.300q", what, a.status, a.body)
}
