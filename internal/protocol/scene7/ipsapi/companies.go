package ipsapi

import (
	"context"
	"strconv"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// never is the date of what does not expire. Old clients read the element without
// looking whether it is there.
func never() time.Time { return time.Date(2101, 1, 31, 23, 0, 0, 0, time.UTC) }

// orNever is a date, or never for none.
func orNever(at time.Time) time.Time {
	if at.IsZero() {
		return never()
	}
	return at
}

// unlessNever is the inverse of orNever: what clients send back means no date.
func unlessNever(at time.Time) time.Time {
	if !at.Before(never()) {
		return time.Time{}
	}
	return at
}

func companyRecord(co *ingest.Company) *scene7.Record {
	return record("Company", "companyHandle", companyHandle(co.Number), "name", co.Name, "rootPath", co.Name+"/",
		"expires", orNever(co.Expires), "imsOrgId", co.Settings.IMSOrg)
}

func (s *Service) companyInfo(ctx context.Context, c *call) (*scene7.Record, error) {
	co, name := c.company, c.in.Text("companyName")
	if co == nil {
		if name == "" {
			return nil, missing("companyHandle or companyName")
		}
		var err error
		if co, err = s.Engine.CompanyCalled(ctx, c.caller, name); err != nil {
			return nil, err
		}
	}
	return record("getCompanyInfoReturn", "companyInfo", companyRecord(co)), nil
}

func (s *Service) allCompanies(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.AllCompanies(ctx, c.caller, c.in.Bool("includeExpired"))
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, co := range list {
		rows[i] = companyRecord(co)
	}
	return record("getAllCompaniesReturn", "companyArray", array("CompanyArray", rows)), nil
}

func (s *Service) addCompany(ctx context.Context, c *call) (*scene7.Record, error) {
	n := engine.NewCompany{
		Name: c.in.Text("companyName"), Expires: unlessNever(c.in.Time("expires")),
		Settings: ingest.CompanySettings{IMSOrg: c.in.Text("imsOrgId"), DMVersion: c.in.Text("companyDMVersion")},
	}
	readFigures(c.in, &n.Figures)
	co, err := s.Engine.CreateCompany(ctx, c.caller, n)
	if err != nil {
		return nil, err
	}
	return record("addCompanyReturn", "companyInfo", companyRecord(co)), nil
}

// readFigures takes over the figures that a request has.
func readFigures(in *scene7.Record, f *engine.ContractFigures) {
	for field, text := range map[string]*string{
		"baseStorage": &f.BaseStorage, "cloudStorage": &f.CloudStorage, "addOnStorage": &f.AddOnStorage,
		"pvmPerMillion": &f.PageViewsPerMillion, "pvmPerThousand": &f.PageViewsPerThousand, "vpm": &f.Videos,
	} {
		if value := optionalText(in, field); value != nil {
			*text = *value
		}
	}
	for field, flag := range map[string]*bool{
		"mediaSupport": &f.MediaSupport, "roleAssignmentAllowed": &f.RoleAssignmentAllowed, "caseCreationAllowed": &f.CaseCreationAllowed,
	} {
		if value := in.OptionalBool(field); value != nil {
			*flag = *value
		}
	}
}

func (s *Service) figures(ctx context.Context, c *call) (*scene7.Record, error) {
	f, err := s.Engine.Figures(ctx, c.caller, c.company.Number)
	if err != nil {
		return nil, err
	}
	return record("getCompanyUPPPropertiesReturn", "properties", record("CompanyUPPProperties",
		"baseStorage", f.BaseStorage, "cloudStorage", f.CloudStorage, "addOnStorage", f.AddOnStorage, "pvmPerMillion", f.PageViewsPerMillion,
		"pvmPerThousand", f.PageViewsPerThousand, "vpm", f.Videos, "mediaSupport", f.MediaSupport,
		"roleAssignmentAllowed", f.RoleAssignmentAllowed, "caseCreationAllowed", f.CaseCreationAllowed)), nil
}

func (s *Service) setFigures(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.Engine.SetFigures(ctx, c.caller, c.company.Number, func(f *engine.ContractFigures) { readFigures(c.in, f) })
}

// overwriteModes maps the API's words to what an upload may replace.
func overwriteModes() map[string]ingest.Match {
	return map[string]ingest.Match{
		"OverwriteFullName": ingest.MatchFullName, "OverwriteAnyExt": ingest.MatchAnyExt,
		"OverwriteFullNameAnyFolder": ingest.MatchFullNameAnyFolder, "OverwriteAnyExtAnyFolder": ingest.MatchAnyExtAnyFolder,
	}
}

func (s *Service) companySettings(ctx context.Context, c *call) (*scene7.Record, error) {
	settings := c.company.Settings
	mode := "OverwriteFullName"
	for word, match := range overwriteModes() {
		if match == settings.Overwrite {
			mode = word
		}
	}
	source, err := s.settingAsset(ctx, c, "defaultSourceProfile", settings.SourceProfile)
	if err != nil {
		return nil, err
	}
	display, err := s.settingAsset(ctx, c, "defaultDisplayProfile", settings.DisplayProfile)
	if err != nil {
		return nil, err
	}
	for _, profile := range []**scene7.Record{&source, &display} {
		if *profile == nil { // the element is required: no profile is an empty one
			*profile = &scene7.Record{Type: "Asset"}
		}
	}
	iptc, err := s.settingAsset(ctx, c, "iptcExifMappingXslt", handleNumber(settings.IptcExifMapping))
	if err != nil {
		return nil, err
	}
	xmp, err := s.settingAsset(ctx, c, "xmpMappingXslt", handleNumber(settings.XMPMapping))
	if err != nil {
		return nil, err
	}
	return record("getCompanySettingsReturn", "settings", record("CompanySettings",
		"overwriteMode", mode, "retainPublishState", settings.RetainPublishState, "defaultSourceProfile", source, "defaultDisplayProfile", display,
		"iptcExifMappingXslt", iptc, "xmpMappingXslt", xmp,
		"diskSpaceWarningMin", settings.DiskWarning, "emailTrashCleanupWarning", settings.TrashWarning, "fileExtOpt", settings.FileExtOption,
		"immediateDelete", settings.ImmediateDelete, "applySmartCropsOnPDF", settings.SmartCropPDF, "applySmartCropsOnPSD", settings.SmartCropPSD,
		"companyDMVersion", settings.DMVersion)), nil
}

// settingAsset shows the asset that a setting names; nil when there is none or the
// reader may not see it.
func (s *Service) settingAsset(ctx context.Context, c *call, field string, number ingest.Number) (*scene7.Record, error) {
	if number == 0 {
		return nil, nil
	}
	list, err := s.Engine.AssetsByNumber(ctx, c.reader, c.company.Number, []ingest.Number{number})
	if err != nil {
		return nil, err
	}
	shown, err := s.assetRecords(ctx, c, list, "settings/"+field)
	if err != nil || len(shown) == 0 {
		return nil, err
	}
	return shown[0], nil
}

// handleNumber is the number of a handle that was checked when it came in, 0 for
// none.
func handleNumber(handle string) ingest.Number {
	n, _ := scene7.ParseAssetHandle(handle)
	return ingest.Number(n)
}

// setCompanySettings changes what the request has: absent keeps, empty clears.
func (s *Service) setCompanySettings(ctx context.Context, c *call) (*scene7.Record, error) {
	named := map[string]ingest.Number{}
	for _, field := range []string{"defaultSourceProfileHandle", "defaultDisplayProfileHandle", "iptcExifMappingXsltHandle", "xmpMappingXsltHandle"} {
		if c.in.Has(field) {
			n, err := optionalAsset(c, field)
			if err != nil {
				return nil, err
			}
			named[field] = n
		}
	}
	mode, ok := overwriteModes()[c.in.Text("overwriteMode")]
	if word := c.in.Text("overwriteMode"); word != "" && !ok {
		return nil, invalid("overwriteMode", "%q is no overwrite mode", clip(word))
	}
	return nil, s.Engine.ChangeCompany(ctx, c.caller, c.company.Number, func(settings *ingest.CompanySettings) error {
		if c.in.Has("overwriteMode") {
			settings.Overwrite = mode
		}
		for field, profile := range map[string]*ingest.Number{"defaultSourceProfileHandle": &settings.SourceProfile, "defaultDisplayProfileHandle": &settings.DisplayProfile} {
			if n, ok := named[field]; ok {
				*profile = n
			}
		}
		for field, text := range map[string]*string{"iptcExifMappingXsltHandle": &settings.IptcExifMapping, "xmpMappingXsltHandle": &settings.XMPMapping} {
			if n, ok := named[field]; ok {
				*text = optionalAssetHandle(n)
			}
		}
		for field, text := range map[string]*string{"fileExtOpt": &settings.FileExtOption, "companyDMVersion": &settings.DMVersion} {
			if value := optionalText(c.in, field); value != nil {
				*text = *value
			}
		}
		for field, flag := range map[string]*bool{"retainPublishState": &settings.RetainPublishState, "emailTrashCleanupWarning": &settings.TrashWarning,
			"immediateDelete": &settings.ImmediateDelete, "applySmartCropsOnPDF": &settings.SmartCropPDF, "applySmartCropsOnPSD": &settings.SmartCropPSD} {
			if value := c.in.OptionalBool(field); value != nil {
				*flag = *value
			}
		}
		if n := optional[int](c.in, "diskSpaceWarningMin"); n != nil {
			settings.DiskWarning = *n
		}
		return nil
	})
}

// diskUsage tells of one company, or of all that the caller administers.
func (s *Service) diskUsage(ctx context.Context, c *call) (*scene7.Record, error) {
	companies := []*ingest.Company{c.company}
	if c.company == nil {
		var err error
		if companies, err = s.Engine.Companies(ctx, c.caller); err != nil {
			return nil, err
		}
	}
	var rows []*scene7.Record
	for _, co := range companies {
		usage, err := s.Engine.Usage(ctx, c.caller, co.Number)
		if c.company == nil && ingest.KindOf(err) == ingest.Forbidden && err != nil {
			continue // a company that the caller does not administer
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, record("DiskUsage", "companyHandle", companyHandle(co.Number), "companyName", co.Name, "imageCount", int(usage.Files),
			"diskSpaceUsage", usage.Bytes, "lastModified", s.Engine.Now()))
	}
	return record("getDiskUsageReturn", "diskUsageArray", array("DiskUsageArray", rows)), nil
}

// systemPropertyList are the properties of this server, in the order of listings.
func (s *Service) systemPropertyList(c *call) [][2]string {
	return [][2]string{
		{"UploadPostMaxFileSize", strconv.FormatInt(s.MaxPostSize, 10)}, {"IpsVersion", s.Version},
		{"IpsImageServerUrl", c.host + "/v1/assets/"}, {"VideoRootUrl", c.host + "/v1/assets/"}, {"SwfRootUrl", c.host + "/v1/assets/"},
		{"swfRootUrl", c.host + "/v1/assets/"}, {"SvgRenderRootUrl", c.host + "/v1/assets/"}, {"SvgRenderEnabled", "false"}, {"SystemMessage", ""},
	}
}

func (s *Service) systemProperty(_ context.Context, c *call) (*scene7.Record, error) {
	for _, property := range s.systemPropertyList(c) {
		if property[0] == c.in.Text("name") {
			return record("getPropertyReturn", "value", property[1]), nil
		}
	}
	return nil, invalid("name", "there is no system property %q", clip(c.in.Text("name")))
}

func (s *Service) systemProperties(_ context.Context, c *call) (*scene7.Record, error) {
	var rows []*scene7.Record
	for _, property := range s.systemPropertyList(c) {
		rows = append(rows, record("Property", "name", property[0], "value", property[1]))
	}
	return record("getSystemPropertiesReturn", "propertyArray", array("PropertyArray", rows)), nil
}

func (s *Service) noSecureServer(context.Context, *call) (*scene7.Record, error) {
	return nil, refused(scene7.CodeException, "No secure image server is configured")
}
