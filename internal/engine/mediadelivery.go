package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode"

	"sluice/internal/ingest"
)

// printable drops what no name can hold.
func printable(r rune) rune {
	if unicode.IsControl(r) || r == unicode.ReplacementChar {
		return -1
	}
	return r
}

// NewMediaIntake is NewIntake for a door that recognises a file that is sent again:
// digests are computed while bytes arrive, whatever the server's setting.
func (e *Engine) NewMediaIntake() *Intake {
	in := e.NewIntake()
	in.digest = true
	return in
}

// mediaDelivery is one delivery on its way.
type mediaDelivery struct {
	*Engine
	p     ingest.Principal
	spec  MediaSpec
	spool *Spool
	found string // MIME type by content
	nonce ingest.UUID
	token string
	again bool // a repeat is not looked for

	// What the last run of the transaction has decided.
	link    *ingest.MediaLink
	repeat  bool
	refused error
	job     *ingest.Job
	outcome Outcome
}

// DeliverMedia makes a file that has been received an asset in the folder of its
// sender, with a job of its own, and a link to it, in one transaction. Its name is
// kept and nothing is ever replaced. The same file from the same user to the same
// recipient with the same description within ten minutes gives the link that there
// is. What is refused is a row in the log of a job.
//
// Errors: those of authorisation; Invalid with CodeRecipient, CodeUnsupported and,
// for an empty file, CodeMissing; TooLarge with CodeQuota and CodeLimit; Unavailable
// when bytes or rows could not be stored.
func (e *Engine) DeliverMedia(ctx context.Context, p ingest.Principal, in *Intake, spool *Spool, s MediaSpec) (SharedMedia, error) {
	if err := in.settled(); err != nil {
		return SharedMedia{}, err
	}
	d := &mediaDelivery{Engine: e, p: p, spec: s, spool: spool, found: e.detect(spool.head, mediaName(s.FileName, ""))}
	for {
		d.nonce = e.newUUID()
		var err error
		if d.token, err = e.linkToken(ctx, d.nonce); err != nil {
			return SharedMedia{}, err
		}
		if err := e.store.Update(ctx, d.run); err != nil {
			if inDoubt(err) {
				in.doubt()
			}
			return SharedMedia{}, err
		}
		if d.refused != nil {
			e.ended(ingest.DoorSoftphone, ingest.OutcomeRefused, spool.size)
			return SharedMedia{}, d.refused
		}
		if !d.repeat {
			break
		}
		token, err := e.linkToken(ctx, d.link.Nonce)
		if err != nil {
			return SharedMedia{}, err
		}
		if bytes.Equal(tokenSum(token), d.link.TokenHash) {
			return SharedMedia{Link: d.link, Token: token, Repeated: true}, nil
		}
		d.again = true // the secret has changed since; the first link stays as it is
	}
	spool.kept = true
	e.ended(ingest.DoorSoftphone, d.outcome.counted(), spool.size)
	if d.job.Pending > 0 || spool.ref.SHA256 == nil {
		e.wakeWorkers()
	}
	return SharedMedia{Link: d.link, Token: d.token}, nil
}

// run is the transaction.
func (d *mediaDelivery) run(tx ingest.Tx) error {
	d.link, d.repeat, d.refused, d.job, d.outcome = nil, false, nil, nil, Outcome{}
	c, err := d.authorize(tx, d.p, d.spec.Company, rightUpload)
	if err != nil {
		return err
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return err
	}
	to, err := d.addressed(tx, c)
	var key []byte
	if err == nil { // a repeat costs nothing, and so no quota refuses it
		key = repeatKey(d.p, c.Number, d.spool.ref.SHA256, to, d.spec.Description)
		if err := d.findRepeat(tx, c, key); err != nil || d.repeat {
			return err
		}
	}
	var contentType string
	if err == nil {
		contentType, err = d.judge(tx, c)
	}
	if err == nil {
		return d.keepMedia(tx, c, contentType, to, key)
	}
	if refusedKind(err) {
		return d.logRefusal(tx, c, err)
	}
	return err
}

// refusedKind reports whether a failure is an answer to the file, and no failure of
// the machine.
func refusedKind(err error) bool {
	switch ingest.KindOf(err) {
	case ingest.Invalid, ingest.TooLarge, ingest.Forbidden:
		_, ours := errors.AsType[*ingest.Error](err)
		return ours
	}
	return false
}

// addressed applies the limits of one file and returns whom it is for.
func (d *mediaDelivery) addressed(tx ingest.Tx, c *ingest.Company) ([]ingest.MessageAddress, error) {
	if size := d.spool.size; size > MediaMax(c) {
		return nil, mediaTooLarge(size, MediaMax(c))
	}
	if d.spool.size == 0 {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.DeliverMedia", Code: ingest.CodeMissing, Msg: "the file is empty"}
	}
	return mediaRecipients(tx, c, d.spec.To)
}

