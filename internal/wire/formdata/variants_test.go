package formdata

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// variant is a body that deviates from the specifications and must be understood.
type variant struct {
	name    string
	body    string // with boundary "B"
	accept  bool   // Options.AcceptMissingClose
	want    []got
	wantErr error // what ends the body; nil means io.EOF
}

const field = "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

func file(name, body string) got {
	return got{Name: "file", FileName: name, HasFileName: true, Body: body}
}

func plain(name, body string) got { return got{Name: name, Body: body} }

// uploadVariants are the deviations that the UploadFile contract lists for bodies.
var uploadVariants = []variant{
	{
		name: "closing delimiter in the middle",
		body: "--B\r\n" + field + "1\r\n--B--\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n2\r\n--B--\r\n",
		want: []got{plain("a", "1"), file("x", "2")},
	},
	{
		name: "closing delimiter before the first part",
		body: "--B--\r\n" + field + "1\r\n--B--\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "closing delimiter, then an ordinary one",
		body: "--B\r\n" + field + "1\r\n--B--\r\n--B\r\n" + field + "2\r\n--B--\r\n",
		want: []got{plain("a", "1"), plain("a", "2")},
	},
	{
		name: "closing delimiter, blank line, header",
		body: "--B\r\n" + field + "1\r\n--B--\r\n \r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=b\r\n\r\n2\r\n--B--",
		want: []got{plain("a", "1"), plain("b", "2")},
	},
	{
		name: "closing delimiter followed by white space",
		body: "--B\r\n" + field + "1\r\n--B--\r\n \t\r\n\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "closing delimiter followed by text without a header",
		body: "--B\r\n" + field + "1\r\n--B--\r\nThat is all. Note: no more.\r\n--B\r\n" + field + "2\r\n--B--\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "closing delimiter with text on its line",
		body: "--B\r\n" + field + "1\r\n--B--\"; ?>\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "blanks after delimiters",
		body: "--B \t\r\n" + field + "1\r\n--B  \r\n" + field + "2\r\n--B-- \t\r\n",
		want: []got{plain("a", "1"), plain("a", "2")},
	},
	{
		name: "text on the line of a delimiter is content",
		body: "--B\r\n" + field + "1\r\n--B x\r\n--Bx\r\n--B-x\r\n--B\rx\r\n--B--",
		want: []got{plain("a", "1\r\n--B x\r\n--Bx\r\n--B-x\r\n--B\rx")},
	},
	{
		name: "LF line ends",
		body: "--B\nContent-Disposition: form-data; name=a\n\n1\n\n--B\nContent-Disposition: form-data; name=b\n\n\n--B--\n",
		want: []got{plain("a", "1\n"), plain("b", "")},
	},
	{
		name: "LF line ends, CR belongs to the content",
		body: "--B\nContent-Disposition: form-data; name=a\n\n1\r\n--B--\n",
		want: []got{plain("a", "1\r")},
	},
	{
		name: "CRLF line ends, LF before boundary text belongs to the content",
		body: "--B\r\n" + field + "1\n--B\r\n2\r\n--B--\r\n",
		want: []got{plain("a", "1\n--B\r\n2")},
	},
	{
		name: "LF line ends learnt from a closing delimiter",
		body: "--B--\nContent-Disposition: form-data; name=a\n\n1\r\n--B--\n",
		want: []got{plain("a", "1\r")},
	},
	{
		name: "separator line of blanks",
		body: "--B\r\nContent-Disposition: form-data; name=a\r\n  \t\r\n1\r\n--B--\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "missing separator line",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\nContent-Type: image/png\r\n\x89PNG\r\n\x1a\n\x00\r\n\r\nend\r\n--B--\r\n",
		want: []got{file("x", "\x89PNG\r\n\x1a\n\x00\r\n\r\nend")},
	},
	{
		name: "missing separator line, one line of text",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n<file contents>\r\n--B\r\n" + field + "1\r\n--B--\r\n",
		want: []got{file("x", "<file contents>"), plain("a", "1")},
	},
	{
		name: "missing separator line, content longer than the look-ahead",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n" + strings.Repeat("<", 20000) + "\r\n\r\n\r\n--B--\r\n",
		want: []got{file("x", strings.Repeat("<", 20000)+"\r\n\r\n")},
	},
	{
		name: "missing separator line, blank line behind the look-ahead",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n" + strings.Repeat("<\r\n", 4000) + "\r\n1\r\n--B--\r\n",
		want: []got{file("x", strings.Repeat("<\r\n", 4000)+"\r\n1")},
	},
	{
		name: "missing separator line, empty content",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n--B\r\n" + field + "1\r\n--B--\r\n",
		want: []got{file("x", ""), plain("a", "1")},
	},
	{
		name: "missing separator line and missing close",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n<file contents>",
		want: []got{file("x", "<file contents>")}, accept: true,
	},
	{
		name: "broken header line before a separator line",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\nwhat is this\r\nContent-Type: a/b\r\n\r\n1\r\n--B--\r\n",
		want: []got{file("x", "1")},
	},
	{
		name: "broken header line, blank line, headers without a separator line",
		body: "--B\r\n00\r\n01\r\n\r\nContent-Disposition: form-data; name=file; filename=x\r\n<file\r\n--B--\r\n",
		want: []got{file("x", "<file")},
	},
	{
		name: "missing final delimiter, body ended cleanly",
		body: "--B\r\n" + field + "1\r\n2\r\n", accept: true,
		want: []got{plain("a", "1\r\n2\r\n")},
	},
	{
		name: "missing final delimiter, half of it there",
		body: "--B\r\n" + field + "1\r\n--B-", accept: true,
		want: []got{plain("a", "1")},
	},
	{
		name: "ordinary delimiter as the final one",
		body: "--B\r\n" + field + "1\r\n--B\r", accept: true,
		want: []got{plain("a", "1")},
	},
	{
		name: "missing final delimiter, not accepted",
		body: "--B\r\n" + field + "1\r\n",
		want: []got{plain("a", "1\r\n")}, wantErr: ErrMissingClose,
	},
	{
		name: "preamble and epilogue",
		body: "This is a message\n --B\r\nin MIME --B\r\n--Bx\r\n\r\n--B\r\n" + field + "1\r\n--B--\r\nepilogue\r\n",
		want: []got{plain("a", "1")},
	},
	{
		name: "boundary text without a line end before it",
		body: "--B\r\n" + field + "x--B\r\n--B--\r\n",
		want: []got{plain("a", "x--B")},
	},
	{
		name: "zero files",
		body: "--B\r\nContent-Disposition: form-data; name=\"auth\"\r\n\r\n<authHeader/>\r\n--B--\r\n",
		want: []got{plain("auth", "<authHeader/>")},
	},
	{
		name: "base64",
		body: "--B\r\nContent-Transfer-Encoding: BASE64\r\n" + field + "aGVs\r\nbG8 gd29y\r\nbGQ\r\n--B--\r\n",
		want: []got{plain("a", "hello world")},
	},
	{
		name: "quoted-printable",
		body: "--B\r\nContent-Transfer-Encoding: quoted-printable\r\n" + field + "caf=C3=A9 =\r\nnoir\r\n--B--\r\n",
		want: []got{plain("a", "café noir")},
	},
	{
		name: "binary, 8bit and unknown transfer encodings",
		body: "--B\r\nContent-Transfer-Encoding: binary\r\n" + field + "=41\r\n--B\r\nContent-Transfer-Encoding: 8bit\r\n" + field +
			"=41\r\n--B\r\nContent-Transfer-Encoding: x-own\r\n" + field + "=41\r\n--B--\r\n",
		want: []got{plain("a", "=41"), plain("a", "=41"), plain("a", "=41")},
	},
	{
		name: "folded, indented, badly spaced headers",
		body: "--B\r\n  Content-Disposition : form-data;\r\n\tname=file;\r\n filename=\"a b\"\r\nX: 1\r\nX: 2\r\n\r\n1\r\n--B--\r\n",
		want: []got{file("a b", "1")},
	},
	{
		name: "control byte in a file name",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=\"a\x01b\"\r\n\r\n1\r\n--B--\r\n",
		want: []got{file("a\x01b", "1")},
	},
	{
		name: "part without a disposition",
		body: "--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--\r\n",
		want: []got{{Body: "1"}},
	},
}

