package main

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// picturesFolder is where the pictures are, beside the page.
const picturesFolder = "pictures"

// shownEntry is a row of the page.
type shownEntry struct {
	Section, Option, Format, Look, Skipped, Problem string
	Warnings                                        []string
	Before, After                                   string // files, relative to the page
}

// writePage writes the page and its pictures. Only what an earlier run wrote is removed.
func writePage(out string, shown []outcome) error {
	pictures := filepath.Join(out, picturesFolder)
	if err := os.RemoveAll(pictures); err != nil {
		return err
	}
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		return err
	}
	var rows []shownEntry
	for i, o := range shown {
		row := shownEntry{Section: o.section, Option: o.option, Format: o.format, Look: o.look, Skipped: o.skipped, Warnings: o.warnings}
		if o.problem != nil {
			row.Problem = o.problem.Error()
		}
		if i > 0 && shown[i-1].section == o.section {
			row.Section = ""
		}
		for word, m := range map[string]image.Image{"before": o.beforePicture, "after": o.afterPicture} {
			if m == nil {
				continue
			}
			name := fmt.Sprintf("%s/%03d-%s.png", picturesFolder, i+1, word)
			if err := writePNG(filepath.Join(out, filepath.FromSlash(name)), m); err != nil {
				return err
			}
			if word == "before" {
				row.Before = name
			} else {
				row.After = name
			}
		}
		rows = append(rows, row)
	}
	var page bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageText)).Execute(&page, rows); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "index.html"), page.Bytes(), 0o644)
}

func writePNG(name string, m image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, onBoard(enlarged(m))); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// enlarged is fitted for small pictures only: those that are put together from others are
// as large as they must be.
func enlarged(m image.Image) image.Image {
	if max(m.Bounds().Dx(), m.Bounds().Dy()) < 100 {
		return fitted(m)
	}
	return m
}

const pageText = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Sluice: what upload options do</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #f6f6f4; }
h2 { margin: 2em 0 .5em; border-bottom: 1px solid #aaa; }
.entry { background: #fff; border: 1px solid #ddd; border-radius: 6px; padding: 1em; margin: 1em 0; }
.entry h3 { margin: 0; }
.format { color: #666; font-weight: normal; }
.pair { display: flex; flex-wrap: wrap; gap: 1.5em; align-items: flex-start; }
figure { margin: .5em 0 0; max-width: 100%; }
figcaption { color: #666; font-size: 13px; }
img { max-width: 100%; border: 1px solid #eee; }
.warning { color: #965a00; }
.problem { color: #b00020; }
</style>
</head>
<body>
<h1>What upload options do</h1>
<p>Before is the file as it is sent, shown by other programs than the server. After is what the server made of it. A chessboard shows through where pictures are transparent.</p>
{{range .}}{{if .Section}}<h2>{{.Section}}</h2>
{{end}}<div class="entry">
<h3>{{.Option}} <span class="format">{{.Format}}</span></h3>
<p>{{.Look}}</p>
{{if .Skipped}}<p class="warning">left out: {{.Skipped}}</p>{{end}}
{{if .Problem}}<p class="problem">{{.Problem}}</p>{{end}}
<div class="pair">
{{if .Before}}<figure><img src="{{.Before}}" alt="before"><figcaption>before</figcaption></figure>{{end}}
{{if .After}}<figure><img src="{{.After}}" alt="after"><figcaption>after</figcaption></figure>{{end}}
</div>
{{range .Warnings}}<p class="warning">{{.}}</p>{{end}}
</div>
{{end}}</body>
</html>
`
