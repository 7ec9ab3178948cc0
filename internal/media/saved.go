package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"sluice/internal/media/embedded"
	"sluice/internal/media/fault"
)

// Many programs and cameras save pictures of what a file shows in it. exiftool, in the box, finds them. Its answer is
// read while it comes, and what it found lies in a file without a name: the server holds none of it in memory.

// savedPictures are the pictures that a tool found in a file, one behind the other.
type savedPictures struct {
	file   *os.File
	list   []savedPicture
	end    int64
	number map[string]float64 // what else the tool said
	buffer []byte             // between the tool and the file
}

// savedPicture is one of them.
type savedPicture struct {
	tag      string
	at, size int64 // in the file
}

// Bounds of what is kept of an answer.
const (
	mostSaved   = 1000 // pictures
	roomInFront = 64   // bytes before each picture, in which something may be put
	savedBuffer = 32 << 10
)

// Close removes the pictures.
func (s *savedPictures) Close() error { return s.file.Close() }

// body reads a picture.
func (s *savedPictures) body(p savedPicture) *io.SectionReader {
	return io.NewSectionReader(s.file, p.at, p.size)
}

// savedIn has a run of exiftool give the pictures in a file, of at most so many bytes each, and the numbers. The caller
// closes what it returns.
func (r *Runner) savedIn(ctx context.Context, run toolRun, most int64) (*savedPictures, error) {
	file, err := r.opts.nameless()
	if err != nil {
		return nil, err
	}
	s := &savedPictures{file: file, number: map[string]float64{}, buffer: make([]byte, savedBuffer)}
	err = r.withTool(ctx, run.program, func(limited context.Context) error {
		return run.stream(limited, r.opts, func(answer io.Reader) error {
			err := embedded.Read(answer, func(tag string, v embedded.Value) error {
				switch {
				case v.Binary != nil && len(s.list) < mostSaved:
					return s.add(tag, v.Binary, most)
				case v.Binary == nil && len(s.number) < mostSaved:
					s.number[tag] = v.Number
				}
				return nil
			})
			if errors.Is(err, embedded.ErrSyntax) {
				return run.failed(fault.Crashed, err, "gave an answer that cannot be read")
			}
			return err
		})
	})
	if err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

// add keeps a picture, unless it is empty, damaged or too long.
func (s *savedPictures) add(tag string, picture io.Reader, most int64) error {
	at := s.end + roomInFront
	from := &remembering{src: io.LimitReader(picture, most+1)}
	n, err := io.CopyBuffer(onlyWriter{io.NewOffsetWriter(s.file, at)}, from, s.buffer)
	switch {
	case from.err != nil || err == nil && (n == 0 || n > most):
		return nil // the next one takes its place
	case err != nil:
		return failure(fault.Unavailable, err, "a picture could not be put aside")
	}
	s.list = append(s.list, savedPicture{tag, at, n})
	s.end = at + n
	return nil
}

// held is a picture that a tool gave, in memory or in a file that Close removes, or one that lies in the file itself.
type held struct {
	*io.SectionReader
	file io.Closer // nil = nothing has to be removed
}

// inMemory holds a picture that is short.
func inMemory(picture []byte) held {
	return held{SectionReader: io.NewSectionReader(bytes.NewReader(picture), 0, int64(len(picture)))}
}

// Close removes it.
func (h held) Close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}
