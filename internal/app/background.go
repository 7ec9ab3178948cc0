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
	"sluice/internal/telemetry"
)

// background is the work that goes on beside requests: tasks, closing idle
// jobs, the sweep.
type background struct {
	stop context.CancelFunc
	done sync.WaitGroup
}

// startBackground starts it; it goes on until end, whatever happens to ctx, so
// that requests which are still open can have their files processed.
func startBackground(ctx context.Context, cfg config.Config, e *engine.Engine, t *tools, metrics *telemetry.Metrics, log *slog.Logger) *background {
	b := &background{}
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	ended := func(kind ingest.TaskKind, outcome string) { metrics.Task(kind, ingest.TaskState(outcome)) }
	workers := &jobs.Workers{
		Queue: e, Size: cfg.MediaWorkers + 1, Now: time.Now, Log: log,
		Handlers: map[ingest.TaskKind]jobs.Handler{
			ingest.TaskInspect:   jobs.Inspect(e, inspector{t.runner, log}),
			ingest.TaskThumbnail: jobs.Thumbnail(e, inspector{t.runner, log}),
			ingest.TaskDigest:    jobs.Digest(e),
			ingest.TaskFootage:   jobs.Footage(e, inspector{t.runner, log}),
			ingest.TaskPicture:   jobs.Picture(e, pictureMaker{t.runner, log}),
			ingest.TaskPages:     jobs.Pages(e, documents{t.runner, log}),
			ingest.TaskMetadata:  jobs.Metadata(e, metadataReader{t.runner, log}),
			ingest.TaskLayers:    jobs.Layers(e, layerCutter{t.runner, log}),
		},
		Ended: ended,
	}
	steps := &jobs.Workers{
		Queue: engine.JobSteps{Engine: e}, Size: stepWorkers, Now: time.Now, Log: log, Handlers: t.steps(cfg, e), Ended: ended,
	}
	b.done.Go(func() { workers.Run(ctx) })
	pushes := &jobs.Workers{
		Queue: engine.Pushes{Engine: e}, Size: stepWorkers, Now: time.Now, Log: log, Ended: ended,
		Handlers: t.pushes(e),
	}
	long := &jobs.Workers{
		Queue: engine.LongSteps{Engine: e}, Size: longWorkers, Now: time.Now, Log: log, Ended: ended,
		Handlers: map[ingest.TaskKind]jobs.Handler{
			ingest.TaskEncode: jobs.Encode(e, encoder{t.runner, log}),
			ingest.TaskUnpack: jobs.Unpack(e, archiveLimits(cfg)),
		},
	}
	b.done.Go(func() { long.Run(ctx) })
	b.done.Go(func() { steps.Run(ctx) })
	b.done.Go(func() { pushes.Run(ctx) })
	b.done.Go(func() { e.Upkeep(ctx) })
	return b
}

// end stops the work, gives unfinished tasks back to the queue and waits.
func (b *background) end() {
	b.stop()
	b.done.Wait()
}
