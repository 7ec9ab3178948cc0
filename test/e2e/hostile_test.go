package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostileRequests sends what nobody sends by accident. Each must be answered
// with its fault, in which the limit is named, and leave nothing behind.
func TestHostileRequests(t *testing.T) {
	s := start(t)
	repeat := strings.Repeat
	raw := func(name, text string) part { return part{name: name, body: text} }
	bomb := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "0123456789">` + func() (entities string) {
		for c := 'b'; c <= 'j'; c++ {
			entities += fmt.Sprintf(`<!ENTITY %c "%s">`, c, repeat(fmt.Sprintf("&%c;", c-1), 10))
		}
		return entities
	}() + `]>`
	external := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>`
	deep := params(jobName("x"), repeat("<a>", 70), repeat("</a>", 70), options(true))
	good := file("a.zip", "x")
	bytesIn := func(name string) part { return params(jobName("x"), "<fileName>"+name+"</fileName>", options(true)) }

	for _, c := range []struct {
		name  string
		parts []part
		code  int
		words []string
	}{
		{"XML bomb in auth", []part{raw("auth", bomb+strings.Replace(auth().body, adminLogin, "&j;", 1)), newJob("x"), good}, 30003, nil},
		{"XML bomb in parameters", []part{auth(), raw("uploadParams", bomb+newJob("&j;").body), good}, 30003, nil},
		{"external entity", []part{auth(), raw("uploadParams", external+newJob("&f;").body), good}, 30003, nil},
		{"document type without entities", []part{auth(), raw("uploadParams", `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">`+newJob("x").body), good}, 30003, nil},
		{"unknown entity", []part{auth(), newJob("&nbsp;"), good}, 30003, nil},
		{"forbidden character", []part{auth(), newJob("a&#0;b"), good}, 30003, nil},
		{"no XML", []part{auth(), raw("uploadParams", "{}"), good}, 30003, nil},
		{"auth that is no XML", []part{raw("auth", adminLogin), newJob("x"), good}, 30003, nil},
		{"auth over 64 KiB", []part{auth("<appName>" + repeat("a", 65<<10) + "</appName>"), newJob("x"), good}, 30003, []string{"65536"}},
		{"parameters over 1 MiB", []part{auth(), params(jobName("x"), "<x>"+repeat("a", 1<<20)+"</x>", options(true)), good}, 30003, []string{"1048576"}},
		{"nesting", []part{auth(), deep, good}, 30003, []string{"64"}},
		{"elements", []part{auth(), params(jobName("x"), repeat("<a/>", 60_000), options(true)), good}, 30003, []string{"50000"}},
		{"attributes", []part{auth(), params(jobName("x"), "<a "+manyAttributes(100)+"/>", options(true)), good}, 30003, []string{"64"}},
		{"10,000 parts", append([]part{auth(), newJob("x"), good}, many(10_000, raw("x", "y"))...), 30001, []string{"4096"}},
		{"10,000 files", append([]part{auth(), newJob("x")}, many(10_000, good)...), 30001, []string{"files"}},
		{"parent in file name", []part{auth(), newJob("x"), file("../../etc/passwd.zip", "x")}, 30001, []string{".."}},
		{"parent in fileName", []part{auth(), bytesIn("a/../../b.zip"), good}, 30001, []string{".."}},
		{"parent with backslashes", []part{auth(), bytesIn(`a/..\..\b.zip`), good}, 30001, []string{".."}},
		{"parent in destFolder", []part{auth(), params(jobName("x"), "<destFolder>../up</destFolder>", options(true)), good}, 30001, []string{".."}},
		{"control character in file name", []part{auth(), newJob("x"), file("a\x01b.zip", "x")}, 30001, []string{"U+0001"}},
		{"zero byte in file name", []part{auth(), newJob("x"), file("a\x00b.zip", "x")}, 30001, []string{"U+0000"}},
		{"line end in fileName", []part{auth(), bytesIn("a&#10;b.zip"), good}, 30001, []string{"U+000A"}},
		{"fileName of 64 KiB", []part{auth(), bytesIn(repeat("a", 64<<10) + ".zip"), good}, 30001, []string{"4096"}},
		{"folder of 64 KiB", []part{auth(), params(jobName("x"), "<destFolder>"+repeat("a/", 32<<10)+"</destFolder>", options(true)), good}, 30001, []string{"4096"}},
		{"job name of 64 KiB", []part{auth(), newJob(repeat("j", 64<<10)), good}, 30001, []string{"1024"}},
		{"control character in job name", []part{auth(), newJob("a&#9;b"), good}, 30001, []string{"U+0009"}},
		{"file name of 64 KiB", []part{auth(), newJob("x"), file(repeat("a", 64<<10)+".zip", "x")}, 30001, nil},
		{"part name of 64 KiB", []part{auth(), newJob("x"), raw(repeat("a", 64<<10), "x"), good}, 30001, nil},
		{"no name at all", []part{auth(), newJob("x"), {name: `f"; filename="`, body: "x"}}, 30002, nil},
		{"no parameters", []part{auth(), good}, 30002, []string{"uploadParams"}},
		{"unknown company", []part{auth(), raw("uploadParams", strings.Replace(newJob("x").body, "c|1", "c|-1", 1)), good}, 20000, nil},
		{"huge numbers", []part{auth(), params(jobHandle("j|1||x|99999999999999999999999999")), good}, 30001, nil},
		{"unknown job", []part{auth(), params(jobHandle("j|1||x|4711")), good}, 30001, nil},
		{"other namespace", []part{auth(), raw("uploadParams", strings.Replace(newJob("x").body, "scene7.com", "example.com", 1)), good}, 30003, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := poster{url: s.url}.post(c.parts...)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			a.wantFault(t, 500, c.code, c.words...)
			if len(a.body) > 4096 {
				t.Errorf("the fault has %d bytes", len(a.body))
			}
		})
	}
	t.Run("broken forms", func(t *testing.T) { brokenForms(t, s) })
	s.awaitNothingUnderway()
	if assets, jobs := s.assets(), s.jobs(""); len(assets)+len(jobs) != 0 {
		t.Errorf("something was stored: %+v, %+v", assets, jobs)
	}
	s.wellIn(unhurried)
}

