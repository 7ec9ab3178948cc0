package scene7

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestUploadAnswersByteForByte(t *testing.T) {
	r := newRig(t, Options{})
	status, answer := r.post(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>spring | one</jobName>`+options), file("chair.zip", "bytes"))
	want := `<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><jobHandle>j|1||spring _ one|1</jobHandle></uploadPostReturn>`
	if status != 200 || answer != want {
		t.Errorf("answer %d %s\nwant %s", status, answer, want)
	}
	if got := r.content(t, "chair.zip"); got != "bytes" {
		t.Errorf("content %q", got)
	}
}

func TestAnswerNamespaceIsThatOfTheRequest(t *testing.T) {
	r := newRig(t, Options{})
	for _, tt := range []struct{ root, want string }{
		{`<uploadPostParam xmlns="http://www.scene7.com/IpsApi/xsd/2016-01-14-beta">`, "http://www.scene7.com/IpsApi/xsd/2016-01-14-beta"},
		{`<uploadPostParam xmlns="http://www.scene7.com/IpsApi/xsd/2012-02-14/">`, "http://www.scene7.com/IpsApi/xsd/2012-02-14/"},
		{`<x:uploadPostParam xmlns:x="http://www.scene7.com/IpsApi/xsd">`, "http://www.scene7.com/IpsApi/xsd"},
		{`<uploadPostParam>`, "http://www.scene7.com/IpsApi/xsd"},
		{`<uploadPostParams>`, "http://www.scene7.com/IpsApi/xsd"},
	} {
		end := strings.Replace(strings.Split(tt.root, " ")[0], "<", "</", 1)
		params := field{name: "uploadParams", body: tt.root + `<companyHandle>1</companyHandle><jobName>n</jobName>` + options + strings.TrimSuffix(end, ">") + ">\""}
		_, answer := r.post(t, authPart("anna@example.org", "secret", ""), params)
		if !strings.Contains(answer, `<uploadPostReturn xmlns="`+tt.want+`">`) {
			t.Errorf("%s: %s", tt.root, answer)
		}
	}
}

func TestPartsInAnyOrderAndAllWaysToLogIn(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("<![CDATA[ anna@example.org ]]>", "<![CDATA[secret]]>", "")
	params := paramsPart(`<jobName>order</jobName>` + options)
	old := field{name: "auth", body: `<h><AuthUser xmlns="http://www.scene7.com/IpsApi">anna@example.org</AuthUser><AuthPassword xmlns="http://www.scene7.com/IpsApi">secret</AuthPassword></h>`}
	basic := map[string]string{"Authorization": "Basic YW5uYUBleGFtcGxlLm9yZzpzZWNyZXQ="}
	tests := map[string]struct {
		header map[string]string
		parts  []field
	}{
		"auth first":                {nil, []field{auth, params, file("a1.zip", "1")}},
		"file first":                {nil, []field{file("a2.zip", "2"), params, auth}},
		"file in the middle":        {nil, []field{params, file("a3.zip", "3"), auth}},
		"older header elements":     {nil, []field{old, params, file("a4.zip", "4")}},
		"basic, no auth part":       {basic, []field{params, file("a5.zip", "5")}},
		"basic, empty auth":         {basic, []field{{name: "auth", body: "<authHeader/>"}, params, file("a6.zip", "6")}},
		"Flash fields":              {nil, []field{auth, {name: "Filename", body: "x"}, params, file("a7.zip", "7"), {name: "Upload", body: "Submit Query"}}},
		"second auth does not win":  {nil, []field{auth, authPart("x", "y", ""), params, file("a8.zip", "8")}},
		"auth carries a filename":   {nil, []field{{name: "auth", fileName: "auth.xml", body: auth.body}, params, file("a9.zip", "9")}},
		"base64 content":            {nil, []field{auth, params, {name: "f", fileName: "a10.zip", body: "MTA=", header: map[string]string{"Content-Transfer-Encoding": "base64"}}}},
		"junk after the parameters": {nil, []field{auth, {name: "uploadParams", body: params.body + `"`}, file("a11.zip", "11")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := r.postWith(t, tt.header, tt.parts...)
			jobHandle(t, status, answer)
			for _, p := range tt.parts {
				if strings.HasPrefix(p.fileName, "a") && strings.HasSuffix(p.fileName, ".zip") {
					want := strings.TrimSuffix(strings.TrimPrefix(p.fileName, "a"), ".zip")
					if got := r.content(t, p.fileName); got != want {
						t.Errorf("content %q, want %q", got, want)
					}
				}
			}
		})
	}
}

