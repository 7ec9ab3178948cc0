package ipsapi

// jobOperations lists the operations on jobs and their logs.
func (s *Service) jobOperations() handlers {
	return handlers{}
}
