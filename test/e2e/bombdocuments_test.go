package e2e_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// pdfFile is a PDF file of numbered objects, the first of which is the catalog.
func pdfFile(trailer string, objects ...string) string {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, object := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, table)
	return b.String()
}

func pdfStream(dictionary, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dictionary, len(content), content)
}

// onePage is a PDF file whose only page has a box, content and further objects from number 5 on.
func onePage(box, resources, content string, more ...string) string {
	return pdfFile("", append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[" + box + "]/Contents 4 0 R/Resources<<" + resources + ">>>>", content}, more...)...)
}

// documentBombs are documents that do not end, are larger than anything, or reach for files.
func documentBombs(t *testing.T, reached string) map[string]string {
	const a4 = "0 0 595 842"
	packed := string(zeros(t, 200<<20))
	many := make([]string, 0, 5003)
	many = append(many, "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids["+repeated(5000, "%d 0 R ", 3)+"]/Count 5000>>")
	for range 5000 {
		many = append(many, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 10 10]>>")
	}
	eps := "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 50\n"
	return map[string]string{
		"box.pdf":          onePage("0 0 1000000000 1000000000", "", pdfStream("", "0 0 1 rg 0 0 9 9 re f")),
		"negative box.pdf": onePage("9e99 9e99 -9e99 -9e99", "", pdfStream("", "f")),
		"large page.pdf":   onePage("0 0 14400 14400", "", pdfStream("", "f")),
		"forms.pdf":        onePage(a4, "/XObject<</F 5 0 R>>", pdfStream("", "/F Do"), pdfStream("/Type/XObject/Subtype/Form/BBox["+a4+"]/Resources<</XObject<</F 5 0 R>>>>", "/F Do /F Do")),
		"form tree.pdf":    formTree(a4),
		"pattern.pdf":      onePage(a4, "/Pattern<</P 5 0 R>>", pdfStream("", "/Pattern cs /P scn 0 0 595 842 re f"), pdfStream("/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>", "0 0 1 1 re f")),
		"pages loop.pdf":   pdfFile("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000/Parent 2 0 R>>"),
		"many pages.pdf":   pdfFile("", many...),
		"count.pdf":        strings.Replace(onePage(a4, "", pdfStream("", "f")), "/Count 1>", "/Count 2147483647>", 1),
		"xref loop.pdf":    pdfFile("/Prev 9", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"),
		"nest.pdf":         onePage(a4, "/A "+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), pdfStream("", strings.Repeat("q ", 500_000))),
		"content.pdf":      onePage(a4, "", pdfStream("/Filter/FlateDecode", packed)),
		"filters.pdf":      onePage(a4, "", pdfStream("/Filter["+strings.Repeat("/FlateDecode", 5000)+"]", packed[:1000])),
		"image.pdf":        onePage(a4, "/XObject<</I 5 0 R>>", pdfStream("", "595 0 0 842 0 0 cm /I Do"), pdfStream("/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode", packed)),
		"shading.pdf":      onePage(a4, "/Shading<</S 5 0 R>>", pdfStream("", "/S sh"), "<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1e9 0 1e9]/Function<</FunctionType 0/Domain[0 1 0 1]/Range[0 1 0 1 0 1]/Size[65535 65535]/BitsPerSample 32>>>>"),
		"objects.pdf":      "%PDF-1.7\n" + strings.Repeat("1 0 obj<</Type/ObjStm/N 999999999/First 0/Extends 1 0 R/Length 1 0 R>>stream\nendstream endobj\n", 1000) + "trailer<</Root 1 0 R>>",
		"launch.pdf":       pdfFile("", "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/sh)>>/AA<</O<</S/JavaScript/JS(while(1);)>>>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox["+a4+"]>>"),
		"link names.pdf":   onePage(a4+"]/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI("+strings.Repeat("a", 1<<20)+")>>>>", "", pdfStream("", "f")),
		"loop.ps":          "%!PS\n{} loop",
		"pages.ps":         "%!PS\n{showpage} loop",
		"memory.ps":        "%!PS\n[ {65000 string} loop",
		"stack.ps":         "%!PS\n/f {f f} def f",
		"page size.ps":     "%!PS\n<</PageSize [1000000 1000000]>> setpagedevice showpage",
		"resolution.ps":    "%!PS\n<</HWResolution [1000000 1000000]>> setpagedevice showpage",
		"device.ps":        "%!PS\n<</OutputFile (" + reached + ") /OutputDevice /ppmraw>> setpagedevice showpage",
		"read.ps":          "%!PS\n(/etc/passwd) (r) file 1000 string readstring pop /Helvetica findfont 8 scalefont setfont 10 10 moveto show showpage",
		"list.ps":          "%!PS\n(/*) {=} 1000 string filenameforall showpage",
		"write.ps":         "%!PS\n(" + reached + ") (w) file (x) writestring showpage",
		"delete.ps":        "%!PS\n(/etc/hostname) deletefile showpage",
		"pipe.ps":          "%!PS\n(%pipe%touch " + reached + ") (w) file closefile showpage",
		"unsafe.ps":        "%!PS\n.setsafe << /PermitFileWriting [(*)] >> setuserparams (" + reached + ") (w) file (x) writestring showpage",
		"dash.eps":         eps + "[0.0000001] 0 setdash 0 0 moveto 100 50 lineto stroke showpage",
		"box.eps":          "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: -2000000000 -2000000000 2000000000 2000000000\nshowpage\n",
		"image.eps":        eps + "60000 60000 8 [60000 0 0 60000 0 0] {(x)} image showpage",
		"preview.eps":      "\xc5\xd0\xd3\xc6\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" + strings.Repeat("\xff", 100),
		"loop.ai":          eps + "{} loop",
		"pages loop.ai":    pdfFile("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]/Count 10>>"),
		"previews.indd":    "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1dDOCUMENT" + strings.Repeat("\xff", 8000),
		"words.svg":        strings.Replace(entities(), "x:xmpmeta", "svg", 2),
		"reach.svg":        `<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><image href="file:///etc/passwd" width="9" height="9"/></svg>`,
		"words.fxg":        entities(),
	}
}

// formTree has ten forms, each of which draws the next ten times.
func formTree(box string) string {
	var forms []string
	for i := range 10 {
		forms = append(forms, pdfStream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[%s]/Resources<</XObject<</F %d 0 R>>>>", box, min(6+i, 14)), strings.Repeat("/F Do ", 10)))
	}
	return onePage(box, "/XObject<</F 5 0 R>>", pdfStream("", "/F Do"), forms...)
}

// repeated writes a format for so many numbers.
func repeated(count int, format string, first int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, format, first+i)
	}
	return b.String()
}