func TestJobLifeCycle(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("anna@example.org", "secret", "<appName>Walker</appName>")
	status, answer := r.post(t, auth, paramsPart(`<jobName>walk</jobName>`+options), file("one.zip", "1"))
	handle := jobHandle(t, status, answer)
	join := func(more string) field { return paramsPart(`<jobHandle>` + handle + `</jobHandle>` + more) }
	status, answer = r.post(t, auth, join(`<destFolder>Demo/new</destFolder>`), file("two.zip", "2"), file("sub/three.zip", "3"))
	if got := jobHandle(t, status, answer); got != handle {
		t.Errorf("second handle %s, first %s", got, handle)
	}
	status, answer = r.post(t, auth, join(`<endJob>1</endJob>`))
	if got := jobHandle(t, status, answer); got != handle {
		t.Errorf("third handle %s, first %s", got, handle)
	}
	want := []string{"BeginUpload", "OriginalJobName", "JobClient", "UploadSuccess one.zip", "UploadSuccess two.zip", "UploadSuccess three.zip", "TotalFileCount", "EndUpload"}
	if diff := cmp.Diff(want, r.log(t, handle)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if _, answer = r.post(t, auth, join("")); !strings.Contains(answer, "<tns:code>30001</tns:code>") {
		t.Errorf("a post to the ended job: %s", answer)
	}
	status, answer = r.post(t, auth, paramsPart(`<jobName>walk</jobName>`+options), file("one.zip", "new"))
	again := jobHandle(t, status, answer)
	if again != "j|1||walk_2026-03-01-12:00:00.000|2" {
		t.Errorf("second job of the name: %s", again)
	}
	if got := r.log(t, again)[3]; got != "FileUpdated one.zip" || r.content(t, "one.zip") != "new" {
		t.Errorf("overwriting logged %q", got)
	}
	keep := strings.Replace(options, "<overwrite>true", "<overwrite>false", 1)
	status, answer = r.post(t, auth, paramsPart(`<jobName>keep</jobName>`+keep), file("one.zip", "newer"))
	if got := r.log(t, jobHandle(t, status, answer))[3]; got != "DuplicateSkipped one.zip" || r.content(t, "one.zip") != "new" {
		t.Errorf("not overwriting logged %q", got)
	}
}

func TestFaults(t *testing.T) {
	r := newRig(t, Options{MaxPostSize: 4 << 20})
	anna := authPart("anna@example.org", "secret", "")
	params := paramsPart(`<jobName>j</jobName>` + options)
	tests := map[string]struct {
		code  int
		parts []field
	}{
		"no auth":                  {10000, []field{params}},
		"empty user":               {10000, []field{authPart(" ", "secret", ""), params}},
		"wrong password":           {10001, []field{authPart("anna@example.org", "no", ""), params}},
		"unknown user":             {10001, []field{authPart("x@example.org", "secret", ""), params}},
		"access token":             {10001, []field{{name: "auth", body: `<authHeader><accessToken>t</accessToken></authHeader>`}, params}},
		"expired user":             {10002, []field{authPart("gone@example.org", "secret", ""), params}},
		"auth is not XML":          {30003, []field{{name: "auth", body: "user=anna"}, params}},
		"auth of 65 KiB":           {30003, []field{authPart("anna@example.org", "secret", "<x>"+strings.Repeat("x", 65<<10)+"</x>"), params}},
		"no membership":            {20009, []field{authPart("nora@example.org", "secret", ""), params}},
		"unknown company":          {20000, []field{anna, {name: "uploadParams", body: `<uploadPostParam><companyHandle>c|77</companyHandle><jobName>j</jobName>` + options + `</uploadPostParam>`}}},
		"not a company handle":     {20000, []field{anna, {name: "uploadParams", body: `<uploadPostParam><companyHandle>Demo</companyHandle><jobName>j</jobName>` + options + `</uploadPostParam>`}}},
		"another company":          {20006, []field{anna, {name: "uploadParams", body: `<uploadPostParam><companyHandle>c|2</companyHandle><jobName>j</jobName>` + options + `</uploadPostParam>`}}},
		"viewer":                   {20003, []field{authPart("vera@example.org", "secret", ""), params}},
		"no parameters":            {30002, []field{anna}},
		"no company":               {30002, []field{anna, {name: "uploadParams", body: `<uploadPostParam><jobName>j</jobName>` + options + `</uploadPostParam>`}}},
		"no job":                   {30002, []field{anna, paramsPart(options)}},
		"no options":               {30002, []field{anna, paramsPart(`<jobName>j</jobName>`)}},
		"parameters not XML":       {30003, []field{anna, {name: "uploadParams", body: "{}"}}},
		"another root":             {30003, []field{anna, {name: "uploadParams", body: "<html/>"}}},
		"a DTD":                    {30003, []field{anna, {name: "uploadParams", body: `<!DOCTYPE a [<!ENTITY b "c">]>` + params.body}}},
		"an XML bomb":              {30003, []field{anna, {name: "uploadParams", body: strings.Repeat("<a>", 100_000)}}},
		"parameters over 1 MiB":    {30003, []field{anna, paramsPart(`<jobName>j</jobName>` + options + strings.Repeat(" ", 1<<20))}},
		"bad enumeration":          {30001, []field{anna, paramsPart(`<jobName>j</jobName>` + strings.Replace(options, ">None<", ">none<", 1))}},
		"bad boolean":              {30001, []field{anna, paramsPart(`<jobName>j</jobName>` + strings.Replace(options, "<overwrite>true", "<overwrite>yes", 1))}},
		"unknown job":              {30001, []field{anna, paramsPart(`<jobHandle>j|1||nope|99</jobHandle>`)}},
		"not a job handle":         {30001, []field{anna, paramsPart(`<jobHandle>nope</jobHandle>`)}},
		"parent folder":            {30001, []field{anna, params, file("../x.zip", "x")}},
		"control character":        {30001, []field{anna, params, file("a\x01.zip", "x")}},
		"long name":                {30001, []field{anna, params, file(strings.Repeat("n", 4000)+".zip", "x")}},
		"no name":                  {30002, []field{anna, params, {name: "f", fileName: "", body: "x", header: map[string]string{"Content-Disposition": `form-data; name="f"; filename=""`}}}},
		"over the size cap":        {30001, []field{anna, params, file("big.zip", strings.Repeat("x", 5<<20))}},
		"a header of 64 KiB":       {30001, []field{anna, params, {name: "f", fileName: strings.Repeat("n", 64<<10), body: "x"}}},
		"two thousand and more":    {30001, append([]field{anna, params}, many(2049, file("x.zip", "x"))...)},
		"ten thousand other parts": {30001, append([]field{anna, params}, many(10_000, field{name: "x"})...)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := r.post(t, tt.parts...)
			element := map[int]string{1: "authenticationFault", 2: "authorizationFault", 3: "ipsApiFault"}[tt.code/10000]
			prefix := `<?xml version='1.0' encoding='UTF-8'?><tns:` + element + ` xmlns:tns="http://www.scene7.com/IpsApi/xsd"><tns:code>` + strconv.Itoa(tt.code) + `</tns:code><tns:reason>`
			if status != 500 || !strings.HasPrefix(answer, prefix) || !strings.HasSuffix(answer, `</tns:reason></tns:`+element+`>`) {
				t.Errorf("answer %d %s, want %d", status, answer, tt.code)
			}
		})
	}
	list, err := r.engine.Jobs(t.Context(), r.anna, ingest.JobFilter{}, ingest.Page{})
	if err != nil || len(list) != 0 {
		t.Errorf("refused requests left %d jobs behind, %v", len(list), err)
	}
}

