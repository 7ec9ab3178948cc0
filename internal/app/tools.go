package app

import (
	"log/slog"
	"net/url"
	"os"
	"time"

	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
	"sluice/internal/media"
	"sluice/internal/media/archive"
	"sluice/internal/notify"
	"sluice/internal/protocol/scene7/ipsapi"
)

// stepWorkers is how many steps of jobs are carried out at once: they wait for other
// servers and for disks, and need little of this machine.
const stepWorkers = 4

// longWorkers is how many videos are encoded and archives unpacked at once. Of videos
// one is encoded at a time.
const longWorkers = 2

// tools are the parts with which the server reaches beyond its library: processes for
// media, other servers, directories of this machine.
type tools struct {
	runner   *media.Runner
	pictures pictures
	fetching fetching
	roots    jobs.Roots
	mailer   *notify.SMTP // nil where no mail server is set up
	log      *slog.Logger
}

// mediaOptions translates the settings of the media section.
func mediaOptions(cfg config.Config) media.Options {
	return media.Options{
		Workers: cfg.MediaWorkers, MaxPixels: int64(cfg.MediaMaxPixels), MaxInputBytes: int64(cfg.MediaMaxInput),
		MemoryBytes: int64(cfg.MediaMemory), Timeout: cfg.MediaTimeout.Std(), AllowUnboxed: !cfg.MediaRequireBox,
		SpoolDir:      cfg.DataDir,
		EncodeTimeout: cfg.MediaEncodeTimeout.Std(), EncodeCPUSeconds: int(cfg.MediaEncodeCPU.Std().Seconds()),
		EncodeDuration: cfg.MediaEncodeDuration.Std(), EncodeBytes: int64(cfg.MediaEncodeSize),
	}
}

// archiveLimits are the settings that bound what comes of an archive.
func archiveLimits(cfg config.Config) archive.Limits {
	return archive.Limits{Members: int(cfg.MediaUnpackMembers), Bytes: int64(cfg.MediaUnpackSize), Ratio: int64(cfg.MediaUnpackRatio)}
}

// newTools makes them. Nothing runs until it is used; the caller closes runner.
func newTools(cfg config.Config, log *slog.Logger) (*tools, error) {
	roots, err := jobs.ParseRoots(cfg.UploadRoots)
	if err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "app.newTools", Msg: "upload-roots: " + err.Error()}
	}
	t := &tools{runner: media.New(mediaOptions(cfg)), fetching: newFetching(cfg), roots: roots, log: log}
	t.pictures = pictures{t.runner, log}
	if cfg.MailURL != "" {
		if t.mailer, err = notify.NewSMTP(cfg.MailURL, cfg.MailFrom, nil); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// equip tells the engine what there is.
func (t *tools) equip(cfg config.Config, c *engine.Config) {
	c.Pictures = t.pictures
	c.Optimize, c.PictureDelay = cfg.MediaOptimize, 200*time.Millisecond
	c.Metadata = true
	c.ServerName = serverName(cfg)
	c.Callbacks = cfg.Callbacks
	c.Letters = t.mailer != nil
	c.Keywords = ipsapi.AddKeywords
	if cfg.Fetch {
		c.CheckURL = t.fetching.files.ValidateURL
	}
	if !t.roots.Empty() {
		c.CheckDirectory = t.roots.Check
	}
}

// steps are the handlers of the steps of jobs.
func (t *tools) steps(cfg config.Config, e *engine.Engine) map[ingest.TaskKind]jobs.Handler {
	handlers := map[ingest.TaskKind]jobs.Handler{
		ingest.TaskPublish: jobs.Publish(e),
		ingest.TaskReplan:  jobs.Replan(e),
		ingest.TaskSets:    jobs.Sets(e),
		ingest.TaskExport:  jobs.Export(e, t.pictures),
	}
	if cfg.Fetch {
		handlers[ingest.TaskFetch] = jobs.Fetch(e, t.fetching)
	}
	if cfg.Callbacks {
		handlers[ingest.TaskCallback] = jobs.Callback(t.fetching.call, t.reportCallback)
	}
	if !t.roots.Empty() {
		handlers[ingest.TaskDirectory] = jobs.Directory(e, t.roots)
		handlers[ingest.TaskFile] = jobs.TakeFile(e, t.roots)
	}
	return handlers
}

// pushes are the handlers of what tells others of things that have happened.
func (t *tools) pushes(e *engine.Engine) map[ingest.TaskKind]jobs.Handler {
	handlers := map[ingest.TaskKind]jobs.Handler{ingest.TaskPush: jobs.Push(e, t.fetching.push, time.Now)}
	if t.mailer != nil {
		handlers[ingest.TaskLetter] = jobs.Letter(e, t.mailer.Send)
	}
	return handlers
}

// reportCallback logs how a callback went. What follows the host may be a secret.
func (t *tools) reportCallback(address string, err error) {
	host := "unreadable"
	if u, err := url.Parse(address); err == nil {
		host = u.Host
	}
	if err != nil {
		t.log.Warn("the callback of a job failed", "host", host, "error", ingest.Message(err))
		return
	}
	t.log.Info("the callback of a job was made", "host", host)
}

// serverName is what clients are told as the name of this server: the host of its
// public address, else the name of the machine.
func serverName(cfg config.Config) string {
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	name, err := os.Hostname()
	if err != nil {
		return "" // the engine has a name of its own
	}
	return name
}
