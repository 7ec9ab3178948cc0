package modifier

import (
	"image"
	"image/draw"
	"math"
	"runtime"

	"sluice/internal/media/fault"
	"sluice/internal/media/raster"
)

// Limits bounds the work on one picture. A zero field means no limit.
type Limits struct {
	// Pixels is the most that width times height of the result, and of every step on the way to it, may be.
	Pixels int64
	// MemoryBytes is what the pixels of a step and of its result may take together.
	MemoryBytes int64
}

// maxEdge is the longest edge of a step in pixels; what weights are needed for it stays small beside the pixels.
const maxEdge = 1 << 20

// Apply carries out the commands in the order of the contract's table. img is the picture as stored and is not
// changed; the crop counts in its pixels, and then it is turned upright by its EXIF orientation (1..8), because the
// result says nothing of an orientation. It fails with a *fault.Error: of class TooLarge when a limit would be
// exceeded, of class Invalid when nothing of the picture would be left.
func Apply(img image.Image, orientation int, c Commands, lim Limits) (*image.RGBA, error) {
	w := &work{lim: lim}
	if err := w.start(img, c.Crop); err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return w.turn(orientation) },
		func() error { return w.turn(map[string]int{"lr": 2, "ud": 4, "lrud": 3}[c.Flip]) },
		func() error { return w.rotate(c.Rotate) },
		func() error { return w.extend(c.Extend) },
		func() error { w.tone(c); return nil },
		func() error { Blur(w.img, c.Blur); return nil },
		func() error { return w.region(c.Region) },
		func() error { return w.view(c) },
		func() error { return w.sharpen(c) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return w.img, nil
}

// work is a picture between two steps; its origin is its upper left corner.
type work struct {
	img *image.RGBA
	lim Limits
}

func (w *work) width() int  { return w.img.Rect.Dx() }
func (w *work) height() int { return w.img.Rect.Dy() }

// room checks the limits before a picture of another size is made beside the present one. Besides the pixels it takes
// more bytes.
func (w *work) room(width, height int, more int64) error {
	if width < 1 || height < 1 {
		return refuse(fault.Invalid, "modifier.Apply", "the modifier leaves nothing of the picture: its size would be %d x %d pixels", width, height)
	}
	if width > maxEdge || height > maxEdge {
		return refuse(fault.TooLarge, "modifier.Apply", "the modifier asks for %d x %d pixels, an edge has at most %d", width, height, maxEdge)
	}
	pixels := int64(width) * int64(height)
	if w.lim.Pixels > 0 && pixels > w.lim.Pixels {
		return refuse(fault.TooLarge, "modifier.Apply", "the modifier asks for %d x %d = %d pixels, the limit is %d",
			width, height, pixels, w.lim.Pixels)
	}
	needed := 4*pixels + more
	if w.img != nil {
		needed += int64(len(w.img.Pix))
	}
	if w.lim.MemoryBytes > 0 && needed > w.lim.MemoryBytes {
		return refuse(fault.TooLarge, "modifier.Apply", "the modifier needs about %d MiB on the way to %d x %d pixels, the memory limit is %d MiB",
			needed>>20, width, height, w.lim.MemoryBytes>>20)
	}
	reclaim(needed)
	return nil
}

// largeBytes is from where on it matters that a picture that is done with is still in memory.
const largeBytes = 32 << 20

// reclaim collects what earlier steps left behind. Next to large pictures the collector, which runs beside the work,
// would come too late for the hard limit on the worker's memory.
func reclaim(needed int64) {
	if needed > largeBytes {
		runtime.GC()
	}
}

// start copies the picture, or what the crop leaves of it.
func (w *work) start(img image.Image, crop *Area) error {
	bounds := img.Bounds()
	part := image.Rect(0, 0, bounds.Dx(), bounds.Dy())
	if crop != nil {
		part = crop.rect(bounds.Dx(), bounds.Dy())
	}
	if err := w.room(part.Dx(), part.Dy(), 0); err != nil {
		return err
	}
	w.img = image.NewRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	// Draw leaves what is outside of img transparent.
	draw.Draw(w.img, w.img.Rect, img, bounds.Min.Add(part.Min), draw.Src)
	return nil
}

// rect is the area in pixels of a picture of this size, at least one in each direction.
func (a Area) rect(width, height int) image.Rectangle {
	across, down := 1.0, 1.0
	if a.Relative {
		across, down = float64(width), float64(height)
	}
	left, top := round(a.X*across), round(a.Y*down)
	right, bottom := round((a.X+a.Width)*across), round((a.Y+a.Height)*down)
	return image.Rect(left, top, max(right, left+1), max(bottom, top+1))
}

// farthest bounds a place in pixels, so that places can be added to each other.
const farthest = 1 << 40

func round(n float64) int { return int(math.Round(min(farthest, max(-farthest, n)))) }

// turn applies an EXIF orientation; 0 and 1 change nothing.
func (w *work) turn(orientation int) error {
	if orientation <= 1 {
		return nil
	}
	if err := w.room(w.width(), w.height(), 0); err != nil {
		return err
	}
	w.img = raster.Upright(w.img, orientation)
	return nil
}

// part makes the picture what a rectangle of it shows; outside of it is the background.
func (w *work) part(r image.Rectangle, background *image.Uniform) error {
	if r == w.img.Rect {
		return nil
	}
	if err := w.room(r.Dx(), r.Dy(), 0); err != nil {
		return err
	}
	next := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	if background != nil && !r.In(w.img.Rect) {
		draw.Draw(next, next.Rect, background, image.Point{}, draw.Src)
	}
	seen := r.Intersect(w.img.Rect)
	draw.Draw(next, seen.Sub(r.Min), w.img, seen.Min, draw.Src)
	w.img = next
	return nil
}

func (w *work) extend(m *Margins) error {
	if m == nil {
		return nil
	}
	across, down := 1.0, 1.0
	if m.Relative {
		across, down = float64(w.width()), float64(w.height())
	}
	r := image.Rectangle{
		Min: image.Pt(-round(m.Left*across), -round(m.Top*down)),
		Max: image.Pt(w.width()+round(m.Right*across), w.height()+round(m.Bottom*down)),
	}
	return w.part(r, nil)
}

func (w *work) region(a *Area) error {
	if a == nil {
		return nil
	}
	return w.part(a.rect(w.width(), w.height()), nil)
}

// plainSharpening is what op_sharpen does.
func plainSharpening() Unsharp { return Unsharp{Amount: 1, Radius: 0.6} }

func (w *work) sharpen(c Commands) error {
	masks := []Unsharp{c.Unsharp}
	if c.Sharpen {
		masks = []Unsharp{plainSharpening(), c.Unsharp}
	}
	for _, mask := range masks {
		if mask.Idle() {
			continue
		}
		if err := w.room(w.width(), w.height(), 0); err != nil {
			return err
		}
		UnsharpMask(w.img, mask)
	}
	return nil
}
