package engine

import (
	"strings"

	"sluice/internal/ingest"
)

// placeOf works out where the file of an upload goes: by the common rules of names,
// or as it is called, for doors that keep names as they are.
func placeOf(tx ingest.Tx, c *ingest.Company, u *ingest.Upload) (Place, error) {
	place, err := namedPlace(tx, c, u)
	if err == nil && u.Options.Replaces != 0 && u.Options.Stay {
		var a *ingest.Asset
		if a, err = tx.Asset(u.Options.Replaces); err == nil {
			place.Folder = a.Path
		}
	}
	return place, err
}

func namedPlace(tx ingest.Tx, c *ingest.Company, u *ingest.Upload) (Place, error) {
	if err := follow(tx, u); err != nil {
		return Place{}, err
	}
	if !u.Options.ExactName {
		return PlaceOf(c.Name, u.Folder, u.FileName)
	}
	if err := checkPlace(u); err != nil {
		return Place{}, err
	}
	segments, err := cleanSegments(u.Folder)
	if err != nil {
		return Place{}, err
	}
	folder, err := foldedFolder(tx, c.Number, segments)
	if err != nil {
		return Place{}, err
	}
	return exactPlaceOf(folder, u.FileName), nil
}

// follow gives an upload whose folder or placeholder is known by its number the place
// where that is now: both may have been moved and renamed since it was begun.
func follow(tx ingest.Tx, u *ingest.Upload) error {
	folder := u.Options.Folder
	if u.Options.Placeholder != 0 {
		d, err := tx.Document(u.Options.Placeholder)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			folder, u.FileName = d.Owner, d.Name
		}
	}
	if folder == 0 {
		return nil
	}
	f, err := tx.FolderByNumber(folder)
	if err == nil {
		u.Folder = f.Path
	}
	return err
}

// exactPlaceOf is the place of a file whose name is kept as it is.
func exactPlaceOf(folder, fileName string) Place {
	name, _ := splitExt(fileName)
	if name == "" {
		name = fileName
	}
	return Place{Folder: folder, FileName: fileName, Name: name}
}

// checkPlace refuses folders and names that nothing can have.
func checkPlace(u *ingest.Upload) error {
	for _, text := range []struct{ value, what string }{{u.Folder, "folder"}, {u.FileName, "file name"}} {
		if err := checkText(text.value, text.what); err != nil {
			return err
		}
	}
	if len(u.FileName) > MaxNameBytes*4 {
		return tooLong("engine.namedPlace", "file name", len(u.FileName), MaxNameBytes*4)
	}
	if u.FileName == "" || strings.ContainsAny(u.FileName, `/\`) || u.FileName == "." || u.FileName == ".." {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.namedPlace", Msg: "a file cannot be called " + quote(u.FileName)}
	}
	_, err := cleanSegments(u.Folder)
	return err
}

// foldedFolder returns the path of the folder that segments name without regard to
// case: what exists of it is spelt as it is, the rest as given.
func foldedFolder(tx ingest.Tx, company ingest.Number, segments []string) (string, error) {
	full := joinFolder(segments)
	if _, err := tx.Folder(company, full); err == nil || ingest.KindOf(err) != ingest.NotFound {
		return full, err
	}
	at, err := tx.Folder(company, "")
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return full, nil
	}
	if err != nil {
		return "", err
	}
	for i, segment := range segments {
		below, err := tx.FoldersIn(company, at.Number)
		if err != nil {
			return "", err
		}
		next := sameFolder(below, at.Path, segment)
		if next == nil {
			return at.Path + joinFolder(segments[i:]), nil
		}
		at = next
	}
	return at.Path, nil
}

// sameFolder picks the folder that a segment names: the one spelt alike, else the
// first that is without regard to case.
func sameFolder(list []*ingest.Folder, above, segment string) *ingest.Folder {
	var like *ingest.Folder
	for _, f := range list {
		last := strings.TrimSuffix(strings.TrimPrefix(f.Path, above), "/")
		if last == segment {
			return f
		}
		if like == nil && strings.EqualFold(last, segment) {
			like = f
		}
	}
	return like
}
