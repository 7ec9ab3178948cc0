//go:build unix

package fsblob

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

const (
	crashDirEnv   = "FSBLOB_CRASH_DIR"
	crashPointEnv = "FSBLOB_CRASH_POINT"
)

// script is what a process does until it is killed. Each step prints a line
// when it has been acknowledged.
var script = struct {
	upload       ingest.StageID
	parts        [][]byte
	rewritten    []byte // replaces part 0
	small, large []byte
}{
	upload:    "upload",
	parts:     [][]byte{fill('a', 700_001), fill('b', 50_000), fill('c', 1_200_000)},
	rewritten: fill('A', 700_001),
	small:     fill('s', 60_000),
	large:     fill('l', 900_000),
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func crashOptions() Options {
	return Options{SegmentSize: 1 << 20, SyncEvery: 600_000}
}

// childMain runs the script in a process that a test has started, kills it at
// the point that was asked for, and never returns there.
func childMain() {
	dir, point := os.Getenv(crashDirEnv), os.Getenv(crashPointEnv)
	if dir == "" {
		return
	}
	opts := crashOptions()
	opts.CrashPoint = func(name string) {
		if name == point {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if err := runScript(dir, opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runScript(dir string, opts Options) error {
	s, err := Open(dir, opts)
	if err != nil {
		return err
	}
	for i := range 20 { // more than a segment
		if err := putOneShot(s, fmt.Sprintf("small-%d", i), script.small); err != nil {
			return err
		}
	}
	if err := putOneShot(s, "large", script.large); err != nil {
		return err
	}
	st, err := s.NewStage(ctx(), script.upload, ingest.StageSpec{Size: -1})
	if err != nil {
		return err
	}
	fmt.Println("created")
	var at int64
	for i, p := range script.parts {
		if _, err := st.Write(ctx(), at, bytes.NewReader(p), ingest.WriteSpec{}); err != nil {
			return err
		}
		fmt.Println("part", i)
		at += int64(len(p))
	}
	fmt.Println("rewriting")
	if _, err := st.Write(ctx(), 0, bytes.NewReader(script.rewritten), ingest.WriteSpec{}); err != nil {
		return err
	}
	fmt.Println("rewritten")
	ref, err := st.Seal(ctx(), at)
	if err != nil {
		return err
	}
	fmt.Println("sealed", ref.Key)
	s.wg.Wait()
	if err := s.Delete(ctx(), ref.Key); err != nil {
		return err
	}
	fmt.Println("deleted")
	return s.Close()
}

func putOneShot(s *Store, id string, data []byte) error {
	st, err := s.NewStage(ctx(), ingest.StageID(id), ingest.StageSpec{OneShot: true, Size: -1})
	if err != nil {
		return err
	}
	if _, err := st.Write(ctx(), 0, bytes.NewReader(data), ingest.WriteSpec{}); err != nil {
		return err
	}
	ref, err := st.Seal(ctx(), int64(len(data)))
	if err != nil {
		return err
	}
	fmt.Println("stored", ref.Key)
	return nil
}

// crashPoints are the names that the package comment promises.
func crashPoints(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "# Crash points")
	var points []string
	for line := range strings.Lines(list) {
		if rest, ok := strings.CutPrefix(line, "//\t"); ok {
			points = append(points, strings.Fields(rest)[0])
		}
	}
	return points
}

// TestKilledAtEveryPoint kills a process at each crash point and looks at what
// it had acknowledged.
func TestKilledAtEveryPoint(t *testing.T) {
	points := crashPoints(t)
	if len(points) < 15 {
		t.Fatalf("only %d crash points are documented", len(points))
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			dir := t.TempDir()
			acked := runChild(t, dir, point)
			s := openStore(t, dir, crashOptions())
			afterCrash(t, s, acked)
		})
	}
}

func runChild(t *testing.T, dir, point string) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDirEnv+"="+dir, crashPointEnv+"="+point)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process was not killed at %s: %v", point, err)
	}
	var lines []string
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	return lines
}

