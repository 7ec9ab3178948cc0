package media

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"sluice/internal/media/fault"
)

const (
	// MostPages is how many pages of a document become pictures (Scene7 contract, section 11).
	MostPages = 100
	// DefaultResolution is the resolution of pages in pixels per inch where nobody says one (section 6.5).
	DefaultResolution = 150
	minResolution     = 1
	maxResolution     = 2400
	pagesAtOnce       = 10 // of one run of a tool
	// mostTransparent is the longest picture in bytes of a page that a tool itself encodes, which the server holds.
	mostTransparent = 32 << 20
)

// PageOptions says how pages become pictures.
type PageOptions struct {
	Resolution float64 // pixels per inch; 0 = DefaultResolution
	Color      string  // Rgb, Cmyk, Gray; anything else keeps gray pages gray and gives RGB otherwise
	Alpha      bool    // what the page leaves free is transparent; RGB only
}

// PageImage is the picture of a page, as PNG, or as TIFF when it has inks.
type PageImage struct {
	Page          int // from 1
	Width, Height int
	ContentType   string
	Extension     string
	Alpha         bool
	Bytes         []byte    // the file, or
	File          io.Reader // the file while keep runs, of
	Size          int64     // so many bytes
	Of            int       // how many pages are drawn; 0 = nobody has counted them
}

// Pages makes pictures of the pages of a PDF or PostScript file, at most MostPages, and hands each to keep as soon as it
// is there. A tool in the box draws, and a worker, which does not trust it, encodes. It returns how many pages the file
// has, MostPages+1 meaning more than MostPages where nobody counts. What Poster says of the source and of errors holds
// here too; an error of keep ends the work and is returned as it is. Pages that were handed over before are whole.
func (r *Runner) Pages(ctx context.Context, src io.Reader, size int64, fileName string, o PageOptions, keep func(PageImage) error) (count int, err error) {
	const op = "media.Pages"
	if o.Resolution == 0 {
		o.Resolution = DefaultResolution
	}
	if !(o.Resolution >= minResolution && o.Resolution <= maxResolution) {
		return 0, attributed(failure(fault.Invalid, nil, "a resolution of %g pixels per inch was asked for, %d to %d are possible",
			o.Resolution, minResolution, maxResolution), op)
	}
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return 0, attributed(err, op)
	}
	defer in.Close()
	d := drawing{runner: r, in: in.File, options: o, pdf: isPDF(head), keep: keep}
	if !d.pdf && !isPostScript(head, fileName) {
		return 0, attributed(failure(fault.Unsupported, nil, "the content is neither PDF nor PostScript, whatever its name says"), op)
	}
	count, err = d.all(ctx)
	return count, attributed(err, op)
}

// isPDF reports whether a file is a PDF file; other bytes may stand before its first line.
func isPDF(head []byte) bool { return strings.Contains(string(head[:min(len(head), 1024)]), "%PDF-") }

// isPostScript reports whether a file is PostScript: as text, or as EPS with a preview (Adobe technical note 5002).
// PostScript is a program, so what calls itself a PDF file, which is none, is not taken for it.
func isPostScript(head []byte, fileName string) bool {
	text := strings.TrimLeft(string(head), "\x04\r\n\t ")
	return (strings.HasPrefix(text, "%!") || strings.HasPrefix(text, "\xc5\xd0\xd3\xc6")) && !strings.EqualFold(path.Ext(fileName), ".pdf")
}

// drawing is one call of Pages.
type drawing struct {
	runner  *Runner
	in      *os.File
	options PageOptions
	pdf     bool
	keep    func(PageImage) error
	of      int // pages that are drawn; 0 = nobody has counted them
}

// need is what can draw the pages.
func (d *drawing) need() need {
	const purpose = "no page images were made"
	if d.pdf && !d.options.Alpha && d.options.Color != "Cmyk" {
		return need{purpose, []string{"pdftoppm", "gs"}}
	}
	return need{purpose, []string{"gs"}}
}

func (d *drawing) all(ctx context.Context) (int, error) {
	program, path, err := d.need().find()
	if err != nil {
		return 0, err
	}
	last, step := MostPages+1, MostPages+1 // nobody knows where it ends, so the tool finds out whether there is one more
	count, err := 0, error(nil)
	if d.pdf {
		count, err = d.runner.pageCount(ctx, d.in)
		switch {
		case err == nil:
			last, step = min(count, MostPages), pagesAtOnce
			d.of = last
		case fault.ClassOf(err) != fault.Missing:
			return 0, err
		}
	}
	drawn := 0
	for first := 1; first <= last; first += step {
		n, err := d.some(ctx, program, path, first, min(first+step-1, last))
		drawn += n
		if err != nil {
			return drawn, err
		}
	}
	return max(drawn, count), nil
}

// some draws a range of pages and returns how many there were.
func (d *drawing) some(ctx context.Context, program, path string, first, last int) (n int, err error) {
	args := d.poppler(first, last)
	read := d.rasters
	if program == "gs" {
		args = d.ghostscript(first, last)
		if d.options.Alpha {
			read = d.files
		}
	}
	run := toolRun{program: program, path: path, args: args, input: d.in, most: int64(last-first+1) * (d.runner.opts.MaxInputBytes + 1<<10)}
	err = d.runner.withTool(ctx, program, func(limited context.Context) error {
		limited, cancel := context.WithCancel(limited)
		defer cancel()
		return run.stream(limited, d.runner.opts, func(out io.Reader) error {
			n, err = read(limited, cancel, bufio.NewReaderSize(out, 64<<10), first)
			return err
		})
	})
	return n, err
}

