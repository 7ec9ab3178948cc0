package jobs

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media/archive"
)

// intakes makes intakes over a blob store of its own; nothing else of the engine is used.
func intakes(t *testing.T) *engine.Engine {
	t.Helper()
	blobs, err := fsblob.Open(t.TempDir(), fsblob.Options{BootID: func() string { return "one" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return engine.New(engine.Config{Blobs: blobs, NewUUID: id.New})
}

// fakeArchives has one archive, and takes what comes of it.
type fakeArchives struct {
	*engine.Engine
	body  []byte
	next  int // members that an earlier run has dealt with
	parts [][]string
	err   error // of storing the second part
}

func (f *fakeArchives) UnpackWork(context.Context, *ingest.Task) (engine.UnpackWork, error) {
	return engine.UnpackWork{TaskInput: engine.TaskInput{FileName: "a.zip", Blob: ingest.BlobRef{Key: "k", Size: int64(len(f.body))}}, Next: f.next, Taken: f.next}, nil
}

func (f *fakeArchives) OpenBlob(context.Context, ingest.BlobKey) (ingest.BlobReader, error) {
	return &fakeReader{Reader: bytes.NewReader(f.body), files: &fakeFiles{body: string(f.body)}}, nil
}

func (f *fakeArchives) StoreUnpacked(_ context.Context, _ *ingest.Task, u engine.Unpacked) error {
	if f.err != nil && len(f.parts) == 1 {
		return f.err
	}
	part := []string{fmt.Sprint("up to ", u.Next)}
	for _, m := range u.Made {
		part = append(part, fmt.Sprintf("%s %s%s %d", m.Key, m.Folder, m.FileName, m.Spool.Size()))
		if !m.Whole || m.Kind != ingest.DerivedMember {
			part = append(part, "not as received")
		}
	}
	for _, m := range u.Refused {
		part = append(part, fmt.Sprintf("%s: %s %v", m.Path, m.Reason, m.Quiet))
	}
	f.parts = append(f.parts, part)
	return nil
}

func packed(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if _, err := io.WriteString(w, "body of "+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpack(t *testing.T) {
	broken := packed(t, "bad.txt", "good.txt")
	at := bytes.Index(broken, []byte("bad.txt"))
	for i := range 6 {
		broken[at+7+i] ^= 0xff
	}
	many := make([]string, 130)
	for i := range many {
		many[i] = fmt.Sprintf("f%03d", i)
	}
	for name, tt := range map[string]struct {
		archive fakeArchives
		want    [][]string
		failure string
	}{
		"members, refused ones and hidden ones": {
			archive: fakeArchives{body: packed(t, "a.txt", "in/b.txt", "../c.txt", "__MACOSX/._a.txt", "in/")},
			want: [][]string{{"up to 4", "member/0 a.txt 13", "member/1 in/b.txt 16", "../c.txt: its name leads out of the archive false",
				"__MACOSX/._a.txt: it is a hidden file of an operating system true"}},
		},
		"a broken member": {
			archive: fakeArchives{body: broken},
			want:    [][]string{{"up to 2", "member/1 good.txt 16", "bad.txt: it is damaged false"}},
		},
		"going on": {
			archive: fakeArchives{body: packed(t, "a", "b", "c"), next: 2},
			want:    [][]string{{"up to 3", "member/2 c 9"}},
		},
		"done before": {archive: fakeArchives{body: packed(t, "a"), next: 1}},
		"nothing that can be taken": {
			archive: fakeArchives{body: packed(t, "../a")}, failure: "it was not unpacked: nothing in it can be taken",
			want: [][]string{{"up to 1", "../a: its name leads out of the archive false"}},
		},
		"empty":      {archive: fakeArchives{body: packed(t)}, failure: "it was not unpacked: nothing in it can be taken"},
		"no archive": {archive: fakeArchives{body: []byte(strings.Repeat("x", 2000))}, failure: "it was not unpacked: the archive is damaged"},
		"too many":   {archive: fakeArchives{body: packed(t, append(many, many...)...)}, failure: "it was not unpacked: it has more than 200 members, which is the limit: its directory says that it lists 260"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.archive.Engine = intakes(t)
			_, failure := Unpack(&tt.archive, archive.Limits{Members: 200})(t.Context(), &ingest.Task{})
			if diff := cmp.Diff(tt.want, tt.archive.parts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.failure == "" && failure != nil || tt.failure != "" && (failure == nil || !failure.Final || failure.Unreadable || failure.Reason != tt.failure) {
				t.Errorf("failure %+v", failure)
			}
		})
	}
	t.Run("in parts", func(t *testing.T) {
		f := &fakeArchives{Engine: intakes(t), body: packed(t, many...)}
		if _, failure := Unpack(f, archive.Limits{})(t.Context(), &ingest.Task{}); failure != nil || len(f.parts) != 3 || f.parts[2][0] != "up to 130" {
			t.Errorf("%d parts, %+v", len(f.parts), failure)
		}
		f = &fakeArchives{Engine: intakes(t), body: packed(t, many...), err: &ingest.Error{Kind: ingest.Gone, Msg: "it is in the trash"}}
		if _, failure := Unpack(f, archive.Limits{})(t.Context(), &ingest.Task{}); failure == nil || !failure.Final || failure.Reason != "it was not unpacked: it is in the trash" {
			t.Errorf("an archive in the trash: %+v", failure)
		}
		f = &fakeArchives{Engine: intakes(t), body: packed(t, many...), err: errors.New("gone")}
		if _, failure := Unpack(f, archive.Limits{})(t.Context(), &ingest.Task{}); failure == nil || failure.Final || len(f.parts) != 1 {
			t.Errorf("a store that fails: %d parts, %+v", len(f.parts), failure)
		}
	})
}
