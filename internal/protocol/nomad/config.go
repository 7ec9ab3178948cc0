package nomad

import (
	"time"

	"sluice/internal/ingest"
)

func configRoutes() []route {
	return []route{
		{"GET", "/config", bearer, (*exchange).config},
		{"GET", "/config/serverTime", public, (*exchange).serverTime},
	}
}

// defaultLanguage stands for the language of what comes without one. There is only
// this one; the vendor's are records of its database.
const defaultLanguage ingest.UUID = "00000000-0000-4000-8000-00000000656e"

// configAnswer is what clients ask of the vendor's configuration, and members that
// say what there is not here. Whatever configType asks for, the answer is this (9).
type configAnswer struct {
	SiteName         string         `json:"siteName"`
	SiteURL          string         `json:"siteUrl"`
	ApplicationID    ingest.UUID    `json:"applicationId"` // the company
	AssetRootName    string         `json:"assetRootName"`
	RootAssetID      ingest.UUID    `json:"rootAssetId"`
	DefaultLanguage  ingest.UUID    `json:"defaultLanguage"`
	CustomProperties map[string]any `json:"customProperties"`
	PropertyMetadata struct{}       `json:"propertyMetadata"`
	AuthProviders    []struct{}     `json:"authProviders"`
	Players          []struct{}     `json:"players"`
	BulkDownload     bool           `json:"enableBulkDownload"`
	LiveClipping     bool           `json:"allowLiveClipping"`
	LLMSearch        bool           `json:"enableLlmSearch"`
}

func (x *exchange) config() (any, error) {
	c, err := x.Engine.Company(x.r.Context(), x.caller, x.company)
	if err != nil {
		return nil, err
	}
	root, err := x.rootID()
	if err != nil {
		return nil, err
	}
	custom := map[string]any{"incomingFolderId": nil, "incomingFolderName": x.Options.IncomingFolder}
	incoming, err := x.incomingID()
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err == nil {
		custom["incomingFolderId"] = incoming
	}
	return configAnswer{
		SiteName: c.Name, SiteURL: x.Base(x.r), ApplicationID: c.UUID, AssetRootName: c.Name, RootAssetID: root,
		DefaultLanguage: defaultLanguage, CustomProperties: custom, AuthProviders: []struct{}{}, Players: []struct{}{},
	}, nil
}

// rootID is the folder that stands for the whole library.
func (x *exchange) rootID() (ingest.UUID, error) {
	f, err := x.Engine.RootFolder(x.r.Context(), x.caller, x.company)
	if err != nil {
		return "", err
	}
	return f.UUID, nil
}

// incomingID is the folder of files for which none is named (4.1). NotFound when the
// caller may not read it.
func (x *exchange) incomingID() (ingest.UUID, error) {
	f, err := x.Engine.WellKnownFolder(x.r.Context(), x.caller, x.company, x.Options.IncomingFolder)
	if err != nil {
		return "", err
	}
	return f.UUID, nil
}

// serverTime is the time in UTC.
func (x *exchange) serverTime() (any, error) {
	return x.Engine.Now().UTC().Format(time.RFC3339Nano), nil
}
