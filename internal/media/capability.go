package media

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
)

// Capability is something that this machine can do with media, or could if a tool were installed.
type Capability struct {
	Name    string // what it enables, in words
	Tool    string // the program that is looked for
	Version string // as the tool says; "" when it did not
	Path    string // where the tool was found
	Found   bool
	Need    string // how to get it; "" when it was found
	Options string // options of uploads that are not carried out, or not in full, without it
}

// versionTimeout bounds the question for a tool's version.
const versionTimeout = 3 * time.Second

// tool is one program that is looked for on PATH.
type tool struct {
	program  string
	question string // the argument that makes it print its version and nothing else
	enables  string
	debian   string // the package that brings it
	options  string // options of uploads that are not carried out, or not in full, without it
}

func tools() []tool {
	return []tool{
		{"vips", "--version", "HEIC, AVIF, JPEG XL and JPEG 2000; quicker optimised images of photographs", "libvips-tools", vipsOptions()},
		{"ffmpeg", "-version", "thumbnails and encodings of video, covers of audio other than M4A", "ffmpeg", "mediaOptions"},
		{"ffprobe", "-version", "dimensions and streams of video and audio, ordinary MP4 and QuickTime files excepted", "ffmpeg", "mediaOptions"},
		{"gs", "--version", "EPS and PostScript, CMYK and transparent pages, and PDF files without pdftoppm", "ghostscript",
			"postScriptOptions, illustratorOptions, pdfOptions (colorspace, alpha)"},
		{"pdftoppm", "-v", "thumbnails and page images of PDF files", "poppler-utils", "pdfOptions, illustratorOptions"},
		{"pdfinfo", "-v", "numbers of pages of PDF files", "poppler-utils", "pdfOptions"},
		{"pdftotext", "-v", "search words of PDF files", "poppler-utils", "pdfOptions (extractSearchWords)"},
		{"exiftool", "-ver", "InDesign previews, camera raw, and metadata of documents, video and sound", "libimage-exiftool-perl",
			"inDesignOptions, all options of camera raw files"},
	}
}

// Capabilities looks for the media tools on PATH and asks each for its version, and says how far decoding can be
// confined on this machine. It starts no worker and reads no media.
func Capabilities(ctx context.Context) []Capability {
	list := []Capability{
		{Name: "thumbnails of JPEG, PNG, GIF, WebP, BMP, TIFF and PSD; dimensions of MP4 and QuickTime videos, covers of M4A", Tool: "sluice media-worker", Version: "built in", Found: true},
		confinement(),
		decoders(),
	}
	for _, t := range tools() {
		list = append(list, t.look(ctx))
	}
	return append(list, profiles())
}

// decoders says whether this build decodes pictures for which vips is needed otherwise.
func decoders() Capability {
	c := Capability{
		Name: "HEIC, AVIF and JPEG XL where vips is missing, in more time and memory", Tool: "built-in decoders", Version: "built in",
		Options: "all options of images of these types, where vips is missing,",
	}
	if c.Found = decoder.For("image/heic") != decoder.None; !c.Found {
		c.Version, c.Need = "", "install vips, or build Sluice with -tags nodynamic"
	}
	return c
}

// vipsOptions says what is left out without vips.
func vipsOptions() string {
	if decoder.For("image/heic") == decoder.None {
		return "all options of images of these types"
	}
	return "all options of JPEG 2000, and of other images of these types that the built-in decoders do not read,"
}

// profiles looks for the profile of CMYK pictures that carry none.
func profiles() Capability {
	c := Capability{Name: "true colours of CMYK pictures without a profile", Tool: "CMYK profile", Options: "colorManagementOptions"}
	for _, path := range cmykProfiles() {
		if info, err := os.Stat(path); err == nil {
			c.Path, c.Found, c.Version = path, true, fmt.Sprintf("%d bytes", info.Size())
			return c
		}
	}
	c.Need = "apt-get install libgs-common"
	return c
}

func confinement() Capability {
	level := box.Supported()
	c := Capability{Name: "confinement of media workers", Tool: "kernel", Version: level.String(), Found: level.Closed()}
	if !c.Found {
		c.Need = "a Linux kernel with seccomp filters (and 5.13 or later with Landlock), on amd64 or arm64"
	} else if level.Landlock == 0 {
		c.Need = "for external tools, and as a second wall of workers: Linux 5.13 or later with lsm=landlock among its boot options"
	}
	return c
}

func (t tool) look(ctx context.Context) Capability {
	c := Capability{Name: t.enables, Tool: t.program, Options: t.options}
	path, err := exec.LookPath(t.program)
	if err != nil {
		c.Need = "apt-get install " + t.debian
		return c
	}
	c.Path, c.Found = path, true
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	var said tail
	cmd := exec.CommandContext(ctx, path, t.question)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && ctx.Err() != nil {
		c.Version = "no answer to " + t.question
		return c
	}
	c.Version = versionIn(said.kept)
	return c
}

// maxVersion is the longest version text in bytes.
const maxVersion = 80

// versionIn takes the first line and leaves out the copyright that some tools add to it.
func versionIn(said []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(said), []byte("\n"))
	text, _, _ := strings.Cut(string(line), " Copyright")
	return plain(strings.TrimSpace(text), maxVersion)
}
