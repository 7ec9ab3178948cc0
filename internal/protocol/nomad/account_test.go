package nomad

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

func TestLoginAnswer(t *testing.T) {
	k := newKit(t, Options{})
	a := k.login("ann@example.com")
	for _, name := range []string{"token", "refreshToken", "id", "userSessionId"} {
		if a.text(name) == "" {
			t.Errorf("%s is missing", name)
		}
		delete(a.json, name)
	}
	want := map[string]any{
		"userName": "ann@example.com", "firstName": "Ann", "lastName": "Lee", "loginStatus": nil, "cookies": []any{}, "claims": []any{},
		"expirationSeconds": 43200.0, "scopeId": string(k.acme.UUID), "scopeName": "Acme", "isAdmin": false, "isGuest": false,
		"twoFactorQRCode": nil, "twoFactorQRCodeImage": nil,
	}
	if diff := cmp.Diff(want, a.json); diff != "" {
		t.Error(diff)
	}
	if cache := a.header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("tokens may be cached: %q", cache)
	}
	if b := k.login("boss@example.com"); b.json["isAdmin"] != true {
		t.Errorf("an administrator is told %v", b.json["isAdmin"])
	}
}

func TestLoginStatuses(t *testing.T) {
	k := newKit(t, Options{})
	const wrong = "The user name or password is wrong."
	for _, c := range []struct {
		name, body string
		status     int
		message    string
	}{
		{"right", `{"userName":"ann@example.com","password":"password"}`, 200, ""},
		{"lower case", `{"username":"ann@example.com","PASSWORD":"password"}`, 200, ""},
		{"spaces and case of the login", `{"userName":" ANN@example.com ","password":"password"}`, 200, ""},
		{"empty optional values", `{"userName":"ann@example.com","password":"password","token":"","newPassword":"","applicationId":"","more":{"a":1}}`, 200, ""},
		{"null optional values", `{"userName":"ann@example.com","password":"password","token":null,"newPassword":null,"applicationId":null}`, 200, ""},
		{"no body", "", 400, "userName and password are required."},
		{"empty object", "{}", 400, "userName and password are required."},
		{"null", "null", 400, "userName and password are required."},
		{"no password", `{"userName":"ann@example.com"}`, 400, "userName and password are required."},
		{"no JSON", `userName=ann`, 400, "The request body is not valid JSON."},
		{"cut", `{"userName":"ann@example.com","password":"passw`, 400, "The request body is not valid JSON."},
		{"a list", `[]`, 400, "The request body must be a JSON object."},
		{"object for a text", `{"userName":{"a":"b"},"password":"password"}`, 400, "A list or an object stands where a text is needed."},
		{"wrong password", `{"userName":"ann@example.com","password":"wrong"}`, 404, wrong},
		{"number for a password", `{"userName":"ann@example.com","password":12345678}`, 404, wrong},
		{"unknown user", `{"userName":"eve@example.com","password":"password"}`, 404, wrong},
		{"spaces in the password", `{"userName":"ann@example.com","password":"password "}`, 404, wrong},
		{"switched off", `{"userName":"off@example.com","password":"password"}`, 403, "This user is switched off or expired."},
		{"switched off, wrong password", `{"userName":"off@example.com","password":"wrong"}`, 404, wrong},
		{"expired", `{"userName":"old@example.com","password":"password"}`, 403, "This user is switched off or expired."},
		{"of no company", `{"userName":"nobody@example.com","password":"password"}`, 403, "The user belongs to no active company."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := k.send("POST", "/api/account/login", c.body)
			if a.status != c.status || a.text("message") != c.message {
				t.Errorf("%d %q", a.status, a.text("message"))
			}
		})
	}
	k.want(413, k.send("POST", "/account/login", `{"userName":"`+strings.Repeat("a", maxBody)+`"}`))
	k.want(400, k.send("POST", "/account/login", `{"userName":"a","password":"b"}`, "Content-Type", "text/plain"))
	k.want(405, k.send("GET", "/account/login", ""))
}

