package jobs

import (
	"context"
	"fmt"
	"html"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// pageRuns turns the lines of a page into text runs in pixels of its image, and lists their words.
func pageRuns(page media.PageText, scale float64) (runs []ingest.TextRun, words []string) {
	for _, line := range page.Lines {
		run := ingest.TextRun{Text: line.Text, Box: pixelBox(line.Box, scale), Font: line.Font}
		if line.Size > 0 {
			run.Size = strconv.FormatFloat(line.Size, 'f', -1, 64)
		}
		for _, word := range line.Words {
			run.Words = append(run.Words, ingest.TextWord{Text: word.Text, Box: pixelBox(word.Box, scale)})
			words = append(words, word.Text)
		}
		runs = append(runs, run)
	}
	return runs, words
}

// pixelBox is the smallest box of whole pixels around one in points.
func pixelBox(b media.TextBox, scale float64) ingest.Rect {
	left, top := math.Floor(b.Left*scale), math.Floor(b.Top*scale)
	return ingest.Rect{
		X: max(0, int(left)), Y: max(0, int(top)),
		Width: max(1, int(math.Ceil(b.Right*scale)-max(0, left))), Height: max(1, int(math.Ceil(b.Bottom*scale)-max(0, top))),
	}
}

// links turns the links of a PDF file into image maps of the images of its pages.
func (p *paging) links(ctx context.Context) *engine.Failure {
	return p.open(ctx, func(src io.Reader) *engine.Failure {
		d, refusal, failure := p.documents.Links(ctx, src, p.in.Blob.Size, p.in.FileName)
		switch {
		case failure != nil:
			return failure
		case refusal != "":
			p.warn("the links of the document were not read: %s", refusal)
			return nil
		case d.Encrypted:
			p.warn("the links of the document were not read: it is encrypted")
			return nil
		}
		left := 0
		for i := range p.result.Made {
			m := &p.result.Made[i]
			if m.Page > len(d.Pages) {
				continue
			}
			m.Maps = []engine.NewImageMap{}
			for _, link := range d.Pages[m.Page-1].Links {
				action, ok := areaAction(link)
				if !ok {
					left++
					continue
				}
				m.Maps = append(m.Maps, engine.NewImageMap{
					Name:     fmt.Sprintf("%s_%d_link_%d", p.base, m.Page, len(m.Maps)+1),
					ImageMap: ingest.ImageMap{Shape: "Rectangle", Region: region(link, d.Pages[m.Page-1].Width, d.Pages[m.Page-1].Height, m.Media), Action: action},
				})
			}
		}
		if left > 0 {
			p.warn("%d links of the document were left out: they lead to something else than a web address, a mail address, a telephone or a page", left)
		}
		return nil
	})
}

// region gives the corners of a link in pixels of the page's image.
func region(link media.PDFLink, width, height float64, image ingest.Media) string {
	x, y := float64(image.Width)/width, float64(image.Height)/height
	return fmt.Sprintf("%d,%d,%d,%d", int(math.Round(link.Left*x)), int(math.Round(link.Top*y)), int(math.Round(link.Right*x)), int(math.Round(link.Bottom*y)))
}

// areaAction is a link as the attribute of an HTML area. Addresses that a browser would run as a program are none.
func areaAction(link media.PDFLink) (string, bool) {
	if link.Page > 0 {
		return fmt.Sprintf(`href="#page=%d"`, link.Page), true
	}
	text := strings.ToValidUTF8(link.URI, "")
	u, err := url.Parse(text)
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https", "mailto", "tel", "ftp":
		return fmt.Sprintf(`href="%s"`, html.EscapeString(text)), true
	case "":
		if strings.HasPrefix(strings.ToLower(text), "www.") {
			return fmt.Sprintf(`href="http://%s"`, html.EscapeString(text)), true
		}
	}
	return "", false
}

// previews makes an asset of each picture that an InDesign file holds of its pages; the first one is its thumbnail.
func (p *paging) previews(ctx context.Context) *engine.Failure {
	return p.open(ctx, func(src io.Reader) *engine.Failure {
		refusal, failure := p.documents.Previews(ctx, src, p.in.Blob.Size, p.in.FileName, p.keep(ctx))
		if refusal != "" {
			p.refused("", refusal)
		} else if failure == nil {
			p.result.Completes = []ingest.DerivedKind{ingest.DerivedPage}
		}
		return failure
	})
}
