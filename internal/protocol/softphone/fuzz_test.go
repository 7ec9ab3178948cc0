package softphone

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever comes, reading it ends, and an object of texts is read as it is, escaped or
// not as long as it has no quotes and backslashes.
func FuzzPlainBody(f *testing.F) {
	for _, seed := range []string{
		`{"to":"5","body":"he said "hi", ok"}`, `{"body":"{"attachments":[1]}","to":"5"}`, "from=a&password=%zz", `{"a":1,"b":[{}]}`, "{\"body\":\"\\u12", "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed), "text")
	}
	f.Fuzz(func(t *testing.T, body []byte, text string) {
		for _, claimed := range []bool{true, false} {
			v := values{names: newAliases(nil)}
			var is bool
			_ = v.plain(body, claimed, &is)
			v.recipients()
			_, _, _, _ = v.credentials()
		}
		quoted, err := json.Marshal(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		list, ok := jsonPairs([]byte(`{"body":` + string(quoted) + `}`))
		if !ok || len(list) != 1 || list[0].text != text {
			t.Errorf("%q is read as %v", text, list)
		}
		list, ok = brokenPairs([]byte(`{"body":`+string(quoted)+`,"to":"5"}`), func(string) bool { return true })
		if !ok || len(list) != 2 || list[1].text != "5" {
			t.Errorf("%q is read as %v", quoted, list)
		}
	})
}

// A text that looks like the end of itself all the time costs no more than others.
func TestBrokenJSONIsReadInTime(t *testing.T) {
	for _, text := range []string{`",`, `"}`, `","x":`, `"{"`, `{"a":`, `", {,`, `","to" : 1x`} {
		body := `{"body":"` + strings.Repeat(text, maxMessageBody/len(text)) + `"}`
		began := time.Now()
		v := values{names: newAliases(nil)}
		var is bool
		_ = v.plain([]byte(body), true, &is)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: %v", text, took)
		} else {
			t.Logf("%s: %v", text, took)
		}
	}
}