func many(n int, f field) []field {
	list := make([]field, n)
	for i := range list {
		list[i] = f
	}
	return list
}

func TestFaultDocumentAndStatus(t *testing.T) {
	r := newRig(t, Options{})
	wrong := `<?xml version='1.0' encoding='UTF-8'?><tns:authenticationFault xmlns:tns="http://www.scene7.com/IpsApi/xsd"><tns:code>10001</tns:code><tns:reason>Invalid username/password</tns:reason></tns:authenticationFault>`
	for _, tt := range []struct {
		more   string
		status int
	}{{"", 500}, {"<faultHttpStatusCode>200</faultHttpStatusCode>", 200}, {"<faultHttpStatusCode>599</faultHttpStatusCode>", 599}, {"<faultHttpStatusCode>12</faultHttpStatusCode>", 500}, {"<faultHttpStatusCode>100</faultHttpStatusCode>", 500}} {
		status, answer := r.post(t, authPart("anna@example.org", "bad", tt.more), paramsPart(`<jobName>j</jobName>`+options))
		if status != tt.status || answer != wrong {
			t.Errorf("%s: %d %s", tt.more, status, answer)
		}
	}
}

func TestAnswerIsCompressedAsAsked(t *testing.T) {
	r := newRig(t, Options{})
	for _, tt := range []struct {
		gzip, accept string
		want         bool
	}{
		{"", "", false}, {"", "gzip, deflate", true}, {"", "gzip;q=0", false}, {"", "deflate", false},
		{"true", "", true}, {"1", "", true}, {"false", "gzip", false}, {"0", "gzip", false},
	} {
		more := ""
		if tt.gzip != "" {
			more = "<gzipResponse>" + tt.gzip + "</gzipResponse>"
		}
		for _, password := range []string{"secret", "wrong"} {
			_, answer := r.postWith(t, map[string]string{"Accept-Encoding": tt.accept}, authPart("anna@example.org", password, more), paramsPart(`<jobName>j</jobName>`+options))
			z, err := gzip.NewReader(strings.NewReader(answer))
			if (err == nil) != tt.want {
				t.Errorf("gzipResponse %q, Accept-Encoding %q: compressed %v", tt.gzip, tt.accept, err == nil)
				continue
			}
			if err == nil {
				plain, _ := io.ReadAll(z)
				answer = string(plain)
			}
			if !strings.HasPrefix(answer, "<?xml version='1.0'") {
				t.Errorf("gzipResponse %q: %q", tt.gzip, answer)
			}
		}
	}
}

