package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/lossless"
)

// Bounds of the header of a raw picture, which the server itself reads.
const (
	mostHeaderLine = 256 // bytes of a line
	mostComments   = 64  // in front of a word
)

// headerLine reads a line with its end.
func headerLine(r *bufio.Reader) (string, error) {
	for n := 1; ; n++ {
		head, err := r.Peek(n)
		switch {
		case err != nil:
			return "", io.ErrUnexpectedEOF
		case head[n-1] == '\n':
			line := string(head)
			_, err := r.Discard(n)
			return line, err
		case n == mostHeaderLine:
			return "", nonsense(string(head))
		}
	}
}

// rasterHeader reads the header of a PGM, PPM or PAM picture with 8 bits per component, as the Netpbm formats define
// them and as poppler and Ghostscript write them: one value or word per line or blank.
func rasterHeader(r *bufio.Reader) (h lossless.Header, err error) {
	magic, err := headerWord(r)
	if err != nil {
		return h, err
	}
	if magic == "P7" {
		return pamHeader(r)
	}
	h.Components = map[string]int{"P5": 1, "P6": 3}[magic]
	if h.Components == 0 {
		return h, nonsense(magic)
	}
	var numbers [3]int
	for i := range numbers {
		text, err := headerWord(r)
		if err != nil {
			return h, err
		}
		if numbers[i], err = strconv.Atoi(text); err != nil {
			return h, nonsense(text)
		}
	}
	h.Width, h.Height = numbers[0], numbers[1]
	if numbers[2] != 255 || h.Check() != nil {
		return h, nonsense(magic)
	}
	return h, nil
}

// headerWord reads a word and the one blank behind it. Lines that begin with # are comments.
func headerWord(r *bufio.Reader) (string, error) {
	var text []byte
	for comments := 0; len(text) < mostHeaderLine && comments < mostComments; {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return "", io.ErrUnexpectedEOF
		case c == '#' && len(text) == 0:
			comments++
			if _, err := headerLine(r); err != nil {
				return "", err
			}
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			if len(text) > 0 {
				return string(text), nil
			}
		default:
			text = append(text, c)
		}
	}
	return "", nonsense(string(text))
}

// pamHeader reads what follows P7.
func pamHeader(r *bufio.Reader) (h lossless.Header, err error) {
	most := 0
	for range 32 {
		line, err := headerLine(r)
		if err != nil {
			return h, err
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, _ := strconv.Atoi(value)
		switch key {
		case "WIDTH":
			h.Width = number
		case "HEIGHT":
			h.Height = number
		case "DEPTH":
			h.Components = number
		case "MAXVAL":
			most = number
		case "TUPLTYPE":
			h.Inks = value == "CMYK"
		case "ENDHDR":
			if most != 255 || h.Check() != nil {
				return h, nonsense("P7")
			}
			return h, nil
		}
	}
	return h, nonsense("P7")
}

// pngFile reads one PNG file of several that follow one another, without looking into its pixels.
func pngFile(r io.Reader, most int64) (file []byte, width, height int, err error) {
	var out bytes.Buffer
	if _, err := io.CopyN(&out, r, 8); err != nil {
		return nil, 0, 0, io.ErrUnexpectedEOF
	}
	if out.String() != start("image/png") {
		return nil, 0, 0, nonsense(out.String())
	}
	for {
		at := out.Len()
		if _, err := io.CopyN(&out, r, 8); err != nil {
			return nil, 0, 0, io.ErrUnexpectedEOF
		}
		head := out.Bytes()[at:]
		length, name := int64(binary.BigEndian.Uint32(head)), string(head[4:8])
		if int64(out.Len())+length+4 > most {
			return nil, 0, 0, failure(fault.TooLarge, nil, "the picture of a page has more than %d bytes", most)
		}
		if _, err := io.CopyN(&out, r, length+4); err != nil {
			return nil, 0, 0, io.ErrUnexpectedEOF
		}
		switch {
		case (at == 8) != (name == "IHDR" && length == 13): // it is the first one, and only that
			return nil, 0, 0, nonsense(name)
		case name == "IHDR":
			body := out.Bytes()[at+8:]
			w, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			if w > 1<<24 || h > 1<<24 {
				return nil, 0, 0, nonsense(name)
			}
			width, height = int(w), int(h)
		case name == "IEND":
			if width == 0 || height == 0 {
				return nil, 0, 0, nonsense(name)
			}
			return out.Bytes(), width, height, nil
		}
	}
}
