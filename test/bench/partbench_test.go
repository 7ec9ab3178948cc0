package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPartsOfAFile(t *testing.T) {
	o := object{corpus: newCorpus(1), number: 3, size: 2<<20 + 5}
	var sizes []int64
	seen := map[uint64]bool{}
	for _, p := range partsOf(o, 1<<20) {
		sizes = append(sizes, p.size)
		seen[p.number] = true
	}
	if diff := cmp.Diff([]int64{1 << 20, 1 << 20, 5}, sizes); diff != "" {
		t.Error(diff)
	}
	if len(seen) != 3 {
		t.Errorf("%d different contents in 3 parts", len(seen))
	}
	for _, p := range partsOf(object{corpus: o.corpus, number: 4, size: 2 << 20}, 1<<20) {
		if seen[p.number] {
			t.Errorf("content %d is in two files", p.number)
		}
	}
}

func TestSuiteMeasuresParts(t *testing.T) {
	s := smallSuite(t)
	s.reps, s.verify = 1, 1
	s.peers = s.peers[1:] // another Sluice measures nothing else here
	s.workloads = []workload{{Name: "parts", Files: 1, Size: 3<<20 + 1, Part: 1 << 20, Clients: 3}}
	runs, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.KeepsNothing != (r.Peer == "bare-discard") || !r.KeepsNothing && r.Verified != 1 {
			t.Errorf("%s: %d verified, keeps nothing: %v", r.Peer, r.Verified, r.KeepsNothing)
		}
		if r.Peer == "sluice-variant" && (r.StartMillis <= 0 || r.CompleteMillis <= 0) || r.AckedRate <= 0 || r.DurableSeconds < r.AckedSeconds {
			t.Errorf("figures %+v", r)
		}
	}
	report := suiteReport{Reps: 1, Workloads: s.workloads, Runs: runs}.markdown()
	for _, want := range []string{"1 file of 3145729 B in parts of 1 MiB, 3 clients", "| complete ms |", "| tusd |"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
}

// startFakeParts returns the stand-in and an address of it.
func startFakeParts(t *testing.T) (*fakeParts, string) {
	t.Helper()
	fake := newFakeSluice(testLogin())
	server := httptest.NewServer(fake.routes())
	t.Cleanup(server.Close)
	return fake.parts, server.Listener.Addr().String()
}

func TestPresignedRefusesAnotherPlan(t *testing.T) {
	corpus := newCorpus(1)
	parts := partsOf(object{corpus: corpus, size: 3 << 10}, 1<<10)
	for name, plan := range map[string][]presignedPart{
		"too few":        {{URL: "/a", Start: 0, End: 1023}},
		"gap":            {{Start: 0, End: 1023}, {Start: 1025, End: 2047}, {Start: 2048, End: 3071}},
		"exclusive ends": {{Start: 0, End: 1024}, {Start: 1024, End: 2048}, {Start: 2048, End: 3072}},
	} {
		p := &presigned{content: parts, parts: plan}
		if err := p.check(); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}

func TestPartsWrongBytesAreFound(t *testing.T) {
	fake, addr := startFakeParts(t)
	fake.broken = true
	f := partFigures{corpus: newCorpus(1), login: testLogin(), clients: 1}
	c := newConn(addr)
	defer c.close()
	door := newPresigned(f.login)
	if err := door.open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_, _, err := f.completion(t.Context(), door, []*conn{c}, partsOf(object{corpus: f.corpus, size: 3 << 10}, 1<<10))
	if err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("error %v, want a digest that differs", err)
	}
}

func TestPartFigures(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o, err := parsePartOptions([]string{"-sluice", self, "-samples", "2", "-size", "3MiB", "-part", "1MiB"})
	if err != nil {
		t.Fatal(err)
	}
	f := partFigures{root: t.TempDir(), peer: sluicePeer("sluice", self, testLogin(), nil), login: testLogin(), corpus: newCorpus(1), clients: 4}
	text, err := f.starts(t.Context(), o)
	if err != nil || !strings.Contains(text, "| 10000 | 10000 MiB |") {
		t.Errorf("starts %q, %v", text, err)
	}
	if text, err = f.completions(t.Context(), o); err != nil || !strings.Contains(text, "| 3 MiB | 3 |") {
		t.Errorf("completions %q, %v", text, err)
	}
}

