package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// fileParts makes each part a file of its own: what a server does that joins nothing.
type fileParts struct {
	files putProtocol
	parts []object
}

func (f *fileParts) open(context.Context, *conn) error     { return nil }
func (f *fileParts) complete(context.Context, *conn) error { return nil }

func (f *fileParts) begin(_ context.Context, _ *conn, name string, parts []object) error {
	f.parts = parts
	for i := range parts {
		parts[i].name = fmt.Sprintf("%s.%d", name, i)
	}
	return nil
}

func (f *fileParts) send(ctx context.Context, c *conn, part int) error {
	return f.files.put(ctx, c, f.parts[part])
}

func (f *fileParts) fetch(ctx context.Context, c *conn, w io.Writer) error {
	for _, part := range f.parts {
		if err := f.files.fetch(ctx, c, part, w); err != nil {
			return err
		}
	}
	return nil
}

// tusParts is the concatenation of tus 1.0: each part is a partial upload with one
// PATCH, and a final upload joins them.
type tusParts struct {
	tus   *tusProtocol
	parts []object
	final string // request target
}

func newTusParts(path string) *tusParts {
	t := &tusParts{tus: newTusProtocol(path)}
	t.tus.concat = "partial"
	return t
}

func (t *tusParts) open(context.Context, *conn) error { return nil }

func (t *tusParts) begin(_ context.Context, _ *conn, name string, parts []object) error {
	t.parts = parts
	for i := range parts {
		parts[i].name = fmt.Sprintf("%s.%d", name, i)
	}
	return nil
}

func (t *tusParts) send(ctx context.Context, c *conn, part int) error {
	return t.tus.put(ctx, c, t.parts[part])
}

func (t *tusParts) complete(ctx context.Context, c *conn) error {
	var list []string
	for _, part := range t.parts {
		list = append(list, t.tus.locations[part.name])
	}
	a, err := c.do(ctx, request{method: http.MethodPost, target: t.tus.path, header: []string{
		"Tus-Resumable: 1.0.0", "Upload-Concat: final;" + strings.Join(list, " "),
	}})
	if err == nil {
		err = a.expect("tus concatenation", http.StatusCreated)
	}
	if err != nil {
		return err
	}
	location, err := url.Parse(a.header.Get("Location"))
	if err == nil {
		t.final = location.RequestURI()
	}
	return err
}

func (t *tusParts) fetch(ctx context.Context, c *conn, w io.Writer) error {
	a, err := c.fetch(ctx, request{method: http.MethodGet, target: t.final, header: []string{"Tus-Resumable: 1.0.0"}}, w)
	if err != nil {
		return err
	}
	return a.expect("GET", http.StatusOK)
}
