package main

// layered are Photoshop options with layers.
func layered(options string) string {
	return "<photoshopOptions><process>MaintainLayers</process><layerOptions>" + options + "</layerOptions></photoshopOptions>"
}

func photoshopFiles() []entry {
	const section = "Photoshop files"
	psd := func(option, look, options string) entry {
		return entry{section: section, option: option, format: "PSD", look: look, files: one("Ad.psd", advertisement), early: layered(options)}
	}
	flat := entry{section: section, option: "process None", format: "PSD", look: "the file as one image", files: one("Ad.psd", advertisement),
		early: "<photoshopOptions><process>None</process></photoshopOptions>", after: optimized}
	cut := psd("process MaintainLayers", "an image of each layer", "<layerNaming>LayerName</layerNaming>")
	cut.after = made("layer")
	extended := psd("extendLayers", "every image has the size of the file", "<layerNaming>LayerName</layerNaming><extendLayers>true</extendLayers>")
	extended.after = made("layer")
	list := []entry{flat, cut, extended}
	for _, naming := range [][2]string{
		{"LayerName", "named as the layers"}, {"AppendName", "the file's name, then the layer's"}, {"AppendNumber", "the file's name and a number"}, {"Folders", "in a folder named as the file"},
	} {
		e := psd("layerNaming "+naming[0], naming[1], "<layerNaming>"+naming[0]+"</layerNaming>")
		e.after = listed
		list = append(list, e)
	}
	for _, anchor := range []string{"Center", "North", "Northwest", "West", "Southwest", "South", "Southeast", "East", "Northeast"} {
		e := psd("createTemplate, anchor "+anchor, "the template put together again; each anchor is marked", "<layerNaming>AppendName</layerNaming><anchor>"+anchor+"</anchor><createTemplate>true</createTemplate>")
		e.after = composed
		list = append(list, e)
	}
	words := psd("extractText", "the words of the text layer in boxes", "<layerNaming>AppendName</layerNaming><createTemplate>true</createTemplate><extractText>true</extractText>")
	words.after = withWords(".psd")
	return append(list, words)
}