func TestLoginChoosesACompany(t *testing.T) {
	k := newKit(t, Options{})
	k.user(ingest.User{Login: "Zenith/ann"}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleViewer})
	acme, zenith := string(k.acme.UUID), string(k.zenith.UUID)
	for _, c := range []struct {
		name, login, application string
		status                   int
		scope                    string
	}{
		{"the first", "ann@example.com", "", 200, acme},
		{"UUID", "ann@example.com", zenith, 200, zenith},
		{"UUID in capitals and braces", "ann@example.com", "{" + strings.ToUpper(zenith) + "}", 200, zenith},
		{"slug", "ann@example.com", "zenith", 200, zenith},
		{"name", "ann@example.com", "Zenith", 200, zenith},
		{"the vendor's UUID", "ann@example.com", "7a1cf1b4-0000-4000-8000-000000000001", 200, acme},
		{"empty UUID", "ann@example.com", "00000000-0000-0000-0000-000000000000", 200, acme},
		{"unknown word", "ann@example.com", "zentih", 403, ""},
		{"of others", "boss@example.com", "zenith", 403, ""},
		{"in the login", "Zenith/ann@example.com", "", 200, zenith},
		{"by slug in the login", "zenith/ann@example.com", "", 200, zenith},
		{"in the login and by UUID", "Zenith/ann@example.com", acme, 200, acme},
		{"in the login and the vendor's UUID", "Zenith/ann@example.com", "7a1cf1b4-0000-4000-8000-000000000001", 200, zenith},
		{"of others in the login", "Zenith/boss@example.com", "", 404, ""},
		{"unknown in the login", "Nadir/ann@example.com", "", 404, ""},
		{"a login with a slash", "Zenith/ann", "", 200, acme},
		{"administrator of the system", "root@example.com", "zenith", 200, zenith},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := k.send("POST", "/account/login", fmt.Sprintf(`{"userName":%q,"password":"password","applicationId":%q}`, c.login, c.application))
			if a.status != c.status || a.text("scopeId") != c.scope {
				t.Fatalf("%d, company %s: %s", a.status, a.text("scopeId"), a.raw)
			}
			if c.status == 200 {
				user := k.want(200, k.send("GET", "/account/user", "", "Authorization", "bearer "+a.text("token")))
				if user.text("id") != a.text("id") {
					t.Errorf("the token is of %s", user.raw)
				}
			}
		})
	}
}

// Logins of the form Company/login do not count as wrong ones.
func TestLoginWithCompanyIsNotSlowedDown(t *testing.T) {
	k := newKit(t, Options{})
	began := time.Now()
	for range 30 {
		k.want(200, k.send("POST", "/account/login", `{"userName":"Acme/ann@example.com","password":"password"}`))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("30 logins took %v", took)
	}
}

func TestCredentialsOfCalls(t *testing.T) {
	k := newKit(t, Options{})
	a := k.login("ann@example.com")
	key := k.apiKey("ann@example.com", time.Time{})
	late := k.apiKey("ann@example.com", k.now().Add(-time.Hour))
	off := k.apiKey("off@example.com", time.Time{})
	token := a.text("token")
	for _, c := range []struct {
		name, header string
		status       int
	}{
		{"bearer", "Bearer " + token, 200},
		{"any case", "bEARER   " + token + " ", 200},
		{"API key", "ApiKey " + key, 200},
		{"API key, any case", "apikey " + key, 200},
		{"none", "", 401},
		{"no token", "Bearer", 401},
		{"no scheme", token, 401},
		{"other scheme", "Basic YW5uOnBhc3N3b3Jk", 401},
		{"forged", "Bearer " + token[:len(token)-1] + "A" + token[len(token)-1:], 401},
		{"nonsense", "Bearer x.y.z", 401},
		{"refresh token", "Bearer " + a.text("refreshToken"), 401},
		{"API key as bearer", "Bearer " + key, 401},
		{"wrong API key", "ApiKey slk_x", 401},
		{"expired API key", "ApiKey " + late, 403},
		{"API key of a user who is off", "ApiKey " + off, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := k.send("GET", "/api/account/user", "", "Authorization", c.header)
			if scheme := got.header.Get("WWW-Authenticate"); (got.status == 401) != (scheme == "Bearer") {
				t.Errorf("asked for %q", scheme)
			}
			if got.status != c.status {
				t.Errorf("status %d, want %d: %s", got.status, c.status, got.raw)
			}
		})
	}
}

// apiKey makes a key of a user.
func (k *kit) apiKey(login string, expires time.Time) string {
	k.t.Helper()
	var secret string
	k.update(func(tx ingest.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return err
		}
		var key ingest.APIKey
		secret, key = k.logins.NewAPIKey(u.Number, "test", expires)
		key.UUID = u.UUID[:35] + ingest.UUID(fmt.Sprint(len(k.keys())))
		return tx.CreateAPIKey(&key)
	})
	return secret
}

func (k *kit) keys() (list []*ingest.APIKey) {
	k.ok(k.db.View(context.Background(), func(tx ingest.Tx) (err error) {
		list, err = tx.APIKeys(0)
		return err
	}))
	return list
}

