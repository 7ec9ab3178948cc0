// Package engine holds every rule of Sluice, once: who may do what, where a
// file goes and what becomes of it when its name is taken, how an upload moves
// through its states, when a job is done, what is logged, queued and announced.
//
// Doors parse their dialect, call a verb here with the caller explicit, and
// render the answer. The engine knows nothing of HTTP, SQL or file systems; it
// reaches them through the ports of package ingest.
//
// Two ways lead in. A door that receives whole files in one request spools each
// of them (Spool) and hands all over at once (Deliver). A door whose files span
// requests uses Begin, Write, Finish, Abort and Status.
package engine

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"sluice/internal/ingest"
)

// Config is what the engine needs. Store, Blobs, Now, NewUUID and Detect are
// required.
type Config struct {
	Store   ingest.Store
	Blobs   ingest.Blobs
	Now     func() time.Time
	NewUUID func() ingest.UUID
	// Detect names the MIME type of a file from its first bytes, with its name
	// as a hint.
	Detect func(head []byte, fileName string) string
	Log    *slog.Logger
	// DeferDigest leaves the whole-file SHA-256 to a task after the answer
	// instead of computing it while the bytes arrive.
	DeferDigest bool
	// DigestDistance is how many bytes digests may be behind what has arrived before
	// bytes are read again for them. 0 = 704 MiB.
	DigestDistance int64
	// JobIdle closes a job that has received nothing for so long. 0 = 30 minutes.
	JobIdle time.Duration
	// SameAddress binds a job to the address that opened it.
	SameAddress bool
	// UploadLifetime ends open uploads that have received nothing for so long.
	// 0 = 7 days.
	UploadLifetime time.Duration
	// UploadLifetimes are those of doors that have their own.
	UploadLifetimes map[ingest.Door]time.Duration
	// OrphanLifetime removes parts that no web page has had for so long. 0 = 24 hours.
	OrphanLifetime time.Duration
	// Ended, if set, is told how each file's way in ended and how long it was in
	// bytes, after that is on stable storage.
	Ended func(door ingest.Door, outcome ingest.UploadOutcome, size int64)
	// CheckURL, if set, lets clients have files fetched from addresses, and says
	// what is wrong with one. nil = the server fetches nothing.
	CheckURL func(url string) error
	// CheckDirectory, if set, lets clients have files taken from directories of
	// the server, and says what is wrong with one.
	CheckDirectory func(path string) error
	// MediaLifetime is how long media of softphones can be fetched where the company
	// says nothing. 0 = 30 days.
	MediaLifetime time.Duration
	// MAC signs parts with a secret that outlives the process. nil = one that does
	// not: a repeated upload is then not recognised after a restart.
	MAC func(ctx context.Context, purpose string, parts ...string) (string, error)
	// Keywords, if set, adds words to the subjects of an XMP packet; old is nil for a
	// new one, which begins with the keywords and the description that are known. A
	// refusal of the words is of kind Invalid.
	Keywords func(old []byte, known map[string][]string, words []string) (XMPContent, error)
	// Callbacks makes a request to the address that a job names when it is done.
	Callbacks bool
	// Letters says that letters can be sent to the people behind jobs.
	Letters bool
	// ServerName is shown as the server of jobs and publications. "" = localhost.
	ServerName string
	// Pictures, if set, renders images and looks into them for verbs that answer
	// with the result.
	Pictures Pictures
	// Optimize makes an optimised image of every image that comes through the Scene7
	// door; otherwise only of those for which an option of the upload changes what it
	// shows.
	Optimize bool
	// PictureDelay keeps the work on whole pictures behind their inspection, which
	// gives the thumbnails that people wait for.
	PictureDelay time.Duration
	// Metadata reads what files say of themselves where their inspection does not: documents, video, sound, and pictures
	// that no media worker decodes.
	Metadata bool
	// Crash, if set, is called at named points of a delivery; tests strike there.
	Crash func(point string)
}

// Limits of what a client may send, in bytes unless said otherwise. They keep
// rows and paths sane whatever the door.
const (
	MaxNameBytes        = 255   // one path segment
	MaxPathBytes        = 4096  // a folder path
	MaxPathDepth        = 64    // segments of a folder path
	MaxJobNameBytes     = 1024  // before a suffix is added
	MaxDescriptionBytes = 16384 // of a job
)

