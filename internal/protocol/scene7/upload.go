package scene7

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/wire/formdata"
)

const opUploadFile = "uploadFile"

// upload is one POST to UploadFile while it is read. Parts come in any order, so
// what is known at a moment depends on what has been seen.
type upload struct {
	door   *Door
	r      *http.Request
	body   *cappedBody
	intake *engine.Intake

	auth       AuthHeader
	sawAuth    bool
	principal  ingest.Principal
	loggedIn   bool
	byBasic    *loginResult // nil = HTTP Basic has not been tried
	document   []byte       // the uploadParams part; not parsed before the login is known
	params     *UploadPost
	sawParams  bool
	paramsErr  error // why there is no document; a failed login goes first
	company    ingest.Number
	join       *engine.JobRef
	letGo      func() // lets the joined job be closed as idle again; nil = none is held
	checked    bool   // the engine has nothing against job and caller
	files      []filePart
	failed     error // the failure that decides; what follows is read and forgotten
	readTo     int64 // byte of the body up to which it is read after a failure
	unreadable bool  // the body cannot be read further

	heldDisk, heldMemory int64 // bytes taken of the room of strangers
}

// filePart is a spooled file.
type filePart struct {
	spool    *engine.Spool
	fileName string
	named    bool // the part has a filename parameter
}

// uploadFile serves POST /scene7/UploadFile (contract sections 2 to 8).
func (d *Door) uploadFile(w http.ResponseWriter, r *http.Request) {
	u := &upload{door: d, r: r, intake: d.Engine.NewIntake()}
	defer u.release()
	defer u.intake.Close()
	defer u.leaveJob()
	jobHandle, err := u.run()
	if err == nil {
		send(w, r, http.StatusOK, UploadReturn(u.params.Namespace.Answer(), jobHandle), u.auth.Gzip)
		return
	}
	if u.unreadable {
		w.Header().Set("Connection", "close")
	}
	fault := FaultOf(err, opUploadFile, d.ID(r))
	u.logRefused(err, fault.Code)
	status := http.StatusInternalServerError
	if u.auth.FaultStatus != 0 {
		status = u.auth.FaultStatus
	}
	send(w, r, status, fault.Document(), u.auth.Gzip)
}

// logRefused writes why the request got a fault: what is wrong with the server as
// an error, what it lacks for now as a warning, the rest as information.
func (u *upload) logRefused(err error, code Code) {
	level := slog.LevelInfo
	ours, isOurs := errors.AsType[*RequestError](err)
	switch kind := ingest.KindOf(err); {
	case isOurs, u.r.Context().Err() != nil: // in the latter case the client has left
	case kind == ingest.Internal:
		level = slog.LevelError
	case kind == ingest.Unavailable:
		level = slog.LevelWarn
	}
	attrs := []any{"request", u.door.ID(u.r), "code", int(code), "error", err}
	if isOurs && ours.Err != nil {
		attrs = append(attrs, "cause", ours.Err)
	}
	u.door.Log.Log(u.r.Context(), level, "upload refused", attrs...)
}

// run reads the request to its end and delivers its files.
func (u *upload) run() (jobHandle string, err error) {
	u.body = &cappedBody{body: u.r.Body, limit: u.door.Options.MaxPostSize, over: u.overCap(-1)}
	boundary, err := formdata.Boundary(u.r.Header.Get("Content-Type"))
	if err != nil {
		u.unreadable = true
		problem := malformed("Content-Type must be multipart/form-data with a boundary", err)
		if long, ok := errors.AsType[*formdata.LimitError](err); ok {
			problem = malformed(fmt.Sprintf("the boundary in Content-Type has %d bytes, the limit is %d", long.Got, long.Max), err)
		}
		u.fail(problem)
		u.drain()
		return "", u.failed
	}
	if u.announcedOver() {
		u.fail(u.overCap(u.r.ContentLength))
	}
	u.read(formdata.NewReader(u.body, boundary, formdata.Options{
		Mode: formdata.Tolerant, AcceptMissingClose: true, Limits: formdata.Limits{MaxParts: maxParts},
	}))
	u.login(u.auth) // a request without auth part may still have HTTP Basic
	u.proceed()
	if u.failed == nil && !u.sawParams {
		u.fail(&RequestError{Code: CodeMissingParameter, Path: "uploadParams", Msg: "the part is required"})
	}
	if u.failed != nil {
		return "", u.failed
	}
	return u.deliver()
}

