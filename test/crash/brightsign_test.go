package crash_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// brightPoints lists where TestKillBrightSign strikes.
func brightPoints() []point {
	return []point{
		{"stage.created", receiving, 1},
		{"write.begin", receiving, 6},
		{"stage.rewrite.invalidated", receiving, 1},
		{"stage.write.before-ledger", receiving, 6},
		{"stage.write.recorded", receiving, 6},
		{"write.recorded", receiving, 6},
		{"finish.sealing", receiving, 1},
		{"seal.begin", receiving, 1},
		{"seal.synced", receiving, 1},
		{"seal.renamed", receiving, 1},
		{"seal.dir-synced", receiving, 1},
		{"seal.done", receiving, 1},
		{"finish.sealed", receiving, 1},
		{"finish.committed", receiving, 1},
		{"session.committed", receiving, 1},
	}
}

// TestKillBrightSign kills servers between the chunks of an upload and while it, or the
// web page that it belongs to, is completed. Its client goes on after the restart with
// what was not answered, and in the end there is one file with its bytes (checks 20 and
// 21 of the contract, for servers that end without warning).
//
// SLUICE_TEST_CRASH_BRIGHTSIGN_ROUNDS is the number of uploads (25, with -short 15).
func TestKillBrightSign(t *testing.T) {
	rounds := int64(25)
	if testing.Short() {
		rounds = 15
	}
	rounds = number(t, "SLUICE_TEST_CRASH_BRIGHTSIGN_ROUNDS", rounds)
	seed := number(t, "SLUICE_TEST_CRASH_SEED", time.Now().UnixNano())
	k := &brightKill{suite: suite{program: buildProgram(t), strikes: map[string]int{}}}
	k.workload = workload{book: newBook(), random: rand.New(rand.NewPCG(uint64(seed), 1))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; the end of the last server's log:\n%s", seed, k.tail())
		}
	})
	all := brightPoints()
	for i := range rounds {
		u := k.newUpload(int(i), k.random.IntN(3) == 0 || i < int64(len(all)) && all[i].name == "session.committed")
		at, after := "", 1
		switch must := i < int64(len(all)); {
		case must:
			at = all[i].name
		case k.random.IntN(2) == 0:
			p := all[k.random.IntN(len(all))]
			at, after = p.name, 1+k.random.IntN(p.most)
		}
		what := fmt.Sprintf("round %d, %s", i, u)
		if struck := k.upload(t, what, u, at, after); at != "" {
			what += fmt.Sprintf(", %s, passing %d", at, after)
			if !struck && i < int64(len(all)) {
				t.Fatalf("%s: the server did not pass it", what)
			}
		}
		k.serve(t, what, func(c *client) error { return k.verify(t.Context(), c, u) })
		k.audited(t, what, false)
	}
	k.audited(t, "at the end", true)
	t.Logf("%d uploads; up to %d staged files are of starts that were not answered", rounds, k.abandoned)
	for where, n := range k.strikes {
		t.Logf("%4d × %s", n, where)
	}
	for _, p := range all {
		if rounds >= int64(len(all)) && k.strikes[p.name] == 0 {
			t.Errorf("%s was never struck", p)
		}
	}
}

// brightKill is one run of the test.
type brightKill struct {
	suite
	abandoned int // files of uploads that may be open and of which no client knows
}

// upload carries out an upload, on a server that kills itself at the point or, with
// none, is killed at a random moment, and on others after it. It reports whether the
// point was struck.
func (k *brightKill) upload(t *testing.T, what string, u *brightUpload, at string, after int) (struck bool) {
	t.Helper()
	for try := 0; ; try++ {
		server := k.start(t, at, after)
		address := server.ready(t)
		if address == "" {
			t.Fatalf("%s: the server ended before it was ready: %s", what, server.command.ProcessState)
		}
		c := newClient(address)
		begun := u.token != ""
		// The first login takes longer than all the rest.
		if _, err := c.bright(t.Context(), "GetFileUploadStatus", "<uploadToken>nobody</uploadToken>"); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if at == "" && !struck && (try == 0 || try < 4 && k.random.IntN(2) == 0) {
			c.http.Transport = k.killer(c.http.Transport, u, server)
		}
		err := u.goOn(t.Context(), c)
		c.close()
		if answer, ok := errors.AsType[*refused](err); ok {
			t.Fatalf("%s: %v", what, answer)
		}
		if problem, ok := errors.AsType[*wrong](err); ok {
			t.Fatalf("%s: %v", what, problem)
		}
		if !begun && u.token == "" {
			k.abandoned += 2 // each has two
			if u.page != nil {
				k.abandoned += 2
			}
		}
		if err == nil {
			server.kill()
			return struck
		}
		if !server.endsWithin(mustStrikeWithin) {
			t.Fatalf("%s: a request got no answer from a server that had not ended: %v", what, err)
		}
		k.end(t, server, true)
		where := at
		if at == "" {
			where = "a random moment, " + u.phase
		}
		k.strikes[where]++
		struck = struck || at != ""
		at = ""
	}
}

