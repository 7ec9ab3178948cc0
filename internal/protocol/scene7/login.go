package scene7

import "sluice/internal/ingest"

// loginResult is how an attempt to log in went.
type loginResult struct {
	principal ingest.Principal
	err       error
}

// login authenticates by the auth header, else by HTTP Basic (contract 7.1).
func (u *upload) login(auth AuthHeader) {
	if u.loggedIn || u.failed != nil {
		return
	}
	user, password, err := Credentials(auth, u.r)
	var got loginResult
	switch {
	case err != nil:
		got.err = err
	case auth.Present():
		got = u.try(user, password)
	default:
		got = u.basic()
	}
	if got.err != nil {
		u.fail(got.err)
		return
	}
	u.principal, u.loggedIn = got.principal, true
	u.release()
}

// vouch looks at HTTP Basic before the first file, so that clients that log in by
// it alone are not limited like strangers. An auth part may still come; it wins.
func (u *upload) vouch() {
	if _, _, ok := u.r.BasicAuth(); !ok || u.sawAuth || u.byBasic != nil {
		return
	}
	if u.basic().err == nil {
		u.release()
	}
}

// basic tries the credentials of HTTP Basic, once for each request.
func (u *upload) basic() loginResult {
	if u.byBasic == nil {
		user, password, _ := u.r.BasicAuth()
		got := u.try(user, password)
		u.byBasic = &got
	}
	return *u.byBasic
}

func (u *upload) try(user, password string) loginResult {
	principal, err := u.door.Logins.Login(u.r.Context(), ingest.Credentials{Login: user, Password: password, Address: u.door.Address(u.r)})
	return loginResult{principal, err}
}
