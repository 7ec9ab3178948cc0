package formdata

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const twoParts = "--B\r\n" + field + "first\r\n--B\r\nContent-Disposition: form-data; name=\"b\"; filename=\"x\"\r\n\r\nsecond\r\n--B--\r\n"

// errNothing stands for a body that gives neither bytes nor an error.
var errNothing = errors.New("nothing")

// TestErrors checks which error ends a body, in both modes where the mode is not given.
func TestErrors(t *testing.T) {
	long := "--B\r\nContent-Disposition: " + strings.Repeat("x", 9000) + "\r\n\r\n1\r\n--B--"
	tests := []struct {
		name   string
		body   string
		end    error // what the body returns behind its bytes; nil means io.EOF
		modes  []Mode
		accept bool
		want   error
	}{
		{name: "empty body", body: "", want: ErrNoDelimiter},
		{name: "no delimiter", body: "nothing\r\n--", accept: true, want: ErrNoDelimiter},
		{name: "no delimiter, cut off", body: "nothing", end: io.ErrUnexpectedEOF, want: ErrTruncated},
		{name: "cut off in content", body: twoParts[:52], end: io.ErrUnexpectedEOF, accept: true, want: ErrTruncated},
		{name: "cut off in header", body: twoParts[:20], end: io.ErrUnexpectedEOF, accept: true, want: ErrTruncated},
		{name: "cut off behind an ordinary delimiter", body: "--B", end: io.ErrUnexpectedEOF, accept: true, want: ErrTruncated},
		{name: "cut off in the closing delimiter", body: twoParts[:len(twoParts)-3], end: io.ErrUnexpectedEOF, want: ErrTruncated},
		{name: "cut off behind the closing delimiter", body: twoParts[:len(twoParts)-2], end: io.ErrUnexpectedEOF, want: ErrTruncated},
		{name: "cut off is wrapped", body: twoParts[:52], end: io.ErrUnexpectedEOF, want: io.ErrUnexpectedEOF},
		{
			name: "cut off behind a closing delimiter in the middle", modes: []Mode{Tolerant},
			body: "--B\r\n" + field + "1\r\n--B--\r\nContent-Dispo", end: io.ErrUnexpectedEOF, want: ErrTruncated,
		},
		{name: "end in header", body: twoParts[:20], accept: true, want: ErrMissingClose},
		{name: "end before separator", body: "--B\r\nA: b\r\n", accept: true, want: ErrMissingClose},
		{name: "end behind an ordinary delimiter", body: "--B", want: ErrMissingClose},
		{name: "body fails", body: twoParts[:52], end: io.ErrClosedPipe, want: io.ErrClosedPipe},
		{name: "body gives nothing", body: "--B", end: errNothing, want: io.ErrNoProgress},
		{name: "long header", body: long, want: &LimitError{LimitHeaderBytes, 8192, 8193}},
		{
			name: "endless header", modes: []Mode{Tolerant, Strict},
			body: "--B\r\n" + strings.Repeat("A: b\r\n", 2000), want: &LimitError{LimitHeaderBytes, 8192, 8193},
		},
		{name: "header without a colon", modes: []Mode{Strict}, body: "--B\r\nfoo\r\n\r\n", want: ErrMalformed},
		{name: "text behind a delimiter", modes: []Mode{Strict}, body: "--B\r\n\r\n1\r\n--B x\r\n", want: ErrMalformed},
		{name: "text behind the closing delimiter", modes: []Mode{Strict}, body: "--B\r\n\r\n1\r\n--B--x\r\n", want: ErrMalformed},
		{name: "other line end", modes: []Mode{Strict}, body: "--B\r\n\r\n1\r\n--B\nA: b\r\n\r\n", want: ErrMalformed},
		{name: "missing close", modes: []Mode{Strict}, accept: true, body: twoParts[:52], want: ErrMissingClose},
		{
			name: "endless padding", modes: []Mode{Strict},
			body: "--B\r\n\r\n1\r\n--B" + strings.Repeat(" ", 2000) + "\r\n", want: ErrMalformed,
		},
		{
			name: "bad base64", modes: []Mode{Tolerant},
			body: "--B\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==YQ==\r\n--B--", want: ErrBadEncoding,
		},
		{
			name: "half a base64 character", modes: []Mode{Tolerant},
			body: "--B\r\nContent-Transfer-Encoding: base64\r\n\r\nYWFhY\r\n--B--", want: ErrBadEncoding,
		},
		{
			name: "base64 cut off", modes: []Mode{Tolerant},
			body: "--B\r\nContent-Transfer-Encoding: base64\r\n\r\nYWFhYW", end: io.ErrUnexpectedEOF, want: ErrTruncated,
		},
		{
			name: "bad quoted-printable", modes: []Mode{Tolerant},
			body: "--B\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na\x01b\r\n--B--", want: ErrBadEncoding,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end := tt.end
			if end == nil {
				end = io.EOF
			}
			if end == errNothing {
				end = nil
			}
			modes := tt.modes
			if modes == nil {
				modes = []Mode{Strict, Tolerant}
			}
			for _, mode := range modes {
				body := io.MultiReader(strings.NewReader(tt.body), iotest.ErrReader(end))
				r := NewReader(body, "B", Options{Mode: mode, AcceptMissingClose: tt.accept})
				_, err := readParts(r, 64)
				sameLimit(t, err, tt.want)
			}
		})
	}
}

