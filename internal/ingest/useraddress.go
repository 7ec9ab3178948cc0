package ingest

import (
	"fmt"
	"strings"
	"unicode"
)

// UserAddress is an address by which a user is reached, in every company that the
// user belongs to.
type UserAddress struct {
	User    Number
	Kind    AddressKind
	Address string // normalised, as it is shown
	Key     string // what addresses are compared by
}

// AddressKind says what an address is.
type AddressKind string

// Kinds of addresses, in the order in which a recipient is looked for.
const (
	AddressPhone AddressKind = "phone"
	AddressSIP   AddressKind = "sip"
)

// maxAddress is the longest address, in bytes.
const maxAddress = 255

// AddressTx keeps the addresses of users.
type AddressTx interface {
	// PutAddresses replaces a user's addresses of one kind; their order is kept.
	PutAddresses(user Number, kind AddressKind, addresses []UserAddress) error
	// AddressesOf lists the addresses of a user: phone numbers before SIP addresses,
	// each in their order.
	AddressesOf(user Number) ([]UserAddress, error)
	// UsersAt lists the active members of a company who have an address, by number,
	// at most two of them.
	UsersAt(company Number, kind AddressKind, key string) ([]*User, error)
}

// PhoneAddress reads a phone number: blanks, dashes, dots, slashes and brackets are
// dropped, a leading + is kept. It is false for anything else.
func PhoneAddress(text string) (UserAddress, bool) {
	var b strings.Builder
	for _, r := range strings.TrimPrefix(strings.TrimSpace(text), "tel:") {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0, r == '*', r == '#':
			b.WriteRune(r)
		case unicode.IsSpace(r), strings.ContainsRune("-.()[]/\u2010\u2011\u2012\u2013", r):
		default:
			return UserAddress{}, false
		}
	}
	address := b.String()
	key := strings.TrimPrefix(address, "+")
	if !strings.ContainsAny(key, "0123456789") || len(key) > 32 {
		return UserAddress{}, false
	}
	return UserAddress{Kind: AddressPhone, Address: address, Key: key}, true
}

// SIPAddress reads a SIP address (RFC 3261, section 19.1): scheme, parameters, port
// and angle brackets are dropped. It is false for anything else.
func SIPAddress(text string) (UserAddress, bool) {
	text = strings.TrimSpace(text)
	if open := strings.IndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		text = text[open+1 : len(text)-1]
	}
	if scheme, rest, ok := strings.Cut(text, ":"); ok && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
		text = rest
	}
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, "?")
	user, host, ok := strings.Cut(text, "@")
	user, _, _ = strings.Cut(user, ":")
	if !strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host, ":")
	}
	if !ok || user == "" || host == "" || len(text) > maxAddress || strings.ContainsFunc(user+host, unprintable) || strings.ContainsAny(host, "@/") {
		return UserAddress{}, false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return UserAddress{Kind: AddressSIP, Address: user + "@" + host, Key: strings.ToLower(user) + "@" + host}, true
}

func unprintable(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// ReadAddress reads an address of a kind; Invalid for one that is none.
func ReadAddress(op string, kind AddressKind, text string) (UserAddress, error) {
	read, example := PhoneAddress, "+420123456789"
	if kind == AddressSIP {
		read, example = SIPAddress, "john@example.org"
	}
	if a, ok := read(text); ok {
		return a, nil
	}
	return UserAddress{}, &Error{Kind: Invalid, Op: op, Code: CodeMalformed, Msg: fmt.Sprintf("%q is no %s address; write it like %s", text, kind, example)}
}
