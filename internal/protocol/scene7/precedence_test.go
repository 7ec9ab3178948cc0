package scene7

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func code(n int) string { return fmt.Sprintf("<tns:code>%d</tns:code>", n) }

// Who may not upload learns that, whatever else is wrong and in whatever order
// the parts come.
func TestPrecedenceOfFaults(t *testing.T) {
	r := newRig(t, Options{})
	anna := authPart("anna@example.org", "secret", "")
	broken := map[string]field{
		"not XML":     {name: "uploadParams", body: "{}"},
		"bad boolean": paramsPart(`<jobName>j</jobName>` + strings.Replace(options, "<overwrite>true", "<overwrite>yes", 1)),
		"too long":    paramsPart(`<jobName>j</jobName>` + options + strings.Repeat(" ", 1<<20)),
		"bad locale":  paramsPart(`<jobName>j</jobName><locale>*</locale>` + options),
	}
	for name, params := range broken {
		for user, want := range map[string]int{"anna@example.org": 10001, "": 10000} {
			auth := authPart(user, "no", "")
			for _, parts := range [][]field{{params, auth}, {auth, params}, {params, file("a.zip", "x"), auth}} {
				if _, answer := r.post(t, parts...); !strings.Contains(answer, code(want)) {
					t.Errorf("%s, order %s: %s, want %d", name, parts[0].name, answer, want)
				}
			}
		}
		if _, answer := r.post(t, params, anna); strings.Contains(answer, "authenticationFault") || strings.Contains(answer, "jobHandle>j|") {
			t.Errorf("%s with the right password: %s", name, answer)
		}
	}
	for name, wrong := range map[string]string{
		"parent in destFolder":  `<destFolder>a/../b</destFolder>`,
		"parent in fileName":    `<fileName>../b.zip</fileName>`,
		"control character":     "<jobName>j</jobName><fileName>a&#9;b.zip</fileName>",
		"a file without a name": ``,
	} {
		for _, tt := range []struct {
			auth    field
			company string
			job     string
			code    int
		}{
			{anna, "c|2", "<jobName>j</jobName>", 20006}, {anna, "c|77", "<jobName>j</jobName>", 20000},
			{authPart("vera@example.org", "secret", ""), "c|1", "<jobName>j</jobName>", 20003},
			{authPart("nora@example.org", "secret", ""), "c|1", "<jobName>j</jobName>", 20009},
			{anna, "c|1", "<jobHandle>j|1||nope|99</jobHandle>", 30001},
		} {
			params := field{name: "uploadParams", body: `<uploadPostParam><companyHandle>` + tt.company + `</companyHandle>` + tt.job + wrong + options + `</uploadPostParam>`}
			nameless := field{name: "f", body: "x", header: map[string]string{"Content-Disposition": `form-data; name="f"; filename=""`}}
			_, answer := r.post(t, tt.auth, params, nameless)
			if !strings.Contains(answer, code(tt.code)) || strings.Contains(answer, "segment") || strings.Contains(answer, "control") {
				t.Errorf("%s, company %s, %s: %s, want %d", name, tt.company, tt.job, answer, tt.code)
			}
		}
	}
}

