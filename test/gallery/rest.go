package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"

	"sluice/internal/media/mediatest"
)

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
	mark := func(option, look string, unmarked bool, first, early string) entry {
		return entry{section: section, option: option, format: "every", look: look, files: one, unmarked: unmarked, first: first, early: early, after: marked}
	}
	return []entry{
		{section: section, option: "overwrite true", format: "every, replaced", look: "the asset is updated", files: one, first: byHand, after: logged},
		{section: section, option: "overwrite false", format: "every, replaced", look: "the file is a duplicate and skipped", files: one, first: byHand, keep: true, after: logged},
		mark("readyForPublish true", "the asset is marked for publish", false, "", ""),
		mark("readyForPublish false", "the asset is not marked", true, "", ""),
		mark("preservePublishState true", "the mark of the asset before stays, whatever readyForPublish says", true, byHand, "<preservePublishState>true</preservePublishState>"),
		mark("preservePublishState false", "readyForPublish false counts", true, byHand, "<preservePublishState>false</preservePublishState>"),
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

// marked shows whether the asset is marked for publish.
func marked(ctx context.Context, k *kit, r result) (image.Image, error) {
	a, err := r.main()
	if err != nil {
		return nil, err
	}
	n, err := k.ips(ctx, "getAssets", company+fmt.Sprintf("<assetHandleArray><items>a|%d</items></assetHandleArray>", a.Number))
	if err != nil {
		return nil, err
	}
	return written("readyForPublish of " + a.FileName + ": " + n.text("readyForPublish")), nil
}

// named lists the names of the files of an entry.
func named(_ context.Context, _ *kit, files []sample) (image.Image, error) {
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	return written(names...), nil
}

// floating is the header of a TIFF file of floating-point samples.
func floating() []byte {
	file := mediatest.TIFFHeader(10, 10, 3, 1)
	binary.LittleEndian.PutUint16(file[34:], 339) // SampleFormat, in place of the orientation
	return file
}

// refusals are files that are not taken, or not read.
func refusals() []entry {
	const section = "What is refused"
	list := func(look, option string, files ...sample) entry {
		return entry{section: section, option: option, format: "several", look: look, files: func(context.Context, *kit) ([]sample, error) { return files, nil }, before: named, after: logged}
	}
	psd := func(change func(*mediatest.Layered)) []byte {
		file := mediatest.Layered{Version: 1, Width: 2, Height: 2, Mode: 3, Depth: 8, Merged: [][]byte{{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}}}
		change(&file)
		return file.File()
	}
	css := one("a.css", func() []byte { return []byte("a { color: red }") })
	style := entry{section: section, option: "cssOptions forceStaticImages true", format: "CSS", look: "the style sheet is taken; a warning says that the option changes nothing", files: css,
		before: func(context.Context, *kit, []sample) (image.Image, error) { return written("a { color: red }"), nil },
		early:  "<cssOptions><forceStaticImages>true</forceStaticImages></cssOptions>", after: logged}
	plain := style
	plain.option, plain.look, plain.early = "cssOptions forceStaticImages false", "the style sheet is taken, nothing is said", "<cssOptions><forceStaticImages>false</forceStaticImages></cssOptions>"
	return []entry{style, plain,
		list("hidden files are skipped with a warning, other types and scripts refused with an error, each in a row of its own", "files of types that are not taken",
			sample{".DS_Store", []byte("x")}, sample{"tool.exe", []byte("MZ")}, sample{"code.js", []byte("x")}, sample{"{}", []byte("x")}),
		list("an error each; the file is not stored", "Photoshop files of kinds that are not taken",
			sample{"large.psd", psd(func(f *mediatest.Layered) { f.Version = 2 })}, sample{"duotone.psd", psd(func(f *mediatest.Layered) { f.Mode = 8 })},
			sample{"lab.psd", psd(func(f *mediatest.Layered) { f.Mode = 9 })}, sample{"deep.psd", psd(func(f *mediatest.Layered) { f.Depth = 32 })}),
		list("an error each; the file is kept as a failed asset. What is of no kind that is read here is a warning", "pictures that are not read",
			sample{"floating.tif", floating()}, sample{"nothing.jpg", []byte("no picture")}, sample{"drawing.pict", make([]byte, 600)}),
	}
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
		{section: section, option: "emailSetting All", format: "every", look: "a row says that letters cannot be sent", files: one, letters: "All", after: logged},
		{section: section, option: "emailSetting ErrorAndWarning", format: "every", look: "nothing went wrong: no letter is due", files: one, letters: "ErrorAndWarning", after: logged},
		{section: section, option: "kept or dropped only: synchronizationComplete, excludeMasterVideoFromAVS, jwtToken, imsOrg, apikey", format: "every", look: "the log is that of a plain job", files: one,
			early: "<synchronizationComplete>true</synchronizationComplete>", late: "<excludeMasterVideoFromAVS>true</excludeMasterVideoFromAVS><jwtToken>x</jwtToken><imsOrg>x</imsOrg><apikey>x</apikey>", after: logged},
	}
}
