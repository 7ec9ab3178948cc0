// Package guard is what every HTTP request passes before a door sees it and
// what doors share in speaking HTTP: the client's address behind proxies,
// request ids, the access log, recovery from panics, security headers, bodies
// that must keep moving, and reading credentials.
//
// It knows no dialect: how a failure looks to a client is the door's business.
package guard
