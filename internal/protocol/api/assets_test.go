package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestListAssetsPagesToTheEnd(t *testing.T) {
	for _, count := range []int{0, 1, 6, 7} {
		l := &library{companies: twoCompanies()}
		for n := range count {
			l.assets = append(l.assets, newAsset(n+1, 1, "", strconv.Itoa(n)+".png"))
		}
		s := newSite(t, l)
		var numbers []int64
		pages, after := 0, ""
		for {
			p := get[page[AssetItem]](t, s, "/v1/assets?limit=3&after="+url.QueryEscape(after))
			pages++
			for _, a := range p.Items {
				numbers = append(numbers, a.Number)
			}
			if after = p.Next; after == "" {
				break
			}
			if len(p.Items) != 3 {
				t.Fatalf("%d assets: a page of %d has a next", count, len(p.Items))
			}
		}
		for i, n := range numbers {
			if n != int64(i+1) {
				t.Fatalf("%d assets: numbers %v", count, numbers)
			}
		}
		if want := max(1, (count+2)/3); len(numbers) != count || pages != want {
			t.Errorf("%d assets: %d read in %d pages, want %d pages", count, len(numbers), pages, want)
		}
	}
}

func TestListAssetsFilters(t *testing.T) {
	pdf := newAsset(3, 1, "shoes/", "b.pdf")
	pdf.Type, pdf.State = ingest.TypePDF, ingest.AssetFailed
	s := newSite(t, &library{companies: twoCompanies(), assets: []*ingest.Asset{
		newAsset(1, 1, "", "a.png"), newAsset(2, 2, "", "a.png"), pdf,
	}})
	cases := map[string][]int64{
		"":                               {1, 2, 3},
		"company=1":                      {1, 3},
		"company=c|1":                    {1, 3},
		"company=Demo":                   {1, 3},
		"company=demo-co":                {1, 3},
		"company=2026":                   {2}, // a name that looks like a number
		"company=" + string(uid(902)):    {2},
		"company=1&folder=/shoes/":       {3},
		"name=a":                         {1, 2},
		"name=a.png&company=1":           {1},
		"type=Pdf":                       {3},
		"state=failed":                   {3},
		"state=processing":               nil,
		"company=&folder=&name=&type=":   {1, 2, 3},
		"type=Pdf&unknown-parameter=yes": {3},
	}
	for query, want := range cases {
		var got []int64
		for _, a := range get[page[AssetItem]](t, s, "/v1/assets?"+strings.ReplaceAll(query, "|", "%7C")).Items {
			got = append(got, a.Number)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	if s.caller.Login != boss.Login {
		t.Errorf("the engine was called for %+v", s.caller)
	}
}

func TestListAssetsRefusesBadQueries(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies()})
	cases := []struct {
		query, detail string
		status        int
		errors        int
	}{
		{"limit=0", "limit: expected number >= 1, \"0\" was sent", 400, 1},
		{"limit=1001", "limit: expected number <= 1000, \"1001\" was sent", 400, 1},
		{"limit=many", "limit: invalid integer, \"many\" was sent", 400, 1},
		{"state=lost", "state: expected value to be one of", 400, 1},
		{"limit=0&state=lost", "; ", 400, 2},
		{"after=nonsense", "after is \"nonsense\"", 400, 0},
		{"after=" + cursor("jobs", 3), "which is not the next of a page of this list", 400, 0},
		{"company=Nobody", "no company is called that", 404, 0},
		{"company=77", "no company is called that", 404, 0},
		{"company=c%7C77", "no company has that number", 404, 0},
	}
	for _, c := range cases {
		p := problemIn(t, s.ask("GET", "/v1/assets?"+c.query), c.status)
		if !strings.Contains(p.Detail, c.detail) || len(p.Errors) != c.errors {
			t.Errorf("%s: %+v", c.query, p)
		}
	}
}

