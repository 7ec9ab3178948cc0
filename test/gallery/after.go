package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"path"
	"slices"
	"strings"

	"sluice/internal/wire/xmp"
)

// derivedOf lists what was made of the main asset of a kind, by page and layer.
func (r result) derivedOf(kind string) (found []derived, err error) {
	a, err := r.main()
	if err != nil {
		return nil, err
	}
	for _, d := range a.Derived {
		if d.Kind == kind {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no %s; the log says %v", a.FileName, kind, r.rows)
	}
	slices.SortStableFunc(found, func(a, b derived) int { return cmp.Or(a.Page-b.Page, a.Layer-b.Layer, strings.Compare(a.Name, b.Name)) })
	return found, nil
}

// shownOf is a picture of the first thing of a kind.
func (k *kit) shownOf(ctx context.Context, r result, kind string) (image.Image, error) {
	found, err := r.derivedOf(kind)
	if err != nil {
		return nil, err
	}
	return k.shown(ctx, found[0])
}

func (k *kit) shown(ctx context.Context, d derived) (image.Image, error) {
	body, err := k.read(ctx, d.URL)
	if err != nil {
		return nil, err
	}
	return k.view(ctx, sample{d.Name, body})
}

// optimized shows the optimised image.
func optimized(ctx context.Context, k *kit, r result) (image.Image, error) {
	m, err := k.shownOf(ctx, r, "optimized")
	if err != nil {
		return nil, err
	}
	return moderate(m), nil
}

// thumbnail shows the thumbnail.
func thumbnail(ctx context.Context, k *kit, r result) (image.Image, error) {
	found, err := r.derivedOf("thumbnail")
	if err != nil {
		return nil, err
	}
	body, err := k.read(ctx, found[0].URL)
	if err != nil {
		return nil, err
	}
	return k.image(ctx, sample{"thumbnail.jpg", body})
}

// levels shows all levels of the optimised image.
func levels(ctx context.Context, k *kit, r result) (image.Image, error) {
	found, err := r.derivedOf("optimized")
	if err != nil {
		return nil, err
	}
	body, err := k.read(ctx, found[0].URL)
	if err != nil {
		return nil, err
	}
	all, err := k.levels(ctx, sample{found[0].Name, body})
	if err != nil {
		return nil, err
	}
	var shown []captioned
	for _, m := range all {
		shown = append(shown, captioned{size(m), m})
	}
	return sheet(shown...), nil
}

// cropped shows the rectangle that the asset has, and the optimised image.
func cropped(ctx context.Context, k *kit, r result) (image.Image, error) {
	a, err := r.main()
	if err != nil {
		return nil, err
	}
	m, err := optimized(ctx, k, r)
	if err != nil {
		return nil, err
	}
	source, err := k.view(ctx, r.files[len(r.files)-1])
	if err != nil {
		return nil, err
	}
	caption := "no crop"
	if c := a.Crop; c != nil {
		caption = fmt.Sprintf("crop %d, %d, %d x %d", c.X, c.Y, c.Width, c.Height)
		source = outlined(onBoard(source), image.Rect(c.X, c.Y, c.X+c.Width, c.Y+c.Height), color.NRGBA{255, 0, 255, 255})
	}
	return sheet(captioned{caption, onBoard(source)}, captioned{"optimised " + size(m), onBoard(m)}), nil
}

// masked shows the optimised image and the mask.
func masked(ctx context.Context, k *kit, r result) (image.Image, error) {
	m, err := optimized(ctx, k, r)
	if err != nil {
		return nil, err
	}
	mask, err := k.shownOf(ctx, r, "mask")
	if err != nil {
		return nil, err
	}
	return sheet(captioned{"optimised", onBoard(m)}, captioned{"mask", mask}), nil
}

// made shows all things of a kind with their names.
func made(kind string) func(context.Context, *kit, result) (image.Image, error) {
	return func(ctx context.Context, k *kit, r result) (image.Image, error) {
		found, err := r.derivedOf(kind)
		if err != nil {
			return nil, err
		}
		var shown []captioned
		for _, d := range found {
			if kind == "encoding" && path.Ext(d.Name) == "" {
				continue // the set of the encodings
			}
			m, err := k.shown(ctx, d)
			if err != nil {
				return nil, err
			}
			shown = append(shown, captioned{fmt.Sprintf("%s %s", d.Name, size(m)), fitted(onBoard(m))})
		}
		return sheet(shown...), nil
	}
}

// listed shows the assets of the entry as a tree, with their types.
func listed(_ context.Context, _ *kit, r result) (image.Image, error) {
	var paths []string
	for _, a := range r.assets {
		_, below, _ := strings.Cut(strings.TrimPrefix(a.Folder, "Demo/"), "/")
		paths = append(paths, fmt.Sprintf("%s%s   (%s)", below, a.FileName, a.Type))
	}
	return tree(paths...), nil
}

// logged shows the rows of the job's log.
func logged(_ context.Context, _ *kit, r result) (image.Image, error) {
	var lines []string
	for _, row := range r.rows {
		line := row.Type + ": " + row.Message
		for len(line) > 90 {
			cut := max(40, strings.LastIndex(line[:90], " "))
			lines, line = append(lines, line[:cut]), "    "+line[cut:]
		}
		lines = append(lines, line)
	}
	return written(lines...), nil
}

// described shows the metadata of the asset and what the API says of its projects.
func described(ctx context.Context, k *kit, r result) (image.Image, error) {
	a, err := r.main()
	if err != nil {
		return nil, err
	}
	var lines []string
	for field, value := range a.Metadata {
		lines = append(lines, field+": "+value)
	}
	slices.Sort(lines)
	n, err := k.ips(ctx, "getXMPPacket", company+fmt.Sprintf("<assetHandle>a|%d</assetHandle>", a.Number))
	if data, problem := base64.StdEncoding.DecodeString(n.text("compressedPacket")); err == nil && problem == nil && len(data) > 0 {
		packet, err := xmp.Unpack(data)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(packet)) {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("nothing is known of %s", a.FileName)
	}
	return written(lines...), nil
}

// inProject shows the assets of the project.
func inProject(ctx context.Context, k *kit, r result) (image.Image, error) {
	n, err := k.ips(ctx, "searchAssets", company+"<includeSubfolders>true</includeSubfolders><projectHandle>"+k.handles["project"]+"</projectHandle>")
	if err != nil {
		return nil, err
	}
	names := []string{"project Spring:"}
	for _, name := range n.all("name") {
		names = append(names, "    "+name.Text)
	}
	if len(names) == 1 {
		return nil, fmt.Errorf("the project is empty: %v", r.rows)
	}
	return written(names...), nil
}

// withWords draws the boxes of the words that getSearchStrings answers on the asset
// whose name is that of the file with another ending: the image of a page, or the file itself.
func withWords(ending string) func(context.Context, *kit, result) (image.Image, error) {
	return func(ctx context.Context, k *kit, r result) (image.Image, error) {
		a, m, err := k.companion(ctx, r, ending)
		if err != nil {
			return nil, err
		}
		n, err := k.ips(ctx, "getSearchStrings", company+fmt.Sprintf("<assetHandle>a|%d</assetHandle>", a.Number))
		if err != nil {
			return nil, err
		}
		var said []string
		for _, item := range n.all("items") {
			line := color.NRGBA{0, 160, 0, 255}
			if words := item.own("searchString"); words != "" {
				said = append(said, words)
			} else {
				line = color.NRGBA{255, 0, 255, 255} // a word of it
			}
			box := [4]int{}
			for i, side := range []string{"x", "y", "width", "height"} {
				if _, err := fmt.Sscan(item.own(side), &box[i]); err != nil {
					return nil, fmt.Errorf("the %s of %+v: %w", side, item, err)
				}
			}
			m = outlined(m, image.Rect(box[0], box[1], box[0]+box[2], box[1]+box[3]), line)
		}
		if len(said) == 0 {
			return nil, fmt.Errorf("%s has no words", a.FileName)
		}
		return sheet(captioned{strings.Join(said, " / "), m}), nil
	}
}

// withLinks draws the image maps of an image.
func withLinks(ending string) func(context.Context, *kit, result) (image.Image, error) {
	return func(ctx context.Context, k *kit, r result) (image.Image, error) {
		a, m, err := k.companion(ctx, r, ending)
		if err != nil {
			return nil, err
		}
		n, err := k.ips(ctx, "getAssets", company+fmt.Sprintf("<assetHandleArray><items>a|%d</items></assetHandleArray>", a.Number))
		if err != nil {
			return nil, err
		}
		regions, actions := n.all("region"), n.all("action")
		if len(regions) == 0 || len(actions) != len(regions) {
			return nil, fmt.Errorf("%s has %d regions and %d actions", a.FileName, len(regions), len(actions))
		}
		lines := []captioned{}
		for i, region := range regions {
			var x1, y1, x2, y2 int
			if _, err := fmt.Sscanf(region.Text, "%d,%d,%d,%d", &x1, &y1, &x2, &y2); err != nil {
				return nil, err
			}
			m = outlined(m, image.Rect(x1, y1, x2, y2), color.NRGBA{255, 0, 255, 255})
			lines = append(lines, captioned{"", written(region.Text, actions[i].Text)})
		}
		return sheet(append([]captioned{{a.FileName, m}}, lines...)...), nil
	}
}

// companion is the asset whose name is that of the first file with another ending, and
// its picture.
func (k *kit) companion(ctx context.Context, r result, ending string) (asset, image.Image, error) {
	a, err := r.named(strings.TrimSuffix(r.files[0].name, path.Ext(r.files[0].name)) + ending)
	if err != nil {
		return a, nil, err
	}
	m, err := k.originalOf(ctx, a)
	return a, m, err
}

func (k *kit) originalOf(ctx context.Context, a asset) (image.Image, error) {
	body, err := k.original(ctx, a.UUID)
	if err != nil {
		return nil, err
	}
	return k.view(ctx, sample{a.FileName, body})
}

// templateLayer is a layer of the template of a Photoshop file
// (docs/protocols/photoshop-template.md).
type templateLayer struct {
	Name, Kind, Image   string
	X, Y, Width, Height int
	Anchor              *struct {
		Name string
		X, Y float64
	}
	Layers []templateLayer
}

// composed draws the template: where the images of the layers are, and their anchors.
func composed(ctx context.Context, k *kit, r result) (image.Image, error) {
	found, err := r.derivedOf("template")
	if err != nil {
		return nil, err
	}
	var t templateLayer
	for _, d := range found {
		if path.Ext(d.Name) == ".json" {
			body, err := k.read(ctx, d.URL)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(body, &t); err != nil {
				return nil, err
			}
		}
	}
	if len(t.Layers) == 0 {
		return nil, fmt.Errorf("no template among %v", found)
	}
	m := onBoard(image.NewNRGBA(image.Rect(0, 0, t.Width, t.Height)))
	var lines []string
	if m, err = k.lay(ctx, r, m, t.Layers, "", &lines); err != nil {
		return nil, err
	}
	return sheet(captioned{"the template put together", m}, captioned{"", written(lines...)}), nil
}
