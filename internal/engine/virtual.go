package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// virtualAsset creates an asset without bytes, such as a set, a template or a
// viewer preset, in an existing folder. Names follow the rules of uploads, but a
// taken name is refused instead of numbered (Scene7 tier 3 contract, section 1).
func (e *Engine) virtualAsset(tx ingest.Tx, p ingest.Principal, c *ingest.Company, a ingest.Asset) (*ingest.Asset, error) {
	if err := tx.LockCompany(c.Number); err != nil {
		return nil, err
	}
	name, err := assetName(a.Name)
	if err != nil {
		return nil, err
	}
	if err := freeName(tx, c, name, 0); err != nil {
		return nil, err
	}
	sight, err := sightOf(tx, p, c.Number)
	if err != nil {
		return nil, err
	}
	if _, err := e.folderAt(tx, c.Number, ""); err != nil { // a new company has no folder yet
		return nil, err
	}
	folder, err := sight.folderOf(a.Path, ingest.PermitRead, ingest.PermitWrite)
	if err != nil {
		return nil, err
	}
	now := e.now()
	a.UUID, a.Company, a.Folder, a.Name, a.FileName, a.State = e.newUUID(), c.Number, folder.Number, name, name, ingest.AssetReady
	a.Created, a.CreatedBy, a.Modified, a.ModifiedBy = now, p.User, now, p.User
	if err := tx.CreateAsset(&a); err != nil {
		return nil, err
	}
	return &a, tx.Emit(ingest.Event{Company: c.Number, Time: now, Kind: ingest.EventAssetCreated, Subject: a.UUID, User: p.User})
}

// assetName cleans a name that a client gives to an asset.
func assetName(name string) (string, error) {
	if err := checkText(name, "name"); err != nil {
		return "", err
	}
	clean := strip(name)
	if clean == "" {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.assetName", Msg: fmt.Sprintf("nothing of the name %s can be used", quote(name))}
	}
	if len(clean) > MaxNameBytes {
		return "", tooLong("engine.assetName", "name", len(clean), MaxNameBytes)
	}
	return clean, nil
}

// freeName refuses the name of another asset of the company, in any folder and in
// the trash.
func freeName(tx ingest.Tx, c *ingest.Company, name string, except ingest.Number) error {
	taken, err := tx.AssetsNamed(c.Number, name)
	if err != nil {
		return err
	}
	for _, a := range taken {
		if a.Number != except && !a.Emptied {
			return nameInUse(name)
		}
	}
	return nil
}

// nameInUse is the refusal of a taken asset name, in the vendor's words.
func nameInUse(name string) error {
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.freeName", Code: ingest.CodeExists, Msg: fmt.Sprintf("Asset ID '%s' is already in use.", name)}
}
