package engine_test

import (
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestQuotas(t *testing.T) {
	first := file{"", "a.xml", "12345"}
	tests := map[string]struct {
		settings ingest.CompanySettings
		who      string
		second   file
		over     bool
		refused  string // in the message; "" = stored
	}{
		"bytes, exactly":              {ingest.CompanySettings{QuotaBytes: 8}, "", file{"", "b.xml", "678"}, false, ""},
		"bytes, one too many":         {ingest.CompanySettings{QuotaBytes: 7}, "", file{"", "b.xml", "678"}, false, "the company's quota is 7 bytes, 5 are used and 3 more were sent"},
		"files, exactly":              {ingest.CompanySettings{QuotaFiles: 2}, "", file{"", "b.xml", "6"}, false, ""},
		"files, one too many":         {ingest.CompanySettings{QuotaFiles: 1}, "", file{"", "b.xml", "6"}, false, "the company's quota of 1 files is used up"},
		"user's bytes, exactly":       {ingest.CompanySettings{UserQuotaBytes: 8}, "", file{"", "b.xml", "678"}, false, ""},
		"user's bytes, one too many":  {ingest.CompanySettings{UserQuotaBytes: 7}, "", file{"", "b.xml", "678"}, false, "the user's quota is 7 bytes"},
		"user's files, one too many":  {ingest.CompanySettings{UserQuotaFiles: 1}, "", file{"", "b.xml", "6"}, false, "the user's quota of 1 files"},
		"another user's are his own":  {ingest.CompanySettings{UserQuotaFiles: 1, UserQuotaBytes: 5}, "colleague", file{"", "b.xml", "67890"}, false, ""},
		"the company's are everyones": {ingest.CompanySettings{QuotaFiles: 1}, "colleague", file{"", "b.xml", "6"}, false, "the company's quota of 1 files"},
		"a replacement is no file":    {ingest.CompanySettings{QuotaFiles: 1}, "", file{"", "a.xml", "123456"}, true, ""},
		"a replacement's difference":  {ingest.CompanySettings{QuotaBytes: 7}, "", file{"", "a.xml", "1234567"}, true, ""},
		"a replacement too large":     {ingest.CompanySettings{QuotaBytes: 7}, "", file{"", "a.xml", "12345678"}, true, "5 are used and 3 more were sent"},
		"a smaller one always fits":   {ingest.CompanySettings{QuotaBytes: 1}, "", file{"", "a.xml", "1"}, true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(w.editor, w.job("first"), first)
			w.settings(w.demo, tt.settings)
			who := w.editor
			if tt.who != "" {
				who = w.colleague
			}
			j, out := w.deliver(who, w.job("second", func(s *engine.JobSpec) { s.Processing.Overwrite = tt.over }), tt.second)
			if tt.refused == "" {
				if out[0].Asset == nil {
					t.Errorf("refused: %s", out[0].Reason)
				}
				return
			}
			if out[0].Asset != nil {
				t.Fatal("stored")
			}
			if row := w.row(j.Number, ingest.LogUploadError); !strings.Contains(row.Message, tt.refused) {
				t.Errorf("message %q, want %q in it", row.Message, tt.refused)
			}
			if got := w.usage(w.demo, ingest.Principal{}); got != (ingest.Usage{Files: 1, Bytes: 5}) {
				t.Errorf("usage %+v", got)
			}
			if n := w.blobCount(); n != 1 {
				t.Errorf("%d blobs", n)
			}
		})
	}
}

// Several files of one delivery count together.
func TestQuotaWithinADelivery(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{QuotaBytes: 5})
	_, out := w.deliver(w.editor, w.job("three"), file{"", "a.xml", "123"}, file{"", "b.xml", "456"}, file{"", "c.xml", "78"})
	if out[0].Asset == nil || out[1].Asset != nil || out[2].Asset == nil {
		t.Errorf("outcomes %+v", out)
	}
}

// Trash gives its quota back.
func TestTrashCountsForNothing(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{QuotaFiles: 1, UserQuotaBytes: 3})
	w.trash(w.put(w.editor, w.job("first"), file{"", "a.xml", "123"}))
	w.put(w.editor, w.job("second"), file{"", "b.xml", "123"})
}

// Begin refuses what cannot fit, before any byte is sent, and Finish what does
// not fit any more.
func TestQuotaOfUploads(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{QuotaBytes: 5})
	spec := engine.BeginSpec{Company: w.demo.Number, Door: ingest.DoorTus, Open: &engine.JobSpec{Name: "j"}, FileName: "u.xml", Size: 6}
	_, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	spec.Size = 5
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	_, err = w.engine.Write(w.ctx, w.editor, u.UUID, 0, strings.NewReader("12345"), engine.WriteSpec{})
	w.ok(err)
	w.put(w.editor, w.job("between"), file{"", "a.xml", "1"})
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1})
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	if got, want := ingest.Message(err), "u.xml: the company's quota is 5 bytes, 1 are used and 5 more were sent."; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	_, err = w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: -1})
	w.refused(err, ingest.Conflict, ingest.CodeExists) // it is over; the log says why
	if row := w.row(u.Job, ingest.LogUploadError); !strings.Contains(row.Message, "the company's quota is 5 bytes") {
		t.Errorf("message %q", row.Message)
	}
	if n := w.blobCount(); n != 1 {
		t.Errorf("%d blobs", n)
	}
}
