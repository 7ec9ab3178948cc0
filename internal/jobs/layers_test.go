package jobs

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// fakeCutter cuts every file alike.
type fakeCutter struct {
	file    media.LayeredFile
	extend  bool // as asked for last
	size    string
	refusal string
	failure *engine.Failure
	takeErr error
}

func (c *fakeCutter) CutLayers(_ context.Context, src io.ReaderAt, size int64, _ string, extend bool, take func(media.LayerPicture) error) (media.LayeredFile, string, *engine.Failure) {
	c.extend = extend
	var walk func(list []media.Layer)
	walk = func(list []media.Layer) {
		for _, l := range list {
			walk(l.Layers)
			if !l.Pictured || c.takeErr != nil {
				continue
			}
			body := fmt.Sprintf("\x89PNG\r\n\x1a\n%s%s", l.Name, c.size)
			p := media.LayerPicture{Number: l.Number, Width: l.Width, Height: l.Height, Alpha: true, Size: int64(len(body)), Body: strings.NewReader(body)}
			if extend {
				p.Width, p.Height = c.file.Width, c.file.Height
			}
			c.takeErr = take(p)
		}
	}
	walk(c.file.Layers)
	return c.file, c.refusal, c.failure
}

// poster is a file as cutters describe it.
func poster() media.LayeredFile {
	layer := func(number int, name, kind string, x, y, width, height int) media.Layer {
		return media.Layer{Number: number, Name: name, Kind: kind, X: x, Y: y, Width: width, Height: height,
			Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Pictured: width > 0}
	}
	title := layer(3, "Title: 50% off", "text", 20, 30, 100, 40)
	title.Text = &media.LayerText{Value: "Half price\nfor <all>", Justification: "left", Transform: [6]float64{2, 0, 0, 2, 20, 60},
		Runs: []media.TextRun{{Value: "Half price\nfor ", Font: "Bold", Size: 12, Color: "#ff0000"}, {Value: "<all>", Font: "Light", Size: 6}}}
	group := media.Layer{Name: "Text", Kind: media.LayerKindGroup, Visible: false, Opacity: .5, Fill: 1, Blend: "pass-through", Layers: []media.Layer{title}}
	return media.LayeredFile{
		Width: 400, Height: 300, Resolution: 144, Mode: "rgb", Depth: 8, Warnings: []string{"a warning"},
		Layers: []media.Layer{
			layer(1, "Background", "image", 0, 0, 400, 300), layer(2, "Levels 1", "adjustment", 0, 0, 0, 0), group,
			layer(4, "Layer 2", "image", 100, 50, 21, 40), layer(5, "Price Tag", "image", -10, 5, 30, 30),
			layer(6, "Price Tag", "image", 0, 0, 5, 5), layer(7, "??", "image", 0, 0, 5, 5),
		},
	}
}

// cut uploads a Photoshop file into ads/ and carries out what it queues.
func (s *site) cut(name string, o ingest.Photoshop, cutter LayerCutter) (*ingest.Asset, []string) {
	s.t.Helper()
	ctx := s.t.Context()
	in := s.engine.NewIntake()
	defer in.Close()
	spool, err := in.Receive(ctx, strings.NewReader("a Photoshop file"), -1)
	s.ok(err)
	o.Layers = true
	j, out, err := s.engine.Deliver(ctx, s.editor, in, engine.Delivery{
		Company: s.company.Number, End: true, Files: []engine.Incoming{{Spool: spool, Folder: "ads/", FileName: name}},
		Open: &engine.JobSpec{Door: ingest.DoorScene7, Name: "job", Processing: ingest.Processing{Overwrite: true, Photoshop: &o}},
	})
	s.ok(err)
	for {
		tasks, err := s.engine.ClaimTasks(ctx, 10)
		s.ok(err)
		if len(tasks) == 0 {
			break
		}
		for _, t := range tasks {
			if t.Kind != ingest.TaskLayers {
				s.ok(s.engine.CompleteTask(ctx, t, engine.TaskResult{}))
				continue
			}
			result, failure := Layers(s.engine, cutter)(ctx, t)
			if failure != nil {
				s.ok(s.engine.FailTask(ctx, t, *failure))
				continue
			}
			s.ok(s.engine.CompleteTask(ctx, t, result))
			s.ok(s.engine.CompleteTask(ctx, t, result)) // the answer was lost, or so it seemed
			if result.Intake != nil {
				result.Intake.Close()
			}
		}
	}
	log, err := s.engine.JobLogDetails(ctx, s.editor, s.company.Number, engine.DetailQuery{Ref: engine.JobRef{Number: j.Number}})
	s.ok(err)
	var lines []string
	for _, r := range log[0].Rows {
		if r.Type == ingest.LogUploadWarning || r.Type == ingest.LogUploadError {
			lines = append(lines, string(r.Type)+" "+r.AssetName+": "+r.Message)
		}
	}
	return out[0].Asset, lines
}