// killer kills a server at a random moment around one of the requests of an upload.
type killer struct {
	http.RoundTripper
	left atomic.Int64 // requests before it
	wait time.Duration
	kill func()
}

func (k *brightKill) killer(through http.RoundTripper, u *brightUpload, server *process) *killer {
	requests := len(u.pieces) + 4
	if u.page != nil {
		requests += 4
	}
	strike := &killer{RoundTripper: through, wait: time.Duration(k.random.Int64N(int64(4 * time.Millisecond))), kill: func() { _ = server.command.Process.Kill() }}
	strike.left.Store(k.random.Int64N(int64(requests)))
	return strike
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.left.Add(-1) == -1 {
		go func() {
			time.Sleep(k.wait)
			k.kill()
		}()
	}
	return k.RoundTripper.RoundTrip(r)
}

func (k *killer) CloseIdleConnections() { k.RoundTripper.(*http.Transport).CloseIdleConnections() }

// wrong is an answer of success that is not what it should be.
type wrong struct{ text string }

func (w *wrong) Error() string { return w.text }

// piece is a chunk that is to be sent.
type piece struct {
	part   int
	offset int
	bytes  []byte
}

// brightUpload is an upload and how far its client has come.
type brightUpload struct {
	name    string
	content []byte
	sum     string    // SHA-1, in lower-case digits
	tells   bool      // the client says it at the start
	pieces  [][]piece // what was not answered yet; the pieces of a list are sent in order
	token   string
	number  int64 // of the content, once it is known
	phase   string
	page    *brightPage // nil = it is a file by itself
}

// brightPage is the web page whose own file an upload is, with one other file.
type brightPage struct {
	session, style string // tokens
	styled         bool   // the other file is complete
}

// newUpload makes up a file. One of its chunks is sent with other bytes first.
func (k *brightKill) newUpload(i int, page bool) *brightUpload {
	r := k.random
	sizes := []int{256_000, 262_144, 64 << 10, 100_001}
	size := sizes[r.IntN(len(sizes))]
	u := &brightUpload{name: fmt.Sprintf("b%05d.zip", i), tells: r.IntN(2) == 0}
	u.content = content{name: u.name, length: size*(2+r.IntN(6)) + r.IntN(size)}.bytes()
	if page {
		u.page = &brightPage{}
	}
	sum := sha1.Sum(u.content)
	u.sum = hex.EncodeToString(sum[:])
	again := r.IntN(len(u.content) / size)
	for part, bytes := range slices.Collect(slices.Chunk(u.content, size)) {
		list := []piece{{part, part * size, bytes}}
		if part == again {
			list = slices.Insert(list, 0, piece{part, part * size, content{name: "other " + u.name, length: len(bytes)}.bytes()})
		}
		u.pieces = append(u.pieces, list)
	}
	r.Shuffle(len(u.pieces), func(i, j int) { u.pieces[i], u.pieces[j] = u.pieces[j], u.pieces[i] })
	return u
}

func (u *brightUpload) String() string {
	return fmt.Sprintf("%s, %d bytes in %d chunks", u.name, len(u.content), len(u.pieces))
}