func TestShowAsset(t *testing.T) {
	a := newAsset(7, 1, "shoes/summer/", "red.tif")
	a.Media = ingest.Media{ContentType: "image/tiff", Width: 30, Height: 20}
	a.SHA256 = make([]byte, 32)
	a.Crop = &ingest.Rect{X: 1, Y: 2, Width: 3, Height: 4}
	a.Metadata = map[string]string{"dc:title": "Röt"}
	cut := newAsset(12, 1, "", "cut.tif")
	css := engine.WebPart{Asset: newAsset(15, 1, "shoes/summer/", "site.css")}
	css.Asset.Media.ContentType, css.Asset.SHA256 = "text/css", nil
	css.Target, css.RelativePath = "css/site.css", `css\`
	l := &library{companies: twoCompanies(), assets: []*ingest.Asset{a, newAsset(9, 1, "", "other.tif"), cut}, details: map[ingest.UUID]engine.AssetDetail{
		a.UUID: {
			Asset: a, Metadata: a.Metadata, Company: twoCompanies()[1],
			Derived: []*ingest.Derived{
				{UUID: uid(70), Kind: ingest.DerivedThumbnail, Name: "red.jpg", Media: ingest.Media{ContentType: "image/jpeg", Width: 12, Height: 8}, Blob: ingest.BlobRef{Key: "k"}},
				{UUID: uid(71), Kind: ingest.DerivedLayer, Name: "cut.tif", Layer: 2, Target: 12},
				{UUID: uid(72), Kind: ingest.DerivedPage, Name: "gone.tif", Page: 1, Target: 11},
			},
			Pending: []*ingest.Task{{Kind: "createMask", State: ingest.TaskParked}}, Warnings: []string{"inspect: broken"}, Parts: []engine.WebPart{css},
		},
		cut.UUID: {Asset: cut, Company: twoCompanies()[1]},
	}}
	s := newSite(t, l)
	var got any
	if err := json.Unmarshal(s.ask("GET", "/v1/assets/"+strings.ToUpper(string(a.UUID))).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"number": 7.0, "uuid": string(uid(7)), "company": 1.0, "name": "red", "fileName": "red.tif", "folder": "Demo/shoes/summer/",
		"type": "Image", "contentType": "image/tiff", "size": 7.0, "sha256": strings.Repeat("0", 64), "width": 30.0, "height": 20.0, "duration": nil,
		"state": "ready", "publish": false, "created": "2026-05-04T10:00:00.123Z", "modified": "2026-05-04T10:00:00.123Z",
		"crop": map[string]any{"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}, "metadata": map[string]any{"dc:title": "Röt"},
		"pending": []any{"createMask"}, "warnings": []any{"inspect: broken"},
		"derived": []any{
			map[string]any{
				"kind": "thumbnail", "uuid": nil, "name": "red.jpg", "type": "image/jpeg", "width": 12.0, "height": 8.0, "page": nil, "layer": nil,
				"url": "https://media.example/v1/assets/" + string(uid(7)) + "/derived/" + string(uid(70)),
			},
			map[string]any{
				"kind": "layer", "uuid": string(uid(12)), "name": "cut.tif", "type": "", "width": nil, "height": nil, "page": nil, "layer": 2.0,
				"url": "https://media.example/v1/assets/" + string(uid(12)) + "/original",
			},
		},
		"parts": []any{
			map[string]any{
				"uuid": string(uid(15)), "path": "css/site.css", "relativePath": `css\`, "fileName": "site.css", "contentType": "text/css", "size": float64(css.Asset.Size), "sha256": nil,
				"url": "https://media.example/v1/assets/" + string(uid(15)) + "/original",
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	plain := s.ask("GET", "/v1/assets/"+string(cut.UUID)).Body.String()
	for _, part := range []string{`"crop":null`, `"metadata":{}`, `"derived":[]`, `"pending":[]`, `"warnings":[]`, `"parts":[]`, `"sha256":null`, `"width":null`} {
		if !strings.Contains(plain, part) {
			t.Errorf("%s is missing in %s", part, plain)
		}
	}
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies()})
	for _, path := range []string{
		"/v1/assets/" + string(uid(1)), "/v1/assets/42", "/v1/assets/{0190a6a0-7c4e-7b1f-9a55-000000000001}", "/v1/assets/%22%00%0a",
		"/v1/assets/" + string(uid(1)) + "/original", "/v1/assets/x/original", "/v1/assets/" + string(uid(1)) + "/thumbnail", "/v1/assets/x/thumbnail",
		"/v1/assets/" + string(uid(1)) + "/derived/" + string(uid(2)), "/v1/assets/" + string(uid(1)) + "/derived/x", "/v1/assets/x/derived/" + string(uid(2)),
		"/v1/jobs/" + string(uid(1)), "/v1/jobs/x", "/v1/jobs/x/log", "/v1/nothing", "/v1/",
	} {
		if p := problemIn(t, s.ask("GET", path), http.StatusNotFound); p.Code != "not-found" {
			t.Errorf("%s: code %q", path, p.Code)
		}
	}
	w := s.ask("POST", "/v1/assets")
	problemIn(t, w, http.StatusMethodNotAllowed)
	if got := w.Header().Get("Allow"); got != "GET, HEAD, OPTIONS" {
		t.Errorf("Allow %q", got)
	}
}
