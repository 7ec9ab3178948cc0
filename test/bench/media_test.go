package main

import (
	"bytes"
	"image/jpeg"
	"net/http/httptest"
	"strings"
	"testing"
)

// Pictures have the size that they are said to have, can be shown, and are all different.
func TestPictures(t *testing.T) {
	p, err := drawPictures(7)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]uint64{}
	for n := range uint64(3 * pictureKinds) {
		file := p.file(n)
		if len(file) != pictureBytes {
			t.Errorf("picture %d has %d bytes", n, len(file))
		}
		if same, ok := seen[string(file)]; ok {
			t.Errorf("picture %d is picture %d", n, same)
		}
		seen[string(file)] = n
		if m, err := jpeg.Decode(bytes.NewReader(file)); err != nil || m.Bounds().Dx() != 480 {
			t.Errorf("picture %d cannot be shown: %v", n, err)
		}
	}
}

// The bare handler keeps the file of a form, and a wrong answer to reading it back is seen.
func TestFormHandler(t *testing.T) {
	server := httptest.NewServer(newFormHandler(t.TempDir()))
	defer server.Close()
	c := newConn(strings.TrimPrefix(server.URL, "http://"))
	defer c.close()
	form := mediaForm{login: account{user: "a", password: "b"}, target: "/"}
	content := []byte("\xff\xd8 not quite a picture \r\n--")
	path, err := form.send(t.Context(), c, form.request("one.jpg", "image/jpeg", content, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := readBack(t.Context(), c, path, content); err != nil {
		t.Error(err)
	}
	if readBack(t.Context(), c, path, []byte("other")) == nil {
		t.Error("other bytes were taken for those that were sent")
	}
}
