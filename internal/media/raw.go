package media

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"sluice/internal/media/fault"
)

// Camera raw is what the sensor of a camera measured. It is not developed here: the picture in such a file is the
// largest one that the camera saved in it, which is what people have seen on its display, upright.

// rawType names camera raw files by signatures of their own; "" for all other files, and for the kinds of TIFF that only
// names tell apart.
func rawType(head []byte) string {
	for _, s := range []struct{ start, contentType string }{
		{"FUJIFILMCCD-RAW ", "image/x-fuji-raf"}, {"IIRO", "image/x-olympus-orf"}, {"IIRS", "image/x-olympus-orf"}, {"MMOR", "image/x-olympus-orf"},
		{"IIU\x00", "image/x-panasonic-rw2"}, {"II\x1a\x00\x00\x00HEAPCCDR", "image/x-canon-crw"}, {"\x00MRM", "image/x-minolta-mrw"},
		{"FOVb", "image/x-sigma-x3f"},
	} {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return s.contentType
		}
	}
	if len(head) > 12 && string(head[4:12]) == "ftypcrx " {
		return "image/x-canon-cr3"
	}
	return ""
}

// isRaw reports whether a type is that of camera raw files.
func isRaw(contentType string) bool {
	switch contentType {
	case "image/x-fuji-raf", "image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-canon-crw", "image/x-minolta-mrw", "image/x-sigma-x3f",
		"image/x-canon-cr3", "image/x-adobe-dng", "image/x-nikon-nef", "image/x-nikon-nrw", "image/x-sony-arw", "image/x-sony-sr2",
		"image/x-sony-srf", "image/x-pentax-pef", "image/x-canon-cr2", "image/x-samsung-srw", "image/x-epson-erf":
		return true
	}
	return false
}

// Limits of the pictures in a camera raw file.
const (
	maxRawAnswer  = 64 << 20 // bytes of exiftool's answer
	largestInRaw  = 40 << 20 // bytes of one picture
	triedPictures = 3        // of the largest ones
)

// developed gives the picture that a camera saved in a raw file, as a JPEG file without a name. exiftool finds it, and a
// worker, which does not trust it, looks at it. The caller closes the file.
func (r *Runner) developed(ctx context.Context, in *os.File) (held, error) {
	program, path, err := need{"the picture in the camera raw file was not read", []string{"exiftool"}}.find()
	if err != nil {
		return held{}, err
	}
	saved, err := r.savedIn(ctx, toolRun{
		program: program, path: path, input: in, most: maxRawAnswer,
		args: []string{"-j", "-b", "-n", "-a", "-G3:1", "-JpgFromRaw", "-PreviewImage", "-OtherImage", "-ThumbnailImage", "-IFD0:Orientation", toolInput},
	}, largestInRaw)
	if err != nil {
		return held{}, err
	}
	picture, err := r.largest(ctx, saved)
	if err != nil {
		saved.Close()
		return held{}, err
	}
	return held{picture, saved}, nil
}

// largest finds the largest JPEG picture of those in a camera raw file, and turns it as the file says.
func (r *Runner) largest(ctx context.Context, saved *savedPictures) (*io.SectionReader, error) {
	slices.SortStableFunc(saved.list, func(a, b savedPicture) int { return cmp.Compare(b.size, a.size) })
	tried := 0
	for _, p := range saved.list {
		body := saved.body(p)
		var head [3]byte
		if n, err := body.ReadAt(head[:], 0); err != nil && err != io.EOF {
			return nil, failure(fault.Unavailable, err, "a picture was lost")
		} else if string(head[:n]) != "\xff\xd8\xff" {
			continue
		}
		if tried++; tried > triedPictures {
			break
		}
		found, err := r.Inspect(ctx, body, body.Size(), "picture.jpg", ThumbnailSpec{Skip: true})
		switch class := fault.ClassOf(err); {
		case err == nil && found.Format == "jpeg":
			if found.Orientation > 1 {
				return saved.body(p), nil
			}
			return saved.oriented(p, saved.orientation())
		case err != nil && class != fault.Corrupt && class != fault.Unsupported:
			return nil, err
		}
	}
	return nil, failure(fault.Unsupported, nil, "the file holds no picture that the camera saved, and raw data is not developed here")
}

// orientation is how the pictures are to be turned; 0 = the tool did not say.
func (s *savedPictures) orientation() int {
	for tag, n := range s.number {
		if strings.HasSuffix(tag, ":Orientation") && n >= 1 && n <= 8 {
			return int(n)
		}
	}
	return 0
}

// oriented is a JPEG file that says how it is to be turned: with an EXIF segment (CIPA DC-008, section 4.5.4) of the one
// tag before all others, which is put in front of the picture.
func (s *savedPictures) oriented(p savedPicture, orientation int) (*io.SectionReader, error) {
	if orientation <= 1 {
		return s.body(p), nil
	}
	const start = "\xff\xd8"
	head := start + "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00"
	longer := int64(len(head) - len(start))
	if _, err := s.file.WriteAt([]byte(head), p.at-longer); err != nil {
		return nil, failure(fault.Unavailable, err, "a picture could not be put aside")
	}
	return io.NewSectionReader(s.file, p.at-longer, p.size+longer), nil
}
