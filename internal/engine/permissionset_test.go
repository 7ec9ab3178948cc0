package engine_test

import (
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// entries reads permission entries: "group Read +", with - for a denial and ! behind
// either for one that overrides.
func entries(groups map[string]ingest.Number, lines ...string) (list []ingest.PermissionEntry) {
	for _, line := range lines {
		word := strings.Fields(line)
		list = append(list, ingest.PermissionEntry{
			Group: groups[word[0]], Type: ingest.Permission(word[1]), Allowed: word[2][0] == '+', Override: strings.HasSuffix(word[2], "!"),
		})
	}
	return list
}

// rights tells what a caller sees of an asset: r when a list shows it, w when it may
// be renamed.
func (w *world) rights(p ingest.Principal, a *ingest.Asset) (rights string) {
	w.t.Helper()
	list, err := w.engine.AssetsByNumber(w.ctx, p, a.Company, []ingest.Number{a.Number})
	w.ok(err)
	if len(list) > 0 && list[0] != nil {
		rights = "r"
	}
	err = w.engine.RenameAsset(w.ctx, p, a.Company, a.Number, a.Name, true)
	switch {
	case err == nil:
		rights += "w"
	case ingest.CodeOf(err) != ingest.CodePermission:
		w.t.Fatalf("renaming: %v", err)
	}
	return rights
}

// What the entries of a set give to a member of the groups a and b (tier 3 contract,
// section 5.1).
func TestPermissionEvaluation(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"a": w.group(w.demo, "a", w.editor.User), "b": w.group(w.demo, "b", w.editor.User), "c": w.group(w.demo, "c", w.colleague.User)}
	asset := w.put(w.editor, w.job("j"), file{"x", "a.xml", "x"})
	tests := map[string]struct {
		set  []string
		want string
	}{
		"nobody":                            {nil, ""},
		"another group":                     {[]string{"c Read +", "c Write +"}, ""},
		"one allows":                        {[]string{"a Read +"}, "r"},
		"one allows, one denies":            {[]string{"a Read -", "b Read +"}, "r"},
		"the same the other way round":      {[]string{"a Read +", "b Read -"}, "r"},
		"only denials":                      {[]string{"a Read -", "b Read -"}, ""},
		"an overriding denial":              {[]string{"a Read +", "b Read -!"}, ""},
		"the same the other way round too":  {[]string{"a Read -!", "b Read +"}, ""},
		"an overriding allowance":           {[]string{"a Read -", "b Read +!"}, "r"},
		"overriding both ways: denied":      {[]string{"a Read +!", "b Read -!"}, ""},
		"overriding both ways, other order": {[]string{"a Read -!", "b Read +!"}, ""},
		"another group's override":          {[]string{"a Read +", "c Read -!"}, "r"},
		"another permission's override":     {[]string{"a Read +", "a Write -!"}, "r"},
		"read and write":                    {[]string{"a Read +", "b Write +"}, "rw"},
		"write alone":                       {[]string{"a Write +"}, ""},
		"the last of one key wins":          {[]string{"a Read -", "a Read +"}, "r"},
		"the last of one key wins, denied":  {[]string{"a Read +!", "a Read -"}, ""},
	}
	for name, tt := range tests {
		w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, asset.Number, engine.SetPermissions, entries(groups, tt.set...)))
		same(t, name, w.rights(w.editor, asset), tt.want)
		same(t, name+", the boss", w.rights(w.boss, asset), "rw")
		same(t, name+", the administrator", w.rights(w.admin, asset), "rw")
	}
	trial := w.member("trial@example.com", w.demo, "TrialSiteAdmin")
	same(t, "trial administrators are not exempt", w.rights(trial, asset), "")
	w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, asset.Number, engine.RemovePermissions, nil))
	same(t, "without any set", w.rights(w.editor, asset)+" "+w.rights(trial, asset), "rw rw")
}

