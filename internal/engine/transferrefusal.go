package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// mostRefusals bounds the rows that refusals without a login leave in the logs of one
// company within an hour.
const mostRefusals = 100

// refusals remembers which refusals of this hour stand in a log already: what is sent
// again and again, by a client that tries on or by an attacker, stands there once an
// hour. Its zero value remembers nothing.
type refusals struct {
	mu   sync.Mutex
	hour int64
	seen map[refusal]bool
	rows map[ingest.Number]int // by company
}

// refusal is what makes two refusals the same.
type refusal struct {
	company ingest.Number
	subject string // who or what was refused
	kind    ingest.Kind
	code    ingest.Code
}

// first reports whether a refusal is to be logged.
func (r *refusals) first(x refusal, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if hour := now.Unix() / 3600; hour != r.hour || r.seen == nil {
		r.hour, r.seen, r.rows = hour, map[refusal]bool{}, map[ingest.Number]int{}
	}
	if r.seen[x] || r.rows[x.company] >= mostRefusals {
		return false
	}
	r.seen[x] = true
	r.rows[x.company]++
	return true
}

// refusedAllocation is what allocations are called in the log that were refused.
const refusedAllocation = "allocation"

// LogRefusedAllocation leaves a job that says why nothing was allocated: once an hour
// for each network and reason, and for the first 100 refusals of a company. Failures of
// the machine, and callers who do not know the company's allocator, leave none.
// AllocateTransfer does it itself.
func (e *Engine) LogRefusedAllocation(ctx context.Context, s TransferSpec, why error) {
	if !answersTransfer(why) {
		return
	}
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		_, err := e.admitTransfer(tx, s)
		return err
	})
	if err == nil {
		e.logRefusedTransfer(ctx, refusal{company: s.Company, subject: netSubject(s.Address)}, refusedAllocation, s.Address, why)
	}
}

func (e *Engine) logRefusedTransfer(ctx context.Context, x refusal, name, address string, why error) {
	x.kind, x.code = ingest.KindOf(why), ingest.CodeOf(why)
	if !answersTransfer(why) || !e.refusals.first(x, e.now()) {
		return
	}
	err := e.store.Update(context.WithoutCancel(ctx), func(tx ingest.Tx) error {
		c, err := tx.Company(x.company)
		if err != nil {
			return err
		}
		job, err := e.openJob(tx, nobody(c), c, transferJob(name, address, e.newUUID()))
		if err != nil {
			return err
		}
		delta := ingest.JobDelta{LastPost: e.now(), Close: true, Counts: ingest.JobCounts{Total: 1}}
		reason := &ingest.Error{Kind: x.kind, Op: "engine.transfer", Code: x.code, Msg: name + ": " + ingest.Message(why) + "."}
		if _, err := e.refuse(tx, job, &delta, ingest.LogUploadError, name, reason); err != nil {
			return err
		}
		changed, err := e.addToJob(tx, job, nil, delta)
		if err != nil {
			return err
		}
		return e.settle(tx, changed)
	})
	if err != nil {
		e.log.ErrorContext(ctx, "a refused transfer could not be logged", "company", x.company, "error", err)
	}
}

// answersTransfer reports whether a failure is an answer to a client of the
// store-and-forward service that a company knows of.
func answersTransfer(err error) bool {
	switch ingest.KindOf(err) {
	case ingest.Invalid, ingest.TooLarge, ingest.Forbidden, ingest.Mismatch, ingest.Conflict, ingest.Gone, ingest.Throttled:
		_, ours := errors.AsType[*ingest.Error](err)
		return ours
	}
	return false
}

// transferJob is the job of an object, or of a refusal.
func transferJob(name, address string, id ingest.UUID) *JobSpec {
	return &JobSpec{Door: ingest.DoorSoftphone, Name: name, Address: address, unique: name + "_" + string(id[24:])}
}
