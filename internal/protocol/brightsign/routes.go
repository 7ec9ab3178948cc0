package brightsign

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// basicPath is the address of the service that its description names (1.1).
const basicPath = "/Uploads/2014/07/SOAP/Basic/"

// soapAddress matches the addresses of the SOAP service: every year and month is
// taken for the one there is.
var soapAddress = regexp.MustCompile(`(?i)^/uploads/[0-9]{4}/[0-9]{2}/soap/(wsdl|basic)/?$`)

// Routes mounts the door.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("/Uploads/", d.serve)
	d.restRoutes(mux)
}

// Fold gives a path the spelling under which this door is mounted: its clients write
// it in any case.
func Fold(path string) string {
	for _, mounted := range []string{"/Uploads/", "/Upload/"} {
		if len(path) >= len(mounted) && strings.EqualFold(path[:len(mounted)], mounted) {
			return mounted + path[len(mounted):]
		}
	}
	return path
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request) {
	match := soapAddress.FindStringSubmatch(r.URL.Path)
	if match == nil {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodPost:
		d.serveSOAP(w, r)
	case http.MethodGet, http.MethodHead:
		if strings.EqualFold(match[1], "wsdl") || asksForWSDL(r) {
			writeBody(w, http.StatusOK, "text/xml; charset=utf-8", d.wsdl(d.Base(r)+basicPath))
			return
		}
		writeBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte("This is the address of the content upload service. Its description is at "+d.Base(r)+"/Uploads/2014/07/SOAP/WSDL/\n"))
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "this address takes POST; its description is read with GET", http.StatusMethodNotAllowed)
	}
}

func asksForWSDL(r *http.Request) bool {
	for name := range r.URL.Query() {
		if strings.EqualFold(name, "wsdl") || strings.EqualFold(name, "singleWsdl") {
			return true
		}
	}
	return false
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left needs no answer
}

// serveSOAP answers one message. A panic becomes a fault that names the request.
func (d *Door) serveSOAP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{door: d, r: r, request: request{version: soap11, service: d.Options.ServiceNamespace}}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(kind), "application/soap+xml") {
		x.request.version = soap12
	}
	content, err := x.answer()
	if err != nil {
		f := faultOf(err, d.ID(r))
		d.logFault(x, f)
		content = x.request.fault(f, x.data())
		guard.Drain(r.Body, d.Options.MaxMessage+maxSessionMessage) // clients write all before they read
		writeBody(w, http.StatusInternalServerError, x.request.contentType(), x.request.reply(d.Engine.Now(), content))
		return
	}
	writeBody(w, http.StatusOK, x.request.contentType(), x.request.reply(d.Engine.Now(), content))
}

func (d *Door) logFault(x *exchange, f *Fault) {
	level := slog.LevelInfo
	if f.Code == codeServer && x.r.Context().Err() == nil {
		level = slog.LevelError
	}
	d.Log.Log(x.r.Context(), level, "operation refused", "request", d.ID(x.r), "operation", x.request.operation, "fault", f.Message, "cause", f.err)
}

// body is the request's body without its content encoding.
func body(r *http.Request) (io.Reader, error) {
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
		return r.Body, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, refuse("The body is not valid gzip.")
		}
		return &unzipped{z}, nil
	}
	return nil, refuse("The content encoding %q is not supported.", clip(r.Header.Get("Content-Encoding")))
}

// unzipped tells apart what is wrong with the compressed bytes from the rest.
type unzipped struct{ *gzip.Reader }

func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		err = refuse("The body is not valid gzip.")
	}
	return n, err
}

// guarded runs a function and turns its panic into a failure.
func (d *Door) guarded(r *http.Request, what string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.Log.ErrorContext(r.Context(), "operation panicked", "request", d.ID(r), "operation", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &ingest.Error{Kind: ingest.Internal, Op: "brightsign", Msg: "panic"}
		}
	}()
	return fn()
}