// mediaVariants are the body variants of the media upload contract, by its numbers.
var mediaVariants = []variant{
	{
		name: "1 file first",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nF\r\n--B\r\n" + field + "1\r\n--B--\r\n",
		want: []got{file("x", "F"), plain("a", "1")},
	},
	{
		name: "2 unquoted names",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=helloworld.mp4\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("helloworld.mp4", "F")},
	},
	{
		name: "3 quoted names",
		body: "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.mp4\"\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("a b.mp4", "F")},
	},
	{
		name: "4 unquoted file name with spaces and brackets",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename= IMG 1 (2).mp4 \r\n\r\nF\r\n--B--\r\n",
		want: []got{file("IMG 1 (2).mp4", "F")},
	},
	{
		name: "4 unquoted file name in UTF-8, before the name",
		body: "--B\r\nContent-Disposition: form-data; filename=čau.mp4; name=file\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("čau.mp4", "F")},
	},
	{
		name: "5 extended file name",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x; filename*=UTF-8''%C4%8Dau%20.mp4\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("čau .mp4", "F")},
	},
	{
		name: "6 blank line before the headers",
		body: "--B\r\n\r\nContent-Disposition: form-data; name=file; filename=x\r\nContent-Type: a/b\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("x", "F")},
	},
	{
		name: "6 blank lines before the headers, LF",
		body: "--B\n \n\nContent-Type: a/b\nContent-Disposition: form-data; name=file; filename=x\n\nF\n--B--\n",
		want: []got{file("x", "F")},
	},
	{
		name: "6 guard: content that looks like headers",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nContent-Type: x\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("x", "Content-Type: x\r\n\r\nF")},
	},
	{
		name: "6 guard: blank line, then content that looks like headers",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n\r\nContent-Disposition: x\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("x", "\r\nContent-Disposition: x\r\n\r\nF")},
	},
	{
		name: "6 guard: no headers and other content",
		body: "--B\r\n\r\nX-Other: x\r\n\r\nF\r\n--B\r\n\r\n\r\n--B--\r\n",
		want: []got{{Body: "X-Other: x\r\n\r\nF"}, {}},
	},
	{
		name: "7 LF line ends",
		body: "--B\nContent-Disposition: form-data; name=file; filename=x\n\nF\n--B--\n",
		want: []got{file("x", "F")},
	},
	{
		name: "8 no content type",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x.mp4\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("x.mp4", "F")},
	},
	{
		name: "9 nothing behind the closing delimiter",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nF\r\n--B--",
		want: []got{file("x", "F")},
	},
	{
		name: "10 closing delimiter missing",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nF",
		want: []got{file("x", "F")}, wantErr: ErrMissingClose,
	},
	{
		name: "11 two parts with one name",
		body: "--B\r\n" + field + "1\r\n--B\r\n" + field + "2\r\n--B--\r\n",
		want: []got{plain("a", "1"), plain("a", "2")},
	},
	{
		name: "12 file name with a path",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=\"C:\\x\\a.mp4\"\r\n\r\nF\r\n--B--\r\n",
		want: []got{file(`C:\x\a.mp4`, "F")},
	},
	{
		name: "13 only the file",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=\"\"\r\n\r\nF\r\n--B--\r\n",
		want: []got{file("", "F")},
	},
	{
		name: "14 empty file part",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n\r\n--B--\r\n",
		want: []got{file("x", "")},
	},
	{
		name: "14 empty file part, delimiter behind the separator line",
		body: "--B\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n--B--\r\n",
		want: []got{file("x", "")},
	},
}

