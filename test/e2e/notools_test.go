package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/mediatest"
)

// madeBy runs a program that writes a file, whose name is OUT among its arguments.
func madeBy(t *testing.T, program, name string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "OUT", out)
	}
	if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, said)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// everything is a job with options for files of all kinds.
func everything() part {
	const rip = "<process>Rasterize</process><resolution>72</resolution>"
	return params(jobName("everything"), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>true</createMask>"+
		"<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>"+
		"<manualCropOptions><left>1</left><right>2</right><top>3</top><bottom>4</bottom></manualCropOptions>"+
		"<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendName</layerNaming><createTemplate>true</createTemplate><extractText>true</extractText></layerOptions></photoshopOptions>"+
		"<postScriptOptions>"+rip+"<extractSearchWords>true</extractSearchWords></postScriptOptions>"+
		"<pdfOptions>"+rip+"<pdfCatalog>true</pdfCatalog><extractSearchWords>true</extractSearchWords><extractLinks>true</extractLinks></pdfOptions>"+
		"<illustratorOptions>"+rip+"</illustratorOptions>"+
		"<emailSetting>None</emailSetting>"+
		"<mediaOptions><videoEncodingPresetsArray></videoEncodingPresetsArray><thumbnailOptions><thumbnailTime>2000</thumbnailTime></thumbnailOptions></mediaOptions>"+
		"<inDesignOptions><process>Rasterize</process></inDesignOptions><xmpKeywords>spring</xmpKeywords>"+
		"<unsharpMaskOptions><amount>1.75</amount><radius>1</radius><threshold>2</threshold><monochrome>0</monochrome></unsharpMaskOptions>"+
		"<unCompressOptions><process>UnCompress</process></unCompressOptions></uploadParams>")
}

// allKinds are files of all kinds of which something can be made.
func allKinds(t *testing.T) []part {
	t.Helper()
	picture := string(mediatest.PNG(shirt()))
	heic := madeBy(t, "vips", "phone.jp2", "copy", writtenTo(t, "in.png", picture), "OUT")
	document := pdfOf(t, brochure)
	return []part{
		file("shirt.png", picture), file("phone.jp2", heic), file("spring.pdf", document), file("program.ps", brochure), file("poster.eps", epsPoster),
		file("drawing.ai", document), file("layout.indd", string(mediatest.InDesign("PageInfo", mediatest.JPEG(mediatest.Picture(60, 40))))), file("film.mp4", filmOf(t, "320x180")),
		file("Spring Ad.psd", string(advertisement().File())), file("box.zip", zipOf(t, [2]string{"inside.png", picture}, [2]string{"notes/second.pdf", document})),
		file("plain.css", "a{}"),
	}
}

