package pdfpages_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/media/pdfpages"
)

// twoPages is a file whose first page inherits its size and is cut, and whose second one is turned.
const twoPages = `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R /Names << /Dests << /Names [(ch\0501\)) << /D [4 0 R /Fit] >>] >> >> >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 300 200] >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /CropBox [10 20 300 200] /Annots [
  << /Subtype /Link /Rect [20 30 120 70] /A << /S /URI /URI (http://example.com/x?a=1&b=2) >> >>
  << /Subtype /Link /Rect [250 70 200 20] /Dest [4 0 R /Fit] >>
  << /Subtype /Link /Rect [250 70 200 20] /A << /S /GoTo /D (ch\(1\)) >> >>
  << /Subtype /Link /Rect [0 0 5 5] /A << /S /URI /URI (http://outside.example) >> >>
  << /Subtype /Link /Rect [20 30 120 70] /A << /S /JavaScript /JS (app.alert\(1\)) >> >>
  << /Subtype /Text /Rect [20 30 120 70] >> 7 0 R ] >> endobj
4 0 obj << /Type /Page /Parent 2 0 R /Rotate 90 /Annots 5 0 R >> endobj
5 0 obj [ << /Subtype /Link /Rect [0 0 100 50] /A 6 0 R >> ] endobj
6 0 obj << /S /URI /URI <6d61696c746f3a614062> >> endobj
trailer << /Root 1 0 R >>
`

func TestPagesAndLinks(t *testing.T) {
	want := pdfpages.Document{Pages: []pdfpages.Page{
		{Width: 290, Height: 180, Links: []pdfpages.Link{
			{Left: 10, Top: 130, Right: 110, Bottom: 170, URI: "http://example.com/x?a=1&b=2"},
			{Left: 190, Top: 130, Right: 240, Bottom: 180, Page: 2},
			{Left: 190, Top: 130, Right: 240, Bottom: 180, Page: 2},
		}},
		{Width: 200, Height: 300, Links: []pdfpages.Link{{Left: 0, Top: 0, Right: 50, Bottom: 100, URI: "mailto:a@b"}}},
	}}
	if diff := cmp.Diff(want, pdfpages.Read([]byte(twoPages), 100)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := pdfpages.Read([]byte(twoPages), 1); len(got.Pages) != 1 || !got.More {
		t.Errorf("with a limit of one page: %+v", got)
	}
	encrypted := strings.Replace(twoPages, "trailer <<", "trailer << /Encrypt 9 0 R", 1)
	if got := pdfpages.Read([]byte(encrypted), 100); !got.Encrypted || len(got.Pages) != 2 || got.Pages[0].Links != nil {
		t.Errorf("an encrypted file: %+v", got)
	}
}

// Objects may be packed, and a later one takes the place of an earlier one.
func TestPackedObjectsAndChanges(t *testing.T) {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [3 0 R] >>",
		"<< /Type /Page /MediaBox [0 0 100 100] /Annots [<< /Subtype /Link /Rect [10 10 20 20] /A << /S /URI /URI (http://old) >> >>] >>",
	}
	index, body := "", ""
	for i, o := range objects {
		index += fmt.Sprintf("%d %d ", i+1, len(body))
		body += o + " "
	}
	file := "%PDF-1.5\n" + objectStream(index, body) + "8 0 obj << /Type /XRef /Root 1 0 R >> stream\nxx\nendstream endobj\n"
	link := func(data string) string {
		got := pdfpages.Read([]byte(data), 10)
		if len(got.Pages) != 1 || len(got.Pages[0].Links) != 1 {
			t.Fatalf("%+v", got)
		}
		return got.Pages[0].Links[0].URI
	}
	if got := link(file); got != "http://old" {
		t.Errorf("link to %s", got)
	}
	if got := link(file + "3 0 obj " + strings.Replace(objects[2], "old", "new", 1) + " endobj"); got != "http://new" {
		t.Errorf("after a change: link to %s", got)
	}
}