func afterCrash(t *testing.T, s *Store, acked []string) {
	t.Helper()
	listed := make(map[ingest.BlobKey]bool)
	if err := s.Blobs(ctx(), func(k ingest.BlobKey) error { listed[k] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, line := range acked {
		if key, ok := strings.CutPrefix(line, "stored "); ok {
			if !listed[ingest.BlobKey(key)] {
				t.Errorf("acknowledged blob %s is not listed", key)
			}
			want := script.small
			if strings.HasPrefix(key, "f-") {
				want = script.large
			}
			checkBlob(t, s, ingest.BlobKey(key), want)
		}
	}
	for key := range listed {
		if data := readBlob(t, s, key); len(data) == 0 || bytes.Count(data, data[:1]) != len(data) && len(data) < 1_000_000 {
			t.Errorf("listed blob %s has foreign bytes", key)
		}
	}
	if left := files(t, s.oneShots()); len(left) != 0 {
		t.Errorf("one-shot files are left: %v", left)
	}
	if slices.Contains(acked, "created") && !slices.Contains(acked, "deleted") {
		finishUpload(t, s, acked)
	}
}

// finishUpload checks what is reported of the upload, sends what is missing and
// seals it.
func finishUpload(t *testing.T, s *Store, acked []string) {
	t.Helper()
	st, err := s.Stage(ctx(), script.upload)
	if ingest.KindOf(err) == ingest.NotFound && slices.ContainsFunc(acked, func(l string) bool { return strings.HasPrefix(l, "sealed") }) {
		return // it was being deleted
	}
	if err != nil {
		t.Fatalf("Stage: %v", err)
	}
	want := slices.Concat(append([][]byte{script.rewritten}, script.parts[1:]...)...)
	var at int64
	ws, err := st.Windows(ctx())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range script.parts {
		end := at + int64(len(p))
		have := slices.ContainsFunc(ws, func(w ingest.Window) bool { return w.Offset <= at && w.End() >= end })
		rewriting := i == 0 && slices.Contains(acked, "rewriting") && !slices.Contains(acked, "rewritten")
		if slices.Contains(acked, fmt.Sprint("part ", i)) && !have && !rewriting {
			t.Errorf("acknowledged part %d is missing: %+v", i, ws)
		}
		if have && !rewriting {
			got := make([]byte, len(p))
			if _, err := st.ReadAt(got, at); err != nil && err != io.EOF {
				t.Fatal(err)
			}
			if p := want[at:end]; !bytes.Equal(got, p) && !bytes.Equal(got, script.parts[i]) {
				t.Errorf("part %d has other bytes than were sent", i)
			}
		}
		at = end
	}
	if stg := st.(*stage); stg.state != sealed {
		at = 0
		for i, p := range script.parts {
			if i == 0 {
				p = script.rewritten
			}
			if _, err := st.Write(ctx(), at, bytes.NewReader(p), ingest.WriteSpec{}); err != nil {
				t.Fatal(err)
			}
			at += int64(len(p))
		}
	}
	ref, err := st.Seal(ctx(), at)
	if err != nil {
		t.Fatalf("Seal after the crash: %v", err)
	}
	if diff := cmp.Diff(crcOf(want), ref.CRC32C); diff != "" {
		t.Error(diff)
	}
	checkBlob(t, s, ref.Key, want)
	if left := files(t, filepath.Join(s.root, "staging")); len(left) != 0 {
		t.Errorf("files of the stage are left: %v", left)
	}
}

func readBlob(t testing.TB, s *Store, key ingest.BlobKey) []byte {
	t.Helper()
	r, err := s.Open(ctx(), key)
	if err != nil {
		t.Fatalf("Open %s: %v", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func checkBlob(t testing.TB, s *Store, key ingest.BlobKey, want []byte) {
	t.Helper()
	if got := readBlob(t, s, key); !bytes.Equal(got, want) {
		t.Errorf("blob %s has %d bytes and not the %d that were sent", key, len(got), len(want))
	}
}
