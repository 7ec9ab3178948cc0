package media

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"sluice/internal/media/fault"
)

const (
	maxProbe     = 1 << 20 // bytes of ffprobe's answer
	maxVideoEdge = 1 << 16 // pixels
)

// probed is what is read of ffprobe's answer.
type probed struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string `json:"duration"` // seconds
	} `json:"format"`
}

// stream is one of the streams in a file.
type stream struct {
	Index       int    `json:"index"`
	Type        string `json:"codec_type"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	PixelShape  string `json:"sample_aspect_ratio"` // width to height of a pixel, as 4:3
	FrameRate   string `json:"avg_frame_rate"`      // as 30000/1001
	Disposition struct {
		Cover int `json:"attached_pic"`
	} `json:"disposition"`
	SideData []sideData `json:"side_data_list"`

	picture span // the cover as it lies in the file; none unless the boxes of the file were read here
}

type sideData struct {
	Rotation float64 `json:"rotation"` // degrees, counterclockwise
}

// span is a part of a file.
type span struct{ at, length int64 }

func parseProbe(said []byte) (probed, error) {
	var p probed
	if err := json.Unmarshal(said, &p); err != nil {
		return p, toolRun{program: "ffprobe"}.failed(fault.Crashed, err, "gave an answer that cannot be read")
	}
	return p, nil
}

// best returns the first stream of pictures in time, else the first cover, else nil.
func (p probed) best() (best *stream) {
	for i := range p.Streams {
		s := &p.Streams[i]
		if s.Type != "video" || s.Index < 0 {
			continue
		}
		if !s.cover() {
			return s
		}
		if best == nil {
			best = s
		}
	}
	return best
}

// maxDuration is what is believed to be the length of a file.
const maxDuration = 10_000 * time.Hour

// duration is the length of the file; 0 when it is not known.
func (p probed) duration() time.Duration {
	seconds, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil || !(seconds > 0 && seconds < maxDuration.Seconds()) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// cover reports whether the stream is a single picture that belongs to the sound or the video.
func (s *stream) cover() bool { return s.Disposition.Cover != 0 }

// shown is the size in square pixels in which a player shows the pictures, turned upright.
func (s *stream) shown() (width, height int) {
	width, height = s.Width, s.Height
	if shape := fraction(s.PixelShape, ":"); shape > 0.05 && shape < 20 {
		width = max(1, int(math.Round(float64(width)*shape)))
	}
	if turned := s.orientation(); turned == 6 || turned == 8 {
		width, height = height, width
	}
	return width, height
}

// fraction is the value of two numbers that are divided; 0 when it is none.
func fraction(text, by string) float64 {
	above, below, ok := strings.Cut(text, by)
	a, err := strconv.ParseFloat(above, 64)
	if !ok || err != nil {
		return 0
	}
	b, err := strconv.ParseFloat(below, 64)
	if err != nil || !(a > 0 && b > 0) {
		return 0
	}
	return a / b
}

// sound reports whether there is a stream of sound.
func (p probed) sound() bool {
	for _, s := range p.Streams {
		if s.Type == "audio" {
			return true
		}
	}
	return false
}

// orientation translates how a player turns the pictures to the words of EXIF.
func (s *stream) orientation() int {
	for _, data := range s.SideData {
		switch turned := math.Mod(-data.Rotation+720, 360); turned {
		case 90:
			return 6
		case 180:
			return 3
		case 270:
			return 8
		}
	}
	return 1
}

// demuxerFor names the one demuxer of ffmpeg that reads files of a type; "" when none is used for it. None of them
// opens other files.
func demuxerFor(contentType string, head []byte) string {
	switch contentType {
	case "video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "video/3gpp2", "audio/mp4", "audio/x-m4a", "audio/3gpp", "audio/3gpp2":
		return "mov"
	case "video/webm", "video/matroska", "video/x-matroska", "audio/webm", "audio/matroska", "audio/x-matroska":
		return "matroska"
	case "video/x-msvideo":
		return "avi"
	case "video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma":
		return "asf"
	case "video/mpeg":
		if len(head) > 3 && string(head[:4]) == "\x00\x00\x01\xb3" { // ISO/IEC 11172-2, a sequence without a system layer
			return "mpegvideo"
		}
		return "mpeg"
	case "video/mp2t":
		return "mpegts"
	case "video/ogg", "audio/ogg", "application/ogg":
		return "ogg"
	case "video/x-flv":
		return "flv"
	case "audio/mpeg":
		return "mp3"
	case "audio/aac", "audio/flac", "audio/wav", "audio/aiff", "audio/ac3":
		return contentType[len("audio/"):]
	}
	return ""
}
