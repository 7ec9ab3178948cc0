package jobs

import (
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

// LayerTasks is what the handler of layers needs of the engine.
type LayerTasks interface {
	Files
	NewIntake() *engine.Intake
}

// LayerCutter cuts a Photoshop file into pictures of its layers, each of which it hands
// to take, which reads it to its end. Without a failure, refusal says why nothing could
// be cut; "" = all went well.
type LayerCutter interface {
	CutLayers(ctx context.Context, src io.ReaderAt, size int64, fileName string, extend bool, take func(media.LayerPicture) error) (file media.LayeredFile, refusal string, failure *engine.Failure)
}

// Layers returns the handler that makes images of the layers of a Photoshop file, and a
// template that puts them together again.
func Layers(tasks LayerTasks, cutter LayerCutter) Handler {
	return func(ctx context.Context, t *ingest.Task) (result engine.TaskResult, failure *engine.Failure) {
		var o ingest.Photoshop
		if err := json.Unmarshal(t.Params, &o); err != nil {
			return engine.TaskResult{}, &engine.Failure{Reason: "the options of the step cannot be read", Final: true}
		}
		in, r, err := open(ctx, tasks, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		l := layering{options: o, base: strings.TrimSuffix(in.FileName, path.Ext(in.FileName)), pictures: map[int]layerPicture{}}
		l.result.Intake = tasks.NewIntake()
		defer dropUnless(&result, l.result.Intake)
		file, refusal, failure := cutter.CutLayers(ctx, r, in.Blob.Size, in.FileName, o.Extend, func(p media.LayerPicture) error {
			spool, err := l.result.Intake.Receive(ctx, p.Body, p.Size)
			l.pictures[p.Number] = layerPicture{spool, ingest.Media{
				ContentType: "image/png", Width: p.Width, Height: p.Height, Frames: 1, Orientation: 1, Alpha: p.Alpha,
			}}
			return err
		})
		switch {
		case failure != nil:
			return engine.TaskResult{}, failure
		case refusal != "":
			l.result.Warning = "the layers were not made into images: " + refusal
			return l.result, nil
		}
		if err := l.make(file); err != nil {
			return engine.TaskResult{}, failed(err)
		}
		return l.result, nil
	}
}

// layering is the result of cutting one file, on its way.
type layering struct {
	options  ingest.Photoshop
	base     string // name of the file without its extension
	pictures map[int]layerPicture
	file     media.LayeredFile
	texts    []ingest.TextRun // of the whole file
	result   engine.TaskResult
}

// layerPicture is the picture of a layer.
type layerPicture struct {
	spool *engine.Spool
	media ingest.Media
}

// psdTemplate is what a Photoshop file is whose layers are assets of their own
// (Scene7 contract, section 11).
const psdTemplate ingest.AssetType = "PsdTemplate"

// make works out the assets. What stands in the file and has no picture is in the
// template only.
func (l *layering) make(file media.LayeredFile) error {
	l.file = file
	l.result.Type, l.result.Warnings = psdTemplate, file.Warnings
	if err := l.assets(file.Layers); err != nil {
		return err
	}
	if l.options.ExtractText {
		l.result.Words = wordsIn(l.texts)
	}
	if len(l.texts) > 0 {
		text, err := textFile("layers/text", l.texts)
		if err != nil {
			return err
		}
		l.result.Derived = append(l.result.Derived, text)
	}
	if len(file.Failed) == 0 {
		l.result.Completes = []ingest.DerivedKind{ingest.DerivedLayer}
	}
	if !l.options.Template {
		return nil
	}
	return l.template()
}

// assets makes an asset of each layer, from the lowest to the highest.
func (l *layering) assets(list []media.Layer) error {
	for _, layer := range list {
		if err := l.assets(layer.Layers); err != nil {
			return err
		}
		var runs []ingest.TextRun
		if l.options.ExtractText && layer.Text != nil {
			runs = textRuns(layer, l.file)
			l.texts = append(l.texts, runs...)
		}
		picture, ok := l.pictures[layer.Number]
		if layer.Number == 0 || !ok {
			continue
		}
		made := engine.Made{
			Key: layerKey(layer.Number), Spool: picture.spool, FileName: l.fileName(layer), Folder: l.folder(), Type: ingest.TypeImage,
			Media: picture.media, Engine: engine.EnginePhotoshopLayers, Kind: ingest.DerivedLayer, Layer: layer.Number,
		}
		if l.options.ExtractText {
			made.Words = wordsIn(runs)
		}
		if len(runs) > 0 {
			text, err := textFile("text", l.within(runs, layer))
			if err != nil {
				return err
			}
			made.Derived = []engine.DerivedFile{text}
		}
		l.result.Made = append(l.result.Made, made)
	}
	return nil
}

// layerKey is the key of the asset that a layer becomes.
func layerKey(number int) string { return fmt.Sprintf("layer/%d", number) }

// folder is where the assets of the layers go, below the folder of the file.
func (l *layering) folder() string {
	if l.options.Naming == "Folders" {
		return l.base + "/"
	}
	return ""
}

// fileName names the asset of a layer (Scene7 contract, section 6.4). Names that
// Photoshop gives by itself, and names of which nothing is left, give way to the number.
func (l *layering) fileName(layer media.Layer) string {
	number := fmt.Sprint(layer.Number)
	name := usable(layer.Name)
	if name == "" || givenByPhotoshop(layer.Name) {
		name = number
	}
	switch l.options.Naming {
	case "AppendNumber":
		name = l.base + "_" + number
	case "AppendName":
		name = l.base + "_" + name
	}
	return name + ".png"
}

// maxLayerName is how many bytes of a layer's name an asset has in its own.
const maxLayerName = 100

// usable is what file names can have of a layer's name. The library takes out more.
func usable(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\;/?:@&=+$,*"<>|'{}%`, r) || r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if len(name) > maxLayerName {
		name = strings.ToValidUTF8(name[:maxLayerName], "")
	}
	return strings.Trim(name, " .")
}

// givenByPhotoshop recognises Background and Layer n.
func givenByPhotoshop(name string) bool {
	digits, ok := strings.CutPrefix(name, "Layer ")
	return name == "Background" || ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
