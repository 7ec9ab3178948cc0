package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"path"
	"strings"
)

// video is the only file of an entry.
func video(name string, body func(*kit, context.Context) ([]byte, error)) maker {
	return func(ctx context.Context, k *kit) ([]sample, error) {
		file, err := body(k, ctx)
		return []sample{{name, file}}, err
	}
}

func footage() []entry {
	const section = "Video and sound"
	film := func(option, look, options string) entry {
		return entry{section: section, option: option, format: "MP4", look: look, needs: []string{"ffmpeg", "ffprobe"}, files: video("film.mp4", (*kit).film), late: "<mediaOptions>" + options + "</mediaOptions>"}
	}
	list := []entry{film("none: the thumbnail", "a frame that is not dark", ""), film("generateThumbnail", "the first frame, which is dark", "<generateThumbnail>true</generateThumbnail>"),
		film("thumbnailOptions", "the frame at 2.5 s", "<thumbnailOptions><thumbnailTime>2500</thumbnailTime></thumbnailOptions>"),
		film("generateThumbnail false", "as without the option: a frame that is not dark", "<generateThumbnail>false</generateThumbnail>"),
		film("thumbnailOptions, a time that the video does not have", "the first frame, which is dark", "<thumbnailOptions><thumbnailTime>99000</thumbnailTime></thumbnailOptions>")}
	list[0].after, list[1].after, list[2].after, list[3].after, list[4].after = thumbnail, made("poster"), made("poster"), thumbnail, made("poster")
	for _, e := range []entry{
		film("videoEncodingPresetsArray, empty: the default encodings", "a frame of each second of each encoding, and its facts; the adaptive video set has all of them", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"),
		film("videoEncodingPresetsArray, a preset", "180 lines at 300 kbit/s", "<videoEncodingPresetsArray><items>{preset}</items></videoEncodingPresetsArray>"),
		film("videoEncodingArray", "360 lines at 500 kbit/s and 240 lines at 200 kbit/s, 5 frames a second", "<videoEncodingArray>"+encoding("Middle", "_mid", 360, 500, "")+encoding("Slow", "_slow", 240, 200, "<frameRate>5</frameRate>")+"</videoEncodingArray>"),
		film("avsEncodingArray", "the encodings of a set that the job describes", "<avsEncodingArray><items><name>Sizes</name><videoEncodingArray>"+encoding("Large", "_l", 540, 800, "")+encoding("Small", "_s", 180, 150, "")+"</videoEncodingArray></items></avsEncodingArray>"),
		film("videoEncodingPresetsArray and videoEncodingArray", "one set of both", "<videoEncodingPresetsArray><items>{preset}</items></videoEncodingPresetsArray><videoEncodingArray>"+encoding("Middle", "_mid", 360, 500, "")+"</videoEncodingArray>"),
	} {
		e.after = encoded
		list = append(list, e)
	}
	crops := film("videoSmartCropArray, videoSmartCropSampleRate", "a warning: crops of videos are not made", "<videoSmartCropArray><items><width>100</width><height>100</height></items></videoSmartCropArray><videoSmartCropSampleRate>1</videoSmartCropSampleRate>")
	crops.after = logged
	list = append(list, crops)
	return append(list, entry{section: section, option: "none: the cover", format: "M4A", look: "the cover as thumbnail", needs: []string{"ffmpeg", "ffprobe"}, files: video("song.m4a", (*kit).song), after: thumbnail})
}

// encoding describes an encoding of a job.
func encoding(name, suffix string, lines, kilobits int, more string) string {
	return fmt.Sprintf("<items><name>%s</name><fileSuffix>%s</fileSuffix><height>%d</height><videoBitrate>%d</videoBitrate>%s<audioBitrate>64</audioBitrate></items>", name, suffix, lines, kilobits, more)
}

// encoded shows frames of each encoding with what ffprobe says of it, and the set of all.
func encoded(ctx context.Context, k *kit, r result) (image.Image, error) {
	found, err := r.derivedOf("encoding")
	if err != nil {
		return nil, err
	}
	var rows []image.Image
	for _, d := range found {
		if path.Ext(d.Name) == "" {
			continue // the set
		}
		body, err := k.read(ctx, d.URL)
		if err != nil {
			return nil, err
		}
		frames, err := k.view(ctx, sample{d.Name, body})
		if err != nil {
			return nil, err
		}
		facts, err := k.facts(ctx, sample{d.Name, body})
		if err != nil {
			return nil, err
		}
		rows = append(rows, side([]captioned{{d.Name, frames}, {"", written(facts...)}}))
	}
	for _, set := range r.assets {
		if set.Type != "AssetSet" {
			continue
		}
		n, err := k.ips(ctx, "getAssets", company+fmt.Sprintf("<assetHandleArray><items>a|%d</items></assetHandleArray>", set.Number))
		if err != nil {
			return nil, err
		}
		lines := []string{set.Name + ", " + set.Type + " of the sub-type " + n.text("subType") + ":"}
		for _, member := range strings.Split(n.text("setDefinition"), ",") {
			lines = append(lines, "    "+inWords(member, r.assets))
		}
		return stacked(append(rows, written(lines...))...), nil
	}
	return nil, fmt.Errorf("there is no adaptive video set: %v", r.rows)
}

// inWords puts the name of the asset behind a member of a set's definition.
func inWords(member string, assets []asset) string {
	for _, a := range assets {
		if strings.Contains(member, fmt.Sprintf("a|%d]", a.Number)) {
			return member + "   " + a.FileName
		}
	}
	return member
}

// facts are what ffprobe says of a video.
func (k *kit) facts(ctx context.Context, file sample) ([]string, error) {
	told, err := k.tool(ctx, file, "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", "IN")
	if err != nil {
		return nil, err
	}
	var of struct {
		Streams []struct {
			Kind     string `json:"codec_type"`
			Codec    string `json:"codec_name"`
			Profile  string `json:"profile"`
			Width    int    `json:"width"`
			Height   int    `json:"height"`
			Rate     string `json:"avg_frame_rate"`
			Sampling string `json:"sample_rate"`
			BitRate  string `json:"bit_rate"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
			BitRate  string `json:"bit_rate"`
			Size     string `json:"size"`
		} `json:"format"`
	}
	if err := json.Unmarshal(told, &of); err != nil {
		return nil, err
	}
	var lines []string
	for _, s := range of.Streams {
		switch s.Kind {
		case "video":
			lines = append(lines, fmt.Sprintf("%s %s, %d x %d", s.Codec, s.Profile, s.Width, s.Height), "frames a second: "+s.Rate)
		case "audio":
			lines = append(lines, fmt.Sprintf("%s %s, %s Hz, %s bit/s", s.Codec, s.Profile, s.Sampling, s.BitRate))
		}
	}
	return append(lines, of.Format.Duration+" s, "+of.Format.Size+" bytes, "+of.Format.BitRate+" bit/s in all"), nil
}
