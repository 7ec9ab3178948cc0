package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sluice/internal/ingest"
)

// Pictures looks into images and renders them, away from this process. Failures
// are *ingest.Error: Invalid for commands or images that cannot be, TooLarge
// beyond a limit, Unavailable for trouble that has nothing to do with either.
type Pictures interface {
	Render(ctx context.Context, src io.Reader, size int64, fileName, modifier string) (Picture, error)
	AutoCrop(ctx context.Context, src io.Reader, size int64, fileName string, o AutoCrop) (ingest.Rect, error)
	Paths(ctx context.Context, src io.Reader, size int64, fileName string) ([]PicturePath, error)
	// Effective reports whether a modifier has a command that changes a picture.
	Effective(modifier string) bool
}

// Picture is a rendered image.
type Picture struct {
	Bytes     []byte
	Media     ingest.Media
	Extension string // of a file name, without the dot
	Warnings  []string
}

// AutoCrop says what the border of an image looks like.
type AutoCrop struct {
	Corner    string // whose colour the border has; "" = it is transparent
	Tolerance float64
}

// PicturePath is a path that is saved in an image.
type PicturePath struct {
	Name string
	Quad [4]Point // around it, clockwise from the upper left
}

// Point is a place in an image, in pixels from the upper left.
type Point struct{ X, Y float64 }

// noPictures is the answer of a server that cannot look into images.
func noPictures() error {
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.Pictures", Msg: "this server cannot render images"}
}

// source is an image to be looked into.
type source struct {
	asset   *ingest.Asset
	version *ingest.Version
	macros  map[string]string
}

// imageSource finds the current bytes of an image on which the caller has the
// permissions.
func (e *Engine) imageSource(ctx context.Context, p ingest.Principal, company, image ingest.Number, need right, kinds []ingest.AssetType, permissions ...ingest.Permission) (src source, err error) {
	if e.pictures == nil {
		return src, noPictures()
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, need); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if src.asset, err = s.assetOf(image, permissions...); err != nil {
			return err
		}
		if !containsType(kinds, src.asset.Type) {
			return wrongType(src.asset, strings.Trim(fmt.Sprint(kinds), "[]"))
		}
		if src.version, err = tx.Version(src.asset.Version); err != nil {
			return err
		}
		src.macros, err = macrosOf(tx, company)
		return err
	})
	return src, err
}

func containsType(kinds []ingest.AssetType, kind ingest.AssetType) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// macrosOf maps the names of a company's image presets, in lower case, to their
// commands.
func macrosOf(tx ingest.Tx, company ingest.Number) (map[string]string, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocImagePreset}, ingest.Page{Limit: mostStored})
	if err != nil {
		return nil, err
	}
	macros := map[string]string{}
	for _, d := range docs {
		var preset ingest.ImagePreset
		if err := json.Unmarshal(d.Data, &preset); err != nil {
			return nil, &ingest.Error{Kind: ingest.Internal, Op: "engine.macrosOf", Err: err}
		}
		macros[d.Key] = preset.Modifier
	}
	return macros, nil
}

// expandMacros replaces $name$ by the commands of the preset of that name, by
// nothing when there is none. What a preset cites is not expanded again.
func expandMacros(modifier string, macros map[string]string) string {
	var b strings.Builder
	for rest := modifier; ; {
		before, after, found := strings.Cut(rest, "$")
		name, next, closed := strings.Cut(after, "$")
		if !found || !closed {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(macros[strings.ToLower(name)])
		rest = next
	}
}

// look opens the bytes of a source for one use.
func (e *Engine) look(ctx context.Context, src source, use func(io.Reader, int64, string) error) error {
	r, err := e.blobs.Open(ctx, src.version.Blob.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	return use(r, src.version.Blob.Size, src.version.FileName)
}

// AutoCropRect returns what is left of an image when its border is trimmed.
func (e *Engine) AutoCropRect(ctx context.Context, p ingest.Principal, company, image ingest.Number, o AutoCrop) (rect ingest.Rect, err error) {
	src, err := e.imageSource(ctx, p, company, image, rightRead, []ingest.AssetType{ingest.TypeImage}, ingest.PermitRead)
	if err != nil {
		return rect, err
	}
	err = e.look(ctx, src, func(r io.Reader, size int64, name string) error {
		rect, err = e.pictures.AutoCrop(ctx, r, size, name, o)
		return err
	})
	return rect, err
}

// PicturePaths lists the paths that are saved in an image, in the order of the
// file.
func (e *Engine) PicturePaths(ctx context.Context, p ingest.Principal, company, image ingest.Number) (paths []PicturePath, err error) {
	src, err := e.imageSource(ctx, p, company, image, rightRead, []ingest.AssetType{ingest.TypeImage, "PsdTemplate"}, ingest.PermitRead)
	if err != nil {
		return nil, err
	}
	err = e.look(ctx, src, func(r io.Reader, size int64, name string) error {
		paths, err = e.pictures.Paths(ctx, r, size, name)
		return err
	})
	return paths, err
}

// render makes a picture of a source, nil when the modifier changes nothing.
func (e *Engine) render(ctx context.Context, src source, modifier string) (picture *Picture, err error) {
	modifier = expandMacros(modifier, src.macros)
	if !e.pictures.Effective(modifier) {
		return nil, nil
	}
	err = e.look(ctx, src, func(r io.Reader, size int64, name string) error {
		made, err := e.pictures.Render(ctx, r, size, name, modifier)
		picture = &made
		return err
	})
	if err != nil && ingest.KindOf(err) != ingest.Internal {
		// Whatever is wrong with the commands or the image, the operation itself was in order.
		err = &ingest.Error{Kind: ingest.Conflict, Op: "engine.render", Msg: "the image could not be rendered: " + ingest.Message(err), Err: err}
	}
	return picture, err
}
