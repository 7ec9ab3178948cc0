package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"mime"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// repeatWindow is how long the same file, sent again, is the same link (softphone
// contract, section 3.4).
const repeatWindow = 10 * time.Minute

// MediaSpec describes a file of a softphone.
type MediaSpec struct {
	Company      ingest.Number
	To           []string // may be empty where the company does not demand a recipient
	Description  string
	FileName     string // as it was sent; what stands before the last slash is dropped
	DeclaredType string // MIME type; "" = not said
	DeclaredSize int64  // bytes; -1 = not said
	Client       string // program, for the job
	Address      string // IP address of the caller
}

// SharedMedia is a stored file with the link that was made for it.
type SharedMedia struct {
	Link     *ingest.MediaLink
	Token    string // 40 characters, a to z and 2 to 7
	Repeated bool   // the file was there already and nothing was stored
}

// MediaMax is the largest file in bytes that softphones of a company may send.
func MediaMax(c *ingest.Company) int64 {
	if c.Settings.Softphone.MediaMax > 0 {
		return c.Settings.Softphone.MediaMax
	}
	return ingest.DefaultMediaMax
}

// CheckMedia says whether a file would be taken, from what is said about it: the
// verdict is that of DeliverMedia for the same values. A size of -1 and an empty
// type are not judged. Nothing is stored or reserved.
func (e *Engine) CheckMedia(ctx context.Context, p ingest.Principal, s MediaSpec) error {
	return e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, s.Company, rightUpload)
		if err != nil {
			return err
		}
		if s.DeclaredSize > MediaMax(c) {
			return mediaTooLarge(s.DeclaredSize, MediaMax(c))
		}
		if _, err := mediaRecipients(tx, c, s.To); err != nil {
			return err
		}
		size := max(s.DeclaredSize, 0)
		if err := quotaError(tx, p, c, 1, size); err != nil {
			return err
		}
		if err := e.creditError(tx, p, c, size); err != nil {
			return err
		}
		if err := checkMediaType(c, s.DeclaredType); err != nil {
			return err
		}
		folder, err := mediaFolder(c, p.Login)
		if err != nil {
			return err
		}
		sight, err := sightOf(tx, p, c.Number)
		if err != nil {
			return err
		}
		return sight.requireFolder(folder, ingest.PermitRead, ingest.PermitWrite)
	})
}

func mediaTooLarge(size, limit int64) error {
	return &ingest.Error{Kind: ingest.TooLarge, Op: "engine.media", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the file has %d bytes, the limit is %d", size, limit)}
}

func mediaRecipients(tx ingest.Tx, c *ingest.Company, to []string) ([]ingest.MessageAddress, error) {
	list, err := recipients(tx, c, to)
	if err == nil && len(list) == 0 && c.Settings.Softphone.RecipientNeeded {
		err = badRecipient("the file has no recipient")
	}
	return list, err
}

// mediaFolder is where the files of a user go.
func mediaFolder(c *ingest.Company, below string) (string, error) {
	folder := c.Settings.Softphone.Folder
	if folder == "" {
		folder = ingest.DefaultSoftphoneFolder
	}
	if below == "." || below == ".." {
		below = "_" + below
	}
	return FolderPath(c.Name, folder+"/"+below)
}

// specific reports whether a MIME type says anything.
func specific(contentType string) bool {
	return contentType != "" && contentType != "application/octet-stream"
}

// mediaType is the bare MIME type of a header value in lower case, "" for one that
// cannot be read.
func mediaType(contentType string) string {
	if contentType == "" {
		return ""
	}
	bare, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		bare, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(bare))
}

// checkMediaType refuses a type that the company does not take. One that says
// nothing passes.
func checkMediaType(c *ingest.Company, contentType string) error {
	contentType = mediaType(contentType)
	if !specific(contentType) {
		return nil
	}
	types := c.Settings.Softphone.MediaTypes
	if len(types) == 0 {
		types = ingest.DefaultMediaTypes()
	}
	for _, t := range types {
		if family, ok := strings.CutSuffix(t, "/*"); ok && strings.HasPrefix(contentType, family+"/") || t == contentType || t == "*" || t == "*/*" {
			return nil
		}
	}
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.media", Code: ingest.CodeUnsupported,
		Msg: fmt.Sprintf("files of the type %s are not taken; the types are %s", quote(contentType), strings.Join(types, ", "))}
}

// settleMediaType judges what a file claims to be and what it is, and returns the
// type that it is served with. Recordings are often called audio and look like
// video, because the formats are the same; then the claim counts.
func settleMediaType(c *ingest.Company, declared, found string) (string, error) {
	declared, found = mediaType(declared), mediaType(found)
	for _, t := range []string{declared, found} {
		if err := checkMediaType(c, t); err != nil {
			if t == found && strings.HasPrefix(declared, "audio/") && sameContainer(found) {
				continue
			}
			return "", err
		}
	}
	switch {
	case specific(found) && !(strings.HasPrefix(declared, "audio/") && sameContainer(found)):
		return found, nil
	case specific(declared):
		return declared, nil
	}
	return "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.media", Code: ingest.CodeUnsupported, Msg: "it cannot be told what kind of file it is"}
}

// sameContainer lists the video types whose format holds sound alone as well.
func sameContainer(contentType string) bool {
	switch contentType {
	case "video/mp4", "video/quicktime", "video/3gpp", "video/3gpp2", "video/ogg", "video/webm", "video/x-matroska":
		return true
	}
	return false
}

// mediaName is the name that a file is kept under: the last element of what was
// sent, without what no name can hold. A file without a name gets one by its type.
func mediaName(name, contentType string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(printable, name))
	for len(name) > MaxNameBytes {
		base, ext := splitExt(name)
		if base == "" || len(ext) > 16 {
			base, ext = name, ""
		}
		base = strings.ToValidUTF8(base[:len(base)-min(len(base)-1, len(name)-MaxNameBytes)], "")
		if name = base; ext != "" {
			name += "." + ext
		}
	}
	if strings.Trim(name, ".") == "" {
		name = "media" + extensionOf(contentType)
	}
	return name
}

// extensionOf is the usual extension of the types that softphones send.
func extensionOf(contentType string) string {
	switch contentType {
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/heic", "image/webp", "video/mp4", "audio/aac", "audio/ogg", "audio/amr", "application/pdf":
		return "." + contentType[strings.IndexByte(contentType, '/')+1:]
	case "video/quicktime":
		return ".mov"
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4", "audio/x-m4a":
		return ".m4a"
	case "audio/wav", "audio/x-wav":
		return ".wav"
	}
	return ""
}

// repeatKey is what makes two deliveries the same.
func repeatKey(p ingest.Principal, company ingest.Number, digest []byte, to []ingest.MessageAddress, description string) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %x %q %q", company, p.User, digest, addressList(to), description)
	return h.Sum(nil)
}
