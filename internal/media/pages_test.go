package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
)

// brochure is a PostScript program of pages of 300 x 200 points with a red rectangle and a line of text.
func brochure(pages int) string {
	return fmt.Sprintf(`%%!PS-Adobe-3.0
<< /PageSize [300 200] >> setpagedevice /Helvetica findfont 24 scalefont setfont
1 1 %d { /n exch def 1 0 0 setrgbcolor 20 20 100 50 rectfill 0 setgray 40 120 moveto (Hello page ) show n 10 string cvs show showpage } for
`, pages)
}

// asPDF has Ghostscript turn a PostScript program into a PDF file.
func asPDF(t testing.TB, program string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	cmd := exec.Command("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-o", out, "-")
	cmd.Stdin = strings.NewReader(program)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const eps = `%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 100 100 200 150
0 0 1 setrgbcolor 100 100 50 50 rectfill
/Times-Roman findfont 12 scalefont setfont 0 setgray 155 120 moveto (Inside) show
%%EOF
`

func pagesOf(t *testing.T, r *Runner, file []byte, o PageOptions) ([]PageImage, int, error) {
	t.Helper()
	var pages []PageImage
	count, err := r.Pages(t.Context(), bytes.NewReader(file), int64(len(file)), "document", o, func(p PageImage) (err error) {
		if p.File != nil {
			if p.Bytes, err = io.ReadAll(p.File); int64(len(p.Bytes)) != p.Size {
				t.Errorf("page %d has %d bytes, %d were announced", p.Page, len(p.Bytes), p.Size)
			}
		}
		pages = append(pages, p)
		return err
	})
	return pages, count, err
}

func decoded(t *testing.T, p PageImage) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(p.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height {
		t.Errorf("the file has %v, %d by %d pixels were announced", img.Bounds(), p.Width, p.Height)
	}
	return img
}

// What a page shows, and in which colours, follows from the options. The points that are looked at lie in the
// rectangle and beside it.
func TestPages(t *testing.T) {
	needTools(t, "pdftoppm", "pdfinfo", "gs")
	document := asPDF(t, brochure(3))
	red, white := color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}
	tests := map[string]struct {
		file          []byte
		o             PageOptions
		tool          string // the only one; "" = all
		pages         int
		width, height int
		inside, free  color.NRGBA
	}{
		"pdf":                 {document, PageOptions{}, "", 3, 625, 417, red, white},
		"pdf at 72":           {document, PageOptions{Resolution: 72}, "", 3, 300, 200, red, white},
		"pdf, gray":           {document, PageOptions{Resolution: 72, Color: "Gray"}, "", 3, 300, 200, color.NRGBA{76, 76, 76, 255}, white},
		"pdf, transparent":    {document, PageOptions{Resolution: 72, Alpha: true}, "", 3, 300, 200, red, color.NRGBA{}},
		"pdf by Ghostscript":  {document, PageOptions{Resolution: 72}, "gs", 3, 300, 200, red, white},
		"gray by Ghostscript": {document, PageOptions{Resolution: 72, Color: "Gray"}, "gs", 3, 300, 200, color.NRGBA{76, 76, 76, 255}, white},
		"postscript":          {[]byte(brochure(2)), PageOptions{Resolution: 72}, "", 2, 300, 200, red, white},
		"eps":                 {[]byte(eps), PageOptions{Resolution: 144}, "", 1, 200, 100, color.NRGBA{0, 0, 255, 255}, white},
		"eps, transparent":    {[]byte(eps), PageOptions{Resolution: 144, Alpha: true}, "", 1, 200, 100, color.NRGBA{0, 0, 255, 255}, color.NRGBA{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.tool != "" {
				only(t, tt.tool)
			}
			pages, count, err := pagesOf(t, newRunner(t, "media-worker"), tt.file, tt.o)
			if err != nil || count != tt.pages || len(pages) != tt.pages {
				t.Fatalf("%d of %d pages: %v", len(pages), count, err)
			}
			for i, p := range pages {
				if p.Page != i+1 || p.Width != tt.width || p.Height != tt.height || p.ContentType != "image/png" || p.Extension != "png" || p.Alpha != tt.o.Alpha {
					t.Errorf("page %d: %+v", i+1, PageImage{Page: p.Page, Width: p.Width, Height: p.Height, ContentType: p.ContentType, Extension: p.Extension, Alpha: p.Alpha, Of: p.Of})
				}
				img := decoded(t, p)
				near(t, img, 0.1, 0.85, tt.inside)
				near(t, img, 0.95, 0.05, tt.free)
			}
		})
	}
}

// near looks at one point of a picture.
func near(t *testing.T, img image.Image, x, y float64, want color.NRGBA) {
	t.Helper()
	got := color.NRGBAModel.Convert(img.At(int(x*float64(img.Bounds().Dx())), int(y*float64(img.Bounds().Dy())))).(color.NRGBA)
	if got.A == 0 && want.A == 0 {
		return
	}
	far := func(a, b uint8) bool { return math.Abs(float64(a)-float64(b)) > 3 }
	if far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) || got.A != want.A {
		t.Errorf("at %.2f, %.2f is %v, want %v", x, y, got, want)
	}
}

