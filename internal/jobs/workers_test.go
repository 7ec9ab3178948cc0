package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeQueue is a queue in memory with the rules of the engine's.
type fakeQueue struct {
	mu       sync.Mutex
	tasks    []*ingest.Task
	wake     chan struct{}
	claims   int
	log      []string // "done 1", "failed 2: why", "released 3"
	claimErr error
	doneErr  error
	unwanted map[ingest.Number]context.Context // end with the wish for a task
}

func newQueue(kinds ...ingest.TaskKind) *fakeQueue {
	q := &fakeQueue{wake: make(chan struct{}, 1)}
	for i, kind := range kinds {
		q.tasks = append(q.tasks, &ingest.Task{Number: ingest.Number(i + 1), Kind: kind, State: ingest.TaskQueued, RunAt: time.Now()})
	}
	return q
}

func (q *fakeQueue) ClaimTasks(_ context.Context, limit int) ([]*ingest.Task, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claims++
	if q.claimErr != nil {
		return nil, q.claimErr
	}
	var claimed []*ingest.Task
	now := time.Now()
	for _, t := range q.tasks {
		queued := t.State == ingest.TaskQueued && !t.RunAt.After(now)
		lapsed := t.State == ingest.TaskRunning && !t.Lease.After(now)
		if len(claimed) < limit && (queued || lapsed) {
			t.State, t.Lease = ingest.TaskRunning, now.Add(5*time.Minute)
			t.Attempts++
			c := *t
			claimed = append(claimed, &c)
		}
	}
	return claimed, nil
}

func (q *fakeQueue) NextTask(context.Context) (at time.Time, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tasks {
		due := t.RunAt
		switch t.State {
		case ingest.TaskRunning:
			due = t.Lease
		case ingest.TaskQueued:
		default:
			continue
		}
		if !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok, q.claimErr
}

func (q *fakeQueue) RenewTask(_ context.Context, t *ingest.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	stored := q.tasks[t.Number-1]
	if stored.State == ingest.TaskRunning && stored.Attempts == t.Attempts {
		stored.Lease = time.Now().Add(5 * time.Minute)
	}
	return q.claimErr
}

func (q *fakeQueue) end(t *ingest.Task, state ingest.TaskState, runAt time.Time, line string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	stored := q.tasks[t.Number-1]
	stored.State, stored.RunAt = state, runAt
	q.log = append(q.log, line)
}

func (q *fakeQueue) CompleteTask(ctx context.Context, t *ingest.Task, r engine.TaskResult) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if q.doneErr != nil {
		return q.doneErr
	}
	q.end(t, ingest.TaskDone, t.RunAt, fmt.Sprintf("done %d%s", t.Number, r.Warning))
	return nil
}

// FailTask lets a task run again after its number of attempts in seconds, three
// times at most.
func (q *fakeQueue) FailTask(ctx context.Context, t *ingest.Task, f engine.Failure) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	state := ingest.TaskQueued
	if f.Final || t.Attempts == 3 {
		state = ingest.TaskFailed
	}
	q.end(t, state, time.Now().Add(time.Duration(t.Attempts)*time.Second), fmt.Sprintf("failed %d: %s", t.Number, f.Reason))
	return nil
}

func (q *fakeQueue) ReleaseTask(ctx context.Context, t *ingest.Task) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	state := ingest.TaskQueued
	if unwanted := q.unwanted[t.Number]; unwanted != nil && unwanted.Err() != nil {
		state = ingest.TaskCancelled
	}
	q.end(t, state, time.Now(), fmt.Sprintf("released %d", t.Number))
	return nil
}

// Watch ends a run when its task is in unwanted.
func (q *fakeQueue) Report(_ context.Context, t *ingest.Task, done float64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.log = append(q.log, fmt.Sprintf("at %v of %d", done, t.Number))
}

func (q *fakeQueue) Watch(ctx context.Context, t *ingest.Task) (context.Context, func()) {
	run, cancel := context.WithCancel(ctx)
	if unwanted := q.unwanted[t.Number]; unwanted != nil {
		context.AfterFunc(unwanted, cancel)
	}
	return run, cancel
}

func (q *fakeQueue) Wake() <-chan struct{} { return q.wake }

