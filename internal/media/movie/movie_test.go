package movie

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// boxOf makes a box.
func boxOf(kind string, payload ...[]byte) []byte {
	body := bytes.Join(payload, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), kind...), body...)
}

// words are numbers of 32 bits.
func words(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func zeros(n int) []byte { return make([]byte, n) }

var upright = words(one, 0, 0, 0, one, 0, 0, 0, last)

// h264 is the parameter set that x264 writes for pictures of 320 x 180 pixels that are half as wide as high.
const h264 = "6742c00bd901419f9fff000100021000000300100000030140f142a480"

// film makes a moov box with pictures of 320 x 180 pixels and sound. parts replaces boxes by others, or by nothing.
func film(parts map[string][]byte) []byte {
	part := func(kind string, otherwise func() []byte) []byte {
		if b, ok := parts[kind]; ok {
			return b
		}
		return otherwise()
	}
	header := func() []byte {
		return boxOf("mvhd", words(0, 0, 0, 1000, 2500, one, 1<<24, 0, 0), upright, zeros(24), words(3))
	}
	tracks := func(number uint32, handler string, entry []byte) []byte {
		return boxOf("trak",
			part(fmt.Sprint("tkhd", number), func() []byte {
				return boxOf("tkhd", words(3, 0, 0, number, 0, 2500, 0, 0, 0, 0), upright, words(320<<16, 180<<16))
			}),
			boxOf("mdia", boxOf("mdhd", words(0, 0, 0, 10240, 25600, 0)), boxOf("hdlr", words(0, 0), []byte(handler), zeros(13)),
				boxOf("minf", boxOf("stbl",
					part("stsd", func() []byte { return boxOf("stsd", words(0, 1), entry) }),
					part("stts", func() []byte { return boxOf("stts", words(0, 1, 25, 1024)) }),
					boxOf("stsc", words(0, 0)), boxOf("stsz", words(0, 0, 0)), boxOf("stco", words(0, 0))))))
	}
	return boxOf("moov", part("mvhd", header), tracks(1, "vide", part("avc1", func() []byte { return entryOf("avc1", 320, 180, parts) })),
		tracks(2, "soun", boxOf("mp4a", zeros(28))), part("udta", func() []byte { return nil }))
}

// entryOf describes pictures.
func entryOf(format string, width, height uint16, parts map[string][]byte) []byte {
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, width), height)
	configuration, ok := parts["avcC"]
	if !ok {
		set, err := hex.DecodeString(h264)
		if err != nil {
			panic(err)
		}
		configuration = boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xe1, 0, byte(len(set))}, set, []byte{0})
	}
	return boxOf(format, zeros(24), size, zeros(50), configuration, parts["pasp"])
}

func read(file []byte) (*Movie, error) {
	return Read(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))))
}

