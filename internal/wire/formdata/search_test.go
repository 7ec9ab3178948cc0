package formdata

import (
	"bytes"
	"testing"
)

// FuzzSearch compares the search with bytes.Index, for needles short and long.
func FuzzSearch(f *testing.F) {
	f.Add([]byte("boundary"), []byte("text"), 3)
	f.Add([]byte("----WebKitFormBoundary7MA4YWxkTrZu0gW"), bytes.Repeat([]byte("\r\n-----WebKitForm"), 20), 100)
	f.Add([]byte("aaaaaaaaaaaaaaa"), bytes.Repeat([]byte("a"), 100), 50)
	f.Fuzz(func(t *testing.T, boundary, data []byte, at int) {
		d := newDelimiter(string(boundary), false)
		place := int(uint(at) % uint(len(data)+1))
		with := append(append(bytes.Clone(data[:place]), d.line...), data[place:]...)
		for _, end := range []lineEnd{lf, crlf} {
			d.setStyle(end)
			for _, content := range [][]byte{data, with} {
				if got, want := d.search.index(content, d.full()), bytes.Index(content, d.full()); got != want {
					t.Fatalf("index of %q in %q = %d, want %d", d.full(), content, got, want)
				}
			}
		}
	})
}
