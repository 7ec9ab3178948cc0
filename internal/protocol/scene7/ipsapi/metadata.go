package ipsapi

// metadataOperations lists the operations on metadata fields, tags, values and packets.
func (s *Service) metadataOperations() handlers {
	return handlers{}
}
