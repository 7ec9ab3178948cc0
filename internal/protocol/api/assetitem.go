package api

import (
	"encoding/hex"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// stampLayout is RFC 3339 with milliseconds; times are in UTC.
const stampLayout = "2006-01-02T15:04:05.000Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// stampOrNil is null for the zero time.
func stampOrNil(t time.Time) *string { return orNil(t.IsZero(), stamp(t)) }

func orNil[T any](none bool, v T) *T {
	if none {
		return nil
	}
	return &v
}

func hexOrNil(digest []byte) *string { return orNil(len(digest) == 0, hex.EncodeToString(digest)) }

// AssetItem is an asset in a list. It is exported because huma describes embedded
// fields only then.
type AssetItem struct {
	Number      int64    `json:"number" doc:"Dense number of the asset, from 1; never changes." example:"42"`
	UUID        string   `json:"uuid" format:"uuid" doc:"Universal name of the asset; never changes." example:"0190a6a0-7c4e-7b1f-9a55-0d3a54e6c001"`
	Company     int64    `json:"company" doc:"Number of the company that it belongs to." example:"1"`
	Name        string   `json:"name" doc:"File name without its last extension." example:"red-shoe"`
	FileName    string   `json:"fileName" doc:"File name." example:"red-shoe.tif"`
	Folder      string   `json:"folder" doc:"Full path of the folder: the company's name first, a slash last." example:"Demo/shoes/summer/"`
	Type        string   `json:"type" doc:"Kind of file: Image, Pdf, MasterVideo, Audio, Zip and others." example:"Image"`
	ContentType string   `json:"contentType" doc:"MIME type." example:"image/tiff"`
	Size        int64    `json:"size" doc:"Bytes." example:"18874368"`
	SHA256      *string  `json:"sha256" doc:"SHA-256 of the bytes in lower-case hexadecimal digits; null while it is being computed." example:"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`
	Width       *int     `json:"width" doc:"Pixels; null when it is not an image or not inspected yet." example:"3000"`
	Height      *int     `json:"height" doc:"Pixels; null when it is not an image or not inspected yet." example:"2000"`
	Duration    *float64 `json:"duration" doc:"Seconds; null when it is neither video nor sound, or its length is not known." example:"12.5"`
	State       string   `json:"state" enum:"processing,ready,failed" doc:"How far its processing has come. The original can be read in every state." example:"ready"`
	Publish     bool     `json:"publish" doc:"Marked for publish."`
	Created     string   `json:"created" format:"date-time" doc:"When it was first stored." example:"2026-05-04T10:15:30.123Z"`
	Modified    string   `json:"modified" format:"date-time" doc:"When its bytes, name, place or metadata last changed." example:"2026-05-04T10:15:30.123Z"`
}

func newAssetItem(a *ingest.Asset, companyName string) AssetItem {
	return AssetItem{
		Number: int64(a.Number), UUID: string(a.UUID), Company: int64(a.Company),
		Name: a.Name, FileName: a.FileName, Folder: companyName + "/" + a.Path,
		Type: string(a.Type), ContentType: a.Media.ContentType, Size: a.Size, SHA256: hexOrNil(a.SHA256),
		Width: orNil(a.Media.Width == 0, a.Media.Width), Height: orNil(a.Media.Height == 0, a.Media.Height),
		Duration: orNil(a.Media.Duration == 0, a.Media.Duration.Seconds()),
		State:    string(a.State), Publish: a.Publish != 0, Created: stamp(a.Created), Modified: stamp(a.Modified),
	}
}

// assetDetail is everything about one asset.
type assetDetail struct {
	AssetItem
	Crop     *ingest.Rect      `json:"crop" doc:"The part of the image that counts, in pixels from the upper left; null is the whole image."`
	Metadata map[string]string `json:"metadata" doc:"Metadata fields and their values: what clients have set, values of the company's fields, and what the file says of itself (EXIF, IPTC and XMP) under the names of XMP with a dot, such as tiff.Model, exif.DateTimeOriginal or dc.title."`
	Derived  []derivedItem     `json:"derived" nullable:"false" doc:"Files and assets made from the current bytes."`
	Pending  []string          `json:"pending" nullable:"false" doc:"Steps of processing that are outstanding, or wait for an ability that this server lacks." example:"[\"inspect\"]"`
	Warnings []string          `json:"warnings" nullable:"false" doc:"Why steps of processing failed, or what they could not do; of each kind of step the latest counts."`
	Parts    []partItem        `json:"parts" nullable:"false" doc:"The other files of a web page, in their order; empty for everything else. Lists of assets leave them out."`
}

// partItem is a file of a web page.
type partItem struct {
	UUID         string  `json:"uuid" format:"uuid" doc:"UUID of the asset that it is."`
	Path         string  `json:"path" doc:"Where it is, from the folder of the page." example:"css/site.css"`
	RelativePath string  `json:"relativePath" doc:"The same as its client wrote it." example:"css\\"`
	FileName     string  `json:"fileName" doc:"File name." example:"site.css"`
	ContentType  string  `json:"contentType" doc:"MIME type." example:"text/css"`
	Size         int64   `json:"size" doc:"Bytes." example:"2048"`
	SHA256       *string `json:"sha256" doc:"SHA-256 of the bytes in lower-case hexadecimal digits; null while it is being computed."`
	URL          string  `json:"url" doc:"Where its bytes are read, with the same login."`
}

func newPartItem(p engine.WebPart, base string) partItem {
	return partItem{
		UUID: string(p.Asset.UUID), Path: p.Target, RelativePath: p.RelativePath, FileName: p.Asset.FileName, ContentType: p.Asset.Media.ContentType,
		Size: p.Asset.Size, SHA256: hexOrNil(p.Asset.SHA256), URL: originalURL(base, p.Asset.UUID),
	}
}

// originalURL is where the bytes of an asset are read.
func originalURL(base string, asset ingest.UUID) string {
	return base + "/v1/assets/" + string(asset) + "/original"
}

// derivedItem is a file or asset made from an asset.
type derivedItem struct {
	Kind   string  `json:"kind" enum:"thumbnail,optimized,mask,poster,page,layer,catalog,template,text,encoding,member" doc:"What it is for."`
	UUID   *string `json:"uuid" format:"uuid" doc:"UUID of the asset that it is; null when it is a file only."`
	Name   string  `json:"name" doc:"File name." example:"red-shoe.jpg"`
	Type   string  `json:"type" doc:"MIME type." example:"image/jpeg"`
	Width  *int    `json:"width" doc:"Pixels; null when it has none." example:"120"`
	Height *int    `json:"height" doc:"Pixels; null when it has none." example:"80"`
	Page   *int    `json:"page" doc:"Number of the page, from 1; null when it is none."`
	Layer  *int    `json:"layer" doc:"Number of the layer, from 1; null when it is none."`
	URL    string  `json:"url" doc:"Where its bytes are read, with the same login."`
}

// newDerivedItem renders a derived thing of an asset. Target is the asset that
// it is, nil for a file; base is the server's public address.
func newDerivedItem(d *ingest.Derived, asset ingest.UUID, target *ingest.Asset, base string) derivedItem {
	item := derivedItem{
		Kind: string(d.Kind), Name: d.Name, Type: d.Media.ContentType,
		Width: orNil(d.Media.Width == 0, d.Media.Width), Height: orNil(d.Media.Height == 0, d.Media.Height),
		Page: orNil(d.Page == 0, d.Page), Layer: orNil(d.Layer == 0, d.Layer),
		URL: base + "/v1/assets/" + string(asset) + "/derived/" + string(d.UUID),
	}
	if target != nil {
		uuid := string(target.UUID)
		item.UUID, item.URL = &uuid, originalURL(base, target.UUID)
	}
	return item
}
