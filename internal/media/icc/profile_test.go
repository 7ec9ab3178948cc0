package icc_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/icc"
)

// damaged changes bytes of the built-in profile.
func damaged(change func(b []byte) []byte) []byte { return change(bytes.Clone(icc.SRGB())) }

func TestUnusableProfiles(t *testing.T) {
	srgb, err := icc.Parse(icc.SRGB())
	if err != nil {
		t.Fatal(err)
	}
	for name, profile := range map[string][]byte{
		"empty":         nil,
		"text":          bytes.Repeat([]byte("no profile "), 30),
		"a device link": damaged(func(b []byte) []byte { copy(b[12:], "link"); return b }),
		"Lab pictures":  damaged(func(b []byte) []byte { copy(b[16:], "Lab "); return b }),
		"unknown PCS":   damaged(func(b []byte) []byte { copy(b[20:], "Luv "); return b }),
		"many tags":     damaged(func(b []byte) []byte { binary.BigEndian.PutUint32(b[128:], 1<<30); return b }),
		"cut off":       damaged(func(b []byte) []byte { return b[:300] }),
		"no curves":     damaged(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("TRC"), []byte("XXX")) }),
		"no matrix":     damaged(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("gXYZ"), []byte("xXYZ")) }),
		"odd curves": damaged(func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("para\x00\x00\x00\x00\x00\x03"), []byte("para\x00\x00\x00\x00\x00\x09"))
		}),
		"CMYK": damaged(func(b []byte) []byte { copy(b[16:], "CMYK"); return b }),
	} {
		p, err := icc.Parse(profile)
		if err == nil {
			_, err = icc.New(p, srgb)
		}
		if fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a profile holds, it is refused or converts.
func FuzzProfile(f *testing.F) {
	f.Add(icc.SRGB())
	for _, path := range []string{"ghostscript/default_cmyk.icc", "Gray.icc", "LStar-RGB.icc", "ghostscript/gray_to_k.icc"} {
		if body, err := os.ReadFile(profiles + path); err == nil {
			f.Add(body)
		}
	}
	srgb, err := icc.Parse(icc.SRGB())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, profile []byte) {
		p, err := icc.Parse(profile)
		if err != nil {
			return
		}
		for _, pair := range [][2]*icc.Profile{{p, srgb}, {srgb, p}} {
			if transform, err := icc.New(pair[0], pair[1]); err == nil {
				m := grid(0, 3)
				transform.Apply(m)
			}
		}
	})
}
