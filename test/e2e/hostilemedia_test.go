package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// everyOption asks for all that can be done with files of every type.
const everyOption = "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>true</createMask>" +
	"<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0.1</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>" +
	"<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendNumber</layerNaming><anchor>Center</anchor>" +
	"<createTemplate>true</createTemplate><extractText>true</extractText><extendLayers>false</extendLayers></layerOptions></photoshopOptions>" +
	"<pdfOptions><process>Rasterize</process><resolution>72</resolution><colorspace>Auto</colorspace><pdfCatalog>true</pdfCatalog>" +
	"<extractSearchWords>true</extractSearchWords><extractLinks>true</extractLinks></pdfOptions>" +
	"<postScriptOptions><process>Rasterize</process><resolution>72</resolution><colorspace>Auto</colorspace><alpha>false</alpha><extractSearchWords>true</extractSearchWords></postScriptOptions>" +
	"<inDesignOptions><process>Thumbnail</process></inDesignOptions>" +
	"<mediaOptions><thumbnailOptions><thumbnailTime>500</thumbnailTime></thumbnailOptions><videoEncodingPresetsArray></videoEncodingPresetsArray></mediaOptions>" +
	"<unCompressOptions><process>UnCompress</process></unCompressOptions><emailSetting>None</emailSetting></uploadParams>"

// sendAll uploads files into one job with all options, and returns its log when it is done.
func (s *server) sendAll(name string, files map[string]string, patience time.Duration) []row {
	s.t.Helper()
	return s.done(s.sendInto(name, files), patience)
}

// sendInto uploads files in the order of their names into one job with all options, some in each request, and ends it.
func (s *server) sendInto(name string, files map[string]string) (handle string) {
	s.t.Helper()
	names := slices.Sorted(maps.Keys(files))
	for chunk := range slices.Chunk(names, 25) {
		inner := []string{jobName(name), everyOption}
		if handle != "" {
			inner = []string{jobHandle(handle)}
		}
		parts := []part{auth(), params(inner...)}
		for _, n := range chunk {
			parts = append(parts, file(n, files[n]))
		}
		handle = s.upload(parts...)
	}
	s.upload(auth(), params(jobHandle(handle), endJob))
	return handle
}

// done waits until a job is done, for longer than finished does, and returns its log.
func (s *server) done(handle string, patience time.Duration) []row {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		j := s.job(handle)
		if j.State == "Done" {
			return s.rows(j)
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("after %v the job is %s (%d%%); under way: %v", patience, j.State, j.Progress, s.underway())
		}
	}
}

// underway names assets that wait for a step.
func (s *server) underway() (names []string) {
	s.t.Helper()
	for _, a := range s.assets() {
		if a.State == "processing" {
			names = append(names, fmt.Sprintf("%s %v", a.FileName, a.Pending))
		}
	}
	return names
}

// outcomes counts, for each file, the rows that say what became of it, and collects what warnings and errors say.
func outcomes(rows []row) (ends map[string]int, said map[string]string) {
	ends, said = map[string]int{}, map[string]string{}
	for _, r := range rows {
		switch r.Type {
		case "UploadSuccess", "FileUpdated", "UploadError", "DuplicateSkipped":
			ends[r.Asset]++
		}
		if r.Type == "UploadError" || r.Type == "UploadWarning" {
			said[r.Asset] += r.Message + "\n"
		}
	}
	return ends, said
}

