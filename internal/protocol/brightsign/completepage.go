package brightsign

import (
	"bytes"
	"context"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// completePage makes the files of a session a web page (9.5). Completing again gives
// the same answer.
func (d *Door) completePage(ctx context.Context, c caller, a arguments) (*status, error) {
	if err := d.mayUpload(ctx, c); err != nil {
		return nil, err
	}
	if err := checkPageName(a.Name); err != nil {
		return nil, err
	}
	session, members, err := d.session(ctx, c, a.SessionToken)
	if err != nil {
		return nil, required(err, sentenceNoSession)
	}
	switch {
	case session.State == ingest.UploadDone:
		return pageStatus(session, members), nil
	case final(session.State):
		return nil, already(stateTerminated)
	}
	w := &pageWork{door: d, ctx: ctx, caller: c, session: session, page: factsOf(session).Page}
	spec, err := w.spec(a, members)
	if err != nil {
		return nil, err
	}
	defer d.recent.clear()
	if _, _, err := d.Engine.FinishSession(ctx, c.Principal, session.UUID, spec); err != nil {
		return nil, pageFault(err, a)
	}
	return d.pageStatusOf(ctx, c, session.ClientKey)
}

// pageWork works out what a page is made of.
type pageWork struct {
	door    *Door
	ctx     context.Context
	caller  caller
	session *ingest.Upload
	page    ingest.Number
	tokens  []string // of the parts, in their order; "" for those without an upload
	missing []string
	places  map[ingest.Number]string // see partPlaces
}

// slot is a file of the page: what is said of it, and its upload if it has one.
type slot struct {
	args   arguments
	member *engine.Status
}

func (w *pageWork) spec(a arguments, members []engine.Status) (engine.PageSpec, error) {
	main := members[0]
	if main.Upload.State != ingest.UploadDone || main.Upload.Asset == 0 {
		return engine.PageSpec{}, refuseAs(ingest.Conflict, "The web page file is not uploaded: %s is %s.", clip(main.Upload.FileName), stateOf(main, factsOf(main.Upload)))
	}
	if err := sameSum(a.SHA1Hash, factsOf(main.Upload).Sum); err != nil {
		return engine.PageSpec{}, err
	}
	slots, err := w.slots(a, members[1:])
	if err != nil {
		return engine.PageSpec{}, err
	}
	merged, err := w.mainFile(a, main)
	if err != nil {
		return engine.PageSpec{}, err
	}
	spec := engine.PageSpec{Name: w.name(a, main), Main: main.Upload.Asset, FileName: merged.FileName, Folder: main.Upload.Folder, Metadata: w.door.metadataOf(merged)}
	if merged.VirtualPath != "" {
		if spec.Folder, err = folderOf(merged.VirtualPath); err != nil {
			return spec, err
		}
	}
	for _, s := range slots {
		part, ok, err := w.resolve(s)
		if err != nil {
			return spec, err
		}
		if !ok {
			w.missing = append(w.missing, s.args.FileName)
			continue
		}
		spec.Parts = append(spec.Parts, part)
		token := ""
		if s.member != nil {
			token = s.member.Upload.ClientKey
		}
		w.tokens = append(w.tokens, token)
	}
	if w.missing != nil {
		return spec, refuseAs(ingest.Conflict, "The following web page assets are not uploaded: %s.", clipList(w.missing))
	}
	spec.Note = func(session *ingest.Upload, page *engine.WebPage) error {
		f := factsOf(session)
		f.Args.FileName, f.Assets = merged.FileName, nil
		for i, part := range page.Parts {
			f.Assets = append(f.Assets, pageAsset{
				Token: w.tokens[i], Content: part.Asset.Number, Name: slots[i].args.FileName, SHA1Hash: slots[i].args.SHA1Hash, Size: part.Asset.Size, Sum: sumText(part.SHA1),
			})
		}
		return f.set(session)
	}
	return spec, nil
}

// mainFile is what the call and those before it say of the page's own file.
func (w *pageWork) mainFile(a arguments, main engine.Status) (arguments, error) {
	said := a.file()
	said.ContentID, said.FileSize, said.FileThumb = nil, nil, nil // the file is there
	if err := (arguments{FileName: "x", FileSize: a.FileSize}).check(); err != nil {
		return said, err
	}
	return factsOf(main.Upload).merged(said)
}

// name is what the page will be called: as it is said now, as it was said at the
// start, or as it follows from the file's name.
func (w *pageWork) name(a arguments, main engine.Status) engine.PageName {
	switch {
	case a.Name != "":
		return engine.PageName{Text: a.Name}
	case factsOf(w.session).PageName:
		return engine.PageName{Text: w.session.FileName}
	case w.page != 0:
		return engine.PageName{}
	}
	return pageNameOf(factsOf(main.Upload).Args, 0)
}

// slots lists the files that the page will have: those that the call names, or all of
// the session when it names none.
func (w *pageWork) slots(a arguments, members []engine.Status) ([]slot, error) {
	if len(a.assets()) == 0 {
		slots := make([]slot, len(members))
		for i := range members {
			slots[i] = slot{factsOf(members[i].Upload).Args, &members[i]}
		}
		return slots, nil
	}
	var slots []slot
	targets := map[string]bool{}
	pairs := pair(a.assets(), members)
	for i, one := range a.assets() {
		s := slot{args: one}
		if at := pairs[i]; at >= 0 {
			s.member = &members[at]
			s.args = factsOf(members[at].Upload).Args.over(one)
		}
		if err := s.args.check(); err != nil {
			return nil, err
		}
		target, err := targetOf(s.args.RelativePath, s.args.FileName)
		if err != nil {
			return nil, err
		}
		if targets[strings.ToLower(target)] {
			return nil, refuse("The relative path is not valid: two files of the web page are at %q.", clip(target))
		}
		targets[strings.ToLower(target)] = true
		slots = append(slots, s)
	}
	return slots, nil
}

// pair finds the files of the session that the assets of the call mean: by their
// tokens, else by their places in the page, else by their positions in the list. -1 =
// none. It looks at each file once, however many there are.
func pair(assets []arguments, members []engine.Status) []int {
	byToken, byTarget := map[string]int{}, map[string]int{}
	for i, m := range members {
		byToken[m.Upload.ClientKey] = i
		args := factsOf(m.Upload).Args
		if target, err := targetOf(args.RelativePath, args.FileName); err == nil {
			if _, taken := byTarget[strings.ToLower(target)]; !taken {
				byTarget[strings.ToLower(target)] = i
			}
		}
	}
	pairs, used := make([]int, len(assets)), make([]bool, len(members))
	take := func(i, member int, found bool) {
		if found && pairs[i] < 0 && !used[member] {
			pairs[i], used[member] = member, true
		}
	}
	for i, a := range assets {
		pairs[i] = -1
		member, found := byToken[strings.ToLower(a.UploadToken)]
		take(i, member, found)
	}
	for i, a := range assets {
		if target, err := targetOf(a.RelativePath, a.FileName); err == nil && a.UploadToken == "" {
			member, found := byTarget[strings.ToLower(target)]
			take(i, member, found)
		}
	}
	for i, a := range assets {
		take(i, i, i < len(members) && a.UploadToken == "" && a.WebPageAssetID == nil && fits(a, members[i]))
	}
	return pairs
}

// fits reports whether a file of the session has the hash that an asset is said to
// have, if it is.
func fits(a arguments, m engine.Status) bool {
	f := factsOf(m.Upload)
	return sameSum(a.SHA1Hash, firstOf(f.Sum, strings.TrimSpace(f.Args.SHA1Hash))) == nil
}

// resolve finds the bytes of a file of the page (9.3); false when there are none.
func (w *pageWork) resolve(s slot) (engine.PagePart, bool, error) {
	part := engine.PagePart{FileName: s.args.FileName, RelativePath: s.args.RelativePath}
	var err error
	if part.Target, err = targetOf(s.args.RelativePath, s.args.FileName); err != nil {
		return part, false, err
	}
	if s.member != nil {
		f := factsOf(s.member.Upload)
		if s.member.Upload.State == ingest.UploadDone && s.member.Upload.Asset != 0 {
			part.Asset = s.member.Upload.Asset
			return part, true, sameSum(s.args.SHA1Hash, f.Sum)
		}
		if f.Matched != 0 {
			part.Asset = f.Matched
			return part, true, sameSum(s.args.SHA1Hash, strings.TrimSpace(f.Args.SHA1Hash))
		}
	}
	part.Asset, err = w.stored(s, part.Target)
	return part, part.Asset != 0, err
}

// stored finds the asset that has the bytes of a file which was not uploaded. It is
// what the page has already, by its identifier or its place, if its bytes have the
// hash that is said. A file that the completion is the first to name may be any stored
// one with the hash, or without a hash the asset of the page that it names (9.5).
// 0 = there is none.
func (w *pageWork) stored(s slot, target string) (ingest.Number, error) {
	named := number(s.args.WebPageAssetID)
	sum, err := parseSHA1(s.args.SHA1Hash)
	if err != nil || sum == nil && (s.member != nil || named == 0) {
		return 0, err
	}
	places, err := w.partPlaces()
	if err != nil {
		return 0, err
	}
	if sum == nil {
		if _, own := places[named]; !own {
			return 0, nil
		}
		return named, nil
	}
	matches, err := w.door.Engine.Matching(w.ctx, w.caller.Principal, w.caller.company.Number, engine.MatchQuery{
		SHA1: sum, Size: s.args.size(), Page: w.page, Prefer: named,
	})
	if err != nil {
		return 0, err
	}
	for _, m := range matches {
		if m.Asset.Number == named || strings.EqualFold(places[m.Asset.Number], target) {
			return m.Asset.Number, nil
		}
	}
	if s.member == nil && named == 0 && len(matches) > 0 {
		return matches[0].Asset.Number, nil
	}
	return 0, nil
}

// partPlaces are the parts of the page that is updated, and where they are in it. They
// are read once.
func (w *pageWork) partPlaces() (map[ingest.Number]string, error) {
	if w.places != nil || w.page == 0 {
		return w.places, nil
	}
	page, err := w.door.Engine.WebPage(w.ctx, w.caller.Principal, w.caller.company.Number, w.page)
	if err != nil {
		return nil, err
	}
	w.places = map[ingest.Number]string{}
	for _, part := range page.Parts {
		w.places[part.Asset.Number] = part.Target
	}
	return w.places, nil
}

// sameSum refuses a hash that is not the stored one. None at all is right.
func sameSum(said, stored string) error {
	want, err := parseSHA1(said)
	if err != nil || want == nil {
		return err
	}
	have, err := parseSHA1(stored)
	if err != nil || !bytes.Equal(have, want) {
		return refuseAs(ingest.Mismatch, "The specified SHA1 hash does not match the hash calculated by the server.")
	}
	return nil
}

// clipList names a few of many.
func clipList(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}
