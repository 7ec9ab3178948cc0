package ipsapi

// libraryOperations lists the operations on folders, assets, trash, projects and publish marks.
func (s *Service) libraryOperations() handlers {
	return handlers{}
}
