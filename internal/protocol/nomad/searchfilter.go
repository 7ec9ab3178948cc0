package nomad

import (
	"slices"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// filter adds a condition on a field to a plan (9).
func (p *plan) filter(field string, op searchOp, values []string) error {
	if len(values) == 0 {
		return invalid("The filter on %s has no values.", clip(field))
	}
	switch field {
	case "parentid":
		return p.byParent(op, values)
	case "id", "assetid":
		return p.byID(op, values, false)
	case "uuidsearchfield":
		p.stats = true
		return p.byID(op, values, true)
	case "url", "objectkey", "displaypath":
		return p.byURL(op, values)
	case "title", "name", "displayname":
		return p.byTitle(op, values)
	case "assettype", "assettypedisplay":
		return p.byType(op, values)
	case "assetstatus", "assetstatusdisplay":
		return p.byStatus(op, values)
	case "mediatype", "mediatypedisplay":
		return p.byMedia(op, values)
	case "languageid":
		return p.byLanguage(op, values)
	case "contentdefinitionid":
		return p.byDefinition(op, values)
	case "createddate", "lastmodifieddate":
		return p.byDate(field, op, values)
	}
	return invalid("There is no field %s to search by.", clip(field))
}

// only refuses operators that a field does not have.
func only(field string, op searchOp, allowed ...searchOp) error {
	if slices.Contains(allowed, op) {
		return nil
	}
	return invalid("The field %s cannot be compared with %s.", field, string(op))
}

// byParent asks for what is directly in folders. The empty GUID is the root folder.
func (p *plan) byParent(op searchOp, values []string) error {
	if err := only("parentId", op, opEquals, opNotEquals); err != nil {
		return err
	}
	var folders []*ingest.Folder
	for _, v := range values {
		id, err := uuid(v, "parentId")
		if err != nil {
			return err
		}
		if id == "" {
			if id, err = p.rootID(); err != nil {
				return err
			}
		}
		f, err := p.Engine.FolderByUUID(p.r.Context(), p.caller, p.company.Number, id)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			folders = append(folders, f)
		}
	}
	if op == opNotEquals {
		p.notInFolders(folders)
	} else {
		p.inFolders(folders)
	}
	return nil
}

// byID asks for things by id; deep takes all that is below a folder with it.
func (p *plan) byID(op searchOp, values []string, deep bool) error {
	if err := only("id", op, opEquals); err != nil {
		return err
	}
	var found []engine.Entry
	for _, v := range values {
		id, err := uuid(v, "id")
		if err != nil {
			return err
		}
		it, err := p.Engine.Entry(p.r.Context(), p.caller, p.company.Number, id)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			found = append(found, it)
		}
	}
	p.among(found, deep)
	return nil
}

// byURL asks for things by bucket and path; a slash at the end does not matter.
func (p *plan) byURL(op searchOp, values []string) error {
	if err := only("url", op, opEquals); err != nil {
		return err
	}
	var found []engine.Entry
	for _, v := range values {
		bucket, key, ok := strings.Cut(nfc(v), "::")
		if !ok {
			bucket, key = p.company.Slug, nfc(v)
		}
		if !p.bucket(bucket) {
			continue
		}
		it, err := p.Engine.EntryAt(p.r.Context(), p.caller, p.company.Number, key)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			found = append(found, it)
		}
	}
	p.among(found, false)
	return nil
}

// among keeps some things, and with deep what is below folders among them.
func (p *plan) among(found []engine.Entry, deep bool) {
	var conditions []ingest.Condition
	ids := map[ingest.UUID]bool{}
	var folders []*ingest.Folder
	for _, it := range found {
		ids[idOf(it)] = true
		switch {
		case it.Asset != nil:
			conditions = append(conditions, ingest.Condition{Field: ingest.SearchNumber, Op: ingest.OpNumberEquals, Low: float64(it.Asset.Number)})
		case it.Folder != nil && deep:
			folders = append(folders, it.Folder)
			conditions = append(conditions, ingest.Condition{Field: ingest.SearchFolder, Op: ingest.OpStartsWith, Text: it.Folder.Path})
		}
	}
	p.fits = append(p.fits, func(it engine.Entry) bool {
		return ids[idOf(it)] || slices.ContainsFunc(folders, func(f *ingest.Folder) bool { return strings.HasPrefix(keyOf(it), f.Path) })
	})
	switch {
	case len(conditions) == 0:
		p.noFiles = true
	case len(found) == 1 && len(folders) == 1 && p.files.Folder == "" && p.files.Subfolders:
		p.files.Folder, p.below = folders[0].Path, folders[0]
	default:
		p.group(true, conditions...)
	}
}

// byTitle asks for names: whole ones with regard to case, parts of them without.
func (p *plan) byTitle(op searchOp, values []string) error {
	ops := map[searchOp]ingest.SearchOp{
		opEquals: ingest.OpEquals, opNotEquals: ingest.OpNotEquals, opContains: ingest.OpContains, opNotContains: ingest.OpNotContains, opStartsWith: ingest.OpStartsWith,
	}
	if err := only("title", op, opEquals, opNotEquals, opContains, opNotContains, opStartsWith); err != nil {
		return err
	}
	fold := op == opContains || op == opNotContains
	var conditions []ingest.Condition
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = nfc(v)
		conditions = append(conditions, ingest.Condition{Field: ingest.SearchFileName, Op: ops[op], Fold: fold, Text: texts[i]})
	}
	p.group(!op.negated(), conditions...)
	p.fits = append(p.fits, func(it engine.Entry) bool {
		title := p.titleOf(it)
		return slices.ContainsFunc(texts, func(text string) bool {
			switch op {
			case opContains, opNotContains:
				return strings.Contains(strings.ToLower(title), strings.ToLower(text))
			case opStartsWith:
				return strings.HasPrefix(title, text)
			}
			return title == text
		}) != op.negated()
	})
	return nil
}

