package engine

import (
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// common carries out the options of a job that hold for every asset, whatever it is:
// keywords, values of metadata fields, projects. It runs in the transaction that
// stores the asset. What cannot be done is a warning in the job's log that names the
// option; the file is kept all the same.
func (e *Engine) common(tx ingest.Tx, p ingest.Principal, j *ingest.Job, a *ingest.Asset, o *ingest.Processing, counts *ingest.JobCounts) error {
	note := func(option string, err error) error {
		if err == nil || ingest.KindOf(err) == ingest.Internal || ingest.KindOf(err) == ingest.Unavailable {
			return err
		}
		counts.Warning++
		return e.warn(tx, j.Number, a, option+": "+ingest.Message(err))
	}
	if len(o.Keywords) > 0 {
		if err := note("xmpKeywords", e.addKeywords(tx, p, a, o.Keywords)); err != nil {
			return err
		}
	}
	for _, edit := range o.Metadata {
		if err := note("metadataOptions", e.editField(tx, p, a, edit)); err != nil {
			return err
		}
	}
	for _, handle := range o.Projects {
		if err := note("projectHandleArray", joinProject(tx, a, handle)); err != nil {
			return err
		}
	}
	for _, words := range lacks(a.Type, o) {
		counts.Warning++
		if err := e.warn(tx, j.Number, a, words); err != nil {
			return err
		}
	}
	return nil
}

// lacks says which options of a job concern files of a type and are not carried out.
func lacks(kind ingest.AssetType, o *ingest.Processing) []string {
	switch {
	case kind == "Css" && o.CSSStatic != nil && *o.CSSStatic:
		return []string{"cssOptions (forceStaticImages): it changes nothing, style sheets stay as they are"}
	case kind == ingest.TypeMasterVideo && o.Video != nil && o.Video.Crops > 0:
		return []string{"mediaOptions (videoSmartCropArray): videos are not cropped, their encodings show the whole pictures"}
	}
	return nil
}

// joinProject adds an asset to the project that an option names.
func joinProject(tx ingest.Tx, a *ingest.Asset, handle string) error {
	const op = "engine.joinProject"
	company, name, ok := companyHandle("p", handle)
	switch {
	case !ok:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: quote(handle) + " is no handle of a project"}
	case company != a.Company:
		return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: quote(handle) + " is a project of another company"}
	}
	d, err := findProject(tx, a.Company, name)
	if err != nil {
		return err
	}
	has, err := tx.HasLink(ingest.LinkProject, d.Number, a.Number)
	if err != nil || has {
		return err
	}
	return tx.AddLink(ingest.Link{Kind: ingest.LinkProject, From: d.Number, To: a.Number})
}

// editField gives an asset the value or tags that an option wants. A field of another
// type of asset is left out without a word: the edits of a job are for files of all
// types.
func (e *Engine) editField(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, edit ingest.MetadataEdit) error {
	const op = "engine.editField"
	company, rest, ok := companyHandle("m", edit.Field)
	kind, name, found := strings.Cut(rest, "|")
	switch {
	case !ok || !found || kind == "" || name == "":
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: quote(edit.Field) + " is no handle of a metadata field"}
	case company != a.Company:
		return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: quote(edit.Field) + " is a field of another company"}
	}
	f, _, err := findField(tx, a.Company, FieldRef{AssetType: kind, Name: name})
	if err != nil || !f.Fits(a.Type) {
		return err
	}
	u := FieldUpdate{SetTags: edit.SetTags, AddTags: edit.AddTags, DeleteTags: edit.DeleteTags}
	if edit.Value != "" || len(edit.SetTags)+len(edit.AddTags)+len(edit.DeleteTags) == 0 {
		u.Value = &edit.Value
	}
	return e.putFieldValues(tx, p, a, f, u)
}

// companyHandle reads a handle that names something of a company, such as
// p|7|Spring; rest is all behind the company's number.
func companyHandle(prefix, handle string) (company ingest.Number, rest string, ok bool) {
	body, ok := strings.CutPrefix(handle, prefix+"|")
	digits, rest, found := strings.Cut(body, "|")
	n, err := strconv.ParseInt(digits, 10, 64)
	return ingest.Number(n), rest, ok && found && rest != "" && err == nil && n > 0
}

// addKeywords adds words to the subjects of an asset's XMP packet. An asset without a
// packet gets one with the keywords and the description that it has.
func (e *Engine) addKeywords(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, words []string) error {
	if e.keywords == nil {
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.addKeywords", Msg: "this server keeps no XMP packets"}
	}
	rows, err := tx.ValuesOf([]ingest.Number{a.Number}, []string{ingest.FieldKeywords, ingest.FieldDescription})
	if err != nil {
		return err
	}
	known := map[string][]string{}
	for _, v := range rows {
		known[v.Field] = append(known[v.Field], v.Text)
	}
	return e.putPacket(tx, p, a, madeOfKeywords, func(old []byte) (XMPContent, error) { return e.keywords(old, known, words) })
}
