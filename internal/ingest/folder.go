package ingest

import "time"

// Folder is a place in a company's tree. The root folder has the empty Path;
// every other Path ends in '/' and has no leading one ("shoes/summer/").
type Folder struct {
	Number   Number
	UUID     UUID
	Company  Number
	Parent   Number // 0 for the root
	Path     string
	Created  time.Time
	Modified time.Time // last change of name or place
	Deleted  bool      // kept for assets in the trash; no listing shows it
}
