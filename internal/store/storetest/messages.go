package storetest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func (f *fixture) message(c *ingest.Company, sender ingest.Number, at time.Time, to ...ingest.Number) *ingest.TextMessage {
	f.Helper()
	m := &ingest.TextMessage{
		ID: fmt.Sprintf("id%d", f.ids.Add(1)), Company: c.Number, Sender: sender, From: "+420", Stream: "s", ContentType: "text/plain",
		Disposition: "d", Body: "čau", Created: at,
	}
	for _, user := range to {
		m.To = append(m.To, ingest.MessageAddress{Address: fmt.Sprint("+", user), User: user})
	}
	f.update(func(tx ingest.Tx) error { return tx.CreateMessage(m) })
	return m
}

func messages(f *fixture) {
	c, other := f.company(), f.company()
	one := f.message(c, 1, noon, 2)
	two := f.message(c, 1, noon.Add(time.Hour), 2, 3, 2, 0)
	far := f.message(other, 1, noon, 2)
	back := f.message(c, 2, noon.Add(2*time.Hour), 1)
	if one.Number == 0 || two.Number <= one.Number {
		f.Errorf("numbers %d, %d do not rise", one.Number, two.Number)
	}
	expect(f, "message", two, func(tx ingest.Tx) (*ingest.TextMessage, error) { return tx.TextMessage(two.Number) })
	expect(f, "message by ID", far, func(tx ingest.Tx) (*ingest.TextMessage, error) { return tx.MessageByID(other.Number, far.ID) })
	f.missing("message of another company", func(tx ingest.Tx) error { _, err := tx.MessageByID(c.Number, far.ID); return err })
	f.taken("ID", func(tx ingest.Tx) error { return tx.CreateMessage(&ingest.TextMessage{ID: one.ID, Company: c.Number}) })

	received := func(what string, r ingest.MessageRange, want ...*ingest.TextMessage) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.TextMessage, error) { return tx.MessagesReceived(r) })
	}
	r := ingest.MessageRange{Company: c.Number, User: 2, Limit: 10}
	received("received", r, one, two)
	received("received by another", ingest.MessageRange{Company: c.Number, User: 3, Limit: 10}, two)
	received("received in another company", ingest.MessageRange{Company: other.Number, User: 2, Limit: 10}, far)
	received("received by nobody", ingest.MessageRange{Company: c.Number, User: 0, Limit: 10})
	r.After = one.Number
	received("after", r, two)
	r.After, r.Before = 0, two.Number
	received("before", r, one)
	r.Before, r.Limit = 0, 1
	received("first", r, one)
	r.Newest = true
	received("newest", r, two)
	r.Limit = 2
	received("newest in order", r, one, two)
	r.Since = noon.Add(time.Minute)
	received("since", r, two)
	expect(f, "sent", []*ingest.TextMessage{one, two}, func(tx ingest.Tx) ([]*ingest.TextMessage, error) {
		return tx.MessagesSent(ingest.MessageRange{Company: c.Number, User: 1, Limit: 10})
	})
	expect(f, "newest sent", []*ingest.TextMessage{two}, func(tx ingest.Tx) ([]*ingest.TextMessage, error) {
		return tx.MessagesSent(ingest.MessageRange{Company: c.Number, User: 1, Limit: 1, Newest: true})
	})

	r = ingest.MessageRange{Company: c.Number, User: 2, Limit: 10, Bytes: len(one.Body) - 1}
	received("the first, however long", r, one)
	r.Bytes = len(one.Body) + len(two.Body)
	received("as many bytes as fit", r, one, two)
	r.Bytes--
	received("fewer bytes", r, one)
	r.Newest = true
	received("the newest, by bytes", r, two)
	received("received by several", ingest.MessageRange{Company: c.Number, User: 3, Limit: 10}, two)
	oldMessages(f, c, other, one, far, back)
}

// oldMessages checks the end of messages, of which one and back are a company's.
func oldMessages(f *fixture, c, other *ingest.Company, one, far, back *ingest.TextMessage) {
	before := func(company ingest.Number, at time.Time, want bool) {
		f.Helper()
		expect(f, "messages before", want, func(tx ingest.Tx) (bool, error) { return tx.MessagesBefore(company, at) })
	}
	before(c.Number, noon, false)
	before(c.Number, noon.Add(time.Second), true)
	deleted := func(at time.Time, limit, want int) {
		f.Helper()
		var n int
		f.update(func(tx ingest.Tx) (err error) { n, err = tx.DeleteMessages(c.Number, at, limit); return err })
		f.same("deleted", n, want)
	}
	deleted(back.Created, 1, 1)
	f.missing("deleted message", func(tx ingest.Tx) error { _, err := tx.TextMessage(one.Number); return err })
	deleted(back.Created, 10, 1)
	deleted(back.Created, 10, 0)
	expect(f, "nothing received", []*ingest.TextMessage(nil), func(tx ingest.Tx) ([]*ingest.TextMessage, error) {
		return tx.MessagesReceived(ingest.MessageRange{Company: c.Number, User: 3, Limit: 10})
	})
	expect(f, "message of another company", far, func(tx ingest.Tx) (*ingest.TextMessage, error) { return tx.TextMessage(far.Number) })
	before(other.Number, noon.Add(time.Second), true)
}

