package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"io"
	"slices"

	"sluice/internal/ingest"
)

// MatchQuery asks which stored files have the bytes that a client is about to send.
type MatchQuery struct {
	SHA1     []byte
	Size     int64         // bytes; -1 = any
	FileName string        // files of that name are looked into when their digest is not known yet
	Page     ingest.Number // the page whose parts come first; 0 = none
	Prefer   ingest.Number // the asset that comes before all others; 0 = none
}

// Match is a stored file.
type Match struct {
	Asset *ingest.Asset
	Blob  ingest.BlobRef
	Since *ingest.Version
}

// MostMatches is how many files Matching answers at most.
const MostMatches = 20

// Files of other doors come without the digest. So many are looked into for one
// question, and only small ones, as the client waits.
const (
	mostHashed     = 4
	mostHashedSize = 256 << 20 // bytes, of all of them
)

// Matching returns the files of a company that have the digest, parts of the page
// first, then other parts, then the library.
func (e *Engine) Matching(ctx context.Context, p ingest.Principal, company ingest.Number, q MatchQuery) ([]Match, error) {
	if err := e.hashNamed(ctx, p, company, q); err != nil {
		return nil, err
	}
	var matches []Match
	err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
		matches, err = e.matching(tx, p, company, q)
		return err
	})
	return matches, err
}

func (e *Engine) matching(tx ingest.Tx, p ingest.Principal, company ingest.Number, q MatchQuery) ([]Match, error) {
	if _, err := e.authorize(tx, p, company, rightRead); err != nil {
		return nil, err
	}
	s, err := sightOf(tx, p, company)
	if err != nil {
		return nil, err
	}
	list, err := sameBytes(tx, company, q)
	if err != nil {
		return nil, err
	}
	var matches []Match
	rank := map[ingest.Number]int{}
	for _, a := range list {
		if q.Size >= 0 && a.Size != q.Size || !s.asset(a, ingest.PermitRead) {
			continue
		}
		v, err := tx.Version(a.Version)
		if err != nil {
			return nil, err
		}
		owners, err := tx.LinksTo(ingest.LinkPagePart, []ingest.Number{a.Number})
		if err != nil {
			return nil, err
		}
		switch {
		case a.Number == q.Prefer:
			rank[a.Number] = 0
		case len(owners) > 0 && q.Page != 0 && owners[0].From == q.Page:
			rank[a.Number] = 1
		case a.Part:
			rank[a.Number] = 2
		default:
			rank[a.Number] = 3
		}
		matches = append(matches, Match{Asset: a, Blob: v.Blob, Since: v})
	}
	slices.SortStableFunc(matches, func(a, b Match) int { return cmp.Compare(rank[a.Asset.Number], rank[b.Asset.Number]) })
	return matches[:min(len(matches), MostMatches)], nil
}

// sameBytes lists files that have the digest. Of very many not all are looked at, but
// the asset that is preferred and the parts of the page always are.
func sameBytes(tx ingest.Tx, company ingest.Number, q MatchQuery) ([]*ingest.Asset, error) {
	const most = 10 * MostMatches
	list, err := tx.AssetsBySHA1(company, q.SHA1, most)
	if err != nil || len(list) < most {
		return list, err
	}
	near := []ingest.Number{}
	if q.Prefer != 0 {
		near = append(near, q.Prefer)
	}
	if q.Page != 0 {
		links, err := tx.LinksFrom(ingest.LinkPagePart, []ingest.Number{q.Page})
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			near = append(near, l.To)
		}
	}
	for _, n := range near {
		a, err := tx.Asset(n)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if a.Company != company || !a.Trashed.IsZero() || a.Emptied || slices.ContainsFunc(list, func(b *ingest.Asset) bool { return b.Number == n }) {
			continue
		}
		v, err := tx.Version(a.Version)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(v.Blob.SHA1, q.SHA1) {
			list = append(list, a)
		}
	}
	return list, nil
}

// hashNamed computes the digest of files that have the name and the size, came
// through a door that does not promise it, and may be read by the caller.
func (e *Engine) hashNamed(ctx context.Context, p ingest.Principal, company ingest.Number, q MatchQuery) error {
	if q.Size < 0 || q.FileName == "" {
		return nil
	}
	var wanted []*ingest.Version
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		wanted = nil
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{company}, Name: q.FileName}, ingest.Page{Limit: MostPerPage})
		if err != nil {
			return err
		}
		left := int64(mostHashedSize)
		for _, a := range list {
			if a.Size != q.Size || a.FileName != q.FileName || a.Size > left || len(wanted) == mostHashed || !s.asset(a, ingest.PermitRead) {
				continue
			}
			v, err := tx.Version(a.Version)
			if err != nil {
				return err
			}
			if v.Blob.SHA1 == nil && v.Blob.Key != "" {
				wanted, left = append(wanted, v), left-a.Size
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, v := range wanted {
		sum, err := e.sha1Of(ctx, v.Blob)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			continue // removed meanwhile
		}
		if err != nil {
			return err
		}
		if err := e.store.Update(ctx, func(tx ingest.Tx) error { return tx.SetVersionSHA1(v.Number, sum) }); err != nil {
			return err
		}
		if bytes.Equal(sum, q.SHA1) {
			return nil
		}
	}
	return nil
}

func (e *Engine) sha1Of(ctx context.Context, blob ingest.BlobRef) ([]byte, error) {
	r, err := e.blobs.Open(ctx, blob.Key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	sum := sha1.New()
	n, err := copyWithContext(ctx, sum, r)
	if err == nil && n != blob.Size {
		err = io.ErrUnexpectedEOF
	}
	return sum.Sum(nil), err
}
