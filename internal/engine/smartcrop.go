package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"sluice/internal/ingest"
)

// mostSmartCrops is how many named crops an image may have.
const mostSmartCrops = 100

// NewSmartCrop is a named crop as a client gives it.
type NewSmartCrop struct {
	Name string
	ingest.NamedCrop
}

func checkCrop(c ingest.NamedCrop) error {
	const slack = 1e-9 // of sums that rounding took above 1
	inRange := func(v float64) bool { return v >= 0 && v <= 1 }
	if !inRange(c.Left) || !inRange(c.Top) || !inRange(c.Width) || !inRange(c.Height) || c.Width == 0 || c.Height == 0 ||
		c.Left+c.Width > 1+slack || c.Top+c.Height > 1+slack {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.checkCrop",
			Msg: fmt.Sprintf("the rectangle left %v, top %v, width %v, height %v does not lie within 0 to 1", c.Left, c.Top, c.Width, c.Height)}
	}
	return nil
}

func (c NewSmartCrop) check() error {
	const op = "engine.NewSmartCrop"
	if err := checkText(c.Name, "name"); err != nil {
		return err
	}
	switch {
	case c.Name == "":
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "a crop needs a name"}
	case len(c.Name) > MaxNameBytes:
		return tooLong(op, "name", len(c.Name), MaxNameBytes)
	case c.PixelWidth <= 0 || c.PixelHeight <= 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a crop cannot be of %d by %d pixels: the least size is 1", c.PixelWidth, c.PixelHeight)}
	}
	if s := c.Swatch; s != nil {
		for _, part := range []int{s.Red, s.Green, s.Blue} {
			if part < 0 || part > 255 {
				return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the colour part %d is not from 0 to 255", part)}
			}
		}
	}
	return checkCrop(c.NamedCrop)
}

// AddSmartCrops adds named crops to an image. An unknown image fails every item.
func (e *Engine) AddSmartCrops(ctx context.Context, p ingest.Principal, company, image ingest.Number, crops []NewSmartCrop) (Batch, error) {
	return e.batch(ctx, p, company, len(crops), func(tx ingest.Tx, s *sight, i int) error {
		a, err := croppable(s, image)
		if err != nil {
			return err
		}
		if err := crops[i].check(); err != nil {
			return err
		}
		have, err := tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocSmartCrop}, []ingest.Number{image})
		if err != nil {
			return err
		}
		if len(have) >= mostSmartCrops {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.AddSmartCrops", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the image has %d crops, the limit is %d", len(have), mostSmartCrops)}
		}
		if err := freeKey(tx, "engine.AddSmartCrops", company, ingest.DocSmartCrop, image, crops[i].Name, crops[i].Name, 0); err != nil {
			return err
		}
		crop := crops[i].NamedCrop
		crop.Manual = true
		data, err := json.Marshal(crop)
		if err != nil {
			return err
		}
		d := e.newDocument(p, company, ingest.DocSmartCrop, crops[i].Name, crops[i].Name, data)
		d.Owner, d.Position = image, nextPosition(have)
		if err := tx.CreateDocument(d); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

func croppable(s *sight, image ingest.Number) (*ingest.Asset, error) {
	a, err := s.assetOf(image, ingest.PermitRead, ingest.PermitWrite)
	if err == nil && a.Type != ingest.TypeImage {
		err = wrongType(a, "Image")
	}
	return a, err
}

// SmartCropUpdate gives a crop another rectangle; nil = the largest one of the
// crop's proportions in the middle of the image.
type SmartCropUpdate struct {
	Image ingest.Number
	Crop  ingest.Number
	Rect  *ingest.NamedCrop // only the rectangle counts
}

// UpdateSmartCrops changes rectangles of crops.
func (e *Engine) UpdateSmartCrops(ctx context.Context, p ingest.Principal, company ingest.Number, updates []SmartCropUpdate) (Batch, error) {
	return e.batch(ctx, p, company, len(updates), func(tx ingest.Tx, s *sight, i int) error {
		u := updates[i]
		a, d, err := cropOf(tx, s, u.Image, u.Crop)
		if err != nil {
			return err
		}
		var crop ingest.NamedCrop
		if err := readContent(d, &crop); err != nil {
			return err
		}
		rect := centred(a, crop)
		if u.Rect != nil {
			if err := checkCrop(*u.Rect); err != nil {
				return err
			}
			rect = *u.Rect
		}
		crop.Left, crop.Top, crop.Width, crop.Height, crop.Manual = rect.Left, rect.Top, rect.Width, rect.Height, u.Rect != nil
		if d.Data, err = json.Marshal(crop); err != nil {
			return err
		}
		d.Modified, d.By = e.now(), p.User
		if err := tx.UpdateDocument(d); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

// cropOf finds a crop of an image.
func cropOf(tx ingest.Tx, s *sight, image, crop ingest.Number) (*ingest.Asset, *ingest.Document, error) {
	a, err := croppable(s, image)
	if err != nil {
		return nil, nil, err
	}
	d, err := documentOf(tx, s.company, ingest.DocSmartCrop, crop)
	if err == nil && d.Owner != image {
		err = &ingest.Error{Kind: ingest.Invalid, Op: "engine.cropOf", Msg: fmt.Sprintf("the crop %d belongs to another image", crop)}
	}
	return a, d, err
}

// centred is the largest rectangle of a crop's proportions in the middle of an
// image; the whole image where its size is not known.
func centred(a *ingest.Asset, crop ingest.NamedCrop) ingest.NamedCrop {
	whole := ingest.NamedCrop{Width: 1, Height: 1}
	if a.Media.Width <= 0 || a.Media.Height <= 0 || crop.PixelWidth <= 0 || crop.PixelHeight <= 0 {
		return whole
	}
	image := float64(a.Media.Width) / float64(a.Media.Height)
	wanted := float64(crop.PixelWidth) / float64(crop.PixelHeight)
	whole.Width, whole.Height = math.Min(1, wanted/image), math.Min(1, image/wanted)
	whole.Left, whole.Top = (1-whole.Width)/2, (1-whole.Height)/2
	return whole
}

// CropRef names a crop of an image.
type CropRef struct {
	Image ingest.Number
	Crop  ingest.Number
}

// DeleteSmartCrops removes crops; they do not go to the trash.
func (e *Engine) DeleteSmartCrops(ctx context.Context, p ingest.Principal, company ingest.Number, refs []CropRef) (Batch, error) {
	return e.batch(ctx, p, company, len(refs), func(tx ingest.Tx, s *sight, i int) error {
		a, d, err := cropOf(tx, s, refs[i].Image, refs[i].Crop)
		if err != nil {
			return err
		}
		if err := tx.DeleteDocument(d.Number); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}
