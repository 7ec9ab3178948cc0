package nomad

import "sluice/internal/ingest"

// Enumerations in the vendor's order; numbers count from 1 (9).
var (
	assetTypes    = words{"Folder", "File", "Bucket"}
	mediaTypes    = words{"Image", "Video", "Document", "Text", "Audio", "Other", "MediaManifest"}
	assetStatuses = words{
		"Available", "Renaming", "Copying", "Restoring", "Registering", "Uploading", "Archiving", "Archived", "PendingArchive", "PendingRestore", "Restored",
		"Deleting", "Moving", "SlugReplaced", "Updating", "Error", "Assembling", "Clipping", "Placeholder", "Creating", "Replacing",
	}
	storageClasses = words{"Standard"}
)

// Values that are used here.
const (
	typeFolder = "Folder"
	typeFile   = "File"
	typeBucket = "Bucket"

	statusAvailable   = "Available"
	statusUploading   = "Uploading"
	statusReplacing   = "Replacing"
	statusAssembling  = "Assembling"
	statusPlaceholder = "Placeholder"
)

// enum is a value of an enumeration as answers have it: its number, or its name where
// the operator chose so. The empty name is null.
func (x *exchange) enum(list words, name string) any {
	switch {
	case name == "":
		return nil
	case x.Options.EnumStrings:
		return name
	}
	return list.number(name, 1)
}

// mediaType is the vendor's word for what kind of file an asset is.
func mediaType(t ingest.AssetType) string {
	switch t {
	case ingest.TypeImage, ingest.TypeAnimatedGIF, ingest.TypeIllustrator, ingest.TypePostScript, "Svg", "Fxg", "AdjustedView", "LayerView", "Mask", "Template",
		"PsdTemplate", "Watermark", "Vignette":
		return "Image"
	case ingest.TypeMasterVideo, "Video", "Flash":
		return "Video"
	case ingest.TypePDF, ingest.TypeInDesign, "Word", "Excel", "PowerPoint", "Rtf":
		return "Document"
	case "Css", ingest.TypeJavascript, "Xml", "Xsl", "VideoCaption":
		return "Text"
	case ingest.TypeAudio:
		return "Audio"
	}
	return "Other"
}

// typesOfMedia lists the asset types that are one of the media types.
func typesOfMedia(wanted map[string]bool) (list []ingest.AssetType) {
	for _, t := range ingest.AssetTypes() {
		if wanted[mediaType(t)] {
			list = append(list, t)
		}
	}
	return list
}
