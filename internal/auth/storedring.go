package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/wire/sign"
)

// ringKey is the Key of the document that holds the signing keys.
const ringKey = "current"

// storedRing is the content of that document.
type storedRing struct {
	Current  storedKey  `json:"current"`
	Previous *storedKey `json:"previous,omitempty"`
}

type storedKey struct {
	ID     string `json:"id"`
	Secret []byte `json:"secret"`
}

func (k *storedKey) key() sign.Key {
	if k == nil {
		return sign.Key{}
	}
	return sign.Key{ID: k.ID, Secret: k.Secret}
}

// parseRing reads the document. What is wrong with it is not told in detail,
// because the details may be secret.
func parseRing(d *ingest.Document) (storedRing, sign.Ring, error) {
	var stored storedRing
	if err := json.Unmarshal(d.Data, &stored); err == nil {
		if ring, err := sign.NewRing(stored.Current.key(), stored.Previous.key()); err == nil {
			return stored, ring, nil
		}
	}
	return storedRing{}, sign.Ring{}, &ingest.Error{Kind: ingest.Internal, Op: "auth.Keyring",
		Err: errors.New("the stored signing keys cannot be read")}
}

func ringDocument(tx ingest.Tx) (*ingest.Document, error) {
	return tx.DocumentByKey(0, ingest.DocSigningKeys, 0, ringKey)
}

// readRing returns the stored keys; NotFound when there are none yet.
func readRing(ctx context.Context, store ingest.Store) (ring sign.Ring, err error) {
	err = store.View(ctx, func(tx ingest.Tx) error {
		d, err := ringDocument(tx)
		if err == nil {
			_, ring, err = parseRing(d)
		}
		return err
	})
	return ring, err
}

// makeRing stores a first key unless there is one.
func makeRing(ctx context.Context, store ingest.Store, now time.Time) error {
	return store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := ringDocument(tx); ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		d := &ingest.Document{UUID: id.New(), Kind: ingest.DocSigningKeys, Key: ringKey, Created: now, Modified: now}
		if err := storedAs(d, storedRing{Current: storedKey(sign.NewKey())}); err != nil {
			return err
		}
		return tx.CreateDocument(d)
	})
}

// rotateRing stores a new current key and returns its ID and the new ring.
func rotateRing(ctx context.Context, store ingest.Store, now time.Time) (fresh string, ring sign.Ring, err error) {
	err = store.Update(ctx, func(tx ingest.Tx) error {
		d, err := ringDocument(tx)
		if err != nil {
			return err
		}
		stored, _, err := parseRing(d)
		if err != nil {
			return err
		}
		if err := storedAs(d, storedRing{Current: storedKey(sign.NewKey()), Previous: &stored.Current}); err != nil {
			return err
		}
		if stored, ring, err = parseRing(d); err != nil {
			return err
		}
		d.Modified, fresh = now, stored.Current.ID
		return tx.UpdateDocument(d)
	})
	return fresh, ring, err
}

func storedAs(d *ingest.Document, stored storedRing) error {
	data, err := json.Marshal(stored)
	if err != nil {
		return &ingest.Error{Kind: ingest.Internal, Op: "auth.Keyring", Err: err}
	}
	d.Data = data
	return nil
}
