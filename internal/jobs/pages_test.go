package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// fakeDocuments has a document of so many pages.
type fakeDocuments struct {
	pages   int
	refusal string // after the pages
	failure *engine.Failure
	text    []media.PageText
	links   media.PDFDocument
	asked   media.PageOptions
	calls   []string
}

func (f *fakeDocuments) Pages(_ context.Context, src io.Reader, _ int64, _ string, o media.PageOptions, keep func(media.PageImage) error) (int, string, *engine.Failure) {
	f.asked, f.calls = o, append(f.calls, "pages")
	if err := whole(src); err != nil {
		return 0, "", &engine.Failure{Reason: err.Error()}
	}
	for i := range min(f.pages, media.MostPages) {
		if err := keep(media.PageImage{Page: i + 1, Width: 100, Height: 200, ContentType: "image/png", Extension: "png", Bytes: fmt.Appendf(nil, "page %d", i+1)}); err != nil {
			return 0, "", &engine.Failure{Reason: err.Error()}
		}
	}
	return f.pages, f.refusal, f.failure
}

func (f *fakeDocuments) Words(_ context.Context, src io.Reader, _ int64, _ string) ([]media.PageText, string, *engine.Failure) {
	f.calls = append(f.calls, "words")
	if err := whole(src); err != nil {
		return nil, "", &engine.Failure{Reason: err.Error()}
	}
	return f.text, f.refusal, f.failure
}

func (f *fakeDocuments) Links(_ context.Context, src io.Reader, _ int64, _ string) (media.PDFDocument, string, *engine.Failure) {
	f.calls = append(f.calls, "links")
	if err := whole(src); err != nil {
		return f.links, "", &engine.Failure{Reason: err.Error()}
	}
	return f.links, f.refusal, f.failure
}

func (f *fakeDocuments) Previews(_ context.Context, _ io.Reader, _ int64, _ string, keep func(media.PageImage) error) (string, *engine.Failure) {
	f.calls = append(f.calls, "previews")
	err := keep(media.PageImage{Page: 1, Width: 30, Height: 20, ContentType: "image/jpeg", Extension: "jpg", Bytes: []byte("preview")})
	if err != nil {
		return "", &engine.Failure{Reason: err.Error()}
	}
	return f.refusal, f.failure
}

// whole checks that a look at the document begins at its start.
func whole(src io.Reader) error {
	got, err := io.ReadAll(src)
	if err == nil && string(got) != "document" {
		err = fmt.Errorf("the document is %q", got)
	}
	return err
}

// shelf gives handlers one document and takes in what they make of it.
type shelf struct {
	*fakeFiles
	*engine.Engine
	kind ingest.AssetType
}

func (s shelf) TaskInput(context.Context, *ingest.Task) (engine.TaskInput, error) {
	return engine.TaskInput{FileName: "My doc.v2.pdf", Blob: ingest.BlobRef{Key: "k", Size: 8}, Asset: &ingest.Asset{Type: s.kind}}, nil
}

func (s shelf) OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error) {
	return s.fakeFiles.OpenBlob(ctx, key)
}

// rip runs the handler over a document.
func rip(t *testing.T, f *fakeDocuments, kind ingest.AssetType, o ingest.Rasterize) (engine.TaskResult, *engine.Failure) {
	t.Helper()
	params, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, fakeFetcher{}, nil, Roots{})
	files := &fakeFiles{body: "document"}
	result, failure := Pages(shelf{files, s.engine, kind}, f)(t.Context(), &ingest.Task{Params: params})
	if result.Intake != nil {
		t.Cleanup(result.Intake.Close)
	}
	if files.closed != len(f.calls) {
		t.Errorf("the document was opened %d times and closed %d times", len(f.calls), files.closed)
	}
	return result, failure
}

