package softphone

import (
	"net/http"
	"strconv"

	"sluice/internal/ingest"
)

// Codes of the door's own failures.
const (
	codeContradiction ingest.Code = "contradiction"
	codeNoMedia       ingest.Code = "no-media"
	codeEmptyMedia    ingest.Code = "empty-media"
	codeMethod        ingest.Code = "method"
	codeReference     ingest.Code = "reference"
	codePreview       ingest.Code = "preview"
	codeEmptyMessage  ingest.Code = "empty-message"
	codeTooLong       ingest.Code = "too-long"  // what is no file
	codeTooOften      ingest.Code = "too-often" // messages within a minute
	codeTooMuch       ingest.Code = "too-much"  // messages on one day
)

// fault is how a failure looks: a status, and what the app shows to its user.
type fault struct {
	status int
	say    sentence
	retry  bool // later is fine
}

// retryAfter is how long an app that was turned away should wait, in seconds.
const retryAfter = 30

// kindFaults is the table from kinds to faults (section 5).
func kindFaults() map[ingest.Kind]fault {
	return map[ingest.Kind]fault{
		ingest.Internal:        {status: http.StatusInternalServerError, say: sayInternal},
		ingest.Invalid:         {status: http.StatusBadRequest, say: sayIncomplete},
		ingest.Unauthenticated: {status: http.StatusUnauthorized, say: sayCredentials},
		ingest.Forbidden:       {status: http.StatusForbidden, say: sayNotEnabled},
		ingest.NotFound:        {status: http.StatusNotFound, say: sayNothingHere},
		ingest.Conflict:        {status: http.StatusConflict, say: sayConflict},
		ingest.Mismatch:        {status: http.StatusBadRequest, say: sayIncomplete},
		ingest.TooLarge:        {status: http.StatusRequestEntityTooLarge, say: sayTooLarge},
		ingest.Gone:            {status: http.StatusGone, say: sayGone},
		ingest.Throttled:       {status: http.StatusTooManyRequests, say: sayLater, retry: true},
		ingest.Unavailable:     {status: http.StatusServiceUnavailable, say: sayBusy, retry: true},
	}
}

// codeFaults are the codes whose fault differs from that of their kind. Who may not
// use a company is told the same as who has a wrong password.
func codeFaults() map[ingest.Code]fault {
	return map[ingest.Code]fault{
		ingest.CodeQuota:       {status: http.StatusPaymentRequired, say: sayCredit},
		ingest.CodeRecipient:   {status: http.StatusNotAcceptable, say: sayRecipient},
		ingest.CodeUnsupported: {status: http.StatusUnsupportedMediaType, say: sayType},
		ingest.CodeDiskFull:    {status: http.StatusInsufficientStorage, say: sayBusy, retry: true},

		ingest.CodeNotMember:      {status: http.StatusUnauthorized, say: sayCredentials},
		ingest.CodeNoMembership:   {status: http.StatusUnauthorized, say: sayCredentials},
		ingest.CodeCompanyExpired: {status: http.StatusForbidden, say: sayNotEnabled},

		codeContradiction: {status: http.StatusBadRequest, say: sayContradiction},
		codeNoMedia:       {status: http.StatusBadRequest, say: sayNoMedia},
		codeEmptyMedia:    {status: http.StatusBadRequest, say: sayEmptyMedia},
		codeMethod:        {status: http.StatusMethodNotAllowed, say: sayMethod},
		codeReference:     {status: http.StatusBadRequest, say: sayBadReference},
		codePreview:       {status: http.StatusBadRequest, say: sayBadPreview},
		codeEmptyMessage:  {status: http.StatusBadRequest, say: sayEmptyMessage},
		codeTooLong:       {status: http.StatusRequestEntityTooLarge, say: sayTooLong},
		codeTooOften:      {status: http.StatusTooManyRequests, say: sayTooOften, retry: true},
		codeTooMuch:       {status: http.StatusPaymentRequired, say: sayTooMuch},
	}
}

// faultOf looks a failure up. Internal ones are never told apart.
func faultOf(err error) fault {
	kind := ingest.KindOf(err)
	if kind != ingest.Internal {
		if f, ok := codeFaults()[ingest.CodeOf(err)]; ok {
			return f
		}
	}
	if f, ok := kindFaults()[kind]; ok {
		return f
	}
	return kindFaults()[ingest.Internal]
}

// writeFault answers with a failure in the chosen format.
func writeFault(w http.ResponseWriter, r *http.Request, as format, f fault, message string) {
	if f.retry {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	sendMembers(w, r, f.status, as, text("message", message))
}
