package nomad

import (
	"encoding/json"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Metadata of assets and folders that this door alone sets.
const (
	metaAvailableFrom  = "nomad.availableFrom"
	metaAvailableUntil = "nomad.availableUntil"
)

// assetUpdate are the members of a change; those that are absent or null keep (9).
type assetUpdate struct {
	DisplayName      *string
	DisplayDate      *string
	AvailableFrom    *string `json:"availableStartDate"`
	AvailableUntil   *string `json:"availableEndDate"`
	CustomProperties map[string]json.RawMessage
}

// updateAsset changes what a client may set of a file or folder. A folder is called as
// it is shown, so that its display name renames it; a file keeps its name.
func (x *exchange) updateAsset() (any, error) {
	var in assetUpdate
	if err := x.read(&in); err != nil {
		return nil, err
	}
	it, err := x.entry("id")
	if err != nil {
		return nil, err
	}
	set, err := in.texts()
	if err != nil {
		return nil, err
	}
	name := ""
	switch {
	case in.DisplayName == nil || *in.DisplayName == "":
	case it.Asset == nil:
		name = nfc(*in.DisplayName)
	default:
		shown, err := shownName(*in.DisplayName, it.Asset.FileName)
		if err != nil {
			return nil, err
		}
		set[metaDisplayName] = shown
	}
	return idModel{idOf(it)}, x.change(idOf(it), name, set)
}

// change gives a file or folder a name, unless it is empty, and stores texts at it; an
// empty text is forgotten. All of that is done or nothing.
func (x *exchange) change(id ingest.UUID, name string, set map[string]string) error {
	if name == "" && len(set) == 0 {
		return nil
	}
	c := engine.EntryChange{Name: name}
	if len(set) > 0 {
		c.Metadata = func(fields map[string]string) {
			for key, text := range set {
				if fields[key] = text; text == "" {
					delete(fields, key)
				}
			}
		}
	}
	return x.Engine.ChangeEntry(x.r.Context(), x.caller, x.company, id, c)
}

// texts are the changes as metadata has them.
func (in assetUpdate) texts() (map[string]string, error) {
	set := map[string]string{}
	for _, date := range []struct {
		key, name string
		given     *string
	}{
		{metaDisplayDate, "displayDate", in.DisplayDate}, {metaAvailableFrom, "availableStartDate", in.AvailableFrom},
		{metaAvailableUntil, "availableEndDate", in.AvailableUntil},
	} {
		if date.given == nil {
			continue
		}
		text, err := dateText(*date.given, date.name)
		if err != nil {
			return nil, err
		}
		set[date.key] = text
	}
	custom, err := (startRequest{Properties: in.CustomProperties}).texts()
	if err != nil {
		return nil, err
	}
	for name := range in.CustomProperties { // null and the empty text take one away
		set[metaProperty+name] = custom[metaProperty+name]
	}
	return set, nil
}

// dateText is a client's date in the form of answers; empty stays empty.
func dateText(text, name string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return *stamp(t), nil
		}
	}
	return "", invalid("The value of %s is not a date: %s.", name, clip(text))
}

// setLanguage says what language a file is in.
func (x *exchange) setLanguage() (any, error) {
	var in struct {
		LanguageID string
		ID         string
	}
	if err := x.read(&in); err != nil {
		return nil, err
	}
	text := in.LanguageID
	if text == "" {
		text = in.ID
	}
	language, err := uuid(text, "languageId")
	if err != nil {
		return nil, err
	}
	if language == "" {
		return nil, invalid("languageId is missing.")
	}
	it, err := x.entry("id")
	if err != nil {
		return nil, err
	}
	if language == defaultLanguage {
		language = ""
	}
	return idModel{idOf(it)}, x.change(idOf(it), "", map[string]string{metaLanguage: string(language)})
}

// batchRequest names several things and what to do with them.
type batchRequest struct {
	TargetIDs       oneOrMore
	ActionArguments struct {
		DestinationFolderAssetID string
		DestinationFolderID      string
		FolderID                 string
		ParentID                 string
	}
}

