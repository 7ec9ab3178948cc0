package engine

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// SoftphoneCompany returns a company by its slug, before anybody has logged in.
// NotFound with CodeUnknownCompany when there is none or its time is over.
func (e *Engine) SoftphoneCompany(ctx context.Context, slug string) (c *ingest.Company, err error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.SoftphoneCompany", Code: ingest.CodeUnknownCompany, Msg: fmt.Sprintf("no company has the address %s", quote(slug))}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err = tx.CompanyBySlug(slug)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return unknown
		}
		if err == nil && e.expired(ingest.Principal{}, c) != nil {
			return unknown
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// DefaultSoftphoneCompany returns the slug of the company that addresses without one
// mean, before anybody has logged in: that of a name or slug, or the only one there is
// when the name is empty. NotFound with CodeUnknownCompany when there is none.
func (e *Engine) DefaultSoftphoneCompany(ctx context.Context, name string) (slug string, err error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.DefaultSoftphoneCompany", Code: ingest.CodeUnknownCompany, Msg: "there are several companies, and the address names none"}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if name == "" {
			list, err := tx.Companies(ingest.Page{Limit: 2})
			if err != nil {
				return err
			}
			if len(list) != 1 {
				return unknown
			}
			slug = list[0].Slug
			return nil
		}
		c, err := tx.CompanyByName(name)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			c, err = tx.CompanyBySlug(name)
		}
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			unknown.Msg = fmt.Sprintf("no company is called %s", quote(name))
			return unknown
		}
		if err == nil {
			slug = c.Slug
		}
		return err
	})
	return slug, err
}

// AdmitSoftphone refuses who may not use a company: Forbidden with CodeNotMember for
// those who do not belong to it.
func (e *Engine) AdmitSoftphone(ctx context.Context, p ingest.Principal, company ingest.Number) error {
	return e.store.View(ctx, func(tx ingest.Tx) error {
		_, err := e.authorize(tx, p, company, rightRead)
		return err
	})
}

// senderAddress is what recipients see of the caller: the first number, else the first
// SIP address, else the login.
func senderAddress(tx ingest.Tx, p ingest.Principal) (string, error) {
	list, err := tx.AddressesOf(p.User)
	if err != nil || len(list) == 0 {
		return p.Login, err
	}
	return list[0].Address, nil
}

// Recipients looks up whom addresses mean in a company: a number, a SIP address, a
// login or an e-mail address, in this order. An element may hold several, separated
// by commas. Every failure of an address is Invalid with CodeRecipient: malformed,
// not allowed by the company's lists, or nobody's where the company refuses those.
func (e *Engine) Recipients(ctx context.Context, p ingest.Principal, company ingest.Number, to []string) (list []ingest.MessageAddress, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightRead)
		if err != nil {
			return err
		}
		list, err = recipients(tx, c, to)
		return err
	})
	return list, err
}

func badRecipient(format string, args ...any) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.recipients", Code: ingest.CodeRecipient, Msg: fmt.Sprintf(format, args...)}
}

// recipients resolves addresses, each once, under the company's rules. What is spelt
// in several ways counts as often, so that little is looked up.
func recipients(tx ingest.Tx, c *ingest.Company, to []string) ([]ingest.MessageAddress, error) {
	var list []ingest.MessageAddress
	seen := make(map[string]bool)
	for _, element := range to {
		for text := range strings.SplitSeq(element, ",") {
			if text = strings.TrimSpace(text); text == "" || seen[text] {
				continue
			}
			if seen[text] = true; len(seen) > MaxMessageRecipients {
				return nil, badRecipient("there are more than %d recipients", MaxMessageRecipients)
			}
			a, err := recipient(tx, c, text)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list, nil
}

func recipient(tx ingest.Tx, c *ingest.Company, text string) (ingest.MessageAddress, error) {
	phone, isPhone := ingest.PhoneAddress(text)
	sip, isSIP := ingest.SIPAddress(text)
	a := ingest.MessageAddress{Address: text}
	switch {
	case isPhone:
		a.Address = phone.Address
	case isSIP:
		a.Address = sip.Address
	case ingest.CheckLogin("engine.recipient", text) != nil:
		return a, badRecipient("%s is neither a number nor an address", quote(text))
	}
	if err := allowedRecipient(c.Settings.Softphone, a.Address); err != nil {
		return a, err
	}
	for _, known := range []struct {
		is      bool
		address ingest.UserAddress
	}{{isPhone, phone}, {isSIP, sip}} {
		if !known.is {
			continue
		}
		users, err := tx.UsersAt(c.Number, known.address.Kind, known.address.Key)
		switch {
		case err != nil:
			return a, err
		case len(users) > 1:
			return a, badRecipient("%s belongs to two users of the company; an administrator must decide", quote(a.Address))
		case len(users) == 1:
			a.User = users[0].Number
			return a, nil
		}
	}
	logins := []string{a.Address}
	if text != a.Address {
		logins = append(logins, text)
	}
	user, err := memberCalled(tx, c.Number, logins...)
	if err != nil {
		return a, err
	}
	if user == 0 && c.Settings.Softphone.RefuseUnknown {
		return a, badRecipient("nobody of the company has the address %s", quote(a.Address))
	}
	a.User = user
	return a, nil
}

// memberCalled finds an active member of a company by one of some logins; 0 = none.
func memberCalled(tx ingest.Tx, company ingest.Number, logins ...string) (ingest.Number, error) {
	for _, login := range logins {
		u, err := tx.UserByLogin(login)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			continue
		}
		if err != nil {
			return 0, err
		}
		memberships, err := tx.Memberships(u.Number)
		if err != nil {
			return 0, err
		}
		for _, m := range memberships {
			if m.Company == company && m.Active {
				return u.Number, nil
			}
		}
	}
	return 0, nil
}

// allowedRecipient applies the company's pattern and lists to a normalised address.
func allowedRecipient(s ingest.SoftphoneSettings, address string) error {
	folded := strings.ToLower(address)
	if slices.ContainsFunc(s.RecipientDeny, func(entry string) bool { return fitsEntry(entry, folded) }) ||
		len(s.RecipientAllow) > 0 && !slices.ContainsFunc(s.RecipientAllow, func(entry string) bool { return fitsEntry(entry, folded) }) {
		return badRecipient("messages to %s are not allowed", quote(address))
	}
	if s.RecipientPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(`^(?:` + s.RecipientPattern + `)$`)
	if err != nil {
		return &ingest.Error{Kind: ingest.Internal, Op: "engine.allowedRecipient", Err: err}
	}
	if !pattern.MatchString(address) {
		return badRecipient("messages to %s are not allowed", quote(address))
	}
	return nil
}

// fitsEntry compares an address in lower case with an entry of a list, which may
// begin or end with a *.
func fitsEntry(entry, address string) bool {
	entry = strings.ToLower(entry)
	if phone, ok := ingest.PhoneAddress(strings.Trim(entry, "*")); ok && !strings.HasPrefix(entry, "*") {
		entry = phone.Address + entry[len(strings.TrimRight(entry, "*")):]
	}
	if end, ok := strings.CutPrefix(entry, "*"); ok {
		return strings.HasSuffix(address, end)
	}
	if start, ok := strings.CutSuffix(entry, "*"); ok {
		return strings.HasPrefix(address, start)
	}
	return address == entry
}
