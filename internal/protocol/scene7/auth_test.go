package scene7

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAuth(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name, in string
		want     AuthHeader
	}{
		{"all fields", `<authHeader xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><user>a@b.c</user><password>pw</password><accessToken>t</accessToken><samlResponse>s</samlResponse><locale>en-US</locale><appName>app</appName><appVersion>1.0</appVersion><gzipResponse>false</gzipResponse><faultHttpStatusCode>200</faultHttpStatusCode></authHeader>`,
			AuthHeader{"a@b.c", "pw", "t", "s", "en-US", "app", "1.0", &no, 200}},
		{"any order, prefix, blanks, attributes, extra elements",
			`<x:authHeader a="1"><x:appName> app </x:appName><extra/><password> p w </password><gzipResponse> 1 </gzipResponse><user>
  a@b.c </user></x:authHeader>`,
			AuthHeader{User: "a@b.c", Password: " p w ", AppName: "app", Gzip: &yes}},
		{"CDATA", `<authHeader><user><![CDATA[a@b.c]]></user><password><![CDATA[<p&w>]]></password></authHeader>`,
			AuthHeader{User: "a@b.c", Password: "<p&w>"}},
		{"first of two", `<authHeader><user>a</user><user>b</user></authHeader>`, AuthHeader{User: "a"}},
		{"older pair", `<h xmlns="http://www.scene7.com/IpsApi"><AuthUser> u </AuthUser><AuthPassword> p</AuthPassword></h>`,
			AuthHeader{User: "u", Password: " p"}},
		{"older pair inside an authHeader", `<authHeader><AuthPassword>p</AuthPassword><AuthUser>u</AuthUser><faultHttpStatusCode>200</faultHttpStatusCode></authHeader>`,
			AuthHeader{User: "u", Password: "p", FaultStatus: 200}},
		{"authHeader before the older pair", `<h><AuthUser>u</AuthUser><AuthPassword>p</AuthPassword><authHeader><user>v</user></authHeader></h>`,
			AuthHeader{User: "v"}},
		{"older user alone", `<h><AuthUser>u</AuthUser></h>`, AuthHeader{User: "u"}},
		{"nothing", `<authHeader/>`, AuthHeader{}},
		{"something else", `<other/>`, AuthHeader{}},
		{"unusable values", `<authHeader><user>u</user><gzipResponse>maybe</gzipResponse><faultHttpStatusCode>abc</faultHttpStatusCode></authHeader>`, AuthHeader{User: "u"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseAuth([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAuthPresent(t *testing.T) {
	for _, auth := range []AuthHeader{{User: "u"}, {AccessToken: "t"}, {SAMLResponse: "s"}} {
		if !auth.Present() {
			t.Errorf("%+v is not present", auth)
		}
	}
	if (AuthHeader{Password: "p"}).Present() {
		t.Error("a password alone is present")
	}
}

func TestFaultStatus(t *testing.T) {
	for in, want := range map[string]int{"200": 200, "500": 500, "599": 599, "418": 418, "100": 0, "199": 0, "600": 0, "0": 0,
		"-200": 0, "204": 0, "205": 0, "304": 0, "": 0, "2e2": 0, "99999999999999999999": 0} {
		if got := faultStatus(in); got != want {
			t.Errorf("%q gives %d", in, got)
		}
	}
}

func TestParseAuthRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"not XML":    "user=s3cret",
		"empty":      "",
		"doctype":    `<!DOCTYPE a [<!ENTITY s3cret SYSTEM "file:///etc/passwd">]><authHeader><user>&s3cret;</user></authHeader>`,
		"cut":        "<authHeader><password>s3cret</pass",
		"too long":   "<authHeader><user>u</user><password>s3cret" + strings.Repeat("x", AuthLimit) + "</password></authHeader>",
		"nested":     strings.Repeat("<s3cret>", 65),
		"characters": "<authHeader><password>s3cret\x01</password></authHeader>",
	} {
		_, err := ParseAuth([]byte(in))
		var refused *RequestError
		if !errors.As(err, &refused) || refused.Fault().Code != CodeInvalidRequestXML {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(refused.Fault().Reason, "s3cret") {
			t.Errorf("%s: the fault quotes the part: %v", name, err)
		}
	}
}

func TestSecretsStayHidden(t *testing.T) {
	auth := AuthHeader{User: "u", Password: "s3cret", AccessToken: "s3cret", SAMLResponse: "s3cret"}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&shown, verb+" "+verb+"\n", auth, &auth)
		fmt.Fprintf(&shown, verb+"\n", auth.Password)
	}
	encoded, err := json.Marshal(auth)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(encoded)
	slog.New(slog.NewTextHandler(&shown, nil)).Info("login", "password", auth.Password, "auth", auth)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("login", "password", auth.Password, "auth", auth)
	for _, leak := range []string{"s3cret", fmt.Sprintf("%x", "s3cret")} {
		if strings.Contains(shown.String(), leak) {
			t.Errorf("secret is shown:\n%s", shown.String())
		}
	}
	if string(auth.Password) != "s3cret" {
		t.Error("secret is lost")
	}
}
