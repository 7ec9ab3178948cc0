package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// BenchmarkUpdate measures what one finished upload costs the database: an
// asset, its version, a job log row, an event and a change of the job, from 16
// goroutines of which each waits for its commit. It reports updates per second
// and the CPU time of the whole process per update.
func BenchmarkUpdate(b *testing.B) {
	const updaters = 16
	s, job, folder := benchStore(b)
	defer s.Close()
	var next atomic.Int64
	var wg sync.WaitGroup
	begin := cpuTime(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range updaters {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if err := s.Update(context.Background(), func(tx ingest.Tx) error { return benchUpload(tx, job, folder, i) }); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	b.ReportMetric(float64(cpuTime(b)-begin)/float64(b.N), "cpu-ns/op")
}

func benchStore(b *testing.B) (*Store, *ingest.Job, *ingest.Folder) {
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "sluice.db"), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	c := &ingest.Company{UUID: "c", Name: "Demo", Slug: "demo", Created: time.Now()}
	job := &ingest.Job{UUID: "j", Name: "job", State: ingest.JobRunning, Created: time.Now()}
	folder := &ingest.Folder{UUID: "f"}
	err = s.Update(context.Background(), func(tx ingest.Tx) error {
		if err := tx.CreateCompany(c); err != nil {
			return err
		}
		job.Company, folder.Company = c.Number, c.Number
		if err := tx.CreateFolder(folder); err != nil {
			return err
		}
		return tx.CreateJob(job)
	})
	if err != nil {
		b.Fatal(err)
	}
	return s, job, folder
}

func benchUpload(tx ingest.Tx, job *ingest.Job, folder *ingest.Folder, i int64) error {
	now := time.Now()
	name := fmt.Sprintf("image-%08d", i)
	uuid := ingest.UUID(fmt.Sprintf("0190a8b4-%04x-7000-8000-%012x", i>>16&0xffff, i))
	a := &ingest.Asset{UUID: uuid, Company: job.Company, Folder: folder.Number, Name: name, FileName: name + ".jpg", Type: ingest.TypeImage,
		State: ingest.AssetReady, Media: ingest.Media{ContentType: "image/jpeg"}, Size: 65536, SHA256: make([]byte, 32),
		Created: now, CreatedBy: 1, Modified: now, ModifiedBy: 1}
	if err := tx.CreateAsset(a); err != nil {
		return err
	}
	v := &ingest.Version{UUID: uuid, Asset: a.Number, Ordinal: 1, FileName: a.FileName, ContentType: "image/jpeg", Job: job.Number,
		Blob:    ingest.BlobRef{Key: ingest.BlobKey(fmt.Sprintf("seg-%04x-%08x", i/1000, i)), Size: 65536, SHA256: a.SHA256},
		Created: now, CreatedBy: 1}
	if err := tx.CreateVersion(v); err != nil {
		return err
	}
	err := tx.AppendLog(ingest.LogRow{Job: job.Number, Time: now, Type: ingest.LogUploadSuccess, Message: "stored", Asset: a.Number,
		AssetName: a.FileName, AssetType: "MasterImage"})
	if err != nil {
		return err
	}
	if err := tx.Emit(ingest.Event{Company: job.Company, Time: now, Kind: ingest.EventAssetCreated, Subject: uuid, User: 1}); err != nil {
		return err
	}
	_, err = tx.ChangeJob(job.Number, ingest.JobDelta{Counts: ingest.JobCounts{Total: 1, Success: 1}, LastPost: now})
	return err
}

func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
