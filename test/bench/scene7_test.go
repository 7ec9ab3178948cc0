package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testLogin has every character that XML and Basic authentication care about.
func testLogin() account {
	return account{user: "bench@localhost", password: `a<b&"c'>d`, company: "Bench", handle: "c|1"}
}

func startFake(t *testing.T) (*fakeSluice, *conn) {
	t.Helper()
	fake := newFakeSluice(testLogin())
	server := httptest.NewServer(fake.routes())
	t.Cleanup(server.Close)
	c := newConn(server.Listener.Addr().String())
	t.Cleanup(c.close)
	return fake, c
}

func TestScene7UploadsWithinOneJobAndReadsBack(t *testing.T) {
	fake, c := startFake(t)
	ctx := t.Context()
	door := newScene7(testLogin(), "batch & one", "up/load")
	if err := door.open(ctx, c); err != nil {
		t.Fatal(err)
	}
	if want := "j|1||batch & one|1"; door.jobHandle != want {
		t.Errorf("job handle %q, want %q", door.jobHandle, want)
	}
	content := newCorpus(1)
	objects := []object{
		{corpus: content, name: "empty.zip", number: 1, size: 0},
		{corpus: content, name: "small.zip", number: 2, size: 65536},
		{corpus: content, name: "blocks.zip", number: 3, size: 9*blockBytes + 17},
	}
	for _, o := range objects {
		if err := door.put(ctx, c, o); err != nil {
			t.Fatal(err)
		}
		var back, want bytes.Buffer
		if err := door.fetch(ctx, c, o, &back); err != nil {
			t.Fatal(err)
		}
		_, _ = o.WriteTo(&want)
		if !bytes.Equal(back.Bytes(), want.Bytes()) {
			t.Errorf("%s: %d bytes came back that differ from the %d sent", o.name, back.Len(), want.Len())
		}
		if got := fake.folder(o.name); got != "up/load" {
			t.Errorf("%s went to folder %q", o.name, got)
		}
	}
	if err := door.close(ctx, c); err != nil {
		t.Fatal(err)
	}
	if fake.open(door.jobHandle) {
		t.Error("the job is still open after close")
	}
	err := door.put(ctx, c, objects[0])
	if err == nil || !strings.Contains(err.Error(), "30001") {
		t.Errorf("upload to an ended job: %v, want fault 30001", err)
	}
	if got, want := fake.postCount(), len(objects)+3; got != want {
		t.Errorf("%d posts, want %d", got, want)
	}
}

func TestScene7ShowsFaults(t *testing.T) {
	tests := map[string]struct {
		change func(*account)
		want   string
	}{
		"password": {func(a *account) { a.password = "no" }, "authenticationFault 10001: Invalid username/password"},
		"company":  {func(a *account) { a.handle = "c|9" }, "authorizationFault 20000: no such company"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := startFake(t)
			login := testLogin()
			test.change(&login)
			err := newScene7(login, "job", "").open(t.Context(), c)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestParseUploadAnswer(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		handle string
		ok     bool
	}{
		"handle":          {200, `<uploadPostReturn xmlns="x"><jobHandle>j|1||a|2</jobHandle></uploadPostReturn>`, "j|1||a|2", true},
		"no handle":       {200, `<uploadPostReturn xmlns="x"/>`, "", false},
		"fault under 200": {200, `<t:ipsApiFault xmlns:t="x"><t:code>30000</t:code></t:ipsApiFault>`, "", false},
		"wrong status":    {503, `<uploadPostReturn><jobHandle>j</jobHandle></uploadPostReturn>`, "", false},
		"no XML":          {502, `Bad Gateway`, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			handle, err := parseUploadAnswer(answer{status: test.status, body: []byte(test.body)})
			if handle != test.handle || (err == nil) != test.ok {
				t.Errorf("got %q, %v", handle, err)
			}
		})
	}
}

func TestFetchRefusesAnAssetOfAnotherSize(t *testing.T) {
	_, c := startFake(t)
	ctx := t.Context()
	door := newScene7(testLogin(), "job", "")
	o := object{corpus: newCorpus(1), name: "a.zip", number: 1, size: 10}
	if err := door.open(ctx, c); err != nil {
		t.Fatal(err)
	}
	if err := door.put(ctx, c, o); err != nil {
		t.Fatal(err)
	}
	o.size = 11
	if err := door.fetch(ctx, c, o, &bytes.Buffer{}); err == nil {
		t.Error("an asset of 10 bytes passed for one of 11")
	}
}

func TestOnlyWantsExactlyOneAsset(t *testing.T) {
	a, other := asset{UUID: "1", FileName: "a.zip"}, asset{UUID: "2", FileName: "a.zip.zip"}
	if got, err := (assetPage{Items: []asset{other, a}}).only("a.zip"); err != nil || !cmp.Equal(got, a) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, items := range [][]asset{nil, {other}, {a, a}} {
		if got, err := (assetPage{Items: items}).only("a.zip"); err == nil {
			t.Errorf("%v gave %v", items, got)
		}
	}
}