// box is a box of an MP4 file (ISO/IEC 14496-12 section 4.2).
func box(kind string, body ...string) string {
	inside := strings.Join(body, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(inside)))) + kind + inside
}

// footageBombs are videos, sounds and pictures in boxes that lead nowhere, into themselves or elsewhere.
func footageBombs() map[string]string {
	type32 := box("ftyp", "isom\x00\x00\x02\x00isommp41")
	deep := ""
	for range 20_000 {
		deep = box("moov", deep)
	}
	track := func(edge string) string {
		return box("moov", box("mvhd", "\x00\x00\x00\x00", strings.Repeat("\x00", 8), "\x00\x00\x00\x01\xff\xff\xff\xff", strings.Repeat("\x00", 80)),
			box("trak", box("tkhd", "\x00\x00\x00\x03", strings.Repeat("\x00", 72), edge, edge),
				box("mdia", box("mdhd", "\x00\x00\x00\x00", strings.Repeat("\x00", 8), "\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00"), box("hdlr", strings.Repeat("\x00", 8), "vide", strings.Repeat("\x00", 13)),
					box("minf", box("dinf", box("dref", "\x00\x00\x00\x00\x00\x00\x00\x01", box("url ", "\x00\x00\x00\x00file:///etc/passwd\x00"))),
						box("stbl", box("stsd", "\x00\x00\x00\x00\x00\x00\x00\x01", box("avc1", strings.Repeat("\x00", 6), "\x00\x01", strings.Repeat("\x00", 16), "\xff\xff\xff\xff", strings.Repeat("\x00", 50))),
							box("stts", "\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x01"), box("stsz", "\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"),
							box("stsc", "\x00\x00\x00\x00\xff\xff\xff\xff"), box("stco", "\x00\x00\x00\x00\xff\xff\xff\xff")))))) + box("mdat", "x")
	}
	meta := func(brand string) string {
		return box("ftyp", brand+"\x00\x00\x00\x00mif1"+brand) + box("meta", "\x00\x00\x00\x00", box("hdlr", strings.Repeat("\x00", 8), "pict", strings.Repeat("\x00", 13)),
			box("pitm", "\x00\x00\x00\x00\x00\x01"), box("iloc", "\x00\x00\x00\x00\x44\x00\xff\xff"), box("iinf", "\x00\x00\x00\x00\xff\xff"),
			box("iprp", box("ipco", box("ispe", "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff")), box("ipma", "\x00\x00\x00\x00\xff\xff\xff\xff")),
			box("iref", "\x00\x00\x00\x00", box("dimg", "\x00\x01\x00\x01\x00\x01")))
	}
	return map[string]string{
		"deep.mp4": type32 + deep, "endless.mp4": type32 + "\x00\x00\x00\x00moov" + strings.Repeat("\x00\x00\x00\x01free\xff\xff\xff\xff\xff\xff\xff\xff", 1000),
		"zero boxes.mp4": type32 + strings.Repeat("\x00\x00\x00\x08free", 200_000), "huge frames.mp4": type32 + track("\xff\xff\x00\x00"), "small frames.mov": type32 + track("\x00\x10\x00\x00"),
		"list.mp4": "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "list.m4v": "ffconcat version 1.0\nfile '/etc/passwd'\n",
		"unknown size.mkv": "\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + strings.Repeat("\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", 20_000),
		"lists.avi":        "RIFF\xff\xff\xff\x7fAVI " + strings.Repeat("LIST\xff\xff\xff\x7fhdrl", 20_000),
		"tag.mp3":          "ID3\x04\x00\x00\x7f\x7f\x7f\x7fAPIC\x7f\x7f\x7f\x7f\x00\x00\x00image/jpeg\x00\x03\x00" + strings.Repeat("\xff\xd8", 1000),
		"noise.ts":         strings.Repeat("G\x40\x00\x10"+strings.Repeat("\xff", 184), 3000),
		"claim.wav":        "RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x20\x00data\xff\xff\xff\xff",
		"claim.heic":       meta("heic"), "claim.avif": meta("avif"),
		"claim.jxl": "\xff\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"claim.jp2": "\x00\x00\x00\x0cjP  \r\n\x87\n" + box("ftyp", "jp2 \x00\x00\x00\x00jp2 ") + box("jp2h", box("ihdr", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x07\x07\x00\x00"), box("colr", "\x01\x00\x00\x00\x00\x00\x10")) +
			"\x00\x00\x00\x00jp2c\xff\x4f\xff\x51\x00\x2f\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x07\x01\x01\x07\x01\x01\x07\x01\x01",
	}
}
