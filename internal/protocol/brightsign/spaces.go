package brightsign

import "sync"

// spaces remembers in which namespace clients of a service namespace speak of their
// data, for replies to requests that say nothing of it (1.3).
type spaces struct {
	mu   sync.Mutex
	seen map[string]string
}

// mostSpaces bounds what is remembered.
const mostSpaces = 256

func (s *spaces) learn(service, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(service) > maxNamespace {
		return
	}
	if s.seen == nil || len(s.seen) >= mostSpaces {
		s.seen = map[string]string{}
	}
	s.seen[service] = data
}

func (s *spaces) of(service string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[service]
}