func addresses(f *fixture) {
	c, other := f.company(), f.company()
	ann, bob, eve := f.user("ann"), f.user("bob"), f.user("eve")
	for _, m := range []ingest.Membership{
		{User: ann.Number, Company: c.Number, Active: true}, {User: bob.Number, Company: c.Number, Active: true},
		{User: bob.Number, Company: other.Number, Active: false}, {User: eve.Number, Company: other.Number, Active: true},
	} {
		f.update(func(tx ingest.Tx) error { return tx.PutMembership(m) })
	}
	put := func(u *ingest.User, kind ingest.AddressKind, list ...string) {
		f.Helper()
		var addresses []ingest.UserAddress
		for _, text := range list {
			a, err := ingest.ReadAddress("storetest", kind, text)
			if err != nil {
				f.Fatal(err)
			}
			addresses = append(addresses, a)
		}
		f.update(func(tx ingest.Tx) error { return tx.PutAddresses(u.Number, kind, addresses) })
	}
	at := func(what string, company *ingest.Company, kind ingest.AddressKind, key string, want ...*ingest.User) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.User, error) { return tx.UsersAt(company.Number, kind, key) })
	}
	put(ann, ingest.AddressSIP, "Ann@example.org")
	put(ann, ingest.AddressPhone, "+420 2", "+420 1")
	put(bob, ingest.AddressPhone, "+4209", "+4209")
	put(eve, ingest.AddressPhone, "+4201")
	expect(f, "addresses", []ingest.UserAddress{
		{User: ann.Number, Kind: "phone", Address: "+4202", Key: "4202"}, {User: ann.Number, Kind: "phone", Address: "+4201", Key: "4201"},
		{User: ann.Number, Kind: "sip", Address: "Ann@example.org", Key: "ann@example.org"},
	}, func(tx ingest.Tx) ([]ingest.UserAddress, error) { return tx.AddressesOf(ann.Number) })
	at("number", c, "phone", "4201", ann)
	at("number in another company", other, "phone", "4201", eve)
	at("address", c, "sip", "ann@example.org", ann)
	at("address of another kind", c, "phone", "ann@example.org")
	at("number twice", c, "phone", "4209", bob)
	at("number of a member who is not active", other, "phone", "4209")
	put(bob, ingest.AddressPhone, "+4201")
	at("number of two", c, "phone", "4201", ann, bob)
	put(ann, ingest.AddressPhone)
	at("number of one", c, "phone", "4201", bob)
	f.update(func(tx ingest.Tx) error { return tx.DeleteUser(ann.Number) })
	at("address of nobody", c, "sip", "ann@example.org")
}

func mediaLinks(f *fixture) {
	c, other := f.company(), f.company()
	link := func(company *ingest.Company, at time.Time) *ingest.MediaLink {
		l := &ingest.MediaLink{
			TokenHash: []byte(f.uuid()), Nonce: f.uuid(), Company: company.Number, Asset: 7, User: 2, Recipient: "+420", Name: "a.jpg",
			ContentType: "image/jpeg", Size: 9, RepeatKey: []byte("same"), Created: at, Expires: at.Add(time.Hour),
		}
		f.update(func(tx ingest.Tx) error { return tx.CreateMediaLink(l) })
		return l
	}
	one, two, far := link(c, noon), link(c, noon.Add(time.Minute)), link(other, noon.Add(time.Hour))
	expect(f, "link", one, func(tx ingest.Tx) (*ingest.MediaLink, error) { return tx.MediaLinkByToken(one.TokenHash) })
	f.missing("unknown token", func(tx ingest.Tx) error { _, err := tx.MediaLinkByToken([]byte("x")); return err })
	repeated := func(tx ingest.Tx) (*ingest.MediaLink, error) {
		return tx.RepeatedMediaLink(c.Number, []byte("same"), noon.Add(time.Second))
	}
	expect(f, "repeat", two, repeated)
	expired := func(what string, at time.Time, want ...*ingest.MediaLink) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.MediaLink, error) { return tx.ExpiredMediaLinks(at, 5) })
	}
	expired("none has expired", one.Expires.Add(-time.Microsecond))
	expired("one has expired", one.Expires, one)
	expired("all have expired", far.Expires, one, two, far)
	f.update(func(tx ingest.Tx) error { return tx.EndMediaLink(two.Number) })
	f.missing("repeat of an ended link", func(tx ingest.Tx) error { _, err := repeated(tx); return err })
	expired("those that have not ended", far.Expires, one, far)
	var n int
	f.update(func(tx ingest.Tx) (err error) { n, err = tx.DeleteMediaLinks(far.Expires, 5); return err })
	f.same("deleted", n, 1)
	f.missing("deleted link", func(tx ingest.Tx) error { _, err := tx.MediaLinkByToken(two.TokenHash); return err })
	expired("the others stay", far.Expires, one, far)
}

