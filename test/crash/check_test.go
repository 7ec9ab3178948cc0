package crash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
)

// sampled is how many files that were not touched a check reads.
const sampled = 5

// company is the selection of what the test's server has.
func company(more ...string) url.Values {
	v := url.Values{"company": {"Demo"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// check compares the library of a restarted server with the book: the list of
// all of it, the bytes of what was touched since the last check and of a sample
// of the rest, and the jobs of the requests since.
func (b *book) check(ctx context.Context, c *client, r *rand.Rand) error {
	if _, err := c.get(ctx, "/readyz"); err != nil {
		return fmt.Errorf("/readyz: %w", err)
	}
	touched := b.touched()
	if err := b.compare(ctx, c); err != nil {
		return err
	}
	fresh := b.requests[b.fresh:]
	for _, req := range fresh {
		if err := b.whole(req); err != nil {
			return err
		}
	}
	for _, f := range b.files {
		if len(touched) == len(b.files) || r.IntN(len(b.files)) < sampled {
			touched = append(touched, f)
		}
	}
	for _, f := range touched {
		if err := f.read(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, req := range fresh {
		if err := req.checkJob(ctx, c); err != nil {
			return fmt.Errorf("%s of %s: %w", req.job, req, err)
		}
	}
	b.fresh = len(b.requests)
	return nil
}

// checkAll reads everything once more.
func (b *book) checkAll(ctx context.Context, c *client) error {
	if err := b.compare(ctx, c); err != nil {
		return err
	}
	for _, f := range b.files {
		if err := f.read(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, req := range b.requests {
		if err := req.checkJob(ctx, c); err != nil {
			return fmt.Errorf("%s of %s: %w", req.job, req, err)
		}
	}
	return b.checkPictures(ctx, c)
}

// compare settles what every name stands for and fails when a server has lost,
// mixed or made up anything.
func (b *book) compare(ctx context.Context, c *client) error {
	assets, err := list[asset](ctx, c, "/v1/assets", company())
	if err != nil {
		return err
	}
	var problems []error
	library := map[string]*asset{}
	for _, a := range assets {
		switch {
		case b.files[a.FileName] == nil:
			problems = append(problems, fmt.Errorf("%s is in the library and was never sent", a.FileName))
		case library[a.FileName] != nil:
			problems = append(problems, fmt.Errorf("%s is in the library twice", a.FileName))
		}
		library[a.FileName] = &a
	}
	for _, f := range b.files {
		if err := f.match(library[f.name]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", f.name, err))
		}
	}
	return errors.Join(problems...)
}

// match settles the name if the asset is one of the versions that it may be.
func (f *file) match(a *asset) error {
	candidates := f.candidates()
	for _, v := range candidates {
		switch {
		case v == nil && a == nil, v != nil && a != nil && v.is(a):
			f.settle(v)
			return nil
		}
	}
	text := "it is not in the library"
	if a != nil {
		text = fmt.Sprintf("the library has %d bytes with SHA-256 %s", a.Size, a.SHA256)
	}
	for _, v := range candidates {
		if v == nil {
			text += "; it may be missing"
		} else {
			text += fmt.Sprintf("; it may be generation %d, %d bytes, %x", v.generation, v.length, v.sum)
		}
	}
	return errors.New(text)
}

func (v *version) is(a *asset) bool {
	return int64(v.length) == a.Size && hex.EncodeToString(v.sum[:]) == a.SHA256
}

// whole finds out whether a request without an answer was carried out, which
// must be so for all of its files or for none. No name of it was sent since.
func (b *book) whole(req *request) error {
	if req.answered || req.skipped {
		return nil
	}
	found := 0
	for _, v := range req.files {
		if now := b.files[v.name].current; now != nil && now.sum == v.sum {
			found++
		}
	}
	req.present = found > 0
	if found != 0 && found != len(req.files) {
		return fmt.Errorf("%s of %s: %d of its files are in the library", req.job, req, found)
	}
	return nil
}

// read compares the bytes of a file's asset with those that were sent.
func (f *file) read(ctx context.Context, c *client) error {
	found, err := list[asset](ctx, c, "/v1/assets", company("name", f.name))
	if err != nil {
		return err
	}
	if f.current == nil {
		if len(found) != 0 {
			return fmt.Errorf("it is not in the list of the library, but found by its name")
		}
		return nil
	}
	if len(found) != 1 || !f.current.is(&found[0]) {
		return fmt.Errorf("by its name, %v is found", found)
	}
	body, err := c.get(ctx, "/v1/assets/"+found[0].UUID+"/original")
	if err != nil {
		return fmt.Errorf("reading the original: %w", err)
	}
	if sum := sha256.Sum256(body); sum != f.current.sum || !bytes.Equal(body, f.current.bytes()) {
		return fmt.Errorf("generation %d: its %d bytes are not the %d that were sent", f.current.generation, len(body), f.current.length)
	}
	return nil
}

// checkPictures wants every picture ready, with its thumbnail.
func (b *book) checkPictures(ctx context.Context, c *client) error {
	pictures, err := list[asset](ctx, c, "/v1/assets", company("type", "Image"))
	if err != nil {
		return err
	}
	if len(pictures) == 0 {
		return errors.New("there are no pictures in the library")
	}
	for _, a := range pictures {
		if a.State != "ready" {
			return fmt.Errorf("%s is %s after its job has ended", a.FileName, a.State)
		}
		thumbnail, err := c.get(ctx, "/v1/assets/"+a.UUID+"/thumbnail")
		if err != nil {
			return fmt.Errorf("thumbnail of %s: %w", a.FileName, err)
		}
		if kind := http.DetectContentType(thumbnail); kind != "image/jpeg" && kind != "image/png" {
			return fmt.Errorf("the thumbnail of %s is %s", a.FileName, kind)
		}
	}
	return nil
}
