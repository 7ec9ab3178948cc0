package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// refusals lists what the logs of all jobs say of refused files.
func (w *world) refusals() []string {
	w.t.Helper()
	list := []string{}
	for _, j := range w.jobs() {
		for _, r := range w.rows(j.Number) {
			if r.Type == ingest.LogUploadError {
				list = append(list, fmt.Sprintf("%s %s %s", j.State, j.Address, r.Message))
			}
		}
	}
	return list
}

func TestRefusedTransfersAreLogged(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MMMSGMax: 100})
	token := w.allocated(int64(len(cipher)))
	for range 3 {
		_, err := w.putObject(token, cipher[1:])
		w.refused(err, ingest.Mismatch, "")
		_, err = w.allocate(101, "192.0.2.8")
		w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	}
	_, err := w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, ContentType: "video/mp4", Length: -1}, strings.NewReader(cipher))
	w.refused(err, ingest.Invalid, ingest.CodeUnsupported)
	_, err = w.putObject("unknown", cipher)
	w.refused(err, ingest.NotFound, "")
	_, _, err = w.engine.AllocateTransfer(w.ctx, engine.TransferSpec{Company: w.demo.Number, Secret: "guessed", Size: 101, Address: "192.0.2.9"})
	w.refused(err, ingest.NotFound, "")
	_, _, err = w.engine.AllocateTransfer(w.ctx, engine.TransferSpec{Company: w.demo.Number, Secret: "guessed", Size: -1, Address: "192.0.2.9"})
	w.refused(err, ingest.Invalid, ingest.CodeMissing)
	want := []string{
		"Done 192.0.2.7 transfer-1: the object has 24 bytes or more, 25 were allocated.",
		"Done 192.0.2.8 allocation: the file has 101 bytes, the limit is 100.",
		"Done 192.0.2.7 transfer-1: the object was allocated as \"image/jpeg\" and is sent as \"video/mp4\".",
	}
	matches(t, "refusals", w.refusals(), want)
	w.clock.move(time.Hour)
	_, err = w.allocate(101, "192.0.2.8")
	w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	matches(t, "refusals of the next hour", len(w.refusals()), 4)
}

// Many callers who are refused leave few rows.
func TestRefusedTransfersAreFew(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MMMSGMax: 100})
	for i := range 130 {
		_, err := w.allocate(101, fmt.Sprintf("192.0.2.%d", i))
		w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	}
	matches(t, "refusals", len(w.refusals()), 100)
}

// What was allocated is not filled any more when the company gives the service up, not
// even while the bytes are on their way.
func TestTransferOfAClosedService(t *testing.T) {
	close := map[string]struct {
		do   func(w *world)
		code ingest.Code
	}{
		"switched off": {func(w *world) { w.softphone(ingest.SoftphoneSettings{MMMSG: ingest.TransferOff}) }, ""},
		"expired": {func(w *world) {
			w.expire(w.demo, w.clock.now())
		}, ingest.CodeCompanyExpired},
	}
	for name, c := range close {
		for _, when := range []string{"before", "meanwhile"} {
			t.Run(name+" "+when, func(t *testing.T) {
				w := newWorld(t)
				token := w.allocated(int64(len(cipher)))
				body := &meanwhile{Reader: strings.NewReader(cipher), do: func() { c.do(w) }}
				if when == "before" {
					c.do(w)
					body.do = func() { t.Error("the body was read") }
				}
				_, err := w.engine.PutTransfer(w.ctx, engine.TransferPut{Token: token, Length: -1}, body)
				w.refused(err, ingest.Forbidden, c.code)
				matches(t, "assets", w.assetCount(w.demo), 0)
				matches(t, "refusals", len(w.refusals()), 1)
			})
		}
	}
}

// Objects that are allocated and never filled are bounded for a network and for all.
func TestAllocationsOfADay(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MMMSG: ingest.TransferOpen, MMMSGDayCount: 3, MMMSGNetDayCount: 2})
	try := func(address string, code ingest.Code) {
		t.Helper()
		_, err := w.allocate(1, address)
		if code == "" {
			w.ok(err)
			return
		}
		w.refused(err, ingest.TooLarge, code)
	}
	try("192.0.2.7", "")
	w.clock.move(time.Hour)
	try("192.0.2.7", "")
	try("192.0.2.7", ingest.CodeQuota)
	try("2001:db8::1", "")
	try("2001:db8::2", ingest.CodeQuota)
	w.clock.move(24 * time.Hour)
	try("192.0.2.7", "")
}

// Permissions are about people: who may use the service is the company's setting for it.
func TestTransferBesidePermissions(t *testing.T) {
	w := newWorld(t)
	token := w.allocated(int64(len(cipher)))
	groups := map[string]ingest.Number{"e": w.group(w.demo, "e", w.editor.User)}
	w.put(w.boss, w.job("j"), file{"Softphone", "other.jpg", "x"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "Softphone/", engine.SetPermissions, entries(groups, "e Read +"), false))
	created, err := w.putObject(token, cipher)
	w.ok(err)
	if !created {
		t.Error("not created")
	}
}
