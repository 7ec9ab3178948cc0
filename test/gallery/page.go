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

// shownSection is a heading of the page with its entries.
type shownSection struct {
	Name    string
	Entries []shownEntry
}

// shownEntry is one entry of the page.
type shownEntry struct {
	Option, Format, Look, Sent, Skipped, Problem string
	Warnings                                     []string
	Before, After                                string // files, relative to the page
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
	var sections []shownSection
	for i, o := range shown {
		row := shownEntry{Sent: o.sent(), Option: o.option, Format: o.format, Look: o.look, Skipped: o.skipped, Warnings: o.warnings}
		if o.problem != nil {
			row.Problem = o.problem.Error()
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
		if i == 0 || shown[i-1].section != o.section {
			sections = append(sections, shownSection{Name: o.section})
		}
		last := &sections[len(sections)-1]
		last.Entries = append(last.Entries, row)
	}
	var page bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageText)).Execute(&page, sections); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "index.html"), page.Bytes(), 0o644)
}

// sent are the options of the entry that differ from those of a plain upload.
func (e entry) sent() string {
	options := e.early + e.late
	if e.letters != "" {
		options = "<emailSetting>" + e.letters + "</emailSetting>" + options
	}
	if e.mask {
		options = "<createMask>true</createMask>" + options
	}
	if e.unmarked {
		options = "<readyForPublish>false</readyForPublish>" + options
	}
	if e.keep {
		options = "<overwrite>false</overwrite>" + options
	}
	return options
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
<meta name="viewport" content="width=device-width">
<title>Sluice: what upload options do</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #f6f6f4; }
h2 { margin: 1.5em 0 .5em; border-bottom: 1px solid #aaa; }
nav a { display: inline-block; margin: 0 1.2em .3em 0; color: #24527a; }
.entries { display: flex; flex-wrap: wrap; gap: 1em; align-items: stretch; }
.entry { background: #fff; border: 1px solid #ddd; border-radius: 6px; padding: .8em 1em; box-sizing: border-box; flex: 0 1 auto; min-width: 30em; max-width: 100%; }
.entry h3 { margin: 0; font-size: 16px; }
.entry p { margin: .3em 0; max-width: 60em; }
.format { color: #666; font-weight: normal; }
.sent { display: block; width: 0; min-width: 100%; color: #47606e; font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; margin: .3em 0; }
.pair { display: flex; flex-wrap: wrap; gap: 1.2em; align-items: flex-start; }
figure { margin: .5em 0 0; max-width: 100%; }
figcaption { color: #666; font-size: 13px; }
img { max-width: 100%; border: 1px solid #eee; }
.warning { color: #965a00; width: 0; min-width: 100%; }
.problem { color: #b00020; }
</style>
</head>
<body>
<h1>What upload options do</h1>
<p>Before is the file as it is sent. After is what the server made of it, and in brown the warnings and errors of the job's log. A chessboard shows through where pictures are transparent.</p>
<nav>{{range $i, $s := .}}<a href="#s{{$i}}">{{$s.Name}} ({{len $s.Entries}})</a>
{{end}}</nav>
{{range $i, $s := .}}<h2 id="s{{$i}}">{{$s.Name}}</h2>
<div class="entries">
{{range $s.Entries}}<div class="entry">
<h3>{{.Option}} <span class="format">{{.Format}}</span></h3>
<p>{{.Look}}</p>
{{if .Sent}}<code class="sent">{{.Sent}}</code>{{end}}
{{if .Skipped}}<p class="warning">left out: {{.Skipped}}</p>{{end}}
{{if .Problem}}<p class="problem">{{.Problem}}</p>{{end}}
<div class="pair">
{{if .Before}}<figure><img src="{{.Before}}" alt="before"><figcaption>before</figcaption></figure>{{end}}
{{if .After}}<figure><img src="{{.After}}" alt="after"><figcaption>after</figcaption></figure>{{end}}
</div>
{{range .Warnings}}<p class="warning">{{.}}</p>{{end}}
</div>
{{end}}</div>
{{end}}</body>
</html>
`
