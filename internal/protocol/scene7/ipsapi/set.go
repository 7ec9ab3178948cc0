package ipsapi

// setOperations lists the operations on sets, templates and relations between
// assets.
func (s *Service) setOperations() handlers {
	return handlers{
		"createImageSet": s.createImageSet, "setImageSetMembers": s.setImageSetMembers, "updateImageSet": s.updateImageSet,
		"getImageSetMembers": s.imageSetMembers,

		"createAssetSet": s.createAssetSet, "setAssetSetDefinition": s.setAssetSetDefinition, "updateAssetSet": s.updateAssetSet,

		"createDerivedAsset": s.createDerivedAsset, "createTemplate": s.createTemplate,

		"getAssociatedAssets": s.associatedAssets, "getGenerationInfo": s.generationInfo,
	}
}