// goOn does what is left to be done, until one request gets no answer.
func (u *brightUpload) goOn(ctx context.Context, c *client) error {
	if u.token == "" {
		u.phase = "start"
		about := "<a:FileName>" + u.name + "</a:FileName><a:FileSize>" + strconv.Itoa(len(u.content)) + "</a:FileSize>"
		if u.tells {
			about += "<a:SHA1Hash>" + u.sum + "</a:SHA1Hash>"
		}
		operation := "StartFileUpload"
		if u.page != nil {
			operation = "StartWebPageUploadSession"
			about += "<a:Assets><a:WebPageAssetUploadArguments><a:FileName>" + u.name + ".css</a:FileName></a:WebPageAssetUploadArguments></a:Assets>"
		}
		started, err := c.bright(ctx, operation, "<args>"+about+`<a:VirtualPath>\Crash\</a:VirtualPath></args>`)
		if err != nil {
			return err
		}
		if u.token = started.one("UploadToken"); u.token == "" {
			return &wrong{fmt.Sprintf("the start was answered with %v", started)}
		}
		if u.page != nil {
			tokens := started["UploadToken"] // the page's own file first
			u.page.session, u.page.style = started.one("SessionToken"), tokens[len(tokens)-1]
		}
	} else {
		status, err := c.bright(ctx, "GetFileUploadStatus", "<uploadToken>"+u.token+"</uploadToken>")
		if err != nil {
			return err
		}
		if err := u.check(status); err != nil {
			return err
		}
	}
	u.phase = "chunks"
	if err := u.send(ctx, c); err != nil {
		return err
	}
	u.phase = "completion"
	if err := u.complete(ctx, c); err != nil || u.page == nil {
		return err
	}
	return u.makePage(ctx, c)
}

// makePage sends the other file of the page and completes the session, twice at a time.
func (u *brightUpload) makePage(ctx context.Context, c *client) error {
	page := u.page
	if u.phase = "other file"; !page.styled {
		if err := u.chunk(ctx, c, page.style, piece{0, 0, []byte(u.name)}); err != nil {
			if answer, ok := errors.AsType[*refused](err); !ok || !strings.Contains(answer.text, "already Completed") {
				return err
			}
		}
		if _, err := c.bright(ctx, "CompleteFileUpload", "<args><a:UploadToken>"+page.style+"</a:UploadToken></args>"); err != nil {
			return err
		}
		page.styled = true
	}
	u.phase = "page"
	return twice(func() error {
		done, err := c.bright(ctx, "CompleteWebPageUploadSession", "<args><a:SHA1Hash>"+u.sum+"</a:SHA1Hash><a:SessionToken>"+page.session+"</a:SessionToken></args>")
		if err != nil {
			return err
		}
		contents := done["ContentId"]
		if done.one("State") != "Completed" || len(contents) != 2 || contents[0] != strconv.FormatInt(u.number, 10) {
			return &wrong{fmt.Sprintf("the page of content %d is %v", u.number, done)}
		}
		return nil
	})
}

// twice does something twice at a time.
func twice(fn func() error) error {
	var group sync.WaitGroup
	var problems [2]error
	for i := range problems {
		group.Go(func() { problems[i] = fn() })
	}
	group.Wait()
	return errors.Join(problems[:]...)
}

// check judges the status after a restart.
func (u *brightUpload) check(status texts) error {
	switch state := status.one("State"); state {
	case "Queued", "Started", "Uploading":
		if len(u.pieces) == 0 {
			return &wrong{fmt.Sprintf("all chunks were answered, and after the restart the upload is %s", state)}
		}
		return nil
	case "Uploaded", "Verified":
		return nil
	case "Completed":
		if len(u.pieces) == 0 {
			return u.completed(status)
		}
	}
	return &wrong{fmt.Sprintf("after the restart, with %d chunks to be sent, the status is %v", len(u.pieces), status)}
}

// send sends the chunks that were not answered, three at a time.
func (u *brightUpload) send(ctx context.Context, c *client) error {
	left := make(chan int, len(u.pieces))
	for i := range u.pieces {
		left <- i
	}
	close(left)
	var group sync.WaitGroup
	problems := make([]error, uploaders)
	for w := range uploaders {
		group.Go(func() {
			for i := range left {
				for len(u.pieces[i]) > 0 {
					if problems[w] = u.chunk(ctx, c, u.token, u.pieces[i][0]); problems[w] != nil {
						return
					}
					u.pieces[i] = u.pieces[i][1:]
				}
			}
		})
	}
	group.Wait()
	u.pieces = slices.DeleteFunc(u.pieces, func(list []piece) bool { return len(list) == 0 })
	return errors.Join(problems...)
}

func (u *brightUpload) chunk(ctx context.Context, c *client, token string, p piece) error {
	answer, err := c.bright(ctx, "AppendChunk", fmt.Sprintf("<uploadToken>%s</uploadToken><partNumber>%d</partNumber><data>%s</data><offset>%d</offset>",
		token, p.part, base64.StdEncoding.EncodeToString(p.bytes), p.offset))
	if err == nil && answer.one("AppendChunkResult") != "true" {
		return &wrong{fmt.Sprintf("chunk %d was answered with %v", p.part, answer)}
	}
	return err
}

