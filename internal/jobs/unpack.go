package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media/archive"
	"sluice/internal/media/fault"
)

// Archives gives what unpack tasks work on, and takes the members that come of it.
type Archives interface {
	UnpackWork(ctx context.Context, t *ingest.Task) (engine.UnpackWork, error)
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
	NewIntake() *engine.Intake
	StoreUnpacked(ctx context.Context, t *ingest.Task, u engine.Unpacked) error
}

// Members are stored so many at a time, each part in a transaction of its own.
const (
	partMembers = 64
	partBytes   = 256 << 20
)

// Unpack returns the handler that makes assets of the members of an archive. What is
// wrong with one member is a row of the log; what is wrong with the archive leaves it
// as it is, with a warning.
func Unpack(archives Archives, limits archive.Limits) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		w, err := archives.UnpackWork(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		r, err := archives.OpenBlob(ctx, w.Blob.Key)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		a, err := archive.Open(ctx, r, w.FileName, limits)
		if err != nil {
			return engine.TaskResult{}, notUnpacked(err)
		}
		u := &unpacker{archives: archives, task: t, taken: w.Taken, all: a.Members}
		defer u.close()
		err = a.Each(ctx, w.Next, func(i int, m archive.Member, src io.Reader) error { return u.member(ctx, i, m, src) })
		if err == nil {
			err = u.store(ctx)
		}
		if err != nil {
			return engine.TaskResult{}, notUnpacked(err)
		}
		if u.taken == 0 {
			return engine.TaskResult{}, notUnpacked(&fault.Error{Class: fault.Refused, Msg: "nothing in it can be taken"})
		}
		return engine.TaskResult{}, nil
	}
}

// notUnpacked says whether another run makes sense: an archive that cannot be read,
// or is beyond a limit, stays so. One that is in the trash would be unpacked for nobody.
func notUnpacked(err error) *engine.Failure {
	reason := ingest.Message(err)
	if ingest.KindOf(err) == ingest.Gone {
		return &engine.Failure{Reason: "it was not unpacked: " + reason, Final: true}
	}
	broken, ok := errors.AsType[*fault.Error](err)
	if !ok || broken.Class == fault.Source {
		return &engine.Failure{Reason: "it was not unpacked: " + reason}
	}
	return &engine.Failure{Reason: "it was not unpacked: " + broken.Msg, Final: true}
}

// unpacker collects members until a part of them is worth a transaction.
type unpacker struct {
	archives Archives
	task     *ingest.Task
	all      int
	taken    int

	part  engine.Unpacked
	bytes int64
}

// member receives one member.
func (u *unpacker) member(ctx context.Context, index int, m archive.Member, src io.Reader) error {
	if m.Refused == "" && systemFile(m.Path) {
		u.part.Refused = append(u.part.Refused, engine.RefusedMember{Path: m.Path, Reason: "it is a hidden file of an operating system", Quiet: true})
	} else if m.Refused != "" {
		u.part.Refused = append(u.part.Refused, engine.RefusedMember{Path: m.Path, Reason: m.Refused})
	} else if err := u.receive(ctx, index, m, src); err != nil {
		return err
	}
	u.part.Next = index + 1
	report(ctx, float64(index+1)/float64(max(u.all, index+1)))
	if len(u.part.Made)+len(u.part.Refused) >= partMembers || u.bytes >= partBytes {
		return u.store(ctx)
	}
	return nil
}

// receive spools a member. One whose bytes cannot be read is refused.
func (u *unpacker) receive(ctx context.Context, index int, m archive.Member, src io.Reader) error {
	if u.part.Intake == nil {
		u.part.Intake = u.archives.NewIntake()
	}
	part := func(done float64) float64 { return (float64(index) + done) / float64(max(u.all, index+1)) }
	spool, err := u.part.Intake.Receive(ctx, &measured{Reader: stoppable{ctx, src}, ctx: ctx, size: m.Size, tell: part}, m.Size)
	if broken, ok := errors.AsType[*fault.Error](err); ok && broken.Class == fault.Corrupt {
		u.part.Refused = append(u.part.Refused, engine.RefusedMember{Path: m.Path, Reason: broken.Msg})
		return nil
	}
	if err != nil {
		return err
	}
	folder, name := path.Split(m.Path)
	u.bytes += spool.Size()
	u.part.Made = append(u.part.Made, engine.Made{
		Key: fmt.Sprintf("member/%d", index), Spool: spool, Folder: folder, FileName: name, Kind: ingest.DerivedMember, Whole: true,
	})
	return nil
}

// store hands over the members that have been received.
func (u *unpacker) store(ctx context.Context) error {
	if len(u.part.Made)+len(u.part.Refused) == 0 {
		return nil
	}
	if err := u.archives.StoreUnpacked(ctx, u.task, u.part); err != nil {
		return err
	}
	u.taken += len(u.part.Made)
	u.close()
	return nil
}

// close lets go of the part that was collected.
func (u *unpacker) close() {
	if u.part.Intake != nil {
		u.part.Intake.Close()
	}
	u.part, u.bytes = engine.Unpacked{}, 0
}

// systemFile reports whether a file is one that an operating system puts beside those
// of a person when it packs them.
func systemFile(name string) bool {
	switch path.Base(name) {
	case ".DS_Store", "Thumbs.db":
		return true
	}
	return strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/")
}
