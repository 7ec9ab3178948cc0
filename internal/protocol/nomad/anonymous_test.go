package nomad

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// guests is a kit that takes files of people without a login, under the name of ann.
func guests(t *testing.T) *kit {
	k := newKit(t, Options{Anonymous: true, AnonymousUser: "ann@example.com"})
	return k
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code asks for a code and returns the one in the letter.
func (k *kit) code(to string) string {
	k.t.Helper()
	k.want(200, k.send("POST", "/api/anonymous-upload/initiate", `{"email":"`+to+`"}`))
	k.post.mu.Lock()
	defer k.post.mu.Unlock()
	last := k.post.letters[len(k.post.letters)-1]
	if last.to != to || sixDigits.FindString(last.text) == "" {
		k.t.Fatalf("letter %+v", last)
	}
	return sixDigits.FindString(last.text)
}

func (k *kit) verify(mail, code string) answer {
	k.t.Helper()
	return k.send("POST", "/api/anonymous-upload/verify", fmt.Sprintf(`{"email":%q,"code":%q}`, mail, code))
}

// guest returns the header of a new session.
func (k *kit) guest(mail string) []string {
	k.t.Helper()
	a := k.want(200, k.verify(mail, k.code(mail)))
	if len(a.text("sessionId")) != 36 {
		k.t.Fatalf("session %s", a.raw)
	}
	return []string{"X-Upload-Session", a.text("sessionId")}
}

// other is a code that is not the one.
func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func TestAnonymousIsOffUnlessSwitchedOn(t *testing.T) {
	k := newKit(t, Options{})
	for _, call := range []string{
		"POST /anonymous-upload/initiate", "POST /anonymous-upload/verify", "GET /anonymous-upload/fields", "POST /anonymous-upload/upload/start",
		"POST /api/anonymous-upload/upload/0192c7a4-1111-7222-8333-444455556666/complete-part", "POST /anonymous-upload/upload/0192c7a4-1111-7222-8333-444455556666/complete",
	} {
		method, path, _ := strings.Cut(call, " ")
		k.want(404, k.send(method, path, ""))
	}
	if len(k.post.letters) != 0 {
		t.Errorf("letters %+v", k.post.letters)
	}
}

func TestAnonymousUpload(t *testing.T) {
	k := guests(t)
	session := k.guest("Bob.O'Neil@example.com")
	if fields := k.want(200, k.send("GET", "/anonymous-upload/fields", "", session...)); fields.raw != "[]" {
		t.Errorf("fields %s", fields.raw)
	}
	content := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	started := k.want(200, k.send("POST", "/anonymous-upload/upload/start",
		fmt.Sprintf(`{"fileName":"C:\\Users\\bob\\film.mp4","fileSize":"%d","chunkSize":65536,"formFields":{"Title":"My film","submitteremail":"eve@example.com"}}`, len(content)), session...))
	var model uploadModel
	k.ok(json.Unmarshal([]byte(started.raw), &model))
	if len(model.Parts) != 3 {
		t.Fatalf("%d parts: %s", len(model.Parts), started.raw)
	}
	k.restart() // another server, other addresses
	again := k.want(200, k.send("POST", "/anonymous-upload/upload/start",
		fmt.Sprintf(`{"fileName":"film.mp4","fileSize":%d,"chunkSize":65536}`, len(content)), session...))
	k.ok(json.Unmarshal([]byte(again.raw), &model))
	if again.text("id") != started.text("id") || again.text("assetId") != started.text("assetId") {
		t.Fatalf("started again as another upload: %s", again.raw)
	}
	complete := "/anonymous-upload/upload/" + started.text("id") + "/complete"
	k.want(400, k.send("POST", complete, "", session...))
	for _, p := range model.Parts {
		tag := k.put(*p.URL, content[p.StartingPosition:p.EndingPosition+1])
		k.want(401, k.send("POST", "/anonymous-upload/upload/"+string(p.ID)+"/complete-part", `{"etag":"x"}`))
		k.want(200, k.send("POST", "/anonymous-upload/upload/"+string(p.ID)+"/complete-part", fmt.Sprintf(`{"etag":%q}`, tag), session...))
	}
	first := k.want(200, k.send("POST", complete, "", session...))
	second := k.want(200, k.send("POST", complete, "", session...))
	want := map[string]any{"publicUrl": nil, "assetId": started.text("assetId"), "contentRecordId": nil}
	if diff := cmp.Diff(want, first.json) + cmp.Diff(want, second.json); diff != "" {
		t.Error(diff)
	}
	k.want(401, k.send("GET", "/anonymous-upload/fields", "", session...))
	k.want(401, k.send("POST", "/anonymous-upload/upload/start", `{"fileName":"b.mp4","fileSize":1,"chunkSize":65536}`, session...))

	a := k.asset(ingest.UUID(started.text("assetId")))
	if a.Company != k.acme.Number || a.Path != "Incoming/bob.o_neil@example.com/2026-03-01 120000.000/" || a.FileName != "film.mp4" || a.Size != int64(len(content)) {
		t.Errorf("the asset is %s%s of company %d, %d bytes", a.Path, a.FileName, a.Company, a.Size)
	}
	kept := map[string]string{}
	for name, value := range a.Metadata {
		if name, ok := strings.CutPrefix(name, metaProperty); ok {
			kept[name] = value
		}
	}
	if diff := cmp.Diff(map[string]string{"Title": "My film", "SubmitterEmail": "Bob.O'Neil@example.com", "SubmitDate": "2026-03-01T12:00:00Z"}, kept); diff != "" {
		t.Error(diff)
	}
}

// put sends a part and returns its ETag.
func (k *kit) put(url string, body []byte) string {
	k.t.Helper()
	req, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(body))
	k.ok(err)
	resp, err := http.DefaultClient.Do(req)
	k.ok(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	k.ok(err)
	if resp.StatusCode != http.StatusOK {
		k.t.Fatalf("PUT: %d %s", resp.StatusCode, text)
	}
	return resp.Header.Get("ETag")
}

func (k *kit) asset(id ingest.UUID) (a *ingest.Asset) {
	k.t.Helper()
	k.ok(k.db.View(context.Background(), func(tx ingest.Tx) (err error) {
		a, err = tx.AssetByUUID(id)
		return err
	}))
	return a
}

func TestAnonymousCodes(t *testing.T) {
	k := guests(t)
	first := k.code("bob@example.com")
	k.want(401, k.verify("bob@example.com", other(first)))
	k.want(401, k.verify("eve@example.com", first))
	k.restart()
	second := k.code("bob@example.com")
	if first != second {
		k.want(401, k.verify("bob@example.com", first))
	}
	k.want(200, k.verify("BOB@example.com", " "+second+" "))
	k.want(401, k.verify("bob@example.com", second)) // it is used up

	late := k.code("late@example.com")
	k.later(engine.GuestCodeLife)
	k.want(401, k.verify("late@example.com", late))

	for _, body := range []string{"", "{}", `{"email":"bob@example.com"}`, `{"email":"bob","code":"123456"}`, `{"code":123456}`, "x", `{"email":["a"],"code":"1"}`} {
		k.want(400, k.send("POST", "/anonymous-upload/verify", body))
	}
	for _, body := range []string{"", "{}", `{"email":""}`, `{"email":"bob"}`, `{"email":"Bob <bob@example.com>"}`, `{"email":"bob@example.com\r\nBcc: eve@example.com"}`, `{"email":"a@example.com, b@example.com"}`, "{"} {
		k.want(400, k.send("POST", "/anonymous-upload/initiate", body))
	}
	for _, code := range []string{first, second, late} {
		if strings.Contains(k.log.String(), code) {
			t.Errorf("the log holds the code %s", code)
		}
	}
}

func TestAnonymousTriesAreCounted(t *testing.T) {
	k := guests(t)
	code := k.code("bob@example.com")
	for range 5 {
		k.want(401, k.verify("bob@example.com", other(code)))
	}
	k.restart()
	k.want(429, k.verify("bob@example.com", other(code)))
	k.want(429, k.verify("bob@example.com", code))
	fresh := k.code("bob@example.com")
	k.want(200, k.verify("bob@example.com", fresh))
}

// Guesses side by side are not more than guesses in a row.
func TestAnonymousTriesAtOnce(t *testing.T) {
	k := guests(t)
	code := k.code("bob@example.com")
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			a := k.verify("bob@example.com", other(code))
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[int]int{401: 5, 429: 15}, statuses); diff != "" {
		t.Error(diff)
	}
}