// writtenTo writes a file of the test and returns its path.
func writtenTo(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// standing describes all assets with what was made of them, a line for each.
func (s *server) standing() []string {
	s.t.Helper()
	var all []string
	for _, listed := range s.assets() {
		var a asset
		s.decode("/v1/assets/"+listed.UUID, &a)
		var made []string
		for _, d := range a.Derived {
			made = append(made, fmt.Sprintf("%s %dx%d", d.Kind, d.Width, d.Height))
		}
		slices.Sort(made)
		crop := ""
		if a.Crop != nil {
			crop = fmt.Sprint(*a.Crop)
		}
		all = append(all, fmt.Sprintf("%s%s %s %s %dx%d %s crop %s warnings %q made %q", a.Folder, a.FileName, a.Type, a.State, a.Width, a.Height, a.SHA256, crop, a.Warnings, made))
	}
	slices.Sort(all)
	return all
}

// TestJobWithoutToolsIsCompletedLater sends a job with every option to a server on a machine without a single tool:
// every file is taken, nothing fails, and a warning says for each option what to install. Later the tools are there,
// and the command that processes again makes the library what it would have been, and nothing twice.
func TestJobWithoutToolsIsCompletedLater(t *testing.T) {
	slow(t)
	needsTools(t, "gs", "pdftoppm", "pdfinfo", "pdftotext", "exiftool", "vips", "ffmpeg", "ffprobe")
	files, box := allKinds(t), mediaHere(t)
	equipped := start(t, box)
	equipped.finished(equipped.upload(append([]part{auth(), everything()}, files...)...))
	want := equipped.standing()
	if len(want) < 25 {
		t.Fatalf("only %d assets: %q", len(want), want)
	}

	data := filepath.Join(t.TempDir(), "data")
	bare := launch(t, data, box, "PATH="+t.TempDir())
	bare.awaitReady()
	rows := bare.finished(bare.upload(append([]part{auth(), everything()}, files...)...))
	bare.nothingFailed(rows)
	for _, f := range files {
		if f.fileName != "box.zip" {
			bare.holds(f.fileName, f.body)
		}
	}
	bare.warnedOfTools(rows)
	bare.stop(t)

	s := startOn(t, data, box)
	s.again("--failed")
	if diff := cmp.Diff(want, s.standing()); diff != "" {
		t.Errorf("the library after all (-with tools from the beginning +completed later):\n%s", diff)
	}
	s.again("--all")
	if diff := cmp.Diff(want, s.standing()); diff != "" {
		t.Errorf("the library when all is processed once more (-want +got):\n%s", diff)
	}
}

// nothingFailed expects every file of the job to be in the library and ready.
func (s *server) nothingFailed(rows []row) {
	s.t.Helper()
	for _, r := range rows {
		if strings.HasSuffix(r.Type, "Error") {
			s.t.Errorf("row %+v", r)
		}
	}
	for _, a := range s.assets() {
		if a.State != "ready" {
			s.t.Errorf("%s is %s", a.FileName, a.State)
		}
	}
	if total := the(s, rows, "TotalFileCount").Message; total != "12" { // 10 files, and 2 out of the archive
		s.t.Errorf("%s files were counted", total)
	}
}

// warnedOfTools expects a warning for each option that needed a tool, with the option, the tool and how to get it.
func (s *server) warnedOfTools(rows []row) {
	s.t.Helper()
	said := map[string]string{}
	for _, r := range rows {
		if r.Type == "UploadWarning" {
			said[r.Asset] += r.Message + "\n"
		}
	}
	for name, wanted := range map[string][][3]string{ // option, tool, package
		"spring.pdf": {{"pdfOptions", "pdftoppm", "poppler-utils"}, {"pdfOptions/extractSearchWords", "pdftotext", "poppler-utils"}},
		"second.pdf": {{"pdfOptions", "pdftoppm", "poppler-utils"}, {"pdfOptions/extractSearchWords", "pdftotext", "poppler-utils"}},
		"program.ps": {{"postScriptOptions", "gs", "ghostscript"}, {"postScriptOptions/extractSearchWords", "gs", "ghostscript"}},
		"poster.eps": {{"postScriptOptions", "gs", "ghostscript"}, {"postScriptOptions/extractSearchWords", "gs", "ghostscript"}},
		"drawing.ai": {{"illustratorOptions", "pdftoppm", "poppler-utils"}}, "layout.indd": {{"inDesignOptions", "exiftool", "libimage-exiftool-perl"}},
		"film.mp4":  {{"mediaOptions", "ffmpeg", "ffmpeg"}},
		"phone.jp2": {{"createMask, knockoutBackgroundOptions, manualCropOptions, unsharpMaskOptions", "vips", "libvips-tools"}},
	} {
		for _, w := range wanted {
			line := regexp.MustCompile(fmt.Sprintf(`%s: %s: .*because %s is not installed: apt-get install %s\n`, regexp.QuoteMeta(name), regexp.QuoteMeta(w[0]), w[1], w[2]))
			if !line.MatchString(said[name]) {
				s.t.Errorf("no warning of %s names %s, %s and %s; there are\n%s", name, w[0], w[1], w[2], said[name])
			}
		}
		if strings.Count(said[name], "\n") > 5 {
			s.t.Errorf("%s has %d warnings:\n%s", name, strings.Count(said[name], "\n"), said[name])
		}
		if a := s.asset(name); len(a.Warnings) == 0 {
			s.t.Errorf("%s does not say what is missing", name)
		}
	}
	if film := s.asset("film.mp4"); film.Width != 320 || film.Height != 180 {
		s.t.Errorf("without tools, film.mp4 has %d x %d pixels", film.Width, film.Height)
	}
	if !strings.Contains(said["spring.pdf"], "pdfOptions/extractLinks: ") {
		s.t.Errorf("nothing is said of the links: %s", said["spring.pdf"])
	}
	for _, name := range []string{"shirt.png", "Spring Ad.psd", "inside.png", "plain.css"} {
		if said[name] != "" {
			s.t.Errorf("%s needs no tool, and the log says %s", name, said[name])
		}
	}
}

// again has the command process assets again, beside the server, which begins within half a minute, and waits until
// all its jobs are done.
func (s *server) again(which string) {
	s.t.Helper()
	before := map[string]int{}
	for _, j := range list[job](s, "/v1/jobs", url.Values{}) {
		before[j.OriginalName]++
	}
	out := s.must("", "reprocess", "Demo", which)
	names := regexp.MustCompile(`job (reprocess-\d+): `).FindAllStringSubmatch(out, -1)
	if len(names) == 0 {
		s.t.Fatalf("the command said %q", out)
	}
	for _, name := range names {
		var last job
		for end := time.Now().Add(3 * time.Minute); last.State != "Done"; time.Sleep(100 * time.Millisecond) {
			if list := s.jobs(name[1]); len(list) == before[name[1]]+1 {
				last = list[0]
			}
			if time.Now().After(end) {
				s.t.Fatalf("%s is not done: %+v", name[1], last)
			}
		}
		for _, r := range s.rows(last) {
			if strings.HasSuffix(r.Type, "Failure") || strings.HasSuffix(r.Type, "Error") {
				s.t.Errorf("row %+v", r)
			}
		}
	}
}
