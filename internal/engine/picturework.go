package engine

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// MaxProfileBytes is the longest ICC profile that a conversion uses.
const MaxProfileBytes = 8 << 20

// PictureWork is what a picture task works on: the file, and what of the options of
// its job concerns images.
type PictureWork struct {
	TaskInput
	Crop      *ingest.ManualCrop // nil = none, or one that cuts nothing
	Keep      *ingest.Rect       // the crop that the asset has and keeps
	Knockout  *ingest.Knockout
	AutoCrop  *AutoCrop
	Mask      bool
	Unsharp   *ingest.Unsharp
	ColorMode string // Default, MaintainOriginal or Convert
	Source    []byte // profiles of Convert
	Output    []byte
	Warnings  []string
}

// changesPicture reports whether an option asks for more than the optimised image
// that every image may have.
func changesPicture(o *ingest.Processing) bool {
	return o.Crop != nil && !o.Crop.Zero() || o.ColorCrop != nil || o.AlphaCrop != nil || o.Knockout != nil || o.CreateMask ||
		o.Color != nil && o.Color.Mode == "Convert" || o.Unsharp != nil && !o.Unsharp.None()
}

// Plain reports whether no option changes what the optimised image shows.
func (w *PictureWork) Plain() bool { return w.Keep == nil && !changesPicture(&w.Processing) }

// Asked names the options that ask for more than the optimised image, in the order in
// which a job has them.
func (w *PictureWork) Asked() []string {
	o, names := &w.Processing, []string(nil)
	for _, option := range []struct {
		name  string
		given bool
	}{
		{"createMask", o.CreateMask}, {"knockoutBackgroundOptions", o.Knockout != nil}, {"manualCropOptions", o.Crop != nil && !o.Crop.Zero()},
		{"autoColorCropOptions", o.ColorCrop != nil}, {"autoTransparentCropOptions", o.AlphaCrop != nil},
		{"colorManagementOptions", o.Color != nil && o.Color.Mode == "Convert"}, {"unsharpMaskOptions", o.Unsharp != nil && !o.Unsharp.None()},
	} {
		if option.given {
			names = append(names, option.name)
		}
	}
	return names
}

// PictureWork returns what a picture task is to do. A crop that the asset has stays
// unless the job brings one by hand or says that it goes (Scene7 contract, section
// 6.2); it then takes the place of an automatic one.
func (e *Engine) PictureWork(ctx context.Context, t *ingest.Task) (PictureWork, error) {
	in, err := e.TaskInput(ctx, t)
	if err != nil {
		return PictureWork{}, err
	}
	o := in.Processing
	w := PictureWork{TaskInput: in, Knockout: o.Knockout, Mask: o.CreateMask, Unsharp: o.Unsharp, ColorMode: "Default"}
	automatic := ""
	switch {
	case o.Crop != nil && !o.Crop.Zero():
		w.Crop = o.Crop
	case o.ColorCrop != nil:
		w.AutoCrop, automatic = &AutoCrop{Corner: o.ColorCrop.Corner, Tolerance: o.ColorCrop.Tolerance}, "autoColorCropOptions"
	case o.AlphaCrop != nil:
		w.AutoCrop, automatic = &AutoCrop{Tolerance: o.AlphaCrop.Tolerance}, "autoTransparentCropOptions"
	}
	if in.Asset != nil && in.Asset.Crop != nil && w.Crop == nil {
		w.Keep, w.AutoCrop = in.Asset.Crop, nil
		if automatic != "" {
			w.Warnings = append(w.Warnings, automatic+" was not carried out: the image keeps the crop that it has, because preserveCrop is not false")
		}
	}
	if o.Color == nil {
		return w, nil
	}
	w.ColorMode = o.Color.Mode
	if w.ColorMode == "Convert" {
		err = e.profiles(ctx, t, o.Color, &w)
	}
	return w, err
}

// profiles reads the profiles of a conversion. Without them the colours stay, and
// the log says why.
func (e *Engine) profiles(ctx context.Context, t *ingest.Task, c *ingest.Color, w *PictureWork) (err error) {
	if w.Source, err = e.profileBytes(ctx, t.Company, c.Source); err == nil {
		w.Output, err = e.profileBytes(ctx, t.Company, c.Output)
	}
	switch ingest.KindOf(err) {
	case ingest.NotFound, ingest.Invalid, ingest.TooLarge:
		w.ColorMode = "MaintainOriginal"
		w.Warnings = append(w.Warnings, "colorManagementOptions was not carried out: "+ingest.Message(err))
		return nil
	}
	return err
}

// profileBytes reads the file of an ICC profile by its handle.
func (e *Engine) profileBytes(ctx context.Context, company ingest.Number, handle string) ([]byte, error) {
	number, err := strconv.ParseInt(strings.TrimPrefix(handle, "a|"), 10, 64)
	if err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.profileBytes", Msg: fmt.Sprintf("%s is not the handle of an asset", quote(handle))}
	}
	var blob ingest.BlobRef
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if err := isProfile(tx, company, ingest.Number(number)); err != nil {
			return err
		}
		a, err := tx.Asset(ingest.Number(number))
		if err != nil {
			return err
		}
		v, err := tx.Version(a.Version)
		if err == nil {
			blob = v.Blob
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if blob.Size > MaxProfileBytes {
		return nil, &ingest.Error{Kind: ingest.TooLarge, Op: "engine.profileBytes", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the profile has %d bytes, the limit is %d", blob.Size, MaxProfileBytes)}
	}
	r, err := e.blobs.Open(ctx, blob.Key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, blob.Size))
}