// cut is a body of which the connection breaks behind s.
func cut(s string) io.Reader {
	return io.MultiReader(strings.NewReader(s), iotest.ErrReader(io.ErrUnexpectedEOF))
}

// sameLimit checks that err is want, or a LimitError with the same values.
func sameLimit(t *testing.T, err, want error) {
	t.Helper()
	var limit, wantLimit *LimitError
	if errors.As(want, &wantLimit) {
		if !errors.As(err, &limit) || *limit != *wantLimit {
			t.Errorf("error %v, want %v", err, want)
		}
		return
	}
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func TestBadBoundaryIsReturnedByNext(t *testing.T) {
	for boundary, want := range map[string]error{"": ErrMissingBoundary, "a\nb": ErrMalformed} {
		if _, err := NewReader(strings.NewReader(""), boundary, Options{}).Next(); !errors.Is(err, want) {
			t.Errorf("boundary %q: %v, want %v", boundary, err, want)
		}
	}
}

func TestMaxParts(t *testing.T) {
	opt := Options{Limits: Limits{MaxParts: 1}}
	parts, err := readParts(NewReader(strings.NewReader(twoParts), "B", opt), 64)
	sameLimit(t, err, &LimitError{LimitParts, 1, 2})
	if diff := cmp.Diff([]got{plain("a", "first")}, parts); diff != "" {
		t.Errorf("parts before the limit (-want +got):\n%s", diff)
	}
	if want := "formdata: too many parts: 2, limit is 1"; err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
}

// TestMaxHeaderBytes checks the exact limit, and one that exceeds the reader's first buffer.
func TestMaxHeaderBytes(t *testing.T) {
	for _, limit := range []int{100, 100_000} {
		block := "A: " + strings.Repeat("x", limit-7) + "\r\n\r\n"
		for _, mode := range []Mode{Strict, Tolerant} {
			opt := Options{Mode: mode, Limits: Limits{MaxHeaderBytes: limit}}
			parts, err := readParts(NewReader(strings.NewReader("--B\r\n"+block+"1\r\n--B--"), "B", opt), 64)
			if err != io.EOF || len(parts) != 1 || parts[0].Body != "1" {
				t.Errorf("header of %d bytes: %v, %v", limit, parts, err)
			}
			_, err = readParts(NewReader(strings.NewReader("--B\r\nx"+block+"1\r\n--B--"), "B", opt), 64)
			sameLimit(t, err, &LimitError{LimitHeaderBytes, int64(limit), int64(limit) + 1})
		}
	}
}

func TestReadAll(t *testing.T) {
	for _, limit := range []int64{4, 5, math.MaxInt64} {
		p, err := NewReader(strings.NewReader(twoParts), "B", Options{}).Next()
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.ReadAll(limit)
		if limit == 4 {
			sameLimit(t, err, &LimitError{LimitPartBytes, 4, 5})
		} else if err != nil || string(b) != "first" {
			t.Errorf("limit %d: %q, %v", limit, b, err)
		}
	}
	p, err := NewReader(cut(twoParts[:52]), "B", Options{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.ReadAll(100); !errors.Is(err, ErrTruncated) {
		t.Errorf("part that is cut off: %v", err)
	}
}

func TestPartIsClosedByNext(t *testing.T) {
	r := NewReader(strings.NewReader(twoParts), "B", Options{})
	first, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if n, err := first.Read(make([]byte, 10)); n != 0 || err != ErrPartClosed {
		t.Errorf("Read = %d, %v, want 0, ErrPartClosed", n, err)
	}
	for range 2 {
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("Next = %v, want io.EOF", err)
		}
	}
}

// TestReadDoesNotWait checks that bytes which have arrived are handed out before more is read.
func TestReadDoesNotWait(t *testing.T) {
	body, send := io.Pipe()
	next := make(chan string)
	go func() {
		for s := range next {
			_, _ = io.WriteString(send, s)
		}
		send.Close()
	}()
	next <- "--B\r\n" + field + "one"
	p, err := NewReader(body, "B", Options{Mode: Tolerant, AcceptMissingClose: true}).Next()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<20)
	for i, step := range []struct{ send, want string }{{"", "one"}, {"two", "two"}, {"three\r\n-", "three"}, {"four", "\r\n-four"}} {
		if step.send != "" {
			next <- step.send
		}
		if n, err := p.Read(buf); err != nil || string(buf[:n]) != step.want {
			t.Fatalf("step %d: Read = %q, %v, want %q", i, buf[:n], err, step.want)
		}
	}
	close(next)
	if n, err := p.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("Read = %d, %v, want 0, io.EOF", n, err)
	}
}