func (q *fakeQueue) entries() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.log)
}

func (q *fakeQueue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claimErr = err
}

func (q *fakeQueue) add(kind ingest.TaskKind) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, &ingest.Task{Number: ingest.Number(len(q.tasks) + 1), Kind: kind, State: ingest.TaskQueued, RunAt: time.Now()})
}

// run starts workers in a bubble and returns the function that stops them and
// waits.
func run(q *fakeQueue, size int, handlers map[ingest.TaskKind]Handler, ended ...func(ingest.TaskKind, string)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Workers{Queue: q, Handlers: handlers, Size: size, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	for _, f := range ended {
		w.Ended = f
	}
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	return func() { cancel(); wg.Wait() }
}

func well(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
	return engine.TaskResult{}, nil
}

func TestWorkersRunWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a", "b", "a", "c")
		var outcomes []string
		stop := run(q, 1, map[ingest.TaskKind]Handler{
			"a": well,
			"b": func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
				return engine.TaskResult{}, &engine.Failure{Reason: "no", Final: true}
			},
		}, func(kind ingest.TaskKind, outcome string) { outcomes = append(outcomes, string(kind)+" "+outcome) })
		synctest.Wait()
		stop()
		want := []string{"done 1", "failed 2: no", "done 3", "failed 4: this server cannot run c"}
		if diff := cmp.Diff(want, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"a done", "b failed", "a done", "c failed"}, outcomes); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

// Never more than Size at a time, and all hands busy while there is work.
func TestWorkersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(slices.Repeat([]ingest.TaskKind{"a"}, 10)...)
		var mu sync.Mutex
		now, most := 0, 0
		stop := run(q, 3, map[ingest.TaskKind]Handler{"a": func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return engine.TaskResult{}, nil
		}})
		defer stop()
		time.Sleep(3500 * time.Millisecond)
		mu.Lock()
		got := most
		mu.Unlock()
		if got != 3 || len(q.entries()) != 9 {
			t.Errorf("at most %d at once, %d done after 3.5 seconds", got, len(q.entries()))
		}
		time.Sleep(time.Second)
		if len(q.entries()) != 10 {
			t.Errorf("%d done", len(q.entries()))
		}
	})
}

func TestWorkersWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		stop := run(q, 2, map[ingest.TaskKind]Handler{"a": well})
		defer stop()
		synctest.Wait()
		q.add("a")
		q.wake <- struct{}{}
		synctest.Wait()
		if got := q.entries(); len(got) != 1 {
			t.Errorf("%v at once after the wake-up", got)
		}
		q.add("a") // by another process: nobody wakes these workers
		time.Sleep(idleWait)
		synctest.Wait()
		if got := q.entries(); len(got) != 2 {
			t.Errorf("%v after the idle wait", got)
		}
	})
}

// A task that failed runs again when its time has come, not before and not
// long after.
func TestWorkersRetryInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var runs []time.Duration
		q := newQueue("a")
		stop := run(q, 1, map[ingest.TaskKind]Handler{"a": func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
			runs = append(runs, time.Since(start))
			return engine.TaskResult{}, &engine.Failure{Reason: "later"}
		}})
		time.Sleep(time.Minute)
		stop()
		if diff := cmp.Diff([]time.Duration{0, time.Second, 3 * time.Second}, runs); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// A worker that died holds its task until the lease passes; then another runs
// it although nothing else is queued.
func TestWorkersTakeOverLapsedLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		q.tasks[0].State, q.tasks[0].Lease = ingest.TaskRunning, time.Now().Add(4*time.Minute)
		stop := run(q, 1, map[ingest.TaskKind]Handler{"a": well})
		defer stop()
		time.Sleep(4*time.Minute - time.Second)
		if got := q.entries(); got != nil {
			t.Fatalf("%v before the lease has passed", got)
		}
		time.Sleep(idleWait + time.Second)
		if diff := cmp.Diff([]string{"done 1"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A run that takes longer than a lease keeps its task, also when the queue
// cannot be reached for a while.
func TestLongRunsKeepTheirTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("slow")
		stop := run(q, 3, map[ingest.TaskKind]Handler{"slow": func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
			time.Sleep(time.Hour)
			return engine.TaskResult{}, nil
		}})
		defer stop()
		time.Sleep(20 * time.Minute)
		q.fail(errors.New("down"))
		time.Sleep(3 * time.Minute)
		q.fail(nil)
		time.Sleep(40 * time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"done 1"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if q.tasks[0].Attempts != 1 {
			t.Errorf("%d runs", q.tasks[0].Attempts)
		}
	})
}

