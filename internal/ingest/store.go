package ingest

import (
	"context"
	"time"
)

// Store keeps everything that is not bytes. All methods are safe for concurrent
// use. Failures are *Error: NotFound for rows that do not exist, Conflict with
// CodeExists for a unique name that is taken, Unavailable when the database
// cannot be reached or is full, Internal otherwise.
type Store interface {
	// View runs fn on one consistent snapshot. fn must not write.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn in a transaction and returns after it is on stable storage.
	// An error of fn undoes all that fn did and is returned as it is. fn must not
	// wait for anything but the transaction: other updates wait for it. Updates
	// that wait at the same time may share one commit. fn may run again when
	// another update of its commit failed; only its last run counts, so what it
	// hands out it must set, not add to. After a method of Tx has failed for any
	// reason but NotFound, fn must return.
	// An error that wraps the one of ctx means that nothing has happened. After
	// another one that is Unavailable or Internal, what fn did may still be found
	// after the process has ended and begun again.
	Update(ctx context.Context, fn func(Tx) error) error
	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	Close() error
}

// Page selects a part of a list in the order of Number: items after After, at
// most Limit of them.
type Page struct {
	After Number
	Limit int
}

// Tx is what a transaction can do. Create methods set Number (and nothing
// else); callers set UUID. Update methods write every field that can change.
type Tx interface {
	CompanyTx
	UserTx
	FolderTx
	AssetTx
	UploadTx
	JobTx
	TaskTx
	JobWorkTx
	EventTx
	DocumentTx
	LinkTx
	ValueTx
	TrashTx
	SearchTx
	MessageTx
	AddressTx
	MediaLinkTx
	TransferTx
	DayUseTx
}

// CompanyTx keeps companies.
type CompanyTx interface {
	CreateCompany(*Company) error
	UpdateCompany(*Company) error
	Company(Number) (*Company, error)
	CompanyByUUID(UUID) (*Company, error)
	CompanyByName(name string) (*Company, error) // exact
	CompanyBySlug(slug string) (*Company, error)
	Companies(Page) ([]*Company, error)
	// LockCompany makes name decisions in one company wait for each other until
	// the transaction ends.
	LockCompany(Number) error
}

// UserTx keeps users, their memberships and keys.
type UserTx interface {
	CreateUser(*User) error
	UpdateUser(*User) error
	DeleteUser(Number) error // with memberships and keys
	User(Number) (*User, error)
	UserByUUID(UUID) (*User, error)
	UserByLogin(login string) (*User, error)          // without regard to ASCII case
	Users(company Number, page Page) ([]*User, error) // company 0 = all

	PutMembership(Membership) error // creates or replaces
	DeleteMembership(user, company Number) error
	Memberships(user Number) ([]Membership, error)
	// PeopleRevision changes with every change of users and memberships, so that
	// a reader can keep what it has read until then.
	PeopleRevision() (int64, error)

	CreateAPIKey(*APIKey) error
	UpdateAPIKey(*APIKey) error
	DeleteAPIKey(Number) error
	APIKey(selector string) (*APIKey, error)
	APIKeys(user Number) ([]*APIKey, error) // user 0 = all
}

// FolderTx keeps folders.
type FolderTx interface {
	CreateFolder(*Folder) error
	Folder(company Number, path string) (*Folder, error)
	FolderByNumber(Number) (*Folder, error) // deleted ones too
	FolderByUUID(UUID) (*Folder, error)     // deleted ones too
	// FoldersIn lists the folders directly below one.
	FoldersIn(company, parent Number) ([]*Folder, error)
	// UpdateFolder stores Parent, Path, Modified and Deleted.
	UpdateFolder(*Folder) error
	// DeletedFolder returns the deleted folder that had the path last.
	DeletedFolder(company Number, path string) (*Folder, error)
	// MoveFolders gives the folders at and below a path the new one in its place.
	MoveFolders(company Number, from, to string, modified time.Time) error
	// Folders lists the folders at and below path ("" = all).
	Folders(company Number, under string, page Page) ([]*Folder, error)
}

// AssetFilter selects assets; zero fields do not restrict.
type AssetFilter struct {
	Companies []Number // nil = all; the engine fills it from the caller's rights
	Folder    Number
	Under     string // folder path whose subtree counts; needs one company
	Name      string // equal to Name or FileName; a trailing '*' matches any ending
	Type      AssetType
	State     AssetState
	Job       Number // assets with a version from this job
	Trash     bool   // those in the trash instead of those outside
}

// AssetTx keeps assets, their versions and derived files.
type AssetTx interface {
	CreateAsset(*Asset) error
	UpdateAsset(*Asset) error
	Asset(Number) (*Asset, error)
	AssetByUUID(UUID) (*Asset, error)
	// AssetsNamed returns all assets of the company with exactly this Name, in
	// any folder and state, trash included until it is emptied.
	AssetsNamed(company Number, name string) ([]*Asset, error)
	Assets(AssetFilter, Page) ([]*Asset, error)
	// AssetsBySHA1 returns the assets and parts of the company whose current bytes
	// have the digest, outside the trash, by Number, at most limit.
	AssetsBySHA1(company Number, sha1 []byte, limit int) ([]*Asset, error)
	// OrphanedBefore lists parts that nothing has referred to since before at.
	OrphanedBefore(at time.Time, limit int) ([]*Asset, error)
	// Usage sums a company's assets; user 0 = of all users.
	Usage(company, user Number) (Usage, error)
	// UsageBelow sums the assets at and below a folder path, outside the trash,
	// counting up to limit files.
	UsageBelow(company Number, under string, limit int) (Usage, error)

	// CreateVersion stores a version and makes it the current one of its asset
	// (Asset.Version); it changes nothing else of the asset.
	CreateVersion(*Version) error
	Version(Number) (*Version, error)
	Versions(asset Number) ([]*Version, error)
	// SetVersionDigest records a digest that was computed after the upload, on
	// the version and, if it is the current one, on its asset.
	SetVersionDigest(version Number, sha256 []byte) error

	// PutDerived creates the row, or replaces the one with the same Version and
	// Key and returns the blob key that it no longer refers to ("" = none).
	PutDerived(*Derived) (BlobKey, error)
	Derived(UUID) (*Derived, error)
	DerivedOf(asset Number) ([]*Derived, error) // of the current version

	// DeleteDerived removes the derived files of a kind ("" = all) that an asset
	// has, of all versions, and returns the blob keys that they referred to.
	DeleteDerived(asset Number, kind DerivedKind) ([]BlobKey, error)

	// SetVersionSHA1 records a digest that was computed later.
	SetVersionSHA1(version Number, sha1 []byte) error

	// BlobsInUse returns those of the keys that a version or derived file refers to.
	BlobsInUse(keys []BlobKey) (map[BlobKey]bool, error)
}