// Names in the parameters are checked without any file, and before one is stored.
func TestNamesInTheParametersAreCheckedEarly(t *testing.T) {
	for name, tt := range map[string]struct {
		wrong, words string
		code         int
	}{
		"parent in destFolder":  {`<destFolder>a/../b</destFolder>`, "destFolder: the path", 30001},
		"parent in fileName":    {`<fileName>../b.zip</fileName>`, "fileName: the path", 30001},
		"control in destFolder": {"<destFolder>a&#9;b</destFolder>", "destFolder: the folder has the control character U+0009", 30001},
		"control in fileName":   {"<fileName>a&#10;b.zip</fileName>", "fileName: the file name has the control character U+000A", 30001},
		"no name in fileName":   {"<destFolder>x</destFolder><fileName>.</fileName>", "fileName: the path", 30002},
	} {
		for _, big := range []bool{false, true} {
			r := newRig(t, Options{})
			parts := []field{authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>` + tt.wrong + options)}
			if big {
				parts = append(parts, file("a.zip", strings.Repeat("x", 2<<20)))
			}
			_, answer := r.post(t, parts...)
			if !strings.Contains(answer, code(tt.code)) || !strings.Contains(answer, "<tns:reason>"+tt.words) {
				t.Errorf("%s: %s", name, answer)
			}
			if len(r.stages.sizes) != 0 {
				t.Errorf("%s: the file was stored before it was refused", name)
			}
		}
	}
}

func TestEmptyFiles(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("anna@example.org", "secret", "")
	bare := field{name: "file", body: ""}
	leftEmpty := field{name: "file", header: map[string]string{"Content-Disposition": `form-data; name="file"; filename=""`}}
	for name, tt := range map[string]struct {
		fileName string
		files    []field
		want     []string
	}{
		"named by fileName":              {"a1.zip", []field{bare}, []string{"a1.zip"}},
		"empty field named by fileName":  {"a2.zip", []field{leftEmpty}, []string{"a2.zip"}},
		"named by its part":              {"", []field{file("a3.zip", "")}, []string{"a3.zip"}},
		"empty field of a form":          {"", []field{leftEmpty}, nil},
		"empty field before a file":      {"a4.zip", []field{leftEmpty, file("x.zip", "x")}, []string{"a4.zip"}},
		"bare part without fileName":     {"", []field{bare}, nil},
		"bare part before a file":        {"a5.zip", []field{bare, file("a6.zip", "x")}, []string{"a5.zip", "a6.zip"}},
		"empty field behind a file":      {"a7.zip", []field{file("x.zip", "x"), leftEmpty}, []string{"a7.zip"}},
		"empty fields and no file named": {"", []field{leftEmpty, bare, leftEmpty}, nil},
	} {
		params := `<jobName>` + name + `</jobName><endJob>true</endJob>`
		if tt.fileName != "" {
			params += `<fileName>` + tt.fileName + `</fileName>`
		}
		status, answer := r.post(t, append([]field{auth, paramsPart(params + options)}, tt.files...)...)
		var got []string
		for _, line := range r.log(t, jobHandle(t, status, answer)) {
			if added, ok := strings.CutPrefix(line, "UploadSuccess "); ok {
				got = append(got, added)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLocaleAndClientOfTheJob(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for name, tt := range map[string]struct {
		params, auth, accept string
		locale, client       string
	}{
		"nothing":               {"", "", "", "en", "192.0.2.1"},
		"parameters":            {"<locale> de_CH </locale>", "<locale>fr</locale>", "it", "de_CH", "192.0.2.1"},
		"auth":                  {"", "<locale>fr-FR</locale>", "it", "fr-FR", "192.0.2.1"},
		"bad in auth":           {"", "<locale>fr FR</locale>", "it", "it", "192.0.2.1"},
		"weights":               {"", "", "da;q=0.3, en-GB;q=0.8, sv;q=0.8,*;q=1", "en-GB", "192.0.2.1"},
		"no weight is 1":        {"", "", "da;q=0.9, zh-Hant-TW", "zh-Hant-TW", "192.0.2.1"},
		"refused and broken":    {"", "", "da;q=0, x y;q=1, sv;q=NaN, no;q=7, fi;level=1", "en", "192.0.2.1"},
		"too long":              {"", "", strings.Repeat("a", 36), "en", "192.0.2.1"},
		"program":               {"", "<appName> Walker </appName><appVersion>9</appVersion>", "", "en", "Walker"},
		"version only":          {"", "<appVersion>9</appVersion>", "", "en", "192.0.2.1"},
		"long name of the host": {"", "<appName>" + long + "</appName>", "", "en", long[:254]},
	} {
		r := newRig(t, Options{})
		status, answer := r.postWith(t, map[string]string{"Accept-Language": tt.accept},
			authPart("anna@example.org", "secret", tt.auth), paramsPart(`<jobName>j</jobName>`+tt.params+options))
		jobHandle(t, status, answer)
		list, err := r.engine.Jobs(t.Context(), r.anna, ingest.JobFilter{}, ingest.Page{})
		if err != nil || len(list) != 1 {
			t.Fatalf("%d jobs, %v", len(list), err)
		}
		if diff := cmp.Diff([2]string{tt.locale, tt.client}, [2]string{list[0].Locale, list[0].Client}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	r := newRig(t, Options{})
	for _, bad := range []string{"en US", "-en", "e/n", "é", strings.Repeat("a", 36)} {
		_, answer := r.post(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName><locale>`+bad+`</locale>`+options))
		if !strings.Contains(answer, code(30001)) || !strings.Contains(answer, "uploadPostParam/locale: ") {
			t.Errorf("%q: %s", bad, answer)
		}
	}
}

