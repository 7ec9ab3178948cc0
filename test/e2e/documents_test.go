package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// brochure is a PostScript program of two pages of 300 x 200 points with words and a link to the web and to page 2.
const brochure = `%!PS-Adobe-3.0
<< /PageSize [300 200] >> setpagedevice /Helvetica findfont 24 scalefont setfont
0.9 0.1 0.1 setrgbcolor 20 20 100 50 rectfill 0 setgray 40 120 moveto (Pineapple Spring) show
[ /Rect [20 20 120 70] /Action << /Subtype /URI /URI (http://example.com/?a=1&b=2) >> /Subtype /Link /ANN pdfmark
[ /Rect [200 20 250 70] /Page 2 /View [/Fit] /Subtype /Link /ANN pdfmark
showpage 40 120 moveto (Second page) show showpage
`

// needsTools skips a test on a machine without some programs.
func needsTools(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
}

// pdfOf has Ghostscript turn a PostScript program into a PDF file.
func pdfOf(t *testing.T, program string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	cmd := exec.Command("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-o", out, "-")
	cmd.Stdin = strings.NewReader(program)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// documentJob begins a job with options of documents.
func documentJob(name, options string) part {
	return params(jobName(name), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask>"+
		options+"<emailSetting>None</emailSetting></uploadParams>")
}

// TestDocuments uploads documents with all that can be wanted of their pages, and asks for it as clients do.
func TestDocuments(t *testing.T) {
	needsTools(t, "gs", "pdftoppm", "pdftotext", "pdfinfo")
	s := start(t, mediaHere(t))
	document := pdfOf(t, brochure)
	wanted := "<pdfOptions><process>Rasterize</process><resolution>72</resolution><colorspace>Auto</colorspace>" +
		"<pdfCatalog>true</pdfCatalog><extractSearchWords>true</extractSearchWords><extractLinks>true</extractLinks></pdfOptions>"
	rows := s.finished(s.upload(auth(), documentJob("documents", wanted), file("spring.pdf", document), file("poster.eps", epsPoster)))
	if got := strings.Count(types(rows), "UploadSuccess"); got != 6 { // two documents, three pages, a catalog
		t.Errorf("%d successes: %v", got, rows)
	}
	if a := s.asset("spring.pdf"); len(a.Warnings) != 0 || a.State != "ready" {
		t.Errorf("the document is %+v", a)
	}
	s.holds("spring.pdf", document)
	for name, size := range map[string][2]int{"spring_1.png": {300, 200}, "spring_2.png": {300, 200}, "poster_1.png": {208, 104}} {
		a := s.asset(name)
		if _, thumbnail := a.made("thumbnail"); a.Width != size[0] || a.Height != size[1] || a.Type != "Image" || !thumbnail {
			t.Errorf("%s is %+v", name, a)
		}
	}
	if _, ok := s.asset("poster.eps").made("thumbnail"); !ok {
		t.Error("the EPS file has no thumbnail")
	}
	var made []string
	for _, d := range s.asset("spring.pdf").Derived {
		made = append(made, d.Kind)
	}
	slices.Sort(made)
	if want := []string{"catalog", "page", "page", "text", "text", "thumbnail"}; !slices.Equal(made, want) {
		t.Errorf("made of the document: %v", made)
	}
	s.asksForPages(t)
	before := len(s.assets())
	s.finished(s.upload(auth(), documentJob("again", wanted), file("spring.pdf", document)))
	if after := len(s.assets()); after != before {
		t.Errorf("the same document again: %d assets, were %d", after, before)
	}
}

// asksForPages asks for words, links and byproducts by the IPS API.
func (s *server) asksForPages(t *testing.T) {
	t.Helper()
	d := dialects()[0]
	const company = "<companyHandle>c|1</companyHandle>"
	handle := func(name string) string { return fmt.Sprintf("a|%d", s.asset(name).Number) }
	strs := s.mustIPS(d, "getSearchStrings", company+"<assetHandle>"+handle("spring_1.png")+"</assetHandle>")
	item := strs.at("searchStringsArray", "items")
	if item.at("searchString").Text != "Pineapple Spring" || item.at("x").Text != "40" || !slices.Contains(strs.all("keyword"), "Spring") {
		t.Errorf("search strings of the page: %+v", item)
	}
	all := s.mustIPS(d, "getSearchStrings", company+"<assetHandle>"+handle("spring.pdf")+"</assetHandle>").all("searchString")
	if !slices.Equal(all, []string{"Pineapple Spring", "Second page"}) {
		t.Errorf("search strings of the document: %v", all)
	}
	maps := s.mustIPS(d, "getAssets", company+"<assetHandleArray><items>"+handle("spring_1.png")+"</items></assetHandleArray>")
	if got := maps.all("action"); !slices.Equal(got, []string{`href="http://example.com/?a=1&amp;b=2"`, `href="#page=2"`}) {
		t.Errorf("image maps lead to %q", got)
	}
	if got := maps.all("region"); !slices.Equal(got, []string{"20,130,120,180", "200,130,250,180"}) {
		t.Errorf("image maps are at %q", got)
	}
	found := s.mustIPS(d, "searchAssets", company+"<includeSubfolders>true</includeSubfolders><keywordArray><items>pineapple</items></keywordArray>").at("assetArray").texts("name")
	found = slices.DeleteFunc(found, func(name string) bool { return strings.Contains(name, "_link_") }) // image maps of what was found
	slices.Sort(found)
	if !slices.Equal(found, []string{"spring", "spring_1"}) {
		t.Errorf("pineapple finds %v", found)
	}
	for hide, want := range map[string]bool{"true": false, "false": true} {
		names := s.mustIPS(d, "searchAssets", company+"<includeSubfolders>true</includeSubfolders><excludeByproducts>"+hide+"</excludeByproducts>").at("assetArray").texts("name")
		if slices.Contains(names, "spring_1") != want {
			t.Errorf("byproducts hidden %s: %v", hide, names)
		}
	}
}

// all lists the texts of the elements of a name, wherever they are.
func (n node) all(name string) (texts []string) {
	if n.XMLName.Local == name {
		texts = append(texts, n.Text)
	}
	for _, child := range n.Children {
		texts = append(texts, child.all(name)...)
	}
	return texts
}

const epsPoster = `%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 100 100 200 150
0 0 1 setrgbcolor 100 100 100 50 rectfill
showpage
%%EOF
`

// TestDocumentsWithoutTools takes documents on a machine that cannot look into them: they are kept, and the log says
// what is missing and how to get it.
func TestDocumentsWithoutTools(t *testing.T) {
	needsTools(t, "gs")
	document := pdfOf(t, brochure)
	s := start(t, mediaHere(t), "PATH="+t.TempDir())
	rows := s.finished(s.upload(auth(), documentJob("no tools", "<pdfOptions><extractSearchWords>true</extractSearchWords></pdfOptions>"),
		file("spring.pdf", document), file("poster.eps", epsPoster)))
	if got := strings.Count(types(rows), "UploadSuccess"); got != 2 {
		t.Errorf("%d successes: %v", got, rows)
	}
	said := ""
	for _, row := range rows {
		if row.Type == "UploadWarning" {
			said += row.Message + "\n"
		}
	}
	for _, want := range []string{
		"spring.pdf: pdfOptions: no page images were made, because pdftoppm is not installed: apt-get install poppler-utils",
		"spring.pdf: pdfOptions/extractSearchWords: no search words were extracted, because pdftotext is not installed: apt-get install poppler-utils",
		"spring.pdf: no thumbnail of the first page was made, because pdftoppm is not installed",
		"poster.eps: postScriptOptions: no page images were made, because gs is not installed: apt-get install ghostscript",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no warning says %q; they are\n%s", want, said)
		}
	}
	s.holds("spring.pdf", document)
}
