package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"strings"

	"sluice/internal/media/mediatest"
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
		film("videoEncodingPresetsArray, empty", "the default encodings, a frame of each second", "<videoEncodingPresetsArray></videoEncodingPresetsArray>"),
		film("videoEncodingPresetsArray, a preset", "180 lines", "<videoEncodingPresetsArray><items>{preset}</items></videoEncodingPresetsArray>"),
		film("adaptive video set", "the encodings and their set", "<videoEncodingPresetsArray></videoEncodingPresetsArray>")}
	list[0].after, list[1].after, list[2].after = thumbnail, made("poster"), made("poster")
	list[3].after, list[4].after, list[5].after = made("encoding"), made("encoding"), listed
	return append(list, entry{section: section, option: "none: the cover", format: "M4A", look: "the cover as thumbnail", needs: []string{"ffmpeg", "ffprobe"}, files: video("song.m4a", (*kit).song), after: thumbnail})
}

// members are what the archives of the gallery hold; their names begin with a word.
func members(word string) []sample {
	return []sample{{word + "-red.jpg", jpegScene()}, {"hats/" + word + "-blue.png", mediatest.PNG(mediatest.Picture(40, 30))}, {"hats/" + word + "-style.css", []byte("a{}")}}
}

// content shows what is in the archive.
func content(name, word string) func(context.Context, *kit, []sample) (image.Image, error) {
	return func(context.Context, *kit, []sample) (image.Image, error) {
		var paths []string
		for _, m := range members(word) {
			paths = append(paths, "shop/"+name+"/"+m.name)
		}
		return tree(paths...), nil
	}
}

func archives() []entry {
	const section = "Archives"
	const unpack = "<unCompressOptions><process>UnCompress</process></unCompressOptions>"
	list := []entry{{section: section, option: "unCompressOptions None", format: "ZIP", look: "one asset", files: one("shop/kept.zip", func() []byte { return zipped(members("kept")...) }),
		before: content("kept.zip", "kept"), after: listed}}
	for _, a := range []struct {
		format string
		body   func() []byte
	}{
		{"zip", func() []byte { return zipped(members("zip")...) }}, {"tar", func() []byte { return tarred(members("tar")...) }},
		{"tgz", func() []byte { return gzipped(tarred(members("tgz")...)) }},
	} {
		list = append(list, entry{section: section, option: "unCompressOptions UnCompress", format: strings.ToUpper(a.format), look: "each member is an asset below the archive's folder",
			files: one("shop/all."+a.format, a.body), before: content("all."+a.format, a.format), late: unpack, after: listed})
	}
	return append(list, entry{section: section, option: "unCompressOptions UnCompress", format: "gz", look: "the file that was packed", files: one("shop/style.css.gz", func() []byte { return gzipped([]byte("a{}")) }),
		before: func(context.Context, *kit, []sample) (image.Image, error) {
			return tree("shop/style.css.gz/style.css"), nil
		}, late: unpack, after: listed})
}

func everyFile() []entry {
	const section = "Every file of a job"
	one := one("a.png", pngScene(paper()))
	return []entry{
		{section: section, option: "projectHandleArray", format: "every", look: "the asset is in the project", files: one, early: "<projectHandleArray><items>{project}</items></projectHandleArray>", after: inProject},
		{section: section, option: "xmpKeywords", format: "every", look: "the keywords are in the XMP packet", files: one, late: "<xmpKeywords>shoe,red\\, dark</xmpKeywords>", after: described},
		{section: section, option: "metadataOptions", format: "every", look: "the field has its value", files: one, late: "<metadataOptions><updateArray><items><fieldHandle>{field}</fieldHandle><value>Spring</value></items></updateArray></metadataOptions>", after: described},
	}
}

// views are pictures with names that rules of sets look at.
func views(names ...string) maker {
	return func(context.Context, *kit) (files []sample, err error) {
		for i, name := range names {
			files = append(files, sample{name, mediatest.PNG(scene(color.NRGBA{uint8(250 - 40*i), 220, uint8(150 + 30*i), 255}))})
		}
		return files, nil
	}
}

// together shows all files of an entry.
func together(ctx context.Context, k *kit, files []sample) (image.Image, error) {
	var all []captioned
	for _, f := range files {
		m, err := k.view(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, captioned{f.name, scaled(m, 3)})
	}
	return sheet(all...), nil
}

// scaled makes a picture smaller by a whole number.
func scaled(m image.Image, times int) image.Image {
	to := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx()/times, m.Bounds().Dy()/times))
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			to.Set(x, y, m.At(x*times, y*times))
		}
	}
	return to
}

// grouped shows the sets of the entry with their members.
func grouped(ctx context.Context, k *kit, r result) (image.Image, error) {
	byNumber := map[string]asset{}
	for _, a := range r.assets {
		byNumber[fmt.Sprintf("a|%d", a.Number)] = a
	}
	var all []captioned
	for _, set := range r.assets {
		if !strings.HasSuffix(set.Type, "Set") {
			continue
		}
		n, err := k.ips(ctx, "getAssets", company+fmt.Sprintf("<assetHandleArray><items>a|%d</items></assetHandleArray>", set.Number))
		if err != nil {
			return nil, err
		}
		if definition := n.text("setDefinition"); definition != "" {
			all = append(all, captioned{set.Name + " (" + set.Type + ")", written(strings.Split(definition, ",")...)})
			continue
		}
		if n, err = k.ips(ctx, "getImageSetMembers", company+fmt.Sprintf("<assetHandle>a|%d</assetHandle>", set.Number)); err != nil {
			return nil, err
		}
		for i, item := range n.all("assetHandle") {
			m, err := k.originalOf(ctx, byNumber[item.Text])
			if err != nil {
				return nil, err
			}
			all = append(all, captioned{fmt.Sprintf("%s %d: %s", set.Name, i+1, byNumber[item.Text].FileName), scaled(m, 3)})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no set was made: %v", r.rows)
	}
	return sheet(all...), nil
}

func jobs() []entry {
	const section = "The job as a whole"
	set := func(rule, look string, names ...string) entry {
		return entry{section: section, option: "autoSetCreationOptions", format: rule, look: look, files: views(names...), before: together,
			early: "<autoSetCreationOptions><autoSetsArray><items>{" + rule + "}</items></autoSetsArray></autoSetCreationOptions>", after: grouped}
	}
	one := one("a.png", pngScene(paper()))
	return []entry{
		set("views", "an image set in the order of the numbers", "shoe_10.png", "shoe_2.png", "shoe_1.png"),
		set("spin", "a spin set", "turn_1.png", "turn_2.png", "turn_3.png"),
		set("swatch", "an asset set that pairs images with swatches", "shirt-red.png", "shirt-red_sw.png", "shirt-blue.png"),
		{section: section, option: "postHttpUrl", format: "every", look: "a row says that callbacks are switched off", files: one, late: "<postHttpUrl>http://example.com/</postHttpUrl>", after: logged},
		{section: section, option: "stored only: excludeMasterVideoFromAVS and others", format: "every", look: "the log is that of a plain job", files: one, late: "<excludeMasterVideoFromAVS>true</excludeMasterVideoFromAVS>", after: logged},
		{section: section, option: "overwrite", format: "every", look: "the asset is updated", files: one, first: byHand, after: logged},
	}
}
