package nomad

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// testPart is the part size of these tests, in bytes: the least that there is.
const testPart = minPartSize

// begun is an upload as its client knows it.
type begun struct {
	*shelf
	uploadModel
	token   string
	content string
}

// text of n bytes that differ from place to place.
func filling(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return string(b)
}

// start begins the upload of a file of some bytes; more are further members of the
// body. It must succeed.
func (s *shelf) start(name, content, option string, more ...string) *begun {
	s.t.Helper()
	return s.startAs(s.token, name, content, option, more...)
}

func (s *shelf) startAs(token, name, content, option string, more ...string) *begun {
	s.t.Helper()
	a := s.want(200, s.tryStart(token, name, len(content), option, more...))
	u := &begun{shelf: s, token: token, content: content}
	s.ok(json.Unmarshal([]byte(a.raw), &u.uploadModel))
	return u
}

func (s *shelf) tryStart(token, name string, size int, option string, more ...string) answer {
	s.t.Helper()
	members := append([]string{fmt.Sprintf(`"contentLength":%d,"chunkSize":%d`, size, testPart)}, more...)
	if name != "" {
		members = append(members, fmt.Sprintf(`"relativePath":%q`, name))
	}
	if option != "" {
		members = append(members, fmt.Sprintf(`"uploadOverwriteOption":%q`, option))
	}
	return s.send("POST", "/asset/upload/start", "{"+strings.Join(members, ",")+"}", "Authorization", "Bearer "+token)
}

// path is the address of a part without scheme and host.
func (u *begun) path(n int) string { return strings.TrimPrefix(*u.Parts[n].URL, u.server.URL) }

// slice is the content of a part.
func (u *begun) slice(n int) string {
	p := u.Parts[n]
	return u.content[p.StartingPosition : p.EndingPosition+1]
}

func (u *begun) put(n int, body string, headers ...string) answer {
	u.t.Helper()
	return u.send("PUT", u.path(n), body, headers...)
}

// confirm names the entity tag as the client does.
func (u *begun) confirm(n int, tag string) answer {
	u.t.Helper()
	text, err := json.Marshal(map[string]string{"etag": tag})
	u.ok(err)
	return u.send("POST", "/asset/upload/part/"+string(u.Parts[n].ID)+"/complete", string(text), "Authorization", "Bearer "+u.token)
}

func (u *begun) deliver(parts ...int) {
	u.t.Helper()
	for _, n := range parts {
		tag := u.want(200, u.put(n, u.slice(n))).header.Get("ETag")
		u.want(200, u.confirm(n, tag))
	}
}

func (u *begun) deliverAll() {
	u.t.Helper()
	for n := range u.Parts {
		u.deliver(n)
	}
}

func (u *begun) call(verb string) answer {
	u.t.Helper()
	return u.send("POST", "/asset/upload/"+string(u.ID)+"/"+verb, "", "Authorization", "Bearer "+u.token, "Content-Type", "application/json")
}

// whole delivers and completes.
func (u *begun) whole() *begun {
	u.t.Helper()
	u.deliverAll()
	a := u.want(200, u.call("complete"))
	if a.raw != `{"items":[{"id":"`+string(u.AssetID)+`"}],"totalItemCount":1}` {
		u.t.Errorf("complete answered %s", a.raw)
	}
	return u
}

// stores checks what is in the library under an asset's id.
func (s *shelf) stores(t *testing.T, id, content string) {
	t.Helper()
	if got := s.original(id); got != content {
		t.Errorf("asset %s has %d bytes, want %d, or others", id, len(got), len(content))
	}
}

// status of an asset, by number.
func (s *shelf) status(id string) int {
	s.t.Helper()
	a := s.send("GET", "/admin/asset/"+id, "", "Authorization", "Bearer "+s.token)
	if a.status == 404 {
		return 0
	}
	n, _ := a.json["assetStatus"].(float64)
	return int(n)
}

const (
	available   = 1
	uploading   = 6
	placeholder = 19
	replacing   = 21
)

// soon is a moment later, so that what is done next is no repetition.
func (s *shelf) soon() { s.later(2 * time.Minute) }

// original is the bytes of an asset.
func (s *shelf) original(id string) string {
	s.t.Helper()
	f, err := s.engine.Original(s.t.Context(), s.ann, ingest.UUID(id))
	s.ok(err)
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	s.ok(err)
	return string(b)
}
