package mediatest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"unicode/utf16"
)

// Layered is a Photoshop file with layers, from the lowest to the highest.
type Layered struct {
	Width, Height int
	Mode          uint16 // 0 bitmap, 1 gray, 3 RGB, 4 CMYK; and those that are refused
	Depth         uint16 // bits of a channel
	Version       uint16 // 0 means 1
	Blocks        []byte // image resource blocks
	Layers        []PSDLayer
	Transparent   bool     // the last channel of the merged image is its transparency
	Merged        [][]byte // samples of each channel of the merged image
	Packing       uint16   // 0 raw, 1 PackBits, 2 ZIP, 3 ZIP with prediction
	Tagged        bool     // the layers are where files of 16 bits have them
}

// PSDLayer is a layer, or the beginning or end of a group.
type PSDLayer struct {
	Name            string
	Rect            image.Rectangle
	Channels        []PSDChannel
	Blend           string // "" = norm
	Opacity         byte
	Hidden, Clipped bool
	Section         uint32 // 1 group, 3 its lower end
	Mask            []byte // layer mask data
	Extra           []byte // additional layer information
}

// PSDChannel is a channel of a layer. ID is 0 to 3 for colours, -1 for alpha, -2 and -3 for masks.
type PSDChannel struct {
	ID      int16
	Width   int // samples of a row
	Samples []byte
}

// Group is the layers between the lower end of a group and its beginning.
func Group(name string, layers ...PSDLayer) []PSDLayer {
	all := []PSDLayer{{Name: "</Layer group>", Opacity: 255, Section: 3}}
	return append(append(all, layers...), PSDLayer{Name: name, Opacity: 255, Section: 1, Blend: "pass"})
}

// Plain is a layer of 8 bits in one colour with an alpha channel of one value.
func Plain(name string, rect image.Rectangle, alpha byte, colour ...byte) PSDLayer {
	l := PSDLayer{Name: name, Rect: rect, Opacity: 255}
	add := func(id int16, value byte) {
		l.Channels = append(l.Channels, PSDChannel{id, rect.Dx(), bytes.Repeat([]byte{value}, rect.Dx()*rect.Dy())})
	}
	add(-1, alpha)
	for i, value := range colour {
		add(int16(i), value)
	}
	return l
}

// File is the file.
func (f Layered) File() []byte {
	out := binary.BigEndian.AppendUint16([]byte("8BPS"), max(f.Version, 1))
	out = binary.BigEndian.AppendUint16(append(out, make([]byte, 6)...), uint16(f.channels()))
	out = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, uint32(f.Height)), uint32(f.Width))
	out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, f.Depth), f.Mode)
	out = binary.BigEndian.AppendUint32(out, 0)
	out = sized(out, f.Blocks)
	out = sized(out, f.section())
	out = binary.BigEndian.AppendUint16(out, f.Packing)
	return append(out, f.packed(f.Width, f.Merged...)...)
}

// channels is how many the merged image has, or would have.
func (f Layered) channels() int {
	if len(f.Merged) > 0 {
		return len(f.Merged)
	}
	return map[uint16]int{3: 3, 4: 4}[f.Mode] + map[bool]int{true: 1}[f.Mode != 3 && f.Mode != 4]
}

// sized appends a length of four bytes and what has it.
func sized(out, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(out, uint32(len(body))), body...)
}

