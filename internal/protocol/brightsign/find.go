package brightsign

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// newToken makes a token: 128 random bits, in a form that needs no escaping anywhere.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// sameToken compares tokens, without regard to case and without telling by the time
// that it takes how much of them is the same.
func sameToken(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(a)), []byte(strings.ToLower(b))) == 1
}

// maxToken is the longest token that is looked up, in bytes.
const maxToken = 64

// upload returns the upload that a token of the caller's account names. One that is
// unknown, somebody else's, of a session itself or long over is NotFound.
func (d *Door) upload(ctx context.Context, c caller, token string) (*ingest.Upload, error) {
	if len(token) > maxToken {
		return nil, unknownToken()
	}
	u, err := d.Engine.UploadByKey(ctx, c.Principal, c.company.Number, ingest.DoorBrightSign, strings.ToLower(token))
	if err != nil {
		return nil, err
	}
	if d.purged(u) {
		return nil, unknownToken()
	}
	return u, nil
}

// file is upload for tokens of files; what has arrived comes with it.
func (d *Door) file(ctx context.Context, c caller, token string) (engine.Status, error) {
	u, err := d.upload(ctx, c, token)
	if err != nil {
		return engine.Status{}, err
	}
	if u.Options.Session {
		return engine.Status{}, unknownToken()
	}
	return d.Engine.Status(ctx, c.Principal, u.UUID)
}

func unknownToken() error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "brightsign.upload", Msg: "no upload has the token"}
}

// required turns an unknown token into the fault of operations that need one.
func required(err error, sentence string) error {
	if err != nil && ingest.KindOf(err) == ingest.NotFound && ingest.CodeOf(err) == "" {
		return &Fault{Code: codeClient, Message: sentence, err: err}
	}
	return err
}

// inSession refuses a session token that is not the upload's.
func inSession(f facts, sessionToken string) error {
	if sessionToken != "" && !sameToken(sessionToken, f.SessionToken) {
		return refuseAs(ingest.NotFound, "The upload does not belong to the specified session.")
	}
	return nil
}

// already refuses what an upload that has ended does not take.
func already(state string) error {
	return refuseAs(ingest.Conflict, "The upload is already %s.", state)
}

// unknownContent turns a failure about the asset to be replaced into its sentence.
func unknownContent(err error, a arguments) error {
	if err != nil && a.ContentID != nil && ingest.KindOf(err) == ingest.NotFound {
		return refuse("The content with the specified identifier does not exist: %d.", *a.ContentID)
	}
	return err
}