// brokenForms sends bodies that are no forms.
func brokenForms(t *testing.T, s *server) {
	contentType, body := form(auth(), newJob("x"), file("a.zip", "x"))
	boundary := strings.TrimPrefix(contentType, "multipart/form-data; boundary=")
	for _, c := range []struct{ name, contentType, body string }{
		{"no content type", "", string(body)},
		{"no boundary", "multipart/form-data", string(body)},
		{"other content type", "application/json", string(body)},
		{"boundary of 64 KiB", "multipart/form-data; boundary=" + strings.Repeat("b", 50_000), string(body)},
		{"header without end", contentType, "--" + boundary + "\r\nContent-Disposition: form-data; name=\"auth\"" + strings.Repeat("x", 300_000)},
		{"ends in a header", contentType, string(body[:strings.Index(string(body), "\r\n\r\n")])},
		{"noise", contentType, bytesOf("noise", 300_000)},
		{"empty", contentType, ""},
	} {
		a, err := poster{url: s.url}.send(c.contentType, strings.NewReader(c.body))
		if err != nil {
			t.Errorf("%s: no answer: %v", c.name, err)
			continue
		}
		if f := a.fault(); a.status != 500 || f.Code < 10000 {
			t.Errorf("%s: %d %.300q", c.name, a.status, a.body)
		}
	}
}

// TestNamesThatAreOdd but usable: they are kept, as far as names can have them.
func TestNamesThatAreOdd(t *testing.T) {
	s := start(t)
	for sent, kept := range map[string]string{
		"caf\xe9.zip":                     "café.zip", // ISO-8859-1
		"数码.zip":                          "数码.zip",
		`C:\fakepath\photo.zip`:           "photo.zip",
		"deep//er/./photo2.zip":           "photo2.zip",
		"a:b*c?d<e>f|g.zip":               "abcdefg.zip",
		"LOCK.zip":                        "LOCK.zip",
		"sluice.db.zip":                   "sluice.db.zip",
		strings.Repeat("n", 200) + ".zip": strings.Repeat("n", 200) + ".zip",
	} {
		s.upload(auth(), newJob("odd"), file(sent, "content of "+sent))
		s.holds(kept, "content of "+sent)
	}
	// Text that is not the UTF-8 it is taken for is read as ISO-8859-1.
	s.upload(auth(), params(jobName("odd"), endJob, "<fileName>gr\xfcn.zip</fileName>", options(true)), file("x.zip", "green"))
	s.holds("grün.zip", "green")
}

func many(n int, p part) []part {
	all := make([]part, n)
	for i := range all {
		all[i] = p
	}
	return all
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="x" `, i)
	}
	return b.String()
}