// settled checks that nothing of the work on files is left: no temporary file, no file on its way, no process of the server once it
// has ended.
func (s *server) settled(f *family, temporary string) {
	s.t.Helper()
	s.awaitNothingUnderway()
	for _, folder := range []string{temporary, s.data} {
		left, err := filepath.Glob(filepath.Join(folder, "sluice-*"))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, name := range left {
			if base := filepath.Base(name); strings.HasPrefix(base, "sluice-media-") || folder == temporary {
				s.t.Errorf("%s is left", name)
			}
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		s.t.Errorf("the folder for temporary files has %v, %v", left, err)
	}
	s.stop(s.t)
	f.end()
	f.gone(s.t)
}

// Most memory that the server may take while it works on files of any kind, and that one of its processes may take: that of the
// setting, and what the program itself and its libraries have mapped.
const (
	mostServer = 128 << 20
	mostChild  = 1<<30 + 384<<20
)

// bounded checks memory.
func (s *server) bounded(f *family) {
	s.t.Helper()
	largest, name := f.largest()
	s.t.Logf("the server took %d MiB, its largest process %d MiB (%.100s), %d at once", s.peak()>>20, largest>>20, name, f.most)
	if peak := s.peak(); peak > mostServer {
		s.t.Errorf("the server took %d MiB, it may take %d MiB", peak>>20, mostServer>>20)
	}
	if largest > mostChild {
		s.t.Errorf("a process took %d MiB, it may take %d MiB: %s", largest>>20, mostChild>>20, name)
	}
}

// TestHostileMedia sends files that bomb, lie, loop or reach for what is not theirs, in every format, through one job with all
// options. Each has its row, and nothing else is harmed.
func TestHostileMedia(t *testing.T) {
	slow(t)
	temporary, reached := t.TempDir(), filepath.Join(t.TempDir(), "reached")
	s := start(t, mediaHere(t), "SLUICE_MEDIA_TIMEOUT=3s", "SLUICE_MEDIA_ENCODE_TIMEOUT=5s", "SLUICE_MEDIA_WORKERS=2", "SLUICE_MEDIA_UNPACK_SIZE=200MiB", "TMPDIR="+temporary)
	f := s.watch()
	files := map[string]string{}
	maps.Copy(files, pictureBombs(t))
	maps.Copy(files, archiveBombs(t))
	maps.Copy(files, documentBombs(t, reached))
	maps.Copy(files, footageBombs())
	maps.Copy(files, mutants(t))
	files = distinct(files)
	began := time.Now()
	rows := s.sendAll("hostile", files, 10*time.Minute)
	t.Logf("%d files took %v", len(files), time.Since(began))
	ends, said := outcomes(rows)
	for name := range files {
		switch archive := unpacked(name); {
		case ends[name] != 1 && !archive, ends[name] > 1:
			t.Errorf("%s has %d rows that say what became of it; warnings: %s", name, ends[name], said[name])
		}
	}
	for name, words := range map[string]string{
		"gigapixels-png.png": "pixels", "claim-jpg.jpg": "pixels", "claim-psd.psd": "ends before", "claim-tif.tif": "malformed", "loop-ps.ps": "within the limit of 3s",
		"ratio-zip.zip": "come of each", "overlap-zip.zip": "it was not unpacked", "many-zip.zip": "members", "ratio-tgz.tgz": "come of each", "link.css": "link",
		"up.css": "leads out", "abs.css": "absolute",
	} {
		if !strings.Contains(said[name], words) || said[name] == "" {
			t.Errorf("%s: the log says %q, want %q", name, said[name], words)
		}
	}
	if under := s.underway(); len(under) > 0 {
		t.Errorf("not finished: %v", under)
	}
	for name, content := range files {
		if path.Ext(name) == ".png" { // what is kept is what was sent
			s.holds(name, content)
			break
		}
	}
	s.wellIn(unhurried)
	s.bounded(f)
	s.settled(f, temporary)
	if _, err := os.Stat(reached); err == nil {
		t.Error("a document has written a file")
	}
}

// distinct puts the types of files into their names: assets are told apart by their names without extensions.
func distinct(files map[string]string) map[string]string {
	named := map[string]string{}
	for name, content := range files {
		ext := path.Ext(name)
		named[strings.TrimSuffix(name, ext)+"-"+ext[1:]+ext] = content
	}
	return named
}

// unpacked reports whether a file is an archive, whose members may stand for it.
func unpacked(name string) bool {
	return slices.Contains([]string{".zip", ".tar", ".tgz", ".gz"}, path.Ext(name))
}
