package ingest

// ImagePreset is the content of a DocImagePreset document: commands that an image
// is rendered with, under a name that modifiers can cite as $name$.
type ImagePreset struct {
	Modifier string `json:"modifier"`
}
