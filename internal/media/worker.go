package media

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
	"sluice/internal/media/raster"
)

// RunWorker is the whole life of a worker process: it goes into the box, and then answers requests until its input
// ends. It confines the calling process for good. It returns nil at the end of input, and an error when the box
// could not be closed although it must be, or when the conversation broke.
func RunWorker(stdin io.Reader, stdout io.Writer) error {
	var todo setup
	if err := frame.Read(stdin, &todo); err != nil {
		return fmt.Errorf("media worker: read the setup: %w", err)
	}
	if todo.Version != protocolVersion {
		return fmt.Errorf("media worker: protocol version %d, this program speaks %d", todo.Version, protocolVersion)
	}
	if todo.Tool != nil {
		return becomeTool(todo, stdout)
	}
	ready, err := prepare(todo.Decoder)
	if err != nil {
		return fmt.Errorf("media worker: %w", err)
	}
	processor := box.NewProcessor(todo.CPUSeconds)
	spool := os.NewFile(spoolDescriptor, "spool")
	level := box.Apply(todo.Box)
	if err := frame.Write(stdout, hello{Version: protocolVersion, Box: level}); err != nil {
		return fmt.Errorf("media worker: say hello: %w", err)
	}
	if !level.Closed() && !todo.AllowUnboxed {
		return fmt.Errorf("media worker: the box is open: %v", level)
	}
	w := &worker{setup: todo, in: stdin, out: stdout, spool: spool, decoder: ready}
	for {
		if err := processor.Arm(); err != nil && level.Closed() {
			return fmt.Errorf("media worker: arm the processor limit: %w", err)
		}
		err := w.serve()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("media worker: %w", err)
		}
	}
}

// worker answers one request after the other.
type worker struct {
	setup   setup
	in      io.Reader
	out     io.Writer
	spool   *os.File
	decoder *decoder.Decoder // nil = this worker has none
	memory  []byte           // kept for the next request of at most memorySpool bytes
}

// memorySpool is the longest input in bytes that is kept in memory; longer input goes to the nameless file.
const memorySpool = 32 << 20

// serve answers one request. It returns io.EOF when there is none.
func (w *worker) serve() error {
	var req request
	if err := frame.Read(w.in, &req); err != nil {
		return err
	}
	if req.Size < 0 || req.Size > w.setup.InputBytes {
		return fmt.Errorf("a request of %d bytes, the limit is %d", req.Size, w.setup.InputBytes)
	}
	src, err := w.receive(req.Size)
	if err != nil {
		return fmt.Errorf("receive %d bytes: %w", req.Size, err)
	}
	if req.Op == opLayers && req.Layers != nil {
		defer debug.FreeOSMemory()
		return w.layers(io.NewSectionReader(src, 0, req.Size), *req.Layers)
	}
	if req.Op == opDecode && w.decoder != nil {
		defer debug.FreeOSMemory()
		return w.decode(io.NewSectionReader(src, 0, req.Size))
	}
	if req.Op != opInspect {
		done, body := w.perform(src, req)
		err := w.send(done, body...)
		debug.FreeOSMemory() // Do not sit on hundreds of megabytes until the next file.
		return err
	}
	ans, thumbnail := w.inspect(src, req)
	described := w.describe(src, req, &ans)
	if err := w.send(ans, thumbnail, described); err != nil {
		return err
	}
	if int64(ans.Width)*int64(ans.Height) > 1<<24 {
		debug.FreeOSMemory()
	}
	return nil
}

// send writes a message and the raw bytes that it announces.
func (w *worker) send(message any, body ...[]byte) error {
	if err := frame.Write(w.out, message); err != nil {
		return err
	}
	for _, piece := range body {
		if _, err := w.out.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// receive takes in size bytes.
func (w *worker) receive(size int64) (io.ReaderAt, error) {
	if size > memorySpool {
		if err := w.spool.Truncate(0); err != nil {
			return nil, err
		}
		if _, err := w.spool.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		_, err := io.CopyN(w.spool, w.in, size)
		return w.spool, err
	}
	if int64(cap(w.memory)) < size {
		w.memory = make([]byte, size)
	}
	buffer := w.memory[:size]
	_, err := io.ReadFull(w.in, buffer)
	return bytesAt(buffer), err
}

// bytesAt reads from memory.
type bytesAt []byte

// Bytes is all of it, for those who want to read it without a copy.
func (b bytesAt) Bytes() []byte { return b }

func (b bytesAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// inspect turns whatever happens into an answer; a decoder that panics is an answer too, and the worker's last.
func (w *worker) inspect(src io.ReaderAt, req request) (ans answer, thumbnail []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			ans.Class, ans.Retire = fault.Corrupt, true
			ans.Message = plain(fmt.Sprintf("the decoder gave up on the file: %v", cause), maxMessage)
			ans.ThumbnailType, ans.ThumbnailBytes, thumbnail = "", 0, nil
		}
	}()
	section := io.NewSectionReader(src, 0, req.Size)
	report, small, err := raster.Inspect(section, w.setup.Raster, req.MaxEdge)
	ans.Report = report
	if report.ContentType == "" {
		head := make([]byte, min(detectBytes, req.Size))
		n, _ := section.ReadAt(head, 0)
		ans.ContentType = Detect(head[:n], req.Name)
	}
	if err != nil {
		ans.Class = fault.ClassOf(err)
		ans.Message = plain(err.Error(), maxMessage)
		if ans.Class == "" {
			ans.Class, ans.Retire = fault.Crashed, true
		}
		return ans, nil
	}
	if small == nil {
		return ans, nil
	}
	ans.ThumbnailType, ans.ThumbnailBytes = small.ContentType, len(small.Bytes)
	ans.ThumbnailWidth, ans.ThumbnailHeight = small.Width, small.Height
	return ans, small.Bytes
}
