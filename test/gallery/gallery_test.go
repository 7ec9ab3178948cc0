package main

import (
	"bytes"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/media"
	"sluice/internal/protocol/scene7"
)

// TestGallery makes the whole gallery and looks for both pictures of each entry. What is
// left out says what is missing on this machine.
func TestGallery(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: left out by -short")
	}
	program := filepath.Join(t.TempDir(), "sluice")
	build := exec.Command("go", "build", "-tags", "nodynamic", "-o", program, "./cmd/sluice")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building sluice: %v\n%s", err, said)
	}
	out := t.TempDir()
	shown, err := makeGallery(t.Context(), program, out)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) < 140 {
		t.Errorf("only %d entries", len(shown))
	}
	for _, o := range shown {
		name := o.section + ", " + o.option + ", " + o.format
		switch {
		case o.problem != nil:
			t.Errorf("%s: %v", name, o.problem)
		case o.skipped != "":
			if complete(t) {
				t.Errorf("%s was left out though every tool is installed: %s", name, o.skipped)
			}
		case o.beforePicture == nil || o.afterPicture == nil:
			t.Errorf("%s has not both pictures", name)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := filepath.Glob(filepath.Join(out, picturesFolder, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	if referred := strings.Count(string(page), "<img src="); referred != len(pictures) {
		t.Errorf("the page has %d pictures, the folder %d", referred, len(pictures))
	}
	for _, name := range pictures {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := png.DecodeConfig(bytes.NewReader(file)); err != nil || m.Width < 2 || m.Height < 2 {
			t.Errorf("%s: %v, %v", name, m, err)
		}
		if !bytes.Contains(page, []byte(picturesFolder+"/"+filepath.Base(name))) {
			t.Errorf("%s is not on the page", name)
		}
	}
}

// complete reports whether this machine has everything that entries need.
func complete(t *testing.T) bool {
	t.Helper()
	for _, c := range media.Capabilities(t.Context()) {
		if !c.Found && c.Tool != "kernel" {
			return false
		}
	}
	for _, profile := range []string{adobeRGB, generalCMYK} {
		if _, err := os.Stat(profile); err != nil {
			return false
		}
	}
	return true
}

// Every entry says where it belongs and what there is to see, and is there once.
func TestEntriesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries() {
		name := e.section + ", " + e.option + ", " + e.format
		if e.section == "" || e.option == "" || e.format == "" || e.look == "" || e.files == nil || e.after == nil {
			t.Errorf("%q is not whole", name)
		}
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
}

// Every option of an upload job, also those within others, is sent or named by an entry.
func TestEveryOptionHasAnEntry(t *testing.T) {
	schema, err := scene7.NewSchema()
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, e := range entries() {
		shown.WriteString(e.option + " " + e.sent() + "\n")
	}
	var look func(kind string, above ...string)
	look = func(kind string, above ...string) {
		for _, f := range schema.Type(kind).At(scene7.Level21) {
			if f.Complex() && slices.Contains(above, f.Type) || unshown(f.Name) {
				continue
			}
			if !strings.Contains(shown.String(), f.Name) {
				t.Errorf("%s of %s has no entry", f.Name, kind)
			}
			if f.Complex() {
				look(f.Type, append(above, f.Type)...)
			}
		}
	}
	look("UploadPostJob")
}

// unshown are fields that say the same in another way, or change nothing for encodings
// and metadata (docs/protocols/scene7-processing.md).
func unshown(field string) bool {
	return slices.Contains(strings.Fields("items boolVal longVal doubleVal dateVal addTagValueArray setTagValueArray deleteTagValueArray "+
		"playbackTarget videoCodec minBitrate maxBitrate constantBitrate keyframeInterval h264Profile h264Level twoPass audioCodec audioSampleRate advancedSettings aspectRatio"), field)
}
