package raster

import (
	"image"
	"image/color"
	"image/draw"
)

// boxed averages squares of k x k pixels into one. The rest at the right and lower edges is averaged over what is
// there. With k = 1 it returns src.
func boxed(src image.Image, k int) image.Image {
	if k <= 1 {
		return src
	}
	switch m := src.(type) {
	case *image.YCbCr:
		if across, down, ok := subsampling(m.SubsampleRatio); ok && k >= across && k >= down {
			step := max(across, down) // Whole squares of the colour planes, too.
			return boxedYCbCr(m, k/step*step, across, down)
		}
	case *image.Gray:
		bounds := m.Rect
		dst := image.NewGray(image.Rect(0, 0, (bounds.Dx()+k-1)/k, (bounds.Dy()+k-1)/k))
		boxPlane(dst.Pix, dst.Stride, dst.Rect.Dx(), m.Pix, m.Stride, bounds.Dx(), bounds.Dy(), k, k)
		return dst
	}
	return boxedBands(src, k)
}

func subsampling(ratio image.YCbCrSubsampleRatio) (across, down int, ok bool) {
	switch ratio {
	case image.YCbCrSubsampleRatio444:
		return 1, 1, true
	case image.YCbCrSubsampleRatio422:
		return 2, 1, true
	case image.YCbCrSubsampleRatio420:
		return 2, 2, true
	case image.YCbCrSubsampleRatio440:
		return 1, 2, true
	}
	return 0, 0, false
}

// boxedYCbCr averages the planes on their own and gives all of them the same size.
func boxedYCbCr(src *image.YCbCr, k, across, down int) *image.YCbCr {
	width, height := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewYCbCr(image.Rect(0, 0, (width+k-1)/k, (height+k-1)/k), image.YCbCrSubsampleRatio444)
	luma := src.YOffset(src.Rect.Min.X, src.Rect.Min.Y)
	boxPlane(dst.Y, dst.YStride, dst.Rect.Dx(), src.Y[luma:], src.YStride, width, height, k, k)
	chroma := src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	cWidth, cHeight := (width+across-1)/across, (height+down-1)/down
	boxPlane(dst.Cb, dst.CStride, dst.Rect.Dx(), src.Cb[chroma:], src.CStride, cWidth, cHeight, k/across, k/down)
	boxPlane(dst.Cr, dst.CStride, dst.Rect.Dx(), src.Cr[chroma:], src.CStride, cWidth, cHeight, k/across, k/down)
	return dst
}

// boxPlane averages rectangles of kx x ky samples of a plane.
func boxPlane(dst []byte, dstStride, dstWidth int, src []byte, stride, width, height, kx, ky int) {
	sums := make([]uint32, dstWidth)
	for top := 0; top < height; top += ky {
		clear(sums)
		bottom := min(top+ky, height)
		for y := top; y < bottom; y++ {
			row := src[y*stride:][:width]
			i := 0
			for ; len(row) >= kx; row = row[kx:] {
				var sum uint32
				for _, sample := range row[:kx] {
					sum += uint32(sample)
				}
				sums[i] += sum
				i++
			}
			for _, sample := range row {
				sums[i] += uint32(sample)
			}
		}
		out := dst[top/ky*dstStride:][:dstWidth]
		rows := uint32(bottom - top)
		for i, sum := range sums {
			samples := rows * uint32(min(kx, width-i*kx))
			out[i] = uint8((sum + samples/2) / samples)
		}
	}
}

// boxedBands averages any picture, k rows at a time, with alpha taken into account.
func boxedBands(src image.Image, k int) *image.RGBA {
	bounds := src.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, (width+k-1)/k, (height+k-1)/k))
	band := image.NewRGBA(image.Rect(0, 0, width, k))
	if paletted, ok := src.(*image.Paletted); ok {
		src = withFullPalette(paletted)
	}
	for top := 0; top < height; top += k {
		rows := min(k, height-top)
		draw.Draw(band, image.Rect(0, 0, width, rows), src, image.Pt(bounds.Min.X, bounds.Min.Y+top), draw.Src)
		averageBand(dst.Pix[top/k*dst.Stride:][:dst.Stride], band, rows, k)
	}
	return dst
}

func averageBand(out []byte, band *image.RGBA, rows, k int) {
	width := band.Rect.Dx()
	for left := 0; left < width; left += k {
		columns := min(k, width-left)
		var r, g, b, a uint32
		for y := range rows {
			row := band.Pix[y*band.Stride+4*left:][:4*columns]
			for ; len(row) >= 4; row = row[4:] {
				r += uint32(row[0])
				g += uint32(row[1])
				b += uint32(row[2])
				a += uint32(row[3])
			}
		}
		count := uint32(rows * columns)
		half := count / 2
		pixel := out[left/k*4:][:4]
		pixel[0], pixel[1], pixel[2], pixel[3] = uint8((r+half)/count), uint8((g+half)/count), uint8((b+half)/count), uint8((a+half)/count)
	}
}

// withFullPalette makes every index a byte can hold valid, so that a damaged picture shows transparent pixels instead
// of stopping the program.
func withFullPalette(src *image.Paletted) *image.Paletted {
	if len(src.Palette) == 256 {
		return src
	}
	full := make(color.Palette, 256)
	for i := range full {
		full[i] = color.RGBA{}
	}
	copy(full, src.Palette)
	fixed := *src
	fixed.Palette = full
	return &fixed
}

// Half averages squares of 2 x 2 pixels into one, for the usual ratios of the planes; false for others.
func Half(src *image.YCbCr) (*image.YCbCr, bool) {
	across, down, ok := subsampling(src.SubsampleRatio)
	if !ok {
		return nil, false
	}
	return boxedYCbCr(src, 2, across, down), true
}
