package photoshop

import (
	"fmt"
	"image"
	"strings"
)

// MaxLevels is how many groups may stand in each other (contract section 6.4).
const MaxLevels = 5

// Kinds of layers.
const (
	KindImage      = "image"
	KindText       = "text" // an image that came of a text
	KindAdjustment = "adjustment"
	KindEmpty      = "empty"
	KindGroup      = "group"
)

// Layer is a layer or a group as it is handed on, in the words of the template.
type Layer struct {
	// Number counts the layers, not the groups, from 1, from the lowest to the highest, whatever group they are in. It
	// is 0 for a group.
	Number  int     `json:"number,omitempty"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	X       int     `json:"x"` // of the upper left corner, in pixels of the file; may be negative
	Y       int     `json:"y"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Visible bool    `json:"visible"`
	Opacity float64 `json:"opacity"` // 0 to 1
	Fill    float64 `json:"fill"`    // opacity without the effects, 0 to 1
	Blend   string  `json:"blend"`   // blend mode, as BlendMode names it
	Clipped bool    `json:"clipped,omitempty"`
	Effects bool    `json:"effects,omitempty"`
	Text    *Text   `json:"text,omitempty"`
	Layers  []Layer `json:"layers,omitempty"` // of a group, from the lowest to the highest
	// Pictured says that a picture of the layer is made.
	Pictured bool `json:"pictured,omitempty"`
	// Record says where the layer is among the records; -1 for a group.
	Record int `json:"-"`
}

// Tree arranges records in groups. Layers in more than MaxLevels groups are left out; deep lists the names of some and
// counts all of them. A group without an end, or an end without a group, does not break the tree.
func Tree(records []*Record) (tree []Layer, deep []string, left int) {
	type open struct{ layers []Layer }
	stack := []open{{}}
	number := 0
	for i, r := range records {
		level := len(stack) - 1
		switch {
		case r.Section == 3:
			stack = append(stack, open{})
		case r.Section != 0:
			group := r.layer(-1, 0)
			group.Kind = KindGroup
			if level > 0 {
				group.Layers = stack[level].layers
				stack = stack[:level]
			}
			if level <= MaxLevels {
				top := &stack[len(stack)-1]
				top.layers = append(top.layers, group)
			}
		default:
			number++
			if level > MaxLevels {
				left++
				if len(deep) < maxListed {
					deep = append(deep, r.Name)
				}
				continue
			}
			stack[level].layers = append(stack[level].layers, r.layer(i, number))
		}
	}
	for len(stack) > 1 { // ends without a group
		last := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		below := &stack[len(stack)-1]
		below.layers = append(below.layers, last.layers...)
	}
	return stack[0].layers, deep, left
}

// maxListed is how many names a message lists.
const maxListed = 5

// layer describes a record.
func (r *Record) layer(record, number int) Layer {
	l := Layer{
		Number: number, Record: record, Name: r.Name, Kind: KindImage,
		X: r.Rect.Min.X, Y: r.Rect.Min.Y, Width: r.Rect.Dx(), Height: r.Rect.Dy(),
		Visible: !r.Hidden, Opacity: part(r.Opacity), Fill: part(r.Fill), Blend: BlendMode(r.Blend),
		Clipped: r.Clipped, Effects: r.Effects, Text: r.Text,
	}
	switch {
	case r.Text != nil:
		l.Kind = KindText
	case r.Adjusts && !r.HasPixels():
		l.Kind = KindAdjustment
	case !r.HasPixels():
		l.Kind = KindEmpty
	}
	return l
}

// part is a byte as a part of 1, with three digits.
func part(value byte) float64 { return float64(int(value)*1000/255) / 1000 }

// Rect is where the layer is in the file.
func (l Layer) Rect() image.Rectangle {
	return image.Rect(l.X, l.Y, l.X+l.Width, l.Y+l.Height)
}

// Listed writes some of count names, for a message.
func Listed(names []string, count int) string {
	quoted := make([]string, 0, maxListed)
	for _, name := range names[:min(len(names), maxListed)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	list := strings.Join(quoted, ", ")
	if more := count - len(quoted); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// BlendMode names a blend mode by its key; "Blend mode key". An unknown one is taken as normal.
func BlendMode(key string) string {
	names := map[string]string{
		"pass": "pass-through", "norm": "normal", "diss": "dissolve", "dark": "darken", "mul ": "multiply", "idiv": "color-burn",
		"lbrn": "linear-burn", "dkCl": "darker-color", "lite": "lighten", "scrn": "screen", "div ": "color-dodge",
		"lddg": "linear-dodge", "lgCl": "lighter-color", "over": "overlay", "sLit": "soft-light", "hLit": "hard-light",
		"vLit": "vivid-light", "lLit": "linear-light", "pLit": "pin-light", "hMix": "hard-mix", "diff": "difference",
		"smud": "exclusion", "fsub": "subtract", "fdiv": "divide", "hue ": "hue", "sat ": "saturation", "colr": "color",
		"lum ": "luminosity",
	}
	if name := names[key]; name != "" {
		return name
	}
	return "normal"
}
