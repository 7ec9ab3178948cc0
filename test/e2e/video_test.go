package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// videoJob is the parameters of a job of one request with options for videos.
func videoJob(name, media string) part {
	return params(jobName(name), endJob, strings.Replace(options(true), "</uploadParams>", "<mediaOptions>"+media+"</mediaOptions></uploadParams>", 1))
}

// filmOf makes a video that is black for a second, then white for two, with sound.
func filmOf(t *testing.T, size string) string {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed: apt-get install ffmpeg")
		}
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	said, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
		fmt.Sprintf("color=black:size=%[1]s:rate=10:duration=1[a];color=white:size=%[1]s:rate=10:duration=2[b];[a][b]concat", size),
		"-f", "lavfi", "-i", "sine=duration=3", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	film, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(film)
}

// videoAsset is what is looked at of a video.
type videoAsset struct {
	Type, State   string
	Width, Height int
	Duration      float64
	Derived       []struct{ Kind, UUID, Name, URL string }
}

func (s *server) video(fileName string) (v videoAsset) {
	s.t.Helper()
	s.decode("/v1/assets/"+s.asset(fileName).UUID, &v)
	return v
}

// TestVideos makes posters at times and encodings by presets and by default, and groups them.
func TestVideos(t *testing.T) {
	s := start(t, mediaHere(t))
	d := dialects()[0]
	const ch = "<companyHandle>c|1</companyHandle>"
	film := filmOf(t, "960x540")
	light := func(picture string) bool {
		img, err := jpeg.Decode(strings.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		r, _, _, _ := img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2).RGBA()
		return r>>8 > 128
	}
	for at, want := range map[string]bool{"<generateThumbnail>true</generateThumbnail>": false, "<thumbnailOptions> <thumbnailTime>2000</thumbnailTime> </thumbnailOptions>": true,
		"<thumbnailOptions><thumbnailTime>99000</thumbnailTime></thumbnailOptions>": false, "": true} {
		s.finished(s.upload(auth(), videoJob("poster", at), file("film.mp4", film)))
		v := s.video("film.mp4")
		if v.Type != "MasterVideo" || v.Width != 960 || v.Height != 540 || v.Duration < 2.8 || v.Duration > 3.2 {
			t.Errorf("%s: %+v", at, v)
		}
		if got := light(s.read("/v1/assets/" + s.asset("film.mp4").UUID + "/thumbnail")); got != want {
			t.Errorf("%s: the thumbnail is light: %v", at, got)
		}
		posters := 0
		for _, made := range v.Derived {
			if made.Kind == "poster" {
				posters++
				if light(s.read(made.URL)) != want {
					t.Errorf("%s: the poster is another frame", at)
				}
			}
		}
		if posters != map[bool]int{true: 0, false: 1}[at == ""] {
			t.Errorf("%s: %d posters", at, posters)
		}
	}

	rows := s.finished(s.upload(auth(), videoJob("ladder", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"), file("ladder.mp4", film)))
	if got := strings.Count(types(rows), "UploadSuccess"); got != 4 { // the video, two encodings, the set
		t.Errorf("%d rows of success: %v", got, rows)
	}
	for name, height := range map[string]int{"ladder_360p.mp4": 360, "ladder_540p.mp4": 540} {
		v := s.video(name)
		if v.Type != "Video" || v.State != "ready" || v.Height != height || v.Duration < 2.5 {
			t.Errorf("%s: %+v", name, v)
		}
		if file := s.read("/v1/assets/" + s.asset(name).UUID + "/original"); codecsOf(t, file) != "h264 aac" {
			t.Errorf("%s holds %s", name, codecsOf(t, file))
		}
	}
	if set := s.asset("ladder-AVS"); set.Type != "AssetSet" {
		t.Errorf("set %+v", set)
	}
	answer := s.mustIPS(d, "getAssetsByName", ch+"<nameArray><items>ladder-AVS</items></nameArray>").at("assetArray", "items")
	if text := answer.at("assetSetInfo", "setDefinition").Text; strings.Count(text, "${getFilePath([a|") != 2 {
		t.Errorf("definition %q", text)
	}
	if kinds := len(s.video("ladder.mp4").Derived); kinds != 4 { // thumbnail, two encodings, the set
		t.Errorf("the video has %+v", s.video("ladder.mp4").Derived)
	}

	// The same again: nothing is doubled.
	before := len(s.assets())
	s.finished(s.upload(auth(), videoJob("again", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"), file("ladder.mp4", film)))
	if after := len(s.assets()); after != before {
		t.Errorf("%d assets, %d before", after, before)
	}
}

// TestVideoPresets encodes by property sets, and says which of them cannot be used.
func TestVideoPresets(t *testing.T) {
	s := start(t, mediaHere(t))
	d := dialects()[0]
	film := filmOf(t, "320x180")
	kind := s.mustIPS(d, "createPropertySetType", "<companyHandle>c|1</companyHandle><name>Video_Encoding</name><propertyType>CompanyProperty</propertyType><allowMultiple>true</allowMultiple>").at("typeHandle").Text
	set := s.mustIPS(d, "createPropertySet", "<typeHandle>"+kind+"</typeHandle><primaryOwnerHandle>c|1</primaryOwnerHandle><propertyArray>"+
		"<items><name>name</name><value>Tiny</value></items><items><name>fileSuffix</name><value>-tiny</value></items>"+
		"<items><name>height</name><value>90</value></items><items><name>videoBitrate</name><value>200</value></items></propertyArray>").at("setHandle").Text
	rows := s.finished(s.upload(auth(), videoJob("presets", "<videoEncodingPresetsArray><items>"+set+"</items><items>ps|999999</items></videoEncodingPresetsArray>"), file("clip.mp4", film)))
	if v := s.video("clip-tiny.mp4"); v.Width != 160 || v.Height != 90 || v.Type != "Video" {
		t.Errorf("%+v", v)
	}
	if r := the(s, rows, "UploadWarning"); !strings.Contains(r.Message, "ps|999999") {
		t.Errorf("row %+v", r)
	}
}

// codecsOf lists the codecs of a file in the order of its streams.
func codecsOf(t *testing.T, file string) string {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-of", "json", "-show_entries", "stream=codec_name", "-")
	cmd.Stdin = bytes.NewReader([]byte(file))
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Streams []struct {
			Name string `json:"codec_name"`
		}
	}
	if err := json.Unmarshal(said, &found); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range found.Streams {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}
