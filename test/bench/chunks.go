package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// chunksCommand measures the BrightSign door: files in SOAP chunks sent in parallel,
// beside a bare handler that decodes the same messages and forgets them; what is left
// to do at the end; what each chunk costs among many open uploads.
func chunksCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench chunks", flag.ContinueOnError)
	program := flags.String("sluice", "bin/sluice", "`path` of the sluice program")
	size := flags.Int64("size", 1<<30, "bytes of the file that rates are measured with")
	large := flags.Int64("large", 5_000_000_000, "bytes of the file whose completion is measured; 0 leaves it out")
	chunk := flags.Int("chunk", 256<<10, "bytes of a chunk")
	clients := flags.Int("clients", 8, "chunks in parallel")
	open := flags.Int("open", 10_000, "open uploads beside which chunks are measured; 0 leaves it out")
	reps := flags.Int("reps", 3, "repetitions of the rates")
	dir := flags.String("dir", "", "`directory` for the servers; the system's for temporary files by default")
	if err := flags.Parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp(*dir, "bench-chunks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	b := &chunkBench{root: root, self: self, program: *program, chunk: *chunk, clients: *clients, login: account{user: "bench@example.com", password: "bench-password-1", company: "Bench"}}
	b.encode()
	for _, part := range []func() error{
		func() error { return b.rates(ctx, *size, *reps) },
		func() error { return b.memory(ctx) },
		func() error { return b.completion(ctx, *large) },
		func() error { return b.crowd(ctx, *open) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// chunkBench is what the measurements share.
type chunkBench struct {
	root, self, program string
	chunk, clients      int
	login               account
	raw                 [][]byte // contents of chunks, used in turn
	text                [][]byte // the same in base64
}

// chunkKinds is how many different chunks there are.
const chunkKinds = 61

func (b *chunkBench) encode() {
	source := rand.NewChaCha8([32]byte{1})
	for range chunkKinds {
		raw := make([]byte, b.chunk)
		_, _ = source.Read(raw)
		b.raw = append(b.raw, raw)
		b.text = append(b.text, []byte(base64.StdEncoding.EncodeToString(raw)))
	}
}

// content is the i-th chunk of a file of a size.
func (b *chunkBench) content(i int, size int64) []byte {
	raw := b.raw[i%chunkKinds]
	return raw[:min(int64(len(raw)), size-int64(i)*int64(b.chunk))]
}

func (b *chunkBench) sum(size int64) string {
	h := sha1.New()
	for i := range b.chunksOf(size) {
		h.Write(b.content(i, size))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (b *chunkBench) chunksOf(size int64) int {
	return int((size + int64(b.chunk) - 1) / int64(b.chunk))
}

func (b *chunkBench) bare() peer {
	p := barePeer(b.self, modeBase64)
	return p
}

func (b *chunkBench) sluice(extra ...string) peer {
	return sluicePeer("sluice", b.program, b.login, extra)
}

// start begins an upload and returns its token.
func (b *chunkBench) start(ctx context.Context, c *conn, name string, size int64, sum string) (string, error) {
	args := fmt.Sprintf("<FileName>%s</FileName><FileSize>%d</FileSize>", name, size)
	if sum != "" {
		args += "<SHA1Hash>" + sum + "</SHA1Hash>"
	}
	a, err := c.do(ctx, b.message("StartFileUpload", "<args>"+args+"</args>"))
	if err == nil {
		err = a.expect("StartFileUpload", 200)
	}
	if err != nil {
		return "", err
	}
	_, rest, _ := bytes.Cut(a.body, []byte("<a:UploadToken>"))
	token, _, ok := bytes.Cut(rest, []byte("<"))
	if !ok {
		return "", fmt.Errorf("no token in %.300q", a.body)
	}
	return string(token), nil
}

func (b *chunkBench) complete(ctx context.Context, c *conn, token, name, sum string) error {
	a, err := c.do(ctx, b.message("CompleteFileUpload", "<args><FileName>"+name+"</FileName><SHA1Hash>"+sum+"</SHA1Hash><UploadToken>"+token+"</UploadToken></args>"))
	if err == nil {
		err = a.expect("CompleteFileUpload", 200)
	}
	return err
}

// message is a SOAP request for an operation.
func (b *chunkBench) message(operation, content string) request {
	return request{method: "POST", target: chunkTarget, header: []string{"Content-Type: text/xml; charset=utf-8"},
		prefix: []byte(b.envelope(operation) + content + "</" + operation + "></s:Body></s:Envelope>")}
}

const chunkTarget = "/Uploads/2014/07/SOAP/Basic/"

func (b *chunkBench) envelope(operation string) string {
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` +
		`<o:Security s:mustUnderstand="1" xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><o:UsernameToken><o:Username>` +
		b.login.company + "/" + b.login.user + `</o:Username><o:Password>` + b.login.password + `</o:Password></o:UsernameToken></o:Security></s:Header>` +
		`<s:Body><` + operation + ` xmlns="https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/">`
}

// append sends one chunk. The parameters are in the order of the service's WSDL.
func (b *chunkBench) append(ctx context.Context, c *conn, token string, i int, size int64) error {
	offset := int64(i) * int64(b.chunk)
	text := b.text[i%chunkKinds]
	if short := b.content(i, size); len(short) < b.chunk {
		text = []byte(base64.StdEncoding.EncodeToString(short))
	}
	head := b.envelope("AppendChunk") + fmt.Sprintf("<uploadToken>%s</uploadToken><partNumber>%d</partNumber><data>", token, i)
	tail := fmt.Sprintf("</data><offset>%d</offset></AppendChunk></s:Body></s:Envelope>", offset)
	a, err := c.do(ctx, request{method: "POST", target: chunkTarget, header: []string{"Content-Type: text/xml; charset=utf-8"},
		prefix: append([]byte(head), text...), suffix: []byte(tail)})
	if err == nil {
		err = a.expect("AppendChunk", 200)
	}
	if err == nil && !bytes.Contains(a.body, []byte(">true<")) {
		err = fmt.Errorf("AppendChunk: %.300q", a.body)
	}
	return err
}

// all sends the chunks of a file, in order or in the order given, from the clients
// that there are.
func (b *chunkBench) all(ctx context.Context, addr, token string, size int64, order []int) error {
	var next atomic.Int64
	count := b.chunksOf(size)
	failures := make([]error, b.clients)
	var running sync.WaitGroup
	for k := range b.clients {
		running.Go(func() {
			c := newConn(addr)
			defer c.close()
			for failures[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				if order != nil {
					i = order[i]
				}
				failures[k] = b.append(ctx, c, token, i, size)
			}
		})
	}
	running.Wait()
	return errors.Join(failures...)
}

// rates measures whole files in chunks, peers in turn.
func (b *chunkBench) rates(ctx context.Context, size int64, reps int) error {
	sum := b.sum(size)
	result := table{head: []string{"Peer", "MB/s", "server CPU s", "peak MiB", "written per byte", "complete ms"}}
	var bare, ours, deferred []float64
	for range reps {
		for _, p := range []struct {
			name  string
			peer  peer
			rates *[]float64
		}{{"bare base64", b.bare(), &bare}, {"sluice", b.sluice(), &ours}, {"sluice deferred", b.sluice("SLUICE_DIGEST=deferred"), &deferred}} {
			row, rate, err := b.rate(ctx, p.name, p.peer, size, sum)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			*p.rates = append(*p.rates, rate)
			result.rows = append(result.rows, row)
		}
	}
	fmt.Printf("%s in SOAP chunks of %s, %d in parallel\n\n%s\n", byteSize(size), byteSize(b.chunk), b.clients, result.markdown())
	median := func(list []float64) float64 { slices.Sort(list); return list[len(list)/2] }
	fmt.Printf("Ratio to the bare handler (medians): %.2f; with the SHA-256 deferred %.2f\n\n", median(ours)/median(bare), median(deferred)/median(bare))
	return nil
}

func (b *chunkBench) rate(ctx context.Context, name string, p peer, size int64, sum string) (row []string, rate float64, err error) {
	s, err := startServer(ctx, b.root, p)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c := newConn(s.place.addr)
	defer c.close()
	token := "0123456789abcdef0123456789abcdef"
	real := p.group == groupSluice
	if real {
		if token, err = b.start(ctx, c, "bench.bin", size, sum); err != nil {
			return nil, 0, err
		}
	}
	pid := s.command.Process.Pid
	resetPeak(pid)
	before := usageOf(pid)
	began := time.Now()
	if err := b.all(ctx, s.place.addr, token, size, nil); err != nil {
		return nil, 0, err
	}
	took := time.Since(began)
	ended := time.Now()
	if real {
		if err := b.complete(ctx, c, token, "bench.bin", sum); err != nil {
			return nil, 0, err
		}
	}
	completed := time.Since(ended)
	if err := syncFileSystem(s.place.data); err != nil {
		return nil, 0, err
	}
	after := usageOf(pid)
	rate = float64(size) / 1e6 / took.Seconds()
	return []string{name, fmt.Sprintf("%.0f", rate), fmt.Sprintf("%.1f", (after.cpu - before.cpu).Seconds()), fmt.Sprintf("%.0f", float64(after.peak)/(1<<20)),
		fmt.Sprintf("%.2f", float64(after.written-before.written)/float64(size)), fmt.Sprintf("%.0f", completed.Seconds()*1e3)}, rate, nil
}

// memory measures the server's memory with 64 chunks in parallel.
func (b *chunkBench) memory(ctx context.Context) error {
	const parallel = 64
	wide := *b
	wide.clients = parallel
	row, _, err := wide.rate(ctx, "sluice", b.sluice(), 512<<20, b.sum(512<<20))
	if err != nil {
		return err
	}
	fmt.Printf("%d chunks in parallel: peak memory %s MiB\n\n", parallel, row[3])
	return nil
}

// completion measures what is left to do when the last chunk of a large file has come.
func (b *chunkBench) completion(ctx context.Context, size int64) error {
	if size == 0 {
		return nil
	}
	sum := b.sum(size)
	result := table{head: []string{"Chunks came", "upload s", "complete s"}}
	for _, way := range []string{"in order", "in random order"} {
		var order []int
		if way != "in order" {
			order = rand.New(rand.NewPCG(1, 2)).Perm(b.chunksOf(size))
		}
		err := func() (err error) {
			s, err := startServer(ctx, b.root, b.sluice())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.stop()) }()
			c := newConn(s.place.addr)
			defer c.close()
			token, err := b.start(ctx, c, "large.bin", size, sum)
			if err != nil {
				return err
			}
			began := time.Now()
			if err := b.all(ctx, s.place.addr, token, size, order); err != nil {
				return err
			}
			uploaded := time.Now()
			if err := b.complete(ctx, c, token, "large.bin", sum); err != nil {
				return err
			}
			result.rows = append(result.rows, []string{way, fmt.Sprintf("%.1f", uploaded.Sub(began).Seconds()), fmt.Sprintf("%.2f", time.Since(uploaded).Seconds())})
			return nil
		}()
		if err != nil {
			return err
		}
	}
	fmt.Printf("CompleteFileUpload of %d bytes with a SHA-1\n\n%s\n", size, result.markdown())
	return nil
}

// crowd measures chunks of one upload before and after many others were begun.
func (b *chunkBench) crowd(ctx context.Context, open int) (err error) {
	if open == 0 {
		return nil
	}
	s, err := startServer(ctx, b.root, b.sluice())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c := newConn(s.place.addr)
	defer c.close()
	const samples = 400
	sample := func() (float64, error) {
		token, err := b.start(ctx, c, filepath.Base(s.place.work)+".bin", samples*int64(b.chunk), "")
		if err != nil {
			return 0, err
		}
		took := make([]float64, 0, samples)
		for i := range samples {
			began := time.Now()
			if err := b.append(ctx, c, token, i, samples*int64(b.chunk)); err != nil {
				return 0, err
			}
			took = append(took, time.Since(began).Seconds()*1e3)
		}
		slices.Sort(took)
		return took[len(took)/2], nil
	}
	result := table{head: []string{"Open uploads", "median of a chunk, ms"}}
	for n := 0; n <= open; {
		median, err := sample()
		if err != nil {
			return err
		}
		result.rows = append(result.rows, []string{fmt.Sprint(n), fmt.Sprintf("%.2f", median)})
		step := max(n*9, 100)
		if n == open {
			break
		}
		step = min(step, open-n)
		for range step {
			token, err := b.start(ctx, c, "open.bin", 1<<20, "")
			if err != nil {
				return err
			}
			if err := b.append(ctx, c, token, 0, int64(b.chunk)); err != nil {
				return err
			}
		}
		n += step
	}
	fmt.Printf("One client's chunks of %s among open uploads\n\n%s\n", byteSize(b.chunk), result.markdown())
	return nil
}
