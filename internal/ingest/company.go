package ingest

import "time"

// Company is a tenant: every asset, folder and job belongs to exactly one.
// Doors call it company, account, network or tenant.
type Company struct {
	Number   Number
	UUID     UUID
	Name     string // unique; its folder tree is shown as starting with Name + "/"
	Slug     string // unique; for addresses: lower-case letters, digits and '-'
	Settings CompanySettings
	Expires  time.Time // from when on only administrators may use it; zero = never
	Created  time.Time
}

// CompanySettings are the choices an operator makes for one company. The zero
// value is the default of every setting.
type CompanySettings struct {
	Overwrite          Match             `json:"overwrite-mode,omitempty"`       // which existing asset an upload may replace
	RetainPublishState bool              `json:"retain-publish-state,omitempty"` // a replaced asset keeps its publish state unless the upload says otherwise
	SourceProfile      Number            `json:"source-profile,omitempty"`       // ICC profile assumed for images without one; 0 = none
	DisplayProfile     Number            `json:"display-profile,omitempty"`
	IptcExifMapping    string            `json:"iptc-exif-mapping,omitempty"` // handle of a style sheet, kept for clients
	XMPMapping         string            `json:"xmp-mapping,omitempty"`
	DiskWarning        int               `json:"disk-warning,omitempty"`
	TrashWarning       bool              `json:"trash-warning,omitempty"` // mail before the trash is emptied
	FileExtOption      string            `json:"file-extension-option,omitempty"`
	ImmediateDelete    bool              `json:"immediate-delete,omitempty"` // deleting skips the trash
	SmartCropPDF       bool              `json:"smart-crop-pdf,omitempty"`
	SmartCropPSD       bool              `json:"smart-crop-psd,omitempty"`
	DMVersion          string            `json:"dm-version,omitempty"`
	IMSOrg             string            `json:"ims-org,omitempty"`
	AllowJavascript    bool              `json:"allow-javascript,omitempty"` // take JavaScript files, which run in the browsers of those who open them
	QuotaBytes         int64             `json:"quota-bytes,omitempty"`      // bytes of all current versions; 0 = no limit
	QuotaFiles         int64             `json:"quota-files,omitempty"`      // assets outside the trash; 0 = no limit
	UserQuotaBytes     int64             `json:"user-quota-bytes,omitempty"` // the same per user who created them
	UserQuotaFiles     int64             `json:"user-quota-files,omitempty"`
	QuotaDayBytes      int64             `json:"quota-day-bytes,omitempty"`      // bytes that may arrive on one day (UTC); 0 = no limit
	QuotaDayFiles      int64             `json:"quota-day-files,omitempty"`      // files that may arrive on one day; 0 = no limit
	UserQuotaDayBytes  int64             `json:"user-quota-day-bytes,omitempty"` // the same per user who sends them
	UserQuotaDayFiles  int64             `json:"user-quota-day-files,omitempty"`
	Softphone          SoftphoneSettings `json:"softphone,omitzero"`
	Doors              map[string]string `json:"doors,omitempty"` // settings that only one door reads, by name
}

// Usage counts what a company or a user stores: assets outside the trash and
// the bytes of their current versions.
type Usage struct {
	Files int64
	Bytes int64
}
