package brightsign

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// plainText is a password in the fuller form, with a nonce and a time that are years old.
func plainText(name, password string) string {
	return `<o:UsernameToken u:Id="uuid-1"><o:Username>` + esc(name) + `</o:Username><o:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">` +
		esc(password) + `</o:Password><o:Nonce EncodingType="x#Base64Binary">AAAA</o:Nonce><u:Created>2009-01-01T00:00:00Z</u:Created></o:UsernameToken>`
}

const stamp = `<u:Timestamp u:Id="_0"><u:Created>2026-03-01T11:59:00.000Z</u:Created><u:Expires>2026-03-01T12:04:00.000Z</u:Expires></u:Timestamp>`

// Check 3 and section 2.2: who is let in, and what the others are told.
func TestAuthentication(t *testing.T) {
	h := newHarness(t)
	both := h.newUser("both@example.com", h.company, "Creators")
	h.ok(h.db.Update(t.Context(), func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: both.User, Company: h.other.Number, Role: ingest.RoleEditor, Active: true})
	}))
	const login = "editor@example.com"
	digest := strings.ReplaceAll(plainText(accountName+"/"+login, login), "#PasswordText", "#PasswordDigest")
	tests := []struct {
		name     string
		security string
		http     map[string]string
		want     string // fault code; "" = let in
	}{
		{"bare token", security11(usernameToken(accountName+"/"+login, login)), nil, ""},
		{"text, old nonce", security11(plainText(accountName+"/"+login, login)), nil, ""},
		{"other case", security11(usernameToken("TESTNETWORK/Editor@Example.COM", login)), nil, ""},
		{"spaces around the name", security11(usernameToken(" "+accountName+"/"+login+"\n", login)), nil, ""},
		{"time stamp first", security11(stamp + usernameToken(accountName+"/"+login, login)), nil, ""},
		{"no slash", security11(usernameToken(login, login)), nil, ""},
		{"no slash, two accounts", security11(usernameToken(both.login, both.login)), nil, "FailedAuthentication"},
		{"two accounts", security11(usernameToken(otherName+"/"+both.login, both.login)), nil, ""},
		{"wrong password", security11(usernameToken(accountName+"/"+login, "x")), nil, "FailedAuthentication"},
		{"no password", security11(usernameToken(accountName+"/"+login, "")), nil, "FailedAuthentication"},
		{"unknown login", security11(usernameToken(accountName+"/nobody", login)), nil, "FailedAuthentication"},
		{"unknown account", security11(usernameToken("Nowhere/"+login, login)), nil, "FailedAuthentication"},
		{"other account", security11(usernameToken(otherName+"/"+login, login)), nil, "FailedAuthentication"},
		{"empty account", security11(usernameToken("/"+login, login)), nil, "FailedAuthentication"},
		{"digest", security11(digest), nil, "FailedAuthentication"},
		{"empty header", security11(""), nil, "InvalidSecurity"},
		{"nothing", "", nil, "InvalidSecurity"},
		{"basic", "", basic(accountName+"/"+login, login), ""},
		{"basic, wrong", "", basic(accountName+"/"+login, "x"), "FailedAuthentication"},
		{"bearer", "", map[string]string{"Authorization": "Bearer " + login}, ""},
		{"bearer, wrong", "", map[string]string{"Authorization": "bearer x"}, "FailedAuthentication"},
		{"token goes before basic", security11(usernameToken(accountName+"/"+login, "x")), basic(accountName+"/"+login, login), "FailedAuthentication"},
	}
	sentences := map[string]string{
		"FailedAuthentication": "At least one security token in the message could not be validated.", "InvalidSecurity": "An error occurred when verifying security for the message.",
	}
	for _, tt := range tests {
		for _, operation := range []string{opFileStatus, opAppend, "NoSuchOperation"} {
			t.Run(tt.name+" "+operation, func(t *testing.T) {
				h.t = t
				m := plainMessage(nil)
				m.header, m.http = tt.security, tt.http
				got := h.send(m, operation, chunkOf("", newToken(), 0, 0, []byte("abc")))
				if tt.want == "" {
					if got.status == 200 {
						return
					}
					if told := h.fault(got); told.Code != "Client" && told.Code != "ActionNotSupported" {
						t.Errorf("not let in: %v", told)
					}
					return
				}
				if told := h.fault(got); told.Code != tt.want || told.Sentence != sentences[tt.want] {
					t.Errorf("told %v, want %s", told, tt.want)
				}
				if got.header.Get("WWW-Authenticate") != "" {
					t.Error("the answer asks for a password")
				}
			})
		}
	}
}

func basic(name, password string) map[string]string {
	return map[string]string{"Authorization": "Basic " + encoded([]byte(name+":"+password))}
}

// A password that was changed is none any more, from the next request on.
func TestChangedPassword(t *testing.T) {
	h := newHarness(t)
	h.call(h.editor, opFileStatus, "")
	h.ok(h.db.Update(t.Context(), func(tx ingest.Tx) error {
		u, err := tx.UserByLogin(h.editor.login)
		if err == nil {
			u.PasswordHash = "plain:changed"
			err = tx.UpdateUser(u)
		}
		return err
	}))
	if got := h.fault(h.send(plainMessage(h.editor), opFileStatus, "")); got.Code != "FailedAuthentication" {
		t.Errorf("told %v", got)
	}
}

