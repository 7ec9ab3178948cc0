package nomad

import (
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// uploadRoutes are the calls of an upload. Collections of requests in the field use
// both addresses (2).
func uploadRoutes() []route {
	var all []route
	for _, base := range []string{"/asset/upload", "/admin/asset/upload"} {
		all = append(all,
			route{http.MethodPost, base + "/start", bearer, (*exchange).startUpload},
			route{http.MethodPost, base + "/start-related-asset", bearer, (*exchange).startRelated},
			route{http.MethodPost, base + "/part/{part}/complete", bearer, (*exchange).completePart},
			route{http.MethodPost, base + "/{upload}/complete", bearer, (*exchange).completeUpload},
			route{http.MethodPost, base + "/{upload}/cancel", bearer, (*exchange).cancelUpload},
			route{http.MethodGet, base, bearer, (*exchange).listUploads},
			route{http.MethodGet, base + "/{upload}", bearer, (*exchange).listParts},
			route{http.MethodPost, base + "/{upload}", bearer, (*exchange).cancelUpload},
		)
	}
	return all
}

// ownUpload is the upload of the address, if it is the caller's.
func (x *exchange) ownUpload() (*ingest.Upload, error) {
	id, err := uuid(x.r.PathValue("upload"), "The id of the upload")
	if err != nil || id == "" {
		return nil, unknown("Upload")
	}
	u, err := x.Engine.UploadOf(x.r.Context(), x.caller, id)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, unknown("Upload")
	}
	if err != nil {
		return nil, err
	}
	if u.Door != ingest.DoorNomad || u.Company != x.company {
		return nil, unknown("Upload")
	}
	return u, nil
}

// batch is the answer to calls on several things (8).
type batch struct {
	Items          []batchItem `json:"items"`
	TotalItemCount int         `json:"totalItemCount"`
}

type batchItem struct {
	ID ingest.UUID `json:"id"`
}

func batchOf(ids ...ingest.UUID) batch {
	b := batch{Items: []batchItem{}, TotalItemCount: len(ids)}
	for _, id := range ids {
		b.Items = append(b.Items, batchItem{id})
	}
	return b
}

// completeUpload makes the parts an asset. Completing again gives the same answer (8).
func (x *exchange) completeUpload() (any, error) {
	u, err := x.ownUpload()
	if err != nil {
		return nil, err
	}
	if answer, over, err := endedUpload(u); over {
		return answer, err
	}
	a, missing, err := x.Engine.FinishParts(x.r.Context(), x.caller, u.UUID)
	if len(missing) > 0 {
		return nil, invalid("Parts are not complete: %s.", partNumbers(missing, u))
	}
	if ingest.KindOf(err) == ingest.Gone { // it has ended meanwhile
		if fresh, again := x.ownUpload(); again == nil {
			if answer, over, ended := endedUpload(fresh); over {
				return answer, ended
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return batchOf(a.UUID), nil
}

// endedUpload is the answer to completing an upload of which nothing became; over is
// false for any other.
func endedUpload(u *ingest.Upload) (answer any, over bool, err error) {
	if u.State != ingest.UploadAborted && u.State != ingest.UploadExpired {
		return nil, false, nil
	}
	if factsOf(u).Cancelled {
		return batchOf(), true, nil
	}
	return nil, true, invalid("The upload is %s.", ended[u.State])
}

// ended are the words for uploads of which nothing became.
var ended = map[ingest.UploadState]string{ingest.UploadAborted: "cancelled", ingest.UploadExpired: "expired"}

// partNumbers lists parts for a message.
func partNumbers(list []engine.PartState, u *ingest.Upload) string {
	var words []string
	for _, s := range list {
		word := strconv.Itoa(s.Number)
		if s.Received {
			word += " (received, not confirmed)"
		}
		words = append(words, word)
	}
	text := strings.Join(words, ", ")
	if len(list) < engine.PartsOf(u).Count() {
		return text
	}
	return text + " (of " + strconv.Itoa(engine.PartsOf(u).Count()) + ")"
}

// cancelUpload gives an upload up. One that has ended stays as it is (8).
func (x *exchange) cancelUpload() (any, error) {
	u, err := x.ownUpload()
	if err != nil {
		return nil, err
	}
	if u.State.Ended() {
		return nil, nil
	}
	err = x.Engine.Abort(x.r.Context(), x.caller, u.UUID)
	if ingest.KindOf(err) == ingest.Conflict && err != nil { // it has been completed meanwhile
		err = nil
	}
	return nil, err
}

// mostListed bounds the uploads of a list.
const mostListed = 1000

// listUploads lists what the caller has uploaded, the newest first (8).
func (x *exchange) listUploads() (any, error) {
	states := []ingest.UploadState{ingest.UploadOpen, ingest.UploadSealing}
	if all, _ := strconv.ParseBool(strings.ToLower(x.r.URL.Query().Get("includeCompletedUploads"))); all {
		states = append(states, ingest.UploadDone)
	}
	list, err := x.Engine.Uploads(x.r.Context(), x.caller, ingest.DoorNomad, x.company, states, ingest.Page{Limit: mostListed})
	if err != nil {
		return nil, err
	}
	models := make([]*uploadModel, 0, len(list))
	for _, u := range list {
		m, err := x.model(u, nil)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	return models, nil
}

// listParts lists the parts of an upload (8).
func (x *exchange) listParts() (any, error) {
	u, err := x.ownUpload()
	if err != nil {
		return nil, err
	}
	return x.parts(u, everyPart)
}
