package auth

import (
	"context"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Options tunes a Service. Zero fields take the default that they name.
type Options struct {
	CacheSize int           // verified logins that are remembered: 1024
	CacheLife time.Duration // how long each is remembered: 10 minutes

	TokenLifetime time.Duration // of tokens whose spec names none: 12 hours

	FreePerAccount int           // failures of an account that cost no delay: 5
	FreePerAddress int           // the same for an address, behind which may be many people: 20
	FirstDelay     time.Duration // delay of the next attempt, doubled by each further failure: 250 ms
	MaxDelay       time.Duration // longest delay: 8 s
	Forget         time.Duration // failures are forgotten so long after the last one: 15 minutes
	Subjects       int           // addresses and accounts whose failures are counted: 8192
	WaitersEach    int           // attempts that may wait for one account or address: 8
	Waiters        int           // attempts that may wait altogether: 128
}

func (o Options) withDefaults() Options {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&o.CacheSize, 1024)
	orTime(&o.CacheLife, 10*time.Minute)
	orTime(&o.TokenLifetime, 12*time.Hour)
	orInt(&o.FreePerAccount, 5)
	orInt(&o.FreePerAddress, 20)
	orTime(&o.FirstDelay, 250*time.Millisecond)
	orTime(&o.MaxDelay, 8*time.Second)
	orTime(&o.Forget, 15*time.Minute)
	orInt(&o.Subjects, 8192)
	orInt(&o.WaitersEach, 8)
	orInt(&o.Waiters, 128)
	return o
}

// Service checks credentials. It is safe for concurrent use.
type Service struct {
	store     ingest.Store
	now       func() time.Time
	passwords *Passwords
	verified  *verified
	known     *known
	throttle  *throttle
	keyring   *Keyring
	lifetime  time.Duration // of tokens
	nobody    string        // PHC string that no password fits, of the usual cost
}

// New returns a service over the users of a store.
func New(store ingest.Store, now func() time.Time, options Options) *Service {
	options = options.withDefaults()
	return &Service{
		store:     store,
		now:       now,
		passwords: NewPasswords(),
		verified:  newVerified(options.CacheSize, options.CacheLife),
		known:     newKnown(options.CacheSize, options.CacheLife),
		throttle:  newThrottle(now, options),
		keyring:   NewKeyring(store, now),
		lifetime:  options.TokenLifetime,
		nobody:    phc{memory: newMemory, time: newTime, lanes: newLanes, salt: make([]byte, saltSize), hash: make([]byte, hashSize)}.String(),
	}
}

// Passwords returns the hasher that the service uses, for setting passwords in
// the same process.
func (s *Service) Passwords() *Passwords { return s.passwords }

// Keyring returns the signing keys that the service uses.
func (s *Service) Keyring() *Keyring { return s.keyring }

// HashPassword returns the PHC string under which a password is kept.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.passwords.Hash(ctx, password)
}

// maxLogin is the longest login that is looked up, in bytes.
const maxLogin = 320

// Login returns who the credentials belong to. Failures: Unauthenticated with
// CodeNoCredentials (empty login), CodeBadCredentials (unknown login or wrong
// password) or CodeInvalidUser (switched off or expired, told only to who knows
// the password); Throttled when too many attempts wait.
//
// Credentials that were right within the cache's life are not delayed by
// anybody's failures and cost one read of the store.
func (s *Service) Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error) {
	if c.Login == "" {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Op: "auth.Login", Code: ingest.CodeNoCredentials,
			Msg: "no credentials were sent"}
	}
	for {
		who, err := s.find(ctx, c.Login)
		if err != nil {
			return ingest.Principal{}, err
		}
		right, fresh, err := s.check(ctx, who, c)
		switch {
		case err != nil:
			return ingest.Principal{}, err
		case !right:
			return ingest.Principal{}, badCredentials("auth.Login", "Invalid username/password")
		case fresh:
			// Verifying may have taken seconds. The account as it is now decides, so
			// that a password changed meanwhile counts.
			continue
		}
		return who.principal("auth.Login", s.now())
	}
}

