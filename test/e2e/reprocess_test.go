package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/mediatest"
)

// TestReprocessBesideTheServer queues jobs with the command while the server runs, which carries them out.
func TestReprocessBesideTheServer(t *testing.T) {
	s := start(t, mediaHere(t))
	s.finished(s.upload(auth(), newJob("one"), file("good.png", string(mediatest.PNG(mediatest.Photograph(90, 60)))), file("broken.png", "\x89PNG\r\n\x1a\nnothing")))
	for _, wrong := range [][]string{{"Demo"}, {"Demo", "--all", "--asset", "1"}} {
		if f := s.sluice(append([]string{"reprocess"}, wrong...)...); f.code != 2 {
			t.Errorf("%q: %+v", wrong, f)
		}
	}
	for _, unknown := range [][]string{{"Nobody", "--all"}, {"Demo", "--asset", "none"}, {"Demo", "--all", "--user", "none"}} {
		if f := s.sluice(append([]string{"reprocess"}, unknown...)...); f.code != 1 {
			t.Errorf("%q: %+v", unknown, f)
		}
	}
	again := func(want string, words ...string) {
		t.Helper()
		before := len(s.jobs("reprocess-1"))
		if out := s.must("", append([]string{"reprocess", "Demo"}, words...)...); !strings.Contains(out, "job reprocess-1: "+want) {
			t.Errorf("%q printed %q", words, out)
		}
		s.upload(auth(), newJob("wakes the server"), file("x.png", string(mediatest.PNG(mediatest.Photograph(9, 6)))))
		s.eventually("the job is done", func() bool {
			list := s.jobs("reprocess-1")
			return len(list) == before+1 && list[0].State == "Done"
		})
	}
	again("1 assets", "--failed")
	rows := s.rows(s.jobs("reprocess-1")[0])
	if the(s, rows, "ReoptimizeFailure").Asset != "broken.png" {
		t.Errorf("log %v", rows)
	}
	again("1 assets", "--asset", "good")
	rows = s.rows(s.jobs("reprocess-1")[0])
	if the(s, rows, "ReoptimizeSuccess").Asset != "good.png" {
		t.Errorf("log %v", rows)
	}
}

// Files of each kind that are processed again, twice, are what they were: no asset, no derived file and no member of a set
// is there a second time, and what was made has the bytes and the versions that it had.
func TestReprocessTwiceDoublesNothing(t *testing.T) {
	needsTools(t, "gs", "pdftoppm", "pdfinfo", "pdftotext", "ffmpeg", "ffprobe")
	s := start(t, mediaHere(t))
	document := pdfOf(t, brochure)
	for name, tt := range map[string]struct {
		options string
		file    string
		body    string
		least   int // assets that come of it
	}{
		"picture": {"<manualCropOptions><left>1</left><right>2</right><top>3</top><bottom>4</bottom></manualCropOptions>" +
			"<autoSmartCropOptionsArray><items><name>square</name><width>10</width><height>10</height><type>t</type></items></autoSmartCropOptionsArray>",
			"shirt.png", string(mediatest.PNG(shirt())), 1},
		"pages": {"<pdfOptions><process>Rasterize</process><resolution>72</resolution><colorspace>Auto</colorspace><pdfCatalog>true</pdfCatalog>" +
			"<extractSearchWords>true</extractSearchWords><extractLinks>true</extractLinks></pdfOptions>", "brochure.pdf", document, 4},
		"postscript": {"<postScriptOptions><process>Rasterize</process><resolution>72</resolution></postScriptOptions>", "program.ps", brochure, 3},
		"layers": {"<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendName</layerNaming><createTemplate>true</createTemplate>" +
			"<extractText>true</extractText></layerOptions></photoshopOptions>", "ad.psd", string(advertisement().File()), 4},
		"video":   {"<mediaOptions><videoEncodingPresetsArray></videoEncodingPresetsArray><thumbnailOptions><thumbnailTime>500</thumbnailTime></thumbnailOptions></mediaOptions>", "film.mp4", filmOf(t, "64x64"), 3},
		"archive": {"<unCompressOptions><process>UnCompress</process></unCompressOptions>", "pack.zip", zipOf(t, [2]string{"in/one.png", string(mediatest.PNG(shirt()))}, [2]string{"two.pdf", document}), 2},
		"other":   {"", "words.rtf", "{\\rtf1}", 1},
	} {
		s.finished(s.upload(auth(), documentJob(name, tt.options), file(name+" "+tt.file, tt.body)))
		if got := len(s.assets()); got < tt.least {
			t.Fatalf("%s: %d assets", name, got)
		}
	}
	before := s.stock()
	for range 2 {
		jobs := len(s.underJobs("reprocess-"))
		s.must("", "reprocess", "Demo", "--all")
		s.mustIPS(dialects()[0], "submitJob", fmt.Sprintf("<companyHandle>c|1</companyHandle><jobName>wakes the server</jobName><reprocessAssetsJob><assetHandleArray><items>a|%d</items></assetHandleArray>"+
			"<createMask>false</createMask><emailSetting>None</emailSetting></reprocessAssetsJob>", s.asset("other words.rtf").Number))
		open := func(j job) bool { return j.State != "Done" }
		for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
			list := s.underJobs("reprocess-")
			if len(list) > jobs && !slices.ContainsFunc(list, open) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("of %d jobs some are not done: %+v", len(list), slices.DeleteFunc(list, func(j job) bool { return !open(j) }))
			}
		}
		if diff := cmp.Diff(before, s.stock()); diff != "" {
			t.Fatalf("processed again (-want +got):\n%s", diff)
		}
	}
}

// underJobs lists the jobs whose names begin alike.
func (s *server) underJobs(prefix string) []job {
	s.t.Helper()
	return slices.DeleteFunc(list[job](s, "/v1/jobs", url.Values{}), func(j job) bool { return !strings.HasPrefix(j.OriginalName, prefix) })
}

// stock is all that there is in the library.
func (s *server) stock() map[string][]string {
	s.t.Helper()
	all := map[string][]string{}
	for _, a := range s.assets() {
		var detail struct {
			SHA256  string
			Derived []struct {
				Kind, UUID, Name           string
				Page, Layer, Width, Height int
			}
		}
		s.decode("/v1/assets/"+a.UUID, &detail)
		key := fmt.Sprintf("%d %s%s %s %s %dx%d", a.Number, a.Folder, a.FileName, a.Type, detail.SHA256, a.Width, a.Height)
		for _, d := range detail.Derived {
			all[key] = append(all[key], fmt.Sprintf("%s %s %s %d %d %dx%d", d.Kind, d.UUID, d.Name, d.Page, d.Layer, d.Width, d.Height))
		}
		slices.Sort(all[key])
		if all[key] == nil {
			all[key] = []string{}
		}
	}
	return all
}