func TestAnonymousRates(t *testing.T) {
	k := guests(t)
	for range 3 {
		k.code("bob@example.com")
	}
	body := `{"email":"bob@example.com"}`
	k.restart()
	k.want(429, k.send("POST", "/anonymous-upload/initiate", body))
	k.want(429, k.send("POST", "/anonymous-upload/initiate", `{"email":"BOB@example.com"}`, "X-Test-Address", "198.51.100.1"))
	k.later(15 * time.Minute)
	k.code("bob@example.com")

	from := func(i int) []string {
		return []string{"X-Test-Address", fmt.Sprintf("2001:db8:1:2::%x", i+1)}
	}
	for i := range initiatesHour {
		k.want(200, k.send("POST", "/anonymous-upload/initiate", fmt.Sprintf(`{"email":"u%d@example.com"}`, i), from(i)...))
	}
	k.want(429, k.send("POST", "/anonymous-upload/initiate", `{"email":"last@example.com"}`, from(99)...))
	k.want(200, k.send("POST", "/anonymous-upload/initiate", `{"email":"last@example.com"}`, "X-Test-Address", "2001:db8:1:3::1"))
	k.later(time.Hour)
	k.want(200, k.send("POST", "/anonymous-upload/initiate", `{"email":"more@example.com"}`, from(99)...))
	for range verifiesWindow {
		k.want(401, k.send("POST", "/anonymous-upload/verify", `{"email":"none@example.com","code":"000000"}`, from(1)...))
	}
	k.want(429, k.send("POST", "/anonymous-upload/verify", `{"email":"none@example.com","code":"000000"}`, from(2)...))
}

