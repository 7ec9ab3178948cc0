package ingest

import "time"

// Order is a job that the server carries out by itself, now or on a schedule. It
// is kept as JSON with the schedule.
type Order struct {
	Kind        JobKind    `json:"kind"`
	Door        Door       `json:"door"`
	Name        string     `json:"name"` // as the client gave it
	Description string     `json:"description,omitempty"`
	Locale      string     `json:"locale,omitempty"`
	Client      string     `json:"client,omitempty"`
	Address     string     `json:"address,omitempty"`
	Processing  Processing `json:"processing"`
	Echo        []byte     `json:"echo,omitempty"` // the door's own record of the order
	Warnings    []string   `json:"warnings,omitempty"`
	Profiles    []Profile  `json:"profiles,omitempty"`

	Sources   []Source         `json:"sources,omitempty"`   // of JobURLUpload
	Directory *SourceDirectory `json:"directory,omitempty"` // of JobDirectoryUpload
	Assets    []Number         `json:"assets,omitempty"`    // of JobReprocess, JobRipPDF, JobExport, JobAutoSets
	Context   Contexts         `json:"context,omitempty"`   // of the publish jobs that have one
	Full      bool             `json:"full,omitempty"`      // publish what has not changed too
	Export    *Export          `json:"export,omitempty"`
	Folder    string           `json:"folder,omitempty"` // of JobAutoSets: where the sets go; "" = as the rules say
}

// Profile is an asset that the options of an order name as a colour profile.
type Profile struct {
	Option string `json:"option"` // its name at the door
	Handle string `json:"handle"` // as the client wrote it
	Asset  Number `json:"asset"`
}

// Source is a file that the server fetches.
type Source struct {
	URL  string `json:"url"`
	Path string `json:"path"` // where it goes; ends in "/" when the source names the file
}

// SourceDirectory is a directory of the server's machine whose files are taken.
type SourceDirectory struct {
	Path       string `json:"path"`             // as the client wrote it, within a directory that the operator opened
	Folder     string `json:"folder,omitempty"` // where the files go
	Subfolders bool   `json:"subfolders,omitempty"`
}

// Export says what an export makes of its assets.
type Export struct {
	Convert  bool   `json:"convert,omitempty"`  // render images by Modifier instead of giving the originals
	Modifier string `json:"modifier,omitempty"` // presets expanded when the job begins
	Macro    string `json:"macro,omitempty"`    // $name$ of a preset whose commands follow those of Modifier
	Base     string `json:"base"`               // scheme and host that the client reached the server at
}

// Schedule is the content of a DocSchedule document. These belong to the whole
// system, so that the due ones of all companies are found at once: the document's
// Owner is the company, its Key the name of the schedule, By the user who is to own
// the jobs.
type Schedule struct {
	Order  Order     `json:"order"`
	Cron   string    `json:"cron,omitempty"` // "" = once
	Next   time.Time `json:"next"`           // when the job begins next
	Paused bool      `json:"paused,omitempty"`
	Last   Number    `json:"last,omitempty"`  // the job that it began last
	Error  string    `json:"error,omitempty"` // why it could not begin the last time
}

// ExportFile is the content of a DocExport document: a finished export that may be
// fetched by whoever knows its token. The document belongs to the whole system,
// its Owner is the company and its Key the SHA-256 of the token in hexadecimal.
type ExportFile struct {
	Blob    BlobRef   `json:"blob"`
	Name    string    `json:"name"` // of the file that is offered
	Expires time.Time `json:"expires"`
}

// PublishRecord is the content of a DocPublishHistory document: when an asset was
// published to a context last. Key of the document is the name of the context.
type PublishRecord struct {
	Server    string    `json:"server"`
	Published time.Time `json:"published"`
}