// batch reads a batch: the thing in the address, those in the body, and the folder
// that they go to.
func (x *exchange) batch() (ids []ingest.UUID, into ingest.UUID, err error) {
	var in batchRequest
	if err := x.read(&in); err != nil {
		return nil, "", err
	}
	seen := map[ingest.UUID]bool{"": true}
	for _, text := range append(oneOrMore{x.r.PathValue("id")}, in.TargetIDs...) {
		id, err := uuid(text, "The id")
		if err != nil {
			return nil, "", err
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, "", invalid("targetIds is missing.")
	}
	a := in.ActionArguments
	for _, text := range []string{a.DestinationFolderAssetID, a.DestinationFolderID, a.FolderID, a.ParentID} {
		if into, err = uuid(text, "destinationFolderAssetId"); err != nil || into != "" {
			return ids, into, err
		}
	}
	return nil, "", invalid("destinationFolderAssetId is missing in actionArguments.")
}

// moveAssets puts things into another folder, all or none.
func (x *exchange) moveAssets() (any, error) {
	ids, into, err := x.batch()
	if err != nil {
		return nil, err
	}
	if err := x.Engine.MoveEntries(x.r.Context(), x.caller, x.company, ids, into); err != nil {
		return nil, err
	}
	return batchAnswer(ids), nil
}

// copyAssets copies things into a folder, all or none.
func (x *exchange) copyAssets() (any, error) {
	ids, into, err := x.batch()
	if err != nil {
		return nil, err
	}
	return x.copies(ids, into)
}

// duplicateAsset copies a thing beside itself.
func (x *exchange) duplicateAsset() (any, error) {
	id, err := x.pathID("id", "Asset")
	if err != nil {
		return nil, err
	}
	return x.copies([]ingest.UUID{id}, "")
}

func (x *exchange) copies(ids []ingest.UUID, into ingest.UUID) (any, error) {
	made, err := x.Engine.CopyEntries(x.r.Context(), x.caller, x.company, engine.CopySpec{
		IDs: ids, Into: into,
		Job: &engine.JobSpec{Door: ingest.DoorNomad, Name: "Copy of " + string(ids[0]), Client: clientOf(x.r), Address: x.Address(x.r)},
	})
	if err != nil {
		return nil, err
	}
	return batchAnswer(made), nil
}

// batchResult is the id of the first thing, which clients read, and those of all.
type batchResult struct {
	ID             ingest.UUID `json:"id"`
	Items          []idModel   `json:"items"`
	TotalItemCount int         `json:"totalItemCount"`
}

func batchAnswer(ids []ingest.UUID) batchResult {
	r := batchResult{ID: ids[0], TotalItemCount: len(ids)}
	for _, id := range ids {
		r.Items = append(r.Items, idModel{id})
	}
	return r
}

// deleteAsset puts a file, or all files of a folder, into the trash.
func (x *exchange) deleteAsset() (any, error) {
	id, err := x.pathID("id", "Asset")
	if err != nil {
		return nil, err
	}
	err = x.Engine.DeleteEntry(x.r.Context(), x.caller, x.company, id)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		if u, _ := x.Engine.PromisedAsset(x.r.Context(), x.caller, x.company, id); u != nil {
			return nil, invalid("The asset is being uploaded. Cancel the upload instead.")
		}
		err = unknown("Asset")
	}
	return idModel{id}, err
}

// deleteRelated removes a file that goes with another one (8.1).
func (x *exchange) deleteRelated() (any, error) {
	id, err := x.pathID("id", "Asset")
	if err != nil {
		return nil, err
	}
	related, err := x.pathID("related", "Related asset")
	if err != nil {
		return nil, err
	}
	err = x.Engine.Unrelate(x.r.Context(), x.caller, x.company, id, related)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		err = unknown("Related asset")
	}
	return idModel{related}, err
}