// Folders and assets follow the folder that they are in until they have a set of their
// own; what is done with children reaches all below, and nothing beside.
func TestFolderPermissionInheritance(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"e": w.group(w.demo, "e", w.editor.User), "c": w.group(w.demo, "c", w.colleague.User)}
	top := w.put(w.editor, w.job("1"), file{"top", "top.xml", "1"})
	deep := w.put(w.editor, w.job("2"), file{"top/mid/deep", "deep.xml", "2"})
	beside := w.put(w.editor, w.job("3"), file{"topless", "beside.xml", "3"})
	ctx, e, demo := w.ctx, w.engine, w.demo.Number
	folder := func(path string, change engine.PermissionChange, children bool, lines ...string) {
		t.Helper()
		w.ok(e.ChangeFolderPermissions(ctx, w.boss, demo, path, change, entries(groups, lines...), children))
	}
	asset := func(a *ingest.Asset, change engine.PermissionChange, lines ...string) {
		t.Helper()
		w.ok(e.ChangeAssetPermissions(ctx, w.boss, demo, a.Number, change, entries(groups, lines...)))
	}
	check := func(what, editor, colleague string) {
		t.Helper()
		words := func(p ingest.Principal) string {
			return w.rights(p, top) + "," + w.rights(p, deep) + "," + w.rights(p, beside)
		}
		same(t, what, []string{words(w.editor), words(w.colleague)}, []string{editor, colleague})
	}
	check("unrestricted", "rw,rw,rw", "rw,rw,rw")
	folder("top/", engine.SetPermissions, false, "e Read +", "e Write +")
	check("inherited by what is below, not by what begins alike", "rw,rw,rw", ",,rw")
	folder("top/mid/", engine.SetPermissions, false, "c Read +")
	check("a folder's own set", "rw,,rw", ",r,rw")
	asset(deep, engine.MergePermissions, "c Write +")
	check("merging starts from what was inherited", "rw,,rw", ",rw,rw")
	folder("top/mid/", engine.SetPermissions, false)
	check("an asset's own set stays", "rw,,rw", ",rw,rw")
	folder("top/", engine.MergePermissions, true, "e Read +", "c Write -")
	check("merged into every own set below", "rw,r,rw", ",r,rw")
	folder("topless/", engine.SetPermissions, false, "c Read +")
	folder("top/", engine.SetPermissions, true, "e Read +")
	check("set with children: own sets are dropped, not those beside", "r,r,", ",,r")
	folder("topless/", engine.RemovePermissions, false)
	folder("top/mid/", engine.MergePermissions, false, "c Read +")
	check("a folder that inherits starts from that", "r,r,rw", ",r,rw")
	folder("top/", engine.RemovePermissions, false)
	check("removed from one folder only", "rw,r,rw", "rw,r,rw")
	asset(deep, engine.SetPermissions)
	check("an empty set has nobody in it", "rw,,rw", "rw,,rw")
	asset(beside, engine.SetPermissions, "c Read +")
	folder("top/", engine.RemovePermissions, true)
	check("removed with children, not beside them", "rw,rw,", "rw,rw,r")
	asset(beside, engine.RemovePermissions)
	folder("top/", engine.RemovePermissions, true)
	folder("", engine.SetPermissions, false, "e Read +")
	check("the root", "r,r,r", ",,")
	folder("", engine.RemovePermissions, true)
	asset(deep, engine.RemovePermissions)
	check("unrestricted again", "rw,rw,rw", "rw,rw,rw")
}

func TestPermissionsTravelWithTheirOwner(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"e": w.group(w.demo, "e", w.editor.User)}
	own := w.put(w.editor, w.job("1"), file{"a/b", "own.xml", "1"})
	follows := w.put(w.editor, w.job("2"), file{"a/b", "follows.xml", "2"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "a/", engine.SetPermissions, entries(groups, "e Read +"), false))
	w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, own.Number, engine.SetPermissions, nil))
	_, err := w.engine.CreateFolder(w.ctx, w.boss, w.demo.Number, "free")
	w.ok(err)
	_, err = w.engine.MoveFolder(w.ctx, w.boss, w.demo.Number, "a/b/", "free/")
	w.ok(err)
	same(t, "own set and inherited one", []string{w.rights(w.editor, w.stored(own)), w.rights(w.editor, w.stored(follows))}, []string{"", "rw"})
	_, err = w.engine.MoveFolder(w.ctx, w.boss, w.demo.Number, "a/", "free/")
	w.ok(err)
	moved := w.put(w.boss, w.job("3"), file{"free/a", "new.xml", "3"})
	same(t, "the folder's set", w.rights(w.editor, moved), "r")
}

