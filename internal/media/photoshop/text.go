package photoshop

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf16"
)

const (
	// maxText is how many bytes of text all layers of a file may give.
	maxText = 1 << 20
	// maxRuns is how many pieces of one text may differ in font, size or colour.
	maxRuns = 500
	// maxEngineData is the longest description of how a text looks, in bytes.
	maxEngineData = 4 << 20
)

// Text is what a text layer says.
type Text struct {
	Value string `json:"value"` // lines end in \n
	// Justification is left, right, center or justify; "" when the file does not say.
	Justification string `json:"justification,omitempty"`
	Vertical      bool   `json:"vertical,omitempty"` // lines run from top to bottom
	// Transform takes a point of the text to one of the file, in pixels: x' = a*x + c*y + tx, y' = b*x + d*y + ty, given
	// as a, b, c, d, tx, ty.
	Transform [6]float64 `json:"transform"`
	Runs      []Run      `json:"runs,omitempty"` // joined, they are Value; none when the file does not say
}

// Run is a piece of a text in one font, size and colour.
type Run struct {
	Value string  `json:"value"`
	Font  string  `json:"font,omitempty"`  // PostScript name
	Size  float64 `json:"size,omitempty"`  // in pixels of the file, before Transform
	Color string  `json:"color,omitempty"` // #rrggbb
}

// readText reads a type tool object setting (TySh): the transformation and a descriptor with the text and, in the
// language of the text engine, how it looks. It returns nil when there is no text. left is how many bytes of text may
// still be kept; what goes beyond is cut off.
func readText(c *cursor, left *int) *Text {
	t := &Text{}
	c.skip(2)
	for i := range t.Transform {
		t.Transform[i] = c.float()
		if math.IsNaN(t.Transform[i]) || math.Abs(t.Transform[i]) > 1e9 {
			t.Transform[i] = 0
		}
	}
	c.skip(2 + 4) // versions of the text and of the descriptor
	fields := descriptor{c: c, items: maxItems}
	found := fields.read(0)
	value, ok := found["Txt "].(string)
	if !ok {
		return nil
	}
	value = cut(value, *left)
	t.Value = lines(value)
	*left -= len(t.Value)
	t.Vertical = found["Ornt"] == "Vrtc"
	if look, ok := found["EngineData"].([]byte); ok {
		t.look(parseEngine(look))
	}
	return t
}

// cut shortens a text to at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:max(n, 0)], "")
}

// lines replaces the ends of paragraphs and lines; other control characters become blanks.
func lines(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\n' || r == 3:
			return '\n'
		case unicode.IsControl(r) || r == 0xfffe || r == 0xffff:
			return ' '
		}
		return r
	}, strings.TrimRight(s, "\r\x00"))
}

// look takes font, size, colour and justification out of the data of the text engine, as far as it has them.
func (t *Text) look(data any) {
	engine, resources := dig(data, "EngineDict"), dig(data, "ResourceDict")
	if list, ok := dig(engine, "ParagraphRun", "RunArray").([]any); ok && len(list) > 0 {
		names := map[float64]string{0: "left", 1: "right", 2: "center", 3: "justify", 4: "justify", 5: "justify", 6: "justify"}
		if kind, ok := dig(list[0], "ParagraphSheet", "Properties", "Justification").(float64); ok {
			t.Justification = names[kind]
		}
	}
	sheets, _ := dig(engine, "StyleRun", "RunArray").([]any)
	lengths, _ := dig(engine, "StyleRun", "RunLengthArray").([]any)
	usual := normalStyle(resources)
	units := utf16.Encode([]rune(t.Value))
	for i, sheet := range sheets {
		length := float64(len(units))
		if i < len(lengths) {
			length, _ = lengths[i].(float64)
		}
		count := int(min(max(length, 0), float64(len(units))))
		if count == 0 {
			continue
		}
		style := dig(sheet, "StyleSheet", "StyleSheetData")
		run := Run{Value: string(utf16.Decode(units[:count])), Font: fontOf(style, usual, resources)}
		run.Size, run.Color = sizeOf(style, usual), colorOf(style, usual)
		units = units[count:]
		if last := len(t.Runs) - 1; last >= 0 && t.Runs[last].like(run) {
			t.Runs[last].Value += run.Value
			continue
		}
		if len(t.Runs) == maxRuns {
			t.Runs = nil
			return
		}
		t.Runs = append(t.Runs, run)
	}
	if len(units) > 0 { // what the data says is not about this text
		t.Runs = nil
	}
}

func (r Run) like(other Run) bool {
	return r.Font == other.Font && r.Size == other.Size && r.Color == other.Color
}

// normalStyle is what holds where a piece of text says nothing.
func normalStyle(resources any) any {
	sheets, _ := dig(resources, "StyleSheetSet").([]any)
	number, _ := dig(resources, "TheNormalStyleSheet").(float64)
	if number < 0 || number >= float64(len(sheets)) {
		return nil
	}
	return dig(sheets[int(number)], "StyleSheetData")
}

func fontOf(style, usual, resources any) string {
	fonts, _ := dig(resources, "FontSet").([]any)
	for _, s := range []any{style, usual} {
		number, ok := dig(s, "Font").(float64)
		if !ok || number < 0 || number >= float64(len(fonts)) {
			continue
		}
		if name, ok := dig(fonts[int(number)], "Name").(string); ok {
			return text(cut(name, maxNameUnits))
		}
	}
	return ""
}

func sizeOf(style, usual any) float64 {
	for _, s := range []any{style, usual} {
		if size, ok := dig(s, "FontSize").(float64); ok && size > 0 && size < 1e6 {
			return size
		}
	}
	return 0
}

// colorOf reads a fill colour: alpha, red, green and blue from 0 to 1.
func colorOf(style, usual any) string {
	for _, s := range []any{style, usual} {
		values, _ := dig(s, "FillColor", "Values").([]any)
		if len(values) != 4 {
			continue
		}
		var rgb [3]int
		for i := range rgb {
			part, _ := values[i+1].(float64)
			rgb[i] = int(math.Round(min(max(part, 0), 1) * 255))
		}
		return fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2])
	}
	return ""
}

// dig follows keys through nested dictionaries; nil when there is nothing.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}
