package media

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
)

// mp4Head is enough of an MP4 file to be taken for one.
const mp4Head = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"

// oneStream is what ffprobe says of a file with one stream of pictures.
const oneStream = `echo '{"streams":[{"index":0,"codec_type":"video","width":64,"height":48}],"format":{"duration":"10"}}'`

// scripted makes a Runner that finds nothing but these scripts on PATH.
func scripted(t *testing.T, scripts map[string]string, change ...func(*Options)) *Runner {
	t.Helper()
	if !box.Supported().ClosedForTools() {
		t.Skipf("this kernel cannot confine tools: %v", box.Supported())
	}
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	for name, script := range scripts {
		install(t, folder, name, script+"\n")
	}
	return newRunner(t, "media-worker", change...)
}

func (r *Runner) posterOf(ctx context.Context, body, name string) (Inspection, error) {
	return r.Poster(ctx, strings.NewReader(body), int64(len(body)), name, ThumbnailSpec{})
}

func TestToolsThatMisbehave(t *testing.T) {
	for name, tt := range map[string]struct {
		ffprobe, ffmpeg string
		class           fault.Class
		tool, msg       string
		size            bool // dimensions are known all the same
	}{
		"no ffprobe":         {"", "", fault.Missing, "ffprobe", "neither dimensions nor a thumbnail were found, because ffprobe is not installed: apt-get install ffmpeg", false},
		"no ffmpeg":          {oneStream, "", fault.Missing, "ffmpeg", "no thumbnail was made, because ffmpeg is not installed: apt-get install ffmpeg", true},
		"probe hangs":        {"exec /bin/sleep 1000", "", fault.Timeout, "ffprobe", "ffprobe did not finish the file within the limit of 2s and was ended", false},
		"probe fails":        {"echo /srv/secret >&2; exit 1", "", fault.Corrupt, "ffprobe", "ffprobe could not read the file", false},
		"probe lies":         {`echo '{"streams":[{"codec_type":"video","width":60000,"height":60000}]}'`, "", fault.TooLarge, "", "the file has pictures of 60000 x 60000 pixels, the limit is 100000000", false},
		"negative size":      {`echo '{"streams":[{"codec_type":"video","width":-1,"height":-1}]}'`, "", fault.TooLarge, "", "the file has pictures of -1 x -1 pixels, the limit is 100000000", false},
		"probe talks":        {"exec /usr/bin/yes", "", fault.TooLarge, "ffprobe", "ffprobe gave more than 1048576 bytes and was ended", false},
		"probe babbles":      {"echo '{'", "", fault.Crashed, "ffprobe", "ffprobe gave an answer that cannot be read", false},
		"frame hangs":        {oneStream, "exec /bin/sleep 1000", fault.Timeout, "ffmpeg", "ffmpeg did not finish the file within the limit of 2s and was ended", true},
		"hangs when done":    {oneStream, "exec >&-; exec /bin/sleep 1000", fault.Timeout, "ffmpeg", "ffmpeg did not finish the file within the limit of 2s and was ended", true},
		"frame fails":        {oneStream, "exit 7", fault.Corrupt, "ffmpeg", "ffmpeg could not read the file", true},
		"frame is garbage":   {oneStream, "echo garbage", fault.Unsupported, "", "the picture in the file could not be read", true},
		"frame is cut off":   {oneStream, `printf '\377\330\377\340'`, fault.Corrupt, "", "the picture in the file could not be read", true},
		"frame is missing":   {oneStream, "exit 0", fault.Corrupt, "ffmpeg", "ffmpeg found no picture in the file", true},
		"frame is very long": {oneStream, "exec /usr/bin/yes", fault.TooLarge, "ffmpeg", "ffmpeg gave more than 16777216 bytes and was ended", true},
	} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]string{}
			if tt.ffprobe != "" {
				scripts["ffprobe"] = tt.ffprobe
			}
			if tt.ffmpeg != "" {
				scripts["ffmpeg"] = tt.ffmpeg
			}
			r := scripted(t, scripts, func(o *Options) {
				if tt.class == fault.Timeout {
					o.Timeout = 2 * time.Second
				}
			})
			found, err := r.posterOf(t.Context(), mp4Head, "a.mp4")
			var failed *Error
			if !errors.As(err, &failed) || failed.Class != tt.class || failed.Tool != tt.tool || failed.Msg != tt.msg || failed.Op != "media.Poster" {
				t.Errorf("%+v", err)
			}
			if found.Thumbnail != nil || (found.Width == 64 && found.Height == 48) != tt.size || found.ContentType != "video/mp4" {
				t.Errorf("found %+v", found)
			}
		})
	}
}

