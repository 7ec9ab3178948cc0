package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Embedded is what a file says of itself.
type Embedded struct {
	// Values are by key in dot notation: the names of XMP, also for what stood in EXIF or IPTC records. Times are as in
	// RFC 3339, coordinates in degrees.
	Values map[string][]string `json:"values,omitempty"`
	Packet []byte              `json:"packet,omitempty"` // its XMP packet; nil = none
}

func (m *Embedded) empty() bool { return len(m.Values) == 0 && m.Packet == nil }

// madeOfKeywords is the Name of a DocXMP document that no client has written: what the file says, with the keywords of
// upload options.
const madeOfKeywords = "keywords"

// technicalKey reports whether a key is about how a picture was taken or stored, which a packet that a client writes
// does not replace.
func technicalKey(key string) bool {
	prefix, _, _ := strings.Cut(key, ".")
	switch prefix {
	case "tiff", "exif", "exifEX", "aux":
		return true
	}
	return key == "photoshop.ICCProfile"
}

// embeddedOf returns what the file of an asset says; nothing where that is not known.
func embeddedOf(tx ingest.Tx, company, asset ingest.Number) (m Embedded, d *ingest.Document, err error) {
	d, err = tx.DocumentByKey(company, ingest.DocEmbedded, asset, ingest.OnlyOne)
	if ingest.KindOf(err) == ingest.NotFound {
		return m, nil, nil
	}
	if err == nil {
		err = readContent(d, &m)
	}
	return m, d, err
}

// putEmbedded gives the asset of a task what its file says of itself, unless it has other bytes meanwhile. A value that
// is no longer what the file said was set or removed by somebody, and stays as it is; so does everything but the
// technical values of an asset whose packet a client has written.
func (e *Engine) putEmbedded(tx ingest.Tx, t *ingest.Task, found *Embedded) error {
	if found == nil {
		return nil
	}
	a, err := tx.Asset(t.Asset)
	if err != nil || a.Version != t.Version {
		return err
	}
	before, d, err := embeddedOf(tx, a.Company, a.Number)
	if err != nil || d == nil && found.empty() {
		return err
	}
	if err := e.changeEmbedded(tx, a, before, found); err != nil {
		return err
	}
	return e.storeEmbedded(tx, a, d, found)
}

// forgetFile takes away from an asset what its former file said: the words that it is found by, and the values and the
// packet, but not what people have made of these. What they have removed stays so when the new file says it too, as it
// does when a file is read again.
func (e *Engine) forgetFile(tx ingest.Tx, a *ingest.Asset) error {
	if err := putWords(tx, a.Company, a.Number, nil); err != nil {
		return err
	}
	before, d, err := embeddedOf(tx, a.Company, a.Number)
	if err != nil || d == nil {
		return err
	}
	removed, err := missingValues(tx, a, shownValues(before.Values))
	if err != nil {
		return err
	}
	if err := e.changeEmbedded(tx, a, before, &Embedded{}); err != nil {
		return err
	}
	return e.storeEmbedded(tx, a, d, &Embedded{Values: removed})
}

// missingValues are those values that an asset does not have at all.
func missingValues(tx ingest.Tx, a *ingest.Asset, values map[string][]string) (map[string][]string, error) {
	rows, err := tx.ValuesOf([]ingest.Number{a.Number}, nil)
	for _, row := range rows {
		delete(values, row.Field)
	}
	return values, err
}

// changeEmbedded puts the values that a file says in the place of those that were known of it, and in the packet that is
// made of them.
func (e *Engine) changeEmbedded(tx ingest.Tx, a *ingest.Asset, before Embedded, found *Embedded) error {
	packet, err := packetOf(tx, a)
	if err != nil {
		return err
	}
	old, fresh := shownValues(before.Values), shownValues(found.Values)
	if packet != nil {
		if packet.Name == madeOfKeywords && e.keywords != nil {
			err = e.mergeKeywords(tx, packet, before, found, old, fresh)
		} else {
			technical := func(key string, _ []string) bool { return !technicalKey(key) }
			maps.DeleteFunc(old, technical)
			maps.DeleteFunc(fresh, technical)
		}
		if err != nil {
			return err
		}
	}
	return putChanged(tx, a, old, fresh)
}

func (e *Engine) storeEmbedded(tx ingest.Tx, a *ingest.Asset, d *ingest.Document, found *Embedded) error {
	if found.empty() {
		return tx.DeleteDocument(d.Number)
	}
	data, err := json.Marshal(found)
	if err != nil {
		return err
	}
	if d == nil {
		d = e.newDocument(ingest.Principal{}, a.Company, ingest.DocEmbedded, ingest.OnlyOne, "", data)
		d.Owner = a.Number
		return tx.CreateDocument(d)
	}
	if slices.Equal(d.Data, data) {
		return nil
	}
	d.Data, d.Modified = data, e.now()
	return tx.UpdateDocument(d)
}