// A deleted folder takes its set along: one made later under its name is free.
func TestDeletedFolderTakesItsPermissionsAlong(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("1"), file{"a", "one.xml", "1"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "a/", engine.SetPermissions, nil, false))
	w.ok(w.engine.DeleteFolder(w.ctx, w.boss, w.demo.Number, "a/"))
	a := w.put(w.boss, w.job("2"), file{"a", "two.xml", "2"})
	same(t, "rights", w.rights(w.editor, a), "rw")
}

func TestDeletedGroupLeavesPermissions(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"a": w.group(w.demo, "a", w.editor.User), "b": w.group(w.demo, "b", w.editor.User)}
	asset := w.put(w.editor, w.job("1"), file{"x", "a.xml", "1"})
	lines := entries(groups, "a Read -!", "b Read +")
	w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, asset.Number, engine.SetPermissions, lines))
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "x/", engine.SetPermissions, lines, false))
	same(t, "before", w.rights(w.editor, asset), "")
	w.ok(w.engine.DeleteGroup(w.ctx, w.boss, w.demo.Number, groups["a"]))
	same(t, "after", w.rights(w.editor, asset), "r")
	_, sets, err := w.engine.FolderTree(w.ctx, w.boss, w.demo.Number, engine.FolderQuery{Path: "x/"})
	w.ok(err)
	for _, set := range sets {
		same(t, "entries", set, []engine.GroupPermission{{PermissionEntry: lines[1], Name: "b"}})
	}
	same(t, "sets", len(sets), 1)
	found, err := w.engine.GroupsOf(w.ctx, w.editor, 0, 0)
	w.ok(err)
	same(t, "groups of the user", found, []engine.Group{{Number: groups["b"], Company: w.demo.Number, Name: "b"}})
}

func TestWhoChangesPermissions(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"own": w.group(w.demo, "g"), "foreign": w.group(w.other, "g")}
	a := w.put(w.editor, w.job("1"), file{"x", "a.xml", "1"})
	foreign := w.put(w.outsider, into(w.other, w.job("2")), file{"y", "b.xml", "2"})
	gone := w.put(w.editor, w.job("3"), file{"x", "c.xml", "3"})
	w.trash(gone)
	ctx, e, demo := w.ctx, w.engine, w.demo.Number
	onAsset := func(p ingest.Principal, n ingest.Number, lines ...string) error {
		return e.ChangeAssetPermissions(ctx, p, demo, n, engine.SetPermissions, entries(groups, lines...))
	}
	onFolder := func(p ingest.Principal, path string, lines ...string) error {
		return e.ChangeFolderPermissions(ctx, p, demo, path, engine.SetPermissions, entries(groups, lines...), true)
	}
	for name, tt := range map[string]struct {
		err  error
		want outcome
	}{
		"an editor":                        {onAsset(w.editor, a.Number), outcome{ingest.Forbidden, ingest.CodeRole}},
		"an editor on a folder":            {onFolder(w.editor, "x/"), outcome{ingest.Forbidden, ingest.CodeRole}},
		"a stranger":                       {onAsset(w.outsider, a.Number), outcome{ingest.Forbidden, ingest.CodeNotMember}},
		"a stranger on a folder":           {onFolder(w.outsider, "x/"), outcome{ingest.Forbidden, ingest.CodeNotMember}},
		"another company's asset":          {onAsset(w.boss, foreign.Number), outcome{Kind: ingest.NotFound}},
		"an asset in the trash":            {onAsset(w.boss, gone.Number), outcome{Kind: ingest.NotFound}},
		"no asset":                         {onAsset(w.boss, 4711), outcome{Kind: ingest.NotFound}},
		"another company's folder":         {onFolder(w.boss, "y/"), outcome{Kind: ingest.NotFound}},
		"another company's group":          {onAsset(w.boss, a.Number, "own Read +", "foreign Read +"), outcome{Kind: ingest.NotFound}},
		"no group":                         {onAsset(w.boss, a.Number, "none Read +"), outcome{Kind: ingest.NotFound}},
		"no permission":                    {onAsset(w.boss, a.Number, "own Fly +"), outcome{Kind: ingest.Invalid}},
		"another company's, the admin":     {onAsset(w.admin, foreign.Number), outcome{Kind: ingest.NotFound}},
		"another company's group on paths": {onFolder(w.admin, "x/", "foreign Read +"), outcome{Kind: ingest.NotFound}},
	} {
		if tt.err == nil {
			t.Errorf("%s: allowed", name)
			continue
		}
		same(t, name, outcome{ingest.KindOf(tt.err), ingest.CodeOf(tt.err)}, tt.want)
	}
	same(t, "nothing is restricted", w.rights(w.editor, a), "rw")
}

