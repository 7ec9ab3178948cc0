package media

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// answering is a Runner whose exiftool answers with what stands in the file behind a head of 16 bytes.
func answering(t *testing.T) *Runner {
	t.Helper()
	return scripted(t, map[string]string{"exiftool": "exec /usr/bin/tail -c +17 " + toolInput})
}

// inBase64 is a picture as exiftool gives it, which is longer by so many bytes than it needs to be.
func inBase64(picture []byte, more int) string {
	return `"base64:` + base64.StdEncoding.EncodeToString(append(bytes.Clone(picture), make([]byte, more)...)) + `"`
}

const (
	rawHead      = "FUJIFILMCCD-RAW "
	indesignHead = indesignMagic
)

// The largest sound picture of an answer is taken, whatever else stands in it.
func TestAnswersAboutCameraRaw(t *testing.T) {
	small, large := mediatest.JPEG(mediatest.Picture(30, 20)), mediatest.JPEG(mediatest.Picture(60, 40))
	noise := bytes.Repeat([]byte("noise"), 10_000)
	for name, tt := range map[string]struct {
		answer string
		width  int // of the picture
		class  fault.Class
	}{
		"two":                   {`[{"SourceFile":"x","A:Small":` + inBase64(small, 0) + `,"A:Large":` + inBase64(large, 0) + `,"IFD0:Orientation":6}]`, 60, ""},
		"behind noise":          {`[{"A":` + inBase64(noise, 0) + `,"B":` + inBase64(noise, 0) + `,"C":` + inBase64(noise, 0) + `,"D":` + inBase64(noise, 0) + `,"E":` + inBase64(small, 0) + `}]`, 30, ""},
		"behind a broken one":   {`[{"A":` + inBase64(large[:100], 1<<20) + `,"B":` + inBase64(small, 0) + `}]`, 30, ""},
		"behind a damaged one":  {`[{"A":` + strings.Replace(inBase64(large, 0), "=", "!", 1) + `,"B":"base64:!!!!","C":` + inBase64(small, 0) + `}]`, 30, ""},
		"behind three that lie": {`[{` + strings.Repeat(`"A":`+inBase64([]byte("\xff\xd8\xff"), 1<<16)+`,`, 3) + `"B":` + inBase64(small, 0) + `}]`, 0, fault.Unsupported},
		"too long":              {`[{"A":` + inBase64(large, largestInRaw) + `,"B":` + inBase64(small, 0) + `}]`, 30, ""},
		"no pictures":           {`[{"SourceFile":"x","A":"text","B":[1,{"C":"base64:YWFh"}]}]`, 0, fault.Unsupported},
		"no answer":             {"", 0, fault.Crashed},
		"cut off":               {`[{"A":` + inBase64(small, 0)[:50], 0, fault.Crashed},
		"nonsense":              {"nonsense", 0, fault.Crashed},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := answering(t).posterOf(t.Context(), rawHead+tt.answer, "a.raf")
			if fault.ClassOf(err) != tt.class || found.Width != tt.width || (found.Thumbnail == nil) != (tt.width == 0) {
				t.Errorf("%d wide, %v", found.Width, err)
			}
			if turned := found.Orientation == 6; err == nil && turned != strings.Contains(tt.answer, "Orientation") {
				t.Errorf("it is to be turned: %d", found.Orientation)
			}
		})
	}
}

// A long answer, and many pictures in it, take hardly any memory of the server. All that is ever allocated is counted, so
// that it is less at any time.
func TestLongAnswersAreNotHeldInMemory(t *testing.T) {
	picture := mediatest.JPEG(mediatest.Picture(60, 40))
	many := strings.Repeat(inBase64(picture, 0)+",", 2*mostSaved)
	for name, file := range map[string]string{
		"a.raf":  fmt.Sprintf(`%s[{"A":%s,"B":%s,"C":%s}]`, rawHead, inBase64(picture, 20<<20), inBase64(picture, 10<<20), inBase64(picture, 10<<20)),
		"b.raf":  rawHead + `[{"A":[` + many + `0],"B":"` + strings.Repeat("words ", 5<<20) + `"}]`,
		"c.indd": indesignHead + `[{"PageImage":[` + inBase64(picture, 12<<20) + "," + many + `0]}]`,
	} {
		r := answering(t)
		if _, err := r.Probe(t.Context()); err != nil { // the worker runs
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		found, err := r.posterOf(t.Context(), file, name)
		runtime.ReadMemStats(&after)
		if err != nil || found.Thumbnail == nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %d KiB were allocated", name, (after.TotalAlloc-before.TotalAlloc)>>10)
		most := uint64(1 << 20)
		if strings.Contains(file, many) {
			most += mostSaved * 5 << 10 // what reading each picture leaves behind
		}
		if after.TotalAlloc-before.TotalAlloc > most {
			t.Errorf("%s: %d KiB were allocated for an answer of %d KiB", name, (after.TotalAlloc-before.TotalAlloc)>>10, len(file)>>10)
		}
	}
}
