package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"

	"sluice/internal/ingest"
)

// TransferPut fills an object of the store-and-forward service.
type TransferPut struct {
	Company     ingest.Number // 0 = whichever the token belongs to
	Token       string
	ContentType string // of the request; "" = not said
	Length      int64  // of the body; -1 = not known
}

// exactReader refuses a body that is not as long as was said.
type exactReader struct {
	r    io.Reader
	want int64
	seen int64
}

func (x *exactReader) Read(p []byte) (int, error) {
	n, err := x.r.Read(p)
	x.seen += int64(n)
	if x.seen > x.want || err == io.EOF && x.seen < x.want {
		return 0, wrongLength(x.seen, x.want)
	}
	return n, err
}

func wrongLength(seen, want int64) error {
	return &ingest.Error{Kind: ingest.Mismatch, Op: "engine.PutTransfer", Msg: fmt.Sprintf("the object has %d bytes or more, %d were allocated", min(seen, want+1), want)}
}

// PutTransfer stores the bytes of an allocated object: they are an asset then, with
// a job, and on stable storage. The bytes are not looked into. created is false when
// the same bytes were there already.
//
// Errors: NotFound for an unknown token; Gone after its time; Mismatch for another
// length; Invalid with CodeUnsupported for another type than was allocated;
// Conflict with CodeExists when other bytes are there; TooLarge with CodeQuota;
// Forbidden when the company does not have the service any more, with
// CodeCompanyExpired when its time is over. Refusals stand in the log, each once an
// hour.
func (e *Engine) PutTransfer(ctx context.Context, s TransferPut, body io.Reader) (created bool, err error) {
	t, err := e.fillable(ctx, s)
	if err == nil {
		created, err = e.fillTransfer(ctx, s, t, body)
	}
	if err != nil && t != nil {
		name := transferName(t)
		e.logRefusedTransfer(ctx, refusal{company: t.Company, subject: name}, name, t.Address, err)
	}
	return created, err
}

// fillTransfer is PutTransfer for an object that can be filled.
func (e *Engine) fillTransfer(ctx context.Context, s TransferPut, t *ingest.Transfer, body io.Reader) (created bool, err error) {
	body = &exactReader{r: body, want: t.Size}
	if t.State == ingest.TransferComplete {
		return false, e.compareTransfer(ctx, t, body)
	}
	in := e.NewMediaIntake()
	defer in.Close()
	spool, err := in.Receive(ctx, body, t.Size)
	if err != nil {
		return false, err
	}
	if err := in.settled(); err != nil {
		return false, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		created = false
		if err := tx.LockCompany(t.Company); err != nil { // or two requests could find it unfilled
			return err
		}
		fresh, err := findTransfer(tx, t.Company, s.Token)
		if err != nil {
			return err
		}
		if fresh.State == ingest.TransferComplete { // another request was faster
			return sameTransfer(tx, fresh, spool.ref.SHA256, spool.ref.CRC32C)
		}
		if fresh.State != ingest.TransferAllocated {
			return goneMedia()
		}
		created = true
		return e.landTransfer(tx, fresh, spool)
	})
	if err != nil {
		if inDoubt(err) {
			in.doubt()
		}
		if ingest.CodeOf(err) == ingest.CodeQuota {
			e.ended(ingest.DoorSoftphone, ingest.OutcomeRefused, spool.size)
		}
		return false, err
	}
	if created {
		spool.kept = true
		e.ended(ingest.DoorSoftphone, ingest.OutcomeCreated, spool.size)
	}
	return created, nil
}

// fillable looks a token up and refuses what cannot be right before a byte is read.
// The transfer is returned whenever the token is one.
func (e *Engine) fillable(ctx context.Context, s TransferPut) (t *ingest.Transfer, err error) {
	const op = "engine.PutTransfer"
	var closed, credit error
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if t, err = findTransfer(tx, s.Company, s.Token); err != nil || t.State != ingest.TransferAllocated {
			return err
		}
		c, err := tx.Company(t.Company)
		if err != nil {
			return err
		}
		if closed = e.stillTransfers(c); closed == nil {
			credit = e.transferCredit(tx, c, t.Address, t.Size)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if closed != nil {
		return t, closed
	}
	switch kind := mediaType(s.ContentType); {
	case t.State == ingest.TransferEnded || !e.now().Before(t.Expires):
		if !e.now().Before(t.Expires.Add(goneTime)) {
			return nil, unknownMedia()
		}
		return t, goneMedia()
	case kind != "" && kind != t.ContentType:
		return t, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeUnsupported, Msg: fmt.Sprintf("the object was allocated as %s and is sent as %s", quote(t.ContentType), quote(kind))}
	case s.Length >= 0 && s.Length != t.Size:
		return t, &ingest.Error{Kind: ingest.Mismatch, Op: op, Msg: fmt.Sprintf("the object has %d bytes, %d were allocated", s.Length, t.Size)}
	}
	return t, credit
}

