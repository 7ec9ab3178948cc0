package jobs

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

// site is an engine over real stores, with the workers' handlers for steps of jobs.
type site struct {
	t        *testing.T
	store    ingest.Store
	engine   *engine.Engine
	company  *ingest.Company
	editor   ingest.Principal
	handlers map[ingest.TaskKind]Handler
	called   []string // by callbacks
}

func newSite(t *testing.T, fetcher Fetcher, renderer Renderer, roots Roots) *site {
	t.Helper()
	s := &site{t: t}
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "sluice.db"), sqlite.Options{Logger: quiet})
	s.ok(err)
	t.Cleanup(func() { db.Close() })
	blobs, err := fsblob.Open(dir, fsblob.Options{Logger: quiet, SegmentSize: 1 << 20})
	s.ok(err)
	t.Cleanup(func() { blobs.Close() })
	s.store = db
	s.engine = engine.New(engine.Config{
		Store: db, Blobs: blobs, Now: time.Now, NewUUID: id.New, Detect: func([]byte, string) string { return "image/jpeg" },
		CheckURL: func(string) error { return nil }, CheckDirectory: roots.Check, Callbacks: true,
	})
	s.company = &ingest.Company{UUID: id.New(), Name: "Demo", Slug: "demo", Created: time.Now()}
	user := &ingest.User{UUID: id.New(), Login: "editor", Created: time.Now()}
	s.ok(db.Update(t.Context(), func(tx ingest.Tx) error {
		if err := tx.CreateCompany(s.company); err != nil {
			return err
		}
		if err := tx.CreateUser(user); err != nil {
			return err
		}
		m := ingest.Membership{User: user.Number, Company: s.company.Number, Role: ingest.RoleEditor, Active: true}
		s.editor = user.Principal([]ingest.Membership{m})
		return tx.PutMembership(m)
	}))
	s.handlers = map[ingest.TaskKind]Handler{
		ingest.TaskFetch: Fetch(s.engine, fetcher), ingest.TaskDirectory: Directory(s.engine, roots), ingest.TaskFile: TakeFile(s.engine, roots),
		ingest.TaskPublish: Publish(s.engine), ingest.TaskReplan: Replan(s.engine), ingest.TaskExport: Export(s.engine, renderer),
		ingest.TaskCallback: Callback(func(ctx context.Context, url string) error {
			_, err := fetcher.Fetch(ctx, url)
			return err
		}, func(url string, err error) { s.called = append(s.called, fmt.Sprint(url, " ", err)) }),
	}
	return s
}

func (s *site) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("unexpected error: %v", err)
	}
}