// failingEngine fails every delivery.
type failingEngine struct {
	*engine.Engine
	err error
}

func (f failingEngine) Deliver(context.Context, ingest.Principal, *engine.Intake, engine.Delivery) (*ingest.Job, []engine.Outcome, error) {
	return nil, nil, f.err
}

func TestRefusalsAreLoggedAtTheirLevel(t *testing.T) {
	good := paramsPart(`<jobName>j</jobName>` + options)
	for name, tt := range map[string]struct {
		err    error
		params field
		want   []string
	}{
		"a defect":        {errors.New("row 7 is odd"), good, []string{"level=ERROR", "row 7 is odd", "code=30000"}},
		"no room":         {&ingest.Error{Kind: ingest.Unavailable, Msg: "full", Err: errors.New("ENOSPC")}, good, []string{"level=WARN", "ENOSPC"}},
		"a closed job":    {&ingest.Error{Kind: ingest.Conflict, Code: ingest.CodeJobClosed, Msg: "closed"}, good, []string{"level=INFO", "closed", "code=30001"}},
		"cause of a name": {nil, paramsPart(`<jobName>j</jobName><destFolder>..</destFolder>` + options), []string{"level=INFO", "cause=", "engine.PlaceOf"}},
	} {
		r := newRig(t, Options{})
		var log bytes.Buffer
		r.door.Log = slog.New(slog.NewTextHandler(&log, nil))
		r.door.Engine = failingEngine{r.engine, tt.err}
		contentType, body := form(t, authPart("anna@example.org", "secret", ""), tt.params)
		r.serve(contentType, int64(len(body)), bytes.NewReader(body))
		for _, want := range tt.want {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: no %q in %s", name, want, &log)
			}
		}
	}
}

// The client learns nothing of the network behind a proxy; the log does.
func TestBrokenBodyTellsNothingOfTheNetwork(t *testing.T) {
	r := newRig(t, Options{})
	var log bytes.Buffer
	r.door.Log = slog.New(slog.NewTextHandler(&log, nil))
	contentType, body := form(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options), file("a.zip", "x"))
	for name, tt := range map[string]struct {
		err   error
		words string
	}{
		"reset":   {errors.New("read tcp 10.1.2.3:80->10.9.9.9:4711: connection reset by peer"), "the multipart body cannot be read: it did not arrive in full"},
		"cut off": {fmt.Errorf("peer 10.1.2.3 has left: %w", io.ErrUnexpectedEOF), "the multipart body cannot be read: it was cut off"},
	} {
		answer := r.serve(contentType, -1, io.MultiReader(bytes.NewReader(body[:len(body)-60]), failingReader{tt.err}))
		if !strings.Contains(answer, code(30003)) || !strings.Contains(answer, tt.words+"<") || strings.Contains(answer, "10.1") {
			t.Errorf("%s: %s", name, answer)
		}
		if !strings.Contains(log.String(), "10.1.2.3") {
			t.Errorf("%s: the cause is not in the log: %s", name, &log)
		}
	}
	if answer := r.serve("multipart/form-data; boundary=b", -1, strings.NewReader("no delimiter")); !strings.Contains(answer, "body has no delimiter line") {
		t.Errorf("what the form reader found: %s", answer)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