// compareTransfer reads bytes that are sent again and stores nothing.
func (e *Engine) compareTransfer(ctx context.Context, t *ingest.Transfer, body io.Reader) error {
	digest, check := sha256.New(), crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.Copy(io.MultiWriter(digest, check), body); err != nil {
		return err
	}
	return e.store.View(ctx, func(tx ingest.Tx) error { return sameTransfer(tx, t, digest.Sum(nil), check.Sum32()) })
}

// sameTransfer is a Conflict when a complete object has other bytes.
func sameTransfer(tx ingest.Tx, t *ingest.Transfer, digest []byte, check uint32) error {
	a, err := tx.Asset(t.Asset)
	if err != nil {
		return err
	}
	if a.Version == 0 || !a.Trashed.IsZero() {
		return goneMedia()
	}
	v, err := tx.Version(a.Version)
	if err != nil {
		return err
	}
	if v.Blob.Size == t.Size && v.Blob.CRC32C == check && (v.Blob.SHA256 == nil || bytes.Equal(v.Blob.SHA256, digest)) {
		return nil
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.PutTransfer", Code: ingest.CodeExists, Msg: "the object is complete and has other bytes"}
}

// nobody is who fills objects: those who send them do not log in. They may store new
// files and nothing else.
func nobody(c *ingest.Company) ingest.Principal {
	return ingest.Principal{Memberships: []ingest.Membership{{Company: c.Number, Role: ingest.RolePublisher, Active: true}}}
}

// stillTransfers refuses to fill objects of a company that has switched the service off
// since they were allocated, or whose time is over.
func (e *Engine) stillTransfers(c *ingest.Company) error {
	if c.Settings.Softphone.Mode() == ingest.TransferOff {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.PutTransfer", Msg: "the company has switched the service off"}
	}
	return e.expired(ingest.Principal{}, c)
}

// landTransfer makes the asset of an object, in a locked company. It belongs to nobody.
func (e *Engine) landTransfer(tx ingest.Tx, t *ingest.Transfer, spool *Spool) error {
	c, err := tx.Company(t.Company)
	if err != nil {
		return err
	}
	if err := e.stillTransfers(c); err != nil {
		return err
	}
	if err := e.transferCredit(tx, c, t.Address, t.Size); err != nil {
		return err
	}
	folder, err := mediaFolder(c, encryptedFolder)
	if err != nil {
		return err
	}
	name, sender := transferName(t), nobody(c)
	job, err := e.openJob(tx, sender, c, transferJob(name, t.Address, e.newUUID()))
	if err != nil {
		return err
	}
	delta := ingest.JobDelta{LastPost: e.now(), Close: true}
	outcome, err := e.land(tx, sender, c, job, landing{
		place: exactPlaceOf(folder, name), blob: spool.ref, contentType: "application/octet-stream",
		policy: ingest.ConflictPolicy{Taken: ingest.ActionBeside}, processing: &job.Processing, exact: true, chosen: true,
	}, &delta)
	if err != nil {
		return err
	}
	if outcome.Asset == nil {
		return outcome.err
	}
	t.State, t.Asset = ingest.TransferComplete, outcome.Asset.Number
	until := e.now().Add(transferLifetime(c))
	if !t.Referenced || until.After(t.Expires) {
		t.Expires = until
	}
	if err := tx.UpdateTransfer(t); err != nil {
		return err
	}
	if err := e.charge(tx, c, []string{"", transferSubject, netSubject(t.Address)}, t.Size); err != nil {
		return err
	}
	changed, err := e.addToJob(tx, job, nil, delta)
	if err != nil {
		return err
	}
	return e.settle(tx, changed)
}
