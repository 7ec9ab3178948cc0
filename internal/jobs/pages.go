package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// Makers is what handlers need of the engine to make files.
type Makers interface {
	Files
	NewIntake() *engine.Intake
}

// Documents looks into documents. Of each method refusal says why the document gave less than it was asked for; ""
// = all went well. A failure says whether another run makes sense.
type Documents interface {
	// Pages draws the pages and hands each to keep; count is how many there are.
	Pages(ctx context.Context, src io.Reader, size int64, fileName string, o media.PageOptions, keep func(media.PageImage) error) (count int, refusal string, failure *engine.Failure)
	Words(ctx context.Context, src io.Reader, size int64, fileName string) (pages []media.PageText, refusal string, failure *engine.Failure)
	Links(ctx context.Context, src io.Reader, size int64, fileName string) (d media.PDFDocument, refusal string, failure *engine.Failure)
	// Previews reads the pictures that an InDesign file holds of its pages.
	Previews(ctx context.Context, src io.Reader, size int64, fileName string, keep func(media.PageImage) error) (refusal string, failure *engine.Failure)
}

// Pages returns the handler that makes what was asked for of the pages of a document: an image of each, a catalog
// of these, its words, and its links as image maps (Scene7 contract, section 6.5).
func Pages(makers Makers, documents Documents) Handler {
	return func(ctx context.Context, t *ingest.Task) (result engine.TaskResult, failure *engine.Failure) {
		var o ingest.Rasterize
		if err := json.Unmarshal(t.Params, &o); err != nil {
			return engine.TaskResult{}, &engine.Failure{Reason: "the options of the step cannot be read", Final: true}
		}
		in, err := makers.TaskInput(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		p := &paging{makers: makers, documents: documents, in: in, options: o, base: strings.TrimSuffix(in.FileName, path.Ext(in.FileName))}
		p.result.Intake = makers.NewIntake()
		defer dropUnless(&result, p.result.Intake)
		if failure := p.run(ctx); failure != nil {
			return engine.TaskResult{}, failure
		}
		return p.result, nil
	}
}

// paging is the work on one document.
type paging struct {
	makers    Makers
	documents Documents
	in        engine.TaskInput
	options   ingest.Rasterize
	base      string // name of the file without its extension
	result    engine.TaskResult
}

func (p *paging) run(ctx context.Context) *engine.Failure {
	indesign := p.in.Asset != nil && p.in.Asset.Type == ingest.TypeInDesign
	if indesign {
		return p.previews(ctx)
	}
	if p.options.Process != "Thumbnail" {
		if failure := p.images(ctx); failure != nil {
			return failure
		}
	}
	if p.options.Words {
		if failure := p.words(ctx); failure != nil {
			return failure
		}
	}
	switch {
	case p.options.Links && p.options.Process == "Thumbnail":
		p.warn("the links of the document were not read: they become image maps of page images, and none were asked for")
	case p.options.Links && len(p.result.Made) == 0:
		p.refused("extractLinks", "the links of the document were not read: they become image maps of page images, and there are none")
	case p.options.Links:
		if failure := p.links(ctx); failure != nil {
			return failure
		}
	}
	p.catalog()
	return nil
}

// open opens the document anew: each look at it begins at its start.
func (p *paging) open(ctx context.Context, look func(src io.Reader) *engine.Failure) *engine.Failure {
	r, err := p.makers.OpenBlob(ctx, p.in.Blob.Key)
	if err != nil {
		return failed(err)
	}
	defer r.Close()
	return look(r)
}

// refused warns of what could not be done, with the option that asked for it.
func (p *paging) refused(field, why string) {
	option := ""
	if a := p.in.Asset; a != nil {
		option = map[ingest.AssetType]string{
			ingest.TypePDF: "pdfOptions", ingest.TypePostScript: "postScriptOptions", ingest.TypeIllustrator: "illustratorOptions", ingest.TypeInDesign: "inDesignOptions",
		}[a.Type]
	}
	switch {
	case option == "":
		p.warn("%s", why)
	case field != "":
		p.warn("%s/%s: %s", option, field, why)
	default:
		p.warn("%s: %s", option, why)
	}
}

func (p *paging) warn(format string, args ...any) {
	p.result.Warnings = append(p.result.Warnings, fmt.Sprintf(format, args...))
}

// images makes an asset of each page.
func (p *paging) images(ctx context.Context) *engine.Failure {
	o := media.PageOptions{Resolution: p.options.Resolution, Color: p.options.Colorspace, Alpha: p.options.Alpha}
	if o.Alpha && (o.Color == "Cmyk" || o.Color == "Gray") {
		p.warn("pages with a transparent background are made in RGB, not in %s", o.Color)
	}
	return p.open(ctx, func(src io.Reader) *engine.Failure {
		count, refusal, failure := p.documents.Pages(ctx, src, p.in.Blob.Size, p.in.FileName, o, p.keep(ctx))
		made := len(p.result.Made)
		switch {
		case failure != nil:
			return failure
		case refusal != "" && made > 0:
			p.warn("page %d and those behind it have no images: %s", made+1, refusal)
		case refusal != "":
			p.refused("", refusal)
		case count > made && made == media.MostPages:
			p.warn("images were made of the first %d pages, which is the limit; the document has more", media.MostPages)
		}
		if refusal == "" {
			p.result.Completes = []ingest.DerivedKind{ingest.DerivedPage}
		}
		return nil
	})
}

// keep takes in the picture of a page.
func (p *paging) keep(ctx context.Context) func(media.PageImage) error {
	return func(page media.PageImage) error {
		file, size := page.File, page.Size
		if file == nil {
			file, size = bytes.NewReader(page.Bytes), int64(len(page.Bytes))
		}
		spool, err := p.result.Intake.Receive(ctx, file, size)
		if err != nil {
			return err
		}
		if page.Of > 0 {
			report(ctx, float64(page.Page)/float64(page.Of))
		}
		p.result.Made = append(p.result.Made, engine.Made{
			Key: pageKey(page.Page), Spool: spool, FileName: fmt.Sprintf("%s_%d.%s", p.base, page.Page, page.Extension), Type: ingest.TypeImage,
			Media: ingest.Media{
				ContentType: page.ContentType, Width: page.Width, Height: page.Height, Frames: 1, Orientation: 1, Alpha: page.Alpha,
			},
			Engine: engine.EnginePostScriptRip, Kind: ingest.DerivedPage, Page: page.Page,
		})
		return nil
	}
}

// pageKey is the key of the asset that a page becomes.
func pageKey(page int) string { return fmt.Sprintf("page/%d", page) }

// catalog joins the images of several pages of a PDF file, unless that is not wanted.
func (p *paging) catalog() {
	wanted := p.options.Catalog == nil || *p.options.Catalog
	if wanted && p.result.Completes != nil {
		p.result.Completes = append(p.result.Completes, ingest.DerivedCatalog)
	}
	if !wanted || len(p.result.Made) < 2 || p.in.Asset == nil || p.in.Asset.Type != ingest.TypePDF {
		return
	}
	set := engine.MadeSet{
		Key: "catalog", Kind: ingest.DerivedCatalog, Type: "Catalog", Name: p.base, Engine: engine.EnginePostScriptRip, Thumbnail: pageKey(1),
	}
	for _, m := range p.result.Made {
		set.Members = append(set.Members, engine.MadeMember{Key: m.Key, Reset: true})
	}
	p.result.Sets = append(p.result.Sets, set)
}

// scale is how many pixels of a page's image a point of the page is.
func (p *paging) scale() float64 {
	if p.options.Resolution > 0 {
		return p.options.Resolution / 72
	}
	return media.DefaultResolution / 72.0
}

// words makes the text of the document part of it and of the images of its pages.
func (p *paging) words(ctx context.Context) *engine.Failure {
	return p.open(ctx, func(src io.Reader) *engine.Failure {
		pages, refusal, failure := p.documents.Words(ctx, src, p.in.Blob.Size, p.in.FileName)
		switch {
		case failure != nil:
			return failure
		case refusal != "":
			p.refused("extractSearchWords", refusal)
			return nil
		}
		p.result.Words = []string{}
		for _, page := range pages {
			if len(page.Lines) == 0 {
				continue
			}
			if err := p.text(page); err != nil {
				return failed(err)
			}
		}
		if len(p.result.Words) == 0 {
			p.warn("the document has no text that could be searched")
		}
		return nil
	})
}

// text keeps the text of a page.
func (p *paging) text(page media.PageText) error {
	runs, words := pageRuns(page, p.scale())
	file, err := textFile(fmt.Sprintf("text/%d", page.Page), runs)
	if err != nil {
		return err
	}
	file.Page = page.Page
	p.result.Derived = append(p.result.Derived, file)
	p.result.Words = append(p.result.Words, words...)
	for i := range p.result.Made {
		if m := &p.result.Made[i]; m.Page == page.Page {
			file.Key = "text"
			m.Derived, m.Words = append(m.Derived, file), words
		}
	}
	return nil
}