// Clients get a new token on 403 only, so what was good once must not be 401.
func TestTokensThatEnd(t *testing.T) {
	k := newKit(t, Options{})
	user := func(token string) answer {
		return k.send("GET", "/account/user", "", "Authorization", "Bearer "+token)
	}
	first := k.login("ann@example.com")
	k.later(12*time.Hour - 11*time.Second)
	k.want(200, user(first.text("token")))
	k.later(11 * time.Second)
	k.want(403, user(first.text("token")))
	refreshed := k.want(200, k.send("POST", "/account/refresh-token", `{"refreshToken":"`+first.text("refreshToken")+`"}`))
	k.want(200, user(refreshed.text("token")))
	if refreshed.text("userSessionId") != first.text("userSessionId") || refreshed.text("refreshToken") != first.text("refreshToken") || refreshed.text("scopeId") != first.text("scopeId") {
		t.Errorf("refreshed: %s", refreshed.raw)
	}

	other := k.login("ann@example.com")
	ended := k.want(200, k.send("POST", "/account/logout", "", "Authorization", "Bearer "+refreshed.text("token"), "Content-Type", "application/json"))
	if ended.raw != "{}" {
		t.Errorf("logged out with %q", ended.raw)
	}
	k.restart()
	k.want(403, user(refreshed.text("token")))
	k.want(404, k.send("POST", "/account/refresh-token", `{"refreshToken":"`+first.text("refreshToken")+`"}`))
	k.want(200, user(other.text("token")))

	third := k.login("ann@example.com")
	k.want(200, k.send("POST", "/account/logout", `{"userSessionId":"`+other.text("userSessionId")+`","applicationId":""}`, "Authorization", "Bearer "+third.text("token")))
	k.want(403, user(other.text("token")))
	k.want(200, user(third.text("token")))
	boss := k.login("boss@example.com")
	k.want(200, k.send("POST", "/account/logout", `{"userSessionId":"`+third.text("userSessionId")+`"}`, "Authorization", "Bearer "+boss.text("token")))
	k.want(200, user(third.text("token"))) // another's session is not hers to end
	k.want(400, k.send("POST", "/account/logout", `{"userSessionId":"x"}`, "Authorization", "Bearer "+boss.text("token")))
	k.want(200, k.send("POST", "/account/logout", "", "Authorization", "ApiKey "+k.apiKey("ann@example.com", time.Time{})))

	k.update(func(tx ingest.Tx) error {
		u, err := tx.UserByLogin("boss@example.com")
		if err != nil {
			return err
		}
		u.Disabled = true
		return tx.UpdateUser(u)
	})
	k.want(403, user(boss.text("token")))
	k.want(403, k.send("POST", "/account/refresh-token", `{"refreshToken":"`+boss.text("refreshToken")+`"}`))
}

func TestRefreshStatuses(t *testing.T) {
	k := newKit(t, Options{})
	a := k.login("ann@example.com")
	k.want(400, k.send("POST", "/account/refresh-token", ""))
	k.want(400, k.send("POST", "/account/refresh-token", `{"refreshToken":""}`))
	k.want(400, k.send("POST", "/account/refresh-token", `{"refreshToken":`))
	k.want(404, k.send("POST", "/account/refresh-token", `{"refreshToken":"nonsense"}`))
	k.want(404, k.send("POST", "/account/refresh-token", `{"refreshToken":"`+a.text("token")+`"}`))
	k.want(200, k.send("POST", "/account/refresh-token", `{"REFRESHTOKEN":"`+a.text("refreshToken")+`"}`))
	k.later(30 * 24 * time.Hour)
	k.want(404, k.send("POST", "/account/refresh-token", `{"refreshToken":"`+a.text("refreshToken")+`"}`))
}

// The JavaScript client calls 2,570 times in the last five seconds of a token.
func TestRefreshStorm(t *testing.T) {
	k := newKit(t, Options{})
	body := `{"refreshToken":"` + k.login("ann@example.com").text("refreshToken") + `"}`
	tokens := map[string]int{}
	docs := k.documents()
	for i := range 3000 {
		if i%600 == 0 {
			k.later(time.Second)
		}
		a := k.send("POST", "/api/account/refresh-token", body)
		if a.status != http.StatusOK {
			t.Fatalf("call %d: %d %s", i, a.status, a.raw)
		}
		tokens[a.text("token")]++
	}
	if len(tokens) > 2 {
		t.Errorf("%d tokens in 5 s", len(tokens))
	}
	if after := k.documents(); after != docs {
		t.Errorf("refreshing wrote: %d documents, then %d", docs, after)
	}
}