// TestVariants reads every variant whole, in single bytes, and with an error at the end.
func TestVariants(t *testing.T) {
	feeds := map[string]func(io.Reader) io.Reader{
		"whole":        func(r io.Reader) io.Reader { return r },
		"single bytes": iotest.OneByteReader,
		"halves":       iotest.HalfReader,
		"eof with data": func(r io.Reader) io.Reader {
			return iotest.DataErrReader(r)
		},
	}
	for contract, variants := range map[string][]variant{"UploadFile": uploadVariants, "media upload": mediaVariants} {
		for _, v := range variants {
			for feed, wrap := range feeds {
				t.Run(contract+"/"+v.name+"/"+feed, func(t *testing.T) {
					for _, size := range []int{1, 3, 32 << 10} {
						opt := Options{Mode: Tolerant, AcceptMissingClose: v.accept}
						r := NewReader(wrap(strings.NewReader(v.body)), "B", opt)
						parts, err := readParts(r, size)
						if want := v.ending(); err != want {
							t.Errorf("buffer of %d bytes: ended with %v, want %v", size, err, want)
						}
						if diff := cmp.Diff(v.want, parts); diff != "" {
							t.Errorf("buffer of %d bytes (-want +got):\n%s", size, diff)
						}
						if r.MissingClose() != v.accept {
							t.Errorf("MissingClose() = %v", r.MissingClose())
						}
					}
				})
			}
		}
	}
}

func (v variant) ending() error {
	if v.wantErr == nil {
		return io.EOF
	}
	return v.wantErr
}

// TestSkippedContent checks that Next finds the same parts when none is read.
func TestSkippedContent(t *testing.T) {
	for _, v := range append(uploadVariants, mediaVariants...) {
		t.Run(v.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(v.body), "B", Options{Mode: Tolerant, AcceptMissingClose: v.accept})
			var names, want []string
			p, err := r.Next()
			for ; err == nil; p, err = r.Next() {
				names = append(names, p.Name+"/"+p.FileName)
			}
			for _, g := range v.want {
				want = append(want, g.Name+"/"+g.FileName)
			}
			if diff := cmp.Diff(want, names); diff != "" || err != v.ending() {
				t.Errorf("ended with %v (-want +got):\n%s", err, diff)
			}
		})
	}
}