func TestRead(t *testing.T) {
	picture := strings.Repeat("x", 100)
	cover := boxOf("udta", boxOf("meta", words(0), boxOf("hdlr", words(0, 0), []byte("mdirappl"), zeros(9)),
		boxOf("ilst", boxOf("covr", boxOf("data", words(13, 0), []byte(picture))))))
	pictures := Stream{Kind: Video, Width: 320, Height: 180, PixelShape: "1:2", FrameRate: "10/1"}
	for name, tt := range map[string]struct {
		parts map[string][]byte
		want  Stream
	}{
		"as the codec says":  {nil, pictures},
		"as the box says":    {map[string][]byte{"pasp": boxOf("pasp", words(8, 6))}, Stream{Kind: Video, Width: 320, Height: 180, PixelShape: "4:3", FrameRate: "10/1"}},
		"boxes that are new": {map[string][]byte{"pasp": boxOf("what", zeros(3)), "udta": boxOf("ever", zeros(9))}, pictures},
		"end of a list":      {map[string][]byte{"udta": boxOf("udta", words(0))}, pictures},
	} {
		got, err := read(film(tt.parts))
		want := &Movie{Duration: 2_500_000, Streams: []Stream{tt.want, {Kind: Audio}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	file := film(map[string][]byte{"udta": cover})
	got, err := read(file)
	if err != nil || len(got.Streams) != 3 {
		t.Fatalf("a cover: %+v, %v", got, err)
	}
	if s := got.Streams[2]; string(file[s.CoverAt:s.CoverAt+s.CoverBytes]) != picture {
		t.Errorf("the cover is said to be at %d, %d bytes", s.CoverAt, s.CoverBytes)
	}
}

// What ffprobe may see otherwise, and what nobody should see, is no movie here.
func TestOutOfTheOrdinary(t *testing.T) {
	const most = 1<<32 - 1
	header := func(scale, length uint32) []byte {
		return boxOf("mvhd", words(0, 0, 0, scale, length, one, 1<<24, 0, 0), upright, zeros(24), words(3))
	}
	configuration := func(sets byte, body ...byte) []byte {
		return boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xe0 | sets}, body)
	}
	shown := func(width, height uint32) []byte {
		return boxOf("tkhd", words(3, 0, 0, 1, 0, 2500, 0, 0, 0, 0), upright, words(width<<16, height<<16))
	}
	with := func(kind string, b []byte) []byte { return film(map[string][]byte{kind: b}) }
	for name, file := range map[string][]byte{
		"nothing":                   nil,
		"no movie":                  boxOf("mdat", zeros(100)),
		"two movies":                append(film(nil), film(nil)...),
		"no tracks":                 boxOf("moov", header(1000, 1000)),
		"no header":                 with("mvhd", nil),
		"header at the end":         film(map[string][]byte{"mvhd": nil, "udta": header(1000, 1000)}),
		"no time scale":             with("mvhd", header(0, 1000)),
		"no duration":               with("mvhd", header(1000, 0)),
		"unknown duration":          with("mvhd", header(1000, most)),
		"shorter than a moment":     with("mvhd", header(most, 1)),
		"fragments":                 with("udta", boxOf("mvex")),
		"compressed":                with("udta", boxOf("cmov")),
		"another codec":             with("avc1", entryOf("xxxx", 320, 180, nil)),
		"encrypted":                 with("avc1", entryOf("encv", 320, 180, nil)),
		"no pictures":               with("avc1", entryOf("avc1", 0, 0, nil)),
		"another size in the codec": with("avc1", entryOf("avc1", 320, 184, nil)),
		"no headers of the codec":   with("avcC", configuration(0, 0)),
		"short header of the codec": with("avcC", configuration(1, 0, 2, 0x67, 66, 0)),
		"no parameter set":          with("avcC", configuration(1, 0, 2, 0x68, 66, 0)),
		"header that claims more":   with("avcC", configuration(31, 255, 255, 0x67)),
		"two configurations":        with("pasp", boxOf("avcC", zeros(7))),
		"aperture":                  with("pasp", boxOf("clap", zeros(32))),
		"pixels of nothing":         with("pasp", boxOf("pasp", words(1, 0))),
		"pixels beyond belief":      with("pasp", boxOf("pasp", words(1, 40_000))),
		"another size when shown":   with("tkhd1", shown(640, 180)),
		"two tracks of a number":    with("tkhd2", shown(320, 180)),
		"no tracks' header":         with("tkhd1", nil),
		"two descriptions":          with("stsd", boxOf("stsd", words(0, 2), entryOf("avc1", 320, 180, nil), entryOf("avc1", 320, 180, nil))),
		"no description":            with("stsd", boxOf("stsd", words(0, 1))),
		"times that are claimed":    with("stts", boxOf("stts", words(0, most, 1, 1))),
		"times that go back":        with("stts", boxOf("stts", words(0, 1, 1, most))),
		"no time":                   with("stts", boxOf("stts", words(0, 1, 25, 0))),
		"endless time":              with("stts", boxOf("stts", words(0, 2, 1<<31, 1, 1<<31, 1))),
		"no times":                  with("stts", nil),
		"cover of QuickTime":        with("udta", boxOf("meta", boxOf("hdlr", zeros(24)), boxOf("keys", words(0, 1), boxOf("mdta", []byte(artwork))))),
		"cover elsewhere":           with("udta", boxOf("meta", words(0), boxOf("hdlr", zeros(24)), boxOf("ilst", boxOf("covr", boxOf("data", words(13, 0), zeros(9)))))),
		"cover of nothing":          with("udta", boxOf("udta", boxOf("meta", boxOf("hdlr", zeros(24)), boxOf("ilst", boxOf("covr", boxOf("data", words(13, 0))))))),
		"box of no length":          with("udta", words(0, 0)),
		"box shorter than a header": with("udta", append(words(4), "free"...)),
		"long box, short length":    with("udta", append(words(1), "free\x00\x00\x00\x00\x00\x00\x00\x0f"...)),
		"long box, no end":          with("udta", append(words(1), "free\xff\xff\xff\xff\xff\xff\xff\xff"...)),
		"long box, far end":         with("udta", append(words(1), "free\x7f\xff\xff\xff\xff\xff\xff\xff"...)),
		"box longer than its place": with("udta", append(words(100), "free"...)),
		"too many streams":          with("udta", bytes.Repeat(boxOf("udta", boxOf("meta", words(0), boxOf("hdlr", zeros(24)), boxOf("ilst", boxOf("covr", boxOf("data", words(13, 0), zeros(9)))))), 70)),
	} {
		got, err := read(file)
		if err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A short file does not cost more than its length allows, whatever it claims.
func TestClaimsAreNotPaid(t *testing.T) {
	const most = 1<<32 - 1
	nested := []byte{}
	for range 10_000 {
		nested = boxOf("udta", nested)
	}
	for name, file := range map[string][]byte{
		"many boxes":         film(map[string][]byte{"udta": bytes.Repeat(boxOf("free"), 4<<20)}),
		"deep boxes":         film(map[string][]byte{"udta": nested}),
		"long header":        film(map[string][]byte{"mvhd": boxOf("mvhd", zeros(48<<20))}),
		"long keys":          film(map[string][]byte{"udta": boxOf("meta", words(0), boxOf("hdlr", zeros(24)), boxOf("keys", words(0, most), zeros(40<<20)))}),
		"many entries":       film(map[string][]byte{"stsd": boxOf("stsd", words(0, most), bytes.Repeat(boxOf("avc1", zeros(78)), 1<<18))}),
		"many sets":          film(map[string][]byte{"avcC": boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xff}, bytes.Repeat([]byte{0, 1, 0x67}, 20_000))}),
		"sets of HEVC":       film(map[string][]byte{"avc1": boxOf("hvc1", zeros(78), boxOf("hvcC", zeros(22), []byte{255}, bytes.Repeat([]byte{33, 255, 255}, 20_000)))}),
		"many descriptors":   film(map[string][]byte{"avc1": boxOf("mp4v", zeros(78), boxOf("esds", words(0), bytes.Repeat([]byte{5, 0}, 30_000)))}),
		"long descriptor":    film(map[string][]byte{"avc1": boxOf("mp4v", zeros(78), boxOf("esds", words(0), bytes.Repeat([]byte{5, 255, 255, 255, 127}, 10)))}),
		"a long name":        film(map[string][]byte{"avcC": boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xe1, 255, 255}, zeros(60_000))}),
		"many covers":        film(map[string][]byte{"udta": boxOf("udta", boxOf("meta", words(0), boxOf("hdlr", zeros(24)), boxOf("ilst", boxOf("covr", bytes.Repeat(boxOf("data", words(13, 0), zeros(9)), 1<<18)))))}),
		"many chapters":      film(map[string][]byte{"tkhd1": boxOf("tref", boxOf("chap", zeros(40<<20)))}),
		"exponents":          film(map[string][]byte{"avcC": boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xe1, 0, 200, 0x67, 66, 0, 0}, zeros(197))}),
		"reference frames":   film(map[string][]byte{"avcC": boxOf("avcC", []byte{1, 66, 192, 13, 255, 0xe1, 0, 14, 0x67, 66, 0, 30, 0xa0, 0, 0, 0, 0x01, 255, 255, 255, 255, 255, 0})}),
		"a table of nothing": film(map[string][]byte{"stts": boxOf("stts", words(0, 1<<20), zeros(8<<20))}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(file)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s: %d MiB for %d KiB (%v)", name, used>>20, len(file)>>10, err)
		}
	}
}

