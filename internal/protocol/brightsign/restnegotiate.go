package brightsign

import (
	"net/http"

	"sluice/internal/ingest"
)

// start begins an upload and negotiates (section 11): a client that says that it takes
// the type is told of the stored files that have the hash. Another one is not, or it is
// refused where that is wanted.
func (x *restCall) start(a arguments) (*status, error) {
	d, ctx, told := x.door, x.context(), x.accept.lists(mediaNegotiation)
	st, err := d.startFile(ctx, x.caller, a, "", told || d.Options.StrictNegotiation)
	if err != nil || st.Matching == nil || told {
		return st, err
	}
	if !d.Options.StrictNegotiation || x.accept.permits(mediaNegotiation) {
		return x.untold(st)
	}
	if a.UploadToken == "" && a.SessionToken == "" { // nobody learns the token of what was begun
		if _, err := d.cancelFile(ctx, x.caller, st.UploadToken, ""); err != nil {
			return nil, err
		}
	}
	return nil, &problem{code: http.StatusNotAcceptable, message: "The file is stored already, and the client does not accept the negotiation status."}
}

// untold forgets the stored files that a client was not told of, so that it cannot be
// taken to have chosen one when it cancels.
func (x *restCall) untold(st *status) (*status, error) {
	st.Matching = nil
	u, err := x.door.upload(x.context(), x.caller, st.UploadToken)
	if err != nil {
		return nil, err
	}
	_, err = x.door.Engine.Revise(x.context(), x.caller.Principal, u.UUID, func(u *ingest.Upload) error {
		f := factsOf(u)
		f.Offered = 0
		return f.set(u)
	})
	return st, err
}
