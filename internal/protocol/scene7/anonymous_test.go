package scene7

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serve answers a request without a socket; body may be anything that reads.
func (r *rig) serve(contentType string, length int64, body io.Reader) string {
	req := httptest.NewRequest("POST", "/scene7/UploadFile", body)
	req.ContentLength = length
	req.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	r.door.uploadFile(rec, req)
	return rec.Body.String()
}

// stranger is the room that requests without login have; all of it when none runs.
func (r *rig) stranger() [2]int64 {
	r.door.anonymous.mu.Lock()
	defer r.door.anonymous.mu.Unlock()
	return [2]int64{r.door.anonymous.disk, r.door.anonymous.memory}
}

func TestFilesBeforeTheLoginAreLimited(t *testing.T) {
	const room = 1 << 20
	r := newRig(t, Options{MaxAnonymousSpool: room})
	auth, params := authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options)
	basic := map[string]string{"Authorization": "Basic YW5uYUBleGFtcGxlLm9yZzpzZWNyZXQ="}
	wrong := map[string]string{"Authorization": "Basic YW5uYUBleGFtcGxlLm9yZzpuby4="}
	big, half := strings.Repeat("x", 2*room), strings.Repeat("x", room/2+1)
	tests := map[string]struct {
		header map[string]string
		code   int // 0 = taken
		words  string
		parts  []field
	}{
		"auth first":                {nil, 0, "", []field{auth, params, file("a.zip", big)}},
		"file first":                {nil, 30000, "send the auth part before the files", []field{file("b.zip", big), params, auth}},
		"two files first":           {nil, 30000, "1048576 bytes", []field{file("c1.zip", half), file("c2.zip", half), params, auth}},
		"a small file first":        {nil, 0, "", []field{file("d1.zip", half), params, auth, file("d2.zip", big)}},
		"Basic, no auth part":       {basic, 0, "", []field{params, file("e.zip", big)}},
		"wrong Basic":               {wrong, 30000, "send the auth part", []field{params, file("f.zip", big)}},
		"wrong Basic, right auth":   {wrong, 0, "", []field{params, file("g.zip", half), auth}},
		"Basic, another auth part":  {basic, 20003, "permission", []field{params, file("h.zip", big), authPart("vera@example.org", "secret", "")}},
		"64 files":                  {nil, 0, "", append(many(64, file("i.zip", "x")), params, auth)},
		"65 files":                  {nil, 30001, "65 files or more before its auth part, the limit is 64", append(many(65, file("j.zip", "x")), params, auth)},
		"65 files behind the login": {nil, 0, "", append([]field{auth, params}, many(65, file("k.zip", "x"))...)},
		"65 files with Basic":       {basic, 0, "", append([]field{params}, many(65, file("l.zip", "x"))...)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := r.postWith(t, tt.header, tt.parts...)
			if tt.code == 0 {
				jobHandle(t, status, answer)
			} else if !strings.Contains(answer, fmt.Sprintf("<tns:code>%d<", tt.code)) || !strings.Contains(answer, tt.words) {
				t.Errorf("answer %s, want %d with %q", answer, tt.code, tt.words)
			}
			if diff := cmp.Diff([2]int64{room, maxAnonymousMemory}, r.stranger()); diff != "" {
				t.Errorf("room after the request (-want +got):\n%s", diff)
			}
		})
	}
}

// Room is shared by the requests that run, and is free again with the login, not
// only with the end of the request.
func TestRoomForStrangersIsSharedAndGivenBack(t *testing.T) {
	const room = 1 << 20
	r := newRig(t, Options{MaxAnonymousSpool: room})
	auth, params := authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options)
	most := file("first.zip", strings.Repeat("x", room*3/4))
	contentType, body := form(t, most, field{name: "Filename", body: "x"}, auth, params, file("last.zip", strings.Repeat("y", 1<<20)))
	spooled, loggedIn := bytes.Index(body, []byte("Filename")), bytes.Index(body, []byte("last.zip"))+1000
	other := func() string {
		_, answer := r.post(t, file("other.zip", strings.Repeat("z", room/2)), auth, params)
		return answer
	}
	var before, after string
	answer := r.serve(contentType, -1, io.MultiReader(
		bytes.NewReader(body[:spooled]), &probe{func() { before = other() }},
		bytes.NewReader(body[spooled:loggedIn]), &probe{func() { after = other() }},
		bytes.NewReader(body[loggedIn:]),
	))
	if !strings.Contains(before, "<tns:code>30000<") || !strings.Contains(after, "<jobHandle>") || !strings.Contains(answer, "<jobHandle>") {
		t.Errorf("while the first request held the room: %s\nafter its login: %s\nits own answer: %s", before, after, answer)
	}
}

// What is kept in memory of parameters has a limit of its own.
func TestParametersBeforeTheLoginAreLimited(t *testing.T) {
	r := newRig(t, Options{})
	r.door.anonymous.memory = 10 << 10
	auth := authPart("anna@example.org", "secret", "")
	params := paramsPart(`<jobName>j</jobName>` + options + strings.Repeat(" ", 20<<10))
	if _, answer := r.post(t, params, auth); !strings.Contains(answer, "<tns:code>30000<") {
		t.Errorf("parameters first: %s", answer)
	}
	if _, answer := r.post(t, params, authPart("anna@example.org", "wrong", "")); !strings.Contains(answer, "<tns:code>10001<") {
		t.Errorf("parameters first, then a wrong password: %s", answer)
	}
	status, answer := r.post(t, auth, params)
	jobHandle(t, status, answer)
	if got := r.stranger()[1]; got != 10<<10 {
		t.Errorf("%d bytes of memory are left for strangers", got)
	}
}

func TestRoomOnTheDiskIsReservedForThoseWhoMayUseIt(t *testing.T) {
	auth, params := authPart("anna@example.org", "secret", ""), paramsPart(`<jobName>j</jobName>`+options)
	big := file("a.zip", strings.Repeat("x", 2<<20))
	for name, tt := range map[string]struct {
		parts    []field
		reserves bool
	}{
		"auth and parameters": {[]field{auth, params, big}, true},
		"auth only":           {[]field{auth, big, params}, false},
		"parameters only":     {[]field{params, big, auth}, false},
		"neither":             {[]field{big, params, auth}, false},
	} {
		r := newRig(t, Options{})
		status, answer := r.post(t, tt.parts...)
		jobHandle(t, status, answer)
		if sizes := r.stages.sizes; len(sizes) != 1 || (sizes[0] > 1<<20) != tt.reserves || !tt.reserves && sizes[0] != -1 {
			t.Errorf("%s: reserved %v", name, sizes)
		}
	}
}

// countingBody is a body that never ends.
type countingBody struct{ read int64 }

func (c *countingBody) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	c.read += int64(len(p))
	return len(p), nil
}

func TestLittleIsReadOfARequestThatAnnouncesTooMuch(t *testing.T) {
	r := newRig(t, Options{MaxPostSize: 64 << 20})
	for name, length := range map[string]int64{"announced": 1 << 40, "not announced": -1} {
		body := &countingBody{}
		answer := r.serve("multipart/form-data; boundary=b", length, body)
		if !strings.Contains(answer, "<tns:code>30001<") {
			t.Errorf("%s: %s", name, answer)
		}
		most := int64(maxDrainOver)
		if length < 0 {
			most += 64 << 20
		}
		if body.read > most+1<<20 {
			t.Errorf("%s: %d bytes were read, %d are enough", name, body.read, most)
		}
	}
}
