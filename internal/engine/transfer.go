package engine

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// allocatedLifetime is how long an allocated object waits for its bytes.
const allocatedLifetime = 24 * time.Hour

// encryptedFolder is where objects of the store-and-forward service go, below the
// company's folder for softphones.
const encryptedFolder = "Encrypted"

// TransferSpec asks for an object of the store-and-forward service.
type TransferSpec struct {
	Company     ingest.Number
	Secret      string // secret part of the address that the request came to; "" = none
	ContentType string // "" = application/octet-stream
	Size        int64  // bytes that are to come
	Address     string // IP address of the caller
}

func noTransfers() error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.transfer", Msg: "there is no such service here"}
}

// TransferSecret returns the secret part of the address at which objects of a
// company are allocated, and makes it the first time; "" where the service is open
// to all. NotFound where it is off.
func (e *Engine) TransferSecret(ctx context.Context, company ingest.Number) (secret string, err error) {
	var mode ingest.TransferMode
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := tx.Company(company)
		if err != nil {
			return err
		}
		if mode = c.Settings.Softphone.Mode(); mode != ingest.TransferSecret {
			return nil
		}
		secret, err = ingest.TransferSecretOf(tx, company)
		return err
	})
	switch {
	case err == nil && mode == ingest.TransferOff:
		return "", noTransfers()
	case err == nil || ingest.KindOf(err) != ingest.NotFound || mode != ingest.TransferSecret:
		return secret, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) (err error) {
		secret, err = ingest.MintTransferSecret(tx, company, e.newUUID(), e.now())
		return err
	})
	return secret, err
}

// AllocateTransfer makes room for an object and returns the token of its address.
// Nobody logs in here: what a network and a company may allocate is limited. Refusals
// stand in the log as LogRefusedAllocation says.
//
// Errors: NotFound where the service is off or the secret is wrong; Throttled;
// TooLarge with CodeLimit and CodeQuota; Invalid for a size or type that is none.
func (e *Engine) AllocateTransfer(ctx context.Context, s TransferSpec) (token string, t *ingest.Transfer, err error) {
	token, t, err = e.allocate(ctx, s)
	if err != nil {
		e.LogRefusedAllocation(ctx, s, err)
		return "", nil, err
	}
	return token, t, nil
}

func (e *Engine) allocate(ctx context.Context, s TransferSpec) (token string, t *ingest.Transfer, err error) {
	const op = "engine.AllocateTransfer"
	if s.Size < 0 {
		return "", nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "the size of the object is not said"}
	}
	kind, err := transferType(s.ContentType)
	if err != nil {
		return "", nil, err
	}
	var rate int64
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.admitTransfer(tx, s)
		if err != nil {
			return err
		}
		if limit := orDefault(c.Settings.Softphone.MMMSGMax, ingest.DefaultTransferMax); s.Size > limit {
			return mediaTooLarge(s.Size, limit)
		}
		rate = orDefault(c.Settings.Softphone.MMMSGRate, ingest.DefaultTransferRate)
		if err := e.allocationCredit(tx, c, s.Address); err != nil {
			return err
		}
		return e.transferCredit(tx, c, s.Address, s.Size)
	})
	if err != nil {
		return "", nil, err
	}
	if all, ok := e.allocating.allow(s.Company, netSubject(s.Address), 1, rate, e.now()); !ok {
		return "", nil, &ingest.Error{Kind: ingest.Throttled, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("%d objects were allocated from here within a minute, the limit is %d", all, rate)}
	}
	token, now := newToken(), e.now()
	t = &ingest.Transfer{
		TokenHash: tokenSum(token), Company: s.Company, ContentType: kind, Size: s.Size, Address: s.Address,
		State: ingest.TransferAllocated, Created: now, Expires: now.Add(allocatedLifetime),
	}
	return token, t, e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := tx.LockCompany(s.Company); err != nil { // or several at once could pass the limit
			return err
		}
		c, err := tx.Company(s.Company)
		if err != nil {
			return err
		}
		if err := e.allocationCredit(tx, c, s.Address); err != nil {
			return err
		}
		if err := e.charge(tx, c, []string{allocationSubject, netSubject(s.Address) + " " + allocationSubject}, 0); err != nil {
			return err
		}
		return tx.CreateTransfer(t)
	})
}

// transferType is the content type that an object is served with.
func transferType(contentType string) (string, error) {
	if contentType == "" {
		return "application/octet-stream", nil
	}
	if err := checkText(contentType, "content type"); err != nil {
		return "", err
	}
	if len(contentType) > MaxNameBytes {
		return "", tooLong("engine.transfer", "content type", len(contentType), MaxNameBytes)
	}
	return mediaType(contentType), nil
}

