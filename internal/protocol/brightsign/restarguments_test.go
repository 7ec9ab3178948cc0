package brightsign

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestReadJSON(t *testing.T) {
	n := func(i int64) *int64 { return &i }
	for text, want := range map[string]arguments{
		`{}`: {},
		`{"FILENAME":"a","filesize":3,"Sha1Hash":"x","UPLOADTOKEN":"u"}`:                            {FileName: "a", FileSize: n(3), SHA1Hash: "x", UploadToken: "u"},
		`{"fileSize":"12","chunksCount":3.0,"contentId":"7","webPageId":8,"webpageAssetId":9}`:      {FileSize: n(12), ChunksCount: n(3), ContentID: n(7), WebPageID: n(8), WebPageAssetID: n(9)},
		`{"fileName":null,"fileSize":null,"sha1Hash":"","virtualPath":"","uploadToken":null}`:       {},
		`{"fileLastModifiedDate":"0001-01-01T00:00:00","fileThumb":null,"tags":{"a":{"b":[1,{}]}}}`: {},
		`{"fileLastModifiedDate":"2026-01-02T03:04:05.6"}`:                                          {LastModified: time.Date(2026, 1, 2, 3, 4, 5, 6e8, time.UTC)},
		`{"sha1Hash":"new","shA1Hash":"old"}`:                                                       {SHA1Hash: "new"},
		`{"shA1Hash":"old","sha1Hash":"new"}`:                                                       {SHA1Hash: "new"},
		`{"shA1Hash":"old","sha1Hash":null}`:                                                        {SHA1Hash: "old"},
		`{"mediaType":"text"}`:                                                                      {ContentType: typeText},
		`{"mediaType":"DEVICEWEBPAGE"}`:                                                             {ContentType: typeDeviceWebPage},
		`{"mediaType":"Webpage"}`:                                                                   {ContentType: typeWebPage},
		`{"mediaType":"auto"}`:                                                                      {ContentType: typeAuto},
		`{"mediaType":"Image"}`:                                                                     {ContentType: typeImage},
		`{"mediaType":"Video"}`:                                                                     {ContentType: typeVideo},
		`{"mediaType":"Audio"}`:                                                                     {ContentType: typeAudio},
		`{"virtualPath":"A\\B"}`:                                                                    {VirtualPath: `\A\B\`},
		`{"virtualPath":"/A/"}`:                                                                     {VirtualPath: `/A/`},
		`{"virtualPath":"\\"}`:                                                                      {VirtualPath: `\`},
		`{"name":"Menu","assets":[{"fileName":"a.js","RelativePath":"js\\","virtualPath":"X"},null,{}]}`: {Name: "Menu", Assets: &[]arguments{{FileName: "a.js", RelativePath: `js\`, VirtualPath: `\X\`}, {}}},
		`{"assets":[]}`: {Assets: &[]arguments{}},
		`{"assets":null,"unknown":true,"more":1}`: {},
		"\xef\xbb\xbf {\"fileName\":\"ä\"}\r\n":   {FileName: "ä"},
		`{"fileThumb":"aGk="}`:                    {FileThumb: []byte("hi")},
	} {
		got, err := readJSON([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	for text, want := range map[string]string{
		``: "well-formed JSON", `{`: "well-formed JSON", `{"a"}`: "well-formed JSON", `{"fileName":"a",}`: "well-formed JSON", `{} x`: "well-formed JSON", `{}{}`: "well-formed JSON",
		"{\"fileName\":\"\xff\"}": "UTF-8", `null`: "must be specified", `[]`: "must be specified", `"x"`: "must be specified",
		`{"fileSize":"many"}`: "fileSize", `{"fileSize":1.5}`: "not valid", `{"fileSize":1e400}`: "not valid", `{"fileName":{}}`: "fileName is not valid", `{"fileName":true}`: "fileName is not valid",
		`{"mediaType":"Poem"}`: "not valid", `{"fileLastModifiedDate":"soon"}`: "not valid", `{"fileThumb":"%"}`: "not valid",
		`{"assets":{}}`: "assets is not valid", `{"assets":[1]}`: "assets is not valid", `{"assets":[{"assets":[]}]}`: "assets is not valid",
		`{"tags":` + deep + `}`: "nested", `{"assets":[{"tags":` + deep + `}]}`: "nested",
	} {
		_, err := readJSON([]byte(text))
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(strings.TrimPrefix(want, "fileSize"))) || problemOf(err, "").code != http.StatusBadRequest {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
	for more, want := range map[int]string{0: "", 1: "more than 10000 assets. It has 10001.", 500: "It has 10500."} {
		_, err := readJSON([]byte(`{"assets":[` + strings.Repeat("{},", maxAssets+more-1) + `{}]}`))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || problemOf(err, "").code != http.StatusRequestEntityTooLarge) {
			t.Errorf("%d assets too many: %v, want %q", more, err, want)
		}
	}
	if _, err := readJSON([]byte(`{"tags":` + deep[1:len(deep)-1] + `}`)); err != nil {
		t.Errorf("just deep enough: %v", err)
	}
}

func TestRESTBodiesAreBounded(t *testing.T) {
	h := newRESTHarness(t)
	body := func(size int) string {
		const frame = `{"fileName":"a.png","x":""}`
		return `{"fileName":"a.png","x":"` + strings.Repeat("y", size-len(frame)) + `"}`
	}
	for size, code := range map[int]int{maxSessionMessage: 201, maxSessionMessage + 1: 413, 3 * maxSessionMessage: 413} {
		h.want(code, h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, body: body(size)}))
		h.want(code, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: body(size)}))
		// the same without a length
		h.want(code, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: struct{ *strings.Reader }{strings.NewReader(body(size))}.Reader}))
	}
	packed := zipped(t, []byte(body(maxSessionMessage+1)))
	h.want(413, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: packed, header: map[string]string{"Content-Encoding": "gzip"}}))
	packed = zipped(t, []byte(`{"fileName":"a.png"}`))
	h.want(201, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: packed, header: map[string]string{"Content-Encoding": "gzip"}}))
	h.want(400, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: packed[:20], header: map[string]string{"Content-Encoding": "gzip"}}))
	h.want(400, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: "plain", header: map[string]string{"Content-Encoding": "gzip"}}))
	h.want(415, h.do(restRequest{method: "POST", path: "/Sessions/", media: mediaStartPage, body: "{}", header: map[string]string{"Content-Encoding": "br"}}))
}

func TestRESTFoldersAndTypes(t *testing.T) {
	h := newRESTHarness(t)
	for i, tt := range []struct{ path, folder, media, kind, soap string }{
		{"", "Shared/Incoming/", "", "Image", "Image"}, {`\`, "", "Image", "Image", "Image"}, {"Users/anna", "Users/anna/", "Video", "Video", "Video"},
		{`\A\B`, "A/B/", "Text", "Text", "Auto"}, {"C/", "C/", "DeviceWebpage", "DeviceWebpage", "WebPage"}, {`\D\`, "D/", "webpage", "Webpage", "WebPage"},
		{"E", "E/", "Auto", "Audio", "Audio"},
	} {
		data := fmt.Appendf(nil, "content %d", i)
		body := map[string]any{"fileName": "f.mp3", "fileSize": len(data), "virtualPath": tt.path, "mediaType": tt.media, "sha1Hash": sha(data)}
		path, _ := h.begin(body)
		h.want(204, h.chunk(path, 0, data))
		done := h.want(200, h.do(restRequest{method: "PUT", path: path, media: mediaCompleteFile, body: body}))
		if file := h.library()[ingest.Number(done.number("contentId"))]; file.Folder != tt.folder {
			t.Errorf("%q: folder %q, want %q", tt.path, file.Folder, tt.folder)
		}
		got := h.do(restRequest{method: "POST", path: "/Sessions/None/Uploads/", media: mediaStartFile, accept: h.full(mediaNegotiation), body: body})
		if m := got.json["matchingFiles"].([]any)[0].(map[string]any); m["type"] != tt.kind || m["virtualPath"] != virtualPathOf(tt.folder) {
			t.Errorf("%q %q: match %v", tt.path, tt.media, m)
		}
		told := string((contentInfo{Type: contentTypeOf(h.asset(ingest.Number(done.number("contentId"))))}).appendXML(nil))
		if !strings.Contains(told, "<a:Type>"+tt.soap+"</a:Type>") {
			t.Errorf("%q: SOAP clients are told %s", tt.media, told)
		}
	}
}
