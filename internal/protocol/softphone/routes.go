package softphone

import (
	"net/http"
	"strings"
)

// service is one of the services that apps call by its own address.
type service struct {
	name    string   // last element of the path
	methods []string // the first ones in Allow
	run     func(*call) (answer, error)
	bytes   int64 // most bytes of its body, unless it reads the body itself; 0 = it does
}

// services is the table of section 0. Apps in the field were configured with either
// spelling of the upload's address.
func services() []service {
	upload := []string{http.MethodPost, http.MethodPut}
	check := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut}
	refer := []string{http.MethodGet, http.MethodPost, http.MethodPut}
	get := []string{http.MethodGet, http.MethodPost}
	return []service{
		{"upload_media", upload, (*call).upload, 0},
		{"upload_message", upload, (*call).upload, 0},
		{"upload_media_precheck", check, (*call).precheck, maxPlainBody},
		{"upload_message_precheck", check, (*call).precheck, maxPlainBody},
		{"send_media_ref", refer, (*call).sendReference, maxReferenceBody},
		{"send_message", get, (*call).sendMessage, maxMessageBody},
		{"fetch_messages", get, (*call).fetch, maxPlainBody},
		{"account.xml", get, (*call).account, maxPlainBody},
	}
}

// Names of path elements.
const (
	softphoneElement = "softphone"
	transferElement  = "mmmsg"
	mediaElement     = "m"
)

// target is what an address of the door names.
type target struct {
	kind    targetKind
	slug    string // of the company; "" = the one that addresses without a name mean
	service service
	token   string // of a file or of an object
	secret  string // of an allocator's address
}

type targetKind uint8

const (
	atNothing targetKind = iota
	atService
	atUnknown // an address of the door that names no service
	atMedia
	atObject    // an object of the store-and-forward service
	atAllocator // the address under which such objects are allocated, or an object by its alias
)

// minToken is the least number of characters of a path of one element that belongs to
// the store-and-forward service (section 10.1).
const minToken = 33

// readTarget says what a path names, atNothing when it is none of the door's.
func readTarget(path string) target {
	elements := strings.Split(strings.Trim(path, "/"), "/")
	first := elements[0]
	switch {
	case len(elements) == 1 && isToken(first):
		return target{kind: atObject, token: first}
	case len(elements) == 1 && first == transferElement:
		return target{kind: atAllocator}
	case len(elements) == 1:
		if s, ok := serviceNamed(first); ok {
			return target{kind: atService, service: s}
		}
		return target{}
	case elements[1] == softphoneElement:
		return serviceTarget(first, elements[2:])
	case elements[1] == transferElement:
		return transferTarget(first, elements[2:])
	case first == softphoneElement:
		return serviceTarget("", elements[1:])
	case first == transferElement:
		return transferTarget("", elements[1:])
	case first == mediaElement && len(elements) <= 3:
		return target{kind: atMedia, token: elements[1]}
	}
	return target{}
}

func serviceTarget(slug string, rest []string) target {
	if len(rest) == 1 {
		if s, ok := serviceNamed(rest[0]); ok {
			return target{kind: atService, slug: slug, service: s}
		}
	}
	return target{kind: atUnknown, slug: slug}
}

// transferTarget reads what stands behind /mmmsg/: nothing, the secret of the company's
// allocator or a token, or both.
func transferTarget(slug string, rest []string) target {
	switch len(rest) {
	case 0:
		return target{kind: atAllocator, slug: slug}
	case 1:
		return target{kind: atAllocator, slug: slug, secret: rest[0], token: rest[0]}
	case 2:
		return target{kind: atAllocator, slug: slug, secret: rest[0], token: rest[1]}
	}
	return target{kind: atUnknown, slug: slug}
}

func serviceNamed(name string) (service, bool) {
	for _, s := range services() {
		if s.name == name {
			return s, true
		}
	}
	return service{}, false
}

func isToken(s string) bool {
	if len(s) < minToken {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// Before returns a handler that serves the door's addresses and leaves all others to
// next. It stands before the patterns of the other doors, none of which has such
// addresses, because a company may be called like one of them.
func (d *Door) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := readTarget(r.URL.Path)
		if t.kind == atNothing {
			next.ServeHTTP(w, r)
			return
		}
		r.Pattern = t.pattern()
		switch t.kind {
		case atMedia:
			d.serveMedia(w, r, t.token)
		case atObject, atAllocator:
			d.serveTransfer(w, r, t)
		default:
			d.serveService(w, r, t)
		}
	})
}
