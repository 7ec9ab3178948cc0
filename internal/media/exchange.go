package media

import (
	"errors"
	"io"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
)

// inspect has the worker inspect one file. After an error of class Crashed, or when the worker became unusable, it
// must be ended. The latter it is until the conversation is known to be in step again.
func (p *process) inspect(req request, src io.Reader, o Options) (Inspection, error) {
	var ans answer
	if err := p.exchange(req, src, &ans); err != nil {
		return Inspection{}, err
	}
	if err := ans.check(req, o); err != nil {
		p.end()
		return Inspection{}, err
	}
	found := ans.inspection()
	if ans.ThumbnailBytes > 0 {
		thumbnail, err := p.thumbnail(ans)
		if err != nil {
			return Inspection{}, err
		}
		found.Thumbnail = thumbnail
	}
	if ans.MetadataBytes > 0 {
		described, err := p.described(ans.MetadataBytes)
		if err != nil {
			return Inspection{}, err
		}
		found.Metadata = described
	}
	p.unusable = ans.Retire
	if ans.Class != "" {
		return found, &fault.Error{Class: ans.Class, Op: "media.Inspect", Msg: plain(ans.Message, maxMessage)}
	}
	return found, nil
}

// exchange sends a request with its file and reads the message that answers it. The worker stays unusable until the
// caller has read all of the answer.
func (p *process) exchange(req request, src io.Reader, reply any) error {
	p.served++
	p.unusable = true
	if err := frame.Write(p.in, req); err != nil {
		return p.broken("before it took the file", err)
	}
	if err := p.send(src, req.Size); err != nil {
		return err
	}
	if err := frame.Read(p.out, reply); err != nil {
		return p.broken("while it worked on the file", err)
	}
	return nil
}

// copyBytes is the size of the buffer between the source and the worker.
const copyBytes = 256 << 10

// send streams the file to the worker and tells a failing source from a failing worker.
func (p *process) send(src io.Reader, size int64) error {
	source := &remembering{src: io.LimitReader(src, size)}
	sent, err := io.CopyBuffer(onlyWriter{p.in}, source, make([]byte, min(copyBytes, size+1)))
	if source.err != nil {
		return failure(fault.Source, source.err, "reading the file failed after %d of %d bytes", sent, size)
	}
	if err != nil {
		return p.broken("while it took the file", err)
	}
	if sent < size {
		return failure(fault.Source, nil, "the file ended after %d of %d bytes", sent, size)
	}
	return nil
}

// onlyWriter hides the pipe's other methods, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// remembering keeps the error of a reader, other than io.EOF.
type remembering struct {
	src io.Reader
	err error
}

func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.src.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// check refuses an answer that an honest worker would not give.
func (a answer) check(req request, o Options) error {
	nonsense := func(what string) error {
		return failure(fault.Crashed, nil, "the media worker gave an impossible answer (%s) and was ended", what)
	}
	switch {
	case a.Class != "" && !a.Class.Known():
		return nonsense("class")
	case a.Width < 0 || a.Height < 0 || a.Frames < 0 || a.Frames > max(1, o.MaxFrames):
		return nonsense("size")
	case a.Class == "" && int64(a.Width)*int64(a.Height) > o.MaxPixels:
		return nonsense("size beyond the limit")
	case a.Resolution < 0 || a.Resolution > 1e6:
		return nonsense("resolution")
	case a.Orientation < 0 || a.Orientation > 8 || a.BitDepth < 0 || a.BitDepth > 64:
		return nonsense("orientation or depth")
	case a.MetadataBytes < 0 || a.MetadataBytes > maxMetadata || a.MetadataBytes > 0 && !req.Metadata:
		return nonsense("metadata length")
	case a.ThumbnailBytes < 0 || a.ThumbnailBytes > o.MaxThumbnailBytes:
		return nonsense("thumbnail length")
	case a.Class == "" && (a.ThumbnailBytes > 0) != (req.MaxEdge > 0), a.Class != "" && a.ThumbnailBytes > 0:
		return nonsense("thumbnail")
	case a.ThumbnailBytes == 0:
		return nil
	case a.ThumbnailType != "image/jpeg" && a.ThumbnailType != "image/png":
		return nonsense("thumbnail type")
	case min(a.ThumbnailWidth, a.ThumbnailHeight) < 1 || max(a.ThumbnailWidth, a.ThumbnailHeight) > req.MaxEdge:
		return nonsense("thumbnail size")
	}
	return nil
}

func (a answer) inspection() Inspection {
	return Inspection{
		ContentType: plain(a.ContentType, maxName), Format: plain(a.Format, maxName),
		Width: a.Width, Height: a.Height, Frames: a.Frames, FramesCapped: a.FramesCapped,
		HasAlpha: a.HasAlpha, ColorModel: plain(a.ColorModel, maxName), BitDepth: a.BitDepth, Orientation: a.Orientation,
		Resolution: a.Resolution,
	}
}

// thumbnail takes in the picture that was announced, and believes its type only when it starts like one.
func (p *process) thumbnail(a answer) (*Thumbnail, error) {
	body := make([]byte, a.ThumbnailBytes)
	if _, err := io.ReadFull(p.out, body); err != nil {
		return nil, p.broken("while it sent the thumbnail", err)
	}
	start := map[string]string{"image/jpeg": "\xff\xd8\xff", "image/png": "\x89PNG\r\n\x1a\n"}[a.ThumbnailType]
	if !strings.HasPrefix(string(body[:min(len(body), len(start))]), start) {
		p.end()
		return nil, failure(fault.Crashed, nil, "the media worker sent a thumbnail that is not %s and was ended", a.ThumbnailType)
	}
	return &Thumbnail{ContentType: a.ThumbnailType, Width: a.ThumbnailWidth, Height: a.ThumbnailHeight, Bytes: body}, nil
}