// Exists reports whether a user has the login. Whoever asks must not tell it to
// callers.
func (s *Service) Exists(ctx context.Context, login string) (bool, error) {
	who, err := s.find(ctx, login)
	return who.user.Number != 0, err
}

// Named returns who has a login, for users whom the operator names in the settings.
// Failures: NotFound with CodeUnknownUser, Unauthenticated with CodeInvalidUser when
// the user may not log in.
func (s *Service) Named(ctx context.Context, login string) (ingest.Principal, error) {
	const op = "auth.Named"
	who, err := s.find(ctx, login)
	if err != nil {
		return ingest.Principal{}, err
	}
	if who.user.Number == 0 {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeUnknownUser, Msg: "no user has the login"}
	}
	return who.principal(op, s.now())
}

// check reports whether the password is right, and whether that was found out
// by this call or one beside it rather than remembered.
func (s *Service) check(ctx context.Context, who identity, c ingest.Credentials) (right, fresh bool, err error) {
	login := foldLogin(c.Login)
	key := s.verified.key(who.user.Number, who.user.PasswordHash, login, c.Password)
	if s.verified.has(key, s.now()) {
		return true, false, nil
	}
	right, err = s.verified.once(ctx, key, func() (bool, error) {
		attempt := []subject{account(login), address(c.Address)}
		if err := s.throttle.begin(ctx, attempt...); err != nil {
			return false, err
		}
		stored := who.user.PasswordHash
		if stored == "" {
			stored = s.nobody
		}
		right, err := s.passwords.Verify(ctx, stored, c.Password)
		if err != nil {
			s.throttle.takeBack(attempt...)
			return false, err
		}
		if !right || who.user.PasswordHash == "" {
			return false, nil
		}
		s.throttle.forgive(attempt[0])
		s.throttle.takeBack(attempt[1])
		s.verified.add(key, s.now())
		return true, nil
	})
	return right, true, err
}

// identity is a user as found in the store; the zero value is an unknown one.
type identity struct {
	user        ingest.User
	memberships []ingest.Membership
}

// find reads a user by login. An unknown login is no error.
func (s *Service) find(ctx context.Context, login string) (identity, error) {
	if len(login) > maxLogin {
		return identity{}, nil
	}
	return s.read(ctx, name{login: login}, nil)
}

// findNumber reads a user by number. An unknown number is no error.
func (s *Service) findNumber(ctx context.Context, number ingest.Number) (identity, error) {
	return s.read(ctx, name{number: number}, nil)
}

// read returns a user as it is now, from memory if nobody was changed since. With
// the same reading of the store it does what else there is to look up.
func (s *Service) read(ctx context.Context, of name, also func(ingest.Tx) error) (identity, error) {
	var who identity
	err := s.store.View(ctx, func(tx ingest.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		revision, err := tx.PeopleRevision()
		if err != nil {
			return err
		}
		var ok bool
		if who, ok = s.known.look(of, revision, s.now()); ok {
			return nil
		}
		user, err := of.user(tx)
		if err != nil {
			return err
		}
		who.user = *user
		if who.memberships, err = tx.Memberships(user.Number); err != nil {
			return err
		}
		s.known.put(of, revision, who, s.now())
		return nil
	})
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return identity{}, err
	}
	return who, nil
}

func (n name) user(tx ingest.Tx) (*ingest.User, error) {
	if n.number != 0 {
		return tx.User(n.number)
	}
	return tx.UserByLogin(n.login)
}

// principal is the identity as a caller, if it may log in.
func (w identity) principal(op string, now time.Time) (ingest.Principal, error) {
	if !w.user.Valid(now) {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeInvalidUser,
			Msg: "this user is switched off or expired"}
	}
	return w.user.Principal(w.memberships), nil
}

func badCredentials(op, msg string) error {
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: op, Code: ingest.CodeBadCredentials, Msg: msg}
}

// foldLogin makes logins comparable: without regard to ASCII case, as the
// store compares them.
func foldLogin(login string) string {
	if len(login) > maxLogin {
		login = login[:maxLogin]
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, login)
}
