package ingest

import "time"

// Document is a small thing of a company that is more than a field and less than
// a table: a project, a metadata field, a group, a permission set, a property set,
// an image preset, a zoom target. Its content is JSON of the kind's own shape;
// whatever the store has to find it by is a field here.
type Document struct {
	Number   Number // unique over all kinds
	UUID     UUID
	Company  Number // 0 = of the whole system
	Kind     DocumentKind
	Owner    Number // what it belongs to: an asset, a folder, a user, as the kind says; 0 = the company
	Other    Number // a second owner, as the kind says; 0 = none
	Key      string // unique among the documents of the company, kind and owner; "" = none
	Name     string // for people and for sorting
	Position int    // order among those of one owner
	Data     []byte // JSON
	Created  time.Time
	Modified time.Time
	By       Number // user who changed it last
}

// DocumentKind says what a document is.
type DocumentKind string

// Kinds of documents. Where nothing else is said, Owner is 0.
const (
	DocProject         DocumentKind = "project"          // Key = name
	DocGroup           DocumentKind = "group"            // Key = name
	DocPermissions     DocumentKind = "permissions"      // Owner = folder or asset, as Key says
	DocMetadataField   DocumentKind = "metadata-field"   // Key = TYPE|name
	DocPropertySetType DocumentKind = "property-type"    // Key = name
	DocPropertySet     DocumentKind = "property-set"     // Owner = its type's document; Key, Other as the type says
	DocImagePreset     DocumentKind = "image-preset"     // Key = name in lower case
	DocVignetteFormat  DocumentKind = "vignette-format"  // Key = name
	DocCompanyMetadata DocumentKind = "company-metadata" // Key = xid
	DocMetadataSchema  DocumentKind = "metadata-schema"  // Key = namespace
	DocPublishSettings DocumentKind = "publish-settings" // Key = context type
	DocPortalEvent     DocumentKind = "portal-event"
	DocUPP             DocumentKind = "upp" // contract figures of a company, at most one
	DocInvalidation    DocumentKind = "invalidation"
	DocSchedule        DocumentKind = "schedule"        // a job that runs later or again, of the whole system; Owner = company, Key = its name
	DocExport          DocumentKind = "export"          // a finished export, of the whole system; Owner = company, Key = hash of its token
	DocZoomTarget      DocumentKind = "zoom-target"     // Owner = asset; Key = the number it is known by
	DocImageMap        DocumentKind = "image-map"       // Owner = asset; Key = the number it is known by
	DocSmartCrop       DocumentKind = "smart-crop"      // Owner = asset; Key = name
	DocImageFields     DocumentKind = "image-fields"    // Owner = asset: resolution, anchor, URL modifiers; at most one
	DocFileFields      DocumentKind = "file-fields"     // Owner = asset: what was set of a font or ICC profile; at most one
	DocAssetSet        DocumentKind = "asset-set"       // Owner = asset: definition of a set; at most one
	DocTemplate        DocumentKind = "template"        // Owner = asset: a template or view; at most one
	DocViewerConfig    DocumentKind = "viewer-config"   // Owner = asset; at most one
	DocXMP             DocumentKind = "xmp"             // Owner = asset: its packet; at most one
	DocEmbedded        DocumentKind = "embedded"        // Owner = asset: what its file says of itself; at most one
	DocWebPage         DocumentKind = "web-page"        // Owner = asset of its HTML file; Key = name in lower case
	DocSigningKeys     DocumentKind = "signing-keys"    // of the whole system, at most one: the secrets behind tokens and signed addresses
	DocEndedSession    DocumentKind = "ended-session"   // of the whole system; Key = user and session, Position = Unix time after which no token of it is left
	DocGuestCode       DocumentKind = "guest-code"      // that was sent to somebody without a login, of the whole system; Key = digest of the e-mail address, Position = Unix time of its end
	DocGuestSession    DocumentKind = "guest-session"   // of somebody without a login, of the whole system; Key = digest of its secret, Position = Unix time of its end
	DocThumbnail       DocumentKind = "thumbnail"       // that a client gave: Owner = upload or version, as Key says
	DocTransferSecret  DocumentKind = "transfer-secret" // secret part of the address of the store-and-forward service; at most one of a company
	DocPublishHistory  DocumentKind = "publish-history" // Owner = asset; Key = context
	DocPlaceholder     DocumentKind = "placeholder"     // a name that is kept for a file to come: Owner = folder, Key = UUID of the asset that it becomes
	DocFolderFields    DocumentKind = "folder-fields"   // what assets have as Metadata: Owner = folder; at most one
	DocContent         DocumentKind = "content"         // a record that files belong to: Key = UUID, Name = title
)

// DocumentFilter selects documents; zero fields do not restrict, except Company.
type DocumentFilter struct {
	Company Number // 0 = those of the whole system
	Kind    DocumentKind
	Owners  []Number // nil = all
	Other   Number
	Key     string
	Name    string
}

// DocumentTx keeps documents.
type DocumentTx interface {
	// CreateDocument sets Number. Conflict with CodeExists when the Key is taken.
	CreateDocument(*Document) error
	// UpdateDocument stores Owner, Other, Key, Name, Position, Data, Modified and By.
	UpdateDocument(*Document) error
	DeleteDocument(Number) error
	Document(Number) (*Document, error)
	// DocumentByKey returns the one with the key among those of an owner.
	DocumentByKey(company Number, kind DocumentKind, owner Number, key string) (*Document, error)
	// Documents lists documents by Owner, Position and Number. Page.After counts
	// the documents to skip.
	Documents(DocumentFilter, Page) ([]*Document, error)
	// DocumentsOf lists the documents of some kinds that belong to any of the
	// owners, by Kind, Owner, Position and Number.
	DocumentsOf(company Number, kinds []DocumentKind, owners []Number) ([]*Document, error)
	// ReserveAssetNumber takes a number that no asset will get, for things that
	// clients address like assets.
	ReserveAssetNumber() (Number, error)
}
