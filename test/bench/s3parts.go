package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// s3Parts uploads to an S3 server: a multipart upload whose requests are all signed
// in their addresses, the payload unsigned.
type s3Parts struct {
	key  s3Key
	host string

	path    string // of the object, with the bucket
	upload  string
	content []object
	tags    []string // of the parts
}

const s3Bucket = "/bench"

func newS3Parts(key s3Key, host string) *s3Parts { return &s3Parts{key: key, host: host} }

func (s *s3Parts) do(ctx context.Context, c *conn, r request, query url.Values) (answer, error) {
	what := r.method + " " + r.target
	r.target = s.key.presign(r.method, s.host, r.target, query, time.Now())
	a, err := c.do(ctx, r)
	if err == nil {
		err = a.expect(what, http.StatusOK)
	}
	return a, err
}

// open makes the bucket. A server may call itself ready before it takes requests.
func (s *s3Parts) open(ctx context.Context, c *conn) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		a, err := s.do(ctx, c, request{method: http.MethodPut, target: s3Bucket}, nil)
		if a.status != http.StatusServiceUnavailable {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func (s *s3Parts) begin(ctx context.Context, c *conn, name string, parts []object) error {
	s.path, s.content, s.tags = s3Bucket+"/"+name, parts, make([]string, len(parts))
	a, err := s.do(ctx, c, request{method: http.MethodPost, target: s.path}, url.Values{"uploads": {""}})
	if err != nil {
		return err
	}
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	err = xml.Unmarshal(a.body, &begun)
	s.upload = begun.UploadID
	if err == nil && s.upload == "" {
		err = fmt.Errorf("no upload id in %.300q", a.body)
	}
	return err
}

func (s *s3Parts) send(ctx context.Context, c *conn, part int) error {
	query := url.Values{"partNumber": {strconv.Itoa(part + 1)}, "uploadId": {s.upload}}
	a, err := s.do(ctx, c, request{method: http.MethodPut, target: s.path, content: &s.content[part]}, query)
	s.tags[part] = a.header.Get("ETag")
	return err
}

func (s *s3Parts) complete(ctx context.Context, c *conn) error {
	var list bytes.Buffer
	list.WriteString("<CompleteMultipartUpload>")
	for i, tag := range s.tags {
		list.WriteString("<Part>" + element("PartNumber", strconv.Itoa(i+1)) + element("ETag", tag) + "</Part>")
	}
	list.WriteString("</CompleteMultipartUpload>")
	a, err := s.do(ctx, c, request{method: http.MethodPost, target: s.path, header: []string{"Content-Type: application/xml"}, prefix: list.Bytes()}, url.Values{"uploadId": {s.upload}})
	// Servers that have begun to answer tell of a failure in the body.
	if err == nil && bytes.Contains(a.body, []byte("<Error>")) {
		err = fmt.Errorf("completing: %.300q", a.body)
	}
	return err
}

func (s *s3Parts) fetch(ctx context.Context, c *conn, w io.Writer) error {
	a, err := c.fetch(ctx, request{method: http.MethodGet, target: s.key.presign(http.MethodGet, s.host, s.path, nil, time.Now())}, w)
	if err != nil {
		return err
	}
	return a.expect("GET", http.StatusOK)
}

// s3Key signs requests.
type s3Key struct{ access, secret string }

// presign returns the target of a request with a signature in its query (Signature
// Version 4, "Authenticating Requests: Using Query Parameters"). The host is all that
// is signed besides it. Path must need no escaping.
func (k s3Key) presign(method, host, path string, query url.Values, now time.Time) string {
	now = now.UTC()
	scope := now.Format("20060102") + "/us-east-1/s3/aws4_request"
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {k.access + "/" + scope}, "X-Amz-Date": {now.Format("20060102T150405Z")},
		"X-Amz-Expires": {"3600"}, "X-Amz-SignedHeaders": {"host"},
	}
	for name, values := range query {
		q[name] = values
	}
	encoded := strings.ReplaceAll(q.Encode(), "+", "%20") // sorted, as the canonical request wants it
	canonical := sha256.Sum256([]byte(strings.Join([]string{method, path, encoded, "host:" + host + "\n", "host", "UNSIGNED-PAYLOAD"}, "\n")))
	text := "AWS4-HMAC-SHA256\n" + now.Format("20060102T150405Z") + "\n" + scope + "\n" + hex.EncodeToString(canonical[:])
	mac := []byte("AWS4" + k.secret)
	for _, step := range append(strings.Split(scope, "/"), text) {
		h := hmac.New(sha256.New, mac)
		h.Write([]byte(step))
		mac = h.Sum(nil)
	}
	return path + "?" + encoded + "&X-Amz-Signature=" + hex.EncodeToString(mac)
}
