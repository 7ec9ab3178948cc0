package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// kept stores a file of the editor's by a door that keeps names as they are and computes
// the SHA-1, beside whatever has the name already.
func (w *world) kept(folder, name, body string, change ...func(*engine.BeginSpec)) *ingest.Asset {
	w.t.Helper()
	spec := engine.BeginSpec{
		Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: "kept"}, Size: int64(len(body)), Folder: folder, FileName: name,
		Conflict: ingest.ConflictPolicy{Taken: ingest.ActionBeside}, Options: ingest.UploadOptions{ExactName: true, SHA1: true},
	}
	for _, f := range change {
		f(&spec)
	}
	p := w.editor
	if spec.Company != w.demo.Number {
		p = w.outsider
	}
	u, err := w.engine.Begin(w.ctx, p, spec)
	w.ok(err)
	return w.give(p, u, body)
}

// pageWith makes a page whose parts have the bodies, by the names 0.css, 1.css, …
func (w *world) pageWith(name string, bodies ...string) *engine.WebPage {
	w.t.Helper()
	files := []string{"index.html", "0.css", "1.css", "2.css"}[:len(bodies)+1]
	session, members := w.beginSession(w.editor, w.sessionOf("page "+name, 0, files...))
	main := w.give(w.editor, members[0], "html "+name)
	var parts []*ingest.Asset
	for i, body := range bodies {
		parts = append(parts, w.give(w.editor, members[i+1], body))
	}
	_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, w.pageSpec(name, main, parts...))
	w.ok(err)
	return page
}

func (w *world) matching(p ingest.Principal, q engine.MatchQuery) (list []ingest.Number) {
	w.t.Helper()
	matches, err := w.engine.Matching(w.ctx, p, w.demo.Number, q)
	w.ok(err)
	for _, m := range matches {
		if v := w.blobOf(m.Asset); m.Blob.Key != v.Key || m.Since.Asset != m.Asset.Number || m.Since.Blob.Key != v.Key {
			w.t.Errorf("match of asset %d is %+v", m.Asset.Number, m)
		}
		list = append(list, m.Asset.Number)
	}
	return list
}

