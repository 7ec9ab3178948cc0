package modifier

import (
	"errors"
	"math"
	"strings"

	"sluice/internal/media/fault"
)

// setter takes the value of one command, in lower case. An error skips the command; one of a fault class ends Parse.
type setter func(p *parser, value string) error

// setters are the known commands (tier 3 contract, section 9.1).
func setters() map[string]setter {
	return map[string]setter{
		"crop": setArea(func(p *parser) **Area { return &p.Crop }, false), "cropn": setArea(func(p *parser) **Area { return &p.Crop }, true),
		"rgn":  setArea(func(p *parser) **Area { return &p.Region }, false),
		"flip": setWord(func(p *parser) *string { return &p.Flip }, "lr", "ud", "lrud"), "rotate": setRotate,
		"extend": setExtend(false), "extendn": setExtend(true),
		"op_brightness": setNumber("op_brightness", func(p *parser) *float64 { return &p.Brightness }, -100, 100),
		"op_contrast":   setNumber("op_contrast", func(p *parser) *float64 { return &p.Contrast }, -100, 100),
		"op_saturation": setNumber("op_saturation", func(p *parser) *float64 { return &p.Saturation }, -100, 100),
		"op_invert":     setFlag(func(p *parser) *bool { return &p.Invert }),
		"op_blur":       setNumber("op_blur", func(p *parser) *float64 { return &p.Blur }, 0, 100),
		"wid":           setPixels(func(p *parser) *int { return &p.Width }), "hei": setPixels(func(p *parser) *int { return &p.Height }),
		"scl": setScale, "fit": setFit, "align": setAlign, "bgc": setBackground,
		"resmode":    setWord(func(p *parser) *string { return &p.Resample }, "bilin", "bicub", "sharp2", "bisharp"),
		"op_sharpen": setFlag(func(p *parser) *bool { return &p.Sharpen }), "op_usm": setUnsharp,
		"fmt": setFormat, "qlt": setQuality, "iccembed": setFlag(func(p *parser) *bool { return &p.EmbedProfile }),
	}
}

func setArea(field func(*parser) **Area, relative bool) setter {
	return func(p *parser, value string) error {
		n, err := numbers(value, 4, 4)
		if err != nil {
			return err
		}
		if n[2] <= 0 || n[3] <= 0 {
			return errors.New("width and height must be greater than 0")
		}
		*field(p) = &Area{n[0], n[1], n[2], n[3], relative}
		return nil
	}
}

func setExtend(relative bool) setter {
	return func(p *parser, value string) error {
		n, err := numbers(value, 4, 4)
		if err != nil {
			return err
		}
		p.Extend = &Margins{n[0], n[1], n[2], n[3], relative}
		return nil
	}
}

func setWord(field func(*parser) *string, list ...string) setter {
	return func(p *parser, value string) error {
		word, err := oneOf(value, list...)
		if err != nil {
			return err
		}
		*field(p) = word
		return nil
	}
}

func setFlag(field func(*parser) *bool) setter {
	return func(p *parser, value string) error {
		set, err := flag(value)
		if err != nil {
			return err
		}
		*field(p) = set
		return nil
	}
}

func setNumber(name string, field func(*parser) *float64, low, high float64) setter {
	return func(p *parser, value string) error {
		n, err := numbers(value, 1, 1)
		if err != nil {
			return err
		}
		*field(p) = p.within(name, n[0], low, high)
		return nil
	}
}

func setPixels(field func(*parser) *int) setter {
	return func(p *parser, value string) error {
		n, err := numbers(value, 1, 1)
		if err != nil {
			return err
		}
		if n[0] < 0.5 {
			return errors.New("it must be greater than 0")
		}
		*field(p) = int(math.Round(n[0]))
		return nil
	}
}

func setRotate(p *parser, value string) error {
	n, err := numbers(value, 1, 1)
	if err != nil {
		return err
	}
	p.Rotate = math.Mod(n[0], 360)
	if p.Rotate < 0 {
		p.Rotate = math.Mod(p.Rotate+360, 360)
	}
	return nil
}

func setScale(p *parser, value string) error {
	n, err := numbers(value, 1, 1)
	if err != nil {
		return err
	}
	if n[0] <= 0 {
		return errors.New("it must be greater than 0")
	}
	p.Scale = n[0]
	return nil
}

func setFit(p *parser, value string) error {
	word, more, _ := strings.Cut(value, ",")
	mode, err := oneOf(strings.TrimSpace(word), "fit", "constrain", "crop", "wrap", "stretch", "hfit", "vfit")
	if err != nil {
		return err
	}
	enlarge := false
	if more = strings.TrimSpace(more); more != "" {
		if enlarge, err = flag(more); err != nil {
			return err
		}
	}
	p.Fit = Fit{Mode: mode, Enlarge: enlarge}
	return nil
}

func setAlign(p *parser, value string) error {
	n, err := numbers(value, 2, 2)
	if err != nil {
		return err
	}
	p.Align = Alignment{Across: p.within("align", n[0], -1, 1), Down: p.within("align", n[1], -1, 1)}
	return nil
}

func setBackground(p *parser, value string) error {
	c, err := colour(value)
	if err != nil {
		return err
	}
	p.Background = c
	return nil
}

func setUnsharp(p *parser, value string) error {
	n, err := numbers(value, 1, 4)
	if err != nil {
		return err
	}
	p.Unsharp = Unsharp{
		Amount: p.within("op_usm", n[0], 0, 5), Radius: p.within("op_usm", n[1], 0, 250),
		Threshold: int(math.Round(p.within("op_usm", n[2], 0, 255))), Monochrome: p.within("op_usm", n[3], 0, 1) >= 0.5,
	}
	return nil
}

func setQuality(p *parser, value string) error {
	n, err := numbers(value, 1, 2)
	if err != nil {
		return err
	}
	p.Quality = int(math.Round(p.within("qlt", n[0], 1, 100)))
	p.FullChroma = n[1] == 1
	return nil
}

// setFormat reads the format with the pixel type and the compression that may follow it. Only the format counts as
// asked for; the others are met where they can be.
func setFormat(p *parser, value string) error {
	words := strings.Split(value, ",")
	form := strings.TrimSpace(words[0])
	format, alpha := strings.CutSuffix(form, "-alpha")
	progressive := false
	switch format {
	case "jpeg", "jpg", "pjpeg":
		if alpha {
			return badFormat(form)
		}
		format, progressive = "jpeg", format == "pjpeg"
	case "png", "png8", "gif", "tif":
	default:
		return badFormat(form)
	}
	p.Format, p.Alpha, p.Progressive, p.Gray = format, alpha, progressive, false
	if progressive {
		p.warn("progressive JPEG files are not written here; a baseline JPEG file is made")
	}
	for i, word := range words[1:] {
		switch word = strings.TrimSpace(word); {
		case word == "" || i == 0 && word == "rgb" || i == 1 && word == "zip" && format == "tif":
		case i == 0 && word == "gray":
			p.Gray = true
		default:
			p.warn("%s after fmt=%s was skipped", shown(word), form)
		}
	}
	return nil
}

func badFormat(form string) error {
	reason := "is not known"
	switch strings.TrimSuffix(form, "-alpha") {
	case "webp", "avif":
		reason = "cannot be written on this server"
	case "jpeg", "jpg", "pjpeg":
		reason = "has no alpha channel"
	}
	return refuse(fault.Invalid, "modifier.Parse",
		"the format %s of the modifier %s; possible are jpeg, jpg, pjpeg, png, png8, gif and tif, the last four also with -alpha",
		shown(form), reason)
}
