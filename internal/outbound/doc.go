// Package outbound fetches from URLs that clients name, so that they cannot make the server speak
// to what only the server can reach.
//
// It promises: only http and https; no connection to an address that is not public, judged when
// the connection is made, so that a name which changes its address gains nothing; the same for
// every redirect; usual web ports only; limits on time, bytes, headers and redirects; no proxy of
// the environment, no cookies, no decompression. What a URL holds in secrets (credentials, query)
// stands in no error.
//
// It does not know the network's own translation prefixes (RFC 6052, section 2.2) besides the
// well-known one; an operator who has one closes it with a firewall or an allow list of hosts.
package outbound