// copied makes more assets like one, with the same bytes.
func (w *world) copied(of *ingest.Asset, n int) {
	w.t.Helper()
	fresh, blob := w.stored(of), w.blobOf(of)
	w.update(func(tx ingest.Tx) error {
		for range n {
			a := *fresh
			a.Number, a.UUID, a.Version = 0, id.New(), 0
			if err := tx.CreateAsset(&a); err != nil {
				return err
			}
			v := &ingest.Version{UUID: id.New(), Asset: a.Number, Ordinal: 1, FileName: a.FileName, Blob: blob, Created: a.Created}
			if err := tx.CreateVersion(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// Files are found by their digest: what is preferred first, then the page's own parts,
// other parts, and the library.
func TestMatchingByDigest(t *testing.T) {
	w := newWorld(t)
	library := w.kept("a", "library.css", "same").Number
	shop, other := w.pageWith("Shop", "same", "other"), w.pageWith("Other", "same")
	mine, theirs := shop.Parts[0].Asset.Number, other.Parts[0].Asset.Number
	dropped := w.pageWith("Dropped", "same")
	orphan := dropped.Parts[0].Asset
	w.revised(dropped, "without it", nil)
	last := w.kept("b", "last.css", "same").Number

	w.kept("", "foreign.css", "same", func(s *engine.BeginSpec) { s.Company = w.other.Number })
	w.kept("", "different.css", "else")
	w.trash(w.kept("", "trashed.css", "same"))
	replaced := w.kept("", "replaced.css", "same")
	w.kept("", "replaced.css", "more", func(s *engine.BeginSpec) { s.Options.Replaces = replaced.Number })
	same(t, "the orphan", w.orphaned(orphan), true)

	sum := sum1("same")
	tests := map[string]struct {
		query engine.MatchQuery
		want  []ingest.Number
	}{
		"the digest alone":        {engine.MatchQuery{SHA1: sum, Size: -1}, []ingest.Number{mine, theirs, orphan.Number, library, last}},
		"with the size":           {engine.MatchQuery{SHA1: sum, Size: 4}, []ingest.Number{mine, theirs, orphan.Number, library, last}},
		"another size":            {engine.MatchQuery{SHA1: sum, Size: 5}, nil},
		"another digest":          {engine.MatchQuery{SHA1: sum1("never"), Size: -1}, nil},
		"no digest":               {engine.MatchQuery{Size: 4, FileName: "library.css"}, nil},
		"for another page":        {engine.MatchQuery{SHA1: sum, Size: 4, Page: other.Asset.Number}, []ingest.Number{theirs, mine, orphan.Number, library, last}},
		"one of the library":      {engine.MatchQuery{SHA1: sum, Size: 4, Prefer: last}, []ingest.Number{last, mine, theirs, orphan.Number, library}},
		"preferred, for a page":   {engine.MatchQuery{SHA1: sum, Size: 4, Page: other.Asset.Number, Prefer: library}, []ingest.Number{library, theirs, mine, orphan.Number, last}},
		"preferred by mistake":    {engine.MatchQuery{SHA1: sum, Size: 4, Prefer: replaced.Number}, []ingest.Number{mine, theirs, orphan.Number, library, last}},
		"a page that has another": {engine.MatchQuery{SHA1: sum1("other"), Size: 5, Page: shop.Asset.Number}, []ingest.Number{shop.Parts[1].Asset.Number}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			if diff := cmp.Diff(tt.want, w.matching(w.viewer, tt.query)); diff != "" {
				t.Errorf("assets (-want +got):\n%s", diff)
			}
		})
	}
}

// Of very many files with the same bytes some are answered, and those that matter to the
// caller are among them.
func TestMatchingAmongVeryMany(t *testing.T) {
	w := newWorld(t)
	first := w.kept("", "a.css", "same")
	w.copied(first, 250)
	page, late := w.pageWith("Shop", "same", "other"), w.kept("", "late.css", "same")
	query := engine.MatchQuery{SHA1: sum1("same"), Size: 4}
	got := w.matching(w.viewer, query)
	same(t, "matches", []any{len(got), got[0]}, []any{engine.MostMatches, first.Number})
	query.Page, query.Prefer = page.Asset.Number, late.Number
	got = w.matching(w.viewer, query)
	same(t, "matches", []any{len(got), got[0], got[1], got[2]}, []any{engine.MostMatches, late.Number, page.Parts[0].Asset.Number, first.Number})

	// What is near is not there whatever it is.
	for name, prefer := range map[string]ingest.Number{
		"bytes of its own": page.Parts[1].Asset.Number, "nothing": 4711,
		"another company's": w.kept("", "f.css", "same", func(s *engine.BeginSpec) { s.Company = w.other.Number }).Number,
	} {
		query.Page, query.Prefer = 0, prefer
		if got := w.matching(w.viewer, query); got[0] != first.Number {
			t.Errorf("%s: %v", name, got)
		}
	}
	w.trash(late)
	query.Prefer = late.Number
	same(t, "one in the trash", w.matching(w.viewer, query)[0], first.Number)
}

// Only members are answered, and only with what they may read.
func TestMatchingNeedsThePermissionToRead(t *testing.T) {
	w := newWorld(t)
	open := w.kept("open", "a.css", "same")
	secret := w.kept("secret", "b.css", "same")
	byFolder := ingest.ConflictPolicy{Taken: ingest.ActionFail, Match: ingest.MatchFullName}
	hidden, seen := w.upload(w.editor, "secret", "late.xml", "late", byFolder), w.upload(w.editor, "open", "late.xml", "late", byFolder)
	page := w.pageWith("Shop", "same")
	groups := map[string]ingest.Number{"c": w.group(w.demo, "c", w.colleague.User)}
	for _, folder := range []string{"secret/", "web/"} {
		w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, folder, engine.SetPermissions, entries(groups, "c Read +"), false))
	}
	part := page.Parts[0].Asset.Number
	for name, tt := range map[string]struct {
		p    ingest.Principal
		want []ingest.Number
	}{
		"the editor": {w.editor, []ingest.Number{open.Number}}, "a viewer": {w.viewer, []ingest.Number{open.Number}},
		"the colleague": {w.colleague, []ingest.Number{part, open.Number, secret.Number}}, "an administrator": {w.boss, []ingest.Number{part, open.Number, secret.Number}},
	} {
		query := engine.MatchQuery{SHA1: sum1("same"), Size: 4, Page: page.Asset.Number}
		if diff := cmp.Diff(tt.want, w.matching(tt.p, query)); diff != "" {
			t.Errorf("%s: assets (-want +got):\n%s", name, diff)
		}
		query.Prefer = secret.Number
		if got := w.matching(tt.p, query); len(got) != len(tt.want) {
			t.Errorf("%s: what it prefers gives %v", name, got)
		}
	}
	query := engine.MatchQuery{SHA1: sum1("late"), Size: 4, FileName: "late.xml"}
	for range 2 { // a hidden file is not looked into, and does not stand before one that is seen
		same(t, "files without a digest", w.matching(w.editor, query), []ingest.Number{seen.Number})
		same(t, "the hidden one's digest", len(w.blobOf(hidden).SHA1), 0)
	}
	same(t, "for those who may read it", w.matching(w.colleague, query), []ingest.Number{hidden.Number, seen.Number})
	for name, tt := range map[string]struct {
		p    ingest.Principal
		kind ingest.Kind
		code ingest.Code
	}{
		"another company": {w.outsider, ingest.Forbidden, ingest.CodeNotMember}, "a member of none": {w.stranger, ingest.Forbidden, ingest.CodeNoMembership},
		"nobody": {w.anonymous, ingest.Unauthenticated, ingest.CodeNoCredentials},
	} {
		for _, q := range []engine.MatchQuery{{SHA1: sum1("same"), Size: -1}, query} {
			matches, err := w.engine.Matching(w.ctx, tt.p, w.demo.Number, q)
			if len(matches) != 0 || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
				t.Errorf("%s: %v, %v", name, matches, err)
			}
		}
	}
}

// Files of other doors have no SHA-1; it is computed when a file of the name and the
// size is asked for, and kept.
func TestMatchingComputesDigests(t *testing.T) {
	w := newWorld(t)
	a := w.put(w.editor, w.job("j"), file{"a", "logo.xml", "logo"})
	sum := sum1("logo")
	for name, q := range map[string]engine.MatchQuery{
		"no name":      {SHA1: sum, Size: 4},
		"no size":      {SHA1: sum, Size: -1, FileName: "logo.xml"},
		"another size": {SHA1: sum, Size: 5, FileName: "logo.xml"},
		"another name": {SHA1: sum, Size: 4, FileName: "other.xml"},
		"its name":     {SHA1: sum, Size: 4, FileName: "logo"},
		"a pattern":    {SHA1: sum, Size: 4, FileName: "logo*"},
	} {
		if got := w.matching(w.viewer, q); len(got) != 0 || w.blobOf(a).SHA1 != nil {
			t.Errorf("%s: %v, digest %x", name, got, w.blobOf(a).SHA1)
		}
	}
	query := engine.MatchQuery{SHA1: sum1("golo"), Size: 4, FileName: "logo.xml"}
	same(t, "other bytes", len(w.matching(w.viewer, query)), 0)
	same(t, "the digest that is kept", w.blobOf(a).SHA1, sum)
	same(t, "by the digest alone", w.matching(w.viewer, engine.MatchQuery{SHA1: sum, Size: -1}), []ingest.Number{a.Number})
	b := w.put(w.editor, w.job("j"), file{"a", "mark.xml", "mark"})
	same(t, "at once", w.matching(w.viewer, engine.MatchQuery{SHA1: sum1("mark"), Size: 4, FileName: "mark.xml"}), []ingest.Number{b.Number})
}

// A question looks into few files, and goes on where the last one ended. Those that
// are too large or gone are left out.
func TestMatchingLooksIntoFewFiles(t *testing.T) {
	w := newWorld(t)
	put := func(folder, body string) *ingest.Asset {
		return w.upload(w.editor, folder, "a.xml", body, ingest.ConflictPolicy{Taken: ingest.ActionFail, Match: ingest.MatchFullName})
	}
	query := engine.MatchQuery{SHA1: sum1("want"), Size: 4, FileName: "a.xml"}
	var list []*ingest.Asset
	for _, body := range []string{"gone", "one.", "two.", "tre.", "want", "more", "want"} {
		list = append(list, put(strings.TrimSuffix(body, ".")+string(rune('a'+len(list))), body))
	}
	w.ok(w.blobs.blobPort.Delete(w.ctx, w.blobOf(list[0]).Key))
	known := func() (known []bool) {
		for _, a := range list {
			known = append(known, w.blobOf(a).SHA1 != nil)
		}
		return known
	}
	same(t, "the first answer", w.matching(w.viewer, query), []ingest.Number(nil))
	same(t, "computed", known(), []bool{false, true, true, true, false, false, false})
	same(t, "the second answer", w.matching(w.viewer, query), []ingest.Number{list[4].Number})
	same(t, "computed until one was found", known(), []bool{false, true, true, true, true, false, false})

	const size = 256<<20 + 1
	w.change(list[6], func(a *ingest.Asset) { a.Size = size })
	query.Size = size
	same(t, "a large one", []any{len(w.matching(w.viewer, query)), w.blobOf(list[6]).SHA1 == nil}, []any{0, true})
	w.change(list[6], func(a *ingest.Asset) { a.Size = size - 1 })
	query.Size = size - 1
	same(t, "the largest", w.matching(w.viewer, query), []ingest.Number{list[6].Number})
}
