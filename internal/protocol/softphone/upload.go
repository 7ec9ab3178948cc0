package softphone

import (
	"net/url"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// upload takes a file (section 3) and answers with the address under which it can be
// read from then on. The checks are in the order of section 3.4: what can be refused
// before the body is, then the parts are read, and the rest is decided behind them.
func (c *call) upload() (answer, error) {
	u := &incoming{call: c, intake: c.door.Engine.NewMediaIntake()}
	defer u.end()
	if u.r.ContentLength > u.rules.mediaMax+overhead {
		return answer{}, u.overMax()
	}
	if err := u.early(); err != nil {
		return answer{}, err
	}
	if err := u.read(); err != nil {
		return answer{}, err
	}
	if err := u.complete(); err != nil {
		return answer{}, err
	}
	spec := c.mediaSpec()
	spec.FileName, spec.DeclaredSize = u.file.fileName, u.file.spool.Size()
	if u.file.contentType != "" {
		spec.DeclaredType = u.file.contentType
	}
	shared, err := c.door.Engine.DeliverMedia(c.context(), c.caller, u.intake, u.file.spool, spec)
	if err != nil && u.file.spool.Size() == 0 && ingest.CodeOf(err) == ingest.CodeMissing {
		err = &ingest.Error{Kind: ingest.Invalid, Op: "softphone.upload", Code: codeEmptyMedia, Msg: "the file has no bytes", Err: err}
	}
	if err != nil {
		return answer{}, err
	}
	u.report(shared)
	return answer{members: []node{text("media_url", c.door.mediaURL(c, shared.Token, shared.Link))}}, nil
}

// early refuses what can be refused before the bytes of the file: wrong credentials, if
// they have come, and a size that is too large by the client's own account.
func (u *incoming) early() error {
	if err := u.loginEarly(); err != nil {
		return err
	}
	if u.values.size() > u.rules.mediaMax {
		return u.overMax()
	}
	return nil
}

// complete checks what has been read: the credentials, and that there is a file.
func (u *incoming) complete() error {
	if _, _, _, err := u.values.credentials(); err != nil {
		return err
	}
	if !u.known {
		if err := u.login(); err != nil {
			return err
		}
	}
	switch {
	case u.file == nil:
		return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.upload", Code: codeNoMedia, Msg: "no part of the request is a file"}
	case u.ignored > 0 && u.rules.strict:
		return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.upload", Code: codeNoMedia, Msg: "the request has more than one file"}
	}
	return nil
}

// report logs what is odd about an upload that was taken.
func (u *incoming) report(shared engine.SharedMedia) {
	attrs := []any{"request", u.door.ID(u.r), "company", u.company.Number, "user", u.caller.User, "size", u.file.spool.Size(), "repeated", shared.Repeated}
	if u.ignored > 0 {
		attrs = append(attrs, "ignoredFiles", u.ignored)
	}
	if declared := u.values.size(); declared >= 0 && declared != u.file.spool.Size() {
		attrs = append(attrs, "declaredSize", declared)
	}
	if u.values.differ(meanRecipient) || u.values.differ(meanType) {
		attrs = append(attrs, "contradictory", true)
	}
	u.door.Log.InfoContext(u.context(), "media received", attrs...)
}

// mediaSpec describes the file by what the request declares.
func (c *call) mediaSpec() engine.MediaSpec {
	return engine.MediaSpec{
		Company: c.company.Number, To: c.values.recipients(), Description: c.values.get(meanDescription),
		DeclaredType: usefulType(c.values.get(meanType)), DeclaredSize: c.values.size(),
		Client: clip(c.r.UserAgent()), Address: c.door.Address(c.r),
	}
}

// mediaURL is the address of a file, without a query so that nobody needs to escape it.
func (d *Door) mediaURL(c *call, token string, link *ingest.MediaLink) string {
	address := d.Base(c.r) + "/" + mediaElement + "/" + token
	if link.Name != "" {
		address += "/" + url.PathEscape(link.Name)
	}
	return address
}

// precheck tells whether an upload would be taken (section 6), by the same checks and
// without any effect.
func (c *call) precheck() (answer, error) {
	if c.values.size() > c.rules.mediaMax {
		return answer{}, &ingest.Error{Kind: ingest.TooLarge, Op: "softphone.precheck", Code: ingest.CodeLimit, Msg: "the file is too large"}
	}
	return answer{}, c.door.Engine.CheckMedia(c.context(), c.caller, c.mediaSpec())
}

// clip bounds what is kept of a client's words, in bytes.
func clip(s string) string {
	const most = 200
	return s[:min(len(s), most)]
}