// Gray pages stay gray, unless RGB is asked for.
func TestGrayPages(t *testing.T) {
	needTools(t, "pdftoppm", "gs")
	document := asPDF(t, strings.Replace(brochure(1), "1 0 0 setrgbcolor", "0.5 setgray", 1))
	r := newRunner(t, "media-worker")
	for word, want := range map[string]string{"": "*image.Gray", "Auto": "*image.Gray", "Rgb": "*image.RGBA"} {
		pages, _, err := pagesOf(t, r, document, PageOptions{Resolution: 36, Color: word})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T", decoded(t, pages[0])); got != want {
			t.Errorf("%q: it is a %s, want %s", word, got, want)
		}
	}
}

// Inks come out as they went in.
func TestPagesWithInks(t *testing.T) {
	needTools(t, "gs", "vips")
	program := strings.Replace(brochure(1), "1 0 0 setrgbcolor", "0.2 0.4 0.6 0.1 setcmykcolor", 1)
	for name, file := range map[string][]byte{"postscript": []byte(program), "pdf": asPDF(t, program)} {
		pages, _, err := pagesOf(t, newRunner(t, "media-worker"), file, PageOptions{Resolution: 72, Color: "Cmyk"})
		if err != nil || len(pages) != 1 || pages[0].ContentType != "image/tiff" || pages[0].Extension != "tif" {
			t.Fatalf("%s: %d pages: %v", name, len(pages), err)
		}
		path := filepath.Join(t.TempDir(), "page.tif")
		if err := os.WriteFile(path, pages[0].Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("vips", "getpoint", path, "30", "170").Output()
		if err != nil {
			t.Fatal(err)
		}
		var inks [4]float64
		if _, err := fmt.Sscan(string(said), &inks[0], &inks[1], &inks[2], &inks[3]); err != nil {
			t.Fatalf("%q: %v", said, err)
		}
		for i, want := range []float64{51, 102, 153, 25.5} {
			if math.Abs(inks[i]-want) > 3 {
				t.Errorf("%s: ink %d is %g, want %g", name, i, inks[i], want)
			}
		}
	}
}

// Of a long document the first pages are made, and it is said how many there are.
func TestLongDocuments(t *testing.T) {
	needTools(t, "pdftoppm", "pdfinfo", "gs")
	program := strings.Replace(brochure(103), "[300 200]", "[30 20]", 1)
	r := newRunner(t, "media-worker")
	for name, file := range map[string][]byte{"pdf": asPDF(t, program), "postscript": []byte(program)} {
		pages, count, err := pagesOf(t, r, file, PageOptions{Resolution: 36})
		if err != nil || len(pages) != MostPages || count <= MostPages || pages[MostPages-1].Page != MostPages {
			t.Errorf("%s: %d of %d pages: %v", name, len(pages), count, err)
		}
	}
	only(t, "pdftoppm") // nobody counts
	if pages, count, err := pagesOf(t, r, asPDFOf(t, 12), PageOptions{Resolution: 36}); err != nil || len(pages) != 12 || count != 12 {
		t.Errorf("%d of %d pages: %v", len(pages), count, err)
	}
}

// asPDFOf writes a file of empty pages without any tool.
func asPDFOf(t *testing.T, pages int) []byte {
	t.Helper()
	kids, bodies := "", ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", i+3)
		bodies += fmt.Sprintf("%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 20 20]/Resources<<>>>>endobj\n", i+3)
	}
	return fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj\n%strailer<</Root 1 0 R/Size %d>>\n%%%%EOF\n",
		pages, kids, bodies, pages+3)
}

