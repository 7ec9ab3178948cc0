package modifier_test

import (
	"encoding/json"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]modifier.Commands{
		"":                             {},
		"crop=1,2,30,40":               {Crop: &modifier.Area{X: 1, Y: 2, Width: 30, Height: 40}},
		"cropN=0,.25,.5,0.75":          {Crop: &modifier.Area{Y: .25, Width: .5, Height: .75, Relative: true}},
		"rgn=-1,-2,3,4":                {Region: &modifier.Area{X: -1, Y: -2, Width: 3, Height: 4}},
		"FLIP=LRUD":                    {Flip: "lrud"},
		"rotate=-90":                   {Rotate: 270},
		"rotate=-1e-300":               {Rotate: 0},
		"rotate=765.5":                 {Rotate: 45.5},
		"extend=1,2,-3,4":              {Extend: &modifier.Margins{Left: 1, Top: 2, Right: -3, Bottom: 4}},
		"extendN=,.5,,":                {Extend: &modifier.Margins{Top: .5, Relative: true}},
		"op_brightness=-10":            {Brightness: -10},
		"op_contrast=20":               {Contrast: 20},
		"op_saturation=-100":           {Saturation: -100},
		"op_invert=1":                  {Invert: true},
		"op_blur=2.5":                  {Blur: 2.5},
		"?wid=100&hei=200":             {Width: 100, Height: 200},
		"wid=100&WID=120":              {Width: 120},
		"scl=2":                        {Scale: 2},
		"fit=constrain":                {Fit: modifier.Fit{Mode: "constrain"}},
		"&fit=crop,1":                  {Fit: modifier.Fit{Mode: "crop", Enlarge: true}},
		"align=-1,0.5":                 {Align: modifier.Alignment{Across: -1, Down: .5}},
		"bgc=255,0,300":                {Background: &color.RGBA{255, 0, 255, 255}},
		"bgc=%23Ff8000":                {Background: &color.RGBA{255, 128, 0, 255}},
		"bgc=0x00ff00":                 {Background: &color.RGBA{0, 255, 0, 255}},
		"resMode=bisharp":              {Resample: "bisharp"},
		"op_sharpen=1":                 {Sharpen: true},
		"op_usm=1.75,0.2,2,1":          {Unsharp: modifier.Unsharp{Amount: 1.75, Radius: .2, Threshold: 2, Monochrome: true}},
		"op_usm=1%2C2":                 {Unsharp: modifier.Unsharp{Amount: 1, Radius: 2}},
		"fmt=jpg":                      {Format: "jpeg"},
		"fmt=png-alpha,rgb":            {Format: "png", Alpha: true},
		"fmt=tif,gray,zip":             {Format: "tif", Gray: true},
		"fmt=png8-alpha":               {Format: "png8", Alpha: true},
		"fmt=png&fmt=gif":              {Format: "gif"},
		"qlt=80":                       {Quality: 80},
		"qlt=90,1":                     {Quality: 90, FullChroma: true},
		"iccEmbed=1":                   {EmbedProfile: true},
		"op_invert=1&op_invert=0&wid=": {},
	} {
		want.Known = text != ""
		got, warnings, err := modifier.Parse(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
		if len(warnings) > 0 != strings.HasSuffix(text, "wid=") {
			t.Errorf("%q warns of %q", text, warnings)
		}
		var sent modifier.Commands
		body, err := json.Marshal(got)
		if err != nil || json.Unmarshal(body, &sent) != nil || !cmp.Equal(sent, got) {
			t.Errorf("%q does not survive JSON: %s", text, body)
		}
	}
}

func TestParseSkipsOrMovesWhatItCannotTake(t *testing.T) {
	for text, want := range map[string]struct {
		warning   string
		effective bool
	}{
		"action=none":                {"not known", false},
		"$preset$":                   {"not known", false},
		"layer=1&wid=10":             {"not known", true},
		"qlt=750":                    {"100 was used", true},
		"qlt=0":                      {"1 was used", true},
		"op_blur=200":                {"100 was used", true},
		"op_brightness=-101":         {"-100 was used", true},
		"op_usm=9,1,0,0":             {"5 was used", true},
		"align=3,0":                  {"1 was used", true},
		"wid=0":                      {"greater than 0", false},
		"hei=-5":                     {"greater than 0", false},
		"wid=ten":                    {"not a number", false},
		"wid=NaN":                    {"not a number", false},
		"wid=1e300":                  {"beyond", false},
		"wid=%zz":                    {"invalid URL escape", false},
		"crop=1,2,3":                 {"4 number", false},
		"crop=1,2,0,4":               {"greater than 0", false},
		"rgn=1,2,3,4,5":              {"4 number", false},
		"flip=sideways":              {"lr, ud, lrud", false},
		"fit=magic":                  {"constrain", false},
		"fit=crop,2":                 {"0 or 1", false},
		"op_invert=2":                {"0 or 1", false},
		"bgc=red":                    {"hexadecimal", false},
		"bgc=1,2":                    {"3 number", false},
		"scl=0":                      {"greater than 0", false},
		"fmt=pjpeg":                  {"baseline", true},
		"fmt=tif,rgb,lzw":            {"lzw", true},
		"fmt=jpeg,cmyk":              {"cmyk", true},
		strings.Repeat("no=1&", 1e3): {"950 more", false},
	} {
		got, warnings, err := modifier.Parse(text)
		if err != nil || len(warnings) == 0 || !strings.Contains(warnings[len(warnings)-1], want.warning) && !strings.Contains(warnings[0], want.warning) {
			t.Errorf("%.40q: %q, %v; want a warning with %q", text, warnings, err, want.warning)
		}
		if got.Effective() != want.effective {
			t.Errorf("%.40q: effective %v", text, got.Effective())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, words := range map[string]string{
		"fmt=webp":                         "cannot be written",
		"wid=100&fmt=avif-alpha":           "cannot be written",
		"fmt=swf":                          "not known",
		"fmt=":                             "not known",
		"fmt=jpeg-alpha":                   "no alpha",
		strings.Repeat("a", 1+(64<<10)):    "65536",
		"fmt=" + strings.Repeat("x", 4096): "…",
	} {
		_, _, err := modifier.Parse(text)
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), words) || len(err.Error()) > 400 {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("crop=1,2,3,4&op_usm=1,2,3,1&fmt=png-alpha,gray&bgc=%23ffffff")
	f.Add("extendN=.1,.2,.3,.4&align=-1,1&qlt=750&fit=wrap,1&resmode=sharp2")
	f.Add("$a$=&&=&%&wid=%31")
	f.Fuzz(func(t *testing.T, text string) {
		c, warnings, err := modifier.Parse(text)
		if err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
		if _, err := json.Marshal(c); err != nil || len(warnings) > 51 {
			t.Errorf("%v, %d warnings", err, len(warnings))
		}
	})
}
