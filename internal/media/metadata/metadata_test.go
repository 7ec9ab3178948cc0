package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bep/imagemeta"
	"github.com/google/go-cmp/cmp"

	"sluice/internal/wire/xmp"
)

// samples is the folder with the sample pictures of the EXIF reader's own module.
func samples(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/bep/imagemeta").Output()
	folder := filepath.Join(strings.TrimSpace(string(out)), "testdata", "images")
	if _, missing := os.Stat(folder); err != nil || missing != nil {
		t.Skipf("the module github.com/bep/imagemeta is not in the module cache: %v", err)
	}
	return folder
}

// read reads the metadata of a file as a worker does.
func read(t testing.TB, path string) *Metadata {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src := io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
	if kind := map[string]string{
		".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif", ".dng": "image/x-adobe-dng", ".cr2": "image/x-canon-cr2",
		".nef": "image/x-nikon-nef", ".arw": "image/x-sony-arw", ".pef": "image/x-pentax-pef",
	}[filepath.Ext(path)]; kind != "" {
		return ReadOther(src, kind)
	}
	return Read(src, 0)
}

// What stands in EXIF, IPTC and XMP comes under the names of XMP.
func TestSamples(t *testing.T) {
	folder := samples(t)
	for name, want := range map[string]map[string]string{
		"bep/sunrise.jpg": {
			"tiff.Make": "RICOH IMAGING COMPANY, LTD.", "tiff.Model": "PENTAX K-3 II", "tiff.Orientation": "1", "exif.DateTimeOriginal": "2017-10-27T08:38:52",
			"exif.ExposureTime": "0.005", "exif.FNumber": "5.6", "exif.ISOSpeedRatings": "100", "exif.FocalLength": "21",
			"exif.GPSLatitude": "36.59744167", "exif.GPSLongitude": "-4.50846", "exif.GPSAltitude": "5.8", "exif.GPSTimeStamp": "2017-10-27T06:38:52Z",
			"exifEX.LensModel": "smc PENTAX-DA* 16-50mm F2.8 ED AL [IF] SDM", "photoshop.City": "Benalmádena", "photoshop.Headline": "Sunrise in Spain",
			"dc.creator": "Bjørn Erik Pedersen", "dc.subject": "Malaga|Torremolinos", "photoshop.ICCProfile": "sRGB IEC61966-2.1",
			"xmp.Rating": "4", "Iptc4xmpCore.CountryCode": "ES", "crs.Version": "", "xmpMM.DocumentID": "", "packet": "yes",
		},
		"metadata_demo_exif_only.jpg":            {"dc.creator": "Carl Seibert (Exif)", "dc.rights": "© Copyright 2017 Carl Seibert  metadatamatters.blog (Exif)", "packet": ""},
		"metadata-extractor/withIptc.jpg":        {"photoshop.City": "City", "packet": ""},
		"metadata_demo_iim_and_xmp_only.jpg":     {"dc.creator": "Carl Seibert (XMP)", "packet": "yes"},
		"bep/sunrise.png":                        {"tiff.Model": "PENTAX K-3 II", "exif.GPSLongitude": "-4.50846"},
		"bep/sunrise.webp":                       {"tiff.Model": "PENTAX K-3 II", "photoshop.City": "Benalmádena", "packet": "yes"},
		"bep/sunrise.tif":                        {"tiff.Model": "PENTAX K-3 II", "photoshop.City": "Benalmádena", "packet": "yes"},
		"bep/sunset.avif":                        {"tiff.Model": "PENTAX K-3 II"},
		"iphone.heic":                            {"tiff.Make": "Apple"},
		"sample.cr2":                             {"tiff.Make": "Canon"},
		"sample.nef":                             {"tiff.Make": "NIKON CORPORATION"},
		"metadata-extractor/noExif.jpg":          {"tiff.Make": "", "packet": ""},
		"metadata-extractor/withIptcExifGps.jpg": {"exif.GPSLatitude": "54.98966667", "exif.GPSLongitude": "-1.914166667"},
	} {
		m := read(t, filepath.Join(folder, name))
		for key, value := range want {
			got := strings.Join(m.Values[key], "|")
			if key == "packet" {
				if got = ""; m.Packet != nil {
					got = "yes"
				}
			}
			if got != value {
				t.Errorf("%s: %s is %q, want %q", name, key, got, value)
			}
		}
		if again := read(t, filepath.Join(folder, name)); !cmp.Equal(m, again) {
			t.Errorf("%s: read again it says something else", name)
		}
		if m.Packet != nil {
			if _, err := xmp.Parse(m.Packet); err != nil {
				t.Errorf("%s: the packet cannot be read: %v", name, err)
			}
		}
	}
}

