package media

import (
	"image"
	"testing"

	"sluice/internal/media/mediatest"
)

func TestDetect(t *testing.T) {
	picture := mediatest.Picture(20, 10)
	text := []byte("some words, in one line\n")
	animated := mediatest.InsertPNGChunks(mediatest.PNG(picture), mediatest.PNGChunk("acTL", make([]byte, 8)))
	tests := []struct {
		name, file string
		head       []byte
		want       string
	}{
		{"jpeg", "a.jpg", mediatest.JPEG(picture), "image/jpeg"},
		{"jpeg without a name", "", mediatest.JPEG(picture), "image/jpeg"},
		{"jpeg named as a text", "a.css", mediatest.JPEG(picture), "image/jpeg"},
		{"png named as jpeg", "a.jpg", mediatest.PNG(picture), "image/png"},
		{"animated png", "a.png", animated, "image/apng"},
		{"gif", "a.gif", mediatest.GIF(20, 10, 2), "image/gif"},
		{"webp", "a.webp", mediatest.WebP(20, 10, 255), "image/webp"},
		{"bmp", "a.bmp", mediatest.BMP(picture), "image/bmp"},
		{"tiff", "a.tif", mediatest.TIFF(mediatest.Into(image.NewGray(picture.Rect), picture)), "image/tiff"},
		{"raw photo", `C:\photos\A.DNG`, mediatest.TIFF(picture), "image/x-adobe-dng"},
		{"pdf", "a.pdf", []byte("%PDF-1.7\n"), "application/pdf"},
		{"illustrator", "a.ai", []byte("%PDF-1.7\n"), "application/vnd.adobe.illustrator"},
		{"pdf named as a page", "a.html", []byte("%PDF-1.7\n"), "application/pdf"},
		{"text named jpg", "a.jpg", text, "text/plain"},
		{"text", "a.txt", text, "text/plain"},
		{"style sheet", "a.css", text, "text/css"},
		{"text named as a page", "a.html", text, "text/plain"},
		{"text named as a program", "a.js", text, "text/plain"},
		{"targa", "a.tga", []byte("\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "image/x-tga"},
		{"unknown bytes named jpg", "a.jpg", []byte("\x00\x01\x02\x03\xfe\xff\x00\x80"), "application/octet-stream"},
		{"unknown bytes named html", "a.html", []byte("\x00\x01\x02\x03\xfe\xff\x00\x80"), "application/octet-stream"},
		{"nothing", "a.jpg", nil, "application/octet-stream"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Detect(tt.head, tt.file); got != tt.want {
				t.Errorf("Detect %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDetectLooksAtTheHeadOnly(t *testing.T) {
	long := append(mediatest.PNG(mediatest.Picture(20, 10)), make([]byte, 1<<20)...)
	if got := Detect(long, ""); got != "image/png" {
		t.Errorf("Detect %q, want image/png", got)
	}
}
