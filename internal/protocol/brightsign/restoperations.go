package brightsign

import (
	"net/http"

	"sluice/internal/ingest"
)

// startSession opens a session for a web page.
func (x *restCall) startSession() (restAnswer, error) {
	if _, err := x.argumentsType(mediaStartPage); err != nil {
		return restAnswer{}, err
	}
	if err := x.mayAnswer(mediaPageStatus); err != nil {
		return restAnswer{}, err
	}
	a, err := x.arguments()
	if err != nil {
		return restAnswer{}, err
	}
	st, err := x.door.startPage(x.context(), x.caller, a, "")
	if err != nil {
		return restAnswer{}, err
	}
	return x.created(st), nil
}

func (x *restCall) sessionStatus() (restAnswer, error) {
	if err := x.mayAnswer(mediaPageStatus); err != nil {
		return restAnswer{}, err
	}
	st, err := x.door.pageStatusOf(x.context(), x.caller, x.address.session)
	if err == nil && st == nil {
		err = required(unknownToken(), sentenceNoSession)
	}
	if err != nil {
		return restAnswer{}, err
	}
	return x.found(st), nil
}

// completeSession makes the web page. A client may send back the status that it was
// told, and with it the name. Whether it takes the answer is asked when the page is
// made: there are clients that expect to be told so.
func (x *restCall) completeSession() (restAnswer, error) {
	if _, err := x.argumentsType(mediaCompletePage); err != nil {
		return restAnswer{}, err
	}
	a, err := x.arguments()
	if err != nil {
		return restAnswer{}, err
	}
	a.SessionToken = x.address.session
	known, err := x.door.pageStatusOf(x.context(), x.caller, a.SessionToken)
	if err != nil {
		return restAnswer{}, err
	}
	if known != nil && a.Name == known.Name {
		a.Name = "" // nothing new: a name that the door found itself may still give way to another's
	}
	st, err := x.door.completePage(x.context(), x.caller, a)
	if err != nil {
		return restAnswer{}, err
	}
	if err := x.mayAnswer(mediaPageStatus); err != nil {
		return restAnswer{}, err
	}
	return x.found(st), nil
}

// cancelSession ends a session and all of its uploads. What is over stays as it is.
func (x *restCall) cancelSession() (restAnswer, error) {
	d, ctx, c := x.door, x.context(), x.caller
	session, members, err := d.session(ctx, c, x.address.session)
	if err != nil {
		return restAnswer{}, required(err, sentenceNoSession)
	}
	if session.State == ingest.UploadDone {
		return restAnswer{}, already(stateCompleted)
	}
	defer d.recent.clear()
	if err := d.Engine.Abort(ctx, c.Principal, session.UUID); err != nil && ingest.KindOf(err) != ingest.Gone {
		return restAnswer{}, err
	}
	for _, m := range members {
		d.counts.forget(m.Upload.ClientKey)
	}
	return restAnswer{code: http.StatusNoContent}, nil
}

// startUpload begins a plain upload, or the only file of a session that the arguments
// can mean.
func (x *restCall) startUpload() (restAnswer, error) {
	expected := []string{mediaStartFile}
	if x.address.session != "" {
		expected = []string{mediaStartAsset, mediaStartFile}
	}
	if _, err := x.argumentsType(expected...); err != nil {
		return restAnswer{}, err
	}
	a, err := x.startArguments()
	if err != nil {
		return restAnswer{}, err
	}
	st, err := x.start(a)
	if err != nil {
		return restAnswer{}, err
	}
	return x.created(st), nil
}

// changeUpload starts or completes an upload: the media type of the arguments decides.
func (x *restCall) changeUpload() (restAnswer, error) {
	kind, err := x.argumentsType(mediaCompleteFile, mediaCompleteAsset, mediaStartFile, mediaStartAsset)
	if err != nil {
		return restAnswer{}, err
	}
	a, err := x.startArguments()
	if err != nil {
		return restAnswer{}, err
	}
	var st *status
	if kind == mediaStartFile || kind == mediaStartAsset {
		st, err = x.start(a)
	} else {
		st, err = x.door.completeFile(x.context(), x.caller, a, "")
	}
	if err != nil {
		return restAnswer{}, err
	}
	return x.found(st), nil
}

// startArguments reads the arguments of a file. Which file it is, the address says.
func (x *restCall) startArguments() (arguments, error) {
	if err := x.mayAnswer(mediaFileStatus, mediaNegotiation); err != nil {
		return arguments{}, err
	}
	a, err := x.arguments()
	a.SessionToken, a.UploadToken = x.address.session, x.address.upload
	return a, err
}

func (x *restCall) uploadStatus() (restAnswer, error) {
	if err := x.mayAnswer(mediaFileStatus); err != nil {
		return restAnswer{}, err
	}
	st, err := x.door.fileStatusOf(x.context(), x.caller, x.address.upload)
	switch {
	case err != nil:
		return restAnswer{}, err
	case st == nil, x.address.session != "" && !sameToken(x.address.session, st.SessionToken):
		return restAnswer{}, required(unknownToken(), sentenceNoUpload)
	}
	return x.found(st), nil
}

func (x *restCall) cancelUpload() (restAnswer, error) {
	st, err := x.door.cancelFile(x.context(), x.caller, x.address.upload, x.address.session)
	switch {
	case err != nil:
		return restAnswer{}, err
	case st == nil:
		return restAnswer{}, required(unknownToken(), sentenceNoUpload)
	case st.State == stateCompleted, st.State == stateVerified:
		return restAnswer{}, already(st.State)
	}
	return restAnswer{code: http.StatusNoContent}, nil
}
