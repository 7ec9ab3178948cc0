package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"unsafe"
)

func TestCopyBesideGivesEverySinkTheWholeBody(t *testing.T) {
	for _, size := range []int{0, 1, bufferBytes, bufferBytes + 1, 4 * bufferBytes, 7*bufferBytes + 3} {
		for _, announced := range []int64{int64(size), -1} {
			body := bytes.Repeat([]byte("sluice."), size/7+1)[:size]
			var a, b bytes.Buffer
			// Half reads show that buffers are filled before they are handed on.
			src := iotest.HalfReader(bytes.NewReader(body))
			if err := copyBeside(newBufferPool(), src, announced, a.Write, b.Write); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), body) || !bytes.Equal(b.Bytes(), body) {
				t.Errorf("size %d: the sinks got %d and %d bytes", size, a.Len(), b.Len())
			}
		}
	}
}

func TestCopyBesideReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	fail := func([]byte) (int, error) { return 0, broken }
	take := func(p []byte) (int, error) { return len(p), nil }
	body := func() io.Reader { return bytes.NewReader(make([]byte, 20*bufferBytes)) }
	cut := func() io.Reader {
		return io.MultiReader(bytes.NewReader(make([]byte, 3*bufferBytes+5)), iotest.ErrReader(broken))
	}
	tests := map[string]struct {
		src   io.Reader
		size  int64
		sinks []func([]byte) (int, error)
	}{
		"first sink":      {body(), -1, []func([]byte) (int, error){fail, take}},
		"second sink":     {body(), -1, []func([]byte) (int, error){take, fail}},
		"source":          {cut(), -1, []func([]byte) (int, error){take, take}},
		"source, in line": {iotest.ErrReader(broken), 10, []func([]byte) (int, error){take}},
		"sink, in line":   {bytes.NewReader(make([]byte, 10)), 10, []func([]byte) (int, error){take, fail}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := copyBeside(newBufferPool(), test.src, test.size, test.sinks...); !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
		})
	}
}

func TestBuffersAreAligned(t *testing.T) {
	p := newBufferPool()
	for range 5 {
		if b := p.take(); uintptr(unsafe.Pointer(&b[0]))%alignment != 0 || len(b) != bufferBytes {
			t.Fatalf("%d bytes at %p", len(b), &b[0])
		}
	}
}
