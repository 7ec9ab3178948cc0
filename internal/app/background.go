package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
	"sluice/internal/media"
	"sluice/internal/telemetry"
)

// background is the work that goes on beside requests: tasks, closing idle
// jobs, the sweep.
type background struct {
	stop   context.CancelFunc
	done   sync.WaitGroup
	runner *media.Runner
}

// startBackground starts it; it goes on until end, whatever happens to ctx, so
// that requests which are still open can have their files processed.
func startBackground(ctx context.Context, cfg config.Config, e *engine.Engine, metrics *telemetry.Metrics, log *slog.Logger) *background {
	b := &background{runner: media.New(mediaOptions(cfg))}
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	workers := &jobs.Workers{
		Queue: e, Size: cfg.MediaWorkers + 1, Now: time.Now, Log: log,
		Handlers: map[ingest.TaskKind]jobs.Handler{
			ingest.TaskInspect: jobs.Inspect(e, inspector{b.runner, log}),
			ingest.TaskDigest:  jobs.Digest(e),
		},
		Ended: func(kind ingest.TaskKind, outcome string) { metrics.Task(kind, ingest.TaskState(outcome)) },
	}
	b.done.Go(func() { workers.Run(ctx) })
	b.done.Go(func() { e.Upkeep(ctx) })
	return b
}

// end stops the work, gives unfinished tasks back to the queue and waits.
func (b *background) end() {
	b.stop()
	b.done.Wait()
	b.runner.Close()
}
