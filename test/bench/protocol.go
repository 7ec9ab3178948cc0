package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// protocol is how a peer takes objects and gives them back. Open and close
// frame a run and are not timed. Put returns after the server's final
// acknowledgement; fetch writes the stored bytes to w. All but open may be
// called concurrently, each call with a connection of its own.
type protocol interface {
	open(ctx context.Context, c *conn) error
	put(ctx context.Context, c *conn, o object) error
	fetch(ctx context.Context, c *conn, o object, w io.Writer) error
	close(ctx context.Context, c *conn) error
}

// errNothingKept is returned by fetch of a peer that discards what it takes.
var errNothingKept = errors.New("this peer keeps nothing")

// putProtocol is one PUT for each object and GET to read it back.
type putProtocol struct {
	prefix  string // path before the name, with its slashes
	discard bool   // the server keeps nothing
}

func (p putProtocol) open(context.Context, *conn) error  { return nil }
func (p putProtocol) close(context.Context, *conn) error { return nil }

func (p putProtocol) put(ctx context.Context, c *conn, o object) error {
	a, err := c.do(ctx, request{method: http.MethodPut, target: p.prefix + o.name, content: &o})
	if err != nil {
		return err
	}
	return a.expect("PUT", http.StatusOK, http.StatusCreated, http.StatusNoContent)
}

func (p putProtocol) fetch(ctx context.Context, c *conn, o object, w io.Writer) error {
	if p.discard {
		return errNothingKept
	}
	a, err := c.fetch(ctx, request{method: http.MethodGet, target: p.prefix + o.name}, w)
	if err != nil {
		return err
	}
	return a.expect("GET", http.StatusOK)
}

// tusProtocol is tus 1.0: a POST that creates the upload, then one PATCH with
// the whole content.
type tusProtocol struct {
	path   string // creation path
	concat string // Upload-Concat of creations, "" = none

	mu        sync.Mutex
	locations map[string]string // request target of each object, by name
}

func newTusProtocol(path string) *tusProtocol {
	return &tusProtocol{path: path, locations: map[string]string{}}
}

func (p *tusProtocol) open(context.Context, *conn) error  { return nil }
func (p *tusProtocol) close(context.Context, *conn) error { return nil }

func (p *tusProtocol) put(ctx context.Context, c *conn, o object) error {
	header := []string{"Tus-Resumable: 1.0.0", fmt.Sprintf("Upload-Length: %d", o.size)}
	if p.concat != "" {
		header = append(header, "Upload-Concat: "+p.concat)
	}
	a, err := c.do(ctx, request{method: http.MethodPost, target: p.path, header: header})
	if err != nil {
		return err
	}
	if err := a.expect("tus creation", http.StatusCreated); err != nil {
		return err
	}
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		return fmt.Errorf("tus creation: Location: %w", err)
	}
	target := (&url.URL{Path: p.path}).ResolveReference(location).RequestURI()
	p.mu.Lock()
	p.locations[o.name] = target
	p.mu.Unlock()

	a, err = c.do(ctx, request{method: http.MethodPatch, target: target, content: &o, header: []string{
		"Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Type: application/offset+octet-stream",
	}})
	if err != nil {
		return err
	}
	if err := a.expect("tus PATCH", http.StatusNoContent); err != nil {
		return err
	}
	if got := a.header.Get("Upload-Offset"); got != fmt.Sprint(o.size) {
		return fmt.Errorf("tus PATCH: Upload-Offset %q after %d bytes", got, o.size)
	}
	return nil
}

func (p *tusProtocol) fetch(ctx context.Context, c *conn, o object, w io.Writer) error {
	p.mu.Lock()
	target := p.locations[o.name]
	p.mu.Unlock()
	a, err := c.fetch(ctx, request{method: http.MethodGet, target: target, header: []string{"Tus-Resumable: 1.0.0"}}, w)
	if err != nil {
		return err
	}
	return a.expect("GET", http.StatusOK)
}
