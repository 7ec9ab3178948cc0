package embedded_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/embedded"
)

// told reads an answer and lists what came of it.
func told(src io.Reader) (list []string, err error) {
	err = embedded.Read(src, func(tag string, v embedded.Value) error {
		if v.Binary == nil {
			list = append(list, fmt.Sprintf("%s=%g", tag, v.Number))
			return nil
		}
		body, err := io.ReadAll(v.Binary)
		if err != nil {
			body = append(body, " and damage"...)
		}
		list = append(list, tag+": "+string(body))
		return nil
	})
	return list, err
}

func TestRead(t *testing.T) {
	encoded := func(text string) string { return `"base64:` + base64.StdEncoding.EncodeToString([]byte(text)) + `"` }
	long := strings.Repeat("a picture ", 20_000)
	for name, tt := range map[string]struct {
		answer string
		want   []string
		err    error
	}{
		"as exiftool writes it": {"[{\n  \"SourceFile\": \"/proc/self/fd/3\",\n  \"A:Preview\": " + encoded("one") + ",\n  \"B:Orientation\": 6\n}]\n", []string{"A:Preview: one", "B:Orientation=6"}, nil},
		"a list":                {`[{"P":[` + encoded("one") + `,"text",` + encoded("two") + `],"N":[],"O":[-1.5e2]}]`, []string{"P: one", "P: two", "O=-150"}, nil},
		"long":                  {`[{"P":` + encoded(long) + `,"Q":` + encoded(long) + `}]`, []string{"P: " + long, "Q: " + long}, nil},
		"nothing":               {"[{}]", nil, nil},
		"words":                 {`[{"A":true,"B":null,"C":false,"D":"","E":"a \"word\" \\"}]`, nil, nil},
		"in an object":          {`[{"A":{"B":` + encoded("one") + `,"C":7,"D":[1]},"E":1}]`, []string{"E=1"}, nil},
		"damaged":               {`[{"A":"base64:!!!!","B":` + encoded("one") + `,"C":"base64:YQ","D":"base64:YW\u0041h","E":"base64:"}]`, []string{"A:  and damage", "B: one", "C:  and damage", "D:  and damage", "E: "}, nil},
		"long name":             {`[{"` + strings.Repeat("n", 1000) + `":1,"a\"b":2}]`, []string{strings.Repeat("n", 256) + "=1", "a=2"}, nil},
		"no answer":             {"", nil, io.ErrUnexpectedEOF},
		"two files":             {"[{},{}]", nil, embedded.ErrSyntax},
		"no file":               {"[]", nil, embedded.ErrSyntax},
		"no list":               {`{"A":1}`, nil, embedded.ErrSyntax},
		"cut off":               {`[{"A":"base64:YWFh`, []string{"A: aaa and damage"}, io.ErrUnexpectedEOF},
		"cut off in a name":     {`[{"A`, nil, io.ErrUnexpectedEOF},
		"cut off behind all":    {`[{"A":1}`, []string{"A=1"}, io.ErrUnexpectedEOF},
		"deep":                  {`[{"A":` + strings.Repeat("[", 1000), nil, embedded.ErrSyntax},
		"deep objects":          {`[{"A":` + strings.Repeat(`{"A":`, 1000), nil, embedded.ErrSyntax},
		"no number":             {`[{"A":` + strings.Repeat("1", 1000), nil, embedded.ErrSyntax},
		"no word":               {`[{"A":maybe}]`, nil, embedded.ErrSyntax},
		"no name":               {`[{A:1}]`, nil, embedded.ErrSyntax},
		"two commas":            {`[{"A":1,,"B":1}]`, []string{"A=1"}, embedded.ErrSyntax},
	} {
		for kind, src := range map[string]io.Reader{"": strings.NewReader(tt.answer), ", byte by byte": iotest.OneByteReader(strings.NewReader(tt.answer))} {
			got, err := told(src)
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.err) {
				t.Errorf("%s%s: %v (-want +got):\n%.2000s", name, kind, err, diff)
			}
		}
	}
}

// What take leaves is passed over, and its error ends the reading; so does that of the source.
func TestReadEnds(t *testing.T) {
	full, n := errors.New("the disk is full"), 0
	err := embedded.Read(strings.NewReader(`[{"A":"base64:YWFhYWFh","B":"base64:YWFh","C":1}]`), func(string, embedded.Value) error {
		if n++; n == 2 {
			return full
		}
		return nil
	})
	if err != full || n != 2 {
		t.Errorf("%d values, %v", n, err)
	}
	for _, begun := range []string{"", "[{", `[{"A`, `[{"A":"base64:YWFh`, `[{"A":1`} {
		if _, err := told(io.MultiReader(strings.NewReader(begun), iotest.ErrReader(full))); err != full {
			t.Errorf("behind %q: %v", begun, err)
		}
	}
}

// What is read is what encoding/json reads.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`[{"A":"base64:YWFh","B":[1,"base64:YQ=="],"C":{"D":2},"E":-1e3,"F":"a\"\\u0041"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := told(strings.NewReader(string(data)))
		var files []map[string]any
		if json.Unmarshal(data, &files) != nil || len(files) != 1 || strings.Contains(string(data), `\`) || err != nil {
			return
		}
		numbers := 0
		for _, line := range got {
			tag, number, ok := strings.Cut(line, "=")
			if want, is := files[0][tag].(float64); ok && is && fmt.Sprintf("%g", want) == number {
				numbers++
			}
		}
		for tag, value := range files[0] {
			if _, ok := value.(float64); ok && len(tag) < 256 {
				numbers--
			}
		}
		if numbers < 0 {
			t.Errorf("%q: %q", data, got)
		}
	})
}