// An idle queue is looked at and not written to.
func TestIdleWorkersDoNotClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		stop := run(q, 4, nil)
		for range 100 {
			select {
			case q.wake <- struct{}{}:
			default:
			}
			time.Sleep(100 * time.Millisecond)
		}
		stop()
		if q.claims != 0 {
			t.Errorf("%d claims in ten seconds", q.claims)
		}
	})
}

func TestWorkersGoOnAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("bad", "good")
		stop := run(q, 1, map[ingest.TaskKind]Handler{
			"good": well,
			"bad":  func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) { panic("nil map") },
		})
		synctest.Wait()
		stop()
		if diff := cmp.Diff([]string{"failed 1: an internal error", "done 2"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWorkersSurviveAQueueThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		q.fail(errors.New("down"))
		stop := run(q, 1, map[ingest.TaskKind]Handler{"a": well})
		defer stop()
		time.Sleep(10 * time.Second)
		if got := q.entries(); got != nil {
			t.Fatalf("ran %v", got)
		}
		q.fail(nil)
		time.Sleep(errorWait)
		synctest.Wait()
		if diff := cmp.Diff([]string{"done 1"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A result that cannot be stored is a failed run.
func TestAResultThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		q.doneErr = errors.New("disk full")
		stop := run(q, 1, map[ingest.TaskKind]Handler{"a": well})
		synctest.Wait()
		stop()
		if diff := cmp.Diff([]string{"failed 1: the result could not be stored"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Runs under way are given back when the workers stop; what is done all the
// same is stored; Run returns after both.
func TestWorkersStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("gives up", "finishes")
		stop := run(q, 2, map[ingest.TaskKind]Handler{
			"gives up": func(ctx context.Context, _ *ingest.Task) (engine.TaskResult, *engine.Failure) {
				<-ctx.Done()
				return engine.TaskResult{}, &engine.Failure{Reason: "stopped"}
			},
			"finishes": func(ctx context.Context, _ *ingest.Task) (engine.TaskResult, *engine.Failure) {
				<-ctx.Done()
				time.Sleep(time.Second)
				return engine.TaskResult{}, nil
			},
		})
		synctest.Wait()
		stop()
		if diff := cmp.Diff([]string{"released 1", "done 2"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if q.tasks[0].State != ingest.TaskQueued {
			t.Errorf("the first is %s", q.tasks[0].State)
		}
	})
}

// A run whose task nobody wants any more ends at once and is given back, while others
// go on; one that comes to its end all the same has its result stored.
func TestUnwantedRunIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped, stopJob := context.WithCancel(context.Background())
		defer stopJob()
		q := newQueue("hangs", "stays", "finishes")
		q.unwanted = map[ingest.Number]context.Context{1: stopped, 3: stopped}
		began := time.Now()
		var ended time.Duration
		hang := func(ctx context.Context, _ *ingest.Task) (engine.TaskResult, *engine.Failure) {
			<-ctx.Done()
			ended = time.Since(began)
			return engine.TaskResult{}, &engine.Failure{Reason: "the work was cancelled"}
		}
		wait := func(context.Context, *ingest.Task) (engine.TaskResult, *engine.Failure) {
			time.Sleep(time.Minute)
			return engine.TaskResult{}, nil
		}
		stop := run(q, 3, map[ingest.TaskKind]Handler{"hangs": hang, "stays": wait, "finishes": wait})
		time.Sleep(10 * time.Second)
		stopJob()
		time.Sleep(2 * time.Minute)
		stop()
		if diff := cmp.Diff([]string{"done 2", "done 3", "released 1"}, slices.Sorted(slices.Values(q.entries()))); diff != "" || ended != 10*time.Second {
			t.Errorf("ended after %v (-want +got):\n%s", ended, diff)
		}
	})
}
