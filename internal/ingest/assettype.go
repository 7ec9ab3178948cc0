package ingest

import "strings"

// AssetType is the library's word for what a file is.
type AssetType string

// Asset types.
const (
	TypeImage       AssetType = "Image"
	TypeAnimatedGIF AssetType = "AnimatedGif"
	TypePDF         AssetType = "Pdf"
	TypeIllustrator AssetType = "Illustrator"
	TypePostScript  AssetType = "PostScript"
	TypeInDesign    AssetType = "InDesign"
	TypeMasterVideo AssetType = "MasterVideo"
	TypeVideo       AssetType = "Video" // encoding of a video
	TypeAudio       AssetType = "Audio"
	TypeZip         AssetType = "Zip"
	TypeJavascript  AssetType = "Javascript"
	TypeICCProfile  AssetType = "IccProfile"
	TypeAssetSet    AssetType = "AssetSet"
	TypeOther       AssetType = "Asset" // taken by doors that accept any file
)

// TypeByFileName returns the type that a file's last extension stands for, and
// false when the library has no type for it.
func TypeByFileName(fileName string) (AssetType, bool) {
	dot := strings.LastIndexByte(fileName, '.')
	if dot < 0 {
		return "", false
	}
	return typeOfExtension(strings.ToLower(fileName[dot+1:]))
}

// typeOfExtension follows the format table of the Scene7 contract (section 11),
// widened by the image, audio and video formats that the media tools read too.
func typeOfExtension(ext string) (AssetType, bool) {
	switch ext {
	case "bmp", "fpx", "gif", "jpg", "jpeg", "jpe", "jfif", "png", "pict", "pct", "tif", "tiff", "psd", "webp",
		"heic", "heif", "avif", "jxl", "jp2", "jpx",
		"arw", "cr2", "cr3", "crw", "dng", "erf", "mrw", "nef", "nrw", "orf", "pef", "raf", "raw", "rw2", "sr2", "srf", "x3f":
		return TypeImage, true
	case "ai":
		return TypeIllustrator, true
	case "eps", "ps":
		return TypePostScript, true
	case "pdf":
		return TypePDF, true
	case "indd", "indt":
		return TypeInDesign, true
	case "doc", "docx":
		return "Word", true
	case "xls", "xlsx":
		return "Excel", true
	case "ppt", "pptx":
		return "PowerPoint", true
	case "rtf":
		return "Rtf", true
	case "svg", "svgx":
		return "Svg", true
	case "fxg":
		return "Fxg", true
	case "css":
		return "Css", true
	case "js":
		return TypeJavascript, true
	case "xml":
		return "Xml", true
	case "xsl", "xslt":
		return "Xsl", true
	case "icc", "icm":
		return TypeICCProfile, true
	case "afm", "otf", "pfb", "pfm", "ttc", "ttf":
		return "Font", true
	case "aac", "ac3", "aif", "aiff", "mp3", "wav", "wma", "m4a", "ogg", "oga", "opus", "flac":
		return TypeAudio, true
	case "3gp", "asf", "avi", "m2p", "m2t", "m2ts", "m2v", "m4v", "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "ts", "vob", "wmv", "webm", "mkv":
		return TypeMasterVideo, true
	case "vtt", "srt":
		return "VideoCaption", true
	case "swf":
		return "Flash", true
	case "swc":
		return "Swc", true
	case "vnc":
		return "Cabinet", true
	case "vnt":
		return "Vignette", true
	case "vnw":
		return "WindowCovering", true
	case "aco":
		return "Aco", true
	case "zip", "tar", "gz", "tgz":
		return TypeZip, true
	}
	return "", false
}

// AssetTypes lists the words of all asset types (Scene7 contract, section 12).
func AssetTypes() []AssetType {
	return []AssetType{
		"Aco", "AdjustedView", "AnimatedGif", "Asset", "AssetSet", "Audio", "Cabinet", "Catalog", "ColorSwatch", "Css", "CuePoint",
		"Excel", "Flash", "Font", "Fxg", "IccProfile", "Illustrator", "Image", "ImageMap", "ImageSet", "InDesign", "Javascript",
		"LayerView", "Mask", "MasterVideo", "PDFSettings", "Pdf", "PostScript", "PowerPoint", "PremierExpressRemix", "PsdTemplate",
		"RenderScene", "RenderSet", "Rtf", "SpinSet", "Svg", "Swc", "Template", "Video", "VideoCaption", "ViewerPreset", "ViewerSwf",
		"Vignette", "Watermark", "WindowCovering", "Word", "Xml", "Xsl", "Zip", "ZoomTarget",
	}
}

// AssetTypeNamed finds an asset type by its word without regard to case. ALL is
// another word for Asset, and the names that some types had before API 4.0 and in
// print are known too.
func AssetTypeNamed(word string) (AssetType, bool) {
	for _, kind := range AssetTypes() {
		if strings.EqualFold(string(kind), word) {
			return kind, true
		}
	}
	switch strings.ToLower(word) {
	case "all":
		return TypeOther, true
	case "worddoc":
		return "Word", true
	case "exceldoc":
		return "Excel", true
	case "powerpointdoc":
		return "PowerPoint", true
	case "rtfdoc":
		return "Rtf", true
	case "windowscovering":
		return "WindowCovering", true
	}
	return "", false
}
