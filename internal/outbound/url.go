package outbound

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Codes of what only this package refuses.
const (
	CodeOff            ingest.Code = "outbound-off"     // the operator has not allowed it; Kind Conflict
	CodeRefusedAddress ingest.Code = "outbound-address" // the host, its address or the port may not be asked; Kind Invalid
	CodeStatus         ingest.Code = "outbound-status"  // the other server answered with an error
)

// ValidateURL refuses a URL that Fetch would refuse without asking anybody: Conflict with CodeOff,
// Invalid for the rest. A host's addresses are judged when it is asked.
func (c *Client) ValidateURL(raw string) error {
	_, err := c.check("outbound.ValidateURL", raw)
	return err
}

// check parses a URL and applies every rule that needs no network.
func (c *Client) check(op, raw string) (*url.URL, error) {
	if !c.options.Enabled {
		return nil, &ingest.Error{Kind: ingest.Conflict, Op: op, Code: CodeOff, Msg: "fetching from other servers is switched off on this server"}
	}
	malformed := func(code ingest.Code, format string, args ...any) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: code, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case raw == "":
		return nil, malformed(ingest.CodeMissing, "the URL is empty")
	case len(raw) > maxURL:
		return nil, malformed(ingest.CodeLimit, "the URL has %d bytes, at most %d are allowed", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil { // whose text quotes the URL
		return nil, malformed(ingest.CodeMalformed, "the URL cannot be parsed")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, malformed(ingest.CodeMalformed, "only http and https URLs are fetched, not %.20q", u.Scheme)
	case u.Opaque != "", u.Hostname() == "":
		return nil, malformed(ingest.CodeMalformed, "the URL names no host")
	}
	if problem := c.refusal(u); problem != "" {
		return nil, malformed(CodeRefusedAddress, "%s: %s", shown(u), problem)
	}
	return u, nil
}

// refusal says why a URL's host or port may not be asked, "" when it may.
func (c *Client) refusal(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "the port is not a number from 1 to 65535"
		}
		if !c.options.AllowPrivate && !slices.Contains([]string{"80", "443", "8080", "8443"}, port) {
			return "only the ports 80, 443, 8080 and 8443 are fetched from"
		}
	}
	if len(c.options.Hosts) > 0 && !slices.ContainsFunc(c.options.Hosts, func(pattern string) bool { return fits(host, pattern) }) {
		return "the host is not one of those that this server may fetch from"
	}
	address, err := netip.ParseAddr(host)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if err == nil && !c.allowed(address) || local && !c.options.AllowPrivate {
		return "the host is not public"
	}
	return ""
}

// fits reports whether a host name is the one of a pattern, or ends in its *.suffix.
func fits(host, pattern string) bool {
	pattern = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(pattern), "."))
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasPrefix(suffix, ".") && len(host) > len(suffix) && strings.HasSuffix(host, suffix)
	}
	return host == pattern
}

// shown is what messages show of a URL: neither credentials nor the query, which may sign it.
func shown(u *url.URL) string {
	const most = 200
	text := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
