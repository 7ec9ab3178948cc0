package scene7

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sluice/internal/wire/xmltree"
)

func FuzzParseAuth(f *testing.F) {
	for _, seed := range []string{
		`<authHeader xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><user>user@example.com</user><password>pw</password><locale>en-US</locale><appName>a</appName><appVersion>1</appVersion><gzipResponse>true</gzipResponse><faultHttpStatusCode>200</faultHttpStatusCode></authHeader>`,
		`<a><AuthUser>u</AuthUser><AuthPassword><![CDATA[ p ]]></AuthPassword></a>`,
		`<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><authHeader><user>&c;</user></authHeader>`,
		strings.Repeat("<authHeader>", 100),
		"<authHeader><user>" + strings.Repeat("u", 1<<20) + "</user></authHeader>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		auth, err := ParseAuth(data)
		if err != nil {
			checkRefused(t, err)
			return
		}
		if auth.User != strings.Trim(auth.User, xmlBlanks) {
			t.Fatalf("user %q has blanks around it", auth.User)
		}
		if s := auth.FaultStatus; s != 0 && (s < 200 || s > 599) {
			t.Fatalf("fault status %d", s)
		}
	})
}

func FuzzParseUploadPost(f *testing.F) {
	const head = `<uploadPostParam xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><companyHandle>c|2101</companyHandle><jobName>n</jobName>`
	for _, seed := range []string{
		head + `<uploadParams>` + required + `<preserveCrop>1</preserveCrop></uploadParams></uploadPostParam>"`,
		head + `<uploadParams>` + required + `<knockoutBackground><corner>UpperLeft</corner><tolerance>0.5</tolerance><fillMethod>MatchPixel</fillMethod></knockoutBackground><IllustratorOptions><colorSpace>Rgb</colorSpace></IllustratorOptions></uploadParams></uploadPostParam>`,
		head + `<uploadParams>` + required + `<metadataOptions><updateArray><items><fieldHandle>f</fieldHandle><dateVal>2011-03-01T17:04:40.177-06:00</dateVal></items></updateArray></metadataOptions></uploadParams></uploadPostParam>`,
		head + `<jobHandle>j|1||n|2</jobHandle><endJob>true</endJob></uploadPostParam>`,
		head + `<uploadParams/></uploadPostParam>`,
		`<uploadPostParams><companyHandle>1</companyHandle></uploadPostParams>`,
		`<!DOCTYPE a><uploadPostParam/>`,
		strings.Repeat("<uploadPostParam>", 100),
		head + strings.Repeat("x", 1<<20),
	} {
		f.Add([]byte(seed))
	}
	schema := newSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		post, err := ParseUploadPost(schema, data, false)
		if err != nil {
			checkRefused(t, err)
			return
		}
		if post.CompanyHandle == "" || post.JobHandle == "" && (post.JobName == "" || post.Options == nil) {
			t.Fatalf("accepted without what is required: %+v", post)
		}
		if post.Options == nil {
			return
		}
		schema.Processing(post.Options)
		stored := post.Options.JSON()
		again, err := schema.RecordFromJSON(typeUploadPostJob, stored)
		if err != nil || !bytes.Equal(again.JSON(), stored) {
			t.Fatalf("stored %s, read %s: %v", stored, again.JSON(), err)
		}
		shown := schema.AppendXML(nil, "j", "", schema.EffectiveOptions(post.Options), Level21)
		root, err := xmltree.Parse(shown, xmltree.Limits{Bytes: 64 << 20})
		if err != nil {
			t.Fatalf("answer is not XML: %v", err)
		}
		if _, _, err := schema.Decode(root, typeUploadPostJob, Mode{Level: Level21}); err != nil {
			t.Fatalf("answer is not understood: %v", err)
		}
	})
}

// checkRefused makes sure that a refusal can be answered.
func checkRefused(t *testing.T, err error) {
	t.Helper()
	var refused *RequestError
	if !errors.As(err, &refused) {
		t.Fatalf("refused with %v", err)
	}
	if _, err := xmltree.Parse(refused.Fault().Document(), xmltree.Limits{}); err != nil {
		t.Fatalf("fault is not XML: %v", err)
	}
}
