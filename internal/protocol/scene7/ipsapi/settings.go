package ipsapi

// settingsOperations lists the operations on property sets, presets and other stored state.
func (s *Service) settingsOperations() handlers {
	return handlers{}
}
