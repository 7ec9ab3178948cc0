package engine_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// photoshop is the header of a Photoshop file.
func photoshop(version, depth, mode uint16) string {
	head := binary.BigEndian.AppendUint16([]byte("8BPS"), version)
	head = append(head, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 9)
	return string(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(head, depth), mode))
}

func TestPhotoshopFilesThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		body  string
		words string // "" = taken
	}{
		"RGB":            {photoshop(1, 8, 3), ""},
		"CMYK, 16 bit":   {photoshop(1, 16, 4), ""},
		"bitmap":         {photoshop(1, 1, 0), ""},
		"gray":           {photoshop(1, 8, 1), ""},
		"Indexed":        {photoshop(1, 8, 2), "Indexed mode"},
		"Multichannel":   {photoshop(1, 8, 7), "Multichannel mode"},
		"Duotone":        {photoshop(1, 8, 8), "Duotone mode"},
		"Lab":            {photoshop(1, 16, 9), "Lab mode"},
		"32 bit":         {photoshop(1, 32, 3), "32 bits for each channel are not taken, the limit is 16"},
		"PSB":            {photoshop(2, 8, 3), "PSB"},
		"cut off":        {photoshop(2, 8, 9)[:25], ""},
		"another format": {"8BIM and more than twenty-six bytes", ""},
		"nothing":        {"", ""},
	} {
		file := file{name: strings.ReplaceAll(name, ",", "") + ".psd", body: tt.body}
		job, out := w.deliver(w.editor, w.job(name), file)
		if tt.words == "" {
			if out[0].Asset == nil {
				t.Errorf("%s was not stored: %s", name, out[0].Reason)
			}
			continue
		}
		row := w.row(job.Number, ingest.LogUploadError)
		if out[0].Asset != nil || !strings.Contains(row.Message, file.name+": ") || !strings.Contains(row.Message, tt.words) {
			t.Errorf("%s: %+v, log %q, want %q", name, out[0], row.Message, tt.words)
		}
	}
	if got := w.assetCount(w.demo); got != 7 {
		t.Errorf("%d assets, want the 7 that are taken", got)
	}
}
