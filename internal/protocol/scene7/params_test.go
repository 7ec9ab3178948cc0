package scene7

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ns2014 = "http://www.scene7.com/IpsApi/xsd/2014-04-03"

func TestParseUploadPost(t *testing.T) {
	schema := newSchema(t)
	const options = "<uploadParams>" + required + "</uploadParams>"
	type want struct {
		Answer, Company, Name, Handle, Locale, Description, Folder, File string
		End, Options                                                     bool
		Warnings                                                         int
	}
	tests := []struct {
		name, in string
		want     want
	}{
		{"new job", `<?xml version="1.0" encoding="UTF-8"?><uploadPostParam xmlns="` + ns2014 + `"><companyHandle>c|2101</companyHandle><jobName>uploadFileServlet-1376682217351</jobName><locale>en-US</locale><description> d </description><destFolder>Co/a</destFolder><fileName>x.jpg</fileName><endJob>true</endJob>` + options + `</uploadPostParam>"`,
			want{ns2014, "c|2101", "uploadFileServlet-1376682217351", "", "en-US", " d ", "Co/a", "x.jpg", true, true, 0}},
		{"other root, no namespace, any order", `<uploadPostParams>` + options + `<jobName> n </jobName><companyHandle>
2101 </companyHandle></uploadPostParams>`, want{BaseNamespace, "2101", "n", "", "", "", "", "", false, true, 0}},
		{"root uploadParams", `<uploadParams><companyHandle>1</companyHandle><jobName>n</jobName>` + options + `</uploadParams>`,
			want{BaseNamespace, "1", "n", "", "", "", "", "", false, true, 0}},
		{"mixed prefixes and namespaces", `<a:uploadPostParam xmlns:a="` + ns2014 + `" xmlns:b="urn:other"><b:companyHandle>1</b:companyHandle><jobName>n</jobName><q:uploadParams>` + required + `</q:uploadParams></a:uploadPostParam>`,
			want{ns2014, "1", "n", "", "", "", "", "", false, true, 0}},
		{"existing job ignores broken options", `<uploadPostParam><companyHandle>1</companyHandle><jobHandle> j|1||n|2 </jobHandle><jobName>m</jobName><uploadParams><overwrite>x</overwrite></uploadParams></uploadPostParam>`,
			want{BaseNamespace, "1", "m", "j|1||n|2", "", "", "", "", false, false, 0}},
		{"empty handle is none", `<uploadPostParam><companyHandle>1</companyHandle><jobHandle> </jobHandle><jobName>m</jobName>` + options + `</uploadPostParam>`,
			want{BaseNamespace, "1", "m", "", "", "", "", "", false, true, 0}},
		{"lenient options", `<uploadPostParam><companyHandle>1</companyHandle><jobName>m</jobName><uploadParams/></uploadPostParam>`,
			want{BaseNamespace, "1", "m", "", "", "", "", "", false, true, 4}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			post, err := ParseUploadPost(schema, []byte(test.in), false)
			if err != nil {
				t.Fatal(err)
			}
			got := want{post.Namespace.Answer(), post.CompanyHandle, post.JobName, post.JobHandle, post.Locale, post.Description,
				post.DestFolder, post.FileName, post.EndJob, post.Options != nil, len(post.Warnings)}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseUploadPostRefuses(t *testing.T) {
	schema := newSchema(t)
	const options = "<uploadParams>" + required + "</uploadParams>"
	tests := []struct {
		name, in string
		strict   bool
		code     Code
		about    string
	}{
		{"not XML", "jobName=1", false, 30003, "uploadParams: xml"},
		{"doctype", `<!DOCTYPE x><uploadPostParam/>`, false, 30003, "document type"},
		{"over the limit", "<uploadPostParam>" + strings.Repeat(" ", ParamsLimit) + "</uploadPostParam>", false, 30003, "1048611 bytes or more, the limit is 1048576"},
		{"other root", "<submitJobParam/>", false, 30003, `root element must be uploadPostParam: "submitJobParam"`},
		{"root uploadParams without company", "<uploadParams><jobName>n</jobName></uploadParams>", false, 30003, "root element"},
		{"other namespace", `<uploadPostParam xmlns="urn:x"/>`, false, 30003, `unknown namespace: "urn:x"`},
		{"no company", "<uploadPostParam><jobHandle>j</jobHandle></uploadPostParam>", false, 30002, "uploadPostParam/companyHandle"},
		{"blank company", "<uploadPostParam><companyHandle> </companyHandle><jobHandle>j</jobHandle></uploadPostParam>", false, 30002, "uploadPostParam/companyHandle"},
		{"neither name nor handle", "<uploadPostParam><companyHandle>1</companyHandle>" + options + "</uploadPostParam>", false, 30002, "jobName or jobHandle"},
		{"no options", "<uploadPostParam><companyHandle>1</companyHandle><jobName>n</jobName></uploadPostParam>", false, 30002, "uploadPostParam/uploadParams"},
		{"strict", "<uploadPostParam><companyHandle>1</companyHandle><jobName>n</jobName><uploadParams/></uploadPostParam>", true, 30002, "uploadPostParam/uploadParams/overwrite"},
		{"bad flag", "<uploadPostParam><companyHandle>1</companyHandle><jobHandle>j</jobHandle><endJob>maybe</endJob></uploadPostParam>", false, 30001, `uploadPostParam/endJob: must be true, false, 1 or 0: "maybe"`},
		{"bad option", "<uploadPostParam><companyHandle>1</companyHandle><jobName>n</jobName><uploadParams>" + strings.Replace(required, "None", "none", 1) + "</uploadParams></uploadPostParam>", false, 30001, "uploadPostParam/uploadParams/emailSetting"},
		{"long name", "<uploadPostParam><companyHandle>1</companyHandle><jobName>" + strings.Repeat("n", 1025) + "</jobName>" + options + "</uploadPostParam>", false, 30001, "must not be longer than 1024 bytes, is 1025"},
		{"conversion without profile", "<uploadPostParam><companyHandle>1</companyHandle><jobName>n</jobName><uploadParams>" + required +
			"<colorManagementOptions><colorManagement>Convert</colorManagement><sourceProfileHandle>a|1</sourceProfileHandle></colorManagementOptions></uploadParams></uploadPostParam>", false, 30001, "uploadPostParam/uploadParams/colorManagementOptions/outputProfileHandle"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseUploadPost(schema, []byte(test.in), test.strict)
			var refused *RequestError
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if fault := refused.Fault(); fault.Code != test.code || !strings.Contains(fault.Reason, test.about) {
				t.Errorf("fault %d: %s", int(fault.Code), fault.Reason)
			}
		})
	}
}
