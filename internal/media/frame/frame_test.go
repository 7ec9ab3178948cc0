package frame_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/frame"
)

type note struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func TestRoundTripLeavesTheRawBytesBehind(t *testing.T) {
	var pipe bytes.Buffer
	want := note{Name: "a\x00ü.jpg", Size: 1 << 40}
	if err := frame.Write(&pipe, want); err != nil {
		t.Fatal(err)
	}
	pipe.WriteString("raw")
	var got note
	if err := frame.Read(&pipe, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
	if pipe.String() != "raw" {
		t.Errorf("left in the pipe: %q, want %q", pipe.String(), "raw")
	}
}

func TestReadRefuses(t *testing.T) {
	framed := func(length uint32, body string) string {
		return string(binary.BigEndian.AppendUint32(nil, length)) + body
	}
	tests := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"half a length", "\x00\x00", io.ErrUnexpectedEOF},
		{"length only", framed(10, ""), io.ErrUnexpectedEOF},
		{"half a body", framed(10, "{}"), io.ErrUnexpectedEOF},
		{"length zero", framed(0, ""), frame.ErrMalformed},
		{"length of 4 GiB", framed(1<<32-1, "{}"), frame.ErrMalformed},
		{"one over the limit", framed(frame.Max+1, strings.Repeat(" ", frame.Max+1)), frame.ErrMalformed},
		{"no JSON", framed(4, "\xff\xd8\xff\xe0"), frame.ErrMalformed},
		{"wrong type", framed(13, `{"size":"ten"}`[:13]), frame.ErrMalformed},
		{"two values", framed(4, "{}{}"), frame.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got note
			if err := frame.Read(strings.NewReader(tt.in), &got); !errors.Is(err, tt.want) {
				t.Errorf("Read error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWriteRefusesWhatReadWouldRefuse(t *testing.T) {
	var pipe bytes.Buffer
	err := frame.Write(&pipe, note{Name: strings.Repeat("x", frame.Max)})
	if !errors.Is(err, frame.ErrMalformed) || pipe.Len() != 0 {
		t.Errorf("Write error %v and %d bytes sent, want ErrMalformed and none", err, pipe.Len())
	}
}

func FuzzRead(f *testing.F) {
	var seed bytes.Buffer
	if err := frame.Write(&seed, note{Name: "a", Size: 3}); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.Bytes())
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		var got note
		if frame.Read(bytes.NewReader(in), &got) != nil {
			return
		}
		var again bytes.Buffer
		if err := frame.Write(&again, got); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var second note
		if err := frame.Read(&again, &second); err != nil || second != got {
			t.Errorf("second reading %+v, %v; first %+v", second, err, got)
		}
	})
}
