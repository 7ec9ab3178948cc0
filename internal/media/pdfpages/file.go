package pdfpages

import (
	"bytes"
	"compress/zlib"
	"io"
	"strconv"
)

// Limits of what is unpacked.
const (
	mostObjects  = 2_000_000
	mostUnpacked = 128 << 20 // bytes of all object streams
)

// file is what the objects of a PDF file are. They are found by reading the file from its start to its end, as
// programs do that repair files: tables that say where objects are can be missing or wrong. Of several with one number
// the last counts, which is what appending a change to a file means.
type file struct {
	objects   map[ref]any
	root      any
	encrypted bool
	unpacked  int
	patience  int // bytes that may still be read in vain
}

// scan finds all objects. What cannot be read is passed over, as long as looking for its end does not take
// forever.
func scan(data []byte) *file {
	f := &file{objects: map[ref]any{}, patience: 8*len(data) + 1<<20}
	objects, trailers := mark{word: "obj"}, mark{word: "trailer"}
	for at := 0; len(f.objects) < mostObjects && f.patience > 0; {
		object, trailer := objects.from(data, at), trailers.from(data, at)
		if trailer >= 0 && (object < 0 || trailer < object) {
			at = trailer + len(trailers.word)
			p := &parser{data: data, at: at}
			if v, err := p.value(0); err == nil {
				f.note(v)
				at = p.at
			} else {
				f.patience -= p.at - at
			}
			continue
		}
		if object < 0 {
			break
		}
		number, ok := numberBefore(data[:object])
		at = object + len(objects.word)
		if ok {
			at = f.object(data, number, at)
		}
	}
	return f
}

// mark is a word that is looked for further and further on. No byte is looked at twice.
type mark struct {
	word  string
	at    int // of the last one that was found
	begun bool
}

// from finds the word behind a place; -1 = it does not come again. Places do not go back.
func (m *mark) from(data []byte, at int) int {
	if m.begun && (m.at < 0 || m.at >= at) {
		return m.at
	}
	m.begun = true
	if m.at = bytes.Index(data[at:], []byte(m.word)); m.at >= 0 {
		m.at += at
	}
	return m.at
}

// numberBefore reads "12 0 " backwards.
func numberBefore(data []byte) (ref, bool) {
	tail := data[max(0, len(data)-32):]
	end := bytes.TrimRight(tail, "\x00\t\n\f\r ")
	digits := func() (int, bool) {
		start := len(end)
		for start > 0 && end[start-1] >= '0' && end[start-1] <= '9' {
			start--
		}
		n, err := strconv.Atoi(string(end[start:]))
		end = end[:start]
		return n, err == nil
	}
	if _, ok := digits(); !ok {
		return 0, false
	}
	trimmed := bytes.TrimRight(end, "\x00\t\n\f\r ")
	if len(trimmed) == len(end) {
		return 0, false
	}
	end = trimmed
	n, ok := digits()
	return ref(n), ok
}

// object reads the object that begins at a place and returns where it ends.
func (f *file) object(data []byte, number ref, at int) int {
	p := &parser{data: data, at: at}
	v, err := p.value(0)
	if err != nil {
		f.patience -= p.at - at
		return at
	}
	f.objects[number] = v
	d, ok := v.(dict)
	if !ok {
		return p.at
	}
	f.note(d)
	p.skip()
	if !bytes.HasPrefix(data[p.at:], []byte("stream")) {
		return p.at
	}
	start := p.at + len("stream")
	if start < len(data) && data[start] == '\r' {
		start++
	}
	if start < len(data) && data[start] == '\n' {
		start++
	}
	end := streamEnd(data, start, d)
	if d["Type"] == name("ObjStm") {
		f.unpack(d, data[start:end])
	}
	return end
}

// streamEnd finds the end of a stream by its length, if that is true, else by its end mark.
func streamEnd(data []byte, start int, d dict) int {
	if length, ok := d["Length"].(float64); ok && length >= 0 && length <= float64(len(data)-start) {
		end := start + int(length)
		if bytes.HasPrefix(bytes.TrimLeft(data[end:min(len(data), end+20)], "\r\n "), []byte("endstream")) {
			return end
		}
	}
	if end := bytes.Index(data[start:], []byte("endstream")); end >= 0 {
		return start + end
	}
	return len(data)
}

// note remembers what trailers and cross-reference streams say of the whole file, and the catalog.
func (f *file) note(v any) {
	d, ok := v.(dict)
	if !ok {
		return
	}
	if root, ok := d["Root"].(ref); ok {
		f.root = root
		if d["Encrypt"] != nil {
			f.encrypted = true
		}
	}
	if d["Type"] == name("Catalog") && f.root == nil {
		f.root = d
	}
}

// unpack reads the objects in an object stream (section 7.5.7).
func (f *file) unpack(d dict, packed []byte) {
	data := packed
	switch d["Filter"].(type) {
	case nil:
	default:
		if flat, ok := d["Filter"].(name); !ok || flat != "FlateDecode" {
			if list, ok := d["Filter"].(array); !ok || len(list) != 1 || list[0] != name("FlateDecode") {
				return
			}
		}
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			return
		}
		data, _ = io.ReadAll(io.LimitReader(z, int64(mostUnpacked-f.unpacked))) // what came before an error counts
	}
	f.unpacked += len(data)
	first, ok := d["First"].(float64)
	count, is := d["N"].(float64)
	if !ok || !is || first < 0 || first > float64(len(data)) || count < 0 {
		return
	}
	index := &parser{data: data[:int(first)]}
	left := 2*len(data) + 1<<12 // bytes that may be read: that several numbers share an object is no reason to read it for each
	for range int(min(count, mostObjects)) {
		number, err := index.value(0)
		if err != nil {
			return
		}
		offset, err := index.value(0)
		n, ok := number.(float64)
		o, is := offset.(float64)
		if err != nil || !ok || !is || o < 0 || o > float64(len(data))-first {
			return
		}
		start := int(first) + int(o)
		p := &parser{data: data, at: start}
		v, err := p.value(0)
		if left -= p.at - start; left < 0 {
			return
		}
		if err == nil && len(f.objects) < mostObjects {
			f.objects[ref(n)] = v
			f.note(v)
		}
	}
}

// resolve follows references.
func (f *file) resolve(v any) any {
	for range 16 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = f.objects[r]
	}
	return nil
}

func (f *file) dict(v any) dict {
	d, _ := f.resolve(v).(dict)
	return d
}

func (f *file) array(v any) array {
	a, _ := f.resolve(v).(array)
	return a
}