// judge applies quotas and the rules for types.
func (d *mediaDelivery) judge(tx ingest.Tx, c *ingest.Company) (contentType string, err error) {
	if err := quotaError(tx, d.p, c, 1, d.spool.size); err != nil {
		return "", err
	}
	if err := d.creditError(tx, d.p, c, d.spool.size); err != nil {
		return "", err
	}
	if contentType, err = settleMediaType(c, d.spec.DeclaredType, d.found); err != nil {
		return "", err
	}
	kind, _ := assetType(mediaName(d.spec.FileName, contentType), contentType)
	if kind == ingest.TypeJavascript && !c.Settings.AllowJavascript {
		err = &ingest.Error{Kind: ingest.Invalid, Op: "engine.DeliverMedia", Code: ingest.CodeUnsupported, Msg: "JavaScript files are not enabled for this company"}
	}
	return contentType, err
}

// findRepeat looks for the link of the same delivery a short time ago.
func (d *mediaDelivery) findRepeat(tx ingest.Tx, c *ingest.Company, key []byte) error {
	if d.again || d.spool.ref.SHA256 == nil {
		return nil
	}
	link, err := tx.RepeatedMediaLink(c.Number, key, d.now().Add(-repeatWindow))
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			return nil
		}
		return err
	}
	a, err := tx.Asset(link.Asset)
	if err != nil {
		return err
	}
	if !a.Trashed.IsZero() || !d.now().Before(link.Expires) {
		return nil
	}
	d.link, d.repeat = link, true
	return nil
}

// open opens the job of the delivery, under a name that no other job has.
func (d *mediaDelivery) open(tx ingest.Tx, c *ingest.Company, name string) (err error) {
	client := strings.ToValidUTF8(d.spec.Client[:min(len(d.spec.Client), MaxNameBytes)], "")
	d.job, err = d.openJob(tx, d.p, c, &JobSpec{
		Door: ingest.DoorSoftphone, Name: name, Client: client, Address: d.spec.Address, unique: name + "_" + string(d.nonce[24:]),
	})
	return err
}

// keepMedia makes the asset and its link.
func (d *mediaDelivery) keepMedia(tx ingest.Tx, c *ingest.Company, contentType string, to []ingest.MessageAddress, key []byte) error {
	name := mediaName(d.spec.FileName, contentType)
	folder, err := mediaFolder(c, d.p.Login)
	if err != nil {
		return err
	}
	if err := d.open(tx, c, name); err != nil {
		return err
	}
	delta := ingest.JobDelta{LastPost: d.now(), Close: true}
	d.outcome, err = d.land(tx, d.p, c, d.job, landing{
		place: exactPlaceOf(folder, name), blob: d.spool.ref, head: d.spool.head, contentType: contentType,
		policy: ingest.ConflictPolicy{Taken: ingest.ActionBeside}, processing: &d.job.Processing, exact: true,
	}, &delta)
	if err != nil {
		return err
	}
	if d.outcome.Asset == nil {
		d.refused = d.outcome.err
		return d.close(tx, delta)
	}
	now := d.now()
	d.link = &ingest.MediaLink{
		TokenHash: tokenSum(d.token), Nonce: d.nonce, Company: c.Number, Asset: d.outcome.Asset.Number, User: d.p.User, Recipient: addressList(to),
		Name: name, ContentType: contentType, Size: d.spool.size, RepeatKey: key, Created: now, Expires: now.Add(d.mediaLifetimeOf(c)),
	}
	if err := tx.CreateMediaLink(d.link); err != nil {
		return err
	}
	if err := d.charge(tx, c, []string{"", ingest.UserSubject(d.p.User)}, d.spool.size); err != nil {
		return err
	}
	return d.close(tx, delta)
}

// close counts the file in and ends the intake of the job.
func (d *mediaDelivery) close(tx ingest.Tx, delta ingest.JobDelta) error {
	changed, err := d.addToJob(tx, d.job, nil, delta)
	if err != nil {
		return err
	}
	d.job = changed
	return d.settle(tx, changed)
}

// logRefusal leaves a job that says what was not stored, and why.
func (d *mediaDelivery) logRefusal(tx ingest.Tx, c *ingest.Company, why error) error {
	name := mediaName(d.spec.FileName, mediaType(d.spec.DeclaredType))
	if err := d.open(tx, c, name); err != nil {
		return err
	}
	delta := ingest.JobDelta{LastPost: d.now(), Close: true, Counts: ingest.JobCounts{Total: 1}}
	if _, err := d.refuse(tx, d.job, &delta, ingest.LogUploadError, name, &ingest.Error{
		Kind: ingest.KindOf(why), Op: "engine.DeliverMedia", Code: ingest.CodeOf(why), Msg: name + ": " + ingest.Message(why) + ".",
	}); err != nil {
		return err
	}
	d.refused = why
	return d.close(tx, delta)
}
