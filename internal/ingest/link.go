package ingest

// Link says that one thing has another, at a position: a project its assets, a
// set its members, a group its users.
type Link struct {
	Kind     LinkKind
	From     Number
	To       Number
	Position int
	Data     string // of the kind's own shape, may be empty
}

// LinkKind says what a link means.
type LinkKind string

// Kinds of links, with what From and To are.
const (
	LinkProject   LinkKind = "project"    // project document, asset
	LinkMember    LinkKind = "member"     // set, asset in it; Data "reset" = begins a view
	LinkNamed     LinkKind = "named"      // asset set or template, asset that its text names
	LinkThumbnail LinkKind = "thumbnail"  // asset, asset that stands for it; at most one
	LinkOwner     LinkKind = "owner"      // view, asset that it is a view of; at most one
	LinkGenerator LinkKind = "generator"  // asset, asset that it was made from; Data = engine
	LinkPagePart  LinkKind = "page-part"  // web page's asset, part; Data = where it is in the page
	LinkGroupUser LinkKind = "group-user" // group document, user
	LinkRelated   LinkKind = "related"    // asset, file that goes with it (subtitles, proxy); Data = UUID of what it is for
	LinkContent   LinkKind = "content"    // content document, asset that belongs to it
)

// LinkTx keeps links.
type LinkTx interface {
	// PutLinks replaces the links of a kind that go out from a thing. Positions
	// are those of the list, from 0.
	PutLinks(kind LinkKind, from Number, links []Link) error
	// AddLink adds a link behind those that are there.
	AddLink(Link) error
	// DeleteLinks removes links; from or to 0 = any, but not both.
	DeleteLinks(kind LinkKind, from, to Number) error
	// Links lists the links that go out from a thing, by Position. Page.After
	// counts the links to skip.
	Links(kind LinkKind, from Number, page Page) ([]Link, error)
	// LinksFrom lists the links that go out from any of the things, by From and
	// Position.
	LinksFrom(kind LinkKind, from []Number) ([]Link, error)
	// LinksTo lists the links that lead to any of the things, by To and From.
	LinksTo(kind LinkKind, to []Number) ([]Link, error)
	HasLink(kind LinkKind, from, to Number) (bool, error)
}
