package media

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode"

	"sluice/internal/media/fault"
)

// PageText is the text of a page.
type PageText struct {
	Page   int     // from 1
	Width  float64 // points of 1/72 inch; 0 = the tool does not say
	Height float64
	Lines  []TextLine
}

// TextLine is a line of words of one page.
type TextLine struct {
	Text string
	Box  TextBox
	Font string  // "" = not known
	Size float64 // points; 0 = not known
	// Words are those of Text.
	Words []Word
}

// Word is a word with its place.
type Word struct {
	Text string
	Box  TextBox
}

// TextBox is a rectangle of a page as it is shown, in points from the upper left corner.
type TextBox struct{ Left, Top, Right, Bottom float64 }

// add widens a box so that it holds another one.
func (b TextBox) add(other TextBox) TextBox {
	if b == (TextBox{}) {
		return other
	}
	return TextBox{min(b.Left, other.Left), min(b.Top, other.Top), max(b.Right, other.Right), max(b.Bottom, other.Bottom)}
}

// Limits of the text that is taken from a document.
const (
	maxTextOutput = 256 << 20 // bytes of a tool's output, which names every letter or word with its place
	maxWords      = 200_000
	maxWord       = 1 << 10  // bytes; what is longer is several words
	maxLine       = 64 << 10 // bytes; words behind that are left out
	maxToken      = 1 << 20  // bytes of the tool's output without an end of an element or text
)

// tokens reads the elements of a tool's output, and fails when one does not end, or
// when they are too many or too deep in each other: it is the server that reads.
type tokens struct {
	*xml.Decoder
	src          *unending
	count, depth int
}

// Bounds of a tool's output; what the tools write is 8 deep at most.
const (
	mostTokens = 50 * maxWords
	mostDepth  = 32
)

func newTokens(r io.Reader) *tokens {
	src := &unending{src: r}
	t := &tokens{Decoder: xml.NewDecoder(src), src: src}
	t.Strict = false // poppler copies titles as they are
	return t
}

func (t *tokens) next() (xml.Token, error) {
	t.src.since = 0
	token, err := t.Token()
	switch token.(type) {
	case xml.StartElement:
		t.depth++
	case xml.EndElement:
		t.depth--
	}
	if t.count++; t.count > mostTokens || t.depth > mostDepth {
		return nil, failure(fault.TooLarge, nil, "the text of the document has more than %d pieces, or they are more than %d deep", mostTokens, mostDepth)
	}
	return token, err
}

// unending fails after too many bytes since the last token.
type unending struct {
	src   io.Reader
	since int
}

func (u *unending) Read(b []byte) (int, error) {
	if u.since > maxToken {
		return 0, failure(fault.TooLarge, nil, "the text of the document has a piece of more than %d bytes", maxToken)
	}
	n, err := u.src.Read(b)
	u.since += n
	return n, err
}

// Words finds the text of at most MostPages pages of a PDF or PostScript file. Pages without text have none. What
// Poster says of the source and of errors holds here too.
func (r *Runner) Words(ctx context.Context, src io.Reader, size int64, fileName string) (pages []PageText, err error) {
	const op = "media.Words"
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return nil, attributed(err, op)
	}
	defer in.Close()
	switch {
	case isPDF(head):
		pages, err = r.words(ctx, in.File, true)
	case isPostScript(head, fileName):
		pages, err = r.words(ctx, in.File, false)
	default:
		err = failure(fault.Unsupported, nil, "the content is neither PDF nor PostScript, whatever its name says")
	}
	return pages, attributed(err, op)
}

func (r *Runner) words(ctx context.Context, in *os.File, portable bool) (pages []PageText, err error) {
	last := strconv.Itoa(MostPages)
	box := "-dEPSCrop"
	wanted := []string{"gs"}
	if portable {
		box = "-dUseCropBox"
		wanted = []string{"pdftotext", "gs"}
	}
	program, path, err := need{"no search words were extracted", wanted}.find()
	if err != nil {
		return nil, err
	}
	args := []string{"-q", "-bbox-layout", "-cropbox", "-enc", "UTF-8", "-l", last, toolInput, "-"}
	read := popplerWords
	if program == "gs" {
		args = []string{"-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dNOPROMPT", "-sDEVICE=txtwrite", "-dTextFormat=1", "-r72", box,
			"-dLastPage=" + last, "-sstdout=%stderr", "-sOutputFile=%stdout", toolInput}
		read = ghostscriptWords
	}
	run := toolRun{program: program, path: path, args: args, input: in, most: maxTextOutput}
	err = r.withTool(ctx, program, func(limited context.Context) error {
		return run.stream(limited, r.opts, func(out io.Reader) error {
			pages, err = read(out)
			if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
				return run.failed(fault.Crashed, syntax, "gave text that cannot be read")
			}
			return err
		})
	})
	return pages, err
}

// errTooManyWords ends the reading of a text.
func errTooManyWords() error {
	return failure(fault.TooLarge, nil, "the document has more than %d words", maxWords)
}

