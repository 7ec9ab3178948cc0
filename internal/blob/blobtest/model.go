package blobtest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sluice/internal/ingest"
)

// modelStage is what a stage must look like.
type modelStage struct {
	id    ingest.StageID
	stage ingest.Stage
	data  []byte // what was written last at each place
	must  []byte // 1 for bytes that have to be reported
	may   []byte // 1 for bytes that may be reported, if they are what data says
}

// modelSpan is the size of the files in the model, in bytes: enough for large
// bodies to go every way that an implementation has.
const modelSpan = 896 << 10

// model writes, rewrites, crashes, seals and discards at random and compares with
// a few slices.
func (s suite) model(t *testing.T) {
	// Each check writes and syncs some 20 MiB. The flag's default of 100 would take
	// minutes on a real disk; whoever sets the flag gets what he asks for.
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("25")
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	b := s.open(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: t, suite: s, blobs: b, sealed: make(map[ingest.BlobKey][]byte)}
		m.clear()
		rt.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"create":  m.create,
			"write":   m.write,
			"write2":  m.write,
			"fill":    m.fill,
			"crash":   m.crash,
			"seal":    m.seal,
			"discard": m.discard,
			"delete":  m.delete,
		})
		b = m.blobs
	})
}

type model struct {
	t      *testing.T
	suite  suite
	blobs  ingest.Blobs
	stages []*modelStage
	sealed map[ingest.BlobKey][]byte
}

// clear removes what an earlier run has left.
func (m *model) clear() {
	for _, key := range blobs(m.t, m.blobs) {
		if err := m.blobs.Delete(context.Background(), key); err != nil {
			m.t.Fatalf("Delete: %v", err)
		}
	}
	for _, id := range stages(m.t, m.blobs) {
		st, err := m.blobs.Stage(context.Background(), id)
		if err == nil {
			err = st.Discard(context.Background())
		}
		if err != nil {
			m.t.Fatalf("Discard: %v", err)
		}
	}
}

func (m *model) pick(rt *rapid.T) *modelStage {
	if len(m.stages) == 0 {
		m.create(rt)
	}
	return m.stages[rapid.IntRange(0, len(m.stages)-1).Draw(rt, "stage")]
}

func (m *model) create(rt *rapid.T) {
	if len(m.stages) >= 3 {
		rt.Skip("enough stages")
	}
	size := rapid.SampledFrom([]int64{-1, 1, modelSpan}).Draw(rt, "size")
	ms := &modelStage{id: newID(), data: make([]byte, modelSpan), must: make([]byte, modelSpan), may: make([]byte, modelSpan)}
	ms.stage = newStage(m.t, m.blobs, ms.id, ingest.StageSpec{Size: size})
	m.stages = append(m.stages, ms)
}

var errRefused = errors.New("refused")

// write stores, or fails to store, a window.
func (m *model) write(rt *rapid.T) {
	ms := m.pick(rt)
	edges := rapid.SampledFrom([]int{0, 1, 4095, 4096, 8192, 262144, 300_000, 524_288, 700_000})
	offset := edges.Draw(rt, "offset")
	length := rapid.OneOf(rapid.IntRange(0, 9000), edges).Draw(rt, "length")
	length = min(length, modelSpan-offset)
	p := noise(rapid.Uint64().Draw(rt, "bytes"), length)
	body, spec := jerky(p), ingest.WriteSpec{}
	var want error
	kept := true
	switch rapid.SampledFrom([]string{"whole", "whole", "breaks", "breaks, kept", "refused"}).Draw(rt, "how") {
	case "breaks":
		body, want, kept = broken(p), errBroken, false
	case "breaks, kept":
		body, want = broken(p), errBroken
		spec.KeepPartial = true
	case "refused":
		spec.Accept = func(ingest.Window) error { return errRefused }
		want, kept = errRefused, false
	}
	w, err := ms.stage.Write(context.Background(), int64(offset), body, spec)
	if err != want {
		rt.Fatalf("Write gave %v, want %v", err, want)
	}
	if kept && w != window(int64(offset), p) {
		rt.Fatalf("Write gave %+v, want %+v", w, window(int64(offset), p))
	}
	ms.wrote(offset, p, kept)
}

// wrote updates the model. Windows that were overwritten in part may lose the
// rest; a window that was not recorded may have destroyed what it covered.
func (ms *modelStage) wrote(offset int, p []byte, kept bool) {
	end := offset + len(p)
	if len(p) == 0 {
		return
	}
	if ms.may[offset] == 1 {
		clear(ms.must[bytes.LastIndexByte(ms.must[:offset], 0)+1 : offset])
	}
	if ms.may[end-1] == 1 {
		rest := ms.must[end:]
		if i := bytes.IndexByte(rest, 0); i >= 0 {
			rest = rest[:i]
		}
		clear(rest)
	}
	if !kept {
		clear(ms.must[offset:end])
		return
	}
	copy(ms.must[offset:end], ones)
	copy(ms.may[offset:end], ones)
	copy(ms.data[offset:], p)
}

var ones = bytes.Repeat([]byte{1}, modelSpan)

