package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// mediaForm sends files as apps do: a form whose last part is the file, with the
// credentials before it (docs/protocols/softphone.md, sections 3 and 12).
type mediaForm struct {
	login  account
	target string
}

// mediaTarget is the door's address for the benchmark's company.
const mediaTarget = "/bench/softphone/"

const formBoundary = "mediaBoundary7MA4YWxkTrZu0gW"

// head is the form up to the content of the file.
func (f mediaForm) head(name, contentType string, size int64) []byte {
	var b bytes.Buffer
	field := func(name, value string) {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", formBoundary, name, value)
	}
	field("from", f.login.user)
	field("password", f.login.password)
	field("to", "+420123456789")
	field("description", "benchmark")
	field("media_size", strconv.FormatInt(size, 10))
	field("content_type", contentType)
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=%q\r\nContent-Type: %s\r\n\r\n", formBoundary, name, contentType)
	return b.Bytes()
}

// request is the upload of a file whose content is given, or generated.
func (f mediaForm) request(name, contentType string, content []byte, generated *object) request {
	size := int64(len(content))
	if generated != nil {
		size = generated.size
	}
	return request{
		method: http.MethodPost, target: f.target,
		header: []string{"Content-Type: multipart/form-data; charset=utf-8; boundary=\"" + formBoundary + "\"", "Accept: application/json"},
		prefix: append(f.head(name, contentType, size), content...), content: generated, suffix: []byte("\r\n--" + formBoundary + "--\r\n"),
	}
}

// send uploads a file and returns the path under which it can be read.
func (f mediaForm) send(ctx context.Context, c *conn, r request) (path string, err error) {
	a, err := c.do(ctx, r)
	if err == nil {
		err = a.expect("uploading media", http.StatusOK)
	}
	if err != nil {
		return "", err
	}
	var answer struct {
		URL string `json:"media_url"`
	}
	if err := json.Unmarshal(a.body, &answer); err != nil {
		return "", fmt.Errorf("uploading media: %.300q: %w", a.body, err)
	}
	u, err := url.Parse(answer.URL)
	if err != nil || u.Path == "" {
		return "", fmt.Errorf("uploading media: no address in %.300q", a.body)
	}
	return u.Path, nil
}

// readBack compares what is at a path with what was sent.
func readBack(ctx context.Context, c *conn, path string, want []byte) error {
	h := sha256.New()
	a, err := c.fetch(ctx, request{method: http.MethodGet, target: path}, h)
	if err == nil {
		err = a.expect("reading media back", http.StatusOK)
	}
	if sum := sha256.Sum256(want); err == nil && !bytes.Equal(h.Sum(nil), sum[:]) {
		err = fmt.Errorf("reading media back: other bytes than were sent")
	}
	return err
}
