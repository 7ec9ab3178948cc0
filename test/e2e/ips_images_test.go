package e2e_test

import (
	"net/http"
	"testing"
)

// TestIPSImages renders through the API: a copy under a preset, a replacement, and the
// rectangle that is left of a border.
func TestIPSImages(t *testing.T) {
	s := start(t)
	d := dialects()[0]
	const ch = "<companyHandle>c|1</companyHandle>"
	s.awaitJob(d, ch, s.upload(auth(), newJob("images"), file("x/source.jpg", jpegOf(t, 800, 600))))
	asset := func(name string) node {
		return s.mustIPS(d, "getAssetsByName", ch+"<nameArray><items>"+name+"</items></nameArray>").at("assetArray", "items")
	}
	handle := "<assetHandle>" + asset("source").at("assetHandle").Text + "</assetHandle>"
	s.mustIPS(d, "saveImageFormat", ch+"<name>Small</name><urlModifier>?wid=400&amp;hei=400&amp;fit=constrain&amp;fmt=jpeg</urlModifier>")
	s.mustIPS(d, "copyImage", ch+handle+"<folderHandle>f|Demo/x/</folderHandle><name>copy</name><urlModifier>$small$</urlModifier>")
	s.mustIPS(d, "copyImage", ch+handle+"<folderHandle>f|Demo/x/</folderHandle><name>same</name><urlModifier></urlModifier>")
	s.eventually("the copies", func() bool {
		return asset("copy").at("imageInfo", "width").Text == "400" && asset("same").at("imageInfo", "width").Text == "800" && s.thumbnailOf(t, "copy") && s.thumbnailOf(t, "same")
	})
	if got := asset("copy").at("imageInfo", "height").Text; got != "300" {
		t.Errorf("the copy is %s pixels high, not 300", got)
	}
	if got := asset("source").at("imageInfo", "width").Text; got != "800" {
		t.Errorf("the source is %s pixels wide now", got)
	}
	s.mustIPS(d, "replaceImage", ch+handle+"<urlModifier>crop=10,20,100,50</urlModifier>")
	s.eventually("the replacement", func() bool { return asset("source").at("imageInfo", "height").Text == "50" })
	rect := s.mustIPS(d, "getAutoCropRect", ch+handle+"<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0.1</tolerance></autoColorCropOptions>")
	if rect.at("width").Text != "100" || rect.at("height").Text != "50" {
		t.Errorf("rectangle %+v", rect)
	}
	// Emptying the source must not take the bytes that the copy shares with it.
	s.mustIPS(d, "deleteAsset", ch+handle)
	original := "<assetHandleArray><items>" + asset("same").at("assetHandle").Text + "</items></assetHandleArray>"
	s.mustIPS(d, "emptyAssetsFromTrash", ch+"<assetHandleArray><items>"+handle[len("<assetHandle>"):len(handle)-len("</assetHandle>")]+"</items></assetHandleArray>")
	if status := s.originalOf(t, "same"); status != http.StatusOK {
		t.Errorf("the bytes of the copy are gone: status %d, %s", status, original)
	}
	if status, fault := s.ips(d, adminLogin, adminPassword, "copyImage", ch+"<assetHandle>"+asset("same").at("assetHandle").Text+"</assetHandle><folderHandle>f|Demo/x/</folderHandle><name>bad</name><urlModifier>fmt=avif</urlModifier>"); status == http.StatusOK || fault.at("code").Text != "30000" {
		t.Errorf("a format that cannot be written gives %d %+v", status, fault)
	}
}

// assetPath finds the address of an asset in the JSON API.
func (s *server) assetPath(t *testing.T, name string) string {
	t.Helper()
	for _, a := range s.assets() {
		if a.Name == name {
			return s.url + "/v1/assets/" + a.UUID
		}
	}
	t.Fatalf("no asset %s", name)
	return ""
}

func (s *server) status(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(adminLogin, adminPassword)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := copyAll(answer.Body); err != nil {
		return 0 // the bytes could not be read to their end
	}
	return answer.StatusCode
}

func (s *server) thumbnailOf(t *testing.T, name string) bool {
	return s.status(t, s.assetPath(t, name)+"/thumbnail") == http.StatusOK
}

func (s *server) originalOf(t *testing.T, name string) int {
	return s.status(t, s.assetPath(t, name)+"/original")
}