func TestPageImages(t *testing.T) {
	no := false
	tests := map[string]struct {
		pages    int
		refusal  string
		kind     ingest.AssetType
		o        ingest.Rasterize
		made     int
		catalog  bool
		warnings string // of which it is the start, one per line
	}{
		"pdf":                 {pages: 3, kind: ingest.TypePDF, made: 3, catalog: true},
		"one page":            {pages: 1, kind: ingest.TypePDF, made: 1},
		"without catalog":     {pages: 3, kind: ingest.TypePDF, o: ingest.Rasterize{Catalog: &no}, made: 3},
		"postscript":          {pages: 3, kind: ingest.TypePostScript, made: 3},
		"long":                {pages: 250, kind: ingest.TypePDF, made: 100, catalog: true, warnings: "images were made of the first 100 pages"},
		"exactly the limit":   {pages: 100, kind: ingest.TypePDF, made: 100, catalog: true},
		"nothing":             {refusal: "it is broken", kind: ingest.TypePDF, warnings: "pdfOptions: it is broken"},
		"broken in its midst": {pages: 2, refusal: "it is broken", kind: ingest.TypePDF, made: 2, catalog: true, warnings: "page 3 and those behind it have no images: it is broken"},
		"transparent inks":    {pages: 1, kind: ingest.TypePDF, o: ingest.Rasterize{Alpha: true, Colorspace: "Cmyk"}, made: 1, warnings: "pages with a transparent background are made in RGB, not in Cmyk"},
		"thumbnail and links": {pages: 1, kind: ingest.TypePDF, o: ingest.Rasterize{Process: "Thumbnail", Links: true}, warnings: "the links of the document were not read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fakeDocuments{pages: tt.pages, refusal: tt.refusal}
			tt.o.Resolution = 300
			got, failure := rip(t, f, tt.kind, tt.o)
			if failure != nil || len(got.Made) != tt.made || len(got.Sets) != map[bool]int{true: 1}[tt.catalog] {
				t.Fatalf("%d made, %d sets, failure %v", len(got.Made), len(got.Sets), failure)
			}
			if said := strings.Join(got.Warnings, "\n"); !strings.HasPrefix(said, tt.warnings) || tt.warnings == "" && said != "" {
				t.Errorf("warnings %q", said)
			}
			if tt.made == 0 {
				return
			}
			m := got.Made[0]
			if m.Key != "page/1" || m.FileName != "My doc.v2_1.png" || m.Type != ingest.TypeImage || m.Kind != ingest.DerivedPage || m.Page != 1 ||
				m.Engine != "PostScriptRip" || m.Media.Width != 100 || m.Spool.Size() != int64(len("page 1")) {
				t.Errorf("first page %+v", m)
			}
			if f.asked.Resolution != 300 || f.asked.Color != tt.o.Colorspace || f.asked.Alpha != tt.o.Alpha {
				t.Errorf("asked for %+v", f.asked)
			}
			if tt.catalog {
				if set := got.Sets[0]; set.Name != "My doc.v2" || set.Type != "Catalog" || len(set.Members) != tt.made || set.Members[1] != (engine.MadeMember{Key: "page/2", Reset: true}) {
					t.Errorf("catalog %+v", set)
				}
			}
		})
	}
}

func TestWordsOfPages(t *testing.T) {
	text := []media.PageText{
		{Page: 1, Lines: []media.TextLine{{Text: "two words", Font: "Times", Size: 12, Box: media.TextBox{Left: 10, Top: 20, Right: 30, Bottom: 40.2},
			Words: []media.Word{{Text: "two", Box: media.TextBox{Left: 10, Top: 20, Right: 18, Bottom: 40.2}}, {Text: "words"}}}}},
		{Page: 2},
	}
	got, failure := rip(t, &fakeDocuments{pages: 2, text: text}, ingest.TypePDF, ingest.Rasterize{Words: true, Resolution: 144})
	if failure != nil || len(got.Derived) != 1 || len(got.Made[0].Derived) != 1 || got.Made[1].Derived != nil {
		t.Fatalf("%+v, %v", got, failure)
	}
	for _, d := range []engine.DerivedFile{got.Derived[0], got.Made[0].Derived[0]} {
		var runs []ingest.TextRun
		if err := json.Unmarshal(d.Bytes, &runs); err != nil {
			t.Fatal(err)
		}
		want := []ingest.TextRun{{Text: "two words", Font: "Times", Size: "12", Box: ingest.Rect{X: 20, Y: 40, Width: 40, Height: 41}, Words: []ingest.TextWord{
			{Text: "two", Box: ingest.Rect{X: 20, Y: 40, Width: 16, Height: 41}}, {Text: "words", Box: ingest.Rect{Width: 1, Height: 1}},
		}}}
		if diff := cmp.Diff(want, runs); diff != "" || d.Kind != ingest.DerivedText || d.Page != 1 {
			t.Errorf("%s (-want +got):\n%s", d.Key, diff)
		}
	}
	if diff := cmp.Diff([]string{"two", "words"}, got.Words); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	f := &fakeDocuments{pages: 2, text: text[1:]}
	got, failure = rip(t, f, ingest.TypePDF, ingest.Rasterize{Words: true, Process: "Thumbnail"})
	if failure != nil || len(got.Made) != 0 || got.Words == nil || !cmp.Equal(f.calls, []string{"words"}) || len(got.Warnings) != 1 {
		t.Errorf("%+v after %v: %v", got, f.calls, failure)
	}
}

