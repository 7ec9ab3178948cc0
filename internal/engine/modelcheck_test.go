package engine_test

import (
	"bytes"
	"io"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// sweep leaves nothing that nobody refers to, and nothing less.
func (m *model) sweep(t *rapid.T) {
	_, err := m.w.engine.Sweep(m.w.ctx)
	m.ok(t, err)
	versions := 0
	err = m.w.db.View(m.w.ctx, func(tx ingest.Tx) error {
		for id := range m.assets {
			a, err := tx.AssetByUUID(id)
			if err != nil {
				return err
			}
			list, err := tx.Versions(a.Number)
			if err != nil {
				return err
			}
			versions += len(list)
		}
		return nil
	})
	m.ok(t, err)
	open := 0
	for _, u := range m.uploads {
		if u.state == ingest.UploadOpen {
			open++
		}
	}
	if blobs, stages := m.w.blobCount(), m.w.stageCount(); blobs != versions || stages > open {
		t.Fatalf("%d blobs of %d versions, %d stages of %d open uploads", blobs, versions, stages, open)
	}
}

func (m *model) readBack(t *rapid.T, id ingest.UUID) string {
	f, err := m.w.engine.Original(m.w.ctx, m.w.viewer, id)
	m.ok(t, err)
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	m.ok(t, err)
	if !bytes.Equal(f.SHA256, sha(string(b))) {
		t.Fatalf("%s: the digest is not that of its bytes", f.Name)
	}
	return string(b)
}

// check compares everything with the model.
func (m *model) check(t *rapid.T) {
	list, err := m.w.engine.Assets(m.w.ctx, m.w.viewer, engine.AssetQuery{Company: m.w.demo.Number}, ingest.Page{Limit: 1000})
	m.ok(t, err)
	if len(list) != len(m.assets) {
		t.Fatalf("%d assets, want %d", len(list), len(m.assets))
	}
	var want ingest.Usage
	for _, a := range list {
		known := m.assets[a.UUID]
		if known == nil {
			t.Fatalf("nobody made %s", a.FileName)
		}
		if got := m.readBack(t, a.UUID); got != known.body || a.Size != int64(len(got)) {
			t.Fatalf("%s holds %q, want %q", a.FileName, got, known.body)
		}
		want.Files++
		want.Bytes += int64(len(known.body))
	}
	if got := m.w.usage(m.w.demo, m.w.editor); got != want {
		t.Fatalf("usage %+v, want %+v", got, want)
	}
	for _, u := range m.uploads {
		s, err := m.w.engine.Status(m.w.ctx, m.w.editor, u.row.UUID)
		m.ok(t, err)
		if s.Upload.State != u.state {
			t.Fatalf("upload %s is %s, want %s", u.row.FileName, s.Upload.State, u.state)
		}
		if u.state != ingest.UploadOpen {
			continue
		}
		if diff := cmp.Diff(u.have, m.status(t, u)); diff != "" {
			t.Fatalf("windows of %s (-want +got):\n%s", u.row.FileName, diff)
		}
	}
}