// section is the layer and mask information.
func (f Layered) section() []byte {
	if len(f.Layers) == 0 {
		return nil
	}
	count := int16(len(f.Layers))
	if f.Transparent {
		count = -count
	}
	info := binary.BigEndian.AppendUint16(nil, uint16(count))
	var samples []byte
	for _, l := range f.Layers {
		for _, edge := range []int{l.Rect.Min.Y, l.Rect.Min.X, l.Rect.Max.Y, l.Rect.Max.X} {
			info = binary.BigEndian.AppendUint32(info, uint32(int32(edge)))
		}
		info = binary.BigEndian.AppendUint16(info, uint16(len(l.Channels)))
		for _, c := range l.Channels {
			body := append(binary.BigEndian.AppendUint16(nil, f.Packing), f.packed(c.Width, c.Samples)...)
			info = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(info, uint16(c.ID)), uint32(len(body)))
			samples = append(samples, body...)
		}
		info = sized(append(info, l.record()...), l.extra())
	}
	info = append(info, samples...)
	if len(info)%2 == 1 {
		info = append(info, 0)
	}
	if !f.Tagged {
		return append(sized(nil, info), 0, 0, 0, 0)
	}
	return sized([]byte("\x00\x00\x00\x00\x00\x00\x00\x008BIMLr16"), info)
}

func (l PSDLayer) record() []byte {
	blend, clipped, flags := "norm", byte(0), byte(0)
	if l.Blend != "" {
		blend = l.Blend
	}
	if l.Clipped {
		clipped = 1
	}
	if l.Hidden {
		flags = 2
	}
	return append([]byte("8BIM"+blend), l.Opacity, clipped, flags, 0)
}

func (l PSDLayer) extra() []byte {
	out := sized(nil, l.Mask)
	out = append(out, 0, 0, 0, 0)
	short := l.Name[:min(len(l.Name), 31)]
	out = append(append(out, byte(len(short))), short...)
	for (len(short)+1)%4 != 0 {
		short += " "
		out = append(out, 0)
	}
	out = append(out, Tagged("luni", unicode(l.Name))...)
	if l.Section > 0 {
		body := binary.BigEndian.AppendUint32(nil, l.Section)
		if l.Blend != "" {
			body = append(body, "8BIM"+l.Blend...)
		}
		out = append(out, Tagged("lsct", body)...)
	}
	return append(out, l.Extra...)
}

// Tagged is a block of additional layer information.
func Tagged(key string, body []byte) []byte {
	if len(body)%2 == 1 {
		body = append(body, 0)
	}
	return sized([]byte("8BIM"+key), body)
}

// Masked is layer mask data: a rectangle, the mask outside of it, and flags (2 = it is switched off).
func Masked(rect image.Rectangle, outside, flags byte) []byte {
	var out []byte
	for _, edge := range []int{rect.Min.Y, rect.Min.X, rect.Max.Y, rect.Max.X} {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(edge)))
	}
	return append(out, outside, flags, 0, 0)
}

// packed packs channels whose rows have width samples.
func (f Layered) packed(width int, channels ...[]byte) []byte {
	row := (width*int(f.Depth) + 7) / 8
	all := bytes.Join(channels, nil)
	switch f.Packing {
	case 1:
		var counts, rows []byte
		for ; len(all) > 0; all = all[row:] {
			packed := packBits(all[:row])
			counts = binary.BigEndian.AppendUint16(counts, uint16(len(packed)))
			rows = append(rows, packed...)
		}
		return append(counts, rows...)
	case 2, 3:
		if f.Packing == 3 {
			all = differences(all, row, f.Depth == 16)
		}
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		_, _ = w.Write(all) // into memory
		_ = w.Close()
		return out.Bytes()
	}
	return all
}

// packBits packs a row: runs of a byte as such, anything else as it is.
func packBits(row []byte) []byte {
	var out []byte
	for len(row) > 0 {
		same := 1
		for same < len(row) && same < 128 && row[same] == row[0] {
			same++
		}
		if same > 1 {
			out, row = append(out, byte(1-same), row[0]), row[same:]
			continue
		}
		length := 1
		for length < len(row) && length < 128 && (length+1 == len(row) || row[length] != row[length+1]) {
			length++
		}
		out, row = append(append(out, byte(length-1)), row[:length]...), row[length:]
	}
	return out
}

