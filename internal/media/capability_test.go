package media

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
)

// install puts a script with the name of a tool into a folder.
func install(t *testing.T, folder, name, script string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCapabilitiesFindsToolsAndTheirVersions(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	ffmpeg := install(t, folder, "ffmpeg", `[ "$1" = -version ] && printf 'ffmpeg version 5.1.9 Copyright (c) 2000\nbuilt with gcc\n'`)
	pages := install(t, folder, "pdftoppm", `echo "pdftoppm version 22.12.0" >&2; exit 99`)
	exif := install(t, folder, "exiftool", `printf '12.57\033[2J\n'`)
	got := map[string]Capability{}
	for _, c := range Capabilities(t.Context()) {
		if c.Options == "" && c.Tool != "kernel" && c.Tool != "sluice media-worker" {
			t.Errorf("%s: no option is named that suffers without it", c.Tool)
		}
		c.Name, c.Options = "", ""
		if c.Tool != "CMYK profile" { // is on the machine, or is not
			got[c.Tool] = c
		}
	}
	level := box.Supported()
	need := func(tool, debian string) Capability {
		return Capability{Tool: tool, Need: "apt-get install " + debian}
	}
	want := map[string]Capability{
		"sluice media-worker": {Tool: "sluice media-worker", Version: "built in", Found: true},
		"built-in decoders":   {Tool: "built-in decoders", Version: got["built-in decoders"].Version, Found: decoder.For("image/heic") != decoder.None, Need: got["built-in decoders"].Need},
		"kernel":              {Tool: "kernel", Version: level.String(), Found: level.Closed(), Need: got["kernel"].Need},
		"ffmpeg":              {Tool: "ffmpeg", Version: "ffmpeg version 5.1.9", Path: ffmpeg, Found: true},
		"pdftoppm":            {Tool: "pdftoppm", Version: "pdftoppm version 22.12.0", Path: pages, Found: true},
		"exiftool":            {Tool: "exiftool", Version: "12.57 [2J", Path: exif, Found: true},
		"vips":                need("vips", "libvips-tools"),
		"ffprobe":             need("ffprobe", "ffmpeg"),
		"gs":                  need("gs", "ghostscript"),
		"pdfinfo":             need("pdfinfo", "poppler-utils"),
		"pdftotext":           need("pdftotext", "poppler-utils"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	if !level.Closed() && got["kernel"].Need == "" {
		t.Error("an open box comes without advice")
	}
}
