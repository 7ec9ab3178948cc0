package main

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildSluice builds the program that is measured.
func buildSluice(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "sluice")
	build := exec.Command("go", "build", "-tags", "nodynamic", "-o", program, "./cmd/sluice")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return program
}

// said runs a command of the driver and returns what it printed.
func said(t *testing.T, run func(ctx context.Context, args []string) error, args ...string) (string, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	text := make(chan string)
	go func() {
		all, _ := io.ReadAll(r)
		text <- string(all)
	}()
	err = run(t.Context(), args)
	os.Stdout = stdout
	w.Close()
	return <-text, err
}

// Every part runs and prints its table, and a peer that is missing is named.
func TestProcessing(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and starts a server")
	}
	text, err := said(t, processingCommand, "-sluice", buildSluice(t), "-root", t.TempDir(), "-node", "/nonexistent",
		"-pictures", "5", "-width", "640", "-height", "480", "-large", "1300", "-pages", "2", "-seconds", "1", "-samples", "1", "-reps", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 JPEG files of 640 x 480 pixels (4:2:0,", "JPEG files of 640 x 480 pixels (4:2:0, progressive", "| sluice | ", "| sharp (sharp is not installed: test/setup installs it with npm) | – |",
		"Pyramid TIFF of a JPEG file of 1300 x 1300 pixels", "| sluice without tools | ",
		"2 pages of a PDF file at 150 pixels per inch", "Poster of a video of 1 s", "| its thumbnail can be read | ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, program := range []string{"vipsthumbnail", "pdftoppm", "ffmpeg"} {
		_, err := exec.LookPath(program)
		if missing := strings.Contains(text, program+" is not installed: apt-get install "); missing != (err != nil) {
			t.Errorf("%s is called missing: %t; looked for: %v", program, missing, err)
		}
	}
}

// Rates and ratios come from the runs of the same repetition.
func TestRace(t *testing.T) {
	run := func(seconds, cpu float64) effort { return effort{seconds: seconds, cpu: cpu} }
	r := race{pieces: 10, unit: "pieces", reps: 2}
	got := r.table([]contender{{name: "ours"}, {name: "theirs"}, {name: "gone", missing: "not here"}},
		[][]effort{{run(1, 2), run(2, 2)}, {run(2, 4), run(2, 8)}, nil}, []int64{7 << 20, 9 << 20, 0}).markdown()
	want := "| Peer | pieces/s | CPU ms each | peak MiB | ours is as fast | ours needs of its CPU |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: |\n" +
		"| ours | 7.5 (5.0–10.0) | 200.0 (200.0–200.0) | 7 | – | – |\n" +
		"| theirs | 5.0 (5.0–5.0) | 600.0 (400.0–800.0) | 9 | 1.50 (1.00–2.00) | 0.38 (0.25–0.50) |\n" +
		"| gone (not here) | – | – | – | – | – |\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	failed := errors.New("it broke")
	err := race{reps: 1}.hold(t.Context(), []contender{{name: "a", run: func(context.Context) (time.Duration, error) { return 0, failed }}})
	if !errors.Is(err, failed) || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("%v", err)
	}
}

// Photographs have the size that they are said to have, and what repeats in them fits together.
func TestPhotograph(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jpg")
	if err := writePhotograph(path, 3, 2301, 1107); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil || m.Bounds().Dx() != 2301 || m.Bounds().Dy() != 1107 {
		t.Fatalf("%v", err)
	}
	if perPixel := float64(len(file)) / (2301 * 1107); perPixel < 0.05 || perPixel > 0.5 {
		t.Errorf("%.2f bytes for each pixel, photographs have more than 0.05 and less than 0.5", perPixel)
	}
}