// Check 2 and section 2.2: an answer has a time stamp exactly if the request had one
// and its sender is known.
func TestTimestamps(t *testing.T) {
	h := newHarness(t)
	token := usernameToken(accountName+"/"+h.editor.login, h.editor.login)
	wrong := usernameToken(accountName+"/"+h.editor.login, "x")
	tests := []struct {
		name, security, operation, inner string
		want                             bool
	}{
		{"result", stamp + token, opFileStatus, "", true},
		{"behind the token", token + stamp, opFileStatus, "", true},
		{"chunk", stamp + token, opAppend, chunkOf("", text(h.start(h.editor, "FileName", "a"), "UploadToken"), 0, 0, []byte("abc")), true},
		{"fault of the arguments", stamp + token, opStartFile, args("", members("FileName", "a/b")), true},
		{"fault of the operation", stamp + token, "Nothing", "", true},
		{"fault of a chunk", stamp + token, opAppend, "<data>!</data>", true},
		{"wrong password", stamp + wrong, opFileStatus, "", false},
		{"none in the request", token, opFileStatus, "", false},
		{"none in a request that fails", token, opStartFile, "", false},
		{"over long ago", strings.ReplaceAll(stamp, "2026", "2025") + token, opFileStatus, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			m := plainMessage(nil)
			m.header = security11(tt.security)
			got := h.send(m, tt.operation, tt.inner)
			header := got.root.Child("Header")
			if (header != nil) != tt.want {
				t.Fatalf("header in the answer: %v, want %v\n%s", header != nil, tt.want, got.raw)
			}
			if !tt.want {
				return
			}
			block := header.Child("Security")
			when := block.Child("Timestamp")
			if block.Space != wsSecurity || when.Space != wsUtility || len(block.Attr) != 0 {
				t.Errorf("the block is %+v", block)
			}
			if text(when, "Created") != "2026-03-01T12:00:00.250Z" || text(when, "Expires") != "2026-03-01T12:05:00.250Z" {
				t.Errorf("from %s to %s", text(when, "Created"), text(when, "Expires"))
			}
		})
	}
}

// Section 2.2, enforce_timestamp: off by default, five minutes are forgiven.
func TestEnforcedTimestamps(t *testing.T) {
	h := newHarness(t, with(func(o *Options) { o.EnforceTimestamp = true }))
	m := plainMessage(nil)
	m.header = security11(stamp + usernameToken(accountName+"/"+h.editor.login, h.editor.login))
	h.later(8 * time.Minute)
	h.result(h.send(m, opFileStatus, ""), opFileStatus)
	h.later(2 * time.Minute)
	if got := h.fault(h.send(m, opFileStatus, "")); got.Code != "InvalidSecurity" {
		t.Errorf("told %v", got)
	}
	m.header = security11(`<u:Timestamp u:Id="_0"><u:Expires>tomorrow</u:Expires></u:Timestamp>` + usernameToken(accountName+"/"+h.editor.login, h.editor.login))
	if got := h.fault(h.send(m, opFileStatus, "")); got.Code != "InvalidSecurity" {
		t.Errorf("a time that cannot be read: told %v", got)
	}
	h.call(h.editor, opFileStatus, "")
}

// Section 2.2: header blocks that must be understood.
func TestMustUnderstand(t *testing.T) {
	h := newHarness(t)
	const wsa = "http://www.w3.org/2005/08/addressing"
	tests := []struct {
		block string
		want  string // fault code; "" = none
	}{
		{`<w:To xmlns:w="` + wsa + `" s:mustUnderstand="1">x</w:To>`, ""}, {`<w:Action xmlns:w="` + wsa + `" s:mustUnderstand="true">x</w:Action>`, ""},
		{`<w:MessageID xmlns:w="` + wsa + `" s:mustUnderstand="1">x</w:MessageID><w:ReplyTo xmlns:w="` + wsa + `" s:mustUnderstand="1"/>`, ""},
		{`<w:To xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" s:mustUnderstand="1">x</w:To>`, ""},
		{`<x:Other xmlns:x="urn:x">x</x:Other>`, ""}, {`<x:Other xmlns:x="urn:x" s:mustUnderstand="0">x</x:Other>`, ""},
		{`<x:Other xmlns:x="urn:x" s:mustUnderstand="1">x</x:Other>`, "MustUnderstand"}, {`<x:To xmlns:x="urn:x" s:mustUnderstand="1">x</x:To>`, "MustUnderstand"},
		{`<w:Unheard xmlns:w="` + wsa + `" s:mustUnderstand="true">x</w:Unheard>`, "MustUnderstand"},
	}
	for _, version := range []string{soap11, soap12} {
		for _, tt := range tests {
			m := plainMessage(h.editor)
			m.version = version
			m.header += tt.block
			got := h.send(m, opFileStatus, "")
			if tt.want == "" {
				h.result(got, opFileStatus)
				continue
			}
			if told := h.fault(got); told.Code != tt.want {
				t.Errorf("%s: told %v", tt.block, told)
			}
		}
	}
}
