package e2e_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// unpackJob is the parameters of a job of one request that wants archives unpacked.
func unpackJob(name string) part {
	return params(jobName(name), endJob, strings.Replace(options(false), "</uploadParams>",
		"<unCompressOptions><process>UnCompress</process></unCompressOptions></uploadParams>", 1))
}

// zipOf packs files by name; a name with an arrow is a link.
func zipOf(t *testing.T, files ...[2]string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		name, target, link := strings.Cut(f[0], "->")
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if link {
			h.SetMode(fs.ModeSymlink | 0o777)
			f[1] = target
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func tarOf(t *testing.T, files ...[2]string) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644})
		if err == nil {
			_, err = io.WriteString(w, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func gzipOf(t *testing.T, content string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestArchives unpacks archives of each kind: their members are assets with rows of their own, and the archives are
// no assets.
func TestArchives(t *testing.T) {
	s := start(t, mediaHere(t))
	picture := string(mediatest.JPEG(mediatest.Photograph(90, 60)))
	inner := zipOf(t, [2]string{"x.jpg", picture})
	rows := s.finished(s.upload(auth(), unpackJob("archives"),
		file("shop/all.zip", zipOf(t, [2]string{"red.jpg", picture}, [2]string{"hats/blue.jpg", picture}, [2]string{"inner.zip", inner},
			[2]string{"../evil.jpg", picture}, [2]string{"link.jpg->/etc/passwd", ""}, [2]string{"tool.exe", "MZ"}, [2]string{"broken.png", "no picture"},
			[2]string{"hats/.DS_Store", "x"}, [2]string{"hats/", ""})),
		file("shop/more.tgz", gzipOf(t, tarOf(t, [2]string{"green.jpg", picture}, [2]string{"/abs.jpg", picture}))),
		file("shop/plain.tar", tarOf(t, [2]string{"tarred.css", "a{}"})),
		file("shop/list.css.gz", gzipOf(t, "b{}")),
	))
	var got []string
	for _, a := range s.assets() {
		got = append(got, a.Folder+a.FileName+" "+a.Type+" "+a.State)
	}
	slices.Sort(got)
	want := []string{
		"Demo/shop/broken.png Image failed", "Demo/shop/green.jpg Image ready", "Demo/shop/hats/blue.jpg Image ready", "Demo/shop/inner.zip Zip ready",
		"Demo/shop/list.css Css ready", "Demo/shop/red.jpg Image ready", "Demo/shop/tarred.css Css ready",
	}
	if !slices.Equal(got, want) {
		t.Errorf("assets\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.holds("blue.jpg", picture)
	s.holds("inner.zip", inner)
	if a := s.asset("red.jpg"); a.Width != 90 || len(a.Derived) == 0 {
		t.Errorf("a member was not processed: %+v", a)
	}
	said := map[string]string{}
	for _, r := range rows {
		if r.Asset != "" {
			said[r.Asset] += r.Type + " "
		}
	}
	for name, kind := range map[string]string{
		"red.jpg": "UploadSuccess ", "blue.jpg": "UploadSuccess ", "inner.zip": "UploadSuccess ", "green.jpg": "UploadSuccess ", "list.css": "UploadSuccess ",
		"evil.jpg": "UploadError ", "link.jpg": "UploadError ", "abs.jpg": "UploadError ", "tool.exe": "UploadError ", "broken.png": "UploadError ",
		".DS_Store": "UploadWarning ", "all.zip": "", "more.tgz": "",
	} {
		if said[name] != kind {
			t.Errorf("%s: rows %q, want %q", name, said[name], kind)
		}
	}
	if total := the(s, rows, "TotalFileCount").Message; total != "12" {
		t.Errorf("%s files were counted, want the 12 members", total)
	}
}

// TestHostileArchives leaves archives beyond the limits as they are and says why, and the server stays small.
func TestHostileArchives(t *testing.T) {
	s := start(t, mediaHere(t), "SLUICE_MEDIA_UNPACK_SIZE=200MiB")
	many := make([][2]string, 100_000)
	for i := range many {
		many[i][0] = fmt.Sprintf("f%d.css", i)
	}
	half := zipOf(t, [2]string{"a.css", strings.Repeat("a{}", 1000)})
	rows := s.finished(s.upload(auth(), unpackJob("hostile"),
		file("many.zip", zipOf(t, many...)),
		file("bomb.zip", zipOf(t, [2]string{"a.css", strings.Repeat("\x00", 150<<20)})),
		file("large.css.gz", gzipOf(t, bytesOf("random", 1<<20)+strings.Repeat("\x00", 201<<20))),
		file("cut.zip", half[:len(half)-40]),
		file("good.zip", half),
	))
	said := map[string]string{}
	for _, r := range rows {
		if r.Type == "UploadWarning" {
			said[r.Asset] += r.Message
		}
	}
	for name, words := range map[string]string{
		"many.zip": "more than 10000 members", "bomb.zip": "more than 200 bytes come of each", "large.css.gz": "bytes", "cut.zip": "directory", "good.zip": "",
	} {
		if !strings.Contains(said[name], words) || words == "" && said[name] != "" {
			t.Errorf("%s: the log says %q, want %q", name, said[name], words)
		}
	}
	for _, name := range []string{"many.zip", "bomb.zip", "large.css.gz", "cut.zip"} {
		if a := s.asset(name); a.Type != "Zip" || a.State != "ready" {
			t.Errorf("%s: %+v", name, a)
		}
	}
	s.holds("a.css", strings.Repeat("a{}", 1000))
}