// complete asks twice at a time for the same, which gives the same.
func (u *brightUpload) complete(ctx context.Context, c *client) error {
	var mu sync.Mutex
	return twice(func() error {
		done, err := c.bright(ctx, "CompleteFileUpload", "<args><a:FileName>"+u.name+"</a:FileName><a:UploadToken>"+u.token+"</a:UploadToken></args>")
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		return u.completed(done)
	})
}

// completed judges the status of a complete upload.
func (u *brightUpload) completed(status texts) error {
	n, err := strconv.ParseInt(status.one("ContentId"), 10, 64)
	if err != nil || status.one("State") != "Completed" || !strings.EqualFold(status.one("SHA1Hash"), u.sum) || status.one("FileSize") != strconv.Itoa(len(u.content)) {
		return &wrong{fmt.Sprintf("its status is %v, its SHA-1 %s", status, u.sum)}
	}
	if u.number != 0 && u.number != n {
		return &wrong{fmt.Sprintf("it is content %d, it was %d", n, u.number)}
	}
	u.number = n
	return nil
}

// verify looks for the one file that came of an upload.
func (k *brightKill) verify(ctx context.Context, c *client, u *brightUpload) error {
	if _, err := c.get(ctx, "/readyz"); err != nil {
		return fmt.Errorf("/readyz: %w", err)
	}
	found, err := list[struct {
		Number int64 `json:"number"`
		asset
	}](ctx, c, "/v1/assets", company("name", u.name))
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0].Number != u.number {
		return fmt.Errorf("in the library is %v, not content %d", found, u.number)
	}
	body, err := c.get(ctx, "/v1/assets/"+found[0].UUID+"/original")
	if err != nil {
		return err
	}
	if sum := sha1.Sum(body); hex.EncodeToString(sum[:]) != u.sum {
		return fmt.Errorf("its %d bytes have the SHA-1 %x, not %s", len(body), sum, u.sum)
	}
	if err := k.logged(ctx, c, u); err != nil {
		return err
	}
	// Nothing is left of it; of uploads whose token never arrived, something may be.
	deadline := time.Now().Add(10 * time.Second)
	for {
		names, err := k.staged()
		if err != nil || len(names) <= k.abandoned {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("10 s after the restart, these are still staged: %v; %d may be, of uploads that are nobody's", names, k.abandoned)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// logged wants one job that says that the file was added, and the page's other one.
func (k *brightKill) logged(ctx context.Context, c *client, u *brightUpload) error {
	name, want := u.name, 1
	if u.page != nil {
		name, want = strings.TrimSuffix(u.name, ".zip"), 2
	}
	deadline := time.Now().Add(processedWithin)
	for {
		jobs, err := list[job](ctx, c, "/v1/jobs", company("name", name))
		if err != nil {
			return err
		}
		done := 0
		for _, j := range jobs {
			if j.State == "Done" {
				done += j.Success
			}
		}
		if done == want {
			return nil
		}
		if done > want || time.Now().After(deadline) {
			return fmt.Errorf("its jobs are %+v", jobs)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// texts are those of a reply's elements, by name and in their order.
type texts map[string][]string

// one is the first text of a name.
func (t texts) one(name string) string { return strings.Join(t[name][:min(1, len(t[name]))], "") }

// bright calls an operation of the upload service.
func (c *client) bright(ctx context.Context, operation, inner string) (texts, error) {
	const security = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	message := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><o:Security xmlns:o="` + security + `"><o:UsernameToken>` +
		`<o:Username>Demo/` + login + `</o:Username><o:Password>` + password + `</o:Password></o:UsernameToken></o:Security></s:Header><s:Body>` +
		`<` + operation + ` xmlns="https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/" xmlns:a="BSN.WebServices.Uploads.DTO.2014.07">` + inner + `</` + operation + `></s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+"/Uploads/2014/07/SOAP/Basic/", strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	reply, err := c.do(req)
	if err != nil {
		return nil, err
	}
	found := texts{}
	for d, name := xml.NewDecoder(bytes.NewReader(reply)), ""; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			found[name] = append(found[name], string(token))
		case nil:
			return nil, &wrong{fmt.Sprintf("%s: %v in %s", operation, err, reply)}
		}
	}
}
