package media

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
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

// developed gives the picture that a camera saved in a raw file, as a JPEG file without a name. exiftool, in the box,
// finds it, and a worker, which does not trust it, looks at it. The caller closes the file.
func (r *Runner) developed(ctx context.Context, in *os.File) (out *os.File, size int64, err error) {
	program, path, err := need{"the picture in the camera raw file was not read", []string{"exiftool"}}.find()
	if err != nil {
		return nil, 0, err
	}
	run := toolRun{
		program: program, path: path, input: in, most: maxRawAnswer,
		args: []string{"-j", "-b", "-n", "-a", "-G3:1", "-JpgFromRaw", "-PreviewImage", "-OtherImage", "-ThumbnailImage", "-IFD0:Orientation", toolInput},
	}
	var said []byte
	err = r.withTool(ctx, program, func(limited context.Context) error {
		said, err = run.run(limited, r.opts)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	pictures, orientation, err := rawPictures(said)
	if err != nil {
		return nil, 0, run.failed(fault.Crashed, err, "gave an answer that cannot be read")
	}
	for _, file := range pictures[:min(len(pictures), triedPictures)] {
		found, err := r.Inspect(ctx, bytes.NewReader(file), int64(len(file)), "picture.jpg", ThumbnailSpec{Skip: true})
		switch class := fault.ClassOf(err); {
		case err == nil && found.Format == "jpeg":
			if found.Orientation <= 1 {
				file = oriented(file, orientation)
			}
			return r.spooled(file)
		case err != nil && class != fault.Corrupt && class != fault.Unsupported:
			return nil, 0, err
		}
	}
	return nil, 0, failure(fault.Unsupported, nil, "the file holds no picture that the camera saved, and raw data is not developed here")
}

// spooled puts bytes into a file without a name.
func (r *Runner) spooled(b []byte) (*os.File, int64, error) {
	out, err := r.opts.nameless()
	if err != nil {
		return nil, 0, err
	}
	if _, err = out.Write(b); err == nil {
		_, err = out.Seek(0, io.SeekStart)
	}
	if err != nil {
		out.Close()
		return nil, 0, failure(fault.Unavailable, err, "a picture could not be put aside")
	}
	return out, int64(len(b)), nil
}

// rawPictures reads the JPEG pictures in exiftool's answer, the longest first, and how they are to be turned.
func rawPictures(said []byte) (list [][]byte, orientation int, err error) {
	var files []map[string]any
	if err := json.Unmarshal(said, &files); err != nil || len(files) != 1 {
		return nil, 0, failure(fault.Crashed, err, "%d files", len(files))
	}
	for key, value := range files[0] {
		if strings.HasSuffix(key, ":Orientation") {
			if n, ok := value.(float64); ok && n >= 1 && n <= 8 {
				orientation = int(n)
			}
			continue
		}
		text, _ := value.(string)
		body, ok := strings.CutPrefix(text, previewPrefix)
		if !ok || base64.StdEncoding.DecodedLen(len(body)) > largestInRaw {
			continue
		}
		if file, err := base64.StdEncoding.DecodeString(body); err == nil && bytes.HasPrefix(file, []byte("\xff\xd8\xff")) {
			list = append(list, file)
		}
	}
	slices.SortFunc(list, func(a, b []byte) int { return cmp.Or(cmp.Compare(len(b), len(a)), bytes.Compare(a, b)) })
	return list, orientation, nil
}

// oriented is a JPEG file that says how it is to be turned: with an EXIF segment (CIPA DC-008, section 4.5.4) of the one
// tag before all others.
func oriented(file []byte, orientation int) []byte {
	if orientation <= 1 || len(file) < 2 {
		return file
	}
	segment := "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00"
	return slices.Concat(file[:2], []byte(segment), file[2:])
}