// Uploads and the library's own reads ask the permissions as every other verb does:
// what a caller may not read is unknown, what may not be written takes no files.
func TestPermissionsBindUploadsAndReads(t *testing.T) {
	w := newWorld(t)
	groups := map[string]ingest.Number{"e": w.group(w.demo, "e", w.editor.User), "c": w.group(w.demo, "c", w.colleague.User)}
	closed := w.put(w.editor, w.job("1"), file{"closed", "closed.xml", "1"})
	shown := w.put(w.editor, w.job("2"), file{"shown", "shown.xml", "2"})
	w.put(w.editor, w.job("3"), file{"open", "open.xml", "3"})
	for path, lines := range map[string][]string{"closed/": {"c Read +", "c Write +"}, "shown/": {"e Read +", "c Read +", "c Write +"}} {
		w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, path, engine.SetPermissions, entries(groups, lines...), false))
	}
	names := func(p ingest.Principal, page ingest.Page) (names []string) {
		list, err := w.engine.Assets(w.ctx, p, engine.AssetQuery{Company: w.demo.Number}, page)
		w.ok(err)
		for _, a := range list {
			names = append(names, a.Name)
		}
		return names
	}
	same(t, "the editor's list", names(w.editor, ingest.Page{Limit: 10}), []string{"shown", "open"})
	same(t, "a full page in spite of what is hidden", names(w.editor, ingest.Page{Limit: 1}), []string{"shown"})
	same(t, "the page after it", names(w.editor, ingest.Page{Limit: 1, After: shown.Number}), []string{"open"})
	same(t, "the colleague's list", names(w.colleague, ingest.Page{Limit: 10}), []string{"closed", "shown", "open"})

	_, err := w.engine.Asset(w.ctx, w.editor, closed.UUID)
	same(t, "a hidden asset", ingest.KindOf(err), ingest.NotFound)
	_, err = w.engine.Original(w.ctx, w.editor, closed.UUID)
	same(t, "its bytes", ingest.KindOf(err), ingest.NotFound)
	_, err = w.engine.Asset(w.ctx, w.editor, shown.UUID)
	w.ok(err)

	spec := w.job("4", func(s *engine.JobSpec) { s.Processing.Overwrite = true })
	w.settings(w.demo, ingest.CompanySettings{Overwrite: ingest.MatchFullNameAnyFolder})
	for _, tt := range []struct {
		what   string
		file   file
		reason string
	}{
		{"a file of a closed folder", file{"closed", "new.xml", "x"}, "no Read permission"},
		{"below it", file{"closed/deeper", "new.xml", "x"}, "no Read permission"},
		{"a folder to read only", file{"shown", "new.xml", "x"}, "no Write permission"},
		{"a hidden asset by its name", file{"open", "closed.xml", "x"}, "no Read permission"},
		{"an asset to read only", file{"open", "shown.xml", "x"}, "no Write permission"},
	} {
		_, out := w.deliver(w.editor, spec, tt.file)
		o := out[0]
		if o.Asset != nil || !strings.Contains(o.Reason, tt.reason) || strings.Contains(o.Reason, "closed/closed.xml") {
			t.Errorf("%s: %+v", tt.what, o)
		}
		if tt.file.folder == "open" {
			continue
		}
		_, err := w.engine.Begin(w.ctx, w.editor, engine.BeginSpec{Company: w.demo.Number, Door: "own", Open: spec.Open, Size: 1, Folder: tt.file.folder, FileName: tt.file.name})
		same(t, tt.what+", begun", ingest.CodeOf(err), ingest.CodePermission)
	}
	same(t, "nothing came of it", names(w.colleague, ingest.Page{Limit: 10}), []string{"closed", "shown", "open"})
	if _, out := w.deliver(w.colleague, spec, file{"shown", "shown.xml", "y"}); !out[0].Update {
		t.Errorf("who may write: %+v", out[0])
	}
}
