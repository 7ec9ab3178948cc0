package brightsign

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"sluice/internal/protocol/guard"
)

// restBase is where version v of the REST interface is: restBase + v + restRoot.
const (
	restBase = "/Upload/"
	restRoot = "/REST"
	noneWord = "None" // stands for the session of files that are in none
)

// restVersions lists the versions that are spoken, as they stand in addresses.
func restVersions() []string { return []string{"2017/01", "2019/03"} }

// restRoutes mounts the REST successor (section 11). The call for tokens is at the
// server's root.
func (d *Door) restRoutes(mux *http.ServeMux) {
	mux.HandleFunc(restBase, d.serveREST)
	for _, version := range restVersions() {
		mux.HandleFunc("/"+version+"/", d.serveToken)
	}
}

// restPlace says what an address of the interface names.
type restPlace uint8

const (
	placeBase restPlace = iota
	placeSessions
	placeSession
	placeUploads
	placeUpload
	placeChunks
)

// restAddress is an address, taken apart.
type restAddress struct {
	place   restPlace
	version string
	session string // token; "" = none
	upload  string // token
}

// readAddress takes a path apart. Letter case and a slash at the end do not matter.
func readAddress(path string) (a restAddress, ok bool) {
	words := strings.Split(strings.Trim(path, "/"), "/")
	fixed := func(i int, word string) bool { return i >= len(words) || strings.EqualFold(words[i], word) }
	if len(words) < 4 || len(words) > 9 || !fixed(0, "Upload") || !fixed(3, "REST") || !fixed(4, "Sessions") || !fixed(6, "Uploads") || !fixed(8, "Chunks") {
		return a, false
	}
	if a.version = words[1] + "/" + words[2]; !slices.Contains(restVersions(), a.version) {
		return a, false
	}
	a.place = restPlace(len(words) - 4)
	if len(words) > 5 && !strings.EqualFold(words[5], noneWord) {
		a.session = words[5]
	}
	if len(words) > 7 {
		a.upload = words[7]
	}
	return a, true
}

// restOperation is what a method does at a place.
type restOperation struct {
	place  restPlace
	method string
	name   string // for the log
	run    func(*restCall) (restAnswer, error)
}

// restOperations is the table of calls of section 11.
func restOperations() []restOperation {
	return []restOperation{
		{placeSessions, http.MethodPost, "start session", (*restCall).startSession},
		{placeSession, http.MethodGet, "session status", (*restCall).sessionStatus},
		{placeSession, http.MethodPut, "complete session", (*restCall).completeSession},
		{placeSession, http.MethodDelete, "cancel session", (*restCall).cancelSession},
		{placeUploads, http.MethodPost, "start upload", (*restCall).startUpload},
		{placeUpload, http.MethodGet, "upload status", (*restCall).uploadStatus},
		{placeUpload, http.MethodPut, "change upload", (*restCall).changeUpload},
		{placeUpload, http.MethodDelete, "cancel upload", (*restCall).cancelUpload},
		{placeChunks, http.MethodPost, "append chunk", (*restCall).appendChunk},
	}
}

// restCall is one request.
type restCall struct {
	door    *Door
	r       *http.Request
	address restAddress
	accept  accept
	caller  caller
}

func (x *restCall) context() context.Context { return x.r.Context() }

// restAnswer is what a request is answered. Without a body there is no media type.
type restAnswer struct {
	code     int
	media    string // full media type
	body     []byte
	location string
}

func (d *Door) serveREST(w http.ResponseWriter, r *http.Request) {
	address, ok := readAddress(r.URL.Path)
	if !ok {
		d.refuseREST(w, r, "find address", &problem{code: http.StatusNotFound, message: "There is nothing at this address."})
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if address.place == placeBase && method == http.MethodGet {
		writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte("This is the address of the content upload API, version "+address.version+".\n"))
		return
	}
	var allowed []string
	for _, o := range restOperations() {
		if o.place != address.place {
			continue
		}
		if o.method == method {
			d.runREST(w, &restCall{door: d, r: r, address: address, accept: readAccept(r.Header)}, o)
			return
		}
		allowed = append(allowed, o.method)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	d.refuseREST(w, r, "find operation", &problem{code: http.StatusMethodNotAllowed, message: "This address does not take " + clip(r.Method) + "."})
}

// runREST finds out who calls and carries an operation out.
func (d *Door) runREST(w http.ResponseWriter, x *restCall, o restOperation) {
	var answer restAnswer
	err := d.guarded(x.r, o.name, func() (err error) {
		if x.caller, err = d.login(x.r, security{}, o.place == placeChunks); err != nil {
			return err
		}
		answer, err = o.run(x)
		return err
	})
	if err != nil {
		d.refuseREST(w, x.r, o.name, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if answer.location != "" {
		w.Header().Set("Location", answer.location)
	}
	if answer.media == "" {
		w.WriteHeader(answer.code)
		return
	}
	writeBody(w, answer.code, answer.media, answer.body)
}

// refuseREST answers a failure, and logs it. What the client still sends is taken
// first: many write all before they read.
func (d *Door) refuseREST(w http.ResponseWriter, r *http.Request, operation string, err error) {
	p := problemOf(err, d.ID(r))
	level := slog.LevelInfo
	if p.code >= 500 && r.Context().Err() == nil {
		level = slog.LevelError
	}
	d.Log.Log(r.Context(), level, "operation refused", "request", d.ID(r), "operation", operation, "status", p.code, "fault", p.message, "cause", p.err)
	guard.Drain(r.Body, d.Options.MaxMessage+maxSessionMessage)
	for name, value := range p.header() {
		w.Header()[name] = value
	}
	w.Header().Set("Cache-Control", "no-store")
	writeBody(w, p.code, mediaError, p.json())
}