// A file that is cut off or damaged anywhere is read or refused, and never as one of another size of pictures.
func TestDamagedFiles(t *testing.T) {
	whole := film(map[string][]byte{"udta": boxOf("udta", boxOf("meta", words(0), boxOf("hdlr", zeros(24)), boxOf("ilst", boxOf("covr", boxOf("data", words(13, 0), zeros(9))))))})
	for at := range whole {
		if got, err := read(whole[:at]); err == nil {
			t.Fatalf("the first %d bytes of %d: %+v", at, len(whole), got)
		}
		for _, with := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			file := bytes.Clone(whole)
			file[at] = with
			got, err := read(file)
			if err == nil && (len(got.Streams) == 0 || got.Streams[0].Width > maxEdge || got.Duration <= 0) {
				t.Fatalf("byte %d as %d: %+v", at, with, got)
			}
		}
	}
}

// Fractions are cut short where ffmpeg's are; the values are those of its av_reduce.
func TestReduced(t *testing.T) {
	for _, tt := range [][5]uint64{
		{30000, 1001, 1<<31 - 1, 30000, 1001}, {600, 20, 1<<31 - 1, 30, 1}, {0, 5, 10, 0, 1},
		{3141592653, 1000000000, 1000, 355, 113}, {3141592653, 1000000000, 400, 355, 113}, {3141592653, 1000000000, 100, 22, 7}, {1 << 40, 1, 1<<31 - 1, 1<<31 - 1, 1},
	} {
		if above, below := reduced(tt[0], tt[1], tt[2]); above != tt[3] || below != tt[4] {
			t.Errorf("%d/%d up to %d is %d/%d", tt[0], tt[1], tt[2], above, below)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(film(nil))
	f.Add(film(map[string][]byte{"pasp": boxOf("pasp", words(8, 6))}))
	f.Add(film(map[string][]byte{"avc1": boxOf("hvc1", zeros(78), boxOf("hvcC", zeros(22), []byte{1, 33, 0, 1, 0, 2, 66, 1}))}))
	f.Add(film(map[string][]byte{"avc1": boxOf("mp4v", zeros(78), boxOf("esds", words(0), []byte{3, 0, 0, 0, 4, 13, 32}))}))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := read(file)
		if err != nil {
			return
		}
		for _, s := range m.Streams {
			if s.CoverAt < 0 || s.CoverBytes < 0 || s.CoverAt+s.CoverBytes > int64(len(file)) || s.Width < 0 || s.Height < 0 || s.Width > maxEdge || s.Height > maxEdge {
				t.Errorf("%+v", s)
			}
		}
	})
}

// Headers of codecs that end early or hold numbers beyond belief are refused, and do not keep anyone busy.
func FuzzHeaders(f *testing.F) {
	set, err := hex.DecodeString(h264)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(set)
	f.Add(append([]byte{hevcSequence << 1, 1}, zeros(60)...))
	f.Add([]byte("\x00\x00\x01\x20\x00\x84\x5d\x4c\x28\x28\x1e\x05\xa2\x1f"))
	f.Fuzz(func(t *testing.T, header []byte) {
		for name, parse := range map[string]func([]byte) (coded, error){"avc": avc, "hevc": hevc, "mpeg4": mpeg4} {
			if c, err := parse(header); err == nil && (c.width <= 0 || c.height <= 0 || c.width > maxEdge || c.height > maxEdge) {
				t.Error(name, fmt.Sprintf("%+v", c))
			}
		}
	})
}