func TestPartOptionsRefuse(t *testing.T) {
	for _, args := range [][]string{{}, {"-sluice", "x", "extra"}, {"-sluice", "x", "-clients", "0"}, {"-sluice", "x", "-part", "none"}} {
		if _, err := parsePartOptions(args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

// The example of the S3 documentation for signatures in queries.
func TestPresignedS3Address(t *testing.T) {
	k := s3Key{access: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	query := url.Values{"X-Amz-Expires": {"86400"}}
	got := k.presign(http.MethodGet, "examplebucket.s3.amazonaws.com", "/test.txt", query, time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
	const want = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	if !strings.HasSuffix(got, "&X-Amz-Signature="+want) {
		t.Errorf("%s does not have the signature %s", got, want)
	}
}

// fakeS3 takes one multipart upload.
type fakeS3 struct {
	mu    sync.Mutex
	parts map[string]string // number → content
	whole string
	ready bool // it has refused a request because it was not
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	switch {
	case q.Get("X-Amz-Signature") == "":
		http.Error(w, "unsigned", http.StatusForbidden)
	case !f.ready:
		f.ready = true
		http.Error(w, "not initialized yet", http.StatusServiceUnavailable)
	case q.Has("uploads"):
		fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
	case q.Get("partNumber") != "" && q.Get("uploadId") == "u1":
		f.parts[q.Get("partNumber")] = string(body)
		w.Header().Set("ETag", `"tag`+q.Get("partNumber")+`"`)
	case q.Get("uploadId") == "u1":
		var list struct {
			Part []struct{ PartNumber, ETag string }
		}
		_ = xml.Unmarshal(body, &list)
		for _, p := range list.Part {
			if p.ETag != `"tag`+p.PartNumber+`"` {
				fmt.Fprint(w, "<Error>wrong tag</Error>")
				return
			}
			f.whole += f.parts[p.PartNumber]
		}
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, f.whole)
	}
}

func TestS3Parts(t *testing.T) {
	fake := &fakeS3{parts: map[string]string{}}
	server := httptest.NewServer(fake)
	defer server.Close()
	addr := server.Listener.Addr().String()
	c := newConn(addr)
	defer c.close()
	door := newS3Parts(s3Key{"a", "s"}, addr)
	parts := partsOf(object{corpus: newCorpus(1), size: 2500}, 1000)
	var back, want strings.Builder
	for _, p := range parts {
		_, _ = p.WriteTo(&want)
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return door.open(ctx, c) },
		func(ctx context.Context) error { return door.begin(ctx, c, "a.zip", parts) },
		func(ctx context.Context) error {
			_, err := share(ctx, []*conn{c}, len(parts), door.send)
			return err
		},
		func(ctx context.Context) error { return door.complete(ctx, c) },
		func(ctx context.Context) error { return door.fetch(ctx, c, &back) },
	} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if back.String() != want.String() {
		t.Error("something else came back")
	}
	door.tags[1] = "other"
	if err := door.complete(t.Context(), c); err == nil {
		t.Error("a failure in the body of an answer was not seen")
	}
}

func TestProgramsAreFoundOrLeftOut(t *testing.T) {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	t.Setenv("PATH", t.TempDir())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	peers, err := s3Programs{versitygw: self}.peers(t.Context(), t.TempDir(), say)
	if err != nil || len(peers) != 1 || peers[0].name != "versitygw" {
		t.Errorf("peers %v, %v", peers, err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "minio") {
		t.Errorf("said %q, want that minio is left out", said)
	}
	if _, err := (s3Programs{minio: buildFlag}).peers(t.Context(), t.TempDir(), say); err == nil {
		t.Error("a program was built without the go command")
	}
}
