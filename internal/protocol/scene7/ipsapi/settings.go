package ipsapi

// settingsOperations lists the operations on property sets, presets and other
// stored state.
func (s *Service) settingsOperations() handlers {
	return handlers{
		"createPropertySetType": s.createPropertySetType, "deletePropertySetType": s.deletePropertySetType,
		"getPropertySetTypes": s.propertySetTypes, "getPropertySetType": s.propertySetType,
		"createPropertySet": s.createPropertySet, "updatePropertySet": s.updatePropertySet,
		"deletePropertySet": s.deletePropertySet, "getPropertySets": s.propertySets,
		"setPropertySetPermissions": s.setPropertySetPermissions, "updatePropertySetPermissions": s.updatePropertySetPermissions,
		"removePropertySetPermissions": s.removePropertySetPermissions,

		"saveImageFormat": s.saveImageFormat, "deleteImageFormat": s.deleteImageFormat, "getImageFormats": s.imageFormats,

		"createVignettePublishFormat": s.createVignetteFormat, "updateVignettePublishFormat": s.updateVignetteFormat,
		"deleteVignettePublishFormat": s.deleteVignetteFormat, "getVignettePublishFormats": s.vignetteFormats,

		"createViewerPreset": s.createViewerPreset, "setViewerConfigSettings": s.setViewerConfig,
		"updateViewerConfigSettings": s.updateViewerConfig, "getViewerConfigSettings": s.viewerConfig,

		"createCompanyMetadata": s.createCompanyMetadata, "updateCompanyMetadata": s.updateCompanyMetadata,
		"deleteCompanyMetadata": s.deleteCompanyMetadata, "getCompanyMetadata": s.companyMetadata,
		"listCompanyMetadata": s.listCompanyMetadata,

		"getMetadataSchema": s.metadataSchema, "saveMetadataSchema": s.saveMetadataSchema,
		"removeMetadataSchema": s.removeMetadataSchema, "getMetadataSchemaNamespaces": s.metadataSchemaNamespaces,

		"addMediaPortalEvent": s.addPortalEvent, "getMediaPortalEvent": s.portalEvents,
	}
}
