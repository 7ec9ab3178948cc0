package ingest

import "time"

// TrashTx empties the trash and counts what is outside it.
type TrashTx interface {
	// TrashedBefore lists assets that went to the trash before a time and are still
	// in it, of all companies, up to limit.
	TrashedBefore(at time.Time, limit int) ([]*Asset, error)
	// EmptyAsset removes everything that belongs to an asset: derived files,
	// documents, values, links, and the bytes of its versions, whose rows stay. It
	// returns the blob keys that are not referred to from there any more; other
	// assets may still do so.
	EmptyAsset(asset Number) ([]BlobKey, error)
	// TypeCounts counts the assets of a company outside the trash by type, in the
	// order of the types.
	TypeCounts(company Number) ([]TypeCount, error)
	// FoldersWith lists the numbers of the folders that directly hold assets of the
	// types outside the trash.
	FoldersWith(company Number, types []AssetType) ([]Number, error)
	// DerivedOfAll lists the derived files of assets, of all versions, by asset and
	// number.
	DerivedOfAll(assets []Number) ([]*Derived, error)
}

// TypeCount is how many assets have a type.
type TypeCount struct {
	Type  AssetType
	Count int64
}
