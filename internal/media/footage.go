package media

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"sluice/internal/media/fault"
)

// footage is a file of pictures and sound that run in time.
type footage struct {
	file    *os.File
	demuxer string         // the only one that the tools may use
	at      *time.Duration // from the start: which frame is wanted; nil = one that is not dark
}

// probeNeed is what finds the streams of a file.
func probeNeed(contentType string) need {
	if strings.HasPrefix(contentType, "audio/") {
		return need{"no cover was looked for", []string{"ffprobe"}}
	}
	return need{"neither dimensions nor a thumbnail were found", []string{"ffprobe"}}
}

// frameNeed is what gives the picture of a stream.
func frameNeed() need { return need{"no thumbnail was made", []string{"ffmpeg"}} }

// streams finds the streams of a file, in its boxes if they tell all, and else with ffprobe. The stream of pictures that
// counts is nil when there is none.
func (r *Runner) streams(ctx context.Context, f footage, found *Inspection) (streams probed, best *stream, err error) {
	streams, ok, err := r.contained(ctx, f)
	if err == nil && !ok {
		streams, err = r.probed(ctx, f, found.ContentType)
	}
	if err != nil {
		return streams, nil, err
	}
	found.Duration = streams.duration()
	s := streams.best()
	if s != nil && (s.Width < 0 || s.Height < 0 || s.Width > maxVideoEdge || s.Height > maxVideoEdge || int64(s.Width)*int64(s.Height) > r.opts.MaxPixels) {
		return streams, nil, failure(fault.TooLarge, nil, "the file has pictures of %d x %d pixels, the limit is %d", s.Width, s.Height, r.opts.MaxPixels)
	}
	return streams, s, nil
}

// probed asks ffprobe for the streams of a file.
func (r *Runner) probed(ctx context.Context, f footage, contentType string) (probed, error) {
	_, path, err := probeNeed(contentType).find()
	if err != nil {
		return probed{}, err
	}
	var said []byte
	err = r.withTool(ctx, "ffprobe", func(limited context.Context) error {
		said, err = toolRun{program: "ffprobe", path: path, args: f.probe(), input: f.file, most: maxProbe}.run(limited, r.opts)
		return err
	})
	if err != nil {
		return probed{}, err
	}
	return parseProbe(said)
}

// footage finds the streams of a file, and with picture a frame or the cover that stands for it; nothing when it has none.
func (r *Runner) footage(ctx context.Context, f footage, found *Inspection, picture bool) (held, error) {
	_, s, err := r.streams(ctx, f, found)
	if err != nil || s == nil {
		return held{}, err
	}
	if s.cover() {
		if !picture {
			return held{}, nil
		}
		if s.picture.length > 0 {
			return f.coverAt(s.picture)
		}
		return r.frame(ctx, f, [][]string{f.coverOf(s.Index)})
	}
	found.Width, found.Height, found.Orientation = s.Width, s.Height, s.orientation()
	if !picture {
		return held{}, nil
	}
	return r.frame(ctx, f, f.framesOf(s.Index, found.Duration, r.opts.MaxPixels))
}

// frame runs ffmpeg in one way after the other until a picture comes of it.
func (r *Runner) frame(ctx context.Context, f footage, ways [][]string) (held, error) {
	_, path, err := frameNeed().find()
	if err != nil {
		return held{}, err
	}
	var frame []byte
	run := toolRun{program: "ffmpeg", path: path, input: f.file, most: maxPicture}
	err = r.withTool(ctx, "ffmpeg", func(limited context.Context) error {
		var err error
		for _, way := range ways {
			run.args = way
			frame, err = run.run(limited, r.opts)
			if err == nil && len(frame) > 0 || limited.Err() != nil {
				return err
			}
		}
		if err == nil {
			err = run.noPicture()
		}
		return err
	})
	if err != nil {
		return held{}, err
	}
	return inMemory(frame), nil
}

// noPicture says that a tool ended well and gave nothing.
func (t toolRun) noPicture() error {
	return t.failed(fault.Corrupt, nil, "found no picture in the file")
}

// reading begins the arguments of both tools: the file is the only thing that they open, and only as what it was
// found to be, so that no playlist leads them elsewhere.
func (f footage) reading(options ...string) []string {
	args := []string{"-v", "error", "-protocol_whitelist", "file", "-format_whitelist", f.demuxer, "-f", f.demuxer}
	return append(append(args, options...), "-i", "file:"+toolInput)
}

func (f footage) probe() []string {
	return append([]string{"-of", "json", "-show_entries",
		"format=duration:stream=index,codec_type,width,height,sample_aspect_ratio,avg_frame_rate:stream_disposition=attached_pic:stream_side_data=rotation"},
		f.reading()...)
}

// coverAt is an embedded picture as it is, in the file. It fails as ffmpeg would be made to when it is too long.
func (f footage) coverAt(where span) (held, error) {
	if where.length > maxPicture {
		return held{}, failure(fault.TooLarge, nil, "the cover has %d bytes, the limit is %d", where.length, maxPicture)
	}
	return held{SectionReader: io.NewSectionReader(f.file, where.at, where.length)}, nil
}

// coverOf has ffmpeg copy an embedded picture as it is.
func (f footage) coverOf(stream int) []string {
	return append(append([]string{"-nostdin"}, f.reading()...), "-map", "0:"+strconv.Itoa(stream),
		"-frames:v", "1", "-c", "copy", "-f", "image2pipe", "pipe:1")
}

// bright lets pass only frames that are lighter on average than a little above video black.
const bright = ",signalstats,metadata=mode=select:key=lavfi.signalstats.YAVG:value=28:function=greater"

// scaled bounds a picture to a square with this edge, and gives it square pixels and eight bits.
func scaled(edge int) string {
	return fmt.Sprintf("scale=w='min(%[1]d,iw)':h='min(%[1]d,ih)':force_original_aspect_ratio=decrease,"+
		"scale=w='max(1,iw*sar)':h=ih,setsar=1,format=yuv420p", edge)
}

// framesOf asks for one frame: for the one at a time and else the first one, or without a time first for a bright key frame around a tenth of the file, which is quick, then for any
// bright frame in the next seconds, then for the first frame there is.
func (f footage) framesOf(stream int, length time.Duration, pixels int64) [][]string {
	at := time.Second
	if length > 0 {
		at = length / 10
	}
	if f.at != nil {
		at = *f.at
	}
	seek := strconv.FormatFloat(at.Seconds(), 'f', 3, 64)
	way := func(filter string, options ...string) []string {
		options = append([]string{"-threads", "1", "-max_pixels", strconv.FormatInt(pixels, 10)}, options...)
		args := append([]string{"-nostdin", "-filter_threads", "1"}, f.reading(options...)...)
		return append(args, "-map", "0:"+strconv.Itoa(stream), "-an", "-sn", "-dn", "-frames:v", "1",
			"-vf", filter, "-c:v", "bmp", "-f", "image2pipe", "pipe:1")
	}
	if f.at != nil {
		return [][]string{way(scaled(stillEdge), "-ss", seek), way(scaled(stillEdge))}
	}
	return [][]string{
		way(scaled(posterEdge)+bright, "-skip_frame", "nokey", "-noaccurate_seek", "-ss", seek, "-t", "30"),
		way(scaled(posterEdge)+bright, "-ss", seek, "-t", "5"),
		way(scaled(posterEdge)),
	}
}