// Engine is the use cases of Sluice. It is safe for concurrent use.
type Engine struct {
	store    ingest.Store
	blobs    ingest.Blobs
	now      func() time.Time
	newUUID  func() ingest.UUID
	detect   func([]byte, string) string
	log      *slog.Logger
	pictures Pictures
	optimize bool
	metadata bool

	pictureDelay time.Duration
	ended        func(ingest.Door, ingest.UploadOutcome, int64)
	crash        func(string)

	checkURL       func(string) error
	checkDirectory func(string) error
	callbacks      bool
	letters        bool
	keywords       func(old []byte, known map[string][]string, words []string) (XMPContent, error)
	serverName     string

	deferDigest    bool
	digestDistance int64
	sameAddress    bool
	jobIdle        time.Duration
	uploadLifetime time.Duration

	uploadLifetimes map[ingest.Door]time.Duration
	orphanLifetime  time.Duration
	mediaLifetime   time.Duration
	mac             func(ctx context.Context, purpose string, parts ...string) (string, error)
	allocating      minuteRates // of networks
	sending         minuteRates // of users
	refusals        refusals
	retention       retentionWatch

	flights   *flights
	wake      chan struct{}
	wakeSteps chan struct{}
	wakeLong  chan struct{}
	wakePush  chan struct{}
	activity  *activity
	facts     jobFacts
	logs      logMarks
	searches  searchMarks
	schedules scheduleWatch
	stops     stops
	runs      runs
	turns     turns
	active    *activeUploads
	followers chan struct{} // goroutines that bring digests up to date
	closing   keyedLocks    // uploads being finished
	aside     stagesAside
}

// New returns an engine. Nothing runs until a verb is called.
func New(c Config) *Engine {
	e := &Engine{
		store: c.Store, blobs: c.Blobs, now: c.Now, newUUID: c.NewUUID, detect: c.Detect,
		log: c.Log, ended: c.Ended, crash: c.Crash, deferDigest: c.DeferDigest, digestDistance: c.DigestDistance, sameAddress: c.SameAddress,
		pictures: c.Pictures, optimize: c.Optimize, metadata: c.Metadata, pictureDelay: c.PictureDelay, jobIdle: c.JobIdle, uploadLifetime: c.UploadLifetime,
		uploadLifetimes: c.UploadLifetimes, orphanLifetime: c.OrphanLifetime, mediaLifetime: c.MediaLifetime, mac: c.MAC,
		checkURL: c.CheckURL, checkDirectory: c.CheckDirectory, callbacks: c.Callbacks, letters: c.Letters, keywords: c.Keywords, serverName: c.ServerName,
		flights: newFlights(), wake: make(chan struct{}, 1), wakeSteps: make(chan struct{}, 1), wakeLong: make(chan struct{}, 1), wakePush: make(chan struct{}, 1),
		activity: newActivity(c.Now), active: newActiveUploads(), followers: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.ended == nil {
		e.ended = func(ingest.Door, ingest.UploadOutcome, int64) {}
	}
	if e.crash == nil {
		e.crash = func(string) {}
	}
	if e.serverName == "" {
		e.serverName = "localhost"
	}
	if e.digestDistance == 0 {
		e.digestDistance = followDistance
	}
	if e.jobIdle == 0 {
		e.jobIdle = 30 * time.Minute
	}
	if e.uploadLifetime == 0 {
		e.uploadLifetime = 7 * 24 * time.Hour
	}
	if e.orphanLifetime == 0 {
		e.orphanLifetime = 24 * time.Hour
	}
	if e.mediaLifetime == 0 {
		e.mediaLifetime = ingest.DefaultMediaLifetime
	}
	if e.mac == nil {
		e.mac = processMAC()
	}
	return e
}

// Wake is sent to (never more than one value waits) when a task may be ready to
// run.
func (e *Engine) Wake() <-chan struct{} { return e.wake }

func (e *Engine) wakeWorkers() {
	for _, wake := range []chan struct{}{e.wake, e.wakeLong} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Now is the time by the engine's clock.
func (e *Engine) Now() time.Time { return e.now() }

// ServerName is shown as the server of jobs and publications.
func (e *Engine) ServerName() string { return e.serverName }
