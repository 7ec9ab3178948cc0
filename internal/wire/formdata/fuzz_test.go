package formdata

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// addSeeds adds every variant and every recorded body, with boundary "B".
func addSeeds(f *testing.F) {
	for _, v := range append(uploadVariants, mediaVariants...) {
		f.Add([]byte(v.body), 3, 50)
	}
	names, err := filepath.Glob("testdata/*.http")
	if err != nil || len(names) == 0 {
		f.Fatalf("no recorded bodies: %v", err)
	}
	for _, name := range names {
		body, boundary := openRequest(f, filepath.Base(name))
		raw, err := io.ReadAll(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.ReplaceAll(raw, []byte(boundary), []byte("B")), 100, 64<<10)
	}
}

// FuzzStrict compares strict mode with mime/multipart: equal parts, or both refuse. The package
// comment lists the differences that are wanted.
func FuzzStrict(f *testing.F) {
	addSeeds(f)
	f.Fuzz(sameAsStandard)
}

func sameAsStandard(t *testing.T, data []byte, chunk, size int) {
	if len(data) > 4000 {
		return // beyond the standard reader's own line limit
	}
	ours, err := readParts(NewReader(feed(data, chunk), "B", Options{}), bufferOf(size))
	theirs, stdErr := readStandard(data)
	endsInHeader := errors.Is(err, ErrMissingClose) && stdErr == io.EOF
	if (err == io.EOF) != (stdErr == io.EOF) && !endsInHeader {
		t.Fatalf("body %q ended with %v, mime/multipart with %v", data, err, stdErr)
	}
	if err != io.EOF && !endsInHeader {
		// The part in which an error was met is not comparable.
		complete := max(0, min(len(ours), len(theirs))-1)
		ours, theirs = ours[:complete], theirs[:complete]
	}
	for i := range ours {
		if ours[i].FileName != "" {
			ours[i].FileName = filepath.Base(ours[i].FileName)
		}
		ours[i].HasFileName = false
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Fatalf("body %q (-mime/multipart +ours):\n%s", data, diff)
	}
}

// readStandard reads a body with the standard library.
func readStandard(data []byte) (parts []got, err error) {
	r := multipart.NewReader(bytes.NewReader(data), "B")
	for {
		p, err := r.NextRawPart()
		if err != nil {
			return parts, err
		}
		body, err := io.ReadAll(p)
		parts = append(parts, got{Name: p.FormName(), FileName: p.FileName(), Body: string(body)})
		if err != nil {
			return parts, err
		}
	}
}

// FuzzTolerant checks that the result does not depend on how the body arrives or is read, that
// memory is bounded, and that names are valid UTF-8.
func FuzzTolerant(f *testing.F) {
	addSeeds(f)
	f.Fuzz(sameInPieces)
}

func sameInPieces(t *testing.T, data []byte, chunk, size int) {
	for _, accept := range []bool{false, true} {
		opt := Options{Mode: Tolerant, AcceptMissingClose: accept}
		want, wantErr := readParts(NewReader(bytes.NewReader(data), "B", opt), 64<<10)
		r := NewReader(feed(data, chunk), "B", opt)
		parts, err := readParts(r, bufferOf(size))
		if errors.Is(err, ErrBadEncoding) && errors.Is(wantErr, ErrBadEncoding) && len(want) == len(parts) {
			// How much of the part is decoded before the error depends on the pieces.
			want, parts, wantErr = want[:len(want)-1], parts[:len(parts)-1], err
		}
		if diff := cmp.Diff(want, parts); diff != "" {
			t.Fatalf("body %q in reads of %d (-at once +in pieces):\n%s", data, chunk, diff)
		}
		if err.Error() != wantErr.Error() {
			t.Fatalf("body %q: error %v at once, %v in reads of %d", data, wantErr, err, chunk)
		}
		if limit := max(2*bufferSize, bufferOf(size)); len(r.src.buf) > limit {
			t.Fatalf("buffer of %d bytes, limit is %d", len(r.src.buf), limit)
		}
		total := 0
		for _, p := range parts {
			total += len(p.Body)
			if !utf8.ValidString(p.Name) || !utf8.ValidString(p.FileName) {
				t.Fatalf("names are not UTF-8: %q, %q", p.Name, p.FileName)
			}
		}
		if total > len(data) {
			t.Fatalf("%d bytes of content from a body of %d", total, len(data))
		}
	}
}

