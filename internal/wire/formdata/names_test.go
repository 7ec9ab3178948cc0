package formdata

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDisposition checks the file name rules of the UploadFile contract, section 2.1, and of the
// media upload contract, section 3.2.
func TestDisposition(t *testing.T) {
	file := func(name string) disposition { return disposition{"f", name, true} }
	tests := []struct {
		value string
		want  disposition
	}{
		{``, disposition{}},
		{`form-data`, disposition{}},
		{`form-data; name="a"`, disposition{name: "a"}},
		{`form-data; name=a`, disposition{name: "a"}},
		{`attachment; NAME=a`, disposition{name: "a"}},
		{`name=a; filename=b`, disposition{"a", "b", true}},
		{`form-data; flag; name=f; filename=x`, file("x")},
		{`form-data; name=f; name=g; filename=x; filename=y`, file("x")},
		{`form-data; name="f"; filename=""`, file("")},
		{`form-data; name="f"; filename=`, file("")},
		{`form-data; name="f";filename="a;b=c.jpg"`, file("a;b=c.jpg")},
		{`form-data; name=f; filename=IMG 1 (2).mp4`, file("IMG 1 (2).mp4")},
		{`form-data; filename=IMG 1 (2).mp4 ; name=f`, file("IMG 1 (2).mp4")},
		{`form-data; name=f; filename=čau.mp4`, file("čau.mp4")},
		{"form-data; name=f; filename=\"K\xfcche.jpg\"", file("Küche.jpg")},
		{"form-data; name=f; filename=K\xfcche.jpg", file("Küche.jpg")},
		{`form-data; name=f; filename="dir/sub/a.jpg"`, file("dir/sub/a.jpg")},
		{`form-data; name=f; filename="C:\dir\new.jpg"`, file(`C:\dir\new.jpg`)},
		{`form-data; name=f; filename="C:\\dir\\new.jpg"`, file(`C:\\dir\\new.jpg`)},
		{`form-data; name=f; filename="a \"b\".jpg"`, file(`a "b".jpg`)},
		{`form-data; name=f; filename="a "b".jpg"`, file(`a "b".jpg`)},
		{`form-data; filename="C:\\"; name=f`, file(`C:\\`)},
		{`form-data; name=f; filename="C:\"`, file(`C:\`)},
		{`form-data; name=f; filename="open.jpg`, file("open.jpg")},
		{`form-data; name="f" filename="x"`, file("x")},
		{`form-data; name=f; filename="fallback"; filename*=UTF-8''%C4%8Dau%20x.mp4`, file("čau x.mp4")},
		{`form-data; name=f; filename*=utf-8'cs'%c4%8Dau; filename=x`, file("čau")},
		{`form-data; name=f; filename*="UTF-8''%C4%8Dau"`, file("čau")},
		{`form-data; name=f; filename*=ISO-8859-1''K%FCche%C3%BC`, file("KücheÃ¼")},
		{`form-data; name=f; filename*=UTF-8''K%FCche`, file("Küche")},
		{`form-data; name=f; filename*=100%25%2.jpg`, file("100%%2.jpg")},
		{`form-data; name=f; filename*=UTF-8''; filename=x`, file("x")},
		{`form-data; name=f; filename*0=long; filename*1=name.jpg`, file("longname.jpg")},
		{`form-data; name=f; filename="=?utf-8?B?xI1hdS5tcDQ=?="`, file("čau.mp4")},
		{`form-data; name=f; filename="=?x-none?B?xI1hdS5tcDQ=?="`, file("=?x-none?B?xI1hdS5tcDQ=?=")},
	}
	for _, tt := range tests {
		got := tolerantDisposition(tt.value)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(disposition{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.value, diff)
		}
	}
}

func TestStrictDisposition(t *testing.T) {
	tests := map[string]disposition{
		`form-data; name="a"; filename="b/c"`:   {"a", "b/c", true},
		`attachment; name="a"; filename="b"`:    {"", "b", true},
		`form-data; name=a; filename=IMG 1.mp4`: {},
	}
	for value, want := range tests {
		if diff := cmp.Diff(want, strictDisposition(value), cmp.AllowUnexported(disposition{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
}

func TestBaseName(t *testing.T) {
	tests := map[string]string{
		"a.mp4": "a.mp4", `C:\x\a.mp4`: "a.mp4", "/sdcard/a.mp4": "a.mp4", "../a": "a",
		"..": "", ".": "", "a/": "", "": "", `a\..`: "", "...": "...",
	}
	for name, want := range tests {
		if got := (&Part{FileName: name}).BaseName(); got != want {
			t.Errorf("BaseName of %q = %q, want %q", name, got, want)
		}
	}
}

func TestBoundary(t *testing.T) {
	tests := []struct {
		contentType, want string
		wantErr           error
	}{
		{contentType: `multipart/form-data; boundary=abc`, want: "abc"},
		{contentType: `multipart/form-data; boundary="abc"`, want: "abc"},
		{contentType: `Multipart/Form-Data;Boundary=abc`, want: "abc"},
		{contentType: `multipart/form-data; charset=utf-8; boundary="boundary"`, want: "boundary"},
		{contentType: `multipart/form-data; boundary=abc; charset=utf-8`, want: "abc"},
		{contentType: `multipart/form-data; boundary="a b"; charset=utf-8`, want: "a b"},
		{contentType: `multipart/form-data; boundary=a b; charset=utf-8`, want: "a b"},
		{contentType: `multipart/form-data; boundary=----=_Part/1`, want: "----=_Part/1"},
		{contentType: `multipart/form-data; boundary=(a:b)?,<c> `, want: "(a:b)?,<c>"},
		{contentType: `multipart/form-data; boundary="abc`, want: "abc"},
		{contentType: `multipart/form-data; x="; boundary=no"; boundary=a/b`, want: "a/b"},
		{contentType: `multipart/form-data; boundary=; boundary=a/b`, want: "a/b"},
		{contentType: `multipart/form-data boundary=abc`, want: "abc"},
		{contentType: `multipart/form-data, boundary="abc"; x=1`, want: "abc"},
		{contentType: `multipart/mixed; boundary=abc`, want: "abc"},
		{contentType: `multipart/form-data`, wantErr: ErrMissingBoundary},
		{contentType: `multipart/form-data; boundary=`, wantErr: ErrMissingBoundary},
		{contentType: `multipart/form-data; boundary=""`, wantErr: ErrMissingBoundary},
		{contentType: `multipart/form-data; xboundary=abc`, wantErr: ErrMissingBoundary},
		{contentType: `application/json; boundary=abc`, wantErr: ErrNotMultipart},
		{contentType: ``, wantErr: ErrNotMultipart},
	}
	for _, tt := range tests {
		got, err := Boundary(tt.contentType)
		if got != tt.want || !errors.Is(err, tt.wantErr) {
			t.Errorf("Boundary(%s) = %q, %v, want %q, %v", tt.contentType, got, err, tt.want, tt.wantErr)
		}
	}
	_, err := Boundary("multipart/form-data; boundary=" + strings.Repeat("x", 257))
	want := &LimitError{Limit: LimitBoundary, Max: 256, Got: 257}
	var limit *LimitError
	if !errors.As(err, &limit) || *limit != *want {
		t.Errorf("long boundary: %v, want %v", err, want)
	}
}
