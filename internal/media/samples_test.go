package media

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// needTools skips a test that runs real tools when one is not installed.
func needTools(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: apt-get install %s", program, debianOf(program))
		}
	}
}

// sample has ffmpeg make a file with this name from arguments that end before it.
func sample(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-nostdin", "-v", "error", "-y"}, args...), path)
	if said, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return path
}

// Sources of pictures and sound that ffmpeg makes by itself.
var (
	pictures = []string{"-f", "lavfi", "-i", "testsrc=duration=3:size=320x180:rate=10"}
	sound    = []string{"-f", "lavfi", "-i", "sine=duration=1"}
)

// coverFile writes a JPEG picture of 300 x 300 pixels.
func coverFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cover.jpg")
	if err := os.WriteFile(path, mediatest.JPEG(mediatest.Picture(300, 300)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pdf makes a file of one page of 200 x 100 points, the left half of which is red.
func pdf() []byte {
	content := "1 0 0 rg 0 0 100 100 re f"
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content),
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return b.Bytes()
}

// only leaves a single one of the installed tools on PATH.
func only(t *testing.T, program string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(path, filepath.Join(folder, program)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
}

// turnRight has players turn the video in an MP4 file by 90 degrees, as telephones that were held upright do:
// ISO/IEC 14496-12 section 8.3.2, the matrix of the track header.
func turnRight(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte("tkhd"))
	if at < 0 || file[at+4] != 0 {
		t.Fatal("the sample has no track header of version 0")
	}
	const one, shift = 1 << 16, 180 << 16
	minus := int32(-one)
	for i, value := range []uint32{0, one, 0, uint32(minus), 0, 0, shift, 0, 1 << 30} {
		binary.BigEndian.PutUint32(file[at+44+4*i:], value)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sampleModule downloads a module of which only the sample files are used, or finds it in the module cache.
func sampleModule(t *testing.T, version string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", version)
	cmd.Dir = t.TempDir() // outside of this module, whose list of modules stays as it is
	said, err := cmd.Output()
	var found struct{ Dir, Error string }
	if json.Unmarshal(said, &found) != nil || err != nil || found.Error != "" {
		t.Skipf("%s with the samples could not be had: %v %s", version, err, found.Error)
	}
	return found.Dir
}
