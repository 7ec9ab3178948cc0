package ipsapi

// metadataOperations lists the operations on metadata fields, tags, values and
// packets.
func (s *Service) metadataOperations() handlers {
	return handlers{
		"createMetadataField": s.createMetadataField, "updateMetadataField": s.updateMetadataField,
		"saveMetadataField": s.saveMetadataField, "deleteMetadataField": s.deleteMetadataField,
		"getMetadataFields": s.metadataFields, "getAssetMetadataFields": s.assetMetadataFields,

		"getTagFieldValues": s.tagFieldValues, "addTagFieldValues": s.addTagFieldValues,
		"setTagFieldValues": s.setTagFieldValues, "deleteTagFieldValues": s.deleteTagFieldValues,
		"updateTagFieldValues": s.updateTagFieldValues,

		"setAssetMetadata": s.setAssetMetadata, "batchSetAssetMetadata": s.batchSetAssetMetadata,
		"deleteAssetMetadata": s.deleteAssetMetadata,

		"getXMPPacket": s.xmpPacket, "updateXMPPacket": s.updateXMPPacket, "applyMetadataTemplate": s.applyMetadataTemplate,
	}
}
