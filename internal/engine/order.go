package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Limits of an order.
const (
	MaxSources     = 10_000   // files that one job fetches
	MaxOrderAssets = 10_000   // assets that one job works on
	MaxSetAssets   = 1000     // assets that one job makes sets of (Scene7 contract section 11)
	MaxURLBytes    = 8192     // an address
	MaxModifier    = 64 << 10 // bytes of rendering commands
	mostSchedules  = 1000     // of one company

	// MaxScheduleBytes is the most that a scheduled order may take, as JSON.
	MaxScheduleBytes = 256 << 10
)

// Submission is an order with when it is to be carried out: at once, when neither
// At nor Cron is given.
type Submission struct {
	Order ingest.Order
	User  ingest.Number // who is to own the job; 0 = the caller
	At    time.Time     // once, then; a time that has passed is now
	Cron  string        // again and again, as Cron reads it
}

// Submit begins a job that the server carries out by itself, or keeps it for later.
// It returns the name by which it is to be found: that of the job or the schedule.
//
// Errors: those of authorisation; Forbidden with CodeTargetUser and NotFound with
// CodeUnknownUser for User; Invalid and NotFound for what the order says;
// Conflict when the operator has not allowed the kind of work, or when there are
// too many schedules.
func (e *Engine) Submit(ctx context.Context, p ingest.Principal, company ingest.Number, s Submission) (name string, err error) {
	if err := e.checkOrder(&s.Order); err != nil {
		return "", err
	}
	var plan Cron
	if s.Cron != "" {
		if plan, err = ParseCron(s.Cron); err != nil {
			return "", err
		}
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, orderRight(s.Order.Kind))
		if err != nil {
			return err
		}
		owner, err := e.jobOwner(tx, p, c, s.User)
		if err != nil {
			return err
		}
		now := e.now()
		if s.Cron == "" && !s.At.After(now) {
			j, err := e.beginOrder(tx, owner, company, &s.Order)
			if err == nil {
				name = j.OriginalName
			}
			return err
		}
		if err := e.checkWork(tx, owner, c, &s.Order); err != nil {
			return err
		}
		next := s.At
		if s.Cron != "" {
			if next = plan.Next(now); next.IsZero() {
				return &ingest.Error{Kind: ingest.Invalid, Op: "engine.Submit", Msg: fmt.Sprintf("the schedule %s never comes to pass", quote(s.Cron))}
			}
		}
		name, err = e.createSchedule(tx, owner, company, ingest.Schedule{Order: s.Order, Cron: s.Cron, Next: next})
		return err
	})
	if err != nil {
		return "", err
	}
	e.schedules.forget()
	e.wakeStepWorkers()
	e.wakeWorkers()
	return name, nil
}

// jobOwner returns whom a job is to belong to. Another user may be named by
// administrators of a company that both belong to.
func (e *Engine) jobOwner(tx ingest.Tx, p ingest.Principal, c *ingest.Company, user ingest.Number) (ingest.Principal, error) {
	const op = "engine.jobOwner"
	if user == 0 || user == p.User {
		return p, nil
	}
	if !may(p, c.Number, rightManage) {
		return p, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeTargetUser, Msg: "only administrators may submit jobs of other users"}
	}
	u, err := tx.User(user)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeUnknownUser, Msg: fmt.Sprintf("no user has the number %d", user)}
		}
		return p, err
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return p, err
	}
	owner := u.Principal(memberships)
	if owner.RoleIn(c.Number) == "" || owner.Admin && !p.Admin {
		return p, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("the user %d does not belong to the company", user)}
	}
	return owner, nil
}

// MostAssets is how many assets a job of a kind may name.
func MostAssets(kind ingest.JobKind) int {
	if kind == ingest.JobAutoSets {
		return MaxSetAssets
	}
	return MaxOrderAssets
}

// checkOrder refuses what no state of the library could make good.
func (e *Engine) checkOrder(o *ingest.Order) error {
	const op = "engine.Submit"
	invalid := func(format string, args ...any) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf(format, args...)}
	}
	off := func(what string) error {
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Msg: what + " is switched off on this server"}
	}
	spec := JobSpec{Name: o.Name, Description: o.Description}
	if err := spec.validate(); err != nil {
		return err
	}
	if most := MostAssets(o.Kind); len(o.Assets) > most {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the job names %d assets, the limit is %d", len(o.Assets), most)}
	}
	switch o.Kind {
	case ingest.JobURLUpload:
		if e.checkURL == nil {
			return off("Fetching files from other servers")
		}
		if len(o.Sources) == 0 || len(o.Sources) > MaxSources {
			return invalid("the job has %d URLs, the least is 1, the limit is %d", len(o.Sources), MaxSources)
		}
		for i, s := range o.Sources {
			if len(s.URL) > MaxURLBytes {
				return tooLong(op, "URL", len(s.URL), MaxURLBytes)
			}
			if err := e.checkURL(s.URL); err != nil {
				return invalid("URL %d: %s", i+1, ingest.Message(err))
			}
		}
	case ingest.JobDirectoryUpload:
		if e.checkDirectory == nil {
			return off("Taking files from directories of the server")
		}
		return e.checkDirectory(o.Directory.Path)
	case ingest.JobExport:
		if len(o.Assets) == 0 {
			return invalid("the export names no assets")
		}
		if len(o.Export.Modifier) > MaxModifier {
			return tooLong(op, "modifier", len(o.Export.Modifier), MaxModifier)
		}
	case ingest.JobReprocess, ingest.JobRipPDF:
		if len(o.Assets) == 0 {
			return invalid("the job names no assets")
		}
	}
	return nil
}

