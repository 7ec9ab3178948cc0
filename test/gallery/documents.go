package main

import (
	"context"
	"image"

	"sluice/internal/media/mediatest"
)

func brochurePDF(name string) maker {
	return func(ctx context.Context, k *kit) ([]sample, error) {
		body, err := k.portable(ctx, brochure)
		return []sample{{name, body}}, err
	}
}

func text(name, body string) maker {
	return func(context.Context, *kit) ([]sample, error) { return []sample{{name, []byte(body)}}, nil }
}

// pages are the options of a kind of document.
func pages(kind, options string) string { return "<" + kind + ">" + options + "</" + kind + ">" }

func documents() []entry {
	const section = "Documents"
	pdf := func(option, look, options string, after func(context.Context, *kit, result) (image.Image, error)) entry {
		return entry{section: section, option: option, format: "PDF", look: look, needs: []string{"gs", "pdftoppm", "pdfinfo", "pdftotext"}, files: brochurePDF("a.pdf"), early: pages("pdfOptions", options), after: after}
	}
	const at72 = "<process>Rasterize</process><resolution>72</resolution>"
	ps := func(option, format, look string, files maker, options string, after func(context.Context, *kit, result) (image.Image, error)) entry {
		return entry{section: section, option: option, format: format, look: look, needs: []string{"gs"}, files: files, early: options, after: after}
	}
	list := []entry{
		pdf("pdfOptions process None", "the file, nothing else", "<process>None</process>", listed),
		pdf("pdfOptions process Thumbnail", "a thumbnail of the first page", "<process>Thumbnail</process>", thumbnail),
		pdf("pdfOptions process Rasterize", "an image of each page", at72, made("page")),
		pdf("pdfOptions pdfCatalog", "the images and a catalog of them", at72+"<pdfCatalog>true</pdfCatalog>", listed),
		pdf("pdfOptions pdfCatalog false", "the images, no catalog", at72+"<pdfCatalog>false</pdfCatalog>", listed),
		pdf("pdfOptions resolution 20", "coarse pictures", "<process>Rasterize</process><resolution>20</resolution>", made("page")),
		pdf("pdfOptions colorspace Gray", "pages in gray", at72+"<colorspace>Gray</colorspace>", made("page")),
		pdf("pdfOptions colorspace Rgb", "pages in colour", at72+"<colorspace>Rgb</colorspace>", made("page")),
		pdf("pdfOptions colorspace Cmyk", "pages in inks, shown by a naive reader", at72+"<colorspace>Cmyk</colorspace>", made("page")),
		pdf("pdfOptions extractSearchWords", "the words of the first page in boxes", at72+"<extractSearchWords>true</extractSearchWords>", withWords("_1.png")),
		pdf("pdfOptions extractLinks", "the links of the first page as image maps", at72+"<extractLinks>true</extractLinks>", withLinks("_1.png")),
		{section: section, option: "postScriptOptions", format: "PS", look: "an image of each page", needs: []string{"gs"}, files: text("a.ps", brochure), early: pages("postScriptOptions", at72), after: made("page")},
		{section: section, option: "postScriptOptions", format: "EPS", look: "cut to the bounding box", needs: []string{"gs"}, files: text("a.eps", poster), early: pages("postScriptOptions", at72), after: made("page")},
		{section: section, option: "postScriptOptions alpha", format: "EPS", look: "what is left free is transparent", needs: []string{"gs"}, files: text("a.eps", poster), early: pages("postScriptOptions", at72+"<alpha>true</alpha>"), after: made("page")},
		{section: section, option: "postScriptOptions extractSearchWords", format: "PS", look: "the words of the first page in boxes", needs: []string{"gs"}, files: text("a.ps", brochure),
			early: pages("postScriptOptions", at72+"<extractSearchWords>true</extractSearchWords>"), after: withWords("_1.png")},
		ps("postScriptOptions process None", "PS", "the file, nothing else", text("a.ps", brochure), pages("postScriptOptions", "<process>None</process>"), listed),
		ps("postScriptOptions resolution 30", "EPS", "coarse", text("a.eps", poster), pages("postScriptOptions", "<process>Rasterize</process><resolution>30</resolution>"), made("page")),
		ps("postScriptOptions colorspace Gray", "PS", "pages in gray", text("a.ps", brochure), pages("postScriptOptions", at72+"<colorspace>Gray</colorspace>"), made("page")),
		ps("postScriptOptions colorspace Cmyk", "PS", "TIFF files in inks, shown by a naive reader", text("a.ps", brochure), pages("postScriptOptions", at72+"<colorspace>Cmyk</colorspace>"), made("page")),
		ps("illustratorOptions process None", "AI, PostScript inside", "the file, nothing else", text("a.ai", poster), pages("illustratorOptions", "<process>None</process>"), listed),
		ps("illustratorOptions colorspace Gray", "AI, PostScript inside", "a gray page", text("a.ai", poster), pages("illustratorOptions", at72+"<colorspace>Gray</colorspace>"), made("page")),
		{section: section, option: "illustratorOptions", format: "AI, PDF inside", look: "an image of each page", needs: []string{"gs", "pdftoppm", "pdfinfo"}, files: brochurePDF("a.ai"), early: pages("illustratorOptions", at72), after: made("page")},
		{section: section, option: "illustratorOptions alpha", format: "AI, PostScript inside", look: "what is left free is transparent", needs: []string{"gs"}, files: text("a.ai", poster), early: pages("illustratorOptions", at72+"<alpha>true</alpha>"), after: made("page")},
		{section: section, option: "postScriptOptions govern AI", format: "AI, PDF inside", look: "as illustratorOptions", needs: []string{"gs", "pdftoppm", "pdfinfo"}, files: brochurePDF("a.ai"), early: pages("postScriptOptions", at72), after: made("page")},
		inDesign("inDesignOptions process Rasterize", "the previews of the pages that InDesign saved", "Rasterize", made("page")),
		inDesign("inDesignOptions process None", "the file, nothing else", "None", listed),
	}
	return list
}

// inDesign is an entry of a file with two previews.
func inDesign(option, look, process string, after func(context.Context, *kit, result) (image.Image, error)) entry {
	return entry{section: "Documents", option: option, format: "INDD", look: look, needs: []string{"exiftool"},
		files: one("a.indd", func() []byte { return mediatest.InDesign("PageInfo", jpegScene(), mediatest.JPEG(blurred())) }),
		before: func(context.Context, *kit, []sample) (image.Image, error) {
			return written("an InDesign file", "with two previews"), nil
		}, late: pages("inDesignOptions", "<process>"+process+"</process>"), after: after}
}