// chosen reads values of an enumeration and returns which of all are wanted.
func chosen(field string, list words, op searchOp, values []string) (map[string]bool, error) {
	if err := only(field, op, opEquals, opNotEquals); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, name := range list {
		wanted[name] = op == opNotEquals
	}
	for _, v := range values {
		name, ok := list.find(word(v), 1)
		if !ok {
			return nil, invalid("%s is %s; it is one of %s.", field, clip(v), strings.Join(list, ", "))
		}
		wanted[name] = op == opEquals
	}
	return wanted, nil
}

func (p *plan) byType(op searchOp, values []string) error {
	wanted, err := chosen("assetType", assetTypes, op, values)
	if err != nil {
		return err
	}
	p.noFiles = p.noFiles || !wanted[typeFile]
	p.fits = append(p.fits, func(it engine.Entry) bool { return wanted[typeOf(it)] })
	return nil
}

func (p *plan) byStatus(op searchOp, values []string) error {
	wanted, err := chosen("assetStatus", assetStatuses, op, values)
	if err != nil {
		return err
	}
	if op == opEquals && (wanted[statusUploading] || wanted[statusAssembling] || wanted[statusReplacing]) {
		if err := p.unfinished(wanted[statusAvailable]); err != nil {
			return err
		}
	}
	p.noFiles = p.noFiles || !wanted[statusAvailable]
	p.fits = append(p.fits, func(it engine.Entry) bool { return wanted[status(it, p.coming[idOf(it)])] })
	return nil
}

// byMedia asks for kinds of files; folders and placeholders are of none.
func (p *plan) byMedia(op searchOp, values []string) error {
	wanted, err := chosen("mediaType", mediaTypes, op, values)
	if err != nil {
		return err
	}
	p.fits = append(p.fits, func(engine.Entry) bool { return op == opNotEquals })
	types := typesOfMedia(wanted)
	switch {
	case len(types) == 0:
		p.noFiles = true
	case len(p.files.Types) > 0:
		p.files.Types = slices.DeleteFunc(p.files.Types, func(t ingest.AssetType) bool { return !slices.Contains(types, t) })
		p.noFiles = p.noFiles || len(p.files.Types) == 0
	default:
		p.files.Types = types
	}
	return nil
}

// byLanguage asks for the language of files; what has none has the default one.
func (p *plan) byLanguage(op searchOp, values []string) error {
	if err := only("languageId", op, opEquals, opNotEquals); err != nil {
		return err
	}
	none := false
	var conditions []ingest.Condition
	for _, v := range values {
		id, err := uuid(v, "languageId")
		if err != nil {
			return err
		}
		c := ingest.Condition{Field: ingest.SearchMetadata, Op: ingest.OpContains, Text: `"` + metaLanguage + `":"` + string(id) + `"`}
		if id == defaultLanguage || id == "" {
			none = true
			c.Op, c.Text = ingest.OpNotContains, `"`+metaLanguage+`":`
		}
		if op == opNotEquals {
			c.Op = ingest.OpContains + ingest.OpNotContains - c.Op
		}
		conditions = append(conditions, c)
	}
	p.group(op == opEquals, conditions...)
	p.fits = append(p.fits, func(engine.Entry) bool { return none == (op == opEquals) })
	return nil
}

// byDefinition asks for kinds of records; all that is found here is of one kind.
func (p *plan) byDefinition(op searchOp, values []string) error {
	if err := only("contentDefinitionId", op, opEquals, opNotEquals); err != nil {
		return err
	}
	named := slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, string(assetDefinition)) })
	if named != (op == opEquals) {
		p.nothing()
	}
	return nil
}

// byDate compares when things came or changed.
func (p *plan) byDate(field string, op searchOp, values []string) error {
	ops := map[searchOp]ingest.SearchOp{
		opEquals: ingest.OpNumberEquals, opNotEquals: ingest.OpNumberNotEquals, opLess: ingest.OpLess, opLessEq: ingest.OpLessEquals,
		opGreater: ingest.OpGreater, opGreaterEq: ingest.OpGreaterEquals,
	}
	how, ok := ops[op]
	if !ok {
		return only(field, op)
	}
	of := ingest.SearchCreated
	if field == "lastmodifieddate" {
		of = ingest.SearchModified
	}
	for _, v := range values {
		text, err := dateText(v, field)
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return invalid("The value of %s is not a date: %s.", field, clip(v))
		}
		p.group(false, ingest.Condition{Field: of, Op: how, Low: float64(at.UnixMicro())})
		p.fits = append(p.fits, func(it engine.Entry) bool {
			created, modified := dates(it)
			if of == ingest.SearchModified {
				created = modified
			}
			return compares(how, created.Compare(at))
		})
	}
	return nil
}

// compares judges an order of two things by an operator.
func compares(op ingest.SearchOp, order int) bool {
	switch op {
	case ingest.OpNumberEquals:
		return order == 0
	case ingest.OpNumberNotEquals:
		return order != 0
	case ingest.OpLess:
		return order < 0
	case ingest.OpLessEquals:
		return order <= 0
	case ingest.OpGreater:
		return order > 0
	}
	return order >= 0
}