// announcedOver reports whether Content-Length is over the cap.
func (u *upload) announcedOver() bool { return u.r.ContentLength > u.door.Options.MaxPostSize }

// fail notes the first failure, drops what was stored, and bounds how much of the
// body is still read.
func (u *upload) fail(err error) {
	if u.failed != nil {
		return
	}
	u.failed, u.document = err, nil
	u.intake.Close()
	u.release()
	bound := int64(maxDrain)
	if u.announcedOver() || err == u.body.over {
		bound = maxDrainOver
	}
	u.readTo = u.body.read + bound
	u.body.limit = min(u.body.limit, u.readTo)
}

func (u *upload) overCap(size int64) error {
	sent := fmt.Sprintf("%d bytes or more", u.door.Options.MaxPostSize+1)
	if size >= 0 {
		sent = fmt.Sprintf("%d bytes", size)
	}
	return &RequestError{
		Code: CodeInvalidParameter,
		Msg:  fmt.Sprintf("the request has %s, the limit is %d (UploadPostMaxFileSize)", sent, u.door.Options.MaxPostSize),
	}
}

func malformed(msg string, err error) error {
	return &RequestError{Code: CodeInvalidRequestXML, Msg: msg, Err: err}
}

// drain reads and forgets some more of a body that is of no use, so that a client
// that writes its whole body before it reads gets to see the fault.
func (u *upload) drain() {
	io.CopyN(io.Discard, u.r.Body, min(maxDrainOver, max(0, u.readTo-u.body.read)))
}

// read goes through the parts.
func (u *upload) read(parts *formdata.Reader) {
	for {
		part, err := parts.Next()
		if err == io.EOF {
			return
		}
		if err == nil {
			err = u.part(part)
		}
		if err != nil {
			u.unreadable = true
			u.fail(u.bodyError(err))
			u.drain() // ends at once when it is the body that failed
			return
		}
		if u.failed != nil && u.sawAuth && u.announcedOver() {
			u.unreadable = true
			u.drain()
			return
		}
	}
}

// bodyError tells what is wrong with a body that cannot be read on.
func (u *upload) bodyError(err error) error {
	if e, ok := errors.AsType[*RequestError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*ingest.Error](err); ok {
		return e
	}
	if limit, ok := errors.AsType[*formdata.LimitError](err); ok {
		return &RequestError{Code: CodeInvalidParameter, Msg: fmt.Sprintf("the request has %d %s or more, the limit is %d", limit.Got, limit.Limit, limit.Max), Err: err}
	}
	return malformed("the multipart body cannot be read: "+bodyProblem(err), err)
}

// bodyProblem says what a client may know of a body that cannot be read: what the
// form reader found, and nothing of what the network said.
func bodyProblem(err error) string {
	if errors.Is(err, formdata.ErrTruncated) {
		return "it was cut off"
	}
	for _, found := range []error{formdata.ErrNoDelimiter, formdata.ErrMissingClose, formdata.ErrMalformed, formdata.ErrBadEncoding} {
		if errors.Is(err, found) {
			return strings.TrimPrefix(err.Error(), "formdata: ")
		}
	}
	return "it did not arrive in full"
}

// part takes one part. An error means that the body cannot be read on.
func (u *upload) part(part *formdata.Part) error {
	switch {
	case part.Name == "auth":
		if u.sawAuth {
			return nil
		}
		u.sawAuth = true
		return u.authPart(part)
	case part.Name == "uploadParams":
		if u.sawParams {
			return nil
		}
		u.sawParams = true
		return u.paramsPart(part)
	case part.HasFileName || strings.HasPrefix(part.Name, "file"):
		return u.filePart(part)
	}
	return nil // Flash clients send Upload and Filename; the reader skips the content
}

