package jobs

import (
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// encodingOf reads a preset. The names of its properties are those of the fields of
// the type VideoEncoding (Scene7 contract, section 13.3); bit rates are in kbit/s.
func encodingOf(p engine.EncodePreset) (media.Encoding, error) {
	r := presetReader{properties: p.Properties}
	e := media.Encoding{
		Width: int(r.number("width")), Height: int(r.number("height")), VideoRate: r.rate("videobitrate"), MaxRate: r.rate("maxbitrate"),
		Constant: r.flag("constantbitrate"), FrameRate: r.number("framerate"), KeySeconds: int(r.number("keyframeinterval")),
		Profile: strings.ToLower(p.Properties["h264profile"]), Level: p.Properties["h264level"],
		AudioRate: r.rate("audiobitrate"), SampleRate: int(r.number("audiosamplerate")),
	}
	r.oneOf("videocodec", "h264", "h.264", "avc", "libx264", "x264")
	r.oneOf("audiocodec", "aac", "heaac", "he-aac", "heaacv2", "libfaac")
	if e.VideoRate == 0 {
		r.refuse("it has no property videoBitrate")
	}
	if r.err != nil {
		return e, r.err
	}
	e.Suffix = suffixOf(p)
	if e.Name = p.Properties["name"]; e.Name == "" {
		e.Name = strings.TrimPrefix(e.Suffix, "_")
	}
	return e, nil
}

// shortName tells presets apart: by the number of their set, or by what the job calls them.
func shortName(p engine.EncodePreset) string {
	if p.Handle == "" {
		return withoutMarks(p.Properties["name"])
	}
	return strings.TrimPrefix(p.Handle, "ps|")
}

// withoutMarks puts lines in the places of what names of files cannot have.
func withoutMarks(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, text)
}

// suffixOf is what the names of a preset's files end with.
func suffixOf(p engine.EncodePreset) string {
	suffix := p.Properties["filesuffix"]
	for _, ending := range []string{".mp4", ".f4v", ".m4v"} {
		suffix = strings.TrimSuffix(suffix, ending)
	}
	suffix = withoutMarks(suffix)
	if suffix == "" || len(suffix) > 64 {
		suffix = "_" + shortName(p)
	}
	if !strings.ContainsAny(suffix[:1], "_- ") {
		suffix = "_" + suffix
	}
	return suffix
}

// presetReader reads properties and keeps what is wrong with the first bad one.
type presetReader struct {
	properties map[string]string
	err        error
}

func (r *presetReader) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = &ingest.Error{Kind: ingest.Invalid, Op: "jobs.encodingOf", Msg: fmt.Sprintf(format, args...)}
	}
}

// number reads a figure; 0 when it is not there, or is Auto.
func (r *presetReader) number(name string) float64 {
	text := r.properties[name]
	if text == "" || strings.EqualFold(text, "auto") {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		r.refuse("its property %s is %.32q, which is no figure that can be used", name, text)
		return 0
	}
	return n
}

// rate reads a bit rate: up to 100,000 in kbit/s, else in bit/s.
func (r *presetReader) rate(name string) int {
	n := r.number(name)
	if n <= 100_000 {
		n *= 1000
	}
	return int(n)
}

func (r *presetReader) flag(name string) bool {
	on, err := strconv.ParseBool(strings.ToLower(r.properties[name]))
	return err == nil && on
}

func (r *presetReader) oneOf(name string, words ...string) {
	text := r.properties[name]
	if text == "" {
		return
	}
	for _, word := range words {
		if strings.EqualFold(text, word) {
			return
		}
	}
	r.refuse("its property %s is %.32q, %s is what is made", name, text, map[bool]string{true: "H.264", false: "AAC"}[name == "videocodec"])
}
