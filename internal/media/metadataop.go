package media

import (
	"encoding/json"
	"fmt"
	"io"

	"sluice/internal/media/fault"
	"sluice/internal/media/metadata"
)

// maxMetadata is the most bytes of metadata as JSON: the packet in base64, and each byte of the values in six of an
// escape.
const maxMetadata = metadata.MaxPacket/3*4 + 6*metadata.MaxTotal + 1<<16

// describe reads the metadata of a file that was inspected, as far as its header could be read.
func (w *worker) describe(src io.ReaderAt, req request, ans *answer) (body []byte) {
	if !req.Metadata || ans.Format == "" || ans.Class == fault.Corrupt || ans.Class == fault.Crashed {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			ans.MetadataBytes, body = 0, nil
		}
	}()
	body, err := json.Marshal(metadata.Read(io.NewSectionReader(src, 0, req.Size), ans.Resolution))
	if err != nil || len(body) > maxMetadata {
		return nil
	}
	ans.MetadataBytes = len(body)
	return body
}

// metadata reads the metadata of a file that is not inspected, or what exiftool said of one.
func (w *worker) metadata(src *io.SectionReader, req request, done *result) ([][]byte, error) {
	var m *metadata.Metadata
	if req.Op == opMetadata {
		head := make([]byte, min(detectBytes, src.Size()))
		n, _ := src.ReadAt(head, 0)
		if contentType := Detect(head[:n], req.Name); metadata.Readable(contentType) {
			m = metadata.ReadOther(src, contentType)
		} else {
			m = metadata.Read(src, 0)
		}
	} else {
		answer, err := io.ReadAll(src)
		if err != nil {
			return nil, err
		}
		if m, err = metadata.Tool(answer); err != nil {
			return nil, failure(fault.Unsupported, err, "exiftool gave an answer that cannot be read")
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if len(body) > maxMetadata {
		return nil, failure(fault.TooLarge, nil, "the metadata has %d bytes, the limit is %d", len(body), maxMetadata)
	}
	done.Bytes = int64(len(body))
	return [][]byte{body}, nil
}

// described takes in metadata that was announced. A worker has read untrusted bytes, so that the limits are applied
// again.
func (p *process) described(length int) (*metadata.Metadata, error) {
	body := make([]byte, length)
	if _, err := io.ReadFull(p.out, body); err != nil {
		return nil, p.broken("while it sent the metadata", err)
	}
	m, err := readMetadata(body)
	if err != nil {
		p.end()
		return nil, err
	}
	return m, nil
}

func readMetadata(body []byte) (*metadata.Metadata, error) {
	var m metadata.Metadata
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, failure(fault.Crashed, fmt.Errorf("unmarshal: %w", err), "the media worker sent metadata that cannot be read")
	}
	return m.Bounded(), nil
}
