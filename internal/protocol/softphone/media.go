package softphone

import (
	"errors"
	"net/http"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// serveMedia gives a file to whoever knows its address (section 11). What stands behind
// the token is for people.
func (d *Door) serveMedia(w http.ResponseWriter, r *http.Request, token string) {
	x := &exchange{door: d, w: w, r: r, service: "media", as: chooseFormat(r.Header.Values("Accept"), "", "", false)}
	if !x.reads() {
		return
	}
	f, err := d.Engine.OpenMedia(r.Context(), token)
	if err != nil {
		x.refuse(err)
		return
	}
	serveFile(w, r, f, d.Now(), x.refuseStatus)
}

// exchange is a request that is not for one of the services: what is needed to refuse it.
type exchange struct {
	door     *Door
	w        http.ResponseWriter
	r        *http.Request
	service  string // for the log
	as       format
	language string
	limit    int64 // bytes, for failures that tell it
}

// reads refuses other methods than GET and HEAD.
func (x *exchange) reads() bool {
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		return true
	}
	x.refuseMethod("GET, HEAD")
	return false
}

func (x *exchange) refuseMethod(allowed string) {
	x.w.Header().Set("Allow", allowed)
	x.refuse(methodError())
}

func methodError() error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.method", Code: codeMethod, Msg: "the address does not take this method"}
}

// refuse answers a failure, logs it, and takes some of what the client still sends.
func (x *exchange) refuse(err error) {
	f := faultOf(err)
	x.door.logRefused(x.r, x.service, f, err)
	drain(x.r)
	text := x.door.message(x.r, f, x.language, x.limit)
	if over, ok := errors.AsType[*engine.ExceededError](err); ok {
		text = f.say.exceeded(x.language, over)
	}
	writeFault(x.w, x.r, x.as, f, text)
}

// refuseStatus answers what a file cannot be served for: a range that it does not have,
// or conditions that do not hold.
func (x *exchange) refuseStatus(status int) {
	f := fault{status: status, say: sayInternal}
	if status == http.StatusRequestedRangeNotSatisfiable || status == http.StatusPreconditionFailed {
		f.say = sayNothingHere
	}
	writeFault(x.w, x.r, x.as, f, x.door.message(x.r, f, x.language, 0))
}
