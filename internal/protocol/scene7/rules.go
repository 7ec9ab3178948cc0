package scene7

import "math"

// fieldRules is the part of the contract that the field tables cannot express. A key names a field of one type, or of
// every type when it begins with "*"; the former wins. Upload jobs of all kinds share most fields, hence the stars.
func fieldRules() map[string]Rule {
	corners := []string{"UpperLeft", "UpperRight", "BottomLeft", "BottomRight"}
	spaces := []string{"Auto", "Rgb", "Cmyk", "Gray"}
	fraction := &Range{0, 1}
	pixels := &Range{0, math.MaxInt32}
	return map[string]Rule{
		"uploadPostParam.jobName":     {MaxBytes: 1024},
		"uploadPostParam.description": {MaxBytes: 16 << 10},
		"uploadPostParam.destFolder":  {MaxBytes: 4096},
		"uploadPostParam.fileName":    {MaxBytes: 4096},

		"UploadPostJob.overwrite":       {Lenient: "true"},
		"UploadPostJob.readyForPublish": {Lenient: "true"},
		"UploadPostJob.createMask":      {Lenient: "false"},
		"UploadPostJob.emailSetting":    {Enum: emailSettings(), Lenient: "None"},
		"*.emailSetting":                {Enum: emailSettings(), Lenient: "None"},

		"UploadUrlsJob.overwrite":                 {Lenient: "true"},
		"UploadUrlsJob.readyForPublish":           {Lenient: "true"},
		"UploadUrlsJob.createMask":                {Lenient: "false"},
		"UploadDirectoryJob.overwrite":            {Lenient: "true"},
		"UploadDirectoryJob.readyForPublish":      {Lenient: "true"},
		"UploadDirectoryJob.createMask":           {Lenient: "false"},
		"UploadDirectoryJob.processMetadataFiles": {Lenient: "false"},
		"ReprocessAssetsJob.createMask":           {Lenient: "false"},
		"RipPdfsJob.createMask":                   {Lenient: "false"},
		"ImageServingPublishJob.publishType":      {Enum: []string{"Full", "FullWithSearch", "Incremental"}},
		"ExportJob.fmt":                           {Enum: []string{"orig", "convert"}},

		"*.preserveCrop":              {Default: "true"},
		"*.knockoutBackgroundOptions": {Aliases: []string{"knockoutBackground"}},
		"*.photoshopOptions":          {Fill: true},
		"*.postScriptOptions":         {Fill: true},
		"*.pdfOptions":                {Fill: true},
		"*.illustratorOptions":        {Fill: true, Aliases: []string{"IllustratorOptions"}},
		"*.colorManagementOptions":    {Fill: true},
		"*.autoSetCreationOptions":    {Aliases: []string{"autoSetCreateOptions", "AutoSetCreateOptions", "AutoSetCreationOptions"}},
		"*.inDesignOptions":           {Fill: true},
		"*.unsharpMaskOptions":        {Fill: true},
		"*.unCompressOptions":         {Fill: true},
		"*.excludeMasterVideoFromAVS": {Default: "true"},
		"*.jwtToken":                  {Discard: true},
		"*.imsOrg":                    {Discard: true},
		"*.apikey":                    {Discard: true},

		"ManualCropOptions.left":               {Range: pixels},
		"ManualCropOptions.right":              {Range: pixels},
		"ManualCropOptions.top":                {Range: pixels},
		"ManualCropOptions.bottom":             {Range: pixels},
		"AutoColorCropOptions.corner":          {Enum: corners},
		"AutoColorCropOptions.tolerance":       {Range: fraction},
		"AutoTransparentCropOptions.tolerance": {Range: fraction},
		"KnockoutBackgroundOptions.corner":     {Enum: corners},
		"KnockoutBackgroundOptions.tolerance":  {Range: fraction, Default: "0"},
		"KnockoutBackgroundOptions.fillMethod": {Enum: []string{"FloodFill", "MatchPixel"}},

		"PhotoshopOptions.process":          {Enum: []string{"None", "MaintainLayers"}, Default: "None"},
		"PhotoshopLayerOptions.layerNaming": {Enum: []string{"LayerName", "AppendNumber", "AppendName", "Folders"}},
		"PhotoshopLayerOptions.anchor": {Default: "Center", Enum: []string{"Center", "North", "Northwest", "West",
			"Southwest", "South", "Southeast", "East", "Northeast"}},

		"PostScriptOptions.process":     {Enum: []string{"None", "Rasterize"}, Default: "Rasterize"},
		"PostScriptOptions.resolution":  {Range: &Range{0, 9600}},
		"PostScriptOptions.colorspace":  {Enum: spaces, Aliases: []string{"colorSpace"}},
		"IllustratorOptions.process":    {Enum: []string{"None", "Rasterize"}, Default: "Rasterize"},
		"IllustratorOptions.resolution": {Range: &Range{0, 9600}},
		"IllustratorOptions.colorspace": {Enum: spaces, Aliases: []string{"colorSpace"}},
		"PDFOptions.process": {Enum: []string{"None", "Rasterize", "Thumbnail"}, Default: "Rasterize",
			Synonyms: map[string]string{"render": "Rasterize", "Rip": "Rasterize"}},
		"PDFOptions.resolution":         {Range: &Range{0, 9600}},
		"PDFOptions.colorspace":         {Enum: spaces, Aliases: []string{"colorSpace"}},
		"PDFOptions.pdfCatalog":         {Default: "true"},
		"PDFOptions.extractSearchWords": {Default: "false"},
		"InDesignOptions.process":       {Default: "None"},

		"ColorManagementOptions.colorManagement": {Enum: []string{"Default", "MaintainOriginal", "Convert"}, Default: "Default"},
		"UnsharpMaskOptions.amount":              {Range: &Range{0, 5}, Default: "0"},
		"UnsharpMaskOptions.radius":              {Range: &Range{0, 250}, Default: "0"},
		"UnsharpMaskOptions.threshold":           {Range: &Range{0, 255}, Default: "6"},
		"UnsharpMaskOptions.monochrome":          {Range: &Range{0, 1}, Default: "0"},
		"UnCompressOptions.process":              {Enum: []string{"None", "UnCompress"}, Default: "None"},
	}
}

func emailSettings() []string {
	return []string{"All", "Error", "ErrorAndWarning", "JobCompletion", "None"}
}
