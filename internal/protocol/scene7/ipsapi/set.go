package ipsapi

// setOperations lists the operations on sets, templates and relations between assets.
func (s *Service) setOperations() handlers {
	return handlers{}
}
