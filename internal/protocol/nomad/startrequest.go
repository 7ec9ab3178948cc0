package nomad

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"sluice/internal/ingest"
)

// startRequest is the body of the calls that start an upload (4, 8.1).
type startRequest struct {
	ExistingAssetID  string                     `json:"existingAssetId"`
	RelatedContentID string                     `json:"relatedContentId"`
	ParentID         string                     `json:"parentId"`
	RelativePath     string                     `json:"relativePath"`
	DisplayName      string                     `json:"displayName"`
	LanguageID       string                     `json:"languageId"`
	ContentLength    count                      `json:"contentLength"`
	ChunkSize        count                      `json:"chunkSize"`
	Overwrite        word                       `json:"uploadOverwriteOption"`
	Replace          oneOrMore                  `json:"uploadReplaceOptions"`
	Properties       map[string]json.RawMessage `json:"properties"`

	// Of related files.
	RelatedAssetID string `json:"relatedAssetId"`
	MetadataType   string `json:"newRelatedAssetMetadataType"`
}

// Values of uploadOverwriteOption in the vendor's order, numbered from 0 (5).
const (
	optionCancel       = "Cancel"
	optionContinue     = "Continue"
	optionReplace      = "Replace"
	optionAssetReplace = "AssetReplace"
)

var overwriteOptions = words{optionCancel, optionContinue, optionReplace, optionAssetReplace}

// Values of uploadReplaceOptions (6).
const (
	replaceDisplayName = "ReplaceDisplayName"
	replaceDisplayDate = "ReplaceDisplayDate"
	replaceLanguage    = "ReplaceLanguage"
)

var replaceOptions = words{replaceDisplayName, replaceDisplayDate, replaceLanguage, "RecreateThumbnail", "RecreatePreview", "RecreateSubtitles", "RecreateTranscodes"}

// Metadata of assets that this door reads and writes.
const (
	metaDisplayName = "nomad.displayName"
	metaDisplayDate = "nomad.displayDate"
	metaLanguage    = "nomad.languageId"
	metaProperty    = "nomad.property." // and the name
)

// Limits of properties.
const (
	mostProperties   = 100
	maxPropertyBytes = 4096
)

// upload is a checked request.
type upload struct {
	existing, content, parent, related ingest.UUID
	kind                               string // metadata type of a related file
	folders                            []string
	fileName                           string
	shown                              string // display name, "" = the file name
	language                           string
	size, partSize                     int64
	option                             string // "" = none was given
	replace                            []string
	properties                         map[string]string
}

// check turns a request into an upload, or says what is wrong with it.
func (in startRequest) check(limit int64) (u upload, err error) {
	for _, id := range []struct {
		text, name string
		to         *ingest.UUID
	}{
		{in.ExistingAssetID, "existingAssetId", &u.existing}, {in.RelatedContentID, "relatedContentId", &u.content},
		{in.ParentID, "parentId", &u.parent}, {in.RelatedAssetID, "relatedAssetId", &u.related},
	} {
		if *id.to, err = uuid(id.text, id.name); err != nil {
			return u, err
		}
	}
	language, err := uuid(in.LanguageID, "languageId")
	if err != nil {
		return u, err
	}
	kind, err := uuid(in.MetadataType, "newRelatedAssetMetadataType")
	if err != nil {
		return u, err
	}
	u.language, u.kind = string(language), string(kind)
	if u.size, err = in.size(limit); err != nil {
		return u, err
	}
	u.partSize = partSize(u.size, in.ChunkSize)
	if in.Overwrite != "" {
		var ok bool
		if u.option, ok = overwriteOptions.find(in.Overwrite, 0); !ok {
			return u, invalid("uploadOverwriteOption is %s; it is one of %s.", clip(string(in.Overwrite)), strings.Join(overwriteOptions, ", "))
		}
	}
	for _, w := range in.Replace {
		name, ok := replaceOptions.find(word(w), 0)
		if !ok {
			return u, invalid("uploadReplaceOptions has %s; it takes %s.", clip(w), strings.Join(replaceOptions, ", "))
		}
		if !slices.Contains(u.replace, name) {
			u.replace = append(u.replace, name)
		}
	}
	u.properties, err = in.texts()
	return u, err
}

func (in startRequest) size(limit int64) (int64, error) {
	if !in.ContentLength.given {
		return 0, invalid("contentLength is missing.")
	}
	size, ok := in.ContentLength.whole()
	switch {
	case !ok:
		return 0, invalid("contentLength is %v; it must be a whole number.", in.ContentLength.value)
	case size < 0:
		return 0, invalid("contentLength is %d; it cannot be negative.", size)
	case size > limit:
		return 0, invalid("contentLength is %d bytes, the limit is %d.", size, limit)
	}
	return size, nil
}

// texts are the properties as metadata has them: texts as they are, other values as
// JSON.
func (in startRequest) texts() (map[string]string, error) {
	if len(in.Properties) > mostProperties {
		return nil, invalid("There are %d properties, the limit is %d.", len(in.Properties), mostProperties)
	}
	texts := map[string]string{}
	for name, raw := range in.Properties {
		if len(name)+len(raw) > maxPropertyBytes {
			return nil, invalid("The property %s has %d bytes, the limit is %d.", clip(name), len(name)+len(raw), maxPropertyBytes)
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text != "" && text != "null" {
			texts[metaProperty+name] = text
		}
	}
	return texts, nil
}

// same stands for what makes two starts the same, besides their target (5).
func (u upload) same() string {
	list := slices.Clone(u.replace)
	sort.Strings(list)
	return fmt.Sprintf("%d %d %s %s", u.size, u.partSize, u.option, strings.Join(list, ","))
}
