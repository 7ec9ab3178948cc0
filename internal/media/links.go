package media

import (
	"context"
	"encoding/json"
	"io"

	"sluice/internal/media/fault"
	"sluice/internal/media/pdfpages"
)

// PDFDocument is what Links finds; see package pdfpages.
type PDFDocument = pdfpages.Document

// PDFPage is a page of one.
type PDFPage = pdfpages.Page

// PDFLink is a link on a page of a PDF file.
type PDFLink = pdfpages.Link

// Links reads at most MostPages pages of a PDF file and the links on them, in a worker. What Inspect says of waiting,
// limits and errors holds here too.
func (r *Runner) Links(ctx context.Context, src io.Reader, size int64, fileName string) (PDFDocument, error) {
	const op = "media.Links"
	var found PDFDocument
	_, body, err := r.perform(ctx, request{Op: opLinks, Name: plain(fileName, maxName), Size: size}, src)
	if err != nil {
		return found, attributed(err, op)
	}
	if err := json.Unmarshal(body, &found); err != nil || len(found.Pages) > MostPages {
		return PDFDocument{}, attributed(failure(fault.Crashed, err, "the media worker sent a list of links that cannot be read"), op)
	}
	return found, nil
}
