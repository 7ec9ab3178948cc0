package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
)

// entry is a member that a test packs.
type entry struct {
	name, body, link string
	kind             byte // of a TAR member; 0 = a file
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.link != "" {
			h.SetMode(fs.ModeSymlink | 0o777)
			e.body = e.link
		}
		w, err := z.CreateHeader(h)
		must(t, err)
		_, err = io.WriteString(w, e.body)
		must(t, err)
	}
	must(t, z.Close())
	return out.Bytes()
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		must(t, w.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.body)), Typeflag: e.kind, Linkname: e.link, Mode: 0o644}))
		_, err := io.WriteString(w, e.body)
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func gzipOf(t testing.TB, name string, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Name = name
	_, err := z.Write(body)
	must(t, err)
	must(t, z.Close())
	return out.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unpack lists what comes of an archive: "path=bytes" or "path!reason".
func unpack(t testing.TB, body []byte, fileName string, l Limits) ([]string, error) {
	t.Helper()
	a, err := Open(t.Context(), bytes.NewReader(body), fileName, l)
	if err != nil {
		return nil, err
	}
	got := []string{}
	err = a.Each(t.Context(), 0, func(i int, m Member, r io.Reader) error {
		if i != len(got) {
			t.Errorf("member %d has the index %d", len(got), i)
		}
		if r == nil {
			got = append(got, m.Path+"!"+m.Refused)
			return nil
		}
		content, err := io.ReadAll(r)
		if err != nil {
			got = append(got, m.Path+"!"+string(fault.ClassOf(err)))
			return nil
		}
		got = append(got, fmt.Sprintf("%s=%s", m.Path, content))
		return nil
	})
	if a.Members != len(got) {
		t.Errorf("%d members of %d", len(got), a.Members)
	}
	return got, err
}

func TestMembers(t *testing.T) {
	entries := []entry{
		{name: "in/", kind: tar.TypeDir}, {name: "in/deep/a.txt", body: "aaa"}, {name: "./b.txt", body: ""}, {name: `win\c.txt`, body: "c"},
		{name: "../evil", body: "x"}, {name: "a/../../evil", body: "x"}, {name: "/etc/passwd", body: "x"}, {name: `C:\x`, body: "x"}, {name: "a\nb", body: "x"},
		{name: "same", body: "1"}, {name: "same", body: "2"}, {name: "große.txt", body: "ß"},
	}
	want := []string{
		"in/deep/a.txt=aaa", "b.txt=", "win/c.txt=c",
		"../evil!its name leads out of the archive", "a/../../evil!its name leads out of the archive",
		"/etc/passwd!its name is an absolute path", `C:\x!its name is an absolute path`, "a\nb!its name has control characters",
		"same=1", "same=2", "große.txt=ß",
	}
	links := []entry{{name: "link", link: "/etc/passwd"}, {name: "up", link: "../../x"}}
	linked := []string{"link!it is a link", "up!it is a link"}
	tarred := tarOf(t, append(entries, entry{name: "link", link: "/etc/passwd", kind: tar.TypeSymlink}, entry{name: "up", link: "../../x", kind: tar.TypeLink},
		entry{name: "pipe", kind: tar.TypeFifo}, entry{name: "disk", kind: tar.TypeBlock})...)
	withPipes := append(append(want[:len(want):len(want)], linked...), "pipe!it is no file", "disk!it is no file")
	for name, tt := range map[string]struct {
		body []byte
		want []string
	}{
		"zip":            {zipOf(t, append(entries, links...)...), append(want[:len(want):len(want)], linked...)},
		"tar":            {tarred, withPipes},
		"tgz":            {gzipOf(t, "", tarred), withPipes},
		"x.csv.gz":       {gzipOf(t, "", []byte("1,2")), []string{"x.csv=1,2"}},
		"named.gz":       {gzipOf(t, "../real.csv", []byte("1,2")), []string{"real.csv=1,2"}},
		"two parts.gz":   {append(gzipOf(t, "a", []byte("1")), gzipOf(t, "b", []byte("2"))...), []string{"a=12"}},
		"empty zip":      {zipOf(t), []string{}},
		"empty tar":      {make([]byte, 1024), []string{}},
		"nested":         {zipOf(t, entry{name: "in.zip", body: string(zipOf(t, entries...))}), []string{"in.zip=" + string(zipOf(t, entries...))}},
		"old code page":  {zipOf(t, entry{name: "gr\x81n", body: "1"}), []string{"grün=1"}},
		"nothing inside": {gzipOf(t, "nil", nil), []string{"nil="}},
	} {
		got, err := unpack(t, tt.body, name, Limits{})
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// An archive is given from any member on, so that work which was interrupted goes on.
func TestFromAMember(t *testing.T) {
	entries := []entry{{name: "a", body: "1"}, {name: "b", body: "2"}, {name: "c", body: "3"}}
	for name, body := range map[string][]byte{"zip": zipOf(t, entries...), "tar": tarOf(t, entries...), "tgz": gzipOf(t, "", tarOf(t, entries...))} {
		a, err := Open(t.Context(), bytes.NewReader(body), name, Limits{})
		must(t, err)
		var got []string
		stop := errors.New("stop")
		err = a.Each(t.Context(), 1, func(i int, m Member, r io.Reader) error {
			got = append(got, fmt.Sprint(i, m.Path))
			if i == 2 {
				return stop
			}
			return nil
		})
		if diff := cmp.Diff([]string{"1b", "2c"}, got); diff != "" || !errors.Is(err, stop) {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

// A member that cannot be read is no reason to leave the others.
func TestUnreadableMembers(t *testing.T) {
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	good, bad := entry{name: "good", body: "1"}, entry{name: "bad", body: string(random)}
	damaged := zipOf(t, bad, good)
	damaged[200] ^= 0xff
	flag := func(at int, value byte) []byte { // in the directory only, for one member
		body := zipOf(t, bad, good)
		i := bytes.LastIndex(body, []byte("PK\x01\x02"))
		i = bytes.LastIndex(body[:i], []byte("PK\x01\x02"))
		body[i+at] = value
		return body
	}
	short := flag(24, 10)
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"encrypted":  {flag(8, 9), "bad!it is encrypted"},
		"method":     {flag(10, 14), "bad!it is compressed in a way that is not read here"},
		"damaged":    {damaged, "bad!corrupt"},
		"false size": {short, "bad!corrupt"},
	} {
		got, err := unpack(t, tt.body, "a.zip", Limits{})
		if diff := cmp.Diff([]string{tt.want, "good=1"}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// rawZip writes a directory whose members all have the same compressed bytes, as bombs do.
func rawZip(members int, compressed []byte, size uint32) []byte {
	var out bytes.Buffer
	header := func() []byte {
		b := make([]byte, 26)
		binary.LittleEndian.PutUint16(b, 20)
		binary.LittleEndian.PutUint16(b[4:], zip.Deflate)
		binary.LittleEndian.PutUint32(b[10:], crc32.ChecksumIEEE(nil))
		binary.LittleEndian.PutUint32(b[14:], uint32(len(compressed)))
		binary.LittleEndian.PutUint32(b[18:], size)
		binary.LittleEndian.PutUint16(b[22:], 1)
		return b
	}
	out.WriteString("PK\x03\x04")
	out.Write(header())
	out.WriteString("a")
	out.Write(compressed)
	at := out.Len()
	for range members {
		out.WriteString("PK\x01\x02\x14\x00")
		out.Write(header())
		out.Write(make([]byte, 14)) // the offset of the local header is 0 for all
		out.WriteString("a")
	}
	end := out.Len() - at
	out.WriteString("PK\x05\x06\x00\x00\x00\x00")
	for _, n := range []uint16{uint16(members), uint16(members)} {
		_ = binary.Write(&out, binary.LittleEndian, n)
	}
	_ = binary.Write(&out, binary.LittleEndian, []uint32{uint32(end), uint32(at)})
	out.WriteString("\x00\x00")
	return out.Bytes()
}

func TestHostileArchives(t *testing.T) {
	zeros := make([]byte, 66<<20)
	many := make([]entry, 2001)
	for i := range many {
		many[i].name = fmt.Sprint("f", i)
	}
	sparse := tarOf(t, entry{name: "x"})
	copy(sparse[124:], "77777777777\x00") // 8 GiB, as the header says
	sum := 0
	copy(sparse[148:], "        ")
	for _, b := range sparse[:512] {
		sum += int(b)
	}
	copy(sparse[148:], fmt.Sprintf("%06o\x00 ", sum))
	few := Limits{Members: 2000, Bytes: 1 << 30, Ratio: 100}
	whole := zipOf(t, entry{name: "a", body: "1234567890"})
	tarred := tarOf(t, entry{name: "a", body: strings.Repeat("x", 5000)})
	for name, tt := range map[string]struct {
		body   []byte
		limits Limits
		class  fault.Class
		says   string
	}{
		"zip of too many":            {zipOf(t, many...), few, fault.TooLarge, "more than 2000 members"},
		"tar of too many":            {tarOf(t, many...), few, fault.TooLarge, "more than 2000 members"},
		"zip of 10,001":              {zipOf(t, numbered(10_001)...), Limits{}, fault.TooLarge, "more than 10000 members"},
		"zip bomb":                   {zipOf(t, entry{name: "a", body: string(zeros)}), few, fault.TooLarge, "more than 100 bytes come of each"},
		"gzip bomb":                  {gzipOf(t, "a", zeros), few, fault.TooLarge, "more than 100 bytes come of each"},
		"compressed tar bomb":        {gzipOf(t, "", tarOf(t, entry{name: "a", body: string(zeros)})), few, fault.TooLarge, "more than 100 bytes come of each"},
		"zip too large":              {zipOf(t, entry{name: "a", body: "12345"}, entry{name: "b", body: "12345"}), Limits{Bytes: 9}, fault.TooLarge, "more than 9 bytes together"},
		"gzip too large":             {gzipOf(t, "a", []byte("1234567890")), Limits{Bytes: 9}, fault.TooLarge, "more than 9 bytes"},
		"tar claims too much":        {sparse, few, fault.TooLarge, "bytes together"},
		"empty members in one place": {rawZip(1000, zipOf(t)[:0:0], 0), few, "", ""},
		"one for all":                {rawZip(500, []byte("\x4b\x04\x00"), 1), few, fault.Refused, "overlap"},
		"zip cut off":                {whole[:len(whole)-30], few, fault.Corrupt, "directory"},
		"tar cut off":                {tarred[:2000], few, fault.Corrupt, "damaged"},
		"tgz cut off":                {gzipOf(t, "", tarred)[:60], few, fault.Corrupt, "damaged"},
		"gz cut off":                 {gzipOf(t, "", []byte("1234567890"))[:20], few, fault.Corrupt, "damaged"},
		"no archive":                 {bytes.Repeat([]byte("words "), 500), few, fault.Corrupt, "damaged"},
		"nothing":                    {nil, few, fault.Corrupt, "too short"},
	} {
		_, err := Open(t.Context(), bytes.NewReader(tt.body), "a", tt.limits)
		if fault.ClassOf(err) != tt.class || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s (%d bytes): class %q, %v", name, len(tt.body), fault.ClassOf(err), err)
		}
	}
}

func numbered(n int) []entry {
	entries := make([]entry, n)
	for i := range entries {
		entries[i].name = fmt.Sprint("f", i)
	}
	return entries
}

// failing is a file whose disk fails.
type failing struct{ *bytes.Reader }

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at > 100 {
		return 0, errors.New("input/output error")
	}
	return f.Reader.ReadAt(p, at)
}

// A disk that fails is not the fault of the archive, and its caller may stop at any time.
func TestInterruptedReading(t *testing.T) {
	for name, body := range map[string][]byte{"zip": zipOf(t, numbered(9)...), "tar": tarOf(t, numbered(9)...), "tgz": gzipOf(t, "", tarOf(t, numbered(2000)...))} {
		if _, err := Open(t.Context(), failing{bytes.NewReader(body)}, name, Limits{}); fault.ClassOf(err) != fault.Source {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Open(ctx, bytes.NewReader(body), name, Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s stopped: %v", name, err)
		}
	}
}

// endless is a file of zeros that nobody holds.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	clear(p[:n])
	e.left -= n
	return int(n), nil
}

func TestMemoryStaysFlat(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("large")
	must(t, err)
	_, err = io.Copy(w, &endless{96 << 20})
	must(t, err)
	must(t, z.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := Open(t.Context(), bytes.NewReader(packed.Bytes()), "a.zip", Limits{Ratio: 2000})
	must(t, err)
	must(t, a.Each(t.Context(), 0, func(_ int, _ Member, r io.Reader) error {
		n, err := io.Copy(io.Discard, r)
		if n != 96<<20 {
			t.Errorf("%d bytes", n)
		}
		return err
	}))
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// claiming is a file of a length, which ends with some bytes and is empty otherwise.
type claiming struct {
	size int64
	end  []byte
}

func (c claiming) Size() int64 { return c.size }

func (c claiming) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= c.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), c.size-at))
	clear(p[:n])
	copy(p[:n], "PK\x03\x04"[min(at, 4):])
	for i := range n {
		if from := at + int64(i) - (c.size - int64(len(c.end))); from >= 0 {
			p[i] = c.end[from]
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// What a directory claims reserves no memory, wherever it claims it.
func TestClaimedMembers(t *testing.T) {
	const size = 16 << 30
	little := binary.LittleEndian
	short := func(records uint16, comment string) []byte {
		b := little.AppendUint16(little.AppendUint16([]byte("PK\x05\x06\x00\x00\x00\x00"), records), records)
		b = little.AppendUint32(little.AppendUint32(b, 46), 0)
		return append(little.AppendUint16(b, uint16(len(comment))), comment...)
	}
	long := func(comment string) []byte {
		b := append([]byte("PK\x06\x06"), make([]byte, 20)...)
		b = little.AppendUint64(little.AppendUint64(b, 300_000_000), 300_000_000)
		b = little.AppendUint64(little.AppendUint64(b, 46), 0)
		end := short(0xffff, comment)
		at := uint64(size - len(b) - end64LocBytes - len(end))
		b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
		b = append(little.AppendUint64(b, at), 1, 0, 0, 0)
		return append(b, end...)
	}
	for name, tt := range map[string]struct {
		end  []byte
		says string
	}{
		"short":                         {short(60_000, ""), "lists 60000"},
		"short, behind a comment":       {short(60_000, strings.Repeat("c", 65_535)), "lists 60000"},
		"long":                          {long(""), "lists 300000000"},
		"long, behind a comment":        {long(strings.Repeat("c", 2000)), "lists 300000000"},
		"long, behind a longer comment": {long(strings.Repeat("c", 60_000)), "lists 300000000"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(t.Context(), claiming{size, tt.end}, "a.zip", Limits{})
		runtime.ReadMemStats(&after)
		if fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "more than 10000 members") || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

// A name that is cut stays text.
func TestLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("€", 2000), "a" + strings.Repeat("€", 2000), strings.Repeat("\x80", 5000), strings.Repeat("n", 5000)} {
		path, refused := clean(name)
		if refused == "" || len(path) > 64+len("…") || utf8.ValidString(name) && (!utf8.ValidString(path) || len(path) < 62+len("…")) {
			t.Errorf("%.20q: %q, %s", name, path, refused)
		}
	}
}
