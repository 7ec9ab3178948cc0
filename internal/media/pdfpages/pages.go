// Package pdfpages finds the pages of a PDF file and the links on them. It shows nothing and runs nothing. It is for bytes
// that nobody trusts, and belongs into a process of its own all the same.
package pdfpages

import (
	"math"
	"strings"
)

// Document is what was found in a file.
type Document struct {
	Pages     []Page `json:"pages,omitempty"`
	Encrypted bool   `json:"encrypted,omitempty"` // its links cannot be read
	More      bool   `json:"more,omitempty"`      // there are more pages or links than were asked for
}

// Page is a page as it is shown: cut to its crop box and turned upright. Lengths are in points of 1/72 inch.
type Page struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Links  []Link  `json:"links,omitempty"`
}

// Link is a rectangle of a page, from its upper left corner, that leads somewhere.
type Link struct {
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
	URI    string  `json:"uri,omitempty"`
	Page   int     `json:"page,omitempty"` // from 1, in this file; 0 = URI
}

// Limits of what is read.
const (
	mostLinks = 1000 // of a page
	maxURI    = 4096 // bytes
	mostNodes = 100_000
	// mostVisits is how many entries of lists of pages, links and destinations are looked at: many may share one list.
	mostVisits = 2_000_000
)

// Read finds at most limit pages.
func Read(data []byte, limit int) Document {
	f := scan(data)
	w := &walker{file: f, limit: limit, numbers: map[ref]int{}, seen: map[ref]bool{}, places: map[text]any{}}
	root := f.dict(f.root)
	w.tree(root["Pages"], box{}, box{}, 0, 0)
	w.doc.Encrypted = f.encrypted
	if f.encrypted {
		return w.doc
	}
	w.names(f.dict(root["Names"])["Dests"], 0)
	for i, page := range w.pages {
		w.links(&w.doc.Pages[i], page)
	}
	return w.doc
}

type box struct{ x0, y0, x1, y1 float64 }

func (b box) empty() bool { return b.x1-b.x0 <= 0 || b.y1-b.y0 <= 0 }

// leaf is a page with what it inherited.
type leaf struct {
	dict   dict
	shown  box
	rotate int // 0, 90, 180 or 270 degrees clockwise
}

// walker goes through the page tree.
type walker struct {
	file    *file
	limit   int
	doc     Document
	pages   []leaf
	numbers map[ref]int // pages by their object, from 1
	seen    map[ref]bool
	nodes   int
	visits  int
	places  map[text]any // named destinations
}

func (w *walker) tree(node any, media, crop box, rotate, depth int) {
	r, isRef := node.(ref)
	d := w.file.dict(node)
	if w.nodes++; d == nil || depth > deepest || w.nodes > mostNodes || isRef && w.seen[r] {
		return
	}
	w.seen[r] = isRef
	if b := w.box(d["MediaBox"]); !b.empty() {
		media = b
	}
	if b := w.box(d["CropBox"]); !b.empty() {
		crop = b
	}
	if turned, ok := w.file.resolve(d["Rotate"]).(float64); ok {
		rotate = ((int(turned)%360 + 360) % 360) / 90 * 90
	}
	if kids := w.file.array(d["Kids"]); kids != nil {
		for _, kid := range kids {
			if !w.visit() {
				return
			}
			w.tree(kid, media, crop, rotate, depth+1)
		}
		return
	}
	if len(w.pages) >= w.limit {
		w.doc.More = true
		return
	}
	if media.empty() {
		media = box{0, 0, 612, 792}
	}
	shown := media
	if !crop.empty() {
		shown = box{max(media.x0, crop.x0), max(media.y0, crop.y0), min(media.x1, crop.x1), min(media.y1, crop.y1)}
		if shown.empty() {
			shown = media
		}
	}
	page := Page{Width: shown.x1 - shown.x0, Height: shown.y1 - shown.y0}
	if rotate%180 != 0 {
		page.Width, page.Height = page.Height, page.Width
	}
	w.pages = append(w.pages, leaf{d, shown, rotate})
	w.doc.Pages = append(w.doc.Pages, page)
	if isRef {
		w.numbers[r] = len(w.pages)
	}
}