// A tool that uses up its processor time is ended; the server goes on and takes the next file.
func TestToolThatSpins(t *testing.T) {
	r := scripted(t, map[string]string{"pdftoppm": "while :; do :; done"}, func(o *Options) { o.CPUSeconds = 1 })
	_, err := r.posterOf(t.Context(), "%PDF-1.4\n", "a.pdf")
	var failed *Error
	if !errors.As(err, &failed) || failed.Class != fault.Crashed || failed.Msg != "pdftoppm stopped while it read the file" {
		t.Errorf("%+v", err)
	}
	if _, err := r.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

// A tool that is installed while the server runs is used for the next file.
func TestToolIsFoundLater(t *testing.T) {
	r := scripted(t, nil)
	_, err := r.posterOf(t.Context(), "%PDF-1.4\n", "a.pdf")
	if fault.ClassOf(err) != fault.Missing || err.Error() != "no thumbnail of the first page was made, because pdftoppm is not installed: apt-get install poppler-utils" {
		t.Fatalf("%+v", err)
	}
	_, err = r.posterOf(t.Context(), "fLaC\x00\x00\x00\x22", "a.flac")
	if fault.ClassOf(err) != fault.Missing || err.Error() != "no cover was looked for, because ffprobe is not installed: apt-get install ffmpeg" {
		t.Fatalf("%+v", err)
	}
	install(t, os.Getenv("PATH"), "gs", "exit 1\n")
	if _, err = r.posterOf(t.Context(), "%PDF-1.4\n", "a.pdf"); err == nil || !strings.HasPrefix(err.Error(), "gs could not read the file") {
		t.Errorf("%+v", err)
	}
}

func TestToolEndsWithItsCaller(t *testing.T) {
	r := scripted(t, map[string]string{"pdftoppm": "exec /bin/sleep 1000"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := r.posterOf(ctx, "%PDF-1.4\n", "a.pdf"); fault.ClassOf(err) != fault.Cancelled {
		t.Errorf("cancelled: %v", err)
	}
	go func() {
		time.Sleep(300 * time.Millisecond)
		r.Close()
	}()
	if _, err := r.posterOf(t.Context(), "%PDF-1.4\n", "a.pdf"); fault.ClassOf(err) != fault.Cancelled {
		t.Errorf("closed: %v", err)
	}
}

// The tool sees the bytes of its file and no name of a client's, and reaches nothing else.
func TestToolInTheBox(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := scripted(t, map[string]string{"pdftoppm": `
for word; do input=$word; done
read -r line < "$input" && echo "input: $line"
read -r line < ` + secret + ` && echo "read: $line"
read -r line < /etc/passwd && echo "read: $line"
read -r line < /proc/self/environ && echo "environment: $line"
read -r line && echo "standard input: $line"
echo x > ` + secret + ` && echo written
echo x > "$input" && echo overwritten
kill -0 $PPID && echo signalled
for name in "$@"; do case "$name" in *client*) echo "told $name";; esac; done
echo end
exec /bin/cat ` + secret + `
`})
	in, _, err := r.opts.toolFile(strings.NewReader("bytes\n"), 6)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, path, err := pageNeed().find()
	if err != nil {
		t.Fatal(err)
	}
	run := toolRun{program: "pdftoppm", path: path, args: popplerPage(), input: in.File, most: 1 << 20}
	p, err := run.launch(r.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	if err := p.greetTool(run, r.opts); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if _, err := said.ReadFrom(p.out); err != nil || said.String() != "input: bytes\nend\n" {
		t.Errorf("the tool said %q, %v", said.String(), err)
	}
	if kept, err := os.ReadFile(secret); err != nil || string(kept) != "secret\n" {
		t.Errorf("the file holds %q, %v", kept, err)
	}
}

// What leads to other files or addresses is given to no tool, whatever its name says.
func TestPlaylistsAreNotRead(t *testing.T) {
	r := scripted(t, map[string]string{"ffprobe": oneStream, "ffmpeg": oneStream, "pdftoppm": oneStream})
	for name, body := range map[string]string{
		"hls.mp4":    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
		"hls.ts":     "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/\n",
		"concat.mkv": "ffconcat version 1.0\nfile '/etc/passwd'\n",
		"dash.mp4":   `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>`,
		"sdp.mp4":    "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
		"page.pdf":   "%!PS-Adobe-3.0\n(/etc/passwd) run\n",
		"empty.mp4":  "",
		"text.mp3":   "words",
	} {
		found, err := r.posterOf(t.Context(), body, name)
		if fault.ClassOf(err) != fault.Unsupported || found.Thumbnail != nil {
			t.Errorf("%s (%s): %v", name, found.ContentType, err)
		}
	}
}

// The tools themselves refuse playlists, too, when they are told what the file is.
func TestForcedTypeRefusesPlaylists(t *testing.T) {
	needTools(t, "ffprobe")
	r := newRunner(t, "media-worker")
	_, path, err := probeNeed("video/mp4").find()
	if err != nil {
		t.Fatal(err)
	}
	body := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
	in, _, err := r.opts.toolFile(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, demuxer := range []string{"mov", "matroska", "mpegts", "avi", "ogg"} {
		f := footage{file: in.File, demuxer: demuxer}
		said, err := toolRun{program: "ffprobe", path: path, args: f.probe(), input: f.file, most: maxProbe}.run(t.Context(), r.opts)
		if bytes.Contains(said, []byte("codec_type")) {
			t.Errorf("%s: %s, %v", demuxer, said, err)
		}
	}
}
