package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	visibleWithin = 30 * time.Second
	pollEvery     = 2 * time.Millisecond
	restBetween   = 300 * time.Millisecond // so that the server is idle again
)

// visible measures how soon the thumbnail of an uploaded photograph can be read.
func (b *processingBench) visible(ctx context.Context) (err error) {
	path := filepath.Join(b.root, "visible.jpg")
	if err := writePhotograph(path, 5, b.width, b.height); err != nil {
		return err
	}
	photo, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s, err := startServer(ctx, b.root, sluicePeer("sluice", b.program, b.login, []string{"--media-optimize=false"}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c := newConn(s.place.addr)
	defer c.close()
	door := newScene7(b.login, "bench-visible", "")
	if err := door.open(ctx, c); err != nil {
		return err
	}
	var answered, visible []float64
	for i := range b.samples + 1 {
		a, v, err := b.awaitThumbnail(ctx, c, door, fmt.Sprintf("visible-%d.jpg", i), photo)
		if err != nil {
			return err
		}
		if i > 0 { // the first one starts the worker and hashes the password
			answered, visible = append(answered, a), append(visible, v)
		}
		time.Sleep(restBetween)
	}
	fmt.Printf("A JPEG file of %d x %d pixels (%.1f MB), %d samples, from the first byte sent\n\n", b.width, b.height, float64(len(photo))/1e6, b.samples)
	t := table{head: []string{"Until", "ms"}, rows: [][]string{
		{"the answer to the upload", summarise(answered).text(1)}, {"its thumbnail can be read", summarise(visible).text(1)},
	}}
	fmt.Println(t.markdown())
	return nil
}

// awaitThumbnail uploads a file and reads its thumbnail as soon as there is one. Both times are milliseconds from the
// start of the upload.
func (b *processingBench) awaitThumbnail(ctx context.Context, c *conn, door *scene7, name string, photo []byte) (answered, visible float64, err error) {
	r := door.form(door.params(element("jobHandle", door.jobHandle)), &object{name: name})
	r.content, r.prefix = nil, append(r.prefix, photo...)
	began := time.Now()
	if _, err := door.post(ctx, c, r); err != nil {
		return 0, 0, err
	}
	answered = time.Since(began).Seconds() * 1e3
	found, err := door.library.find(ctx, c, name)
	if err != nil {
		return 0, 0, err
	}
	thumbnail := door.library.get("/v1/assets/" + url.PathEscape(found.UUID) + "/thumbnail")
	for time.Since(began) < visibleWithin {
		a, err := c.do(ctx, thumbnail)
		if err != nil {
			return 0, 0, err
		}
		if a.status == http.StatusOK {
			return answered, time.Since(began).Seconds() * 1e3, nil
		}
		time.Sleep(pollEvery)
	}
	return 0, 0, fmt.Errorf("there is no thumbnail after %v", visibleWithin)
}
