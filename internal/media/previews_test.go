package media

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

func TestInDesignPreviews(t *testing.T) {
	needTools(t, "exiftool")
	small, large := mediatest.JPEG(mediatest.Picture(30, 20)), mediatest.JPEG(mediatest.Picture(60, 40))
	for name, tt := range map[string]struct {
		file  []byte
		want  []image.Point
		class fault.Class
	}{
		"pages":      {mediatest.InDesign("PageInfo", small, large), []image.Point{{30, 20}, {60, 40}}, ""},
		"one page":   {mediatest.InDesign("PageInfo", large), []image.Point{{60, 40}}, ""},
		"thumbnail":  {mediatest.InDesign("Thumbnails", small), []image.Point{{30, 20}}, ""},
		"none":       {mediatest.InDesign("PageInfo"), nil, fault.Unsupported},
		"no picture": {mediatest.InDesign("PageInfo", []byte("text")), nil, fault.Unsupported},
		"no file":    {[]byte("text"), nil, fault.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			var got []image.Point
			err := newRunner(t, "media-worker").Previews(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)), "a.indd", func(p PageImage) error {
				got = append(got, image.Pt(p.Width, p.Height))
				if p.Page != len(got) || p.ContentType != "image/jpeg" || p.Extension != "jpg" {
					t.Errorf("page %d is %s", p.Page, p.ContentType)
				}
				return nil
			})
			if fault.ClassOf(err) != tt.class || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("pictures %v, error %v", got, err)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	file := mediatest.InDesign("PageInfo", small)
	err := newRunner(t, "media-worker").Previews(t.Context(), bytes.NewReader(file), int64(len(file)), "a.indd", nil)
	if want := "no previews were read, because exiftool is not installed: apt-get install libimage-exiftool-perl"; fault.ClassOf(err) != fault.Missing || err.Error() != want {
		t.Errorf("error %v", err)
	}
}

// The first page of any document becomes its thumbnail.
func TestPosterOfDocuments(t *testing.T) {
	needTools(t, "gs", "pdftoppm", "exiftool")
	r := newRunner(t, "media-worker")
	for name, tt := range map[string]struct {
		file string
		want image.Point
	}{
		"a.eps":  {eps, image.Pt(100, 50)},
		"b.ps":   {brochure(2), image.Pt(300, 200)},
		"c.ai":   {string(asPDF(t, brochure(1))), image.Pt(320, 213)},
		"d.ai":   {eps, image.Pt(100, 50)},
		"e.indd": {string(mediatest.InDesign("PageInfo", mediatest.JPEG(mediatest.Picture(60, 40)))), image.Pt(60, 40)},
	} {
		got, err := r.Poster(t.Context(), bytes.NewReader([]byte(tt.file)), int64(len(tt.file)), name, ThumbnailSpec{})
		if err != nil || got.Thumbnail == nil || image.Pt(got.Thumbnail.Width, got.Thumbnail.Height) != tt.want {
			t.Errorf("%s: %+v, %v", name, got.Thumbnail, err)
		}
	}
}
