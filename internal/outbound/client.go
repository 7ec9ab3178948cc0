package outbound

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Options say what may be fetched. The zero value fetches nothing.
type Options struct {
	Enabled      bool
	AllowPrivate bool          // addresses and ports of every kind: for tests and closed networks
	MaxBytes     int64         // of one body; 0 = 2 GiB
	Timeout      time.Duration // of one transfer, to its last byte; 0 = 10 minutes
	MaxRedirects int           // 0 = 5, negative = none
	UserAgent    string        // "" = Sluice
	Hosts        []string      // host names or *.suffixes that may be asked; empty = all
}

// Limits that are not adjustable.
const (
	maxURL        = 8192     // bytes
	maxHeader     = 64 << 10 // bytes of the headers of an answer
	maxDiscarded  = 64 << 10 // bytes of a body that nobody wants
	dialTimeout   = 15 * time.Second
	headerTimeout = time.Minute // from the request's last byte to the answer's headers
)

// Client fetches. It is safe for concurrent use and keeps no connections.
type Client struct {
	options   Options
	transport *http.Transport
	dialer    *net.Dialer
	allowed   func(netip.Addr) bool
}

// New returns a client with the defaults of options filled in.
func New(options Options) *Client {
	if options.MaxBytes <= 0 {
		options.MaxBytes = 2 << 30
	}
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Minute
	}
	if options.MaxRedirects == 0 {
		options.MaxRedirects = 5
	}
	if options.UserAgent == "" {
		options.UserAgent = "Sluice"
	}
	c := &Client{options: options, allowed: public}
	if options.AllowPrivate {
		c.allowed = func(netip.Addr) bool { return true }
	}
	c.dialer = &net.Dialer{Timeout: dialTimeout, ControlContext: c.control}
	c.transport = &http.Transport{
		DialContext:            c.dialer.DialContext,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeader,
		ResponseHeaderTimeout:  headerTimeout,
		TLSHandshakeTimeout:    dialTimeout,
	}
	return c
}

// control judges the address of a socket between its making and its connecting. By then names
// are resolved, so there is nothing left that could change.
func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !c.allowed(at.Addr()) {
		return &refusedAddress{address: address}
	}
	return nil
}

// refusedAddress is what control answers. It is for the server log: the caller must not learn
// which addresses names have inside.
type refusedAddress struct{ address string }

func (e *refusedAddress) Error() string { return e.address + " is not a public address" }
