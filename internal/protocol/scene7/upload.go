package scene7

import (
	"errors"
	"fmt"
	"io"
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
	params     *UploadPost
	sawParams  bool
	company    ingest.Number
	join       *engine.JobRef
	checked    bool // the engine has nothing against job and caller
	files      []filePart
	failed     error // the first failure; what follows is read and forgotten
	unreadable bool  // the body cannot be read further
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
	defer u.intake.Close()
	jobHandle, err := u.run()
	if err == nil {
		send(w, r, http.StatusOK, UploadReturn(u.params.Namespace.Answer(), jobHandle), u.auth.Gzip)
		return
	}
	if u.unreadable {
		w.Header().Set("Connection", "close")
	}
	fault := d.faultOf(err, opUploadFile, d.ID(r))
	d.Log.InfoContext(r.Context(), "upload refused", "request", d.ID(r), "code", int(fault.Code), "error", err)
	status := http.StatusInternalServerError
	if u.auth.FaultStatus != 0 {
		status = u.auth.FaultStatus
	}
	send(w, r, status, fault.Document(), u.auth.Gzip)
}

// run reads the request to its end and delivers its files.
func (u *upload) run() (jobHandle string, err error) {
	boundary, err := formdata.Boundary(u.r.Header.Get("Content-Type"))
	if err != nil {
		u.unreadable = true
		u.drain(maxDrainOver)
		return "", malformed("Content-Type must be multipart/form-data with a boundary", err)
	}
	if u.r.ContentLength > u.door.Options.MaxPostSize {
		u.fail(u.overCap(u.r.ContentLength))
	}
	u.body = &cappedBody{body: u.r.Body, limit: u.door.Options.MaxPostSize, over: u.overCap(-1)}
	u.read(formdata.NewReader(u.body, boundary, formdata.Options{
		Mode: formdata.Tolerant, AcceptMissingClose: true, Limits: formdata.Limits{MaxParts: maxParts},
	}))
	u.login(u.auth) // a request without auth part may still have HTTP Basic
	if u.failed == nil && !u.sawParams {
		u.fail(&RequestError{Code: CodeMissingParameter, Path: "uploadParams", Msg: "the part is required"})
	}
	u.check()
	if u.failed != nil {
		return "", u.failed
	}
	return u.deliver()
}

// fail notes the first failure and bounds how much of the body is still read.
func (u *upload) fail(err error) {
	if u.failed != nil {
		return
	}
	u.failed = err
	if u.body != nil {
		u.body.limit = min(u.body.limit, u.body.read+maxDrain)
	}
}

// failOn notes err if it is one.
func (u *upload) failOn(err error) {
	if err != nil {
		u.fail(err)
	}
}

func (u *upload) overCap(size int64) error {
	sent := "more was sent"
	if size >= 0 {
		sent = fmt.Sprintf("%d were announced", size)
	}
	return &RequestError{
		Code: CodeInvalidParameter,
		Msg:  fmt.Sprintf("the request is larger than UploadPostMaxFileSize, which is %d bytes; %s", u.door.Options.MaxPostSize, sent),
	}
}

func malformed(msg string, err error) error {
	return &RequestError{Code: CodeInvalidRequestXML, Msg: msg, Err: err}
}