func TestAnonymousSessions(t *testing.T) {
	k := guests(t)
	bob, eve := k.guest("bob@example.com"), k.guest("eve@example.com")
	start := func(session []string) answer {
		return k.want(200, k.send("POST", "/anonymous-upload/upload/start", `{"fileName":"film.mp4","fileSize":10,"chunkSize":65536}`, session...))
	}
	his, hers := start(bob), start(eve)
	if his.text("id") == hers.text("id") || his.text("assetId") == hers.text("assetId") {
		t.Error("two people share an upload")
	}
	part := his.json["parts"].([]any)[0].(map[string]any)
	tag := k.put(part["url"].(string), []byte("0123456789"))
	confirm, body := "/anonymous-upload/upload/"+part["id"].(string)+"/complete-part", fmt.Sprintf(`{"etag":%q}`, tag)
	k.want(404, k.send("POST", confirm, body, eve...))
	k.want(200, k.send("POST", confirm, body, bob...))
	k.want(400, k.send("POST", "/anonymous-upload/upload/"+his.text("id")+"/complete", "", eve...))
	k.want(400, k.send("POST", "/anonymous-upload/upload/x/complete", "", eve...))
	if state := k.upload(ingest.UUID(his.text("id"))).State; state != ingest.UploadOpen {
		t.Errorf("another session made the upload %v", state)
	}

	for _, header := range [][]string{nil, {"X-Upload-Session", ""}, {"X-Upload-Session", "0192c7a4-1111-7222-8333-444455556666"}, {"Authorization", "Bearer " + bob[1]}} {
		k.want(401, k.send("GET", "/anonymous-upload/fields", "", header...))
	}
	for _, body := range []string{"", "{}", `{"fileName":"a.mp4"}`, `{"fileSize":1,"chunkSize":1}`, `{"fileName":"../a","fileSize":1}`, `{"fileName":"a","fileSize":-1}`, `{"fileName":"a","fileSize":1.5}`, `{"fileName":"a","fileSize":1,"formFields":[]}`} {
		k.want(400, k.send("POST", "/anonymous-upload/upload/start", body, eve...))
	}

	other := k.want(200, k.send("POST", "/anonymous-upload/upload/start", `{"fileName":"second.mp4","fileSize":10,"chunkSize":65536}`, eve...))
	k.want(400, k.send("POST", "/anonymous-upload/upload/"+hers.text("id")+"/complete", "", eve...))
	if state := k.upload(ingest.UUID(hers.text("id"))).State; state != ingest.UploadAborted {
		t.Errorf("the first upload of the session is %v", state)
	}
	if state := k.upload(ingest.UUID(other.text("id"))).State; state != ingest.UploadOpen {
		t.Errorf("the second upload of the session is %v", state)
	}
	k.later(engine.GuestSessionLife)
	k.want(401, k.send("GET", "/anonymous-upload/fields", "", bob...))
	for _, secret := range []string{bob[1], eve[1]} {
		if strings.Contains(k.log.String(), secret) {
			t.Errorf("the log holds the session %s", secret)
		}
	}
}

func (k *kit) upload(id ingest.UUID) (u *ingest.Upload) {
	k.t.Helper()
	k.ok(k.db.View(context.Background(), func(tx ingest.Tx) (err error) {
		u, err = tx.Upload(id)
		return err
	}))
	return u
}

func TestAnonymousSetUpWrongly(t *testing.T) {
	for _, login := range []string{"", "unknown@example.com", "off@example.com", "nobody@example.com"} {
		k := newKit(t, Options{Anonymous: true, AnonymousUser: login})
		k.want(503, k.send("GET", "/anonymous-upload/fields", "", k.guest("bob@example.com")...))
	}
	k := guests(t)
	k.post.fail = &ingest.Error{Kind: ingest.Unavailable, Op: "test", Msg: "The letter could not be sent."}
	if a := k.want(503, k.send("POST", "/anonymous-upload/initiate", `{"email":"bob@example.com"}`)); a.text("message") != "The letter could not be sent." {
		t.Errorf("told %s", a.raw)
	}
}
