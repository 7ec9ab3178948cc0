package ipsapi

// imageOperations lists the operations on images: copies, maps, zoom targets, crops and fields.
func (s *Service) imageOperations() handlers {
	return handlers{}
}
