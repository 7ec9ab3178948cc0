package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	"sluice/internal/media"
	"sluice/internal/media/icc"
)

// kit is what entries are made with.
type kit struct {
	client
	work      string                      // folder for temporary files
	handles   map[string]string           // of profiles, property sets and others, by the names that options have for them
	installed map[string]media.Capability // by the program
}

// Colour profiles of this machine.
const (
	adobeRGB    = "/usr/share/color/icc/compatibleWithAdobeRGB1998.icc"
	generalCMYK = "/usr/share/color/icc/ghostscript/default_cmyk.icc"
)

// entry is an option for files of a format.
type entry struct {
	section, option, format string
	look                    string   // what there is to see
	needs                   []string // programs, or files with a slash
	files                   func(ctx context.Context, k *kit) ([]sample, error)
	mask                    bool
	keep, unmarked          bool                                             // overwrite false; readyForPublish false
	letters                 string                                           // emailSetting, None when empty
	first                   string                                           // options of an upload before, of the same files with other bytes
	then                    func(ctx context.Context, k *kit, a asset) error // done with the asset of that upload
	early, late             string                                           // options before and behind emailSetting, in the order of the schema; {NAME} stands for a handle
	before                  func(ctx context.Context, k *kit, files []sample) (image.Image, error)
	after                   func(ctx context.Context, k *kit, r result) (image.Image, error)
}

// result is what became of the files of an entry.
type result struct {
	files  []sample
	rows   []row
	assets []asset
}

// main is the asset of the last file.
func (r result) main() (asset, error) { return r.named(r.files[len(r.files)-1].name) }

func (r result) named(name string) (asset, error) {
	for _, a := range r.assets {
		if a.FileName == name {
			return a, nil
		}
	}
	return asset{}, fmt.Errorf("there is no asset %s", name)
}

// outcome is an entry with its pictures, or why there are none.
type outcome struct {
	entry
	beforePicture, afterPicture image.Image
	warnings                    []string
	skipped                     string
	problem                     error
}

// prepare uploads the profiles and makes the property sets that options refer to.
func (k *kit) prepare(ctx context.Context) error {
	k.handles, k.installed = map[string]string{}, map[string]media.Capability{}
	for _, c := range media.Capabilities(ctx) {
		k.installed[c.Tool] = c
	}
	files := []sample{{"profiles/sRGB.icc", icc.SRGB()}}
	for name, path := range map[string]string{"AdobeRGB": adobeRGB, "CMYK": generalCMYK} {
		if body, err := os.ReadFile(path); err == nil {
			files = append(files, sample{"profiles/" + name + ".icc", body})
		}
	}
	if _, err := k.upload(ctx, "profiles", uploadOptions(entry{}), files...); err != nil {
		return err
	}
	profiles, err := k.assets(ctx, "profiles/")
	for _, p := range profiles {
		k.handles[p.Name] = "a|" + strconv.FormatInt(p.Number, 10)
	}
	for name, properties := range map[string][]string{
		"preset": {"name=Small", "fileSuffix=-small", "height=180", "videoBitrate=300"},
		"views":  {`match=(?P<base>.+)_(?P<view>\d+)`},
		"spin":   {`match=(?P<base>.+)_(?P<view>\d+)`, "setType=SpinSet", "setName=${base}_spin"},
		"swatch": {`match=(?P<base>.+)-(?P<view>[a-z]+)(?P<swatch>_sw)?`, "setType=SwatchSet", "setName=${base}_swatches"},
	} {
		if err == nil {
			err = k.propertySet(ctx, name, properties)
		}
	}
	if err != nil {
		return err
	}
	n, err := k.ips(ctx, "createProject", company+"<projectName>Spring</projectName>")
	if err != nil {
		return err
	}
	k.handles["project"] = n.text("projectHandle")
	n, err = k.ips(ctx, "createMetadataField", company+"<assetType>Asset</assetType><name>season</name><fieldType>String</fieldType>")
	k.handles["field"] = n.text("fieldHandle")
	return err
}