func transfers(f *fixture) {
	c := f.company()
	transfer := func(expires time.Time) *ingest.Transfer {
		r := &ingest.Transfer{
			TokenHash: []byte(f.uuid()), Company: c.Number, ContentType: "image/jpeg", Size: 5, Address: "192.0.2.1",
			State: ingest.TransferAllocated, Created: noon, Expires: expires,
		}
		f.update(func(tx ingest.Tx) error { return tx.CreateTransfer(r) })
		return r
	}
	one, two := transfer(noon.Add(time.Hour)), transfer(noon.Add(2*time.Hour))
	one.State, one.Asset, one.Referenced, one.Expires = ingest.TransferComplete, 7, true, noon.Add(3*time.Hour)
	f.update(func(tx ingest.Tx) error { return tx.UpdateTransfer(one) })
	expect(f, "transfer", one, func(tx ingest.Tx) (*ingest.Transfer, error) { return tx.TransferByToken(one.TokenHash) })
	f.missing("unknown token", func(tx ingest.Tx) error { _, err := tx.TransferByToken([]byte("x")); return err })
	expired := func(what string, at time.Time, want ...*ingest.Transfer) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.Transfer, error) { return tx.ExpiredTransfers(at, 5) })
	}
	expired("the sooner", two.Expires, two)
	expired("both", one.Expires, two, one)
	two.State = ingest.TransferEnded
	f.update(func(tx ingest.Tx) error { return tx.UpdateTransfer(two) })
	expired("the other", one.Expires, one)
	for want := range []int{1, 0} {
		var n int
		f.update(func(tx ingest.Tx) (err error) { n, err = tx.DeleteTransfers(one.Expires, 5); return err })
		f.same("deleted", n, 1-want)
	}
}

func dayUse(f *fixture) {
	c, other := f.company(), f.company()
	all := ingest.DayUse{Company: c.Number, Day: 5}
	user := ingest.DayUse{Company: c.Number, Subject: "user 7", Day: 5}
	for _, d := range []ingest.DayUse{all, all, user} {
		f.update(func(tx ingest.Tx) error { return tx.AddDayUse(ingest.Usage{Files: 1, Bytes: 10}, d) })
	}
	counts := func(want ...ingest.Usage) {
		f.Helper()
		var got []ingest.Usage
		f.view(func(tx ingest.Tx) error {
			for _, d := range []ingest.DayUse{all, user, {Company: other.Number, Day: 5}, {Company: c.Number, Day: 6}} {
				u, err := tx.DayUsage(d)
				if err != nil {
					return err
				}
				got = append(got, u)
			}
			return nil
		})
		if diff := cmp.Diff(want, got); diff != "" {
			f.Error(diff)
		}
	}
	counts(ingest.Usage{Files: 2, Bytes: 20}, ingest.Usage{Files: 1, Bytes: 10}, ingest.Usage{}, ingest.Usage{})
	f.update(func(tx ingest.Tx) error { return tx.AddDayUse(ingest.Usage{Files: 1, Bytes: 5}, all, user) })
	counts(ingest.Usage{Files: 3, Bytes: 25}, ingest.Usage{Files: 2, Bytes: 15}, ingest.Usage{}, ingest.Usage{})
	f.update(func(tx ingest.Tx) error { return tx.DeleteDayUse(5) })
	counts(ingest.Usage{Files: 3, Bytes: 25}, ingest.Usage{Files: 2, Bytes: 15}, ingest.Usage{}, ingest.Usage{})
	f.update(func(tx ingest.Tx) error { return tx.DeleteDayUse(6) })
	counts(ingest.Usage{}, ingest.Usage{}, ingest.Usage{}, ingest.Usage{})
}