func TestJobIsBoundToUserAndAddress(t *testing.T) {
	r := newRig(t, Options{})
	status, answer := r.post(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>mine</jobName>`+options))
	join := paramsPart(`<jobHandle>` + jobHandle(t, status, answer) + `</jobHandle>`)
	_, answer = r.postWith(t, map[string]string{"X-Test-Address": "192.0.2.9"}, authPart("anna@example.org", "secret", ""), join)
	if !strings.Contains(answer, "<tns:code>30001</tns:code>") || !strings.Contains(answer, "192.0.2.9") {
		t.Errorf("from another address: %s", answer)
	}
	for _, legacy := range []string{"1||mine", "1|mine|", "j|1|mine||", "j|1||mine"} {
		status, answer := r.post(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobHandle>`+legacy+`</jobHandle>`))
		if got := jobHandle(t, status, answer); got != "j|1||mine|1" {
			t.Errorf("joined by %s: %s", legacy, got)
		}
	}
}

func TestStrictModeRefusesMissingOptions(t *testing.T) {
	lenient, strict := newRig(t, Options{}), newRig(t, Options{Strict: true})
	parts := []field{authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName><uploadParams/>`)}
	status, answer := lenient.post(t, parts...)
	jobHandle(t, status, answer)
	if _, answer := strict.post(t, parts...); !strings.Contains(answer, "<tns:code>30002</tns:code>") {
		t.Errorf("strict: %s", answer)
	}
}

func TestFileNameParameterNamesTheFirstFile(t *testing.T) {
	r := newRig(t, Options{})
	unnamed := field{name: "file1", body: "no filename parameter"}
	status, answer := r.post(t, authPart("anna@example.org", "secret", ""), unnamed, paramsPart(`<jobName>j</jobName><fileName>dir/given.zip</fileName>`+options), file("own.zip", "2"))
	handle := jobHandle(t, status, answer)
	if diff := cmp.Diff([]string{"UploadSuccess given.zip", "UploadSuccess own.zip"}, r.log(t, handle)[3:]); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := r.content(t, "given.zip"); got != unnamed.body {
		t.Errorf("content %q", got)
	}
}

// TestRecordedRequests sends recorded client traffic over a socket and compares
// the whole answer and the bytes that landed.
func TestRecordedRequests(t *testing.T) {
	requests, err := filepath.Glob("testdata/*.http")
	if err != nil || len(requests) < 5 {
		t.Fatalf("recorded requests: %d, %v", len(requests), err)
	}
	for _, path := range requests {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r := newRig(t, Options{})
			request, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			answer := r.raw(t, bytes.Replace(request, []byte("\r\n"), []byte("\r\nConnection: close\r\n"), 1))
			head, body, _ := strings.Cut(answer, "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") && !strings.HasPrefix(head, "HTTP/1.0 200 OK\r\n") {
				t.Fatalf("answer %s", answer)
			}
			for _, line := range []string{"Content-Type: text/xml;charset=utf-8", "Content-Length: " + strconv.Itoa(len(body))} {
				if !strings.Contains(head, line) {
					t.Errorf("no %q in %s", line, head)
				}
			}
			want := `<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns="http://www.scene7.com/IpsApi/xsd"><jobHandle>j|1||spring|1</jobHandle></uploadPostReturn>`
			if body != want {
				t.Errorf("body %s\nwant %s", body, want)
			}
			for i, name := range []string{"1.jpg", "2.zip"} {
				content, err := os.ReadFile("testdata/" + name)
				if err != nil {
					t.Fatal(err)
				}
				if i == 1 && !bytes.Contains(request, []byte(name)) {
					continue
				}
				if got := r.content(t, name); got != string(content) {
					t.Errorf("%s: %d bytes %q…, want %d", name, len(got), got[:min(len(got), 40)], len(content))
				}
			}
		})
	}
}

func TestFiftyAtOnceWithOneJobName(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("anna@example.org", "secret", "")
	handles := make([]string, 50)
	var wg sync.WaitGroup
	for i := range handles {
		wg.Go(func() {
			status, answer := r.post(t, auth, field{name: "Filename", body: "x"}, paramsPart(`<jobName>same</jobName><endJob>true</endJob>`+options),
				file(fmt.Sprintf("f%d.zip", i), strconv.Itoa(i)), field{name: "Upload", body: "Submit Query"})
			handles[i] = jobHandle(t, status, answer)
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for i, handle := range handles {
		if seen[handle] {
			t.Errorf("two jobs have the handle %s", handle)
		}
		seen[handle] = true
		want := []string{"BeginUpload", "OriginalJobName", "JobClient", fmt.Sprintf("UploadSuccess f%d.zip", i), "TotalFileCount", "EndUpload"}
		if diff := cmp.Diff(want, r.log(t, handle)); diff != "" {
			t.Errorf("log of %s (-want +got):\n%s", handle, diff)
		}
	}
}

func TestCutOffBodyStoresNothing(t *testing.T) {
	r := newRig(t, Options{})
	contentType, body := form(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>cut</jobName>`+options), file("cut.zip", strings.Repeat("x", 300<<10)))
	ctx, cancel := context.WithCancel(t.Context())
	pr, pw := io.Pipe()
	req, _ := http.NewRequestWithContext(ctx, "POST", r.URL+"/scene7/UploadFile", pr)
	req.Header.Set("Content-Type", contentType)
	go func() {
		pw.Write(body[:len(body)-1000])
		cancel()
		pw.CloseWithError(context.Canceled) // the transport may wait for its last read
	}()
	if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
		res.Body.Close()
		t.Fatal("an answer to a cut request")
	}
	r.Close() // waits for the handler
	list, err := r.engine.Assets(t.Context(), r.anna, engine.AssetQuery{}, ingest.Page{})
	if err != nil || len(list) != 0 {
		t.Errorf("%d assets, %v", len(list), err)
	}
	swept, err := r.engine.Sweep(t.Context())
	if err != nil || swept.Blobs != 0 || swept.Stages != 0 {
		t.Errorf("the refused request left things behind: %+v, %v", swept, err)
	}
}