// admitTransfer returns the company if a caller may allocate there at all.
func (e *Engine) admitTransfer(tx ingest.Tx, s TransferSpec) (*ingest.Company, error) {
	c, err := tx.Company(s.Company)
	if err != nil {
		return nil, err
	}
	mode := c.Settings.Softphone.Mode()
	if mode == ingest.TransferOff || e.expired(ingest.Principal{}, c) != nil {
		return nil, noTransfers()
	}
	if mode == ingest.TransferSecret {
		secret, err := ingest.TransferSecretOf(tx, c.Number)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
		if err != nil || subtle.ConstantTimeCompare([]byte(secret), []byte(s.Secret)) != 1 {
			return nil, noTransfers()
		}
	}
	return c, nil
}

func orDefault(value, standard int64) int64 {
	if value > 0 {
		return value
	}
	return standard
}

// transferCredit reports which limit an object would exceed, or nil.
func (e *Engine) transferCredit(tx ingest.Tx, c *ingest.Company, address string, size int64) error {
	if err := quotaError(tx, ingest.Principal{}, c, 1, size); err != nil {
		return err
	}
	if err := e.creditError(tx, ingest.Principal{}, c, size); err != nil {
		return err
	}
	set := c.Settings.Softphone
	all := ingest.Usage{Bytes: orDefault(set.MMMSGDayBytes, ingest.DefaultTransferDayBytes)}
	if err := dayCreditError(tx, c, transferSubject, "the service's", all, size, e.now()); err != nil {
		return err
	}
	one := ingest.Usage{Bytes: orDefault(set.MMMSGNetDayBytes, ingest.DefaultTransferNetDayBytes)}
	return dayCreditError(tx, c, netSubject(address), "the network's", one, size, e.now())
}

// Counters of all objects of a company that were filled, and of those that were
// allocated, whether they were filled or not.
const (
	transferSubject   = "mmmsg"
	allocationSubject = "allocated"
)

// allocationCredit reports which limit one more allocation would exceed, or nil. It
// bounds objects that are never filled.
func (e *Engine) allocationCredit(tx ingest.Tx, c *ingest.Company, address string) error {
	set, now := c.Settings.Softphone, e.now()
	all := ingest.Usage{Files: orDefault(set.MMMSGDayCount, ingest.DefaultTransferDayCount)}
	if err := dayCreditError(tx, c, allocationSubject, "the service's", all, 0, now); err != nil {
		return err
	}
	one := ingest.Usage{Files: orDefault(set.MMMSGNetDayCount, ingest.DefaultTransferNetDayCount)}
	return dayCreditError(tx, c, netSubject(address)+" "+allocationSubject, "the network's", one, 0, now)
}

// referTransfers notes that a message names objects: they then live as long as media.
func (e *Engine) referTransfers(tx ingest.Tx, c *ingest.Company, tokens []string) error {
	for i, token := range tokens {
		if i == MaxMessageRecipients {
			break
		}
		t, err := tx.TransferByToken(tokenSum(token))
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || t.Company != c.Number || t.State == ingest.TransferEnded {
			continue
		}
		t.Referenced = true
		if until := e.now().Add(e.mediaLifetimeOf(c)); until.After(t.Expires) {
			t.Expires = until
		}
		if err := tx.UpdateTransfer(t); err != nil {
			return err
		}
	}
	return nil
}

// OpenTransfer opens an object for whoever knows its token; company 0 = whichever it
// belongs to. NotFound before it is complete; after its time as OpenMedia.
func (e *Engine) OpenTransfer(ctx context.Context, company ingest.Number, token string) (*SharedFile, error) {
	f := &SharedFile{}
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		t, err := findTransfer(tx, company, token)
		if err != nil {
			return err
		}
		if t.State == ingest.TransferAllocated && e.now().Before(t.Expires) {
			return unknownMedia()
		}
		f.Expires = t.Expires
		if f.File, err = e.shared(tx, t.Company, t.Asset, t.Expires, t.State != ingest.TransferComplete); err == nil {
			f.Name, f.ContentType = "", t.ContentType
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, e.openShared(ctx, f)
}

func findTransfer(tx ingest.Tx, company ingest.Number, token string) (*ingest.Transfer, error) {
	t, err := tx.TransferByToken(tokenSum(token))
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || company != 0 && t.Company != company {
		return nil, unknownMedia()
	}
	return t, nil
}

// expireTransfers removes objects whose time is over.
func (e *Engine) expireTransfers(ctx context.Context) error {
	return e.endShared(ctx, func(tx ingest.Tx, now time.Time) ([]sharedEnd, error) {
		list, err := tx.ExpiredTransfers(now, endBatch)
		ends := make([]sharedEnd, len(list))
		for i, t := range list {
			ends[i] = sharedEnd{asset: t.Asset, expires: t.Expires, end: func(tx ingest.Tx) error {
				t.State = ingest.TransferEnded
				return tx.UpdateTransfer(t)
			}}
		}
		return ends, err
	})
}

// transferLifetime is how long objects live that no message names.
func transferLifetime(c *ingest.Company) time.Duration {
	if c.Settings.Softphone.MMMSGLifetime > 0 {
		return c.Settings.Softphone.MMMSGLifetime
	}
	return ingest.DefaultTransferLifetime
}

// transferName is what the file of an object is called in the library.
func transferName(t *ingest.Transfer) string { return fmt.Sprintf("transfer-%d", t.Number) }