// TestRandomBodies gives bodies put together from the words of the format to the two checks above.
func TestRandomBodies(t *testing.T) {
	words := []string{
		"--B", "--B", "--B--", "\r\n", "\r\n", "\r\n", "\n", "\r", "--", "-", " ", "\t", "x", ":", "B", "A: b", "\r\n--B\r\n", "\r\n--B--\r\n",
		"Content-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n", "Content-Type: text/plain\r\n", "\x00", "Content-",
		"Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\n", "YWI", "=3D", "=",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		data := []byte([]string{"", "--B\r\n", "--B\n", "--B\r\nA: b\r\n\r\n", "--B\nA: b\n\n"}[rng.IntN(5)])
		for range rng.IntN(25) {
			data = append(data, words[rng.IntN(len(words))]...)
		}
		chunk, size := rng.IntN(30), rng.IntN(30)
		if rng.IntN(2) == 0 {
			size = 8 << 10
		}
		sameAsStandard(t, data, chunk, size)
		sameInPieces(t, data, chunk, size)
	}
}

// FuzzWellFormed checks that both modes read what the standard library writes.
func FuzzWellFormed(f *testing.F) {
	f.Add("auth", "<authHeader/>", "file", "a b (1).jpg", []byte("\xff\xd8\r\n--\r\n"), 10, 100)
	f.Add("č", "", "f", "", []byte("Content-Type: x\r\n\r\n--boundary"), 1, 1)
	f.Add("a;b", "\n", "\"", "C:/x=;y\".mp4", bytes.Repeat([]byte("\r\n--boundar"), 2000), 4000, 8192)
	f.Fuzz(func(t *testing.T, name, value, fileField, fileName string, data []byte, chunk, size int) {
		const boundary = "boundary-of-test"
		if strings.Contains(value, boundary) || bytes.Contains(data, []byte(boundary)) {
			return
		}
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		if err := w.SetBoundary(boundary); err != nil {
			t.Fatal(err)
		}
		_ = w.WriteField(name, value)
		part, _ := w.CreateFormFile(fileField, fileName)
		_, _ = part.Write(data)
		_ = w.Close()

		strict, err := readParts(NewReader(feed(body.Bytes(), chunk), boundary, Options{}), bufferOf(size))
		if err != io.EOF {
			return // control bytes in a name, or too long a name
		}
		tolerant, err := readParts(NewReader(feed(body.Bytes(), chunk), boundary, Options{Mode: Tolerant}), bufferOf(size))
		if err != io.EOF || len(strict) != 2 {
			t.Fatalf("%d parts in strict mode, tolerant mode ended with %v", len(strict), err)
		}
		names := strings.Join([]string{name, fileField, fileName}, "/")
		if strings.Contains(names, `\`) || strings.Contains(names, "=?") || !utf8.ValidString(names) {
			for i := range tolerant { // the modes read these names differently
				strict[i].Name, tolerant[i].Name = "", ""
				strict[i].FileName, tolerant[i].FileName = "", ""
			}
		}
		if diff := cmp.Diff(strict, tolerant); diff != "" {
			t.Fatalf("(-strict +tolerant):\n%s", diff)
		}
		if strict[0].Body != value || strict[1].Body != string(data) {
			t.Fatalf("content %q and %q, want %q and %q", strict[0].Body, strict[1].Body, value, data)
		}
	})
}

// FuzzHeaders checks that header values never panic and that names come out as UTF-8.
func FuzzHeaders(f *testing.F) {
	f.Add(`form-data; name="file"; filename="C:\x\"y.jpg"; filename*=UTF-8''%C4%8Dau`)
	f.Add(`multipart/form-data; charset=utf-8; boundary="a b"`)
	f.Add(`multipart/form-data, boundary=----=_Part/1; x`)
	f.Fuzz(func(t *testing.T, value string) {
		d := tolerantDisposition(value)
		if utf8.ValidString(value) && !utf8.ValidString(d.name) {
			t.Errorf("name %q", d.name)
		}
		if d.fileName != "" && !d.hasFileName {
			t.Errorf("file name %q without a parameter", d.fileName)
		}
		if b, err := Boundary("multipart/form-data; " + value); (b == "") != (err != nil) {
			t.Errorf("Boundary = %q, %v", b, err)
		}
	})
}

// feed is data that arrives in reads of 1 to 20000 bytes.
func feed(data []byte, chunk int) io.Reader {
	return &chunks{data: data, size: 1 + int(uint(chunk)%20000)}
}

// bufferOf is a size of a read buffer from 1 byte to 32 KiB.
func bufferOf(size int) int {
	return 1 + int(uint(size)%(32<<10))
}
