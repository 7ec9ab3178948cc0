package media

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"sluice/internal/media/fault"
)

// Text without an end, words and lines without an end, and too many words take no memory of the server to speak of.
func TestHostileWords(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // what counts is the memory in use, not what waits to be collected
	forever := func(piece string) io.Reader { return io.LimitReader(&repeating{piece: piece}, 256<<20) }
	const page, span = `<page width="10" height="10">`, `<page><span font="F" size="10">`
	for name, tt := range map[string]struct {
		read  func(io.Reader) ([]PageText, error)
		src   io.Reader
		class fault.Class
	}{
		"no elements":    {popplerWords, forever("talk "), fault.TooLarge},
		"no elements gs": {ghostscriptWords, forever("talk "), fault.TooLarge},
		"one element":    {popplerWords, io.MultiReader(strings.NewReader("<word x='"), forever("x")), fault.TooLarge},
		"many words":     {popplerWords, io.MultiReader(strings.NewReader(page+"<line>"), forever("<word>w</word>")), fault.TooLarge},
		"deep":           {popplerWords, forever("<a>"), fault.TooLarge},
		"deep gs":        {ghostscriptWords, forever("<a>"), fault.TooLarge},
		"many pages":     {popplerWords, forever("<page/>"), ""},
		"many pages gs":  {ghostscriptWords, forever("<page/>"), ""},
		"many pieces":    {popplerWords, forever("<a/>"), fault.TooLarge},
		"one long word":  {ghostscriptWords, io.MultiReader(strings.NewReader(span), forever(`<char c="w"/>`)), fault.TooLarge},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := tt.read(tt.src)
		runtime.ReadMemStats(&after)
		if fault.ClassOf(err) != tt.class {
			t.Errorf("%s: %v", name, err)
		}
		if most := uint64(64 << 20); after.HeapSys > before.HeapSys+most {
			t.Errorf("%s: the heap grew by %d MiB", name, (after.HeapSys-before.HeapSys)>>20)
		}
	}
	pages, err := ghostscriptWords(strings.NewReader(span + strings.Repeat(`<char c="w"/>`, 3*maxWord) + "</span></page>"))
	if err != nil || len(pages) != 1 || len(pages[0].Lines) != 1 || len(pages[0].Lines[0].Words) != 3 {
		t.Errorf("a long word: %s, %v", fmt.Sprint(len(pages)), err)
	}
}

// repeating reads as a piece again and again.
type repeating struct {
	piece string
	at    int
}

func (r *repeating) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], r.piece[r.at:])
		n += k
		r.at = (r.at + k) % len(r.piece)
	}
	return n, nil
}