// TestZeroLengthRead checks that an empty buffer neither blocks nor ends the part.
func TestZeroLengthRead(t *testing.T) {
	p, err := NewReader(strings.NewReader(twoParts), "B", Options{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.Read(nil); n != 0 || err != nil {
		t.Errorf("Read = %d, %v, want 0, nil", n, err)
	}
}

// TestDelimiterAtEveryOffset moves the delimiter over the ends of buffers and of reads.
func TestDelimiterAtEveryOffset(t *testing.T) {
	const boundary = "------------------------boundary"
	for size := range 300 {
		want := strings.Repeat("\r\n--"+boundary[:size%20], 1+size/20)
		want = want[:min(size, len(want))] + strings.Repeat("\r", size%3)
		body := "--" + boundary + "\r\n" + field + want + "\r\n--" + boundary + "\r\n" + field + "next\r\n--" + boundary + "--"
		for _, chunk := range []int{1, 2, 7, 64, 100, 1000} {
			r := NewReader(&chunks{data: []byte(body), size: chunk}, boundary, Options{Mode: Tolerant})
			parts, err := readParts(r, 32<<10)
			if err != io.EOF {
				t.Fatalf("content of %d bytes in chunks of %d: %v", len(want), chunk, err)
			}
			if diff := cmp.Diff([]got{plain("a", want), plain("a", "next")}, parts); diff != "" {
				t.Fatalf("content of %d bytes in chunks of %d (-want +got):\n%s", len(want), chunk, diff)
			}
		}
	}
}

// chunks hands out data in reads of at most size bytes.
type chunks struct {
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.data[:min(c.size, len(c.data))])
	c.data = c.data[n:]
	return n, nil
}

// TestLargeReadsGoIntoTheCallersBuffer checks that content is not copied through the reader's
// buffer, and that what follows a delimiter found in a large read is not lost.
func TestLargeReadsGoIntoTheCallersBuffer(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 70_000)
	body := "--B\r\n" + field + big + "\r\n--B\r\n" + field + big + "\r\n--B--"
	src := &direct{Reader: strings.NewReader(body)}
	r := NewReader(src, "B", Options{Mode: Tolerant})
	buf := make([]byte, 256<<10)
	src.buf = buf
	for i := range 2 {
		p, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var sum bytes.Buffer
		if _, err := io.CopyBuffer(struct{ io.Writer }{&sum}, p, buf); err != nil {
			t.Fatal(err)
		}
		if sum.String() != big {
			t.Fatalf("part %d differs", i+1)
		}
	}
	if src.elsewhere > 4*bufferSize {
		t.Errorf("%d bytes of %d were read into the reader's own buffer", src.elsewhere, len(body))
	}
	if len(r.src.buf) > len(buf) {
		t.Errorf("reader holds %d bytes, more than the caller's %d", len(r.src.buf), len(buf))
	}
}

// direct counts the bytes that are not read into buf.
type direct struct {
	io.Reader
	buf       []byte
	elsewhere int
}

func (d *direct) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if len(d.buf) == 0 || cap(p) == 0 || &p[:cap(p)][cap(p)-1] != &d.buf[:cap(d.buf)][cap(d.buf)-1] {
		d.elsewhere += n
	}
	return n, err
}

// TestReadAllocatesNothing holds for small and for large buffers.
func TestReadAllocatesNothing(t *testing.T) {
	for _, size := range []int{100, 64 << 10} {
		body := io.MultiReader(strings.NewReader("--B\r\n"+field), &endless{})
		p, err := NewReader(body, "B", Options{Mode: Tolerant}).Next()
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, size)
		allocs := testing.AllocsPerRun(1000, func() {
			if _, err := p.Read(buf); err != nil {
				t.Error(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%v allocations per Read of %d bytes, want 0", allocs, size)
		}
	}
}

// endless is content without an end.
type endless struct{}

func (*endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "0123456789\r\n--"[i%14]
	}
	return len(p), nil
}
