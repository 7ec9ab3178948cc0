package ipsapi

// imageOperations lists the operations on images: copies, maps, zoom targets, crops
// and fields.
func (s *Service) imageOperations() handlers {
	return handlers{
		"saveImageMap": s.saveImageMap, "setImageMaps": s.setImageMaps, "deleteImageMap": s.deleteImageMap,
		"saveZoomTarget": s.saveZoomTarget, "setZoomTargets": s.setZoomTargets, "deleteZoomTarget": s.deleteZoomTarget,

		"batchSetImageFields": s.batchSetImageFields, "batchSetFontFields": s.batchSetFontFields,
		"batchSetIccProfileFields": s.batchSetIccProfileFields, "batchSetThumbAsset": s.batchSetThumbAsset,
		"setUrlModifier": s.setURLModifier,

		"addSmartCrops": s.addSmartCrops, "updateSmartCrops": s.updateSmartCrops, "deleteSubAssets": s.deleteSubAssets,

		"copyImage": s.copyImage, "replaceImage": s.replaceImage, "removeMask": s.removeMask,
		"getAutoCropRect": s.autoCropRect, "getPhotoshopPathNames": s.photoshopPathNames, "getPhotoshopPath": s.photoshopPath,
		"getSearchStrings": s.searchStrings,
	}
}
