package brightsign

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

const formType = "application/x-www-form-urlencoded"

func (h *restHarness) askToken(path string, form url.Values) restReply {
	h.t.Helper()
	return h.do(restRequest{method: "POST", path: "/" + path, media: formType, body: form.Encode(), as: restNobody})
}

func passwordForm(user, password string) url.Values {
	return url.Values{"grant_type": {"password"}, "username": {user}, "password": {password}}
}

func TestRESTToken(t *testing.T) {
	h := newRESTHarness(t)
	good := passwordForm(accountName+"/"+h.editor.login, h.editor.login)
	for _, path := range []string{"/2017/01/REST/Token", "/2019/03/REST/Token", "/2019/03/REST/token/", "/2019/03/rest/TOKEN"} {
		got := h.askToken(path, good)
		if got.code != 200 || got.text("access_token") == "" || got.text("token_type") != "bearer" || got.number("expires_in") != 3600 || len(got.json) != 3 {
			t.Errorf("%s: %d %s", path, got.code, got.raw)
		}
		if got.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %v", path, got.header)
		}
		if got := h.do(restRequest{method: "GET", path: "/" + path, as: restNobody}); got.code != 400 || got.text("error") != "invalid_request" {
			t.Errorf("GET %s: %d %s", path, got.code, got.raw)
		}
	}
	for _, path := range []string{"/2018/05/REST/Token", "/2022/06/REST/Token", "/2019/03/REST/Self", "/Upload/2019/03/REST/Token", "/2019/03/"} {
		if got := h.do(restRequest{method: "GET", path: "/" + path, as: restNobody}); got.code != 404 {
			t.Errorf("GET %s: %d", path, got.code)
		}
		if got := h.askToken(path, good); got.code != 404 {
			t.Errorf("POST %s: %d", path, got.code)
		}
	}
	// letter case of the account does not matter, and a single account need not be named
	for _, user := range []string{strings.ToUpper(accountName) + "/" + h.editor.login, h.editor.login} {
		if got := h.askToken("/2019/03/REST/Token", passwordForm(user, h.editor.login)); got.code != 200 {
			t.Errorf("%s: %d %s", user, got.code, got.raw)
		}
	}
}

func TestRESTTokenRefused(t *testing.T) {
	h := newRESTHarness(t)
	user, password := accountName+"/"+h.editor.login, h.editor.login
	with := func(name string, values ...string) url.Values {
		form := passwordForm(user, password)
		form[name] = values
		return form
	}
	const path = "/2019/03/REST/Token"
	for word, forms := range map[string][]url.Values{
		"invalid_grant":          {passwordForm(user, "wrong"), passwordForm("Nowhere/"+h.editor.login, password), passwordForm(otherName+"/"+h.editor.login, password), passwordForm("nobody", "x")},
		"invalid_request":        {with("grant_type"), with("username"), with("password", ""), with("username", user, user), {}, with("x", strings.Repeat("y", maxTokenForm))},
		"unsupported_grant_type": {with("grant_type", "client_credentials"), with("grant_type", "refresh_token")},
	} {
		for _, form := range forms {
			got := h.askToken(path, form)
			if got.code != 400 || got.text("error") != word || got.text("error_description") == "" || got.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%.80s: %d %s, want %s", form.Encode(), got.code, got.raw, word)
			}
		}
	}
	for media, body := range map[string]string{mediaJSON: `{}`, formType: "%zz", "text/plain": passwordForm(user, password).Encode()} {
		if got := h.do(restRequest{method: "POST", path: "/" + path, media: media, body: body, as: restNobody}); got.code != 400 || got.text("error") != "invalid_request" {
			t.Errorf("%s: %d %s", media, got.code, got.raw)
		}
	}
	for kind, want := range map[ingest.Kind]struct {
		code int
		word string
	}{ingest.Unavailable: {503, "temporarily_unavailable"}, ingest.Throttled: {429, "temporarily_unavailable"}, ingest.Internal: {500, "server_error"}, ingest.Forbidden: {400, "invalid_grant"}} {
		h.door.Tokens = brokenTokens{kind}
		if got := h.askToken(path, passwordForm(user, password)); got.code != want.code || got.text("error") != want.word {
			t.Errorf("%s: %d %s", kind, got.code, got.raw)
		}
	}
}

// brokenTokens fails.
type brokenTokens struct{ kind ingest.Kind }

func (b brokenTokens) Issue(context.Context, ingest.Number, ingest.Number) (string, time.Time, error) {
	return "", time.Time{}, &ingest.Error{Kind: b.kind, Op: "test", Msg: "broken"}
}

func (b brokenTokens) Open(context.Context, string) (ingest.Principal, ingest.Number, error) {
	return ingest.Principal{}, 0, &ingest.Error{Kind: b.kind, Op: "test", Msg: "broken"}
}

// Whatever goes wrong, neither tokens nor passwords get into the log.
func TestRESTLogKeepsSecrets(t *testing.T) {
	h := newRESTHarness(t)
	c := h.authorize(h.editor)
	h.askToken("/2019/03/REST/Token", passwordForm(accountName+"/"+h.editor.login, "wrong-password"))
	path, st := h.begin(map[string]any{"fileName": "a.png", "fileSize": 2})
	session, page := h.pageSession(map[string]any{"fileName": "p.html"})
	h.chunk(path, 0, []byte("x"))
	c.send("PUT", path, mediaCompleteFile, "", map[string]any{"fileName": "a.png"})
	c.send("PUT", session, mediaCompletePage, "", "{}")
	c.send("PUT", session, mediaStartPage, "", "{}")
	c.send("GET", "/Sessions/x/Uploads/"+st.text("uploadToken"), "", "text/html", nil)
	c.send("DELETE", session, "", "", nil)
	c.send("DELETE", session+"Uploads/"+page.text("uploadToken"), "", "", nil)
	c.send("POST", path+"Chunks/?offset=-1", mediaChunk, "", "x")
	c.send("PATCH", path, "", "", nil)
	h.do(restRequest{method: "GET", path: path, as: restNobody, header: map[string]string{"Authorization": "Bearer stolen-token"}})
	log := h.log.String()
	if strings.Count(log, "operation refused") < 7 || !strings.Contains(log, "token refused") || !strings.Contains(log, "status=409") {
		t.Errorf("the log says too little:\n%s", log)
	}
	for _, secret := range []string{c.bearer, "stolen-token", "wrong-password", st.text("uploadToken"), page.text("uploadToken"), page.text("sessionToken"), "Basic "} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
}

func TestRESTTokenIsForOneAccount(t *testing.T) {
	h := newRESTHarness(t)
	h.ok(h.db.Update(context.Background(), func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: h.editor.User, Company: h.other.Number, Role: ingest.RoleCompanyAdmin, Active: true})
	}))
	here := h.authorize(h.editor)
	there := h.authorize(&user{account: otherName, login: h.editor.login})
	got := h.want(http.StatusCreated, here.send("POST", "/Sessions/None/Uploads/", mediaStartFile, "", map[string]any{"fileName": "a.png"}))
	path := "/Sessions/None/Uploads/" + got.text("uploadToken")
	h.want(200, here.send("GET", path, "", "", nil))
	h.want(404, there.send("GET", path, "", "", nil))
	h.want(404, there.send("POST", path+"/Chunks/", mediaChunk, "", "x"))
	// who belongs to several accounts must name one
	if got := h.askToken("/2019/03/REST/Token", passwordForm(h.editor.login, h.editor.login)); got.code != 400 || got.text("error") != "invalid_grant" {
		t.Errorf("without an account: %d %s", got.code, got.raw)
	}
}
