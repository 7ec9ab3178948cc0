package nomad

import (
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// startRelated begins the upload of a file that belongs to another one: subtitles, a
// proxy, a thumbnail (8.1).
func (x *exchange) startRelated() (any, error) {
	var in startRequest
	if err := x.read(&in); err != nil {
		return nil, err
	}
	u, err := in.check(x.Options.MaxFileSize)
	if err != nil {
		return nil, err
	}
	parent := u.existing
	switch {
	case parent == "" && u.related == "":
		return nil, invalid("existingAssetId is missing.")
	case parent == "" && u.kind != "":
		return nil, invalid("newRelatedAssetMetadataType needs existingAssetId.")
	}
	spec := engine.TargetSpec{Company: x.company, Door: ingest.DoorNomad, Asset: u.related}
	if u.option == "" {
		u.option = optionReplace
	}
	var relation ingest.Relation
	if parent != "" {
		if relation, err = x.Engine.AssetRelation(x.r.Context(), x.caller, x.company, parent, u.kind); err != nil {
			if ingest.KindOf(err) == ingest.NotFound {
				err = invalid("Existing asset not found")
			}
			return nil, err
		}
	}
	if u.related == "" {
		spec.Under = relatedFolder(parent)
		_, spec.FileName, err = placeOf(in.RelativePath, in.DisplayName)
		if err != nil {
			return nil, err
		}
	}
	u.existing = u.related
	return x.start(u, in, spec, relation)
}

// Folders of the library for files that go where no client names one.
func contentFolder(content ingest.UUID) string { return "Content/" + string(content) + "/" }
func relatedFolder(parent ingest.UUID) string  { return "Related/" + string(parent) + "/" }
