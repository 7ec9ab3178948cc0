package guard

import (
	"net/http"
	"strings"
)

// Masked stands in the log for an element of a path that is a secret.
const Masked = "***"

// MaskPath replaces the elements of a path that are not known words. A door whose
// addresses have secrets in them says with it how its paths may be logged: what is not
// known to be harmless is masked, so that a secret stays one in a misspelt address too.
func MaskPath(path string, known func(element string) bool) string {
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if e != "" && e != "." && e != ".." && !known(e) {
			elements[i] = Masked
		}
	}
	return strings.Join(elements, "/")
}

// loggedPath is the path of a request as the log may have it. Queries are never logged.
func (g *Guard) loggedPath(r *http.Request) string {
	path := r.URL.Path
	if g.options.LogPath != nil {
		path = g.options.LogPath(path)
	}
	return clip(path)
}