func TestOtherMethodsAndContentTypes(t *testing.T) {
	r := newRig(t, Options{})
	res, err := http.Get(r.URL + "/scene7/UploadFile")
	if err != nil || res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %v %v", res, err)
	}
	for _, contentType := range []string{"", "text/xml", "multipart/form-data", "multipart/form-data; boundary="} {
		req, _ := http.NewRequest("POST", r.URL+"/scene7/UploadFile", strings.NewReader("x"))
		req.Header.Set("Content-Type", contentType)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		if !bytes.Contains(body, []byte("<tns:code>30003</tns:code>")) {
			t.Errorf("%q: %s", contentType, body)
		}
	}
}

func TestEveryKindHasAFault(t *testing.T) {
	want := map[ingest.Kind]Code{
		ingest.Internal: 30000, ingest.Invalid: 30001, ingest.Unauthenticated: 10001, ingest.Forbidden: 20003, ingest.NotFound: 30001,
		ingest.Conflict: 30000, ingest.Mismatch: 30001, ingest.TooLarge: 30001, ingest.Gone: 30001, ingest.Throttled: 30000, ingest.Unavailable: 30000,
	}
	for _, kind := range ingest.Kinds() {
		fault := FaultOf(&ingest.Error{Kind: kind, Msg: "words"}, "op", "req1")
		if fault.Code != want[kind] || fault.Reason == "" {
			t.Errorf("%s: %+v", kind, fault)
		}
		if kind == ingest.Internal && (strings.Contains(fault.Reason, "words") || !strings.Contains(fault.Reason, "req1")) {
			t.Errorf("an internal error shows %q", fault.Reason)
		}
	}
}
