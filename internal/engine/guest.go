package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// People without a login prove that a mailbox is theirs: a code is sent there, and
// whoever knows it gets a session in which one file can be sent. Codes are kept sealed,
// sessions by the digest of their secret, both until their time is over.

// Rules of codes and sessions (Nomad contract, section 8.2).
const (
	GuestCodeLife    = 15 * time.Minute
	GuestSessionLife = 2 * time.Hour
	guestTries       = 5 // of one code
	guestLetters     = 3 // to one mailbox within guestWindow
	guestWindow      = 15 * time.Minute
	guestSweep       = 16 // records whose time is over that go with each new one
)

// guestCode is the content of the document of a code.
type guestCode struct {
	Seal  string  `json:"seal"`
	Tries int     `json:"tries"`
	Sent  []int64 `json:"sent"` // Unix times of letters within the window
}

// Guest is somebody without a login, as far as a session knows.
type Guest struct {
	Mail   string      `json:"mail"`
	Upload ingest.UUID `json:"upload,omitempty"` // the one that the session is for
	Done   bool        `json:"done,omitempty"`   // its file is complete
	Begun  time.Time   `json:"begun"`
}

// PutGuestCode records that a code is sent to a mailbox. It takes the place of an
// earlier one, and its tries count anew. The seal stands for the code; the code cannot
// be found from it. Throttled when the mailbox has got too many letters.
func (e *Engine) PutGuestCode(ctx context.Context, mail, seal string) error {
	now := e.now()
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		for _, kind := range []ingest.DocumentKind{ingest.DocGuestCode, ingest.DocGuestSession} {
			if err := sweepGuests(tx, kind, now); err != nil {
				return err
			}
		}
		d, code, err := guestCodeOf(tx, mail)
		if err != nil {
			return err
		}
		var sent []int64
		for _, at := range code.Sent {
			if now.Sub(time.Unix(at, 0)) < guestWindow {
				sent = append(sent, at)
			}
		}
		if len(sent) >= guestLetters {
			return &ingest.Error{Kind: ingest.Throttled, Op: "engine.PutGuestCode", Code: ingest.CodeLimit,
				Msg: fmt.Sprintf("%d codes were sent to this address within %d minutes; try again later", len(sent), guestWindow/time.Minute)}
		}
		code = guestCode{Seal: seal, Sent: append(sent, now.Unix())}
		if d == nil {
			d = e.newDocument(ingest.Principal{}, 0, ingest.DocGuestCode, guestKey(strings.ToLower(mail)), "", nil)
			d.Position = int(now.Add(GuestCodeLife).Unix())
			if d.Data, err = json.Marshal(code); err != nil {
				return err
			}
			return tx.CreateDocument(d)
		}
		d.Position = int(now.Add(GuestCodeLife).Unix())
		return e.putContent(tx, d, code)
	})
}

// OpenGuestSession checks the code that was sent to a mailbox and begins a session
// under a secret. The code is used up. Fits reports whether the code is the one that a
// seal stands for.
//
// Failures: Unauthenticated for a wrong code, one whose time is over, or a mailbox that
// none was sent to; Throttled from the sixth try on. Tries at the same time count like
// tries in a row.
func (e *Engine) OpenGuestSession(ctx context.Context, mail, secret string, fits func(seal string) (bool, error)) error {
	const op = "engine.OpenGuestSession"
	wrong := &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeBadCredentials, Msg: "the code is wrong or has expired"}
	live := func(tx ingest.Tx) (*ingest.Document, guestCode, error) {
		d, code, err := guestCodeOf(tx, mail)
		if err == nil && (d == nil || int64(d.Position) <= e.now().Unix()) {
			err = wrong
		}
		return d, code, err
	}
	var code guestCode
	err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
		_, code, err = live(tx)
		return err
	})
	if err != nil {
		return err
	}
	right, err := fits(code.Seal)
	if err != nil {
		return err
	}
	var refused error
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		refused = nil
		d, stored, err := live(tx)
		if err != nil {
			return err
		}
		switch {
		case stored.Tries >= guestTries:
			return &ingest.Error{Kind: ingest.Throttled, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("%d wrong codes were tried; ask for another code", stored.Tries)}
		case !right || stored.Seal != code.Seal:
			refused = wrong
			stored.Tries++
			return e.putContent(tx, d, stored)
		}
		if err := tx.DeleteDocument(d.Number); err != nil {
			return err
		}
		data, err := json.Marshal(Guest{Mail: mail, Begun: e.now()})
		if err != nil {
			return err
		}
		s := e.newDocument(ingest.Principal{}, 0, ingest.DocGuestSession, guestKey(secret), "", data)
		s.Position = int(e.now().Add(GuestSessionLife).Unix())
		return tx.CreateDocument(s)
	})
	if err == nil {
		err = refused
	}
	return err
}

// GuestSession returns who a session is of. Unauthenticated when there is none under
// the secret, or its time is over.
func (e *Engine) GuestSession(ctx context.Context, secret string) (g Guest, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		_, g, err = e.guestSession(tx, secret)
		return err
	})
	return g, err
}

// ChangeGuest changes what a session knows.
func (e *Engine) ChangeGuest(ctx context.Context, secret string, change func(*Guest)) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		d, g, err := e.guestSession(tx, secret)
		if err != nil {
			return err
		}
		change(&g)
		return e.putContent(tx, d, g)
	})
}

func (e *Engine) guestSession(tx ingest.Tx, secret string) (*ingest.Document, Guest, error) {
	var g Guest
	none := &ingest.Error{Kind: ingest.Unauthenticated, Op: "engine.GuestSession", Code: ingest.CodeBadCredentials, Msg: "the upload session is missing, wrong or has expired"}
	if secret == "" {
		return nil, g, none
	}
	d, err := tx.DocumentByKey(0, ingest.DocGuestSession, 0, guestKey(secret))
	if err != nil && ingest.KindOf(err) == ingest.NotFound || err == nil && int64(d.Position) <= e.now().Unix() {
		return nil, g, none
	}
	if err != nil {
		return nil, g, err
	}
	return d, g, readContent(d, &g)
}

// guestCodeOf returns the code of a mailbox, nil when there is none.
func guestCodeOf(tx ingest.Tx, mail string) (*ingest.Document, guestCode, error) {
	var code guestCode
	d, err := tx.DocumentByKey(0, ingest.DocGuestCode, 0, guestKey(strings.ToLower(mail)))
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, code, nil
	}
	if err != nil {
		return nil, code, err
	}
	return d, code, readContent(d, &code)
}

// putContent stores what has become of a document.
func (e *Engine) putContent(tx ingest.Tx, d *ingest.Document, content any) (err error) {
	if d.Data, err = json.Marshal(content); err != nil {
		return err
	}
	d.Modified = e.now()
	return tx.UpdateDocument(d)
}

// sweepGuests drops records whose time is over. They are listed by their time, the
// earliest first.
func sweepGuests(tx ingest.Tx, kind ingest.DocumentKind, now time.Time) error {
	list, err := tx.Documents(ingest.DocumentFilter{Kind: kind}, ingest.Page{Limit: guestSweep})
	if err != nil {
		return err
	}
	for _, d := range list {
		if int64(d.Position) > now.Unix() {
			return nil
		}
		if err := tx.DeleteDocument(d.Number); err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
	}
	return nil
}

// guestKey stands for a secret or an address in the key of a document.
func guestKey(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
