package modifier

import (
	"image"
	"math"

	"sluice/internal/media/raster"
)

// view brings the picture to the size asked for. With only one edge given the other one follows the shape; nothing is
// enlarged unless the fit allows it, or the scale says so.
func (w *work) view(c Commands) error {
	scaled, view, wanted := sizes(w.img.Rect.Size(), c)
	if !wanted {
		return nil
	}
	if err := w.resize(scaled, kernel(c.Resample)); err != nil {
		return err
	}
	place := image.Pt(
		int(math.Floor(float64(view.X-scaled.X)*(c.Align.Across+1)/2)),
		int(math.Floor(float64(view.Y-scaled.Y)*(c.Align.Down+1)/2)),
	)
	var background *image.Uniform
	if c.Background != nil {
		background = image.NewUniform(*c.Background)
	}
	return w.part(image.Rectangle{Max: view}.Sub(place), background)
}

// sizes says how large a picture becomes, and how large the view is that it is placed in.
func sizes(own image.Point, c Commands) (scaled, view image.Point, wanted bool) {
	width, height := float64(own.X), float64(own.Y)
	to := func(across, down float64) image.Point {
		return image.Pt(max(1, round(width*across)), max(1, round(height*down)))
	}
	view = image.Pt(c.Width, c.Height)
	if c.Scale > 0 {
		scaled = to(1/c.Scale, 1/c.Scale)
		if view.X == 0 {
			view.X = scaled.X
		}
		if view.Y == 0 {
			view.Y = scaled.Y
		}
		return scaled, view, true
	}
	if c.Width == 0 && c.Height == 0 {
		return own, own, false
	}
	across, down := float64(c.Width)/width, float64(c.Height)/height
	if !c.Fit.Enlarge {
		across, down = min(1, across), min(1, down)
	}
	if c.Width == 0 || c.Height == 0 {
		factor := max(across, down) // The one that is not given is 0.
		scaled = to(factor, factor)
		return scaled, scaled, true
	}
	switch c.Fit.Mode {
	case "constrain":
		scaled = to(min(across, down), min(across, down))
		return scaled, scaled, true
	case "wrap":
		scaled = to(max(across, down), max(across, down))
		return scaled, scaled, true
	case "crop":
		scaled = to(max(across, down), max(across, down))
	case "stretch":
		scaled = to(across, down)
	case "hfit":
		scaled = to(across, across)
	case "vfit":
		scaled = to(down, down)
	default:
		scaled = to(min(across, down), min(across, down))
	}
	return scaled, view, true
}

// weightBytes is what the weights of scaling take for each pixel of an edge.
const weightBytes = 48

func (w *work) resize(to image.Point, k raster.Kernel) error {
	if to == w.img.Rect.Size() {
		return nil
	}
	// Rows on the way, of 16 bytes for a pixel, as many as are mixed into one.
	rows := 2*k.Reach*max(1, min(float64(w.height())/float64(to.Y), 8)) + 1
	more := 16*int64(to.X)*int64(math.Ceil(rows)) + weightBytes*int64(w.width()+w.height()+to.X+to.Y)
	if to.X <= maxEdge && w.img.Rect.Dx()/2 >= to.X && w.img.Rect.Dy()/2 >= to.Y {
		more += int64(len(w.img.Pix)) / 4 // averaged in squares first
	}
	if err := w.room(to.X, to.Y, more); err != nil {
		return err
	}
	w.img = raster.Resize(w.img, to.X, to.Y, k)
	return nil
}

func kernel(mode string) raster.Kernel {
	switch mode {
	case "bilin":
		return raster.Triangle()
	case "sharp2":
		return raster.Lanczos()
	case "bisharp":
		return raster.Cubic(-0.75)
	}
	return raster.CatmullRom()
}
