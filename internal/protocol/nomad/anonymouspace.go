package nomad

import (
	"net/netip"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// paces limit what an address may do without a login.
type paces struct{ initiate, verify *pace }

func newPaces() paces {
	return paces{newPace(initiatesHour, time.Hour), newPace(verifiesWindow, 15*time.Minute)}
}

// pace counts what each address of the network does within a window of time. An IPv6
// address counts with its /64, which is one customer's. It is safe for concurrent use.
type pace struct {
	most   int
	window time.Duration

	mu   sync.Mutex
	seen map[string]tally
}

// tally is what an address has done since the window began.
type tally struct {
	began time.Time
	count int
}

// mostAddresses bounds the memory of a pace. While so many addresses are known, new
// ones have to wait.
const mostAddresses = 10_000

func newPace(most int, window time.Duration) *pace {
	return &pace{most: most, window: window, seen: map[string]tally{}}
}

// take counts one more. It is Throttled when that is too much.
func (p *pace) take(address string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := network(address)
	t, known := p.seen[key]
	if known && now.Sub(t.began) >= p.window {
		t, known = tally{}, false
	}
	if !known {
		if len(p.seen) >= mostAddresses {
			p.forget(now)
		}
		t.began = now
	}
	if t.count >= p.most || !known && len(p.seen) >= mostAddresses {
		return &ingest.Error{Kind: ingest.Throttled, Op: "nomad.pace", Code: ingest.CodeLimit, Msg: "Too many requests. Try again later."}
	}
	t.count++
	p.seen[key] = t
	return nil
}

// forget drops the addresses whose window is over.
func (p *pace) forget(now time.Time) {
	for key, t := range p.seen {
		if now.Sub(t.began) >= p.window {
			delete(p.seen, key)
		}
	}
}

// network is what an address counts as.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}
