package formdata

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// got is what a test compares of a part.
type got struct {
	Name, FileName string
	HasFileName    bool
	Body           string
}

// readParts reads a body to its end with the given size of the read buffer.
func readParts(r *Reader, size int) (parts []got, err error) {
	buf := make([]byte, size)
	for {
		p, err := r.Next()
		if err != nil {
			return parts, err
		}
		var body []byte
		for err == nil {
			var n int
			n, err = p.Read(buf)
			body = append(body, buf[:n]...)
		}
		parts = append(parts, got{p.Name, p.FileName, p.HasFileName, string(body)})
		if err != io.EOF {
			return parts, err
		}
	}
}

const (
	auth = `<?xml version="1.0" encoding="UTF-8"?><authHeader xmlns="http://www.scene7.com/IpsApi/xsd">` +
		`<user>anna@example.org</user><password>secret</password></authHeader>`
	params = `<uploadPostParam xmlns="http://www.scene7.com/IpsApi/xsd"><companyHandle>c|2101</companyHandle>` +
		`<jobName>spring</jobName></uploadPostParam>`
)

// TestRecorded reads whole requests in the shape in which clients send them.
func TestRecorded(t *testing.T) {
	jpeg, png := readTestdata(t, "content.jpg"), readTestdata(t, "content.png")
	tests := map[string][]got{
		"curl.http": {
			{Name: "auth", Body: auth},
			{Name: "uploadParams", FileName: "params.xml", HasFileName: true, Body: params},
			{Name: "file", FileName: `a "b".jpg`, HasFileName: true, Body: jpeg},
		},
		"python_requests.http": {
			{Name: "from", Body: "johndow"},
			{Name: "to", Body: "+420123456789"},
			{Name: "file", FileName: "čau #1.mp4", HasFileName: true, Body: jpeg},
			{Name: "thumb", FileName: "t.png", HasFileName: true, Body: png},
		},
		"httpclient3.http": {
			{Name: "auth", Body: auth},
			{Name: "uploadParams", Body: params},
			{Name: "file1", FileName: "Küche.jpg", HasFileName: true, Body: jpeg},
			{Name: "file2", FileName: "empty.bin", HasFileName: true},
		},
		"httpclient4_chunked.http": {
			{Name: "auth", Body: auth},
			{Name: "uploadParams", Body: params + `"`},
			{Name: "file", FileName: "assets/spring/chair.jpg", HasFileName: true, Body: jpeg},
		},
		"dotnet.http": {
			{Name: "from", Body: "johndow"},
			{Name: "file", FileName: "čau.mp4", HasFileName: true, Body: jpeg},
			{Name: "extra", FileName: "plain.bin", HasFileName: true, Body: png},
		},
		"flash.http": {
			{Name: "Filename", Body: "chair.jpg"},
			{Name: "auth", Body: auth},
			{Name: "uploadParams", Body: params},
			{Name: "Filedata", FileName: "chair.jpg", HasFileName: true, Body: jpeg},
			{Name: "Upload", Body: "Submit Query"},
		},
		"softphone.http": {
			{Name: "from", Body: "johndow"},
			{Name: "password", Body: "secret"},
			{Name: "file", FileName: "IMG 1 (2).mp4", HasFileName: true, Body: jpeg},
			{Name: "description", Body: "Čau"},
		},
		"printed_example.http": {
			{Name: "auth", Body: "   " + auth},
			{Name: "uploadParams", Body: "   " + params},
			{Name: "file1", FileName: "1.jpg", HasFileName: true, Body: jpeg},
			{Name: "file2", FileName: "2.txt", HasFileName: true, Body: "<2.txt file contents here>\r"},
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 100, 64 << 10} {
				body, boundary := openRequest(t, name)
				parts, err := readParts(NewReader(body, boundary, Options{Mode: Tolerant}), size)
				if err != io.EOF {
					t.Fatalf("buffer of %d bytes: %v", size, err)
				}
				if diff := cmp.Diff(want, parts); diff != "" {
					t.Fatalf("buffer of %d bytes (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func openRequest(t testing.TB, name string) (body io.Reader, boundary string) {
	t.Helper()
	raw := readTestdata(t, name)
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader([]byte(raw))))
	if err != nil {
		t.Fatal(err)
	}
	boundary, err = Boundary(req.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	return req.Body, boundary
}