func (k *kit) documents() int {
	var n int
	k.ok(k.db.View(context.Background(), func(tx ingest.Tx) error {
		for _, kind := range []ingest.DocumentKind{ingest.DocEndedSession, ingest.DocSigningKeys} {
			list, err := tx.Documents(ingest.DocumentFilter{Kind: kind}, ingest.Page{Limit: 1000})
			if err != nil {
				return err
			}
			n += len(list)
		}
		return nil
	}))
	return n
}

func BenchmarkRefresh(b *testing.B) {
	k := newKit(b, Options{})
	body := `{"refreshToken":"` + k.login("ann@example.com").text("refreshToken") + `"}`
	for b.Loop() {
		k.send("POST", "/api/account/refresh-token", body)
	}
}

func TestExpirationSecondsHasBounds(t *testing.T) {
	k := newKit(t, Options{})
	for lifetime, want := range map[time.Duration]float64{time.Second: 60, 2 * time.Hour: 7200, 60 * 24 * time.Hour: 2_000_000} {
		k.door.Tokens = kitTokens{auth.NewSessions(k.logins, lifetime, 90*24*time.Hour)}
		if got := k.login("ann@example.com").json["expirationSeconds"]; got != want {
			t.Errorf("tokens of %v expire in %v s, want %v", lifetime, got, want)
		}
	}
}

func TestPingAndUser(t *testing.T) {
	k := newKit(t, Options{})
	a := k.login("ann@example.com")
	bearer := []string{"Authorization", "Bearer " + a.text("token")}
	for _, body := range []string{"", "{}", `{"userSessionId":"` + a.text("userSessionId") + `","applicationId":null}`} {
		if got := k.want(200, k.send("POST", "/account/ping", body, bearer...)); got.raw != `{"pingStatus":"Normal","redirectUrl":null}` {
			t.Errorf("ping answered %s", got.raw)
		}
	}
	k.want(401, k.send("POST", "/account/ping", "{}"))
	user := k.want(200, k.send("GET", "/api/account/user/", "", bearer...))
	want := map[string]any{"id": a.text("id"), "email": "ann@example.com", "userName": "ann@example.com", "firstName": "Ann", "lastName": "Lee", "isAdmin": false, "properties": map[string]any{}}
	if diff := cmp.Diff(want, user.json); diff != "" {
		t.Error(diff)
	}
}

func TestNewPasswordAtLogin(t *testing.T) {
	k := newKit(t, Options{})
	before := k.login("ann@example.com")
	login := func(password, fresh string) answer {
		return k.send("POST", "/account/login", fmt.Sprintf(`{"userName":"ann@example.com","password":%q,"newPassword":%q}`, password, fresh))
	}
	k.want(404, login("wrong", "N3w-password"))
	for weak, message := range map[string]string{"short": "at least 8", "alllowercase": "lacks an upper-case letter"} {
		if a := k.want(400, login(annPassword, weak)); !strings.Contains(a.text("message"), message) {
			t.Errorf("%s: %s", weak, a.raw)
		}
	}
	k.want(200, login(annPassword, ""))
	after := k.want(200, login(annPassword, "N3w-password"))
	k.want(200, k.send("GET", "/account/user", "", "Authorization", "Bearer "+after.text("token")))
	k.want(403, k.send("GET", "/account/user", "", "Authorization", "Bearer "+before.text("token")))
	k.want(404, login(annPassword, ""))
	k.want(200, login("N3w-password", ""))
	for _, secret := range []string{"N3w-password", annPassword + `"`, before.text("token"), before.text("refreshToken"), after.text("token"), after.text("refreshToken")} {
		if strings.Contains(k.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(k.log.String(), "call refused") {
		t.Error("nothing was logged")
	}
}

// The expiry of a user is not lifted by a new password.
func TestNewPasswordKeepsTheExpiry(t *testing.T) {
	k := newKit(t, Options{})
	ends := k.now().Add(time.Hour)
	k.user(ingest.User{Login: "guest@example.com", Expires: ends}, map[*ingest.Company]ingest.Role{k.acme: ingest.RoleViewer})
	k.want(200, k.send("POST", "/account/login", `{"userName":"guest@example.com","password":"password","newPassword":"N3w-password"}`))
	k.later(time.Hour)
	k.want(403, k.send("POST", "/account/login", `{"userName":"guest@example.com","password":"N3w-password"}`))
}
