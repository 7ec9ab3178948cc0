package corpus

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"

	"sluice/internal/media/mediatest"
)

// File is one file of a mix.
type File struct {
	Name    string // no other of the mix has it, with whatever extension
	Content []byte
	Members []string // names of the files that an archive holds, which no other has either
}

// pattern is what is in a mix, in this order again and again.
func pattern() []string {
	return []string{".jpg", ".png", ".pdf", ".jpg", ".psd", ".tif", ".jpg", ".webp", ".eps", ".heic", ".jpg", ".gif", ".pdf", ".mp4", ".png", ".zip", ".jpg", ".avif", ".bmp", ".psd",
		".jpg", ".tiff", ".pdf", ".jpeg", ".svg", ".jxl", ".jp2", ".dng", ".wav", ".ttf"}
}

// largest is the longest sample that is taken, in bytes.
const largest = 4 << 20

// Mixed makes so many files of all types, from samples and generated: always the same ones on a machine with the same modules and
// tools. Types of which there is nothing are replaced by JPEG files.
func Mixed(ctx context.Context, count int) ([]File, error) {
	pools, err := pooled(ctx)
	if err != nil {
		return nil, err
	}
	taken, kinds := map[string]int{}, pattern()
	files := make([]File, count)
	for i := range files {
		ext := kinds[i%len(kinds)]
		name := fmt.Sprintf("mix%04d", i)
		if ext == ".zip" {
			if files[i], err = archive(name, pools); err != nil {
				return nil, err
			}
			continue
		}
		if len(pools[ext]) == 0 {
			ext = ".jpg"
		}
		files[i] = File{Name: name + ext, Content: pools[ext][taken[ext]%len(pools[ext])]}
		taken[ext]++
	}
	return files, nil
}

// pooled collects what there is of each type.
func pooled(ctx context.Context) (map[string][][]byte, error) {
	pools := generated()
	film, err := film(ctx)
	if err != nil {
		return nil, err
	}
	pools[".mp4"] = film
	for _, module := range Modules() {
		list, err := Samples(ctx, module, largest)
		if err != nil {
			return nil, err
		}
		random := rand.New(rand.NewPCG(7, uint64(len(list))))
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		taken := map[string]int{}
		for _, s := range list {
			if taken[s.Ext]++; taken[s.Ext] > 15 {
				continue
			}
			content, err := s.Read()
			if err != nil {
				return nil, err
			}
			pools[s.Ext] = append(pools[s.Ext], content)
		}
	}
	return pools, nil
}

// generated makes files of the types that samples do not cover, and pictures as large as a camera's.
func generated() map[string][][]byte {
	pools := map[string][][]byte{}
	add := func(ext string, content []byte) { pools[ext] = append(pools[ext], content) }
	for _, width := range []int{640, 1600, 2400, 4000} {
		photograph := mediatest.Photograph(width, width*3/4)
		add(".jpg", mediatest.JPEG(photograph))
		if width < 4000 {
			add(".tif", mediatest.TIFF(photograph))
			add(".png", mediatest.PNG(photograph))
			add(".bmp", mediatest.BMP(photograph))
		}
	}
	plane := func(value byte) []byte { return bytes.Repeat([]byte{value}, 400*300) }
	add(".psd", mediatest.Layered{Width: 400, Height: 300, Mode: 3, Depth: 8, Packing: 1, Merged: [][]byte{plane(20), plane(80), plane(140)},
		Layers: []mediatest.PSDLayer{mediatest.Plain("Ground", image.Rect(0, 0, 400, 300), 255, 20, 80, 140), mediatest.Plain("Disc", image.Rect(50, 60, 150, 160), 128, 200, 0, 0)}}.File())
	for i := range 4 {
		add(".eps", fmt.Appendf(nil, "%%!PS-Adobe-3.0 EPSF-3.0\n%%%%BoundingBox: 0 0 400 300\n/Helvetica findfont 40 scalefont setfont 0.%d 0.2 0.6 setrgbcolor\n"+
			"0 30 300 { dup 10 exch moveto (Poster %d) show } for showpage\n%%%%EOF\n", i+1, i))
	}
	return pools
}

// film makes short videos, where the tool for it is installed.
func film(ctx context.Context) (films [][]byte, err error) {
	tool, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, nil
	}
	folder, err := os.MkdirTemp("", "corpus-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for _, size := range []string{"320x180", "640x360"} {
		path := filepath.Join(folder, size+".mp4")
		said, err := exec.CommandContext(ctx, tool, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=2:rate=10:size="+size, path).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("ffmpeg: %w: %s", err, said)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		films = append(films, content)
	}
	return films, nil
}

// archive packs a picture and a style sheet.
func archive(name string, pools map[string][][]byte) (File, error) {
	f := File{Name: name + ".zip"}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for member, content := range map[string][]byte{name + "-a.jpg": pools[".jpg"][0], name + "-b.css": []byte("p{}")} {
		w, err := z.Create("in/" + member)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return f, err
		}
		f.Members = append(f.Members, member)
	}
	err := z.Close()
	f.Content = out.Bytes()
	return f, err
}
