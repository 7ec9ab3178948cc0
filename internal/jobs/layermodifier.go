package jobs

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/media"
)

// modifier is the template as commands of an image server (its names are those of the
// layer commands of Image Serving): layer 0 has the size of the file and no colour,
// each layer with an image has its number, its anchor as origin, and the place of that
// in the file. Text layers whose text was read are text. Blend modes without a command
// are normal.
func (l *layering) modifier(list []templateLayer, name func(key string) string) string {
	commands := []string{"layer=0", fmt.Sprintf("size=%d,%d", l.file.Width, l.file.Height), "color=255,255,255,0", "originN=-0.5,-0.5"}
	return strings.Join(append(commands, l.layerCommands(list, name, 1, true)...), "&")
}

// layerCommands are the commands of layers within groups of some opacity.
func (l *layering) layerCommands(list []templateLayer, name func(key string) string, opacity float64, visible bool) (commands []string) {
	for _, t := range list {
		shown, opaque := visible && t.Visible, opacity*t.Opacity*t.Fill
		commands = append(commands, l.layerCommands(t.Layers, name, opaque, shown)...)
		if t.Anchor == nil {
			continue
		}
		source := "src=" + name(layerKey(t.Number))
		switch {
		case t.Kind == media.LayerKindText && t.Text != nil:
			source = fmt.Sprintf("size=%d,%d&text=%s", t.Width, t.Height, strings.ReplaceAll(url.QueryEscape(richText(t.Text)), "+", "%20"))
		case source == "src=":
			continue // it was refused
		}
		place := anchorPlaces()[t.Anchor.Name]
		commands = append(commands, "layer="+strconv.Itoa(t.Number), source,
			fmt.Sprintf("originN=%v,%v", place[0]-.5, place[1]-.5), fmt.Sprintf("pos=%v,%v", t.Anchor.X, t.Anchor.Y))
		if percent := math.Round(100 * opaque); percent < 100 {
			commands = append(commands, fmt.Sprintf("opac=%v", percent))
		}
		if mode := blendCommand(t.Blend); mode != "" {
			commands = append(commands, "blendMode="+mode)
		}
		if !shown {
			commands = append(commands, "hide=1")
		}
	}
	return commands
}

// blendCommand is the word for a blend mode; "" for normal, and for those that have none.
func blendCommand(mode string) string {
	switch mode {
	case "dissolve", "lighten", "darken", "screen":
		return mode
	case "multiply":
		return "mult"
	}
	return ""
}

// richText is a text as RTF, in one paragraph for each line. Sizes are half points, and
// a point is a pixel of the file.
func richText(t *templateText) string {
	runs := t.Runs
	if len(runs) == 0 {
		runs = []templateTextRun{{Value: t.Value}}
	}
	var fonts, colors, body strings.Builder
	body.WriteString(`\pard` + map[string]string{"center": `\qc`, "right": `\qr`, "justify": `\qj`}[t.Justification])
	for i, run := range runs {
		font := run.Font
		if font == "" {
			font = "Arial"
		}
		fmt.Fprintf(&fonts, `{\f%d %s;}`, i, escapedText(font))
		var red, green, blue int
		_, _ = fmt.Sscanf(run.Color, "#%02x%02x%02x", &red, &green, &blue) // black otherwise
		fmt.Fprintf(&colors, `\red%d\green%d\blue%d;`, red, green, blue)
		fmt.Fprintf(&body, `\f%d\cf%d`, i, i+1)
		if run.Size > 0 {
			fmt.Fprintf(&body, `\fs%d`, int(math.Round(2*run.Size)))
		}
		body.WriteString(" " + escapedText(run.Value))
	}
	return `{\rtf1\ansi{\fonttbl` + fonts.String() + `}{\colortbl;` + colors.String() + `}` + body.String() + `}`
}

// escapedText is text as RTF has it.
func escapedText(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\\' || r == '{' || r == '}':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\par `)
		case r < ' ' || r == 0x7f:
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%d?`, int16(r))
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
