package nomad

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
)

// mostChecksums bounds the checksums of one part: all of its bytes go through each.
const mostChecksums = 16

// checksums are what the headers of a part promise of its bytes (7.1).
type checksums struct {
	list []promised
	md5  string // of Content-MD5, in hexadecimal; "" = not promised
}

// promised is one of them.
type promised struct {
	header string
	want   []byte
	sum    hash.Hash
}

// newSum begins a checksum by its name, nil for those that nobody here knows.
func newSum(name string) hash.Hash {
	switch strings.ToLower(name) {
	case "md5":
		return md5.New()
	case "sha", "sha1", "sha-1":
		return sha1.New()
	case "sha256", "sha-256":
		return sha256.New()
	case "sha512", "sha-512":
		return sha512.New()
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	}
	return nil
}

// newChecksums reads the headers Content-MD5 (RFC 1864), x-amz-checksum-* and
// x-amz-content-sha256 (S3), Digest (RFC 3230) and Content-Digest (RFC 9530).
// Algorithms that are not known promise nothing.
func newChecksums(h http.Header) (*checksums, error) {
	c := &checksums{}
	if value := h.Get("Content-MD5"); value != "" {
		if err := c.add("Content-MD5", "md5", value); err != nil {
			return nil, err
		}
		c.md5 = hex.EncodeToString(c.list[0].want)
	}
	for _, name := range []string{"crc32", "crc32c", "sha1", "sha256"} {
		if value := h.Get("x-amz-checksum-" + name); value != "" {
			if err := c.add("x-amz-checksum-"+name, name, value); err != nil {
				return nil, err
			}
		}
	}
	if want, err := hex.DecodeString(h.Get("x-amz-content-sha256")); err == nil && len(want) == sha256.Size {
		c.list = append(c.list, promised{"x-amz-content-sha256", want, sha256.New()})
	}
	for _, header := range []string{"Digest", "Content-Digest"} {
		for member := range strings.SplitSeq(strings.Join(h.Values(header), ","), ",") {
			name, value, ok := strings.Cut(strings.TrimSpace(member), "=")
			if !ok || newSum(name) == nil {
				continue
			}
			if header == "Content-Digest" {
				value, _, _ = strings.Cut(value, ";")
				value = strings.Trim(value, ":")
			}
			if err := c.add(header, name, value); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *checksums) add(header, name, value string) error {
	if len(c.list) >= mostChecksums {
		return invalid("The headers promise more than %d checksums.", mostChecksums)
	}
	sum := newSum(name)
	want, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil || len(want) != sum.Size() {
		return invalid("The value of the header %s is not the Base64 form of %d bytes.", header, sum.Size())
	}
	c.list = append(c.list, promised{header, want, sum})
	return nil
}

// reader is a body that the checksums see.
func (c *checksums) reader(body io.Reader) io.Reader {
	for _, p := range c.list {
		body = io.TeeReader(body, p.sum)
	}
	return body
}

// check refuses bytes that are not those which were promised.
func (c *checksums) check() error {
	for _, p := range c.list {
		if got := p.sum.Sum(nil); !bytes.Equal(got, p.want) {
			return invalid("The bytes do not have the checksum of the header %s: it is %s, %s was promised.",
				p.header, base64.StdEncoding.EncodeToString(got), base64.StdEncoding.EncodeToString(p.want))
		}
	}
	return nil
}