// popplerWords reads what pdftotext -bbox-layout writes: page, flow, block, line and word elements.
func popplerWords(r io.Reader) (pages []PageText, err error) {
	d := newTokens(r)
	d.Entity = xml.HTMLEntity
	count := 0
	var line *TextLine
	var word *Word
	for {
		token, err := d.next()
		if err != nil {
			return pages, unlessEnd(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "page":
				var more bool
				if pages, more = begin(pages, t); !more {
					return pages, nil
				}
			case "line":
				line = &TextLine{}
			case "word":
				word = &Word{Box: TextBox{number(t, "xMin"), number(t, "yMin"), number(t, "xMax"), number(t, "yMax")}}
				if count++; count > maxWords {
					return nil, errTooManyWords()
				}
			}
		case xml.CharData:
			if word != nil && len(word.Text) <= maxWord {
				word.Text += string(t[:min(len(t), maxWord)])
			}
		case xml.EndElement:
			switch {
			case t.Name.Local == "word" && word != nil && line != nil:
				line.addWord(*word)
				word = nil
			case t.Name.Local == "line" && line != nil && len(pages) > 0:
				pages[len(pages)-1].addLine(*line)
				line = nil
			}
		}
	}
}

// ghostscriptWords reads what the txtwrite device writes in its format 1: page, block, line, span and char elements.
// A char has the place where it begins and ends on its base line; its height follows from the size of its span.
func ghostscriptWords(r io.Reader) (pages []PageText, err error) {
	d := newTokens(io.MultiReader(strings.NewReader("<pages>"), r))
	count := 0
	var line *TextLine
	var word Word
	ended := func() {
		if strings.TrimSpace(word.Text) != "" {
			line.addWord(word)
		}
		word = Word{}
	}
	for {
		token, err := d.next()
		if err != nil {
			return pages, unlessEnd(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "page":
				var more bool
				if pages, more = begin(pages, t); !more {
					return pages, nil
				}
			case "span":
				line = &TextLine{Font: attribute(t, "font"), Size: number(t, "size")}
			case "char":
				if count++; count > 8*maxWords {
					return nil, errTooManyWords()
				}
				c := attribute(t, "c")
				if line == nil {
					continue
				}
				if strings.TrimFunc(c, unicode.IsSpace) == "" {
					ended()
					continue
				}
				if word.Text += c; len(word.Text) > maxWord {
					ended()
					continue
				}
				word.Box = word.Box.add(glyphBox(attribute(t, "bbox"), line.Size))
			}
		case xml.EndElement:
			if t.Name.Local == "span" && line != nil && len(pages) > 0 {
				ended()
				pages[len(pages)-1].addLine(*line)
				line = nil
			}
		}
	}
}

// begin adds the page that an element begins; false when there are as many as are read. Only poppler says how large it is.
func begin(pages []PageText, t xml.StartElement) ([]PageText, bool) {
	if len(pages) == MostPages {
		return pages, false
	}
	return append(pages, PageText{Page: len(pages) + 1, Width: number(t, "width"), Height: number(t, "height")}), true
}

// ascent and descent are how far letters reach above and below their base line, in parts of their size. Fonts differ;
// these are those of Times and Helvetica, rounded up.
const (
	ascent  = 0.9
	descent = 0.25
)

func glyphBox(text string, size float64) TextBox {
	parts := strings.Fields(text)
	if len(parts) != 4 {
		return TextBox{}
	}
	var n [4]float64
	for i := range n {
		n[i], _ = strconv.ParseFloat(parts[i], 64)
	}
	return TextBox{min(n[0], n[2]), max(n[1], n[3]) - size*ascent, max(n[0], n[2]), max(n[1], n[3]) + size*descent}
}

func (l *TextLine) addWord(w Word) {
	if w.Text = strings.Map(shown, strings.ToValidUTF8(strings.TrimSpace(w.Text), "")); w.Text == "" || len(l.Text)+len(w.Text) > maxLine {
		return
	}
	if l.Text != "" {
		l.Text += " "
	}
	l.Text += w.Text
	l.Box = l.Box.add(w.Box)
	l.Words = append(l.Words, w)
}

// shown drops what no text field can hold.
func shown(r rune) rune {
	if unicode.IsControl(r) || r == unicode.ReplacementChar {
		return -1
	}
	return r
}

func (p *PageText) addLine(l TextLine) {
	if len(l.Words) > 0 {
		p.Lines = append(p.Lines, l)
	}
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok && strings.Contains(syntax.Msg, "unexpected EOF") {
		return nil // the root that was put in front has no end
	}
	return err
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number reads an attribute; 0 when it is none.
func number(t xml.StartElement, name string) float64 {
	value, err := strconv.ParseFloat(attribute(t, name), 64)
	if err != nil || math.IsNaN(value) || math.Abs(value) > 1e7 {
		return 0
	}
	return value
}
