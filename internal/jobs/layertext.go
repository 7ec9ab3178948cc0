package jobs

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// textFile is a derived file that holds found text.
func textFile(key string, runs []ingest.TextRun) (engine.DerivedFile, error) {
	body, err := json.Marshal(runs)
	return engine.DerivedFile{
		Key: key, Kind: ingest.DerivedText, Name: "text.json", Media: ingest.Media{ContentType: "application/json"}, Bytes: body,
	}, err
}

// textRuns are the search strings of a text layer: its lines, as far as they have one
// font and size. The file does not say where in a layer a word stands, so all of them
// have the box of the layer, in pixels of the file.
func textRuns(layer media.Layer, file media.LayeredFile) []ingest.TextRun {
	box := ingest.Rect{X: layer.X, Y: layer.Y, Width: layer.Width, Height: layer.Height}
	pieces := layer.Text.Runs
	if len(pieces) == 0 {
		pieces = []media.TextRun{{Value: layer.Text.Value}}
	}
	var runs []ingest.TextRun
	for _, piece := range pieces {
		size := ""
		if piece.Size > 0 {
			size = strconv.FormatFloat(points(piece.Size*scale(layer.Text), file), 'f', -1, 64)
		}
		for line := range strings.SplitSeq(piece.Value, "\n") {
			run := ingest.TextRun{Text: strings.TrimSpace(line), Box: box, Font: piece.Font, Size: size}
			for word := range strings.FieldsSeq(line) {
				run.Words = append(run.Words, ingest.TextWord{Text: word, Box: box})
			}
			if run.Text != "" {
				runs = append(runs, run)
			}
		}
	}
	return runs
}

// wordsIn lists the words of search strings; it is never nil.
func wordsIn(runs []ingest.TextRun) []string {
	words := []string{}
	for _, run := range runs {
		for _, word := range run.Words {
			words = append(words, word.Text)
		}
	}
	return words
}

// scale is how much larger a text is in the file than it says of itself.
func scale(t *media.LayerText) float64 {
	m := t.Transform
	return math.Sqrt(math.Abs(m[0]*m[3] - m[1]*m[2]))
}

// points turns pixels of a file into points, with two digits.
func points(pixels float64, file media.LayeredFile) float64 {
	if file.Resolution > 0 {
		pixels = pixels * 72 / file.Resolution
	}
	return rounded(pixels)
}

func rounded(v float64) float64 { return math.Round(v*100) / 100 }

// within moves found text into the picture of its layer.
func (l *layering) within(runs []ingest.TextRun, layer media.Layer) []ingest.TextRun {
	if l.options.Extend {
		return runs
	}
	moved := make([]ingest.TextRun, len(runs))
	for i, run := range runs {
		run.Box.X, run.Box.Y = run.Box.X-layer.X, run.Box.Y-layer.Y
		words := make([]ingest.TextWord, len(run.Words))
		for j, word := range run.Words {
			words[j] = ingest.TextWord{Text: word.Text, Box: run.Box}
		}
		run.Words = words
		moved[i] = run
	}
	return moved
}
