package scene7

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// A request beyond a limit gets a fault that names the limit and what was sent (contract sections 2, 3, 5, 6 and 11), and
// leaves neither a job nor a file.
func TestLimitsOfRequestsAreNamed(t *testing.T) {
	r := newRig(t, Options{MaxPostSize: 4 << 20})
	anna, params := authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options)
	with := func(inner string) []field {
		return []field{anna, paramsPart(`<jobName>j</jobName>` + strings.Replace(options, "<emailSetting>", inner+"<emailSetting>", 1))}
	}
	named := func(inner string) []field { return []field{anna, paramsPart(inner + options)} }
	sharpen := func(element, value string) []field {
		return with("<unsharpMaskOptions><" + element + ">" + value + "</" + element + "></unsharpMaskOptions>")
	}
	tests := map[string]struct {
		code  int
		words []string // of the reason
		parts []field
	}{
		"auth part":             {30003, []string{"65633 bytes", "65536"}, []field{{name: "auth", body: anna.body[:len(anna.body)-len("</authHeader>")] + strings.Repeat(" ", 65633-len(anna.body)) + "</authHeader>"}, params}},
		"uploadParams part":     {30003, []string{"1048577 bytes", "1048576"}, []field{anna, {name: "uploadParams", body: params.body + strings.Repeat(" ", 1048577-len(params.body))}}},
		"nesting":               {30003, []string{"65 levels", "64"}, []field{anna, {name: "uploadParams", body: strings.Repeat("<a>", 65)}}},
		"elements":              {30003, []string{"50001 elements", "50000"}, []field{anna, {name: "uploadParams", body: "<a>" + strings.Repeat("<b/>", 50_000) + "</a>"}}},
		"attributes":            {30003, []string{"65 attributes", "64"}, []field{anna, {name: "uploadParams", body: "<a" + times(65, ` b%d=""`) + "/>"}}},
		"parts":                 {30001, []string{"4097 parts", "4096"}, append([]field{anna, params}, many(4095, field{name: "x"})...)},
		"files":                 {30001, []string{"2049 files", "2048"}, append([]field{anna, params}, many(2049, file("x.zip", "x"))...)},
		"header of a part":      {30001, []string{"bytes", "8192"}, []field{anna, params, file(strings.Repeat("n", 8192), "x")}},
		"request":               {30001, []string{"4194304", "UploadPostMaxFileSize"}, []field{anna, params, file("x.zip", strings.Repeat("x", 4<<20))}},
		"jobName":               {30001, []string{"jobName", "1025", "1024"}, named("<jobName>" + strings.Repeat("n", 1025) + "</jobName>")},
		"description":           {30001, []string{"description", "16385", "16384"}, named("<jobName>j</jobName><description>" + strings.Repeat("n", 16385) + "</description>")},
		"destFolder":            {30001, []string{"destFolder", "4097", "4096"}, named("<jobName>j</jobName><destFolder>" + strings.Repeat("n", 4097) + "</destFolder>")},
		"fileName":              {30001, []string{"fileName", "4097", "4096"}, named("<jobName>j</jobName><fileName>" + strings.Repeat("n", 4097) + "</fileName>")},
		"locale":                {30001, []string{"locale", "36", "35"}, named("<jobName>j</jobName><locale>" + strings.Repeat("n", 36) + "</locale>")},
		"segment of a name":     {30001, []string{"256", "255"}, []field{anna, params, file(strings.Repeat("n", 252)+".zip", "x")}},
		"segments":              {30001, []string{"66 segments", "64"}, []field{anna, params, file(strings.Repeat("a/", 65)+"b.zip", "x")}},
		"amount":                {30001, []string{"amount", "5.1", "5"}, sharpen("amount", "5.1")},
		"radius":                {30001, []string{"radius", "250.5", "250"}, sharpen("radius", "250.5")},
		"threshold":             {30001, []string{"threshold", "256", "255"}, sharpen("threshold", "256")},
		"monochrome":            {30001, []string{"monochrome", "2", "1"}, sharpen("monochrome", "2")},
		"resolution":            {30001, []string{"pdfOptions/resolution", "9601", "9600"}, with("<pdfOptions><resolution>9601</resolution></pdfOptions>")},
		"tolerance of a crop":   {30001, []string{"tolerance", "1.5", "1"}, with("<autoColorCropOptions><corner>UpperLeft</corner><tolerance>1.5</tolerance></autoColorCropOptions>")},
		"tolerance of knockout": {30001, []string{"tolerance", "-0.5", "0"}, with("<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>-0.5</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>")},
		"side of a crop":        {30001, []string{"left", "-1", "0"}, with("<manualCropOptions><left>-1</left><right>0</right><top>0</top><bottom>0</bottom></manualCropOptions>")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := r.post(t, tt.parts...)
			if status != 500 || !strings.Contains(answer, fmt.Sprintf("<tns:code>%d<", tt.code)) {
				t.Fatalf("answer %d %.500s, want %d", status, answer, tt.code)
			}
			for _, word := range tt.words {
				if !strings.Contains(answer, word) {
					t.Errorf("%.500s names not %s", answer, word)
				}
			}
		})
	}
	list, err := r.engine.Jobs(t.Context(), r.anna, ingest.JobFilter{}, ingest.Page{})
	if err != nil || len(list) != 0 {
		t.Errorf("refused requests left %d jobs behind, %v", len(list), err)
	}
}

// A body without a length is counted while it comes.
func TestSizeOfRequestsWithoutLength(t *testing.T) {
	r := newRig(t, Options{MaxPostSize: 1 << 20})
	contentType, body := form(t, authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options), file("x.zip", strings.Repeat("x", 1<<20)))
	req, _ := http.NewRequestWithContext(t.Context(), "POST", r.URL+"/scene7/UploadFile", io.MultiReader(bytes.NewReader(body))) // chunked
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(answer), "1048577 bytes or more, the limit is 1048576") {
		t.Errorf("%s %v", answer, err)
	}
}

func TestLimitOfTheBoundary(t *testing.T) {
	r := newRig(t, Options{})
	res, err := http.Post(r.URL+"/scene7/UploadFile", "multipart/form-data; boundary="+strings.Repeat("b", 257), strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(answer), "<tns:code>30003<") || !strings.Contains(string(answer), "has 257 bytes, the limit is 256") {
		t.Errorf("%s %v", answer, err)
	}
}

// What is just within the limits is taken.
func TestRequestsWithinTheLimits(t *testing.T) {
	r := newRig(t, Options{})
	anna := authPart("anna@example.org", "secret", "")
	anna.body = strings.TrimSuffix(anna.body, "</authHeader>")
	anna.body += strings.Repeat(" ", AuthLimit-len(anna.body)-len("</authHeader>")) + "</authHeader>"
	params := paramsPart(`<jobName>` + strings.Repeat("n", 1024) + `</jobName><description>` + strings.Repeat("d", 16384) + `</description>` + options)
	params.body += strings.Repeat(" ", ParamsLimit-len(params.body))
	parts := append([]field{anna, params, file(strings.Repeat("a/", 63)+strings.Repeat("n", 251)+".zip", "x")}, many(2047, file("x.zip", "x"))...)
	status, answer := r.post(t, append(parts, many(4096-len(parts), field{name: "x"})...)...)
	jobHandle(t, status, answer)
}

// times repeats an item; %d in it is its number, from 0.
func times(n int, item string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, item, i)
	}
	return b.String()
}