// propertySet makes a property set of NAME=VALUE and keeps its handle.
func (k *kit) propertySet(ctx context.Context, name string, properties []string) error {
	n, err := k.ips(ctx, "createPropertySetType", company+"<name>"+name+"</name><propertyType>CompanyProperty</propertyType><allowMultiple>true</allowMultiple>")
	if err != nil {
		return err
	}
	items := ""
	for _, p := range properties {
		key, value, _ := strings.Cut(p, "=")
		value = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(value)
		items += "<items><name>" + key + "</name><value>" + value + "</value></items>"
	}
	n, err = k.ips(ctx, "createPropertySet", "<typeHandle>"+n.text("typeHandle")+"</typeHandle><primaryOwnerHandle>c|1</primaryOwnerHandle><propertyArray>"+items+"</propertyArray>")
	k.handles[name] = n.text("setHandle")
	return err
}

// uploadOptions writes the options of an entry as the parameters of an upload.
func uploadOptions(e entry) string {
	return fmt.Sprintf("<uploadParams><overwrite>%v</overwrite><readyForPublish>%v</readyForPublish><createMask>%v</createMask>%s<emailSetting>%s</emailSetting>%s</uploadParams>",
		!e.keep, !e.unmarked, e.mask, e.early, cmp.Or(e.letters, "None"), e.late)
}

// showAll uploads the files of all entries, a few at a time, and draws the pictures.
func (k *kit) showAll(ctx context.Context, all []entry) []outcome {
	shown := make([]outcome, len(all))
	slots := make(chan struct{}, 3)
	var running sync.WaitGroup
	for i, e := range all {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			shown[i] = k.show(ctx, e, fmt.Sprintf("entry%03d/", i))
		})
	}
	running.Wait()
	return shown
}

// show carries out one entry in a folder of its own.
func (k *kit) show(ctx context.Context, e entry, folder string) outcome {
	o := outcome{entry: e, skipped: k.lacking(e.needs)}
	if o.skipped != "" {
		return o
	}
	files, err := e.files(ctx, k)
	for i := range files {
		files[i].name = numbered(files[i].name, folder)
	}
	if errors.Is(err, errNoSample) {
		o.skipped = err.Error()
		return o
	}
	r := result{files: files}
	if err == nil {
		r, err = k.process(ctx, e, folder, files)
	}
	if err != nil {
		o.problem = err
		return o
	}
	for _, row := range r.rows {
		if strings.HasSuffix(row.Type, "Warning") || strings.HasSuffix(row.Type, "Error") {
			o.warnings = append(o.warnings, strings.ReplaceAll(row.Message, folder, ""))
		}
	}
	before := e.before
	if before == nil {
		before = func(ctx context.Context, k *kit, files []sample) (image.Image, error) {
			m, err := k.asSent(ctx, files[len(files)-1])
			if err != nil {
				return nil, err
			}
			return moderate(m), nil
		}
	}
	if o.beforePicture, err = before(ctx, k, files); err == nil {
		o.afterPicture, err = e.after(ctx, k, r)
	}
	o.problem = err
	return o
}

// numbered puts the number of an entry into a name that many entries have: names are
// unique in a company.
func numbered(name, folder string) string {
	number := strings.Trim(strings.TrimPrefix(folder, "entry"), "/")
	for _, begin := range []string{"a", "Ad", "inks", "soft", "film", "song", "photo"} {
		if ext := path.Ext(name); name == begin+ext {
			return begin + number + ext
		}
	}
	return name
}

// process uploads the files and gathers what became of them.
func (k *kit) process(ctx context.Context, e entry, folder string, files []sample) (result, error) {
	r := result{files: files}
	for name, handle := range k.handles {
		e.early, e.late = strings.ReplaceAll(e.early, "{"+name+"}", handle), strings.ReplaceAll(e.late, "{"+name+"}", handle)
	}
	var sent, earlier []sample
	for _, f := range files {
		sent = append(sent, sample{folder + f.name, f.body})
		earlier = append(earlier, sample{folder + f.name, append(append([]byte{}, f.body...), 0)})
	}
	job := strings.TrimSuffix(folder, "/")
	if e.first != "" {
		if _, err := k.upload(ctx, job+"-first", uploadOptions(entry{early: e.first}), earlier...); err != nil {
			return r, err
		}
	}
	if e.then != nil {
		earlier, err := k.assets(ctx, folder)
		if err != nil || len(earlier) != 1 {
			return r, fmt.Errorf("%d assets in %s: %w", len(earlier), folder, err)
		}
		if err := e.then(ctx, k, earlier[0]); err != nil {
			return r, err
		}
	}
	var err error
	if r.rows, err = k.upload(ctx, job, uploadOptions(e), sent...); err != nil {
		return r, err
	}
	r.assets, err = k.assets(ctx, folder)
	return r, err
}
