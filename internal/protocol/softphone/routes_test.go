package softphone

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const longToken = "abcdefghijklmnopqrstuvwxyz234567abcdefgh"

func TestTargets(t *testing.T) {
	type named struct {
		Kind                         targetKind
		Slug, Service, Token, Secret string
	}
	for path, want := range map[string]named{
		"/acme/softphone/upload_media":     {Kind: atService, Slug: "acme", Service: "upload_media"},
		"/acme/softphone/upload_media/":    {Kind: atService, Slug: "acme", Service: "upload_media"},
		"/upload_media":                    {Kind: atService, Service: "upload_media"},
		"/upload_message":                  {Kind: atService, Service: "upload_message"},
		"/upload_message_precheck":         {Kind: atService, Service: "upload_message_precheck"},
		"/softphone/fetch_messages":        {Kind: atService, Service: "fetch_messages"},
		"/softphone/softphone/account.xml": {Kind: atService, Slug: "softphone", Service: "account.xml"},
		"/acme/softphone/nonsense":         {Kind: atUnknown, Slug: "acme"},
		"/acme/softphone":                  {Kind: atUnknown, Slug: "acme"},
		"/m/" + longToken:                  {Kind: atMedia, Token: longToken},
		"/m/" + longToken + "/a.mp4":       {Kind: atMedia, Token: longToken},
		"/m/x":                             {Kind: atMedia, Token: "x"},
		"/" + longToken:                    {Kind: atObject, Token: longToken},
		"/acme/mmmsg/":                     {Kind: atAllocator, Slug: "acme"},
		"/acme/mmmsg/s3cret/":              {Kind: atAllocator, Slug: "acme", Secret: "s3cret", Token: "s3cret"},
		"/acme/mmmsg/s3cret/" + longToken:  {Kind: atAllocator, Slug: "acme", Secret: "s3cret", Token: longToken},
		"/mmmsg/":                          {Kind: atAllocator},
		"/":                                {},
		"/m":                               {},
		"/" + longToken[:32]:               {},
		"/files/" + longToken:              {},
		"/favicon.ico":                     {},
		"/a.very.long.name.that.is.no.token.of.anything": {},
	} {
		got := readTarget(path)
		if diff := cmp.Diff(want, named{got.kind, got.slug, got.service.name, got.token, got.secret}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestLogPath(t *testing.T) {
	for path, want := range map[string]string{
		"/acme/softphone/upload_media":    "/acme/softphone/upload_media",
		"/m/" + longToken + "/a.mp4":      "/m/***/***",
		"/m//" + longToken:                "/m//***",
		"/M/" + longToken + "/a/b":        "/M/***/***/***",
		"/" + longToken:                   "/***",
		"/acme/mmmsg/s3cret/" + longToken: "/acme/mmmsg/***/***",
		"/acme/mmmsg/s3cret/" + "x/y":     "/acme/mmmsg/***/***/***",
		"/acme/MMMSG/" + longToken:        "/acme/MMMSG/***",
		"/v1/assets/0190a6a0-0000-7000":   "/v1/assets/0190a6a0-0000-7000",
		"/scene7/UploadFile":              "/scene7/UploadFile",
	} {
		if got := LogPath(path); got != want || strings.Contains(got, longToken) {
			t.Errorf("%s is logged as %s, want %s", path, got, want)
		}
	}
}
