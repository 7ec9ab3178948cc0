package media

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/movie"
)

// sparse is a file of headers, with nothing between them. It counts what is read.
type sparse struct {
	headers map[int64][]byte
	size    int64
	read    int
	broken  bool
}

func (s *sparse) ReadAt(p []byte, at int64) (int, error) {
	if s.broken {
		return 0, errors.New("the disk is gone")
	}
	p = p[:min(int64(len(p)), s.size-at)]
	s.read += len(p)
	clear(p)
	copy(p, s.headers[at])
	return len(p), io.EOF
}

// boxes lays out boxes by type and length in bytes, one after the other.
func boxes(list ...any) *sparse {
	s := &sparse{headers: map[int64][]byte{}}
	for i := 0; i < len(list); i += 2 {
		length, head := int64(list[i+1].(int)), []byte(nil)
		if length < 1<<32 {
			head = append(binary.BigEndian.AppendUint32(nil, uint32(length)), list[i].(string)...)
		} else {
			head = append(binary.BigEndian.AppendUint32(nil, 1), list[i].(string)...)
			head = binary.BigEndian.AppendUint64(head, uint64(length))
		}
		s.headers[s.size] = head
		s.size += length
	}
	return s
}

// The moov box is found by headers, however long the rest is, and only where nothing else would be looked into.
func TestMoovIsFoundByHeaders(t *testing.T) {
	const long = 8 << 30
	cut := boxes("ftyp", 24, "moov", 1000, "mdat", long)
	cut.size--
	open := boxes("ftyp", 24, "moov", 1000, "mdat", 0)
	open.size += 500
	tail := boxes("ftyp", 24, "mdat", 100, "moov", 1000)
	tail.size += 7
	var many []any
	for range maxTopBoxes {
		many = append(many, "free", 8)
	}
	for name, tt := range map[string]struct {
		file *sparse
		want span
		ok   bool
	}{
		"at the end":        {boxes("ftyp", 24, "wide", 8, "mdat", long, "moov", 1000), span{long + 32, 1000}, true},
		"at the start":      {boxes("ftyp", 24, "moov", 1000, "free", 8, "mdat", long, "uuid", 50), span{24, 1000}, true},
		"to the end":        {open, span{24, 1000}, true},
		"a few bytes more":  {tail, span{124, 1000}, true},
		"old QuickTime":     {boxes("mdat", 100, "moov", 1000), span{100, 1000}, true},
		"cut off":           {cut, span{}, false},
		"no samples":        {boxes("ftyp", 24, "moov", 1000), span{}, false},
		"no moov":           {boxes("ftyp", 24, "mdat", 1000), span{}, false},
		"two":               {boxes("moov", 1000, "moov", 1000, "mdat", 100), span{}, false},
		"fragments":         {boxes("ftyp", 24, "moov", 1000, "moof", 100, "mdat", 100), span{}, false},
		"a part of a movie": {boxes("styp", 24, "sidx", 100, "moof", 100, "mdat", 100), span{}, false},
		"metadata":          {boxes("ftyp", 24, "meta", 100, "moov", 1000, "mdat", 100), span{}, false},
		"another box":       {boxes("ftyp", 24, "moov", 1000, "mdat", 100, "what", 8), span{}, false},
		"too short a box":   {boxes("ftyp", 24, "moov", 7, "mdat", 100), span{}, false},
		"many boxes":        {boxes(append(many, "moov", 1000, "mdat", 100)...), span{}, false},
		"empty":             {boxes(), span{}, false},
	} {
		got, ok, err := moovOf(tt.file, tt.file.size)
		if err != nil || ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %+v, %v, %v", name, got, ok, err)
		}
		if tt.file.read > 16*maxTopBoxes {
			t.Errorf("%s: %d bytes were read", name, tt.file.read)
		}
	}
	for name, head := range map[string]string{
		"a length below the header": "\x00\x00\x00\x01moov\x00\x00\x00\x00\x00\x00\x00\x0f", "a negative length": "\x00\x00\x00\x01moov\x80\x00\x00\x00\x00\x00\x00\x00",
	} {
		file := &sparse{headers: map[int64][]byte{0: []byte(head)}, size: 1 << 20}
		if _, ok, err := moovOf(file, file.size); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if _, _, err := moovOf(&sparse{broken: true, size: 100}, 100); fault.ClassOf(err) != fault.Source {
		t.Errorf("a broken disk: %v", err)
	}
}

// What a worker says that was taken over is not believed beyond reason, and never leads out of the moov box.
func TestMoviesBeyondBelief(t *testing.T) {
	moov := span{1000, 500}
	sound := []movie.Stream{{Kind: movie.Audio}}
	for name, m := range map[string]movie.Movie{
		"no duration":         {Streams: sound},
		"negative duration":   {Duration: -1, Streams: sound},
		"endless":             {Duration: 1 << 62, Streams: sound},
		"no streams":          {Duration: 1},
		"many streams":        {Duration: 1, Streams: make([]movie.Stream, movie.MaxStreams+1)},
		"a cover before":      {Duration: 1, Streams: []movie.Stream{{CoverAt: -900, CoverBytes: 10}}},
		"a cover behind":      {Duration: 1, Streams: []movie.Stream{{CoverAt: 495, CoverBytes: 10}}},
		"a cover of 2^63 - 1": {Duration: 1, Streams: []movie.Stream{{CoverAt: 1, CoverBytes: 1<<63 - 1}}},
		"a cover of less":     {Duration: 1, Streams: []movie.Stream{{CoverAt: 1, CoverBytes: -1}}},
	} {
		if p, ok := probedOf(&m, moov); ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
	p, ok := probedOf(&movie.Movie{Duration: 3, Streams: []movie.Stream{{Kind: movie.Video, CoverAt: 400, CoverBytes: 100}}}, moov)
	if want := (span{1400, 100}); !ok || p.best().picture != want || p.Format.Duration != "0.000003" {
		t.Errorf("a cover: %+v", p)
	}
}
