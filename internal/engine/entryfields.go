package engine

import (
	"context"
	"fmt"
	"maps"

	"sluice/internal/ingest"
)

// Limits of the metadata that clients keep at a file or folder.
const (
	MostMetadata     = 250
	MaxMetadataBytes = 64 << 10 // of all, with their names
)

// EntryChange is what becomes of a file, a folder or a placeholder.
type EntryChange struct {
	Name string // as RenameEntry has it; "" = it stays
	// Metadata changes what clients keep at a file (Asset.Metadata) or a folder. It is
	// given what there is and may run again. nil = that stays.
	Metadata func(map[string]string)
}

// ChangeEntry makes all of a change or nothing.
func (e *Engine) ChangeEntry(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID, c EntryChange) error {
	return e.changeEntries(ctx, p, company, []ingest.UUID{id}, func(tx ingest.Tx, s *sight, it Entry) error {
		if c.Name != "" {
			if err := e.renameEntry(tx, p, s, it, c.Name); err != nil {
				return err
			}
		}
		if c.Metadata == nil {
			return nil
		}
		return e.changeFields(tx, p, it, c.Metadata)
	})
}

func (e *Engine) changeFields(tx ingest.Tx, p ingest.Principal, it Entry, change func(map[string]string)) error {
	if it.Placeholder != nil {
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.ChangeEntry", Msg: "a placeholder has nothing but a name until its file is there"}
	}
	fields := map[string]string{}
	if it.Asset != nil {
		maps.Copy(fields, it.Asset.Metadata)
	} else if err := readFolderFields(tx, it.Folder, &fields); err != nil {
		return err
	}
	change(fields)
	if err := checkMetadata(fields); err != nil {
		return err
	}
	if it.Folder != nil {
		return e.attach(tx, p, it.Folder.Company, it.Folder.Number, ingest.DocFolderFields, fields)
	}
	it.Asset.Metadata = fields
	return e.changed(tx, p, it.Asset)
}

func readFolderFields(tx ingest.Tx, f *ingest.Folder, fields *map[string]string) error {
	stored, ok, err := attached[map[string]string](tx, f.Company, f.Number, ingest.DocFolderFields)
	if ok && stored != nil {
		*fields = stored
	}
	return err
}

// checkMetadata refuses more than is kept, and names that are none.
func checkMetadata(fields map[string]string) error {
	const op = "engine.checkMetadata"
	if len(fields) > MostMetadata {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("there are %d properties, the limit is %d", len(fields), MostMetadata)}
	}
	size := 0
	for name, value := range fields {
		size += len(name) + len(value)
		if err := checkText(name, "name of a property"); err != nil {
			return err
		}
	}
	if size > MaxMetadataBytes {
		return tooLong(op, "list of properties", size, MaxMetadataBytes)
	}
	return nil
}

// FolderMetadata returns what clients keep at folders that the caller has been given
// by another verb, by number.
func (e *Engine) FolderMetadata(ctx context.Context, p ingest.Principal, company ingest.Number, folders []ingest.Number) (fields map[ingest.Number]map[string]string, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.visible(tx, p, company); err != nil {
			return err
		}
		fields = map[ingest.Number]map[string]string{}
		docs, err := tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocFolderFields}, folders)
		for _, d := range docs {
			of := map[string]string{}
			if err := readContent(d, &of); err != nil {
				return err
			}
			fields[d.Owner] = of
		}
		return err
	})
	return fields, err
}
