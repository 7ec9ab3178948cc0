package jobs

import (
	"encoding/json"
	"encoding/xml"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// templateVersion changes with any change of the form of templates that readers would
// not understand. docs/protocols/photoshop-template.md describes it.
const templateVersion = 1

// layerTemplate is a template: how the images of the layers make up the file.
type layerTemplate struct {
	XMLName    xml.Name        `json:"-" xml:"template"`
	Version    int             `json:"version" xml:"version,attr"`
	Name       string          `json:"name" xml:"name,attr"`
	Width      int             `json:"width" xml:"width,attr"` // pixels
	Height     int             `json:"height" xml:"height,attr"`
	Resolution float64         `json:"resolution,omitempty" xml:"resolution,attr,omitempty"` // pixels per inch
	Layers     []templateLayer `json:"layers" xml:"layer"`                                   // from the lowest to the highest
}

// templateLayer is a layer, or a group with Layers.
type templateLayer struct {
	Number  int             `json:"number,omitempty" xml:"number,attr,omitempty"` // as the layer number of the image; 0 = a group
	Name    string          `json:"name" xml:"name,attr"`
	Kind    string          `json:"kind" xml:"kind,attr"` // image, text, group, adjustment or empty
	Image   string          `json:"image,omitempty" xml:"image,attr,omitempty"`
	Asset   ingest.Number   `json:"asset,omitempty" xml:"-"` // in the library's own document only
	X       int             `json:"x" xml:"x,attr"`          // of the upper left corner of the image in the file
	Y       int             `json:"y" xml:"y,attr"`
	Width   int             `json:"width" xml:"width,attr"`
	Height  int             `json:"height" xml:"height,attr"`
	Anchor  *templateAnchor `json:"anchor,omitempty" xml:"anchor"`
	Visible bool            `json:"visible" xml:"visible,attr"`
	Opacity float64         `json:"opacity" xml:"opacity,attr"`
	Fill    float64         `json:"fill" xml:"fill,attr"`
	Blend   string          `json:"blend" xml:"blend,attr"`
	Clipped bool            `json:"clipped,omitempty" xml:"clipped,attr,omitempty"`
	Effects bool            `json:"effects,omitempty" xml:"effects,attr,omitempty"`
	Text    *templateText   `json:"text,omitempty" xml:"text"`
	Layers  []templateLayer `json:"layers,omitempty" xml:"layer"`
}

// templateAnchor is the point of a layer's image that stays where it is when the image is
// replaced by one of another size, in pixels of the file.
type templateAnchor struct {
	Name string  `json:"name" xml:"name,attr"`
	X    float64 `json:"x" xml:"x,attr"`
	Y    float64 `json:"y" xml:"y,attr"`
}

// templateText is the text of a text layer.
type templateText struct {
	Value         string            `json:"value" xml:"value"`
	Justification string            `json:"justification,omitempty" xml:"justification,attr,omitempty"`
	Vertical      bool              `json:"vertical,omitempty" xml:"vertical,attr,omitempty"`
	Transform     [6]float64        `json:"transform" xml:"-"`
	Matrix        string            `json:"-" xml:"transform,attr"`
	Runs          []templateTextRun `json:"runs,omitempty" xml:"run"`
}

// templateTextRun is a piece of text in one font, size and colour.
type templateTextRun struct {
	Value string  `json:"value" xml:",chardata"`
	Font  string  `json:"font,omitempty" xml:"font,attr,omitempty"`
	Size  float64 `json:"size,omitempty" xml:"size,attr,omitempty"` // pixels of the file
	Color string  `json:"color,omitempty" xml:"color,attr,omitempty"`
}

// template makes the Template asset, and its two forms as files.
func (l *layering) template() error {
	t := layerTemplate{
		Version: templateVersion, Name: l.base, Width: l.file.Width, Height: l.file.Height, Resolution: rounded(l.file.Resolution),
		Layers: l.templateLayers(l.file.Layers),
	}
	asJSON, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	asXML, err := xml.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	for _, form := range []struct{ extension, contentType, body string }{
		{"json", "application/json", string(asJSON)}, {"xml", "application/xml", xml.Header + string(asXML)},
	} {
		l.result.Derived = append(l.result.Derived, engine.DerivedFile{
			Key: "template/" + form.extension, Kind: ingest.DerivedTemplate, Name: l.base + "." + form.extension,
			Media: ingest.Media{ContentType: form.contentType}, Bytes: []byte(form.body + "\n"),
		})
	}
	set := engine.MadeSet{
		Key: "template", Kind: ingest.DerivedTemplate, Type: "Template", Name: l.base, Engine: engine.EnginePhotoshopLayers,
		Content: func(number func(key string) ingest.Number) any {
			resolved := t
			resolved.Layers = withAssets(t.Layers, number)
			return resolved
		},
		Modifier: func(name func(key string) string) string { return l.modifier(t.Layers, name) },
	}
	for _, made := range l.result.Made {
		set.Members = append(set.Members, engine.MadeMember{Key: made.Key})
	}
	l.result.Sets = append(l.result.Sets, set)
	return nil
}

func (l *layering) templateLayers(list []media.Layer) []templateLayer {
	var all []templateLayer
	for _, layer := range list {
		t := templateLayer{
			Number: layer.Number, Name: layer.Name, Kind: layer.Kind, X: layer.X, Y: layer.Y, Width: layer.Width, Height: layer.Height,
			Visible: layer.Visible, Opacity: layer.Opacity, Fill: layer.Fill, Blend: layer.Blend, Clipped: layer.Clipped, Effects: layer.Effects,
			Layers: l.templateLayers(layer.Layers),
		}
		if picture, ok := l.pictures[layer.Number]; ok && layer.Number > 0 {
			t.Image = l.fileName(layer)
			if l.options.Extend {
				t.X, t.Y, t.Width, t.Height = 0, 0, picture.media.Width, picture.media.Height
			}
			t.Anchor = anchorOf(t, l.options.Anchor)
		}
		if l.options.ExtractText && layer.Text != nil {
			t.Text = templateTextOf(layer.Text)
		} else if t.Kind == media.LayerKindText {
			t.Kind = media.LayerKindImage
		}
		all = append(all, t)
	}
	return all
}

// anchorOf places the anchor of a layer's image; the default is its centre.
func anchorOf(t templateLayer, name string) *templateAnchor {
	place, ok := anchorPlaces()[name]
	if !ok {
		name, place = "Center", [2]float64{.5, .5}
	}
	return &templateAnchor{Name: name, X: float64(t.X) + place[0]*float64(t.Width), Y: float64(t.Y) + place[1]*float64(t.Height)}
}

// anchorPlaces are the places of anchors in parts of the width and height of an image.
func anchorPlaces() map[string][2]float64 {
	return map[string][2]float64{
		"Center": {.5, .5}, "North": {.5, 0}, "Northwest": {0, 0}, "West": {0, .5}, "Southwest": {0, 1},
		"South": {.5, 1}, "Southeast": {1, 1}, "East": {1, .5}, "Northeast": {1, 0},
	}
}

func templateTextOf(text *media.LayerText) *templateText {
	matrix, _ := json.Marshal(text.Transform) // six numbers
	t := &templateText{
		Value: text.Value, Justification: text.Justification, Vertical: text.Vertical, Transform: text.Transform,
		Matrix: string(matrix[1 : len(matrix)-1]),
	}
	for _, run := range text.Runs {
		t.Runs = append(t.Runs, templateTextRun{Value: run.Value, Font: run.Font, Size: rounded(run.Size * scale(text)), Color: run.Color})
	}
	return t
}

// withAssets names the assets of the layers.
func withAssets(list []templateLayer, number func(key string) ingest.Number) []templateLayer {
	resolved := make([]templateLayer, len(list))
	for i, layer := range list {
		if layer.Number > 0 {
			layer.Asset = number(layerKey(layer.Number))
		}
		layer.Layers = withAssets(layer.Layers, number)
		resolved[i] = layer
	}
	return resolved
}
