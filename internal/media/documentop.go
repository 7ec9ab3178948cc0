package media

import (
	"bytes"
	"encoding/json"
	"io"

	"sluice/internal/media/fault"
	"sluice/internal/media/lossless"
	"sluice/internal/media/pdfpages"
)

// Limits of what a worker reads of a document.
const (
	maxLinkedFile = 128 << 20 // bytes of a PDF file whose links are read; it is held in memory
	maxLinkBytes  = 32 << 20  // of the answer
)

// pack encodes the raw pixels that a tool gave.
func (w *worker) pack(src *io.SectionReader, h lossless.Header, done *result) ([][]byte, error) {
	if err := h.Check(); err != nil || h.Bytes() != src.Size() {
		return nil, failure(fault.Invalid, err, "%d bytes are not the pixels of a picture of %d by %d", src.Size(), h.Width, h.Height)
	}
	if int64(h.Width)*int64(h.Height) > w.setup.Raster.Pixels {
		return nil, failure(fault.TooLarge, nil, "the picture has %d by %d pixels, the limit is %d", h.Width, h.Height, w.setup.Raster.Pixels)
	}
	file := &boundedBuffer{left: w.setup.RenderBytes}
	kind, err := lossless.Encode(file, src, h)
	if err != nil {
		if file.left < 0 {
			err = failure(fault.TooLarge, nil, "the encoded picture has more than %d bytes", w.setup.RenderBytes)
		}
		return nil, err
	}
	done.Width, done.Height, done.ContentType, done.Extension = h.Width, h.Height, kind, "png"
	if kind == "image/tiff" {
		done.Extension = "tif"
	}
	done.Alpha = h.Components == 4 && !h.Inks
	done.Bytes = int64(file.Len())
	return [][]byte{file.Bytes()}, nil
}

// boundedBuffer fails when it gets too much.
type boundedBuffer struct {
	bytes.Buffer
	left int64
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, io.ErrShortWrite
	}
	return b.Buffer.Write(p)
}

// links reads the pages of a PDF file and the links on them.
func (w *worker) links(src *io.SectionReader, done *result) ([][]byte, error) {
	if src.Size() > maxLinkedFile {
		return nil, failure(fault.TooLarge, nil, "the file has %d bytes, links of files of at most %d are read", src.Size(), maxLinkedFile)
	}
	data := make([]byte, src.Size())
	if _, err := io.ReadFull(src, data); err != nil {
		return nil, err
	}
	body, err := json.Marshal(pdfpages.Read(data, MostPages))
	if err != nil {
		return nil, err
	}
	if len(body) > maxLinkBytes {
		return nil, failure(fault.TooLarge, nil, "the links of the file have %d bytes, the limit is %d", len(body), maxLinkBytes)
	}
	done.Bytes = int64(len(body))
	return [][]byte{body}, nil
}
