package brightsign

import (
	"sync"

	"sluice/internal/ingest"
)

// spaces remembers in which namespace a user of an account who calls a service
// namespace speaks of data, for replies to requests that say nothing of it (1.3). What
// others say counts for nobody but them. Its zero value remembers nothing.
type spaces struct {
	mu   sync.Mutex
	seen map[speaker]string
}

// speaker is who speaks, and to what.
type speaker struct {
	company ingest.Number
	user    ingest.Number
	service string
}

// speaker is the caller of a request, to whichever service.
func (x *exchange) speaker() speaker {
	s := speaker{user: x.caller.User, service: x.request.service}
	if x.caller.company != nil {
		s.company = x.caller.company.Number
	}
	return s
}

// mostSpaces bounds what is remembered.
const mostSpaces = 4096

func (s *spaces) learn(who speaker, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(who.service) > maxNamespace || s.seen[who] == data {
		return
	}
	if s.seen == nil {
		s.seen = map[speaker]string{}
	}
	for victim := range s.seen {
		if len(s.seen) < mostSpaces {
			break
		}
		delete(s.seen, victim)
	}
	s.seen[who] = data
}

func (s *spaces) of(who speaker) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[who]
}