// Without a tool the same is found as exiftool finds.
func TestAgainstExiftool(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool is not installed: apt-get install libimage-exiftool-perl")
	}
	folder := samples(t)
	files, compared, different := 0, 0, 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "corrupt") || filepath.Ext(path) == ".txt" {
			return err
		}
		if testing.Short() && !strings.Contains(path, "bep") {
			return nil
		}
		answer, err := exec.Command("exiftool", ToolArguments(path)...).Output()
		if err != nil && len(answer) == 0 {
			return nil // exiftool does not read it
		}
		theirs, err := Tool(answer)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		files++
		ours := read(t, path)
		for _, key := range slices.Sorted(maps.Keys(theirs.Values)) {
			compared++
			if !alike(ours.Values[key], theirs.Values[key]) {
				different++
				t.Logf("%s: %s is %.80q, exiftool says %.80q", filepath.Base(path), key, ours.Values[key], theirs.Values[key])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d values in %d files are different", different, compared, files)
	if compared < 100 || different*50 > compared {
		t.Errorf("%d of %d values are different, more than 2 %%", different, compared)
	}
}

// alike compares values: numbers with eight digits.
func alike(ours, theirs []string) bool {
	return slices.EqualFunc(ours, theirs, func(a, b string) bool {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return a == b || errX == nil && errY == nil && math.Abs(x-y) <= 1e-8*max(1, math.Abs(y))
	})
}

// Files that were made to break readers give less, not more, and end.
func TestHostileFiles(t *testing.T) {
	folder := filepath.Join(samples(t), "corrupt")
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		within(t, read(t, filepath.Join(folder, file.Name())))
	}
	whole, err := os.ReadFile(filepath.Join(samples(t), "bep", "sunrise.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < min(len(whole), 70_000); cut += 97 {
		within(t, Read(io.NewSectionReader(bytes.NewReader(whole[:cut]), 0, int64(cut)), 0))
	}
}

// within fails when metadata is beyond the limits.
func within(t testing.TB, m *Metadata) {
	t.Helper()
	total := 0
	for key, values := range m.Values {
		total += len(key)
		for _, value := range values {
			total += len(value)
			if len(value) > MaxValue || !utf8.ValidString(value) || strings.ContainsRune(value, 0) || value == "" {
				t.Errorf("%s: a value of %d bytes that is not fit", key, len(value))
			}
		}
		if len(values) > MaxItems || !isKey(key) {
			t.Errorf("%q has %d values", key, len(values))
		}
	}
	if len(m.Values) > MaxFields || total > MaxTotal || len(m.Packet) > MaxPacket {
		t.Errorf("%d fields of %d bytes and a packet of %d are beyond the limits", len(m.Values), total, len(m.Packet))
	}
}

func TestLimits(t *testing.T) {
	m := &Metadata{Packet: bytes.Repeat([]byte("x"), MaxPacket+1), Values: map[string][]string{
		"dc.title": {strings.Repeat("é", MaxValue), "a\x00b\xffc", " ", ""}, "no key": {"x"}, "none": {"x"}, "crs.Contrast": {"x"},
		"photoshop.DocumentAncestors": {"x"}, "dc.subject": make([]string, 3*MaxItems),
	}}
	for i := range m.Values["dc.subject"] {
		m.Values["dc.subject"][i] = fmt.Sprint(i)
	}
	for i := range 3 * MaxFields {
		m.Values[fmt.Sprintf("other.p%d", i)] = []string{strings.Repeat("y", 400)}
	}
	got := m.Bounded()
	within(t, got)
	if got.Packet != nil || len(got.Values["dc.title"]) != 2 || got.Values["dc.title"][1] != "abc" || len(got.Values["dc.subject"]) != MaxItems {
		t.Errorf("title %.40q, %d subjects, a packet of %d bytes", got.Values["dc.title"], len(got.Values["dc.subject"]), len(got.Packet))
	}
	for _, gone := range []string{"no key", "none", "crs.Contrast", "photoshop.DocumentAncestors"} {
		if got.Values[gone] != nil {
			t.Errorf("%s is kept", gone)
		}
	}
	if len(got.Values) < 100 {
		t.Errorf("%d fields are kept", len(got.Values))
	}
	if again := m.Bounded(); !cmp.Equal(got, again) {
		t.Error("what is left out is by chance")
	}
}

func TestForms(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{moment("2017:10:27 08:38:52", "+02:00"), "2017-10-27T08:38:52+02:00"}, {moment("2017:10:27 08:38:52", ""), "2017-10-27T08:38:52"},
		{moment("2017:10:27", ""), "2017-10-27"}, {moment("0000:00:00 00:00:00", ""), ""}, {moment("    :  :     :  :  ", ""), ""},
		{moment("2017:10:27 08:38:52.25Z", ""), "2017-10-27T08:38:52.25Z"}, {moment("2017:13:27 08:38:52", ""), ""},
		{moment("2017:10:27 nonsense", ""), "2017-10-27"}, {moment("2017:10:27 13:04:44+1000", ""), "2017-10-27T13:04:44+10:00"},
		{degrees("36,35.8465N", 90), "36.59744167"}, {degrees("4,30,30.456W", 180), "-4.508460000"[:8]}, {degrees("95,0N", 90), ""},
		{degrees("-12.5", 90), "-12.5"}, {degrees("N", 90), ""}, {degrees("1,99N", 90), ""}, {degrees("NaN", 90), ""},
		{decimal(1.0 / 60), "0.01666666667"}, {decimal(math.NaN()), ""}, {decimal(math.Inf(1)), ""}, {decimal(0.00000008), "0.00000008"},
		{quotient("56/10"), "5.6"}, {quotient("1/0"), "1/0"}, {quotient("x"), "x"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// A packet in a PNG file, a GIF file or a file of several blocks is found.
func TestPackets(t *testing.T) {
	packet := xmp.New()
	if err := packet.Set("dc.title", "A title"); err != nil {
		t.Fatal(err)
	}
	body := string(packet.Bytes())
	chunk := func(kind, data string) string {
		n := len(data)
		return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + kind + data + "crc!"
	}
	trailer := "\x01"
	for i := 0xff; i >= 0; i-- {
		trailer += string([]byte{byte(i)})
	}
	for name, file := range map[string]string{
		"png": "\x89PNG\r\n\x1a\n" + chunk("IHDR", strings.Repeat("\x00", 13)) + chunk("IDAT", "pixels") + chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+body) + chunk("IEND", ""),
		"gif": "GIF89a\x01\x00\x01\x00\x80\x00\x00aaabbb\x21\xff\x0bXMP DataXMP" + body + trailer + "\x00;",
		"jpeg": "\xff\xd8\xff\xe1" + string([]byte{byte((len(body) + 31) >> 8), byte(len(body) + 31)}) + "http://ns.adobe.com/xap/1.0/\x00" + body +
			"\xff\xda\x00\x02",
	} {
		m := Read(io.NewSectionReader(strings.NewReader(file), 0, int64(len(file))), 0)
		if got := m.Values["dc.title"]; !slices.Equal(got, []string{"A title"}) || m.Packet == nil {
			t.Errorf("%s: title %q, a packet of %d bytes", name, got, len(m.Packet))
		}
	}
}

// What exiftool says of documents, video and sound.
func TestToolAnswers(t *testing.T) {
	m, err := Tool([]byte(`[{"SourceFile":"x","PDF:Title":"Plan","PDF:Author":"Ann","PDF:CreateDate":"2026:11:21 12:19:39Z","PDF:Keywords":["a","b"],
		"ItemList:Artist":1999,"GPS:GPSLatitude":12.5,"GPS:GPSLatitudeRef":"S","GPS:GPSLongitude":7,"Track1:Title":"no","IPTC:City":"Rome","XMP-svg:X":"y"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"dc.title": {"Plan"}, "dc.creator": {"Ann"}, "xmp.CreateDate": {"2026-11-21T12:19:39Z"}, "pdf.Keywords": {"a", "b"}, "xmpDM.artist": {"1999"},
		"exif.GPSLatitude": {"-12.5"}, "exif.GPSLongitude": {"7"}, "photoshop.City": {"Rome"}, "svg.X": {"y"},
	}
	if diff := cmp.Diff(want, m.Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, answer := range []string{"", "[]", "{}", "[{},{}]", "[{", "null"} {
		if _, err := Tool([]byte(answer)); err == nil {
			t.Errorf("the answer %q is one", answer)
		}
	}
}

func FuzzRead(f *testing.F) {
	folder := samples(f)
	for _, name := range []string{
		"metadata-extractor/withIptcExifGps.jpg", "metadata-extractor/withXmp.jpg", "metadata-extractor/withIptc.jpg", "utf8-in-ztxt.png",
		"corrupt/infinite_loop_exif.jpg", "corrupt/max_uint32_exif.jpg",
	} {
		file, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file[:min(len(file), 60_000)])
	}
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00aaabbb\x21\xff\x0bXMP DataXMP<x/>\x01\xff\xfe\xfd"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\x10\x00\x00\x00Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		src := io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
		within(t, Read(src, 72))
		for _, kind := range slices.Sorted(maps.Keys(formats())) {
			if formats()[kind] == imagemeta.HEIF || formats()[kind] == imagemeta.CR2 {
				within(t, ReadOther(src, kind))
			}
		}
	})
}

func FuzzTool(f *testing.F) {
	f.Add([]byte(`[{"SourceFile":"x","PDF:Title":"Plan","GPS:GPSLatitude":"x","XMP-dc:Title":["a",1,true,null]}]<x:xmpmeta/>`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		m, err := Tool(answer)
		if err != nil {
			return
		}
		within(t, m)
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
	})
}
