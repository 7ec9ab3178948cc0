package softphone

import (
	"strings"
	"testing"
	"unicode"

	"sluice/internal/ingest"
)

func TestEveryKindHasAFault(t *testing.T) {
	for _, k := range ingest.Kinds() {
		if f, ok := kindFaults()[k]; !ok || f.status < 400 {
			t.Errorf("%s has no fault", k)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		kind   ingest.Kind
		code   ingest.Code
		status int
		text   string
	}{
		{ingest.Unauthenticated, ingest.CodeBadCredentials, 401, "Wrong user name or password"},
		{ingest.Forbidden, ingest.CodeNotMember, 401, "Wrong user name or password"},
		{ingest.TooLarge, ingest.CodeQuota, 402, "Not enough credit"},
		{ingest.Forbidden, ingest.CodeRole, 403, "Media messages are not enabled"},
		{ingest.Invalid, ingest.CodeRecipient, 406, "Invalid recipient"},
		{ingest.TooLarge, ingest.CodeLimit, 413, "File is too large (limit 100 MB)"},
		{ingest.Invalid, ingest.CodeUnsupported, 415, "This kind of file is not supported"},
		{ingest.Throttled, ingest.CodeLimit, 429, "Try again later"},
		{ingest.Unavailable, ingest.CodeDiskFull, 507, "Service is busy"},
		{ingest.Unavailable, "", 503, "Service is busy"},
		{ingest.Internal, ingest.CodeQuota, 500, "Something went wrong"},
	} {
		f := faultOf(&ingest.Error{Kind: c.kind, Code: c.code})
		if text := f.say.in("", 100<<20); f.status != c.status || text != c.text {
			t.Errorf("%s/%s gives %d %q, want %d %q", c.kind, c.code, f.status, text, c.status, c.text)
		}
	}
}

func TestSentencesInEveryLanguage(t *testing.T) {
	for s := range sentence(sentences) {
		seen := map[string]bool{}
		for _, language := range languages() {
			text := s.in(language, 25<<20)
			if text == "" || !unicode.IsUpper([]rune(text)[0]) || strings.Contains(text, "LIMIT") || seen[text] {
				t.Errorf("sentence %d in %s is %q", s, language, text)
			}
			seen[text] = true
		}
	}
	for language, want := range map[string]string{
		"de-AT": "Die Datei ist zu groß (höchstens 25 MB)", "CS": "Soubor je příliš velký (nejvýše 25 MB)", "pt": "File is too large (limit 25 MB)",
	} {
		if got := sayTooLarge.in(language, 25<<20); got != want {
			t.Errorf("%s: %q", language, got)
		}
	}
	if got := sayTooLarge.in("fr", 0); got != "Le fichier est trop volumineux" {
		t.Errorf("without a limit: %q", got)
	}
}

func TestSizeText(t *testing.T) {
	for size, want := range map[int64]string{512: "512 B", 64 << 10: "64 KB", 100 << 20: "100 MB", 100_000_000: "100 MB", 3 << 29: "1.5 GB", 1_500_000: "1.5 MB"} {
		if got := sizeText(size); got != want {
			t.Errorf("%d is %q, want %q", size, got, want)
		}
	}
}
