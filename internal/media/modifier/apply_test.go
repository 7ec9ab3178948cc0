package modifier_test

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/modifier"
)

var none = color.RGBA{}

func parse(t *testing.T, text string) modifier.Commands {
	t.Helper()
	c, warnings, err := modifier.Parse(text)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%s: %q, %v", text, warnings, err)
	}
	return c
}

// near reports whether no channel differs by more than far.
func near(a, b color.RGBA, far int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d > far || d < -far {
			return false
		}
	}
	return true
}

func gray(level uint8) color.RGBA { return color.RGBA{level, level, level, 255} }

// The picture has 40 x 20 pixels: its upper left quarter is red, the rest blue.
func TestApplyMovesPixels(t *testing.T) {
	red, blue := mediatest.Corner(), mediatest.Rest()
	white, green := gray(255), color.RGBA{0, 255, 0, 255}
	type at map[image.Point]color.RGBA
	for text, want := range map[string]struct {
		width, height int
		pixels        at
	}{
		"qlt=80":                     {40, 20, at{{0, 0}: red, {19, 9}: red, {20, 9}: blue, {19, 10}: blue}},
		"crop=19,9,2,2":              {2, 2, at{{0, 0}: red, {1, 0}: blue, {0, 1}: blue}},
		"crop=-5,-5,10,10":           {10, 10, at{{4, 4}: none, {5, 5}: red}},
		"crop=100,100,5,6":           {5, 6, at{{0, 0}: none}},
		"cropN=.25,.25,.5,.5":        {20, 10, at{{9, 4}: red, {10, 4}: blue, {9, 5}: blue}},
		"cropN=0,0,.001,.001":        {1, 1, at{{0, 0}: red}},
		"flip=lr":                    {40, 20, at{{0, 0}: blue, {39, 0}: red, {39, 19}: blue}},
		"flip=ud":                    {40, 20, at{{0, 0}: blue, {0, 19}: red, {39, 19}: blue}},
		"flip=lrud":                  {40, 20, at{{0, 0}: blue, {39, 19}: red, {0, 19}: blue}},
		"rotate=90":                  {20, 40, at{{19, 0}: red, {0, 0}: blue, {19, 39}: blue}},
		"rotate=180":                 {40, 20, at{{39, 19}: red, {0, 0}: blue}},
		"rotate=-90":                 {20, 40, at{{0, 39}: red, {0, 0}: blue}},
		"rotate=45":                  {43, 43, at{{0, 0}: none, {42, 42}: none, {14, 11}: red, {21, 30}: blue, {30, 25}: blue}},
		"flip=lr&rotate=90":          {20, 40, at{{19, 39}: red, {19, 0}: blue}},
		"extend=1,2,3,4":             {44, 26, at{{0, 2}: none, {1, 1}: none, {1, 2}: red, {40, 21}: blue, {41, 21}: none, {40, 22}: none}},
		"extend=-10,0,-10,0":         {20, 20, at{{9, 0}: red, {10, 0}: blue}},
		"extendN=.5,0,0,.5":          {60, 30, at{{19, 0}: none, {20, 0}: red, {59, 19}: blue, {59, 20}: none}},
		"rgn=10,5,20,10":             {20, 10, at{{9, 4}: red, {10, 4}: blue}},
		"rgn=30,10,20,20":            {20, 20, at{{9, 9}: blue, {10, 9}: none, {9, 10}: none}},
		"crop=0,0,20,20&rgn=0,0,5,9": {5, 9, at{{4, 8}: red}},
		// Own size, made smaller, and never larger unless allowed.
		"wid=20":                             {20, 10, at{{0, 0}: red, {8, 3}: red, {12, 3}: blue}},
		"hei=5":                              {10, 5, at{{0, 0}: red, {9, 4}: blue}},
		"wid=80":                             {40, 20, at{{0, 0}: red}},
		"wid=80&fit=fit,1":                   {80, 40, at{{37, 17}: red, {42, 17}: blue}},
		"wid=20&hei=20":                      {20, 20, at{{0, 4}: none, {0, 5}: red, {19, 14}: blue, {19, 15}: none}},
		"wid=20&hei=20&bgc=0,255,0":          {20, 20, at{{0, 4}: green, {0, 5}: red, {19, 15}: green}},
		"wid=20&hei=20&align=0,-1":           {20, 20, at{{0, 0}: red, {0, 10}: none}},
		"wid=20&hei=20&align=0,1":            {20, 20, at{{0, 9}: none, {0, 10}: red}},
		"wid=60&hei=60&bgc=ffffff":           {60, 60, at{{9, 30}: white, {10, 20}: red, {10, 19}: white, {49, 39}: blue, {50, 39}: white}},
		"wid=80&hei=60&fit=fit,1":            {80, 60, at{{0, 9}: none, {0, 10}: red, {79, 49}: blue}},
		"wid=20&hei=20&fit=constrain":        {20, 10, at{{0, 0}: red}},
		"wid=400&hei=80&fit=constrain":       {40, 20, at{{0, 0}: red}},
		"wid=400&hei=80&fit=constrain,1":     {160, 80, at{{0, 0}: red}},
		"wid=10&hei=10&fit=crop":             {10, 10, at{{0, 0}: red, {2, 2}: red, {8, 2}: blue}},
		"wid=10&hei=10&fit=crop&align=-1,0":  {10, 10, at{{0, 0}: red, {8, 2}: red}},
		"wid=10&hei=10&fit=crop&align=1,0":   {10, 10, at{{1, 1}: blue}},
		"wid=60&hei=60&fit=crop":             {60, 60, at{{10, 19}: none, {10, 20}: red}},
		"wid=60&hei=60&fit=crop,1":           {60, 60, at{{0, 0}: red, {59, 59}: blue}},
		"wid=10&hei=10&fit=wrap":             {20, 10, at{{0, 0}: red, {19, 9}: blue}},
		"wid=10&hei=10&fit=stretch":          {10, 10, at{{3, 3}: red, {7, 3}: blue, {3, 7}: blue}},
		"wid=80&hei=10&fit=stretch,1":        {80, 10, at{{36, 3}: red, {44, 3}: blue}},
		"wid=20&hei=5&fit=hfit":              {20, 5, at{{8, 0}: red, {8, 4}: blue}},
		"wid=10&hei=10&fit=vfit":             {10, 10, at{{2, 3}: red, {8, 3}: blue}},
		"scl=2":                              {20, 10, at{{0, 0}: red, {19, 9}: blue}},
		"scl=.5":                             {80, 40, at{{36, 16}: red, {43, 16}: blue}},
		"scl=2&wid=10&hei=4":                 {10, 4, at{{3, 0}: red, {6, 0}: blue, {3, 3}: blue}},
		"scl=2&wid=30&bgc=00ff00&align=-1,0": {30, 10, at{{0, 0}: red, {20, 0}: green}},
		"crop=0,0,20,10&wid=5":               {5, 3, at{{4, 1}: red}},
	} {
		src := mediatest.Picture(40, 20)
		got, err := modifier.Apply(src, 1, parse(t, text), modifier.Limits{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.Rect != image.Rect(0, 0, want.width, want.height) {
			t.Errorf("%s: %v, want %d x %d", text, got.Rect, want.width, want.height)
		}
		for place, c := range want.pixels {
			if found := got.RGBAAt(place.X, place.Y); !near(found, c, 10) {
				t.Errorf("%s: %v is %v, want %v", text, place, found, c)
			}
		}
		if src.RGBAAt(0, 0) != red || src.RGBAAt(39, 0) != blue {
			t.Fatalf("%s changed its source", text)
		}
	}
}

func TestApplyChangesColours(t *testing.T) {
	half := color.RGBA{100, 50, 0, 128} // premultiplied
	for text, want := range map[string][2]color.RGBA{
		"op_brightness=20":                   {gray(151), {151, 101, 51, 255}},
		"op_brightness=100":                  {gray(255), gray(255)},
		"op_brightness=-100":                 {gray(0), gray(0)},
		"op_contrast=-50":                    {gray(114), {114, 89, 64, 255}},
		"op_contrast=-100":                   {gray(128), gray(128)},
		"op_contrast=50":                     {gray(73), {73, 0, 0, 255}},
		"op_contrast=100":                    {gray(0), gray(0)},
		"op_saturation=-100":                 {gray(100), gray(59)},
		"op_saturation=100":                  {gray(100), {141, 41, 0, 255}},
		"op_invert=1":                        {gray(155), {155, 205, 255, 255}},
		"op_brightness=-100&op_invert=1":     {gray(255), gray(255)},
		"op_saturation=-100&op_brightness=0": {gray(100), gray(59)},
	} {
		src := image.NewRGBA(image.Rect(0, 0, 3, 1))
		src.SetRGBA(0, 0, gray(100))
		src.SetRGBA(1, 0, color.RGBA{100, 50, 0, 255})
		src.SetRGBA(2, 0, half)
		got, err := modifier.Apply(src, 1, parse(t, text), modifier.Limits{})
		if err != nil || !near(got.RGBAAt(0, 0), want[0], 1) || !near(got.RGBAAt(1, 0), want[1], 1) {
			t.Errorf("%s: %v and %v, want %v, %v", text, got.RGBAAt(0, 0), got.RGBAAt(1, 0), want, err)
		}
		if clear := got.RGBAAt(2, 0); clear.A != 128 || max(clear.R, clear.G, clear.B) > 128 {
			t.Errorf("%s: half transparent becomes %v", text, clear)
		}
	}
}

// edge is a vertical edge between two grays in the middle.
func edge(width, height int, left, right uint8) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(m, image.Rect(0, 0, width/2, height), image.NewUniform(gray(left)), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(width/2, 0, width, height), image.NewUniform(gray(right)), image.Point{}, draw.Src)
	return m
}

func TestBlurSoftensAnEdgeByItsRadius(t *testing.T) {
	for _, radius := range []float64{0.5, 1.5, 2.5, 5.5, 20.5, 100.5} {
		m := edge(1000, 3, 0, 200)
		modifier.Blur(m, radius)
		// One standard deviation to each side of an edge, 15.9 and 84.1 percent of the step are reached.
		at := func(x float64) float64 { return float64(m.RGBAAt(int(499.5+x), 1).R) } // x to the right of the edge
		if low := at(-radius); low < 20 || low > 40 {
			t.Errorf("radius %v: %v before the edge, want about 32", radius, low)
		}
		if sum := at(-radius) + at(radius); sum < 197 || sum > 203 {
			t.Errorf("radius %v: the edge moved: %v", radius, sum)
		}
		if m.RGBAAt(0, 0) != gray(0) || m.RGBAAt(999, 2) != gray(200) {
			t.Errorf("radius %v: far from the edge, %v and %v", radius, m.RGBAAt(0, 0), m.RGBAAt(999, 2))
		}
	}
	m := edge(3, 2, 10, 10)
	modifier.Blur(m, 100)
	if m.RGBAAt(1, 1) != gray(10) {
		t.Errorf("an even picture becomes %v", m.RGBAAt(1, 1))
	}
}

func TestSharpening(t *testing.T) {
	for text, want := range map[string]struct{ dark, light [2]uint8 }{ // from and to, beside the edge
		"op_sharpen=1":                      {[2]uint8{60, 95}, [2]uint8{105, 140}},
		"op_usm=1,1,0,0":                    {[2]uint8{75, 95}, [2]uint8{105, 125}},
		"op_usm=1,1,0,1":                    {[2]uint8{75, 95}, [2]uint8{105, 125}},
		"op_usm=5,2,0,0":                    {[2]uint8{0, 60}, [2]uint8{140, 200}},
		"op_usm=5,2,200,0":                  {[2]uint8{90, 90}, [2]uint8{110, 110}},
		"op_usm=0,2,0,0":                    {[2]uint8{90, 90}, [2]uint8{110, 110}},
		"op_usm=2,0,0,0":                    {[2]uint8{90, 90}, [2]uint8{110, 110}},
		"op_sharpen=0&op_usm=1,1,0,0&scl=1": {[2]uint8{75, 95}, [2]uint8{105, 125}},
	} {
		got, err := modifier.Apply(edge(40, 5, 90, 110), 1, parse(t, text), modifier.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		dark, light := got.RGBAAt(19, 2).R, got.RGBAAt(20, 2).R
		if dark < want.dark[0] || dark > want.dark[1] || light < want.light[0] || light > want.light[1] {
			t.Errorf("%s: %d | %d, want %v", text, dark, light, want)
		}
		if want.dark[0] != 90 && dark >= 90 {
			t.Errorf("%s did not sharpen", text)
		}
		if got.RGBAAt(2, 2) != gray(90) {
			t.Errorf("%s: far from the edge, %v", text, got.RGBAAt(2, 2))
		}
	}
	// In colour each channel moves by itself, in brightness all together.
	m := image.NewRGBA(image.Rect(0, 0, 40, 5))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{100, 100, 100, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(20, 0, 40, 5), image.NewUniform(color.RGBA{160, 100, 100, 255}), image.Point{}, draw.Src)
	each := image.NewRGBA(m.Rect)
	copy(each.Pix, m.Pix)
	modifier.UnsharpMask(each, modifier.Unsharp{Amount: 1, Radius: 1})
	modifier.UnsharpMask(m, modifier.Unsharp{Amount: 1, Radius: 1, Monochrome: true})
	if a, b := each.RGBAAt(19, 2), m.RGBAAt(19, 2); a.G != 100 || a.R >= 100 || b.G >= 100 || b.R != b.G {
		t.Errorf("in colour %v, in brightness %v", a, b)
	}
}

func TestResampling(t *testing.T) {
	over := map[string]bool{"bilin": false, "bicub": true, "sharp2": true, "bisharp": true}
	for mode, overshoots := range over {
		got, err := modifier.Apply(edge(40, 4, 50, 200), 1, parse(t, "wid=160&fit=fit,1&resMode="+mode), modifier.Limits{})
		if err != nil || got.Rect.Dx() != 160 {
			t.Fatal(mode, err)
		}
		low, last, rises := 255, 0, true
		for x := range 160 {
			level := int(got.RGBAAt(x, 8).R)
			low, rises, last = min(low, level), rises && level >= last, level
		}
		if (low < 50) != overshoots || rises == overshoots {
			t.Errorf("%s: lowest %d, rises %v; want overshooting %v", mode, low, rises, overshoots)
		}
	}
	small, err := modifier.Apply(mediatest.Picture(3000, 40), 1, parse(t, "wid=30"), modifier.Limits{})
	if err != nil || !near(small.RGBAAt(29, 0), mediatest.Rest(), 3) || !small.Opaque() {
		t.Errorf("much smaller: %v, %v", small.RGBAAt(29, 0), err)
	}
}

func TestApplyTurnsUprightAfterTheCrop(t *testing.T) {
	// Stored lying on its side: orientation 6 turns it by 90 degrees clockwise.
	got, err := modifier.Apply(mediatest.Picture(40, 20), 6, parse(t, "crop=0,0,20,20&hei=10"), modifier.Limits{})
	if err != nil || got.Rect != image.Rect(0, 0, 10, 10) || !near(got.RGBAAt(9, 0), mediatest.Corner(), 10) || !near(got.RGBAAt(1, 1), mediatest.Rest(), 10) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestApplyRefuses(t *testing.T) {
	lim := modifier.Limits{Pixels: 10_000, MemoryBytes: 60_000}
	for text, want := range map[string]struct {
		class fault.Class
		words string
	}{
		"crop=0,0,101,100":              {fault.TooLarge, "10100 pixels, the limit is 10000"},
		"wid=1000&hei=1000":             {fault.TooLarge, "the limit is 10000"},
		"scl=.01":                       {fault.TooLarge, "the limit is 10000"},
		"scl=.0000001":                  {fault.TooLarge, "an edge has at most"},
		"extend=1e6,1e6,1e6,1e6":        {fault.TooLarge, "an edge has at most"},
		"extendN=1e7,0,0,0":             {fault.TooLarge, "an edge has at most"},
		"extend=0,0,9000,0&rgn=0,0,1,1": {fault.TooLarge, "the limit is 10000"},
		"extend=-20,0,-20,0":            {fault.Invalid, "leaves nothing"},
		"extend=-30,0,-30,0":            {fault.Invalid, "leaves nothing"},
		"crop=0,0,99,99&flip=lr":        {fault.TooLarge, "memory limit"},
		"crop=0,0,99,99&rotate=33":      {fault.TooLarge, "the limit is 10000"},
		"crop=0,0,99,99&op_sharpen=1":   {fault.TooLarge, "memory limit"},
		"crop=0,0,80,80&wid=79":         {fault.TooLarge, "memory limit"},
	} {
		_, err := modifier.Apply(mediatest.Picture(40, 20), 1, parse(t, text), lim)
		if fault.ClassOf(err) != want.class || !strings.Contains(err.Error(), want.words) {
			t.Errorf("%s: %v; want %s with %q", text, err, want.class, want.words)
		}
	}
}

func TestAutoCrop(t *testing.T) {
	framed := func(border, inside color.Color) *image.RGBA {
		m := image.NewRGBA(image.Rect(0, 0, 30, 20))
		draw.Draw(m, m.Rect, image.NewUniform(border), image.Point{}, draw.Src)
		draw.Draw(m, image.Rect(4, 3, 20, 18), image.NewUniform(inside), image.Point{}, draw.Src)
		return m
	}
	inner, whole := image.Rect(4, 3, 20, 18), image.Rect(0, 0, 30, 20)
	near := framed(gray(255), gray(0))
	near.SetRGBA(1, 1, gray(250)) // 5 of 255 is a little less than 0.02.
	twoColours := framed(gray(255), gray(0))
	draw.Draw(twoColours, image.Rect(0, 19, 30, 20), image.NewUniform(gray(0)), image.Point{}, draw.Src)
	for name, tt := range map[string]struct {
		img       *image.RGBA
		corner    string
		tolerance float64
		want      image.Rectangle
	}{
		"exact":                  {framed(gray(255), gray(0)), "UpperLeft", 0, inner},
		"other corner":           {framed(gray(255), gray(0)), "BottomRight", 0, inner},
		"a speck":                {near, "UpperRight", 0, image.Rect(1, 1, 20, 18)},
		"a speck tolerated":      {near, "UpperRight", 0.02, inner},
		"the bottom row differs": {twoColours, "UpperLeft", 0, image.Rect(0, 3, 30, 20)},
		"the bottom corner":      {twoColours, "BottomLeft", 0, image.Rect(0, 0, 30, 19)},
		"one colour":             {framed(gray(9), gray(9)), "UpperLeft", 0, whole},
		"any":                    {framed(gray(255), gray(0)), "UpperLeft", 1, whole},
	} {
		if got, err := modifier.AutoCrop(tt.img, tt.corner, tt.tolerance); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
		}
	}
	if _, err := modifier.AutoCrop(near, "Middle", 0); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("an unknown corner: %v", err)
	}
	for alpha, want := range map[uint8]map[float64]image.Rectangle{
		0:  {0: inner, 0.1: inner, 1: whole},
		20: {0: whole, 0.05: whole, 0.1: inner},
	} {
		for tolerance, rect := range want {
			if got := modifier.AutoCropAlpha(framed(color.RGBA{A: alpha}, gray(0)), tolerance); got != rect {
				t.Errorf("border of alpha %d, tolerance %v: %v, want %v", alpha, tolerance, got, rect)
			}
		}
	}
}
