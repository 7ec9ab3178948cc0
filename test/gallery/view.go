package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/internal/media/raster"
)

// limits bound what the gallery itself decodes: its own samples.
func limits() raster.Limits { return raster.Limits{Pixels: 100e6, Frames: 10, MemoryBytes: 1 << 30} }

// view shows a file as a picture: images as they are stored, documents by their first
// page, videos by a frame of each second and sound by its wave, all by other programs than
// the server's.
func (k *kit) view(ctx context.Context, file sample) (image.Image, error) {
	switch strings.ToLower(path.Ext(file.name)) {
	case ".pdf":
		return k.shownBy(ctx, file, "pdftoppm", "-r", "72", "-png", "-singlefile", "-cropbox", "IN")
	case ".ai", ".eps", ".ps":
		if bytes.HasPrefix(file.body, []byte("%PDF")) {
			return k.shownBy(ctx, file, "pdftoppm", "-r", "72", "-png", "-singlefile", "IN")
		}
		return k.shownBy(ctx, file, "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=png16m", "-r72", "-dFirstPage=1", "-dLastPage=1", "-sOutputFile=%stdout", "IN")
	case ".mp4":
		return k.shownBy(ctx, file, "ffmpeg", "-v", "error", "-i", "IN", "-vf", "fps=1,scale=200:-2,tile=3x1", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-")
	case ".m4a", ".mp3":
		return k.shownBy(ctx, file, "ffmpeg", "-v", "error", "-i", "IN", "-filter_complex", "[0:a]showwavespic=s=320x120", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-")
	case ".heic", ".avif", ".jxl", ".jp2":
		return k.byVips(ctx, file, 0)
	}
	return k.image(ctx, file)
}

// image decodes an image. What Go's libraries do not read, such as the tiles of an
// optimised image that are packed as JPEG, vips does.
func (k *kit) image(ctx context.Context, file sample) (image.Image, error) {
	body := bytes.NewReader(file.body)
	_, m, err := raster.Decode(io.NewSectionReader(body, 0, body.Size()), limits())
	if err == nil {
		return m, nil
	}
	shown, problem := k.byVips(ctx, file, 0)
	if problem != nil {
		return nil, fmt.Errorf("%s: %w; %w", file.name, err, problem)
	}
	return shown, nil
}

// levels are all pictures of a pyramid, from the largest.
func (k *kit) levels(ctx context.Context, file sample) ([]image.Image, error) {
	count, err := k.tool(ctx, file, "vipsheader", "-f", "n-pages", "IN")
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(count)))
	if err != nil {
		return nil, err
	}
	var all []image.Image
	for level := range n {
		m, err := k.byVips(ctx, file, level)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// byVips has vips show a page of a file.
func (k *kit) byVips(ctx context.Context, file sample, page int) (image.Image, error) {
	loader := "tiffload"
	args := []string{"--page", strconv.Itoa(page)}
	if ext := path.Ext(file.name); ext != ".tif" {
		loader, args = map[string]string{".heic": "heifload", ".avif": "heifload", ".jxl": "jxlload", ".jp2": "jp2kload", ".jpg": "jpegload"}[ext], nil
	}
	if loader == "" {
		return nil, fmt.Errorf("%s is no picture that vips is asked for", file.name)
	}
	return k.shownBy(ctx, file, "vips", append([]string{loader, "IN", ".png"}, args...)...)
}

// shownBy runs a tool that writes a PNG file to its standard output.
func (k *kit) shownBy(ctx context.Context, file sample, program string, args ...string) (image.Image, error) {
	out, err := k.tool(ctx, file, program, args...)
	if err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		return nil, fmt.Errorf("%s shows %s as something else: %w", program, file.name, err)
	}
	return m, nil
}

// tool runs a program over a file, which IN among the arguments stands for.
func (k *kit) tool(ctx context.Context, file sample, program string, args ...string) ([]byte, error) {
	folder, err := os.MkdirTemp(k.work, "tool-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	in := filepath.Join(folder, "in"+path.Ext(file.name))
	if err := os.WriteFile(in, file.body, 0o600); err != nil {
		return nil, err
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "IN", in)
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s over %s: %w: %.300s", program, file.name, err, said.String())
	}
	return out.Bytes(), nil
}

// lacking names the first of the needs that is not met, and how to get it; one with a
// slash is a file, every other one a program.
func (k *kit) lacking(needs []string) string {
	for _, need := range needs {
		if strings.Contains(need, "/") {
			if _, err := os.Stat(need); err != nil {
				return need + " is not installed: apt-get install icc-profiles-free libgs-common"
			}
		} else if c := k.installed[need]; !c.Found {
			return need + " is not installed: " + c.Need
		}
	}
	return ""
}
