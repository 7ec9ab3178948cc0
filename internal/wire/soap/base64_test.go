package soap

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// decoded decodes text in pieces of a length.
func decoded(text string, piece int) ([]byte, error) {
	var d decoder
	var out []byte
	for rest := []byte(text); len(rest) > 0; {
		n := min(piece, len(rest))
		var err error
		if out, err = d.decode(out, rest[:n]); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return out, d.close()
}

func TestDecodeAgainstTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 200 {
		raw := make([]byte, size)
		for i := range raw {
			raw[i] = byte(random.Uint32())
		}
		text := base64.StdEncoding.EncodeToString(raw)
		broken := strings.Join(strings.Split(text, ""), "\r\n ")
		for _, piece := range []int{1, 2, 3, 7, 8, 64, 1 << 20} {
			for _, form := range []string{text, broken, "  " + text + "\n"} {
				got, err := decoded(form, piece)
				if err != nil || !bytes.Equal(got, raw) {
					t.Fatalf("%d bytes in pieces of %d: %x, %v, want %x", size, piece, got, err, raw)
				}
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"A", "AA", "AAA", "AA=", "A===", "====", "=", "AAAA=", "AA==AA==", "AA=A", "AAA=A", "AAAA.AAA", "AAAAAAA\x00", "AA==A", "AA===", "AAAAAAAA-AAA", "AAAA_AAA"} {
		for _, piece := range []int{1, 3, 100} {
			if got, err := decoded(text, piece); !errors.Is(err, ErrBase64) {
				t.Errorf("%q in pieces of %d gave %x, %v", text, piece, got, err)
			}
		}
	}
}

// One wrong letter anywhere in a long text is found, and white space is not wrong.
func TestDecodeLongText(t *testing.T) {
	raw := bytes.Repeat([]byte("Sluice"), 500)
	text := base64.StdEncoding.EncodeToString(raw)
	for at := range len(text) {
		for _, b := range []byte{'.', 0, '=', '-', 0xff} {
			wrong := text[:at] + string([]byte{b}) + text[at+1:]
			if got, err := decoded(wrong, 1<<20); err == nil && bytes.Equal(got, raw) {
				t.Fatalf("byte %d is %q: taken", at, b)
			}
		}
		if got, err := decoded(text[:at]+"\n"+text[at:], 1<<20); err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("a line break at %d: %v", at, err)
		}
	}
}

// FuzzDecode: what the standard library takes, this does too, and gives the same;
// padding bits that are not zero are taken by both.
func FuzzDecode(f *testing.F) {
	f.Add("QUJD", 3)
	f.Add("QQ==", 1)
	f.Add("Q Q\n==", 2)
	f.Fuzz(func(t *testing.T, text string, piece int) {
		if piece < 1 || piece > len(text)+1 {
			piece = 1
		}
		got, err := decoded(text, piece)
		plain := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
		want, wantErr := base64.StdEncoding.DecodeString(plain)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%q: %x, %v; the standard library: %x, %v", text, got, err, want, wantErr)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(base64.StdEncoding.EncodeToString(make([]byte, 256<<10)))
	buf := make([]byte, 0, 256<<10+64)
	b.SetBytes(256 << 10)
	for b.Loop() {
		var d decoder
		if _, err := d.decode(buf[:0], text); err != nil {
			b.Fatal(err)
		}
	}
}