// resolution is that of the options as tools read it.
func (d *drawing) resolution() string {
	return strconv.FormatFloat(d.options.Resolution, 'f', -1, 64)
}

func (d *drawing) poppler(first, last int) []string {
	args := []string{"-q", "-cropbox", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last), "-r", d.resolution()}
	if d.options.Color == "Gray" {
		args = append(args, "-gray")
	}
	return append(args, toolInput)
}

// ghostscript asks for the same. It keeps what it puts off in memory, because it may write no file.
func (d *drawing) ghostscript(first, last int) []string {
	device := "ppmraw"
	switch {
	case d.options.Alpha:
		device = "pngalpha"
	case d.options.Color == "Cmyk":
		device = "pamcmyk32"
	case d.options.Color == "Gray":
		device = "pgmraw"
	}
	box := "-dEPSCrop"
	if d.pdf {
		box = "-dUseCropBox"
	}
	args := []string{"-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dNOPROMPT", "-sDEVICE=" + device, "-r" + d.resolution(), box,
		"-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-sBandListStorage=memory",
		"-dFirstPage=" + strconv.Itoa(first), "-dLastPage=" + strconv.Itoa(last), "-sstdout=%stderr", "-sOutputFile=%stdout"}
	if device == "pgmraw" {
		args = append(args, "-dUseFastColor=true") // gray as the weighted sum of red, green and blue, as poppler has it
	}
	return append(args, toolInput)
}

// packed is perform for a file that is too long for the memory of the server: take gets it while it comes.
func (p *process) packed(req request, src io.Reader, o Options, take func(done result, file io.Reader) error) error {
	var done result
	if err := p.exchange(req, src, &done); err != nil {
		return err
	}
	if err := done.check(req, o); err != nil {
		p.end()
		return err
	}
	if done.Class != "" {
		p.unusable = done.Retire
		return failure(done.Class, nil, "%s", plain(done.Message, maxMessage))
	}
	head := make([]byte, min(done.Bytes, 8))
	if _, err := io.ReadFull(p.out, head); err != nil {
		return p.broken("while it sent the result", err)
	}
	if !credible(req.Op, done, head) {
		p.end()
		return failure(fault.Crashed, nil, "the media worker sent something else than it said and was ended")
	}
	rest := &toolOutput{src: &whole{src: p.out, left: done.Bytes - int64(len(head))}, left: done.Bytes}
	err := take(done, io.MultiReader(bytes.NewReader(head), rest))
	if rest.left > int64(len(head)) { // take has not read all: because there was no more, or because it did not want to
		if _, ended := rest.Read(make([]byte, 1)); ended != nil {
			return p.broken("while it sent the result", ended)
		}
		return err // what is left of the file makes the worker unusable
	}
	p.unusable = done.Retire
	return err
}

// whole reads so many bytes, and fails when there are fewer, so that nobody takes the beginning of a file for all of it.
type whole struct {
	src   io.Reader
	left  int64
	short bool // there were fewer
}

func (w *whole) Read(b []byte) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	n, err := w.src.Read(b[:min(int64(len(b)), w.left)])
	w.left -= int64(n)
	switch {
	case w.left == 0:
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
		w.short = true
	}
	return n, err
}

// files takes in PNG files that follow one another.
func (d *drawing) files(_ context.Context, _ context.CancelFunc, out *bufio.Reader, first int) (n int, err error) {
	for ; ; n++ {
		if _, err := out.Peek(1); err != nil {
			return n, nil
		}
		file, width, height, err := pngFile(out, min(d.runner.opts.MaxRenderBytes, mostTransparent))
		if err != nil {
			return n, err
		}
		if int64(width)*int64(height) > d.runner.opts.MaxPixels {
			return n, failure(fault.TooLarge, nil, "page %d has %d by %d pixels, at most %d are made", first+n, width, height, d.runner.opts.MaxPixels)
		}
		if first+n > MostPages {
			return n + 1, nil
		}
		if err := d.keep(PageImage{Page: first + n, Of: d.of, Width: width, Height: height, ContentType: "image/png", Extension: "png", Alpha: true, Bytes: file}); err != nil {
			return n, refusal{err}
		}
	}
}

// pageCount asks pdfinfo how many pages a PDF file has.
func (r *Runner) pageCount(ctx context.Context, in *os.File) (count int, err error) {
	program, path, err := need{"the pages were not counted", []string{"pdfinfo"}}.find()
	if err != nil {
		return 0, err
	}
	var said []byte
	run := toolRun{program: program, path: path, args: []string{toolInput}, input: in, most: 1 << 20}
	err = r.withTool(ctx, program, func(limited context.Context) error {
		said, err = run.run(limited, r.opts)
		return err
	})
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(said)) {
		if number, ok := strings.CutPrefix(line, "Pages:"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(number)); err == nil && n > 0 {
				return n, nil
			}
		}
	}
	return 0, run.failed(fault.Corrupt, nil, "found no pages in the file")
}

// nonsense is the failure of a tool that wrote something else than it was asked for.
func nonsense(what string) error {
	return failure(fault.Crashed, nil, "the tool that draws pages wrote %s", fmt.Sprintf("%q", what))
}
