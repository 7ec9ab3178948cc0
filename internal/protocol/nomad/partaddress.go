package nomad

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// partPath is where parts are sent.
const partPath = "/u/p/"

// partPurpose separates the signatures of parts from others.
const partPurpose = "nomad part"

// lifetime is for how long the addresses of an upload are good: clients are given all
// of them at once and never ask again, so it has to outlast a slow line (7.3).
func (d *Door) lifetime(u *ingest.Upload) time.Duration {
	if d.Options.URLLifetime > 0 {
		return d.Options.URLLifetime
	}
	const slow = 64 << 10 // bytes a second
	return min(max(time.Duration(u.Size/slow)*time.Second, minURLLifetime), maxURLLifetime)
}

// addresses returns what signs the addresses of an upload's parts.
func (x *exchange) addresses(u *ingest.Upload) func(engine.PartState) (string, error) {
	base := x.Base(x.r) + partPath
	expires := strconv.FormatInt(x.Engine.Now().Add(x.lifetime(u)).Unix(), 10)
	return func(s engine.PartState) (string, error) {
		id := string(partID(u, s.Number))
		mac, err := x.Signer.MAC(x.r.Context(), partPurpose, signed(id, expires, s.Length)...)
		return base + id + "?e=" + expires + "&s=" + mac, err
	}
}

// signed is what the signature of a part's address is over: method, part, expiry and
// length.
func signed(id, expires string, length int64) []string {
	return []string{http.MethodPut, id, expires, strconv.FormatInt(length, 10)}
}

// signedPart returns the part that an address names, if it was signed for it and has
// not expired, and whoever it was signed for.
func (d *Door) signedPart(ctx context.Context, r *http.Request) (u *ingest.Upload, p ingest.Principal, n int, err error) {
	forged := refuse(http.StatusForbidden, "The address of the part is not valid.")
	id, q := r.PathValue("part"), r.URL.Query()
	number, n, ok := parsePartID(id)
	if !ok {
		return nil, p, 0, unknown("Part")
	}
	expires, mac := q.Get("e"), q.Get("s")
	until, parseErr := strconv.ParseInt(expires, 10, 64)
	if parseErr != nil || mac == "" {
		return nil, p, 0, forged
	}
	u, p, refused := d.Engine.Uploader(ctx, number)
	switch {
	case u == nil && ingest.KindOf(refused) != ingest.NotFound:
		return nil, p, 0, refused
	case u == nil:
		return nil, p, 0, unknown("Part")
	}
	parts := engine.PartsOf(u)
	if n < 1 || n > parts.Count() || string(partID(u, n)) != id {
		return nil, p, 0, unknown("Part")
	}
	_, length := parts.Range(n)
	if err := d.Signer.Verify(ctx, partPurpose, mac, signed(id, expires, length)...); err != nil {
		if ingest.KindOf(err) != ingest.Forbidden {
			return nil, p, 0, err
		}
		return nil, p, 0, forged
	}
	if refused != nil { // only who has the signature learns why
		return nil, p, 0, refused
	}
	if d.Engine.Now().Unix() >= until {
		return nil, p, 0, refuse(http.StatusForbidden, "The address of the part has expired. Start the upload again with the option Continue.")
	}
	return u, p, n, nil
}
