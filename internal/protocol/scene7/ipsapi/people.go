package ipsapi

// peopleOperations lists the operations on companies, users, groups and permissions.
func (s *Service) peopleOperations() handlers {
	return handlers{}
}