// differences are those of the samples in a row from their left neighbours.
func differences(all []byte, row int, wide bool) []byte {
	out := bytes.Clone(all)
	for top := 0; top < len(all); top += row {
		in, to := all[top:top+row], out[top:top+row]
		for i := 1; i < row && !wide; i++ {
			to[i] = in[i] - in[i-1]
		}
		for i := 2; i < row && wide; i += 2 {
			binary.BigEndian.PutUint16(to[i:], binary.BigEndian.Uint16(in[i:])-binary.BigEndian.Uint16(in[i-2:]))
		}
	}
	return out
}

// unicode is a text in UTF-16 behind its length.
func unicode(text string) []byte {
	units := utf16.Encode([]rune(text))
	out := binary.BigEndian.AppendUint32(nil, uint32(len(units)))
	for _, u := range units {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

// TypeTool is the additional information that makes a layer a text layer: its text, the transformation, and what the
// text engine says of its look, which may be empty.
func TypeTool(text string, transform [6]float64, look string) []byte {
	out := []byte{0, 1}
	for _, v := range transform {
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(v))
	}
	out = append(out, 0, 50, 0, 0, 0, 16)
	key := func(k string) { out = append(out, "\x00\x00\x00\x00"+k...) }
	out = append(out, unicode("")...)
	key("TxLr")
	out = binary.BigEndian.AppendUint32(out, 5)
	key("Txt ")
	out = append(append(out, "TEXT"...), unicode(text+"\x00")...)
	out = append(out, "\x00\x00\x00\x0ctextGridding"+"enum"+"\x00\x00\x00\x0ctextGridding"+"\x00\x00\x00\x00None"...)
	key("Ornt")
	out = append(out, "enum\x00\x00\x00\x00Ornt\x00\x00\x00\x00Hrzn"...)
	out = append(out, "\x00\x00\x00\x06bounds"+"Objc"...)
	out = append(out, unicode("")...)
	out = append(out, "\x00\x00\x00\x06bounds"+"\x00\x00\x00\x01"+"\x00\x00\x00\x00Left"+"UntF#Pnt\x00\x00\x00\x00\x00\x00\x00\x00"...)
	out = append(out, "\x00\x00\x00\x0aEngineData"+"tdta"...)
	return Tagged("TySh", sized(out, []byte(look)))
}

// Look is what the text engine says of a text in two runs: font, size and a red of 1 for the first length code units,
// and the same font in half the size for all others.
func Look(font string, size float64, length, others int) string {
	wide := "\xfe\xff"
	for _, u := range utf16.Encode([]rune(font)) {
		wide += string([]byte{byte(u >> 8), byte(u)})
	}
	style := func(size float64, more string) string {
		return fmt.Sprintf("<< /StyleSheet << /StyleSheetData << /Font 1 /FontSize %.2f %s >> >> >>", size, more)
	}
	return "\n\n<<\n\t/EngineDict\n\t<<\n\t\t/Editor << /Text (\xfe\xff\x00x\x00\r) >>\n" +
		"\t\t/ParagraphRun << /DefaultRunData << >> /RunArray [ << /ParagraphSheet << /DefaultStyleSheet 0 /Properties << /Justification 2 /Hyphenate true >> >> >> ] >>\n" +
		"\t\t/StyleRun << /RunArray [ " + style(size, "/FillColor << /Type 1 /Values [ 1.0 1.0 .0 .0 ] >>") + " " + style(size/2, "") + " ]\n" +
		fmt.Sprintf("\t\t/RunLengthArray [ %d %d ] /IsJoinable 2 >>\n\t>>\n", length, others) +
		"\t/ResourceDict << /FontSet [ << /Name (\xfe\xff\x00A\x00\\)) /Script 0 >> << /Name (" + wide + ") >> ]\n" +
		"\t\t/StyleSheetSet [ << /Name (x) /StyleSheetData << /FillColor << /Type 1 /Values [ 1.0 .0 .0 .5 ] >> >> >> ] /TheNormalStyleSheet 0 >>\n>>"
}