// run submits an order and carries out what it queues; it returns the log as
// "Type asset: message" lines without the frame.
func (s *site) run(o ingest.Order) []string {
	s.t.Helper()
	ctx := s.t.Context()
	o.Door, o.Name = ingest.DoorScene7, cmpOr(o.Name, "job")
	_, err := s.engine.Submit(ctx, s.editor, s.company.Number, engine.Submission{Order: o})
	s.ok(err)
	queue := engine.JobSteps{Engine: s.engine}
	for {
		steps, err := queue.ClaimTasks(ctx, 10)
		s.ok(err)
		tasks, err := s.engine.ClaimTasks(ctx, 10)
		s.ok(err)
		for _, t := range steps {
			result, failure := s.handlers[t.Kind](ctx, t)
			if failure != nil {
				failure.Final = true // a second run would change nothing here
				s.ok(s.engine.FailTask(ctx, t, *failure))
				continue
			}
			s.ok(s.engine.CompleteTask(ctx, t, result))
		}
		for _, t := range tasks {
			s.ok(s.engine.CompleteTask(ctx, t, engine.TaskResult{}))
		}
		if len(steps)+len(tasks) == 0 {
			break
		}
	}
	list, err := s.engine.JobLogDetails(ctx, s.editor, s.company.Number, engine.DetailQuery{})
	s.ok(err)
	if list[0].State != ingest.JobDone {
		s.t.Fatalf("the job is %s", list[0].State)
	}
	var lines []string
	for _, r := range list[0].Rows[3 : len(list[0].Rows)-2] {
		lines = append(lines, fmt.Sprintf("%s %s: %s", r.Type, r.AssetName, r.Message))
	}
	return lines
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (s *site) assets() map[string]string {
	s.t.Helper()
	ctx := s.t.Context()
	list, err := s.engine.Assets(ctx, s.editor, engine.AssetQuery{}, ingest.Page{})
	s.ok(err)
	found := map[string]string{}
	for _, a := range list {
		f, err := s.engine.Original(ctx, s.editor, a.UUID)
		s.ok(err)
		text, err := io.ReadAll(f.Bytes)
		s.ok(err)
		f.Bytes.Close()
		found[a.Path+a.FileName] = string(text)
	}
	return found
}

// fakeFetcher serves bodies by address.
type fakeFetcher map[string]string

func (f fakeFetcher) Fetch(_ context.Context, url string) (*Fetched, error) {
	body, ok := f[url]
	if !ok {
		return nil, &ingest.Error{Kind: ingest.NotFound, Msg: "the server answered 404"}
	}
	var r io.Reader = strings.NewReader(body)
	if body == "cut" {
		r = io.MultiReader(r, badReader{})
	}
	return &Fetched{Body: io.NopCloser(r), Size: -1, FileName: url[strings.LastIndexByte(url, '/')+1:]}, nil
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) {
	return 0, &ingest.Error{Kind: ingest.Unavailable, Msg: "the connection broke"}
}

func TestFetch(t *testing.T) {
	s := newSite(t, fakeFetcher{"http://x/a.jpg": "A", "http://x/b.jpg": "cut", "http://x/done": ""}, nil, Roots{})
	log := s.run(ingest.Order{Kind: ingest.JobURLUpload, Processing: ingest.Processing{CallbackURL: "http://x/done"}, Sources: []ingest.Source{
		{URL: "http://x/a.jpg", Path: "in/"}, {URL: "http://x/b.jpg", Path: "in/b.jpg"}, {URL: "http://x/c.jpg", Path: "in/c.jpg"},
	}})
	want := []string{
		"UploadError b.jpg: in/b.jpg: the connection broke", "UploadError c.jpg: in/c.jpg: the server answered 404",
		"UploadSuccess a.jpg: Demo/in/a.jpg was added to the library.",
	}
	slices.Sort(log)
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"in/a.jpg": "A"}, s.assets()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"http://x/done <nil>"}, s.called); diff != "" {
		t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}

func TestFailuresOfSteps(t *testing.T) {
	tests := map[error]bool{
		&ingest.Error{Kind: ingest.NotFound, Msg: "m"}:    true,
		&ingest.Error{Kind: ingest.Forbidden, Msg: "m"}:   true,
		&ingest.Error{Kind: ingest.TooLarge, Msg: "m"}:    true,
		&ingest.Error{Kind: ingest.Unavailable, Msg: "m"}: false,
		&ingest.Error{Kind: ingest.Throttled, Msg: "m"}:   false,
		errors.New("anything"):                            false,
	}
	for err, final := range tests {
		_, f := ended(err)
		if f == nil || f.Final != final {
			t.Errorf("%v: %+v, want final %v", err, f, final)
		}
	}
	if _, f := ended(nil); f != nil {
		t.Errorf("success: %+v", f)
	}
}

