package engine_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

// benchWorld is a world on the disk of the test's directory, with the standard
// segments.
func benchWorld(b *testing.B) *world {
	w := openWorld(b, b.TempDir())
	w.close()
	quiet := slog.New(slog.DiscardHandler)
	db, err := sqlite.Open(w.ctx, filepath.Join(w.dir, "sluice.db"), sqlite.Options{Logger: quiet})
	w.ok(err)
	blobs, err := fsblob.Open(w.dir, fsblob.Options{Logger: quiet})
	w.ok(err)
	w.db, w.blobs = &flakyStore{Store: db}, &flakyBlobs{blobPort: blobs}
	w.engine = engine.New(engine.Config{Store: db, Blobs: blobs, Now: time.Now, NewUUID: id.New, Detect: detect})
	b.Cleanup(w.close)
	return w
}

// BenchmarkDeliverMedia measures whole uploads of 20 KiB pictures by 16 senders, each
// of whom waits until the file is on stable storage.
func BenchmarkDeliverMedia(b *testing.B) {
	w := benchWorld(b)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		wg.Go(func() {
			picture := append([]byte("\xff\xd8"), make([]byte, 20<<10)...)
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				copy(picture[2:], fmt.Sprint(i))
				in := w.engine.NewMediaIntake()
				spool, err := in.Receive(w.ctx, bytes.NewReader(picture), int64(len(picture)))
				if err == nil {
					_, err = w.engine.DeliverMedia(w.ctx, w.editor, in, spool, w.media("image.jpg", "image/jpeg"))
				}
				in.Close()
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "uploads/s")
}

// BenchmarkFetchMessages measures a fetch that brings 100 new messages of a user, with
// a million messages stored, a tenth of them of that user.
func BenchmarkFetchMessages(b *testing.B) {
	w := benchWorld(b)
	const stored, batch = 1_000_000, 5_000
	var last string
	for n := 0; n < stored; n += batch {
		w.update(func(tx ingest.Tx) error {
			for i := n; i < n+batch; i++ {
				m := &ingest.TextMessage{
					ID: fmt.Sprintf("%032x", i*7919%stored), Company: w.demo.Number, Sender: w.editor.User, From: "+420111", ContentType: "text/plain",
					To:   []ingest.MessageAddress{{Address: "+420222", User: []ingest.Number{w.colleague.User, w.viewer.User}[min(i%10, 1)]}},
					Body: "How are you? We meet at the usual place, bring the papers.", Created: w.clock.now(),
				}
				if i == stored-1010 {
					last = m.ID // 100 of the user follow
				}
				if err := tx.CreateMessage(m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.ResetTimer()
	for range b.N {
		if got := w.fetch(w.colleague, engine.FetchSpec{LastReceived: last}).Received; len(got) != 100 {
			b.Fatalf("%d messages", len(got))
		}
	}
}
