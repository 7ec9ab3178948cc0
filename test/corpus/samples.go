// Package corpus gives tests and benchmarks real files of other projects, which are taken from the module cache through the Go client
// and never committed, and mixes of them with generated ones.
package corpus

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Modules lists the modules of which the sample files are used.
func Modules() []string {
	return []string{Photoshop, Pictures, Documents, Camera, Video, Images}
}

// Modules of sample files, by what they have most of.
const (
	Photoshop = "github.com/oov/psd@v0.0.0-20220121172623-5db5eafcecbb"
	Pictures  = "github.com/davidbyttow/govips/v2@v2.16.0"
	Documents = "github.com/pdfcpu/pdfcpu@v0.15.0"
	Camera    = "github.com/bep/imagemeta@v1.0.1"
	Video     = "github.com/abema/go-mp4@v1.4.1"
	Images    = "golang.org/x/image@v0.47.0"
)

// types are the extensions of files that are samples.
const types = ".jpg .jpeg .png .gif .webp .bmp .tif .tiff .psd .psb .pdf .mp4 .heic .heif .avif .jxl .jp2 .svg .cr2 .dng .nef .arw .pef .wav .ttf .icc"

// Sample is a file of another project in the module cache.
type Sample struct {
	Path string
	Ext  string // in lower case, with its dot
}

// Read returns its bytes.
func (s Sample) Read() ([]byte, error) { return os.ReadFile(s.Path) }

// Samples lists the samples of a module up to a length in bytes in the order of their paths. A module that is not in the cache is
// downloaded.
func Samples(ctx context.Context, module string, most int64) (found []Sample, err error) {
	folder, err := folderOf(ctx, module)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		ext := strings.ToLower(filepath.Ext(path))
		info, err := d.Info()
		if err == nil && ext != "" && info.Size() <= most && slices.Contains(strings.Fields(types), ext) {
			found = append(found, Sample{path, ext})
		}
		return err
	})
	return found, err
}

// Fuzzed reads the corpus entries of Go's fuzzer in a module: a line with the version, and one with each argument.
func Fuzzed(ctx context.Context, module string) (found [][]byte, err error) {
	folder, err := folderOf(ctx, module)
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(folder, "testdata", "fuzz", "*", "*"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "[]byte(")
			if content, err := strconv.Unquote(strings.TrimSuffix(text, ")")); ok && err == nil {
				found = append(found, []byte(content))
			}
		}
		_ = f.Close()
	}
	return found, nil
}

// folderOf is where a module is in the cache.
func folderOf(ctx context.Context, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // outside of this module, whose list of modules stays as it is
	said, err := cmd.Output()
	var where struct{ Dir, Error string }
	if json.Unmarshal(said, &where) != nil || err != nil || where.Error != "" {
		return "", fmt.Errorf("%s with samples could not be had: %v %s", module, err, where.Error)
	}
	return where.Dir, nil
}
