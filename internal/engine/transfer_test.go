package engine_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

const cipher = "<html>\x00 not what it seems"

// allocate asks for an object as an app does that knows the company's address.
func (w *world) allocate(size int64, address string) (string, error) {
	secret, err := w.engine.TransferSecret(w.ctx, w.demo.Number)
	if err != nil {
		return "", err
	}
	token, _, err := w.engine.AllocateTransfer(w.ctx, engine.TransferSpec{
		Company: w.demo.Number, Secret: secret, ContentType: "image/jpeg", Size: size, Address: address,
	})
	return token, err
}

func (w *world) allocated(size int64) string {
	w.t.Helper()
	token, err := w.allocate(size, "192.0.2.7")
	w.ok(err)
	return token
}

func (w *world) putObject(token, body string) (bool, error) {
	return w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, ContentType: "image/jpeg", Length: -1}, strings.NewReader(body))
}

func (w *world) object(token string) string {
	w.t.Helper()
	f, err := w.engine.OpenTransfer(w.ctx, 0, token)
	w.ok(err)
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	w.ok(err)
	return fmt.Sprintf("%s %s", f.ContentType, b)
}

func TestTransfer(t *testing.T) {
	w := newWorld(t)
	token := w.allocated(int64(len(cipher)))
	if len(token) < 33 {
		t.Errorf("token %q", token)
	}
	_, err := w.engine.OpenTransfer(w.ctx, 0, token)
	w.refused(err, ingest.NotFound, "") // nothing is there yet
	for _, body := range []string{cipher[1:], cipher + "x"} {
		_, err := w.putObject(token, body)
		w.refused(err, ingest.Mismatch, "")
	}
	created, err := w.putObject(token, cipher)
	w.ok(err)
	if !created {
		t.Error("not created")
	}
	matches(t, "object", w.object(token), "image/jpeg "+cipher)
	created, err = w.putObject(token, cipher)
	w.ok(err)
	if created {
		t.Error("created twice")
	}
	_, err = w.putObject(token, strings.ToUpper(cipher))
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	matches(t, "object, after other bytes", w.object(token), "image/jpeg "+cipher)

	assets, err := w.engine.Assets(w.ctx, w.editor, engine.AssetQuery{}, ingest.Page{Limit: 5})
	w.ok(err)
	if len(assets) != 1 || assets[0].Path != "Softphone/Encrypted/" || assets[0].Type != ingest.TypeOther || assets[0].State != ingest.AssetReady || assets[0].CreatedBy != 0 {
		t.Fatalf("assets %+v", assets)
	}
	if strings.Contains(assets[0].FileName, token) {
		t.Error("the token is in the file's name")
	}
	matches(t, "steps", len(w.claim()), 0)
	matches(t, "log", w.log(w.storedVersionJob(assets[0])), whole("UploadSuccess "+assets[0].FileName))
}

func TestTransferIsTheCompanys(t *testing.T) {
	w := newWorld(t)
	token := w.allocated(int64(len(cipher)))
	_, err := w.engine.PutTransfer(w.ctx, engine.TransferPut{Company: w.other.Number, Token: token, Length: -1}, strings.NewReader(cipher))
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, ContentType: "video/mp4", Length: -1}, strings.NewReader(cipher))
	w.refused(err, ingest.Invalid, ingest.CodeUnsupported)
	_, err = w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, Length: 7}, strings.NewReader(cipher))
	w.refused(err, ingest.Mismatch, "")
	_, err = w.putObject("unknown", cipher)
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.PutTransfer(w.ctx, engine.TransferPut{Company: w.demo.Number, Token: token, Length: int64(len(cipher))}, strings.NewReader(cipher))
	w.ok(err)
	_, err = w.engine.OpenTransfer(w.ctx, w.other.Number, token)
	w.refused(err, ingest.NotFound, "")
}

func TestWhoMayAllocate(t *testing.T) {
	w := newWorld(t)
	try := func(secret string) error {
		_, _, err := w.engine.AllocateTransfer(w.ctx, engine.TransferSpec{Company: w.demo.Number, Secret: secret, Size: 5, Address: "192.0.2.7"})
		return err
	}
	w.refused(try(""), ingest.NotFound, "") // before the secret has been made
	secret, err := w.engine.TransferSecret(w.ctx, w.demo.Number)
	w.ok(err)
	again, err := w.engine.TransferSecret(w.ctx, w.demo.Number)
	w.ok(err)
	if len(secret) < 26 || again != secret {
		t.Errorf("secrets %q, %q", secret, again)
	}
	w.refused(try(""), ingest.NotFound, "")
	w.refused(try(secret+"x"), ingest.NotFound, "")
	w.ok(try(secret))
	w.softphone(ingest.SoftphoneSettings{MMMSG: ingest.TransferOpen})
	w.ok(try(""))
	w.softphone(ingest.SoftphoneSettings{MMMSG: ingest.TransferOff})
	w.refused(try(secret), ingest.NotFound, "")
	_, err = w.engine.TransferSecret(w.ctx, w.demo.Number)
	w.refused(err, ingest.NotFound, "")
}

