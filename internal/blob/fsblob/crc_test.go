package fsblob

import (
	"bytes"
	"io"
	"testing"

	"pgregory.net/rapid"
)

func TestJoinCRC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "a")
		b := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "b"), rapid.IntRange(0, 5000).Draw(t, "times"))
		got := joinCRC(crcOf(a), crcOf(b), int64(len(b)))
		if want := crcOf(append(bytes.Clone(a), b...)); got != want {
			t.Fatalf("joined %08x, computed %08x", got, want)
		}
	})
}

// TestJoinCRCOfLongStrings joins in two ways what is too long to compute.
func TestJoinCRCOfLongStrings(t *testing.T) {
	a, b, c := crcOf([]byte("a")), crcOf([]byte("b")), crcOf([]byte("c"))
	const n, m = 8<<30 + 12345, 1<<41 + 7
	left := joinCRC(joinCRC(a, b, n), c, m)
	right := joinCRC(a, joinCRC(b, c, m), n+m)
	if left != right {
		t.Fatalf("joining is not associative: %08x and %08x", left, right)
	}
	zeros := make([]byte, 1<<20)
	sum, length := crcOf(zeros), int64(len(zeros))
	for range 4 {
		sum = joinCRC(sum, sum, length)
		length *= 2
	}
	if want := crcOf(make([]byte, length)); sum != want {
		t.Fatalf("joined %08x, computed %08x", sum, want)
	}
}

func TestCRCOfRangeReportsMissingBytes(t *testing.T) {
	data := []byte("0123456789")
	got, err := crcOfRange(bytes.NewReader(data), 2, 5, make([]byte, 2))
	if err != nil || got != crcOf(data[2:7]) {
		t.Fatalf("got %08x, %v", got, err)
	}
	if _, err := crcOfRange(bytes.NewReader(data), 8, 3, make([]byte, 2)); err != io.ErrUnexpectedEOF {
		t.Fatalf("error %v for bytes that are not there", err)
	}
}
