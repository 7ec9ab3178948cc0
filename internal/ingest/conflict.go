package ingest

// Match says which existing asset an upload of the same name may replace.
// Replacing an asset of another folder moves it to the upload's folder.
type Match string

// Ways to match; the empty value means MatchFullName.
const (
	MatchFullName          Match = "OverwriteFullName"          // same folder, same base name, same extension
	MatchAnyExt            Match = "OverwriteAnyExt"            // same folder, same base name
	MatchFullNameAnyFolder Match = "OverwriteFullNameAnyFolder" // same base name, same extension
	MatchAnyExtAnyFolder   Match = "OverwriteAnyExtAnyFolder"   // same base name
)

// Matches lists the ways to match.
func Matches() []Match {
	return []Match{MatchFullName, MatchAnyExt, MatchFullNameAnyFolder, MatchAnyExtAnyFolder}
}

// AnyExt reports whether the extension does not matter.
func (m Match) AnyExt() bool { return m == MatchAnyExt || m == MatchAnyExtAnyFolder }

// AnyFolder reports whether the folder does not matter.
func (m Match) AnyFolder() bool {
	return m == MatchFullNameAnyFolder || m == MatchAnyExtAnyFolder
}

// Action is what happens to an upload whose name is taken.
type Action string

// Actions.
const (
	ActionFail    Action = "fail"    // the upload is refused
	ActionReplace Action = "replace" // the existing asset gets a new version
	ActionRename  Action = "rename"  // a new asset named NAME-1, NAME-2, …
	ActionSkip    Action = "skip"    // nothing is stored; the job log says why
	ActionBeside  Action = "beside"  // a new asset of the same name
)

// ConflictPolicy is a door's answer to "the name is taken". The engine alone
// applies it.
type ConflictPolicy struct {
	CompanyWide bool   // names are unique over all folders of the company, not within one folder
	Taken       Action // when an asset that Match accepts has the name
	Match       Match  // which assets count for Taken; empty = the company's setting
	Otherwise   Action // when the name is taken by something else
}
