package softphone

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// read takes a request apart as calls do.
func read(t *testing.T, target, body string, header http.Header, added map[string]string) (values, bool, error) {
	t.Helper()
	r := httptest.NewRequest("POST", target, nil)
	for name, list := range header {
		r.Header[name] = list
	}
	v := values{names: newAliases(added)}
	v.query(r)
	v.header(r)
	var json bool
	err := v.plain([]byte(body), isJSON(r.Header), &json)
	return v, json, err
}

func TestValuesOfAllPlaces(t *testing.T) {
	for _, c := range []struct {
		name, target, body string
		header             http.Header
		of                 meaning
		want               string
	}{
		{name: "query", target: "/?from=ann", of: meanUser, want: "ann"},
		{name: "body before query before header", target: "/?description=q", body: "description=b", header: http.Header{"X-Description": {"h"}}, of: meanDescription, want: "b"},
		{name: "query before header", target: "/?description=q", header: http.Header{"X-Description": {"h"}}, of: meanDescription, want: "q"},
		{name: "header", target: "/", header: http.Header{"X-Media-Size": {"875000"}}, of: meanSize, want: "875000"},
		{name: "Basic", target: "/", header: http.Header{"Authorization": {"Basic YW5uOnNlY3JldA=="}}, of: meanPassword, want: "secret"},
		{name: "Bearer", target: "/", header: http.Header{"Authorization": {"Bearer slk_a_b"}}, of: meanPassword, want: "slk_a_b"},
		{name: "letter case and hyphens", target: "/?Media-Size=7", of: meanSize, want: "7"},
		{name: "unexpanded variable", target: "/?to=%sms_to%&recipient=5", of: meanRecipient, want: "5"},
		{name: "unexpanded variable that would decode", target: "/?description=%description%", of: meanDescription},
		{name: "unexpanded variable of the account", target: "/?from=%account[username]%", of: meanUser},
		{name: "unexpanded variable, encoded", target: "/?description=%25description%25", of: meanDescription},
		{name: "text between percent signs is a text", body: `{"body":"%wow%"}`, target: "/", of: meanText, want: "%wow%"},
		{name: "raw plus sign of the sender", target: "/?from=+420777", of: meanUser, want: "+420777"},
		{name: "percent sign of a text", target: "/", body: "sms_body=100%+sure", of: meanText, want: "100% sure"},
		{name: "semicolon in a value", target: "/", body: "sms_body=a;b", of: meanText, want: "a;b"},
		{name: "first that is not empty", target: "/", body: "description=&description=x&description=y", of: meanDescription, want: "x"},
		{name: "JSON without its type", target: "/", body: ` {"to": "5"}`, of: meanRecipient, want: "5"},
		{name: "JSON with a mark", target: "/", body: "\ufeff{\"to\":5}", of: meanRecipient, want: "5"},
		{name: "object as text", target: "/", body: `{"sms_body":{"attachments":[1]}}`, of: meanText, want: `{"attachments":[1]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, _, err := read(t, c.target, c.body, c.header, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.get(c.of); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestRecipientsAddUp(t *testing.T) {
	v, _, err := read(t, "/?to=9", `{"to":["+1, 2","1"],"sms_to":"3"}`, http.Header{"X-To": {"8"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"+1", "2", "1", "3"}, v.recipients()); diff != "" {
		t.Error(diff)
	}
}

func TestRecipientsWithLostPlusSigns(t *testing.T) {
	for target, want := range map[string][]string{"/?to=+420777": {"+420777"}, "/?to=+1,+2": {"+1", "+2"}, "/?to=1,+2": {"1", "2"}, "/?to=%2B1&to=+2": {"+1", "+2"}, "/?to=+ann": {"ann"}} {
		v, _, err := read(t, target, "", nil, nil)
		if diff := cmp.Diff(want, v.recipients()); err != nil || diff != "" {
			t.Errorf("%s: %v %s", target, err, diff)
		}
	}
}

// Long lists take no more memory than they have bytes, before anybody has logged in.
func TestLongListsOfRecipients(t *testing.T) {
	const many = 100_000
	one := `{"to":"` + strings.Repeat("1,", many) + `"}`
	all := `{"to":["1"` + strings.Repeat(`,"1"`, many) + `],"to":[` + strings.Repeat("1,", many) + "1]}"
	different := &strings.Builder{}
	for i := range many {
		fmt.Fprintf(different, "%d,", i)
	}
	for name, c := range map[string]struct {
		body               string
		values, recipients int
	}{"one text": {one, 1, 1}, "many texts": {all, mostPairs, 1}, "different": {`{"to":"` + different.String() + `"}`, 1, engine.MaxMessageRecipients + 1}} {
		v, _, err := read(t, "/", c.body, nil, nil)
		if err != nil || len(v.list) != c.values || len(v.recipients()) != c.recipients {
			t.Errorf("%s: %d values, %d recipients, %v", name, len(v.list), len(v.recipients()), err)
		}
	}
}

func TestAddedAliases(t *testing.T) {
	v, _, err := read(t, "/?dest=5&login2=ann", "", http.Header{"X-Dest": {"6"}}, rulesOf(&ingest.Company{Settings: ingest.CompanySettings{
		Doors: map[string]string{settingAliases: "recipient=dest, x-dest; user=login2 ;nonsense=zzz"}}}).aliases)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"5", "ann"}, []string{v.recipients()[0], v.get(meanUser)}); diff != "" {
		t.Error(diff)
	}
}

func TestContradictoryCredentials(t *testing.T) {
	for _, c := range []struct {
		name, target, body string
		header             http.Header
		want               ingest.Code
	}{
		{name: "the same twice", target: "/?from=a&password=p", body: "username=a&pass=p"},
		{name: "users", target: "/?from=a&password=p", body: "from=b", want: codeContradiction},
		{name: "passwords", target: "/?from=a&password=p", header: http.Header{"X-Password": {"q"}}, want: codeContradiction},
		{name: "Basic and query", target: "/?from=bob&password=secret", header: http.Header{"Authorization": {"Basic YW5uOnNlY3JldA=="}}, want: codeContradiction},
		{name: "a variable is none", target: "/?from=%account[username]%", body: "from=b&password=p"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, _, err := read(t, c.target, c.body, c.header, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _, complete, err := v.credentials()
			if ingest.CodeOf(err) != c.want || complete != (c.want == "") {
				t.Errorf("complete %v, %v", complete, err)
			}
		})
	}
}

// Templates of JSON bodies, filled in by an app that escapes nothing.
func TestBrokenJSON(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       map[meaning]string
	}{
		{"quotes", `{"from":"a","to":"5","body":"he said "hi", and left","content_type":"text/plain"}`,
			map[meaning]string{meanUser: "a", meanRecipient: "5", meanText: `he said "hi", and left`, meanType: "text/plain"}},
		{"line end", "{\"to\":\"5\",\"body\":\"one\ntwo\"}", map[meaning]string{meanText: "one\ntwo"}},
		{"backslash", `{"body":"C:\windows","to":"5"}`, map[meaning]string{meanText: `C:\windows`, meanRecipient: "5"}},
		{"escapes that are right", `{"body":"a\u010d \ud83d\ude00\n"b"","to":"5"}`, map[meaning]string{meanText: "ač 😀\n\"b\"", meanRecipient: "5"}},
		{"quote at the end", `{"to":"5","body":"he said "hi""}`, map[meaning]string{meanText: `he said "hi"`}},
		{"object in quotes", `{"to":"5","body":"{"body":"x","attachments":[{"content-url":"u","content-type":"image/jpeg"}]}","content_type":"application/x-acro-filetransfer+json"}`,
			map[meaning]string{meanText: `{"body":"x","attachments":[{"content-url":"u","content-type":"image/jpeg"}]}`, meanType: typeFileTransfer, meanRecipient: "5"}},
		{"password with a quote", `{"username":"a","password":"x"y","last_id":"7","last_sent_id":"8","device":"d"}`,
			map[meaning]string{meanPassword: `x"y`, meanLastReceived: "7", meanLastSent: "8"}},
		{"number", `{"size": 5, "body":"a"b"}`, map[meaning]string{meanSize: "5", meanText: `a"b`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, _, err := read(t, "/", c.body, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for m, want := range c.want {
				if got := v.get(m); got != want {
					t.Errorf("%s is %q, want %q", m, got, want)
				}
			}
		})
	}
}

func TestNotJSON(t *testing.T) {
	for _, body := range []string{`{`, `{"a"`, `{nonsense}`, `[1]`} {
		_, _, err := read(t, "/", body, http.Header{"Content-Type": {"application/json"}}, nil)
		if ingest.CodeOf(err) != ingest.CodeMalformed {
			t.Errorf("%s gives %v", body, err)
		}
	}
}

func TestChooseFormat(t *testing.T) {
	for _, c := range []struct {
		accept             []string
		parameter, setting string
		jsonBody           bool
		want               format
	}{
		{want: asXML},
		{accept: []string{"application/json"}, parameter: "xml", want: asJSON},
		{accept: []string{"text/xml"}, parameter: "json", want: asXML},
		{accept: []string{"application/xml, text/xml"}, setting: "json", want: asXML},
		{accept: []string{"application/json, text/xml"}, setting: "json", want: asJSON},
		{accept: []string{"application/json, text/xml;q=0"}, want: asJSON},
		{accept: []string{"*/*"}, parameter: "json", setting: "xml", want: asJSON},
		{accept: []string{"image/png"}, setting: "json", want: asJSON},
		{jsonBody: true, want: asJSON},
		{jsonBody: true, setting: "xml", want: asXML},
	} {
		if got := chooseFormat(c.accept, c.parameter, c.setting, c.jsonBody); got != c.want {
			t.Errorf("%+v gives %v", c, got)
		}
	}
}