// visit counts an entry of a list, and reports whether it may be looked at.
func (w *walker) visit() bool {
	if w.visits++; w.visits > mostVisits {
		w.doc.More = true
	}
	return w.visits <= mostVisits
}

// box reads a rectangle, of which any two opposite corners may be given.
func (w *walker) box(v any) box {
	list := w.file.array(v)
	if len(list) < 4 {
		return box{}
	}
	var n [4]float64
	for i := range n {
		value, ok := w.file.resolve(list[i]).(float64)
		if !ok || math.Abs(value) > 1e7 {
			return box{}
		}
		n[i] = value
	}
	return box{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}
}

// links collects the link annotations of a page (section 12.5.6.5).
func (w *walker) links(page *Page, l leaf) {
	for _, v := range w.file.array(l.dict["Annots"]) {
		if !w.visit() {
			return
		}
		d := w.file.dict(v)
		if d == nil || w.file.resolve(d["Subtype"]) != name("Link") {
			continue
		}
		area := w.box(d["Rect"])
		link, ok := w.target(d)
		if !ok || area.empty() {
			continue
		}
		if len(page.Links) >= mostLinks {
			w.doc.More = true
			return
		}
		x0, y0 := l.place(area.x0, area.y0)
		x1, y1 := l.place(area.x1, area.y1)
		link.Left, link.Right = max(0, min(x0, x1)), min(page.Width, max(x0, x1))
		link.Top, link.Bottom = max(0, min(y0, y1)), min(page.Height, max(y0, y1))
		if link.Right > link.Left && link.Bottom > link.Top {
			page.Links = append(page.Links, link)
		}
	}
}

// place turns a point of the page into one of the page as it is shown, from the upper left corner.
func (l leaf) place(x, y float64) (float64, float64) {
	width, height := l.shown.x1-l.shown.x0, l.shown.y1-l.shown.y0
	x, y = x-l.shown.x0, y-l.shown.y0
	switch l.rotate {
	case 90:
		return y, x
	case 180:
		return width - x, y
	case 270:
		return height - y, width - x
	}
	return x, height - y
}

// target is where a link leads to; false when that is neither an address nor a page of the file.
func (w *walker) target(d dict) (link Link, ok bool) {
	dest := d["Dest"]
	if action := w.file.dict(d["A"]); action != nil {
		switch w.file.resolve(action["S"]) {
		case name("URI"):
			uri, is := w.file.resolve(action["URI"]).(text)
			link.URI = strings.TrimSpace(string(uri))
			return link, is && link.URI != "" && len(link.URI) <= maxURI
		case name("GoTo"):
			dest = action["D"]
		default:
			return link, false
		}
	}
	for range 4 {
		switch v := w.file.resolve(dest).(type) {
		case array:
			if len(v) == 0 {
				return link, false
			}
			if r, is := v[0].(ref); is {
				link.Page = w.numbers[r]
			} else if n, is := v[0].(float64); is && n >= 0 && int(n) < len(w.pages) {
				link.Page = int(n) + 1
			}
			return link, link.Page > 0
		case dict:
			dest = v["D"]
		case text:
			dest = w.places[v]
		case name:
			dest = w.file.dict(w.file.dict(w.file.root)["Dests"])[v]
		default:
			return link, false
		}
	}
	return link, false
}

// names reads a tree of named destinations (section 7.9.6).
func (w *walker) names(node any, depth int) {
	d := w.file.dict(node)
	if w.nodes++; d == nil || depth > deepest || w.nodes > mostNodes {
		return
	}
	list := w.file.array(d["Names"])
	for i := 0; i+1 < len(list) && w.visit(); i += 2 {
		if key, ok := w.file.resolve(list[i]).(text); ok {
			w.places[key] = list[i+1]
		}
	}
	for _, kid := range w.file.array(d["Kids"]) {
		if !w.visit() {
			return
		}
		w.names(kid, depth+1)
	}
}