// What Ghostscript writes is read as it was meant.
func TestGhostscriptFile(t *testing.T) {
	gs, err := exec.LookPath("gs")
	if err != nil {
		t.Skip("Ghostscript is not installed: apt-get install ghostscript")
	}
	dir := t.TempDir()
	program := `<< /PageSize [300 200] >> setpagedevice
[ /Rect [20 20 120 70] /Action << /Subtype /URI /URI (http://example.com/) >> /Subtype /Link /ANN pdfmark
[ /Rect [200 20 250 70] /Page 2 /View [/Fit] /Subtype /Link /ANN pdfmark showpage showpage`
	if said, err := exec.Command(gs, "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-o", dir+"/x.pdf", "-c", program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	data, err := os.ReadFile(dir + "/x.pdf")
	if err != nil {
		t.Fatal(err)
	}
	want := pdfpages.Document{Pages: []pdfpages.Page{{Width: 300, Height: 200, Links: []pdfpages.Link{
		{Left: 20, Top: 130, Right: 120, Bottom: 180, URI: "http://example.com/"}, {Left: 200, Top: 130, Right: 250, Bottom: 180, Page: 2},
	}}, {Width: 300, Height: 200}}}
	if diff := cmp.Diff(want, pdfpages.Read(data, 100), cmpopts.EquateApprox(0, 0.01)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Files that only look for trouble end soon: those that share what is long would take hours.
func TestHostileFiles(t *testing.T) {
	catalog := "1 0 obj << /Type /Catalog /Pages 2 0 R /Names << /Dests 5 0 R >> >> endobj "
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i+100)
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		data  string
		pages int
	}{
		"nothing":          {"", 0},
		"open text":        {strings.Repeat("1 0 obj (", 200_000), 0},
		"open bytes":       {strings.Repeat("1 0 obj <a ", 1_000_000), 0},
		"deep arrays":      {"1 0 obj " + strings.Repeat("[", 1_000_000), 0},
		"own parent":       {"1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj 2 0 obj << /Kids [2 0 R 2 0 R] >> endobj", 0},
		"own value":        {"1 0 obj 1 0 R endobj trailer << /Root 1 0 R >>", 0},
		"backslash":        {`1 0 obj (\`, 0},
		"trailers":         {strings.Repeat("trailer (", 200_000), 0},
		"no objects":       {strings.Repeat("trailer<<>>", 1_500_000) + "obj", 0},
		"one packed array": {objectStream(numbered(20_000, "%d 0 "), "["+strings.Repeat("1 ", 100_000)+"]"), 0},
		"one array of names": {catalog + "2 0 obj << /Kids [3 0 R] >> endobj 3 0 obj << /Type /Page >> endobj 5 0 obj << /Kids [" + strings.Repeat("7 0 R ", 90_000) +
			"] >> endobj 7 0 obj << /Names 8 0 R >> endobj 8 0 obj [" + strings.Repeat("(a) 1 ", 500_000) + "] endobj", 1},
		"one array of links": {catalog + "2 0 obj << /Kids [" + numbered(100, "%d 0 R ") + "] >> endobj " + numbered(100, "%d 0 obj << /Annots 6 0 R >> endobj ") +
			"6 0 obj [" + strings.Repeat("7 0 R ", 500_000) + "] endobj 7 0 obj << /Subtype /Text >> endobj", 100},
		"one array of pages": {catalog + "2 0 obj << /Kids 3 0 R >> endobj 3 0 obj [" + strings.Repeat("<</Kids 3 0 R>> ", 200_000) + "] endobj", 0},
	} {
		if got := pdfpages.Read([]byte(tt.data), 100); len(got.Pages) != tt.pages {
			t.Errorf("%s: %d pages", name, len(got.Pages))
		}
	}
}

// A number of an object stream that shares the place of another one is still an object.
func TestSharedObjects(t *testing.T) {
	file := objectStream("1 0 2 40 3 70 4 70 ", fmt.Sprintf("%-40s%-30s%s", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [3 0 R 4 0 R] >>", "<< /Type /Page >>"))
	if got := pdfpages.Read([]byte(file), 100); len(got.Pages) != 2 || got.More {
		t.Errorf("%+v", got)
	}
}

// objectStream packs objects.
func objectStream(index, objects string) string {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte(index + objects))
	z.Close()
	return fmt.Sprintf("9 0 obj << /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >> stream\r\n%s\nendstream endobj\n",
		len(strings.Fields(index))/2, len(index), packed.Len(), packed.String())
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(twoPages))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, page := range pdfpages.Read(data, 10).Pages {
			for _, l := range page.Links {
				if l.Left < 0 || l.Top < 0 || l.Right > page.Width || l.Bottom > page.Height {
					t.Errorf("a link outside its page: %+v in %+v", l, page)
				}
			}
		}
	})
}
