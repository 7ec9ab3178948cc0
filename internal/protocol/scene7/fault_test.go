package scene7

import (
	"strings"
	"testing"
)

func TestFaultDocument(t *testing.T) {
	const head = `<?xml version='1.0' encoding='UTF-8'?>`
	tests := []struct {
		fault Fault
		want  string
	}{
		{Fault{CodeInvalidCredentials, ReasonInvalidCredentials}, head + `<tns:authenticationFault xmlns:tns="http://www.scene7.com/IpsApi/xsd"><tns:code>10001</tns:code><tns:reason>Invalid username/password</tns:reason></tns:authenticationFault>`},
		{Fault{CodeIllegalCompany, "a<b>&\x00"}, head + `<tns:authorizationFault xmlns:tns="http://www.scene7.com/IpsApi/xsd"><tns:code>20006</tns:code><tns:reason>a&lt;b&gt;&amp;` + "\ufffd" + `</tns:reason></tns:authorizationFault>`},
		{Fault{CodeInvalidRequestXML, ""}, head + `<tns:ipsApiFault xmlns:tns="http://www.scene7.com/IpsApi/xsd"><tns:code>30003</tns:code><tns:reason></tns:reason></tns:ipsApiFault>`},
	}
	for _, test := range tests {
		if got := string(test.fault.Document()); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestUploadReturn(t *testing.T) {
	got := string(UploadReturn("http://www.scene7.com/IpsApi/xsd/2014-04-03", "j|2101||a&b|54091"))
	want := `<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><jobHandle>j|2101||a&amp;b|54091</jobHandle></uploadPostReturn>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCodes(t *testing.T) {
	want := map[Code]string{
		10000: "AUTHENTICATION_FAULT_CODE_NO_CREDENTIALS",
		10002: "AUTHENTICATION_FAULT_CODE_INVALID_USER",
		20000: "AUTHORIZATION_FAULT_CODE_INVALID_COMPANY",
		20009: "AUTHORIZATION_FAULT_CODE_MISSING_PERMISSION",
		30000: "IPS_API_FAULT_CODE_EXCEPTION",
		30003: "IPS_API_FAULT_CODE_INVALID_REQUEST_XML",
		12345: "12345",
	}
	for code, name := range want {
		if got := code.String(); got != name {
			t.Errorf("%d is called %q", int(code), got)
		}
	}
	codes := Codes()
	if len(codes) != 17 {
		t.Errorf("%d codes", len(codes))
	}
	for _, code := range codes {
		if !strings.Contains(code.String(), "_FAULT_CODE_") {
			t.Errorf("code %d has no name", int(code))
		}
	}
}
