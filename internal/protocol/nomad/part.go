package nomad

import (
	"context"
	"net/http"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// mountParts mounts the receiver of parts. The address alone lets in: no other
// credentials are looked at (7.1).
func (d *Door) mountParts(mux *http.ServeMux) {
	mux.HandleFunc("PUT "+partPath+"{part}", d.putPart)
	mux.HandleFunc("OPTIONS "+partPath+"{part}", d.origins.preflight(partMethods, partHeaders))
	mux.HandleFunc(partPath+"{part}", func(w http.ResponseWriter, r *http.Request) {
		d.origins.mark(w, r, partAnswer)
		w.Header().Set("Allow", partMethods)
		x := &exchange{Door: d, w: w, r: r}
		x.fail(refuse(http.StatusMethodNotAllowed, "This address takes PUT."))
	})
}

// leftover is how much of the body of a refused part is read, so that the client sees
// the answer and not a broken connection.
const leftover = 1 << 20

func (d *Door) putPart(w http.ResponseWriter, r *http.Request) {
	d.origins.mark(w, r, partAnswer)
	x := &exchange{Door: d, w: w, r: r}
	tag, err := x.receivePart()
	if err != nil {
		guard.Drain(r.Body, leftover)
		x.fail(err)
		return
	}
	w.Header().Set("ETag", `"`+tag+`"`)
	x.write(http.StatusOK, nil)
}

func (x *exchange) receivePart() (tag string, err error) {
	ctx := x.r.Context()
	u, p, n, err := x.signedPart(ctx, x.r)
	if err != nil {
		return "", err
	}
	if u.State != ingest.UploadOpen {
		return "", refuse(http.StatusConflict, "The upload is %s and takes no more parts.", u.State)
	}
	sums, err := newChecksums(x.r.Header)
	if err != nil {
		return "", err
	}
	control := http.NewResponseController(x.w)
	body, length := sums.reader(x.r.Body), x.r.ContentLength
	if _, want := engine.PartsOf(u).Range(n); length > want && x.sentAsText() {
		body, length = newTextBytes(body), -1
		sums.md5 = "" // is that of the text, not of the bytes which are kept
	}
	got, err := x.Engine.WritePart(ctx, p, u, n, engine.PartSpec{
		Body: body, Length: length, Check: sums.check,
		Stop: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) },
	})
	if err != nil {
		return "", partFailure(err)
	}
	if sums.md5 != "" {
		return sums.md5, nil
	}
	return string(got), nil
}

// partFailure is what the sender of a part is told.
func partFailure(err error) error {
	if kind := ingest.KindOf(err); kind == ingest.Conflict || kind == ingest.Gone {
		return refuse(http.StatusConflict, "The upload has ended and takes no more parts.")
	}
	return err
}

// completePart is the call by which a client confirms that a part arrived (7.2).
func (x *exchange) completePart() (any, error) {
	var in struct {
		ETag *string `json:"etag"`
	}
	if err := x.readETag(&in.ETag); err != nil {
		return nil, err
	}
	u, n, err := x.ownPart(x.r.Context(), x.r.PathValue("part"))
	if err != nil {
		return nil, err
	}
	if in.ETag == nil || cleanTag(*in.ETag) == "" {
		return nil, invalid("The etag of the part is missing. In a browser the server that takes the parts must expose the header ETag to the page (Access-Control-Expose-Headers).")
	}
	err = x.Engine.ConfirmPart(x.r.Context(), x.caller, u, n, engine.PartTag(cleanTag(*in.ETag)))
	if ingest.KindOf(err) == ingest.Gone || ingest.KindOf(err) == ingest.Conflict {
		return nil, invalid("The upload has ended: it is %s.", u.State)
	}
	return nil, err
}

// ownPart finds a part of an upload of the caller's.
func (x *exchange) ownPart(ctx context.Context, id string) (*ingest.Upload, int, error) {
	number, n, ok := parsePartID(id)
	if !ok {
		return nil, 0, unknown("Part")
	}
	u, err := x.Engine.UploadNumbered(ctx, x.caller, number)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = unknown("Part")
		}
		return nil, 0, err
	}
	if n < 1 || n > engine.PartsOf(u).Count() || string(partID(u, n)) != id || u.Company != x.company {
		return nil, 0, unknown("Part")
	}
	return u, n, nil
}