// packetOf returns the packet that an asset has been given; nil when it has none.
func packetOf(tx ingest.Tx, a *ingest.Asset) (*ingest.Document, error) {
	d, err := tx.DocumentByKey(a.Company, ingest.DocXMP, a.Number, xmpKey)
	if ingest.KindOf(err) == ingest.NotFound {
		return nil, nil
	}
	return d, err
}

// mergeKeywords makes a packet that upload options have made anew of that in the file. The keywords are what it had
// beyond the file's own.
func (e *Engine) mergeKeywords(tx ingest.Tx, packet *ingest.Document, before Embedded, found *Embedded, old, fresh map[string][]string) error {
	const subjects = "dc.subject"
	content, err := e.keywords(packet.Data, nil, nil)
	if err != nil {
		return err
	}
	maps.Copy(old, content.Values) // these are the server's too
	words := slices.DeleteFunc(slices.Clone(content.Values[subjects]), func(word string) bool {
		return slices.Contains(before.Values[subjects], word)
	})
	content, err = e.keywords(found.Packet, fresh, words)
	if err != nil || len(content.Packet) > MaxXMPBytes {
		return err // the keywords alone stay
	}
	maps.Copy(fresh, content.Values)
	if slices.Equal(packet.Data, content.Packet) {
		return nil
	}
	packet.Data, packet.Modified = content.Packet, e.now()
	return tx.UpdateDocument(packet)
}

// shownValues are values with those that every asset may have from them.
func shownValues(values map[string][]string) map[string][]string {
	all := maps.Clone(values)
	if all == nil {
		all = map[string][]string{}
	}
	for field, key := range map[string]string{
		ingest.FieldKeywords: "dc.subject", ingest.FieldDescription: "dc.description", ingest.FieldCreatedWith: "xmp.CreatorTool",
	} {
		if list := values[key]; len(list) > 0 {
			all[field] = list
		}
	}
	return all
}

// putChanged replaces the values of an asset that are still the old ones.
func putChanged(tx ingest.Tx, a *ingest.Asset, old, fresh map[string][]string) error {
	rows, err := tx.ValuesOf([]ingest.Number{a.Number}, nil)
	if err != nil {
		return err
	}
	have := map[string][]string{}
	for _, row := range rows {
		have[row.Field] = append(have[row.Field], row.Text)
	}
	keys := map[string]bool{}
	for key := range old {
		keys[key] = true
	}
	for key := range fresh {
		keys[key] = true
	}
	var changed []string
	var values []ingest.Value
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Equal(have[key], old[key]) || slices.Equal(have[key], fresh[key]) {
			continue
		}
		changed = append(changed, key)
		values = append(values, valuesOfKey(a.Number, key, fresh[key])...)
	}
	return tx.ReplaceValues(a.Company, a.Number, changed, values)
}

// valuesOfKey are the rows of one key.
func valuesOfKey(asset ingest.Number, key string, texts []string) []ingest.Value {
	rows := make([]ingest.Value, 0, len(texts))
	for i, text := range texts {
		if len(rows) < mostXMPValues {
			rows = append(rows, ingest.Value{Asset: asset, Field: key, Position: i, Text: text, Num: numberIn(key, text)})
		}
	}
	return rows
}

// numberIn is what searches compare of a value under a key in dot notation: a number, or a time.
func numberIn(key, text string) *float64 {
	if !strings.Contains(key, ".") || len(text) > 40 {
		return nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && n == n && n < 1e308 && n > -1e308 {
		return &n
	}
	if at, ok := parseDate(text); ok {
		n := float64(at.UnixMicro())
		return &n
	}
	return nil
}

// metadataStep is the step that reads what a file says of itself; none for pictures that a media worker decodes, whose
// inspection does it, and for files that have nothing of the kind.
func (e *Engine) metadataStep(kind ingest.AssetType, contentType string) steps {
	if !e.metadata {
		return nil
	}
	switch kind {
	case ingest.TypeImage, ingest.TypePDF, ingest.TypePostScript, ingest.TypeIllustrator, ingest.TypeInDesign, ingest.TypeMasterVideo,
		ingest.TypeAudio, "Svg":
	default:
		return nil
	}
	switch contentType {
	case "image/jpeg", "image/png", "image/apng", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/vnd.adobe.photoshop":
		return nil
	}
	return steps{{kind: ingest.TaskMetadata}}
}