// checkWork refuses an order that names what is not there or not the owner's to
// work on.
func (e *Engine) checkWork(tx ingest.Tx, owner ingest.Principal, c *ingest.Company, o *ingest.Order) error {
	for _, s := range o.Sources {
		if strings.HasSuffix(s.Path, "/") || s.Path == "" {
			if _, err := FolderPath(c.Name, s.Path); err != nil {
				return err
			}
		} else if _, err := PlaceOf(c.Name, "", s.Path); err != nil {
			return err
		}
	}
	if o.Directory != nil {
		if _, err := FolderPath(c.Name, o.Directory.Folder); err != nil {
			return err
		}
	}
	if len(o.Assets) == 0 {
		return nil
	}
	sight, err := sightOf(tx, owner, c.Number)
	if err != nil {
		return err
	}
	permissions := []ingest.Permission{ingest.PermitRead}
	if o.Kind != ingest.JobExport {
		permissions = append(permissions, ingest.PermitWrite)
	}
	for _, number := range o.Assets {
		a, err := sight.assetOf(number, permissions...)
		if err != nil {
			return err
		}
		if o.Kind == ingest.JobRipPDF && a.Type != ingest.TypePDF {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.Submit", Msg: fmt.Sprintf("the asset %s is no PDF", quote(a.Name))}
		}
	}
	return nil
}

// beginOrder opens the job of an order and queues its work. The owner must have the
// right to it.
func (e *Engine) beginOrder(tx ingest.Tx, owner ingest.Principal, company ingest.Number, o *ingest.Order) (*ingest.Job, error) {
	c, err := e.authorize(tx, owner, company, orderRight(o.Kind))
	if err != nil {
		return nil, err
	}
	if err := tx.LockCompany(company); err != nil {
		return nil, err
	}
	if err := e.checkWork(tx, owner, c, o); err != nil {
		return nil, err
	}
	j, err := e.openJob(tx, owner, c, orderSpec(o))
	if err != nil {
		return nil, err
	}
	delta := ingest.JobDelta{LastPost: e.now()}
	if err := e.queueWork(tx, j, o, &delta); err != nil {
		return nil, err
	}
	changed, err := tx.ChangeJob(j.Number, delta)
	if err != nil {
		return nil, err
	}
	return j, e.settle(tx, changed)
}

// orderSpec is the job of an order.
func orderSpec(o *ingest.Order) *JobSpec {
	spec := &JobSpec{
		Door: o.Door, Name: o.Name, Description: o.Description, Locale: o.Locale, Client: o.Client, Address: o.Address,
		Processing: o.Processing, Echo: o.Echo, Warnings: o.Warnings, kind: o.Kind,
	}
	for _, p := range o.Profiles {
		spec.Profiles = append(spec.Profiles, ProfileRef(p))
	}
	return spec
}

// queueWork queues the first steps of a job.
func (e *Engine) queueWork(tx ingest.Tx, j *ingest.Job, o *ingest.Order, delta *ingest.JobDelta) error {
	queue := func(kind ingest.TaskKind, params any) error {
		delta.Pending++
		return e.queueStep(tx, j, kind, params)
	}
	switch o.Kind {
	case ingest.JobURLUpload:
		for _, s := range o.Sources {
			if err := queue(ingest.TaskFetch, fileStep{URL: s.URL, Path: s.Path}); err != nil {
				return err
			}
		}
	case ingest.JobDirectoryUpload:
		return queue(ingest.TaskDirectory, directoryStep{SourceDirectory: *o.Directory})
	case ingest.JobReprocess, ingest.JobRipPDF:
		for rest := o.Assets; len(rest) > 0; rest = rest[min(len(rest), stepAssets):] {
			if err := queue(ingest.TaskReplan, replanStep{Assets: rest[:min(len(rest), stepAssets)]}); err != nil {
				return err
			}
		}
	case ingest.JobOptimize:
		return queue(ingest.TaskReplan, replanStep{})
	case ingest.JobImagePublish, ingest.JobRenderPublish, ingest.JobVideoPublish, ingest.JobDirPublish:
		return queue(ingest.TaskPublish, publishStep{Context: o.Context, Full: o.Full})
	case ingest.JobExport:
		return e.queueExport(tx, j, o, queue)
	case ingest.JobAutoSets:
		return queue(ingest.TaskSets, setsStep{Assets: append([]ingest.Number{}, o.Assets...), Folder: o.Folder})
	default:
		delta.Counts.Warning++
		return tx.AppendLog(ingest.LogRow{Job: j.Number, Time: e.now(), Type: wordsOf(o.Kind).warning, AssetType: "NoType", Message: notDone(o.Kind)})
	}
	return nil
}

// notDone says what a job that only gets recorded does not do.
func notDone(kind ingest.JobKind) string {
	switch kind {
	case ingest.JobVideoSitemap:
		return "No sitemap was written: this server has no public pages of videos that one could list."
	case ingest.JobMetadataPublish:
		return "Nothing was sent: the metadata is published by this server itself, there is no other one to send it to."
	}
	return "This kind of job is recorded and does nothing on this server."
}