// fill closes the first gap.
func (m *model) fill(rt *rapid.T) {
	ms := m.pick(rt)
	from := bytes.IndexByte(ms.must, 0)
	if from < 0 {
		return
	}
	to := modelSpan
	if i := bytes.IndexByte(ms.must[from:], 1); i >= 0 {
		to = from + i
	}
	p := noise(uint64(from*31+to), to-from)
	write(m.t, ms.stage, int64(from), p)
	ms.wrote(from, p, true)
}

// crash goes on with a new store.
func (m *model) crash(rt *rapid.T) {
	m.blobs = m.suite.reopen(m.t, m.blobs)
	for _, ms := range m.stages {
		st, err := m.blobs.Stage(context.Background(), ms.id)
		if err != nil {
			rt.Fatalf("Stage after a crash: %v", err)
		}
		ms.stage = st
	}
}

// seal expects success exactly when 0 to size is covered.
func (m *model) seal(rt *rapid.T) {
	ms := m.pick(rt)
	size := modelSpan
	ws := windows(rt, ms.stage)
	if len(ws) == 1 && ws[0].Offset == 0 {
		size = int(ws[0].Length)
	} else {
		_, err := ms.stage.Seal(context.Background(), int64(size))
		isKind(rt, "Seal with gaps", err, ingest.Conflict)
		return
	}
	ref := seal(rt, ms.stage, ms.data[:size])
	m.sealed[ref.Key] = slices.Clone(ms.data[:size])
	if rapid.Bool().Draw(rt, "crash after sealing") {
		m.blobs = m.suite.reopen(m.t, m.blobs)
		m.crashOthers(rt, ms)
		st, err := m.blobs.Stage(context.Background(), ms.id)
		if err != nil {
			rt.Fatalf("Stage of a sealed upload: %v", err)
		}
		if again := seal(rt, st, ms.data[:size]); again.Key != ref.Key {
			rt.Fatalf("sealed as %s, then as %s", ref.Key, again.Key)
		}
	}
	m.stages = slices.DeleteFunc(m.stages, func(o *modelStage) bool { return o == ms })
}

func (m *model) crashOthers(rt *rapid.T, sealed *modelStage) {
	for _, ms := range m.stages {
		if ms == sealed {
			continue
		}
		st, err := m.blobs.Stage(context.Background(), ms.id)
		if err != nil {
			rt.Fatalf("Stage after a crash: %v", err)
		}
		ms.stage = st
	}
}

func (m *model) discard(rt *rapid.T) {
	if len(m.stages) == 0 {
		rt.Skip("no stage")
	}
	m.drop(rapid.IntRange(0, len(m.stages)-1).Draw(rt, "stage"))
}

func (m *model) drop(i int) {
	if err := m.stages[i].stage.Discard(context.Background()); err != nil {
		m.t.Fatalf("Discard: %v", err)
	}
	m.stages = slices.Delete(m.stages, i, i+1)
}

func (m *model) delete(rt *rapid.T) {
	for key := range m.sealed {
		if err := m.blobs.Delete(context.Background(), key); err != nil {
			rt.Fatalf("Delete: %v", err)
		}
		delete(m.sealed, key)
		return
	}
	rt.Skip("no blob")
}

// check compares everything that can be seen.
func (m *model) check(rt *rapid.T) {
	if got, want := blobs(rt, m.blobs), keysOf(m.sealed); !slices.Equal(got, want) {
		rt.Fatalf("blobs %v, want %v", got, want)
	}
	for key, data := range m.sealed {
		holds(rt, m.blobs, key, data)
	}
	for _, ms := range m.stages {
		ms.check(rt)
	}
}

func (ms *modelStage) check(rt *rapid.T) {
	last := int64(-1) // end of the window before; nothing is recorded up to the next one
	for _, w := range windows(rt, ms.stage) {
		if w.Offset <= last || w.Length <= 0 || w.End() > modelSpan {
			rt.Fatalf("window %+v overlaps or touches another, or lies outside", w)
		}
		ms.missing(rt, max(0, last), w.Offset)
		last = w.End()
		if i := bytes.IndexByte(ms.may[w.Offset:w.End()], 0); i >= 0 {
			rt.Fatalf("byte %d is reported and was never recorded", w.Offset+int64(i))
		}
		copy(ms.must[w.Offset:w.End()], ones) // what is seen once has to stay
		want := ms.data[w.Offset:w.End()]
		if w.CRC32C != crc(want) {
			rt.Fatalf("window %+v does not have the checksum of its bytes, %08x", w, crc(want))
		}
		got := make([]byte, w.Length)
		if n, err := ms.stage.ReadAt(got, w.Offset); n < len(got) {
			rt.Fatalf("ReadAt of window %+v gave %d, %v", w, n, err)
		}
		same(rt, "window", got, want)
	}
	ms.missing(rt, max(0, last), modelSpan)
}

// missing checks that bytes which are not reported need not be.
func (ms *modelStage) missing(rt *rapid.T, from, to int64) {
	if i := bytes.IndexByte(ms.must[from:to], 1); i >= 0 {
		rt.Fatalf("byte %d was recorded and is not reported", from+int64(i))
	}
	clear(ms.may[from:to])
}
