package engine

import (
	"slices"
	"strings"
	"sync"

	"sluice/internal/ingest"
)

// Bounds of logMarks.
const (
	mostCountedLogs = 4096
	mostLogMarks    = 16384
	markEvery       = MostPerPage // rows from one mark to the next
)

// logMarks remembers of job logs how many rows of each type they have and which
// rows stand at certain positions, so that a page of a long log costs the same
// wherever it is. Rows are only ever added behind the others, which keeps what is
// remembered true. Its zero value remembers nothing.
type logMarks struct {
	mu     sync.Mutex
	counts map[ingest.Number]countedLog
	marks  map[logMark]ingest.Number // last row before the position
}

// countedLog is the count of a log up to a row.
type countedLog struct {
	last   ingest.Number
	counts []ingest.LogCount
}

// logMark is a position among the rows of some types of a log.
type logMark struct {
	job      ingest.Number
	types    string
	position int64
}

// count counts the rows of a job's log by type; only rows that have been added since
// the last time are looked at. The result is in the order of the types.
func (m *logMarks) count(tx ingest.Tx, job ingest.Number) ([]ingest.LogCount, error) {
	m.mu.Lock()
	known := m.counts[job]
	m.mu.Unlock()
	added, last, err := tx.LogCounts(job, known.last)
	if err != nil {
		return nil, err
	}
	counts := slices.Clone(known.counts)
	for _, c := range added {
		at, found := slices.BinarySearchFunc(counts, c.Type, func(a ingest.LogCount, t ingest.LogType) int { return strings.Compare(string(a.Type), string(t)) })
		if found {
			counts[at].Count += c.Count
		} else {
			counts = slices.Insert(counts, at, c)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[ingest.Number]countedLog{}
	}
	if len(m.counts) >= mostCountedLogs {
		dropOne(m.counts)
	}
	m.counts[job] = countedLog{last: last, counts: counts}
	return counts, nil
}

// rows reads rows of some types of a log, in the order in which they were written,
// from a position on; types nil = all.
func (m *logMarks) rows(tx ingest.Tx, job ingest.Number, types []ingest.LogType, from, limit int64) ([]ingest.LogRow, error) {
	filter := ingest.LogFilter{Types: types}
	at, after := m.before(logMark{job: job, types: joinTypes(types), position: from - from%markEvery})
	var err error
	for at.position < from && err == nil {
		step := min(from-at.position, markEvery)
		if after, err = tx.LogSkip(job, filter, after, step); err == nil {
			at.position += step
			m.remember(at, after)
		}
	}
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			return nil, nil
		}
		return nil, err
	}
	return tx.Log(job, filter, ingest.Page{After: after, Limit: int(limit)})
}

// before returns the nearest mark at or before a position, which is a multiple of
// markEvery, and the row there; position 0 without one.
func (m *logMarks) before(at logMark) (logMark, ingest.Number) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; at.position > 0; at.position -= markEvery {
		if after, ok := m.marks[at]; ok {
			return at, after
		}
	}
	return at, 0
}

func (m *logMarks) remember(at logMark, after ingest.Number) {
	if at.position%markEvery != 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.marks == nil {
		m.marks = map[logMark]ingest.Number{}
	}
	if len(m.marks) >= mostLogMarks {
		dropOne(m.marks)
	}
	m.marks[at] = after
}

// dropOne makes room for another entry.
func dropOne[K comparable, V any](m map[K]V) {
	for k := range m {
		delete(m, k)
		return
	}
}

func joinTypes(types []ingest.LogType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ",")
}
