package ipsapi

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// barePath is the endpoint for bare XML.
const barePath = "/scene7/api/IpsApiService"

// Routes mounts the service below /scene7/.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+servicePath, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) })
	mux.HandleFunc("POST "+barePath, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, false) })
	for _, path := range []string{servicePath, barePath} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "this address takes POST", http.StatusMethodNotAllowed)
		})
	}
	s.wsdlRoutes(mux)
	s.exportRoutes(mux)
}

// exchange is one request and what is known of it so far.
type exchange struct {
	r       *http.Request
	dialect dialect
	message message
	op      *Operation // nil = not known
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request, soap bool) {
	x := &exchange{r: r, dialect: bareDialect()}
	if soap {
		x.dialect = soapDialect(soap11)
		if soapContent(r.Header) {
			x.dialect = soapDialect(soap12)
		}
	}
	answer, err := s.answer(x, soap)
	if err == nil {
		scene7.Send(w, r, http.StatusOK, x.dialect.contentType, x.dialect.wrap(answer), x.message.auth.Gzip)
		return
	}
	fault := scene7.FaultOf(err, x.operationName(), s.ID(r))
	s.logRefused(x, err, fault.Code)
	status := http.StatusInternalServerError
	if x.message.auth.FaultStatus != 0 {
		status = x.message.auth.FaultStatus
	}
	scene7.Send(w, r, status, x.dialect.contentType, x.dialect.fault(fault), x.message.auth.Gzip)
}

// soapContent reports whether the content type is that of SOAP 1.2, which decides
// only while the envelope has not been read.
func soapContent(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/soap+xml")
}

func (x *exchange) operationName() string {
	if x.op == nil {
		return ""
	}
	return x.op.Name
}

// answer reads the request and carries it out. A panic becomes a failure that
// names the request.
func (s *Service) answer(x *exchange, soap bool) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.ErrorContext(x.r.Context(), "operation panicked", "request", s.ID(x.r), "operation", x.operationName(), "panic", p, "stack", string(debug.Stack()))
			answer, err = nil, &ingest.Error{Kind: ingest.Internal, Op: "ipsapi.answer", Msg: "panic"}
		}
	}()
	data, held, err := s.room.read(x.r.Body, x.r.ContentLength)
	defer s.room.give(held)
	if err != nil {
		guard.Drain(x.r.Body, maxRequest) // old clients write all before they read
		return nil, err
	}
	root, err := xmltree.Parse(data, xmltree.Limits{Bytes: maxRequest, Elements: maxElements, Text: maxRequest})
	if err != nil {
		return nil, malformed("the request is no XML document: " + err.Error())
	}
	if soap {
		x.message, x.dialect, err = openEnvelope(root)
	} else {
		x.message, err = openRequest(root)
	}
	if err != nil {
		return nil, err
	}
	return s.dispatch(x)
}

// logRefused writes why a request got a fault: what is wrong with the server as an
// error, what it lacks for now as a warning, the rest as information.
func (s *Service) logRefused(x *exchange, err error, code scene7.Code) {
	level := slog.LevelInfo
	ours, isOurs := errors.AsType[*scene7.RequestError](err)
	switch kind := ingest.KindOf(err); {
	case isOurs, x.r.Context().Err() != nil: // in the latter case the client has left
	case kind == ingest.Internal:
		level = slog.LevelError
	case kind == ingest.Unavailable:
		level = slog.LevelWarn
	}
	attrs := []any{"request", s.ID(x.r), "operation", x.operationName(), "code", int(code), "error", err}
	if isOurs && ours.Err != nil {
		attrs = append(attrs, "cause", ours.Err)
	}
	s.Log.Log(x.r.Context(), level, "operation refused", attrs...)
}
