package brightsign

import (
	"math"
	"strconv"
	"strings"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
	"sluice/internal/wire/xmltree"
)

// arguments are what a client says of a file, and of the page that it belongs to
// (6.1, 6.2). Nil and empty members are not specified.
type arguments struct {
	ChunksCount    *int64    `json:"chunks,omitempty"`
	ContentType    string    `json:"type,omitempty"`
	LastModified   time.Time `json:"modified,omitzero"`
	FileName       string    `json:"name,omitempty"`
	FileSize       *int64    `json:"size,omitempty"`
	FileThumb      []byte    `json:"-"`
	SHA1Hash       string    `json:"sha1,omitempty"` // as the client wrote it
	SessionToken   string    `json:"-"`
	UploadToken    string    `json:"-"`
	VirtualPath    string    `json:"path,omitempty"`
	RelativePath   string    `json:"relative,omitempty"`
	WebPageAssetID *int64    `json:"assetID,omitempty"`
	ContentID      *int64    `json:"contentID,omitempty"`

	WebPageID *int64       `json:"-"`
	Name      string       `json:"-"`
	Assets    *[]arguments `json:"-"`
}

// over returns the arguments with what is specified in newer ones (8.3, override rule).
func (a arguments) over(newer arguments) arguments {
	pick := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	number := func(to **int64, from *int64) {
		if from != nil {
			*to = from
		}
	}
	pick(&a.ContentType, newer.ContentType)
	pick(&a.FileName, newer.FileName)
	pick(&a.SHA1Hash, newer.SHA1Hash)
	pick(&a.VirtualPath, newer.VirtualPath)
	pick(&a.RelativePath, newer.RelativePath)
	pick(&a.Name, newer.Name)
	number(&a.ChunksCount, newer.ChunksCount)
	number(&a.FileSize, newer.FileSize)
	number(&a.WebPageAssetID, newer.WebPageAssetID)
	number(&a.ContentID, newer.ContentID)
	if !newer.LastModified.IsZero() {
		a.LastModified = newer.LastModified
	}
	if newer.FileThumb != nil {
		a.FileThumb = newer.FileThumb
	}
	return a
}

// check refuses values that the contract does not allow, as far as they are
// specified. A file name is required.
func (a arguments) check() error {
	if err := checkFileName(a.FileName); err != nil {
		return err
	}
	if a.FileSize != nil {
		switch {
		case *a.FileSize < 0:
			return refuse("The file size must not be negative. It is %d.", *a.FileSize)
		case *a.FileSize > maxFileSize:
			return refuseAs(ingest.TooLarge, "The file size must not exceed %d bytes. It is %d.", int64(maxFileSize), *a.FileSize)
		}
	}
	if n := a.ChunksCount; n != nil && (*n < 0 || *n == 0 && a.FileSize != nil && *a.FileSize > 0) {
		return refuse("The chunks count must be positive. It is %d.", *n)
	}
	if a.VirtualPath != "" {
		if _, err := folderOf(a.VirtualPath); err != nil {
			return err
		}
	}
	_, err := parseSHA1(a.SHA1Hash)
	return err
}

// size is the size as far as it is specified, else -1.
func (a arguments) size() int64 {
	if a.FileSize == nil {
		return -1
	}
	return *a.FileSize
}

// readArguments reads an element that holds arguments: the parameter args, an item of
// a list, or a wrapper written from the prose of the documentation (5.1).
func readArguments(e *xmltree.Element) (a arguments, err error) {
	for _, child := range e.Children {
		if isNil(child) {
			continue
		}
		if err := a.read(child); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *arguments) read(e *xmltree.Element) (err error) {
	text := strings.TrimSpace(e.Text)
	switch strings.ToLower(e.Local) {
	case "chunkscount":
		if a.ChunksCount, err = readInt("ChunksCount", text); err == nil && a.ChunksCount != nil && *a.ChunksCount > math.MaxInt32 {
			err = invalid("ChunksCount", text) // the status could not tell it
		}
	case "contenttype", "mediatype":
		a.ContentType, err = readType("ContentType", text)
	case "filelastmodifieddate":
		a.LastModified, err = readTime("FileLastModifiedDate", text)
	case "filename":
		a.FileName = e.Text
	case "filesize":
		a.FileSize, err = readInt("FileSize", text)
	case "filethumb":
		if a.FileThumb, err = soap.DecodeText(e.Text); err != nil {
			err = invalid("FileThumb", text)
		}
	case "sha1hash":
		a.SHA1Hash = e.Text
	case "sessiontoken":
		a.SessionToken = text
	case "uploadtoken":
		a.UploadToken = text
	case "virtualpath":
		a.VirtualPath = e.Text
	case "relativepath":
		a.RelativePath = e.Text
	case "webpageassetid":
		a.WebPageAssetID, err = readInt("WebPageAssetId", text)
	case "contentid":
		a.ContentID, err = readInt("ContentId", text)
	case "webpageid":
		a.WebPageID, err = readInt("WebPageId", text)
	case "name":
		a.Name = text
	case "assets", "webpageassets":
		assets := make([]arguments, 0, len(e.Children))
		for _, item := range e.Children {
			if isNil(item) {
				continue
			}
			one, err := readArguments(item)
			if err != nil {
				return err
			}
			assets = append(assets, one)
		}
		if err := checkAssets(len(assets)); err != nil {
			return err
		}
		a.Assets = &assets
	}
	return err
}

// checkAssets refuses a web page with too many assets.
func checkAssets(n int) error {
	if n <= maxAssets {
		return nil
	}
	return refuseAs(ingest.TooLarge, "The web page must not have more than %d assets. It has %d.", maxAssets, n)
}

// isNil reports whether an element stands for null.
func isNil(e *xmltree.Element) bool {
	for _, attr := range e.Attr {
		if attr.Local == "nil" && (attr.Value == "true" || attr.Value == "1") {
			return true
		}
	}
	return false
}

func invalid(member, text string) error {
	return &Fault{Code: codeDeserialization, Message: "The value of " + member + " is not valid: " + strconv.Quote(clip(text)) + "."}
}

// readInt reads a whole number as the clients write it, PHP's floats included. An
// empty text is not specified.
func readInt(member, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	digits := strings.TrimPrefix(text, "+")
	if whole, fraction, ok := strings.Cut(digits, "."); ok && strings.Trim(fraction, "0") == "" {
		digits = whole
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, invalid(member, text)
	}
	return &n, nil
}

func readType(member, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	for _, word := range []string{typeAuto, typeImage, typeVideo, typeAudio, typeWebPage} {
		if strings.EqualFold(word, text) {
			return word, nil
		}
	}
	return "", invalid(member, text)
}

// readTime reads a time; without a zone it is UTC. The first day of the calendar is
// what .NET writes for none.
func readTime(member, text string) (time.Time, error) {
	if text == "" || strings.HasPrefix(text, "0001-01-01T00:00:00") {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, invalid(member, text)
}

// number is an identifier that a client sent, 0 when it can be nobody's.
func number(id *int64) ingest.Number {
	if id == nil || *id <= 0 || *id > math.MaxInt32 {
		return 0
	}
	return ingest.Number(*id)
}