func TestLinksOfPages(t *testing.T) {
	links := media.PDFDocument{Pages: []media.PDFPage{{Width: 50, Height: 100, Links: []media.PDFLink{
		{Left: 5, Top: 10, Right: 25, Bottom: 20.2, URI: `http://x/?a=1&b="2"`}, {Left: 1, Top: 1, Right: 2, Bottom: 2, Page: 2},
		{Right: 1, Bottom: 1, URI: "JavaScript:alert(1)"}, {Right: 1, Bottom: 1, URI: "file:///etc/passwd"}, {Right: 1, Bottom: 1, URI: "www.x.org"},
	}}}}
	got, failure := rip(t, &fakeDocuments{pages: 2, links: links}, ingest.TypePDF, ingest.Rasterize{Links: true})
	if failure != nil {
		t.Fatal(failure)
	}
	var maps []string
	for _, m := range got.Made[0].Maps {
		maps = append(maps, m.Name+" "+m.Shape+" "+m.Region+" "+m.Action)
	}
	want := []string{
		`My doc.v2_1_link_1 Rectangle 10,20,50,40 href="http://x/?a=1&amp;b=&#34;2&#34;"`, `My doc.v2_1_link_2 Rectangle 2,2,4,4 href="#page=2"`,
		`My doc.v2_1_link_3 Rectangle 0,0,2,2 href="http://www.x.org"`,
	}
	if diff := cmp.Diff(want, maps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.Warnings) != 1 || !strings.HasPrefix(got.Warnings[0], "2 links of the document were left out") {
		t.Errorf("warnings %q", got.Warnings)
	}
	got, _ = rip(t, &fakeDocuments{pages: 2, links: media.PDFDocument{Encrypted: true}}, ingest.TypePDF, ingest.Rasterize{Links: true})
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "encrypted") || got.Made[0].Maps != nil {
		t.Errorf("an encrypted document: %q", got.Warnings)
	}
}

func TestPreviewsOfInDesign(t *testing.T) {
	f := &fakeDocuments{}
	got, failure := rip(t, f, ingest.TypeInDesign, ingest.Rasterize{Process: "Rasterize"})
	if failure != nil || len(got.Made) != 1 || got.Made[0].FileName != "My doc.v2_1.jpg" || !cmp.Equal(f.calls, []string{"previews"}) || len(got.Sets) != 0 {
		t.Errorf("%+v after %v: %v", got, f.calls, failure)
	}
}

// What may pass is tried again, and nothing is left of the run.
func TestPagesFail(t *testing.T) {
	want := &engine.Failure{Reason: "the worker is away"}
	got, failure := rip(t, &fakeDocuments{pages: 2, failure: want}, ingest.TypePDF, ingest.Rasterize{})
	if failure != want || got.Made != nil || got.Intake != nil {
		t.Errorf("%+v, %v", got, failure)
	}
	if _, failure := Pages(shelf{}, nil)(t.Context(), &ingest.Task{Params: []byte("{")}); failure == nil || !failure.Final {
		t.Errorf("malformed options: %v", failure)
	}
}