// UploadTx keeps uploads that span requests.
type UploadTx interface {
	CreateUpload(*Upload) error
	UpdateUpload(*Upload) error
	Upload(UUID) (*Upload, error)
	UploadByNumber(Number) (*Upload, error)
	UploadByClientKey(company Number, door Door, key string) (*Upload, error)
	// UploadsIn lists uploads in one state, of all companies.
	UploadsIn(UploadState, Page) ([]*Upload, error)
	// UploadsOf lists the members of a session.
	UploadsOf(parent Number) ([]*Upload, error)
	// UploadPromising returns the newest upload that is open or sealing and whose
	// Options.Asset is the UUID.
	UploadPromising(company Number, asset UUID) (*Upload, error)
	// UploadsPromising lists the uploads of a company that are open or sealing and
	// have an Options.Asset, by Number.
	UploadsPromising(company Number, page Page) ([]*Upload, error)
	// UploadsBy lists what a user has uploaded to a company through a door, by falling Number and in
	// any of the states; Page.After means "before".
	UploadsBy(user, company Number, door Door, states []UploadState, page Page) ([]*Upload, error)
	// SetUploadParts stores Parts, which UpdateUpload leaves alone.
	SetUploadParts(upload Number, parts []byte) error
	// ExpiredUploads returns open and sealing uploads whose Expires has passed.
	ExpiredUploads(now time.Time, limit int) ([]*Upload, error)
}

// JobFilter selects jobs; zero fields do not restrict.
type JobFilter struct {
	Companies    []Number // nil = all
	OriginalName string
	State        JobState
	Active       bool // not yet Done
	Newest       bool // by falling Number; Page.After then means "before"
}

// LogFilter selects rows of a job's log.
type LogFilter struct {
	Types []LogType // nil = all
}

// JobTx keeps jobs and their logs.
type JobTx interface {
	// CreateJob stores the job as it is, counts included.
	CreateJob(*Job) error
	// ChangeJob adds the delta to the stored job and returns what there is to
	// decide on then: Number, UUID, Company, User, Door, Name, State, Open, Counts,
	// Pending and LastPost. They stay unchanged until the transaction ends.
	// Conflict with CodeJobClosed when IfOpen is set and the job is not open.
	ChangeJob(Number, JobDelta) (*Job, error)
	// SetJobState stores State, Open and Finished.
	SetJobState(*Job) error
	Job(Number) (*Job, error)
	JobByUUID(UUID) (*Job, error)
	JobByName(company Number, name string) (*Job, error) // the unique Name
	Jobs(JobFilter, Page) ([]*Job, error)

	AppendLog(...LogRow) error
	Log(job Number, filter LogFilter, page Page) ([]LogRow, error)
	LogCount(job Number, filter LogFilter) (int64, error)
}

// TaskTx is the durable queue.
type TaskTx interface {
	CreateTask(*Task) error // in the State it has: queued or parked
	// ClaimTasks takes queued tasks whose RunAt has come, and running ones whose
	// lease has passed, of the given kinds: they are running until lease, and
	// Attempts has been counted up. Jobs take turns: those with a number above
	// after come first, by number, then the others; among the tasks of a job those
	// that have waited longest. The result is in this order.
	ClaimTasks(kinds []TaskKind, now, lease time.Time, after Number, limit int) ([]*Task, error)
	// UpdateTask stores Params, State, Attempts, RunAt, Lease, Error and Finished.
	UpdateTask(*Task) error
	Task(Number) (*Task, error)
	// TasksOf lists the tasks of an asset's version; version 0 = all versions.
	TasksOf(asset, version Number) ([]*Task, error)
	// RequeueTasks gives the running tasks of the kinds back to the queue, to be
	// run at once whatever their lease; their Attempts stay. It is for a start,
	// after which nobody works on them.
	RequeueTasks(kinds []TaskKind, now time.Time) error
	// HastenTasks makes queued tasks of the kinds whose RunAt is after latest due
	// now: the clock has been set back since they were queued.
	HastenTasks(kinds []TaskKind, latest, now time.Time) error
	// NextRun returns from when on ClaimTasks would find a task of the kinds: a
	// queued one whose RunAt comes, or a running one whose lease passes. It is
	// false when there is neither.
	NextRun(kinds []TaskKind) (time.Time, bool, error)
	// DeleteLooseTasks removes tasks of no job and no asset that ended before the
	// time, at most limit of them, and returns how many.
	DeleteLooseTasks(before time.Time, limit int) (int, error)
}

// EventTx is the event stream.
type EventTx interface {
	Emit(Event) error
	Events(Page) ([]Event, error)
}
