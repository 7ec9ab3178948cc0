package softphone

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/wire/formdata"
)

// incoming is an upload while it is read. Parts come in any order, credentials often
// behind the file, so that nothing is decided before the end but what can be.
type incoming struct {
	*call
	intake  *engine.Intake
	body    *countedBody
	file    *candidate // the best so far; nil = none
	ignored int        // parts behind it that were files too
	texts   int64      // bytes of text parts
	held    int64      // bytes taken of the room of strangers
}

// candidate is a spooled part that may be the file.
type candidate struct {
	spool       *engine.Spool
	rank        int
	fileName    string
	contentType string // that the part says; "" = nothing useful
}

// Ranks of candidates, the better ones first (section 3.3).
const (
	hasFileName = iota
	hasFileAlias
	hasMediaType
	isText
)

// better reports whether the file is rather a part of this rank. A file that is empty
// gives way to any other.
func (u *incoming) better(rank int) bool {
	return u.file == nil || rank < u.file.rank || u.file.spool.Size() == 0 && rank <= u.file.rank
}

// rankOf says how likely a part is the file.
func (u *incoming) rankOf(part *formdata.Part) int {
	of, known := u.values.names.parameters[fold(part.Name)]
	switch {
	case part.HasFileName:
		return hasFileName
	case of == meanFile:
		return hasFileAlias
	case !known && part.Header.Get("Content-Type") != "" && !strings.HasPrefix(strings.ToLower(part.Header.Get("Content-Type")), "text/"):
		return hasMediaType
	}
	return isText
}

// read goes through the parts, spools the file and notes the texts.
func (u *incoming) read() error {
	boundary, err := formdata.Boundary(u.r.Header.Get("Content-Type"))
	if err != nil {
		return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.upload", Code: codeNoMedia, Msg: "the body is not multipart/form-data", Err: err}
	}
	u.body = &countedBody{body: u.r.Body, left: u.rules.mediaMax + overhead, over: u.overMax()}
	parts := formdata.NewReader(u.body, boundary, partOptions())
	for {
		part, err := parts.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = u.part(part)
		}
		if err != nil {
			return brokenBody(err)
		}
	}
}

func (u *incoming) part(part *formdata.Part) error {
	rank := u.rankOf(part)
	if rank == isText {
		return u.textPart(part)
	}
	if !u.better(rank) {
		u.ignored++
		return nil // the reader skips the content
	}
	if err := u.early(); err != nil {
		return err
	}
	return u.filePart(part, rank)
}

func (u *incoming) textPart(part *formdata.Part) error {
	data, err := part.ReadAll(min(maxTextPart, maxTextParts-u.texts))
	if limit, ok := errors.AsType[*formdata.LimitError](err); ok {
		return tooLong(limit.Max)
	}
	if err != nil {
		return err
	}
	u.texts += int64(len(data))
	u.values.add(inBody, part.Name, string(data))
	return nil
}

// loginEarly refuses wrong credentials before the bytes of the file, if they have come.
func (u *incoming) loginEarly() error {
	user, password, complete, err := u.values.credentials()
	if err != nil || !complete || u.known {
		return err
	}
	return u.loginAs(user, password)
}

// filePart spools a part, and forgets the one that was the file before.
func (u *incoming) filePart(part *formdata.Part, rank int) error {
	content := &limitedFile{content: part, left: u.rules.mediaMax, hold: u.hold, over: u.overMax()}
	spool, err := u.intake.Receive(u.context(), content, u.expected())
	if err != nil {
		return err
	}
	u.file = &candidate{spool: spool, rank: rank, fileName: part.BaseName(), contentType: usefulType(part.Header.Get("Content-Type"))}
	return nil
}

// usefulType is a media type without parameters, "" when it says nothing.
func usefulType(text string) string {
	kind, _, err := mime.ParseMediaType(text)
	if err != nil || kind == "application/octet-stream" || !strings.Contains(kind, "/") {
		return ""
	}
	return kind
}

// expected is how many bytes the file may have at most, for which room is reserved; -1,
// which reserves nothing, for strangers.
func (u *incoming) expected() int64 {
	if !u.known || u.r.ContentLength < 0 {
		return -1
	}
	return min(u.rules.mediaMax, max(0, u.r.ContentLength-u.body.read))
}

func (u *incoming) overMax() error {
	return &ingest.Error{Kind: ingest.TooLarge, Op: "softphone.upload", Code: ingest.CodeLimit,
		Msg: fmt.Sprintf("the file is larger than %d bytes", u.rules.mediaMax)}
}

// hold takes room for bytes of a request that nobody answers for yet.
func (u *incoming) hold(n int64) error {
	if u.known {
		return nil
	}
	if !u.door.strangers.take(n) {
		return &ingest.Error{Kind: ingest.Unavailable, Op: "softphone.upload", Code: ingest.CodeLimit,
			Msg: "requests whose credentials have not come yet hold all that they may hold together"}
	}
	u.held += n
	return nil
}

// end drops what was not delivered.
func (u *incoming) end() {
	u.intake.Close()
	u.door.strangers.give(u.held)
	u.held = 0
}

// limitedFile is a file's content that ends with an error beyond a limit.
type limitedFile struct {
	content io.Reader
	left    int64
	hold    func(int64) error
	over    error
}

func (f *limitedFile) Read(p []byte) (int, error) {
	n, err := f.content.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return n, f.over
	}
	if n > 0 {
		if full := f.hold(int64(n)); full != nil {
			return n, full
		}
	}
	return n, err
}

// overhead is what a body may have beside its file, in bytes.
const overhead = maxTextParts + maxParts*(8<<10) + 64<<10

// countedBody counts a body and ends it with an error beyond a limit.
type countedBody struct {
	body io.Reader
	read int64
	left int64
	over error // what it ends with then
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.read += int64(n)
	if b.left -= int64(n); b.left < 0 {
		return n, b.over
	}
	return n, err
}
