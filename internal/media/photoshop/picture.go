package photoshop

import (
	"encoding/binary"
	"image"
	"io"
	"slices"

	"sluice/internal/media/fault"
)

// Memory is how many bytes Picture needs for a picture of a frame.
func (d *Document) Memory(frame image.Rectangle) int64 {
	perPixel := int64(4)
	switch {
	case d.mode == modeCMYK:
		perPixel = 5
	case d.Depth == 16:
		perPixel = 8
	}
	return perPixel * int64(frame.Dx()) * int64(frame.Dy())
}

// Picture decodes the part of a layer that lies in a frame; both are in pixels of the file. Outside of the layer the
// picture is transparent; the layer mask counts, opacity and effects do not. The picture begins at the origin: it is an
// *image.NRGBA64 for files of 16 bits in RGB or gray, else an *image.NRGBA. It fails with a *fault.Error of class
// Corrupt.
func (d *Document) Picture(r *Record, frame image.Rectangle) (image.Image, error) {
	p := newPainting(d, frame)
	opaque := true
	for _, c := range r.channels {
		into := p.target(c.id, d.mode)
		switch {
		case c.id == channelAlpha:
			opaque = false
		case into == nil:
			continue
		}
		if err := d.channel(c, r.Rect, p.store(into)); err != nil {
			return nil, err
		}
	}
	if opaque {
		p.fill(r.Rect)
	}
	p.inks(d)
	if err := d.masked(p, r); err != nil {
		return nil, err
	}
	return p.image(), nil
}

// painting is a picture on its way: samples of one or two bytes in the order red, green, blue, alpha.
type painting struct {
	frame image.Rectangle
	bytes int // of a sample
	pix   []byte
	black []byte // ink of CMYK, one byte for each pixel
}

func newPainting(d *Document, frame image.Rectangle) *painting {
	p := &painting{frame: frame, bytes: 1}
	if d.Depth == 16 && d.mode != modeCMYK {
		p.bytes = 2
	}
	pixels := frame.Dx() * frame.Dy()
	p.pix = make([]byte, 4*p.bytes*pixels)
	if d.mode == modeCMYK {
		p.black = make([]byte, pixels)
	}
	return p
}

// plane is where the samples of a channel go: every step bytes of pix, and to the copies behind it.
type plane struct {
	pix    []byte
	at     int // of the first sample
	step   int
	copies int // further samples that are the same, as gray is red, green and blue
}

// target finds the place of a channel; nil for one that is not shown.
func (p *painting) target(id, mode int) *plane {
	step := 4 * p.bytes
	switch {
	case id == channelAlpha:
		return &plane{pix: p.pix, at: 3 * p.bytes, step: step}
	case id < 0 || id >= colours(mode):
		return nil
	case id == 3:
		return &plane{pix: p.black, step: 1}
	case colours(mode) == 1:
		return &plane{pix: p.pix, step: step, copies: 2}
	}
	return &plane{pix: p.pix, at: id * p.bytes, step: step}
}

// store returns what takes a row of samples, of depth bits, from a place in the file.
func (p *painting) store(to *plane) func(row []byte, left, y, width, depth int) {
	return func(row []byte, left, y, width, depth int) {
		if y < p.frame.Min.Y || y >= p.frame.Max.Y {
			return
		}
		sample := depth / 8 // bytes; files of 1 bit have no layers
		from, until := max(left, p.frame.Min.X), min(left+width, p.frame.Max.X)
		at := to.at + ((y-p.frame.Min.Y)*p.frame.Dx()+from-p.frame.Min.X)*to.step
		for x := from; x < until; x++ {
			value := row[(x-left)*sample:]
			for i := range to.copies + 1 {
				to.pix[at+i*p.bytes] = value[0]
				if p.bytes == 2 {
					to.pix[at+i*p.bytes+1] = value[1]
				}
			}
			at += to.step
		}
	}
}

