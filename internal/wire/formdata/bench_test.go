package formdata

import (
	"bytes"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"strings"
	"testing"
)

const benchBoundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"

// benchContents are 64 MiB each: media, text with CRLF lines, and the worst case of the search.
func benchContents() map[string][]byte {
	const size = 64 << 20
	random := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(random)
	line := strings.Repeat("text of a line ", 4) + "\r\n"
	return map[string][]byte{
		"random": random,
		"text":   bytes.Repeat([]byte(line), size/len(line)),
		"cr":     bytes.Repeat([]byte("\r\n-"), size/3),
	}
}

func benchBody(content []byte) []byte {
	head := "--" + benchBoundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
	return append(append([]byte(head), content...), "\r\n--"+benchBoundary+"--\r\n"...)
}

// BenchmarkPart reads one part with a buffer of 1 MiB: a raw copy of the body, this package, and
// the standard library.
func BenchmarkPart(b *testing.B) {
	readers := []struct {
		name string
		open func(io.Reader) (io.Reader, error)
	}{
		{"copy", func(r io.Reader) (io.Reader, error) { return r, nil }},
		{"formdata", func(r io.Reader) (io.Reader, error) {
			return NewReader(r, benchBoundary, Options{Mode: Tolerant}).Next()
		}},
		{"standard", func(r io.Reader) (io.Reader, error) {
			return multipart.NewReader(r, benchBoundary).NextPart()
		}},
	}
	for name, content := range benchContents() {
		body := benchBody(content)
		for _, reader := range readers {
			b.Run(name+"/"+reader.name, func(b *testing.B) {
				buf := make([]byte, 1<<20)
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					r, err := reader.open(bytes.NewReader(body))
					if err != nil {
						b.Fatal(err)
					}
					for err == nil {
						_, err = r.Read(buf)
					}
					if err != io.EOF {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSmallForm reads a form of five small fields.
func BenchmarkSmallForm(b *testing.B) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	_ = w.SetBoundary(benchBoundary)
	for _, name := range []string{"from", "password", "to", "description", "file"} {
		_ = w.WriteField(name, "value of "+name)
	}
	_ = w.Close()
	body := form.Bytes()
	b.Run("formdata", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := NewReader(bytes.NewReader(body), benchBoundary, Options{Mode: Tolerant})
			for p, err := r.Next(); err == nil; p, err = r.Next() {
				_, _ = p.ReadAll(100)
			}
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := multipart.NewReader(bytes.NewReader(body), benchBoundary)
			for p, err := r.NextPart(); err == nil; p, err = r.NextPart() {
				_, _ = io.ReadAll(io.LimitReader(p, 100))
			}
		}
	})
}