// made lists the assets by path, without the originals.
func (s *site) made() []string {
	s.t.Helper()
	list, err := s.engine.Assets(s.t.Context(), s.editor, engine.AssetQuery{}, ingest.Page{Limit: 100})
	s.ok(err)
	var names []string
	for _, a := range list {
		if a.Engine != "" {
			names = append(names, fmt.Sprintf("%s%s %s %s", a.Path, a.FileName, a.Type, a.Engine))
		}
	}
	slices.Sort(names)
	return names
}

// The four namings, after the contract, section 6.4.
func TestNamesOfLayers(t *testing.T) {
	for naming, want := range map[string][]string{
		"":          {"ads/1.png", "ads/4.png", "ads/7.png", "ads/Price Tag-1.png", "ads/Price Tag.png", "ads/Title 50 off.png"},
		"LayerName": {"ads/1.png", "ads/4.png", "ads/7.png", "ads/Price Tag-1.png", "ads/Price Tag.png", "ads/Title 50 off.png"},
		"AppendNumber": {"ads/Spring Ad_1.png", "ads/Spring Ad_3.png", "ads/Spring Ad_4.png", "ads/Spring Ad_5.png", "ads/Spring Ad_6.png",
			"ads/Spring Ad_7.png"},
		"AppendName": {"ads/Spring Ad_1.png", "ads/Spring Ad_4.png", "ads/Spring Ad_7.png", "ads/Spring Ad_Price Tag-1.png",
			"ads/Spring Ad_Price Tag.png", "ads/Spring Ad_Title 50 off.png"},
		"Folders": {"ads/Spring Ad/1.png", "ads/Spring Ad/4.png", "ads/Spring Ad/7.png", "ads/Spring Ad/Price Tag-1.png",
			"ads/Spring Ad/Price Tag.png", "ads/Spring Ad/Title 50 off.png"},
	} {
		t.Run(naming, func(t *testing.T) {
			s := newSite(t, nil, nil, Roots{})
			cutter := &fakeCutter{file: poster()}
			original, log := s.cut("Spring Ad.psd", ingest.Photoshop{Naming: naming}, cutter)
			for i := range want {
				want[i] += " Image PhotoshopLayers"
			}
			if diff := cmp.Diff(want, s.made()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"UploadWarning Spring Ad.psd: ads/Spring Ad.psd: a warning"}, log); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			detail, err := s.engine.Asset(t.Context(), s.editor, original.UUID)
			s.ok(err)
			var layers []int
			for _, d := range detail.Derived {
				if d.Kind == ingest.DerivedLayer && d.Target != 0 {
					layers = append(layers, d.Layer)
				}
			}
			slices.Sort(layers)
			if detail.Asset.Type != "PsdTemplate" || detail.Asset.State != ingest.AssetReady || !cmp.Equal(layers, []int{1, 3, 4, 5, 6, 7}) {
				t.Errorf("%s, %s, layers %v", detail.Asset.Type, detail.Asset.State, layers)
			}
			// The same file again makes nothing new, whatever became of the names.
			if _, log := s.cut("Spring Ad.psd", ingest.Photoshop{Naming: naming}, cutter); len(log) != 1 || len(s.made()) != len(want) {
				t.Errorf("again: %q, %q", log, s.made())
			}
			cutter.size = "other"
			if _, log := s.cut("Spring Ad.psd", ingest.Photoshop{Naming: naming}, cutter); len(log) != 1 || len(s.made()) != len(want) {
				t.Errorf("with other pixels: %q, %q", log, s.made())
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	s := newSite(t, nil, nil, Roots{})
	original, _ := s.cut("Spring Ad.psd", ingest.Photoshop{Naming: "AppendNumber", Anchor: "Southeast", Template: true, ExtractText: true}, &fakeCutter{file: poster()})
	if !slices.Contains(s.made(), "ads/Spring Ad Template PhotoshopLayers") {
		t.Errorf("assets %q", s.made())
	}
	var asJSON, asXML, stored layerTemplate
	s.ok(json.Unmarshal(s.derived(original, "template/json"), &asJSON))
	s.ok(xml.Unmarshal(s.derived(original, "template/xml"), &asXML))
	want := layerTemplate{Version: 1, Name: "Spring Ad", Width: 400, Height: 300, Resolution: 144, Layers: []templateLayer{
		{Number: 1, Name: "Background", Kind: "image", Image: "Spring Ad_1.png", Width: 400, Height: 300, Anchor: &templateAnchor{"Southeast", 400, 300}, Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
		{Number: 2, Name: "Levels 1", Kind: "adjustment", Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
		{Name: "Text", Kind: "group", Opacity: .5, Fill: 1, Blend: "pass-through", Layers: []templateLayer{
			{Number: 3, Name: "Title: 50% off", Kind: "text", Image: "Spring Ad_3.png", X: 20, Y: 30, Width: 100, Height: 40, Anchor: &templateAnchor{"Southeast", 120, 70},
				Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Text: &templateText{
					Value: "Half price\nfor <all>", Justification: "left", Transform: [6]float64{2, 0, 0, 2, 20, 60},
					Runs: []templateTextRun{{"Half price\nfor ", "Bold", 24, "#ff0000"}, {"<all>", "Light", 12, ""}},
				}},
		}},
		{Number: 4, Name: "Layer 2", Kind: "image", Image: "Spring Ad_4.png", X: 100, Y: 50, Width: 21, Height: 40, Anchor: &templateAnchor{"Southeast", 121, 90}, Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
		{Number: 5, Name: "Price Tag", Kind: "image", Image: "Spring Ad_5.png", X: -10, Y: 5, Width: 30, Height: 30, Anchor: &templateAnchor{"Southeast", 20, 35}, Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
		{Number: 6, Name: "Price Tag", Kind: "image", Image: "Spring Ad_6.png", Width: 5, Height: 5, Anchor: &templateAnchor{"Southeast", 5, 5}, Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
		{Number: 7, Name: "??", Kind: "image", Image: "Spring Ad_7.png", Width: 5, Height: 5, Anchor: &templateAnchor{"Southeast", 5, 5}, Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
	}}
	if diff := cmp.Diff(want, asJSON); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	asXML.XMLName = xml.Name{}
	if title := asXML.Layers[2].Layers[0].Text; title.Matrix != "2,0,0,2,20,60" {
		t.Errorf("transformation %q", title.Matrix)
	}
	asXML.Layers[2].Layers[0].Text.Transform, asXML.Layers[2].Layers[0].Text.Matrix = want.Layers[2].Layers[0].Text.Transform, ""
	if diff := cmp.Diff(want, asXML); diff != "" {
		t.Errorf("XML (-want +got):\n%s", diff)
	}
	// The library's own document names the assets.
	s.ok(s.store.View(t.Context(), func(tx ingest.Tx) error {
		named, err := tx.AssetsNamed(s.company.Number, "Spring Ad")
		if err != nil {
			return err
		}
		for _, a := range named {
			docs, err := tx.DocumentsOf(s.company.Number, []ingest.DocumentKind{ingest.DocTemplate}, []ingest.Number{a.Number})
			if err != nil || len(docs) != 1 {
				continue
			}
			if err := json.Unmarshal(docs[0].Data, &stored); err != nil {
				return err
			}
			var fields ingest.ImageFields
			docs, err = tx.DocumentsOf(s.company.Number, []ingest.DocumentKind{ingest.DocImageFields}, []ingest.Number{a.Number})
			if err != nil || len(docs) != 1 || json.Unmarshal(docs[0].Data, &fields) != nil {
				t.Errorf("fields %v: %v", docs, err)
			}
			commands := []string{
				"layer=0&size=400,300&color=255,255,255,0&originN=-0.5,-0.5",
				"layer=1&src=Demo/Spring%20Ad_1&originN=0.5,0.5&pos=400,300",
				`layer=3&size=100,40&text=` + url.PathEscape(`{\rtf1\ansi{\fonttbl{\f0 Bold;}{\f1 Light;}}{\colortbl;\red255\green0\blue0;\red0\green0\blue0;}\pard\f0\cf1\fs48 Half price\par for \f1\cf2\fs24 <all>}`) +
					"&originN=0.5,0.5&pos=120,70&opac=50&hide=1",
				"layer=4&src=Demo/Spring%20Ad_4&originN=0.5,0.5&pos=121,90",
				"layer=5&src=Demo/Spring%20Ad_5&originN=0.5,0.5&pos=20,35",
				"layer=6&src=Demo/Spring%20Ad_6&originN=0.5,0.5&pos=5,5",
				"layer=7&src=Demo/Spring%20Ad_7&originN=0.5,0.5&pos=5,5",
			}
			if diff := cmp.Diff(strings.Join(commands, "&"), fields.Modifier); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			image, err := tx.Asset(stored.Layers[2].Layers[0].Asset)
			if err != nil || image.FileName != "Spring Ad_3.png" {
				t.Errorf("%+v, %v", image, err)
			}
		}
		return nil
	}))
	if stored.Version != templateVersion {
		t.Error("no document of the template is stored")
	}
}

// derived reads a derived file.
func (s *site) derived(a *ingest.Asset, key string) []byte {
	s.t.Helper()
	detail, err := s.engine.Asset(s.t.Context(), s.editor, a.UUID)
	s.ok(err)
	for _, d := range detail.Derived {
		if d.Key != key {
			continue
		}
		r, err := s.engine.OpenBlob(s.t.Context(), d.Blob.Key)
		s.ok(err)
		defer r.Close()
		body, err := io.ReadAll(r)
		s.ok(err)
		return body
	}
	s.t.Fatalf("there is no %s", key)
	return nil
}

func TestAnchors(t *testing.T) {
	layer := templateLayer{X: -10, Y: 20, Width: 30, Height: 41}
	for name, want := range map[string]templateAnchor{
		"": {"Center", 5, 40.5}, "Center": {"Center", 5, 40.5}, "North": {"North", 5, 20}, "Northwest": {"Northwest", -10, 20},
		"West": {"West", -10, 40.5}, "Southwest": {"Southwest", -10, 61}, "South": {"South", 5, 61}, "Southeast": {"Southeast", 20, 61},
		"East": {"East", 20, 40.5}, "Northeast": {"Northeast", 20, 20},
	} {
		if diff := cmp.Diff(&want, anchorOf(layer, name)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
}

// Text is found by searches, and stands where its layer is: in the file, and in the image.
func TestTextsOfLayers(t *testing.T) {
	for _, extract := range []bool{true, false} {
		s := newSite(t, nil, nil, Roots{})
		cutter := &fakeCutter{file: poster()}
		original, _ := s.cut("ad.psd", ingest.Photoshop{Naming: "AppendNumber", ExtractText: extract, Template: true}, cutter)
		var boxes []ingest.Rect
		var words []string
		for _, name := range []string{"ad", "ad_3"} {
			var number ingest.Number
			s.ok(s.store.View(t.Context(), func(tx ingest.Tx) error {
				named, err := tx.AssetsNamed(s.company.Number, name)
				for _, a := range named {
					if a.Type != "Template" {
						number = a.Number
					}
				}
				return err
			}))
			runs, err := s.engine.TextRuns(t.Context(), s.editor, s.company.Number, number)
			s.ok(err)
			for _, run := range runs {
				words = append(words, fmt.Sprintf("%s %s %s %d", run.Text, run.Font, run.Size, len(run.Words)))
				boxes = append(boxes, run.Box)
			}
		}
		var template layerTemplate
		s.ok(json.Unmarshal(s.derived(original, "template/json"), &template))
		if text := template.Layers[2].Layers[0]; (text.Text != nil) != extract || (text.Kind == "text") != extract {
			t.Errorf("extracting %v: %+v", extract, text)
		}
		if !extract {
			if len(words) > 0 {
				t.Errorf("not asked for: %q", words)
			}
			continue
		}
		// 12 units, doubled, are 24 pixels, and at 144 of them for an inch 12 points.
		lines := []string{"Half price Bold 12 2", "for Bold 12 1", "<all> Light 6 1"}
		if diff := cmp.Diff(append(lines, lines...), words); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		whole, own := ingest.Rect{X: 20, Y: 30, Width: 100, Height: 40}, ingest.Rect{Width: 100, Height: 40}
		if diff := cmp.Diff([]ingest.Rect{whole, whole, whole, own, own, own}, boxes); diff != "" {
			t.Errorf("boxes (-want +got):\n%s", diff)
		}
	}
}

func TestExtendedLayers(t *testing.T) {
	s := newSite(t, nil, nil, Roots{})
	cutter := &fakeCutter{file: poster()}
	original, _ := s.cut("ad.psd", ingest.Photoshop{Template: true, Extend: true}, cutter)
	var template layerTemplate
	s.ok(json.Unmarshal(s.derived(original, "template/json"), &template))
	for _, layer := range template.Layers {
		if layer.Image != "" && (layer.X != 0 || layer.Y != 0 || layer.Width != 400 || layer.Height != 300 || *layer.Anchor != templateAnchor{"Center", 200, 150}) {
			t.Errorf("%+v", layer)
		}
	}
	if !cutter.extend {
		t.Error("the cutter was not told")
	}
}

func TestLayersThatAreNotCut(t *testing.T) {
	for name, tt := range map[string]struct {
		cutter fakeCutter
		state  ingest.AssetState
		want   string
	}{
		"refusal": {fakeCutter{file: poster(), refusal: "the file has 1001 layers, the limit is 1000"}, ingest.AssetReady,
			"UploadWarning ad.psd: ads/ad.psd: the layers were not made into images: the file has 1001 layers, the limit is 1000"},
		"failure": {fakeCutter{file: poster(), failure: &engine.Failure{Reason: "PSB files are not taken", Final: true, Unreadable: true}}, ingest.AssetFailed,
			"UploadError ad.psd: Demo/ads/ad.psd was stored, but its content could not be read: PSB files are not taken"},
		"stopped": {fakeCutter{takeErr: errors.New("x"), failure: &engine.Failure{Reason: "the media worker stopped", Final: true}}, ingest.AssetReady,
			"UploadWarning ad.psd: ads/ad.psd: the media worker stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil, nil, Roots{})
			a, log := s.cut("ad.psd", ingest.Photoshop{Template: true}, &tt.cutter)
			detail, err := s.engine.Asset(t.Context(), s.editor, a.UUID)
			s.ok(err)
			if diff := cmp.Diff([]string{tt.want}, log); diff != "" || len(s.made()) > 0 || detail.Asset.State != tt.state || detail.Asset.Type != ingest.TypeImage {
				t.Errorf("%s, %s, assets %q, log (-want +got):\n%s", detail.Asset.State, detail.Asset.Type, s.made(), diff)
			}
		})
	}
}

// Opacity, fill and visibility of groups count for what is in them.
func TestCommandsOfLayers(t *testing.T) {
	l := layering{}
	l.file.Width, l.file.Height = 10, 20
	layer := func(number int, blend string) templateLayer {
		return templateLayer{Number: number, Kind: "image", Width: 4, Height: 2, Anchor: &templateAnchor{"Northwest", 1, 2}, Visible: true, Opacity: .5, Fill: 1, Blend: blend}
	}
	group := func(visible bool, opacity float64, in ...templateLayer) templateLayer {
		return templateLayer{Kind: "group", Visible: visible, Opacity: opacity, Fill: 1, Layers: in}
	}
	got := l.modifier([]templateLayer{
		group(true, .5, layer(1, "multiply"), group(false, 1, layer(2, "overlay"))), layer(3, "screen"), layer(4, "normal"),
	}, func(key string) string {
		if key == "layer/4" {
			return ""
		}
		return "Demo/" + strings.ReplaceAll(key, "/", "")
	})
	want := "layer=0&size=10,20&color=255,255,255,0&originN=-0.5,-0.5&layer=1&src=Demo/layer1&originN=-0.5,-0.5&pos=1,2&opac=25&blendMode=mult" +
		"&layer=2&src=Demo/layer2&originN=-0.5,-0.5&pos=1,2&opac=25&hide=1&layer=3&src=Demo/layer3&originN=-0.5,-0.5&pos=1,2&opac=50&blendMode=screen"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRichText(t *testing.T) {
	got := richText(&templateText{Value: "a{b}\\ é 𝄞\nc", Justification: "center"})
	want := `{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\colortbl;\red0\green0\blue0;}\pard\qc\f0\cf1 a\{b\}\\ \u233? ?\par c}`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
