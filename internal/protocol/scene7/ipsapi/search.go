package ipsapi

// searchOperations lists the operations on searching and value lists.
func (s *Service) searchOperations() handlers {
	return handlers{
		"searchAssets": s.searchAssets, "searchAssetsByMetadata": s.searchAssetsByMetadata,
		"getUniqueMetadataValues": s.uniqueValues, "getDistinctMetadataValues": s.distinctValues,
	}
}