func TestTransferLimits(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MMMSGMax: 100, MMMSGRate: 3, MMMSGNetDayBytes: 150, MMMSGDayBytes: 220})
	_, err := w.allocate(101, "192.0.2.7")
	w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	_, err = w.allocate(-1, "192.0.2.7")
	w.refused(err, ingest.Invalid, ingest.CodeMissing)
	body := strings.Repeat("x", 100)
	one, two := w.allocated(100), w.allocated(100)
	_, err = w.putObject(one, body)
	w.ok(err)
	unread := &meanwhile{Reader: strings.NewReader(body), do: func() { t.Error("the body was read") }}
	_, err = w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: two, Length: -1}, unread) // what was free at allocation is not any more
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	_, err = w.allocate(100, "192.0.2.7")
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	w.allocated(50)
	_, err = w.allocate(50, "192.0.2.7")
	w.refused(err, ingest.Throttled, ingest.CodeLimit)
	other, err := w.allocate(100, "2001:db8::1")
	w.ok(err)
	_, err = w.putObject(other, body)
	w.ok(err)
	_, err = w.allocate(60, "2001:db8:0:0:1::9") // the same network
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	_, err = w.allocate(60, "198.51.100.1")
	w.refused(err, ingest.TooLarge, ingest.CodeQuota) // the company's day
	w.clock.move(24 * time.Hour)
	w.allocated(100)
	w.settings(w.demo, ingest.CompanySettings{QuotaBytes: 210})
	_, err = w.allocate(100, "198.51.100.1")
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
}

// An object lives a week, one that a message names as long as media do.
func TestTransferLifetimes(t *testing.T) {
	w := newWorld(t)
	filled := func() string {
		token := w.allocated(int64(len(cipher)))
		_, err := w.putObject(token, cipher)
		w.ok(err)
		return token
	}
	kept, lost, empty := filled(), filled(), w.allocated(5)
	_, err := w.engine.SendMessage(w.ctx, w.editor, w.demo.Number, engine.MessageSpec{To: []string{"colleague"}, Body: "{}", Transfers: []string{"unknown", kept}})
	w.ok(err)
	_, err = w.engine.SendMessage(w.ctx, w.outsider, w.other.Number, engine.MessageSpec{To: []string{"outsider"}, Body: "{}", Transfers: []string{lost}})
	w.ok(err)
	w.clock.move(24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	_, err = w.putObject(empty, "12345")
	w.refused(err, ingest.Gone, "")
	w.object(lost)
	w.clock.move(6 * 24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	_, err = w.engine.OpenTransfer(w.ctx, 0, lost)
	w.refused(err, ingest.Gone, "")
	_, err = w.putObject(lost, cipher)
	w.refused(err, ingest.Gone, "")
	w.object(kept)
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs", n)
	}
	w.clock.move(23 * 24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	_, err = w.engine.OpenTransfer(w.ctx, 0, kept)
	w.refused(err, ingest.Gone, "")
	w.clock.move(31 * 24 * time.Hour)
	_, err = w.engine.OpenTransfer(w.ctx, 0, kept)
	w.refused(err, ingest.NotFound, "")
}

// Of several who fill one object at once, one makes it and the others find it made.
func TestTransferFilledAtOnce(t *testing.T) {
	w := newWorld(t)
	token := w.allocated(int64(len(cipher)))
	var wg sync.WaitGroup
	made := make([]bool, 8)
	errs := make([]error, 8)
	for i := range made {
		wg.Go(func() { made[i], errs[i] = w.putObject(token, cipher) })
	}
	wg.Wait()
	count := 0
	for i := range made {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		if made[i] {
			count++
		}
	}
	if count != 1 || w.assetCount(w.demo) != 1 || w.blobCount() != 1 {
		t.Errorf("made %d times, %d assets, %d blobs", count, w.assetCount(w.demo), w.blobCount())
	}
}

// meanwhile is a body that lets something happen when it is first read.
type meanwhile struct {
	io.Reader
	once sync.Once
	do   func()
}

func (m *meanwhile) Read(p []byte) (int, error) {
	m.once.Do(m.do)
	return m.Reader.Read(p)
}

// Bytes that come second are not taken for those that came first.
func TestTransferFilledMeanwhile(t *testing.T) {
	w := newWorld(t)
	token := w.allocated(int64(len(cipher)))
	body := &meanwhile{Reader: strings.NewReader(strings.ToUpper(cipher)), do: func() {
		_, err := w.putObject(token, cipher)
		w.ok(err)
	}}
	_, err := w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, Length: -1}, body)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	matches(t, "object", w.object(token), "image/jpeg "+cipher)
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs", n)
	}
}

// The life of an object counts from its bytes on, also when it is shorter than the
// time that these may take.
func TestShortTransferLifetime(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MMMSGLifetime: time.Hour})
	token := w.allocated(int64(len(cipher)))
	w.clock.move(2 * time.Hour)
	_, err := w.putObject(token, cipher)
	w.ok(err)
	w.clock.move(59 * time.Minute)
	w.object(token)
	w.clock.move(time.Minute)
	_, err = w.engine.OpenTransfer(w.ctx, 0, token)
	w.refused(err, ingest.Gone, "")
}
