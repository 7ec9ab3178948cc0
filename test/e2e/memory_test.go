package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// memoryLimit is what the Go runtime of the server is told to aim at; mostMemory
// is what the whole process may take, with the database, stacks and buffers.
const (
	memoryLimit = "GOMEMLIMIT=128MiB"
	mostMemory  = 160 << 20
)

// stream is a form with one file of generated content, of unknown length.
type stream struct {
	contentType string
	body        io.Reader
	sum         func() string // digest of the file once it has been read
}

func streamed(name string, size int64) stream {
	contentType, around := form(auth(), newJob(name), file(name, "CONTENT"))
	head, tail, _ := strings.Cut(string(around), "CONTENT")
	sum := sha256.New()
	content := io.TeeReader(io.LimitReader(&noise{block: bytesOf(name, 1<<20)}, size), sum)
	return stream{contentType, io.MultiReader(strings.NewReader(head), content, strings.NewReader(tail)), func() string { return hex.EncodeToString(sum.Sum(nil)) }}
}

// noise repeats a block, each time from another place.
type noise struct {
	block string
	rest  string
	n     uint64
}

func (g *noise) Read(p []byte) (int, error) {
	if g.rest == "" {
		g.n++
		g.rest = g.block[rand.New(rand.NewPCG(g.n, 1)).IntN(len(g.block)/2):]
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// send uploads a stream and returns its digest.
func (s *server) send(name string, size int64) (digest string, err error) {
	sent := streamed(name, size)
	a, err := poster{url: s.url, patient: 5 * time.Minute}.send(sent.contentType, sent.body)
	if err == nil {
		_, err = a.handle()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return sent.sum(), nil
}

// stored checks that an asset is listed and read back with a digest.
func (s *server) stored(name string, size int64, digest string) {
	s.t.Helper()
	a := s.asset(name)
	res := s.get("/v1/assets/" + a.UUID + "/original")
	defer res.Body.Close()
	read := sha256.New()
	if _, err := io.Copy(read, res.Body); err != nil {
		s.t.Errorf("%s: %v", name, err)
	}
	if got := hex.EncodeToString(read.Sum(nil)); a.SHA256 != digest || got != digest || a.Size != size {
		s.t.Errorf("%s: listed with %d bytes and digest %s, read back %s, sent were %d bytes with %s", name, a.Size, a.SHA256, got, size, digest)
	}
}

// TestMemory uploads far more than the server may hold, at once and in one body.
func TestMemory(t *testing.T) {
	slow(t)
	s := start(t, memoryLimit, "SLUICE_SCENE7_MAX_POST_SIZE=4GiB")
	const beside, size, huge = 8, 64 << 20, 2<<30 + 12345
	digests := make([]string, beside)
	var all sync.WaitGroup
	for i := range beside {
		all.Go(func() {
			var err error
			if digests[i], err = s.send(fmt.Sprintf("beside%d.zip", i), size); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	t.Logf("peak with %d bodies at once: %d MiB", beside, s.peak()>>20)
	digest, err := s.send("huge.zip", huge)
	if err != nil {
		t.Error(err)
	}
	if t.Failed() {
		return
	}
	for i := range beside {
		s.stored(fmt.Sprintf("beside%d.zip", i), size, digests[i])
	}
	s.stored("huge.zip", huge, digest)
	if peak := s.peak(); peak > mostMemory {
		t.Errorf("the server took %d MiB, it may take %d MiB", peak>>20, mostMemory>>20)
	} else {
		t.Logf("peak at the end: %d MiB", peak>>20)
	}
	s.awaitNothingUnderway()
}