// readDocument reads an XML part of at most limit bytes. A nil document without
// error is one that the request cannot be served with; refuse has been told why.
func readDocument(name string, content io.Reader, limit int64, refuse func(error)) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(content, limit+1))
	switch {
	case storeFailed(err):
		refuse(err)
		return nil, nil
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		rest, err := io.Copy(io.Discard, io.LimitReader(content, maxDrain))
		if storeFailed(err) { // no room to read on, which matters no more
			err = nil
		}
		refuse(&RequestError{Code: CodeInvalidRequestXML, Path: name, Msg: fmt.Sprintf("the part has %d bytes or more, the limit is %d", int64(len(data))+rest, limit)})
		return nil, err
	}
	return data, nil
}

func (u *upload) authPart(part *formdata.Part) error {
	data, err := readDocument(part.Name, part, AuthLimit, u.fail)
	if err != nil || data == nil {
		return err
	}
	auth, err := ParseAuth(data)
	if err != nil {
		u.fail(err)
		return nil
	}
	u.auth = auth
	u.login(auth)
	u.proceed()
	return nil
}

// paramsPart keeps the parameters until the login is known. A failure of the login
// goes before one of theirs, in whatever order the parts come.
func (u *upload) paramsPart(part *formdata.Part) error {
	if u.failed != nil {
		return nil
	}
	content := holding{part, func(n int64) error { return u.hold(0, n) }}
	data, err := readDocument(part.Name, content, ParamsLimit, func(err error) { u.paramsErr = err })
	if err != nil {
		return err
	}
	u.document = data
	u.proceed()
	return nil
}

// proceed goes as far as the parts that have come allow: it reads the parameters
// of a caller who is known, and has the job checked.
func (u *upload) proceed() {
	if u.failed != nil || !u.loggedIn || u.checked {
		return
	}
	if u.paramsErr != nil {
		u.fail(u.paramsErr)
		return
	}
	if u.document == nil {
		return
	}
	params, err := ParseUploadPost(u.door.schema, u.document, u.door.Options.Strict)
	if err != nil {
		u.fail(err)
		return
	}
	u.params, u.document = params, nil
	for _, w := range params.Warnings {
		u.door.Log.WarnContext(u.r.Context(), "upload parameters are incomplete", "request", u.door.ID(u.r), "warning", w.String())
	}
	u.check()
}

// filePart spools a file. After a failure its bytes are skipped.
func (u *upload) filePart(part *formdata.Part) error {
	if u.failed == nil && u.paramsErr == nil {
		u.vouch()
	}
	switch {
	case u.failed != nil, u.paramsErr != nil:
		return nil
	case len(u.files) >= maxFiles:
		u.fail(&RequestError{Code: CodeInvalidParameter, Msg: fmt.Sprintf("the request has %d files or more, the limit is %d", len(u.files)+1, maxFiles)})
		return nil
	case len(u.files) >= maxAnonymousFiles && !u.known():
		u.fail(&RequestError{Code: CodeInvalidParameter, Msg: fmt.Sprintf("the request has %d files or more before its auth part, the limit is %d; send the auth part first", len(u.files)+1, maxAnonymousFiles)})
		return nil
	}
	if err := u.hold(0, fileMemory); err != nil {
		u.fail(err)
		return nil
	}
	spool, err := u.intake.Receive(u.r.Context(), holding{part, func(n int64) error { return u.hold(n, 0) }}, u.expected())
	if storeFailed(err) {
		u.fail(err) // the rest of the body can be read, and must be, for the client to get the fault
		return nil
	}
	if err != nil {
		return err
	}
	u.files = append(u.files, filePart{spool: spool, fileName: part.FileName, named: part.HasFileName})
	return nil
}

// expected is how many bytes the file may have at most, for which room on the disk
// is reserved; -1, which reserves nothing, until the caller may use that room.
func (u *upload) expected() int64 {
	if !u.loggedIn || !u.checked || u.r.ContentLength < 0 {
		return -1
	}
	return max(0, u.r.ContentLength-u.body.read)
}

// storeFailed tells a failure of storing a file, such as a full disk, from one of
// reading it off the body.
func storeFailed(err error) bool {
	e, ok := errors.AsType[*ingest.Error](err)
	return ok && (e.Kind == ingest.Unavailable || e.Kind == ingest.Internal)
}