func TestPagesThatCannotBeMade(t *testing.T) {
	needTools(t, "pdftoppm", "pdfinfo", "gs")
	huge := strings.Replace(string(asPDFOf(t, 1)), "[0 0 20 20]", "[0 0 14000 14000]", 1)
	tests := map[string]struct {
		file  string
		o     PageOptions
		class fault.Class
		tool  string
	}{
		"not a document":       {"just some text", PageOptions{}, fault.Unsupported, ""},
		"broken pdf":           {"%PDF-1.4\nnonsense", PageOptions{}, fault.Corrupt, "pdfinfo"},
		"broken postscript":    {"%!PS\n(unfinished", PageOptions{}, fault.Corrupt, "gs"},
		"looking for files":    {"%!PS\n(/etc/passwd) (r) file 100 string readstring pop = showpage", PageOptions{}, fault.Corrupt, "gs"},
		"writing files":        {"%!PS\n(/tmp/sluice-was-here) (w) file (x) writestring showpage", PageOptions{}, fault.Corrupt, "gs"},
		"too many pixels":      {huge, PageOptions{Resolution: 100}, fault.TooLarge, ""},
		"impossible dots":      {string(asPDFOf(t, 1)), PageOptions{Resolution: 1e6}, fault.Invalid, ""},
		"no number of dots":    {string(asPDFOf(t, 1)), PageOptions{Resolution: math.NaN()}, fault.Invalid, ""},
		"fewer dots than none": {string(asPDFOf(t, 1)), PageOptions{Resolution: -5}, fault.Invalid, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := pagesOf(t, newRunner(t, "media-worker"), []byte(tt.file), tt.o)
			var failed *fault.Error
			if !errors.As(err, &failed) || failed.Class != tt.class || failed.Tool != tt.tool || failed.Op != "media.Pages" {
				t.Errorf("error %v (%+v)", err, failed)
			}
		})
	}
	t.Run("no tools", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, _, err := pagesOf(t, newRunner(t, "media-worker"), asPDFOf(t, 1), PageOptions{})
		if want := "no page images were made, because pdftoppm is not installed: apt-get install poppler-utils"; fault.ClassOf(err) != fault.Missing || err.Error() != want {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a refusal", func(t *testing.T) {
		refusal, calls := errors.New("the disk is full"), 0
		file := asPDFOf(t, 30)
		_, err := newRunner(t, "media-worker").Pages(t.Context(), bytes.NewReader(file), int64(len(file)), "", PageOptions{}, func(PageImage) error {
			calls++
			return refusal
		})
		if !errors.Is(err, refusal) || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

// The words are those that pdftotext finds, where it finds them.
func TestWordsOfPDF(t *testing.T) {
	needTools(t, "pdftotext", "gs")
	document := asPDF(t, brochure(2))
	got, err := newRunner(t, "media-worker").Words(t.Context(), bytes.NewReader(document), int64(len(document)), "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, page := range got {
		for _, line := range page.Lines {
			text += line.Text + "\n"
		}
		text += "\f"
	}
	cmd := exec.Command("pdftotext", "-", "-")
	cmd.Stdin = bytes.NewReader(document)
	golden, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(string(golden), "\n\n", "\n"); text != want {
		t.Errorf("text %q, want %q", text, want)
	}
	if got[0].Width != 300 || got[0].Height != 200 || got[1].Page != 2 || len(got[0].Lines[0].Words) != 3 {
		t.Fatalf("%+v", got[0])
	}
	inBand(t, got[0].Lines[0])
}

// inBand checks that a line stands where its program put it: from 40 to the right, with its base line at 80.
func inBand(t *testing.T, line TextLine) {
	t.Helper()
	b := line.Box
	if math.Abs(b.Left-40) > 2 || math.Abs(b.Right-175) > 2 || b.Top < 55 || b.Top > 66 || b.Bottom < 80 || b.Bottom > 88 {
		t.Errorf("the line is at %+v", b)
	}
	if first := line.Words[0]; first.Text != "Hello" || math.Abs(first.Box.Left-40) > 2 || math.Abs(first.Box.Right-95) > 3 {
		t.Errorf("the first word is %+v", first)
	}
}

func TestWordsOfPostScript(t *testing.T) {
	needTools(t, "gs")
	r := newRunner(t, "media-worker")
	got, err := r.Words(t.Context(), strings.NewReader(brochure(2)), int64(len(brochure(2))), "a.ps")
	if err != nil || len(got) != 2 || len(got[1].Lines) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	line := got[1].Lines[0]
	if line.Text != "Hello page 2" || line.Font != "Helvetica" || line.Size != 24 {
		t.Errorf("line %+v", line)
	}
	inBand(t, line)
	if got, err = r.Words(t.Context(), strings.NewReader(eps), int64(len(eps)), "a.eps"); err != nil || got[0].Lines[0].Text != "Inside" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLinks(t *testing.T) {
	file := strings.Replace(string(asPDFOf(t, 2)), "3 0 obj<<", "3 0 obj<</Annots[<</Subtype/Link/Rect[2 2 10 8]/A<</S/URI/URI(http://x/)>>>>]", 1)
	got, err := newRunner(t, "media-worker").Links(t.Context(), strings.NewReader(file), int64(len(file)), "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]PDFLink{{Left: 2, Top: 12, Right: 10, Bottom: 18, URI: "http://x/"}}, got.Pages[0].Links); diff != "" || len(got.Pages) != 2 {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Ten pages at 150 per inch take at most half a second; slow machines get more time.
func TestPagesAreQuick(t *testing.T) {
	needTools(t, "pdftoppm", "pdfinfo", "gs")
	program := strings.ReplaceAll(brochure(10), "[300 200]", "[595 842]")
	document := asPDF(t, program)
	r := newRunner(t, "media-worker")
	if _, _, err := pagesOf(t, r, document, PageOptions{}); err != nil { // starts the worker
		t.Fatal(err)
	}
	start := time.Now()
	pages, _, err := pagesOf(t, r, document, PageOptions{})
	took := time.Since(start)
	if err != nil || len(pages) != 10 || pages[0].Width != 1240 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	t.Logf("10 pages took %v", took)
	if took > 10*time.Second {
		t.Errorf("10 pages took %v", took)
	}
}