func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte("of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDirectoryUpload(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, dir, "a.jpg", "sub/b.jpg", ".hidden.jpg", ".git/c.jpg", "more/deep/d.jpg")
	write(t, outside, "secret.jpg")
	for name, target := range map[string]string{"link.jpg": filepath.Join(outside, "secret.jpg"), "linked": outside, "inside.jpg": "a.jpg"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	roots, err := ParseRoots([]string{"drop=" + dir})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, fakeFetcher{}, nil, roots)
	s.run(ingest.Order{Kind: ingest.JobDirectoryUpload, Directory: &ingest.SourceDirectory{Path: "drop", Folder: "in", Subfolders: true}})
	want := map[string]string{"in/a.jpg": "of a.jpg", "in/sub/b.jpg": "of sub/b.jpg", "in/more/deep/d.jpg": "of more/deep/d.jpg"}
	if diff := cmp.Diff(want, s.assets()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	log := s.run(ingest.Order{Kind: ingest.JobDirectoryUpload, Directory: &ingest.SourceDirectory{Path: "drop/nowhere"}})
	if want := []string{`FatalError : "drop/nowhere": it does not exist`}; !cmp.Equal(want, log) {
		t.Errorf("log %q, want %q", log, want)
	}
	for _, file := range []string{"drop/link.jpg", "drop/linked/secret.jpg", "drop/sub", "drop/inside.jpg"} {
		if f, _, err := roots.open(file); err == nil {
			f.Close()
			t.Errorf("%s can be opened", file)
		}
	}
}

func TestRootPaths(t *testing.T) {
	roots, err := ParseRoots([]string{"drop=/srv/drop/", " /mnt/media"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"drop": "/srv/drop .", "/drop/a/": "/srv/drop a", "drop//a/./b": "/srv/drop a/b", "/srv/drop/x": "/srv/drop x", "/mnt/media": "/mnt/media .",
		"": "", "/": "", "/srv": "", "/srv/dropped": "", "drop/../../etc": "", "drop/a\x00": "", "/etc/passwd": "", "media": "", "..": "",
	} {
		at, name, err := roots.resolve(path)
		got := ""
		if err == nil {
			got = at.dir + " " + name
		} else if ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("%q: %v", path, err)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	for _, text := range []string{"", "relative", "a/b=/srv", "=/srv", "name=relative"} {
		if _, err := ParseRoots([]string{text}); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if !(Roots{}).Empty() || roots.Empty() {
		t.Error("Empty is wrong")
	}
}

// The parts of a listing follow each other without gap and repetition.
func TestDirectoryParts(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for _, name := range []string{"a", "a/b", "a.b", "z", "a/b/c", "m"} {
		for i := range 7 {
			want = append(want, fmt.Sprintf("%s.d/%d.jpg", name, i))
		}
	}
	want = append(want, "a.jpg", "z.jpg", "0.jpg")
	write(t, dir, want...)
	roots, err := ParseRoots([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 5, 1000} {
		var got []string
		after, more := "", true
		for more {
			var files []engine.DirectoryFile
			files, more, err = roots.files(ingest.SourceDirectory{Path: dir, Subfolders: true}, after, limit)
			if err != nil || len(files) == 0 {
				t.Fatalf("after %q: %d files, %v", after, len(files), err)
			}
			for _, f := range files {
				got = append(got, f.Path)
			}
			after = files[len(files)-1].Path
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parts of %d (-want +got):\n%s", limit, diff)
		}
	}
	files, _, err := roots.files(ingest.SourceDirectory{Path: dir}, "", 100)
	if err != nil || len(files) != 3 {
		t.Errorf("without subfolders: %d files, %v", len(files), err)
	}
}

// fakeRenderer puts the modifier before the file; it cannot read files called bad.
type fakeRenderer struct{}

func (fakeRenderer) Render(_ context.Context, src io.Reader, _ int64, name, modifier string) (engine.Picture, error) {
	text, err := io.ReadAll(src)
	if err != nil || strings.HasPrefix(name, "bad") {
		return engine.Picture{}, &ingest.Error{Kind: ingest.Invalid, Msg: "it is no image"}
	}
	return engine.Picture{Bytes: []byte(modifier + " " + string(text)), Extension: "png", Warnings: []string{"a command was skipped"}}, nil
}

func TestExport(t *testing.T) {
	fetcher := fakeFetcher{"http://x/a.jpg": "A", "http://x/bad.jpg": "B", "http://x/c.mp3": "C"}
	for name, tt := range map[string]struct {
		renderer Renderer
		export   ingest.Export
		want     map[string]string
		log      []string
	}{
		"originals": {nil, ingest.Export{}, map[string]string{"a.jpg": "A", "bad.jpg": "B", "c.mp3": "C"}, []string{"ReturnSuccess"}},
		"converted": {fakeRenderer{}, ingest.Export{Convert: true, Modifier: "wid=1"}, map[string]string{"a.png": "wid=1 A", "c.mp3": "C"},
			[]string{"UploadWarning", "UploadWarning", "ReturnSuccess"}},
		"without renderer": {nil, ingest.Export{Convert: true}, map[string]string{"c.mp3": "C"}, []string{"UploadWarning", "UploadWarning", "ReturnSuccess"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, fetcher, tt.renderer, Roots{})
			o := ingest.Order{Kind: ingest.JobExport, Name: "out", Export: &tt.export}
			o.Export.Base = "http://media.test"
			s.run(ingest.Order{Kind: ingest.JobURLUpload, Sources: []ingest.Source{{URL: "http://x/a.jpg"}, {URL: "http://x/bad.jpg"}, {URL: "http://x/c.mp3"}}})
			list, err := s.engine.Assets(t.Context(), s.editor, engine.AssetQuery{}, ingest.Page{})
			s.ok(err)
			for _, a := range list {
				o.Assets = append(o.Assets, a.Number)
			}
			log := s.run(o)
			var types []string
			for _, line := range log {
				kind, _, _ := strings.Cut(line, " ")
				types = append(types, kind)
			}
			if diff := cmp.Diff(tt.log, types); diff != "" {
				t.Errorf("log (-want +got):\n%s\n%s", diff, strings.Join(log, "\n"))
			}
			_, after, _ := strings.Cut(log[len(log)-1], "?key=")
			token, _, _ := strings.Cut(after, ":")
			f, err := s.engine.Exported(t.Context(), token)
			s.ok(err)
			defer f.Bytes.Close()
			packed, err := io.ReadAll(f.Bytes)
			s.ok(err)
			z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
			s.ok(err)
			got := map[string]string{}
			for _, file := range z.File {
				r, err := file.Open()
				s.ok(err)
				text, err := io.ReadAll(r)
				s.ok(err)
				got[file.Name] = string(text)
				if time.Since(file.Modified) > time.Hour {
					t.Errorf("%s is of %v", file.Name, file.Modified)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// An export of which nothing is left fails as a whole.
func TestExportOfNothing(t *testing.T) {
	s := newSite(t, fakeFetcher{"http://x/bad.jpg": "B"}, fakeRenderer{}, Roots{})
	s.run(ingest.Order{Kind: ingest.JobURLUpload, Sources: []ingest.Source{{URL: "http://x/bad.jpg"}}})
	list, err := s.engine.Assets(t.Context(), s.editor, engine.AssetQuery{}, ingest.Page{})
	s.ok(err)
	log := s.run(ingest.Order{Kind: ingest.JobExport, Name: "out", Assets: []ingest.Number{list[0].Number}, Export: &ingest.Export{Convert: true}})
	if want := []string{"FatalError : nothing could be exported: bad.jpg: it is no image"}; !cmp.Equal(want, log) {
		t.Errorf("log %q, want %q", log, want)
	}
}

func TestNamesInAnExport(t *testing.T) {
	p := packer{names: map[string]bool{}}
	var got []string
	for _, name := range []string{"a.jpg", "A.jpg", "a-1.jpg", "a.jpg", "x", "x", "../etc"} {
		got = append(got, p.free(name))
	}
	if want := []string{"a.jpg", "A-1.jpg", "a-1-1.jpg", "a-2.jpg", "x", "x-1", "_etc"}; !cmp.Equal(want, got) {
		t.Errorf("names %q, want %q", got, want)
	}
}

func TestMalformedSteps(t *testing.T) {
	s := newSite(t, fakeFetcher{}, nil, Roots{})
	for kind, handler := range s.handlers {
		if kind == ingest.TaskPublish || kind == ingest.TaskReplan {
			continue // these read their parameters in a transaction
		}
		task := &ingest.Task{Kind: kind, Params: json.RawMessage("{")}
		if _, f := handler(t.Context(), task); f == nil {
			t.Errorf("%s took malformed parameters", kind)
		}
	}
}