// drain reads and forgets up to limit bytes, so that a client that writes its
// whole body before it reads gets to see the fault.
func (u *upload) drain(limit int64) {
	io.CopyN(io.Discard, u.r.Body, limit)
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
			u.drain(maxDrainOver) // ends at once when it is the body that failed
			return
		}
		if u.failed != nil && u.sawAuth && u.r.ContentLength > u.door.Options.MaxPostSize {
			u.unreadable = true
			u.drain(maxDrainOver)
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
	return malformed("the multipart body cannot be read: "+strings.TrimPrefix(err.Error(), "formdata: "), err)
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

// document reads an XML part of at most limit bytes.
func (u *upload) document(part *formdata.Part, limit int64) ([]byte, error) {
	data, err := part.ReadAll(limit)
	if over, ok := errors.AsType[*formdata.LimitError](err); ok {
		u.fail(&RequestError{Code: CodeInvalidRequestXML, Path: part.Name, Msg: fmt.Sprintf("the part is longer than %d bytes, at least %d were sent", over.Max, over.Got), Err: err})
		return nil, nil
	}
	return data, err
}

func (u *upload) authPart(part *formdata.Part) error {
	data, err := u.document(part, AuthLimit)
	if err != nil || data == nil {
		return err
	}
	if u.auth, err = ParseAuth(data); err != nil {
		u.fail(err)
		return nil
	}
	u.login(u.auth)
	u.check()
	return nil
}

// login authenticates by the auth header, else by HTTP Basic (contract 7.1).
func (u *upload) login(auth AuthHeader) {
	if u.loggedIn || u.failed != nil {
		return
	}
	c := ingest.Credentials{Login: auth.User, Password: string(auth.Password), Address: u.door.Address(u.r)}
	if !auth.Present() {
		c.Login, c.Password, _ = u.r.BasicAuth()
	}
	if c.Login == "" && (auth.AccessToken != "" || auth.SAMLResponse != "") {
		u.fail(&RequestError{Code: CodeInvalidCredentials, Msg: "this server takes a user and a password; access tokens and SAML responses are not configured"})
		return
	}
	principal, err := u.door.Logins.Login(u.r.Context(), c)
	if err != nil {
		u.fail(err)
		return
	}
	u.principal, u.loggedIn = principal, true
}

func (u *upload) paramsPart(part *formdata.Part) error {
	data, err := u.document(part, ParamsLimit)
	if err != nil || data == nil {
		return err
	}
	if u.params, err = ParseUploadPost(u.door.schema, data, u.door.Options.Strict); err != nil {
		u.params = nil
		u.fail(err)
		return nil
	}
	for _, w := range u.params.Warnings {
		u.door.Log.WarnContext(u.r.Context(), "upload parameters are incomplete", "request", u.door.ID(u.r), "warning", w.String())
	}
	u.check()
	return nil
}

// check reads the handles as soon as caller and job are known and, before a body
// of some size, asks the engine whether it will take the delivery, so that a
// refused body is not stored. The engine decides again when it takes it.
func (u *upload) check() {
	if u.checked || u.failed != nil || !u.loggedIn || u.params == nil {
		return
	}
	u.checked = true
	small := u.r.ContentLength >= 0 && u.r.ContentLength <= smallBody
	number, ok := ParseCompanyHandle(u.params.CompanyHandle)
	if !ok {
		u.fail(&RequestError{Code: CodeInvalidCompany, Path: "companyHandle", Value: u.params.CompanyHandle, Msg: "is not the handle of a company"})
		return
	}
	u.company = ingest.Number(number)
	if u.params.JobHandle == "" {
		if !small {
			_, err := u.door.Engine.CheckUpload(u.r.Context(), u.principal, u.company)
			u.failOn(err)
		}
		return
	}
	handle, ok := ParseJobHandle(u.params.JobHandle)
	if !ok {
		u.fail(&RequestError{Code: CodeInvalidParameter, Path: "jobHandle", Value: u.params.JobHandle, Msg: "is not the handle of a job"})
		return
	}
	u.join = &engine.JobRef{Number: ingest.Number(handle.ID), Name: handle.Active, OriginalName: handle.Submitted}
	if !small {
		_, err := u.door.Engine.CheckJob(u.r.Context(), u.principal, u.company, *u.join, u.door.Address(u.r))
		u.failOn(err)
	}
}

// filePart spools a file. After a failure its bytes are skipped.
func (u *upload) filePart(part *formdata.Part) error {
	if u.failed != nil {
		return nil
	}
	if len(u.files) >= maxFiles {
		u.fail(&RequestError{Code: CodeInvalidParameter, Msg: fmt.Sprintf("the request has more than %d files", maxFiles)})
		return nil
	}
	hint := int64(-1)
	if u.r.ContentLength >= 0 {
		hint = max(0, u.r.ContentLength-u.body.read)
	}
	spool, err := u.intake.Receive(u.r.Context(), part, hint)
	if storeFailed(err) {
		u.fail(err) // the rest of the body can be read, and must be, for the client to get the fault
		return nil
	}
	if err != nil {
		return err
	}
	if part.FileName == "" && spool.Size() == 0 {
		return nil // an empty file field of a web form
	}
	u.files = append(u.files, filePart{spool: spool, fileName: part.FileName, named: part.HasFileName})
	return nil
}

// storeFailed tells a failure of storing a file, such as a full disk, from one of
// reading it off the body.
func storeFailed(err error) bool {
	e, ok := errors.AsType[*ingest.Error](err)
	return ok && (e.Kind == ingest.Unavailable || e.Kind == ingest.Internal)
}