// channel unpacks one channel that covers a rectangle, row by row.
func (d *Document) channel(c channel, rect image.Rectangle, take func(row []byte, left, y, width, depth int)) error {
	if rect.Empty() {
		return nil
	}
	if c.length < 2 {
		return failure(fault.Corrupt, "a channel of a layer of the Photoshop file has no samples")
	}
	in := d.stream(c.at, c.length)
	var how [2]byte
	if _, err := io.ReadFull(in, how[:]); err != nil {
		return damaged(err)
	}
	unpacked, err := openRows(in, binary.BigEndian.Uint16(how[:]), rect.Dx(), rect.Dy(), d.Depth)
	if err != nil {
		return err
	}
	for y := rect.Min.Y; y < rect.Max.Y; y++ {
		row, err := unpacked.next()
		if err != nil {
			return err
		}
		take(row, rect.Min.X, y, rect.Dx(), d.Depth)
	}
	return nil
}

// fill makes a part opaque.
func (p *painting) fill(part image.Rectangle) {
	part = part.Intersect(p.frame)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			alpha := p.alpha(x, y)
			for i := range alpha {
				alpha[i] = 255
			}
		}
	}
}

// alpha is the alpha sample of a pixel of the file.
func (p *painting) alpha(x, y int) []byte {
	at := ((y-p.frame.Min.Y)*p.frame.Dx()+x-p.frame.Min.X)*4*p.bytes + 3*p.bytes
	return p.pix[at : at+p.bytes]
}

// inkPixels is how many pixels are converted at once.
const inkPixels = 1 << 14

// inks turns CMYK, which is stored as what is left without the ink, into RGB.
func (p *painting) inks(d *Document) {
	if d.mode != modeCMYK {
		return
	}
	if d.Inks != nil {
		p.byProfile(d.Inks)
		return
	}
	for i, black := range p.black {
		pixel := p.pix[4*i:][:3]
		for j, ink := range pixel {
			pixel[j] = byte((int(ink)*int(black) + 127) / 255)
		}
	}
	p.black = nil
}

// byProfile converts inks into RGB, some pixels at a time.
func (p *painting) byProfile(convert func(pix []byte)) {
	buffer := make([]byte, 4*inkPixels)
	for at := 0; at < len(p.black); at += inkPixels {
		black := p.black[at:min(at+inkPixels, len(p.black))]
		pix := p.pix[4*at:][:4*len(black)]
		inks := buffer[:len(pix)]
		for i, left := range black {
			inks[4*i], inks[4*i+1], inks[4*i+2], inks[4*i+3] = 255-pix[4*i], 255-pix[4*i+1], 255-pix[4*i+2], 255-left
		}
		convert(inks)
		for i := range black {
			copy(pix[4*i:][:3], inks[4*i:])
		}
	}
	p.black = nil
}

// masked makes transparent what the mask of a layer hides.
func (d *Document) masked(p *painting, r *Record) error {
	m := r.mask
	at := slices.IndexFunc(r.channels, func(c channel) bool { return c.id == channelMask })
	if !m.present || m.off || at < 0 {
		return nil
	}
	outside := m.level(m.outside)
	for y := p.frame.Min.Y; y < p.frame.Max.Y && outside < 255; y++ {
		for x := p.frame.Min.X; x < p.frame.Max.X; x++ {
			if !image.Pt(x, y).In(m.rect) {
				p.dim(x, y, outside)
			}
		}
	}
	return d.channel(r.channels[at], m.rect, func(row []byte, left, y, width, depth int) {
		if y < p.frame.Min.Y || y >= p.frame.Max.Y {
			return
		}
		for x := max(left, p.frame.Min.X); x < min(left+width, p.frame.Max.X); x++ {
			p.dim(x, y, m.level(row[(x-left)*depth/8]))
		}
	})
}

// level weakens a mask by its density.
func (m mask) level(value byte) byte {
	return 255 - byte((int(255-value)*int(m.density)+127)/255)
}

// dim multiplies the alpha of a pixel.
func (p *painting) dim(x, y int, level byte) {
	alpha := p.alpha(x, y)
	if p.bytes == 2 {
		binary.BigEndian.PutUint16(alpha, uint16(uint32(binary.BigEndian.Uint16(alpha))*uint32(level)/255))
		return
	}
	alpha[0] = byte((int(alpha[0])*int(level) + 127) / 255)
}

func (p *painting) image() image.Image {
	bounds := image.Rectangle{Max: p.frame.Size()}
	if p.bytes == 2 {
		return &image.NRGBA64{Pix: p.pix, Stride: 8 * bounds.Dx(), Rect: bounds}
	}
	return &image.NRGBA{Pix: p.pix, Stride: 4 * bounds.Dx(), Rect: bounds}
}
