// Package auth finds out who is calling: it checks passwords, API keys and
// signed tokens against the users in the store and slows down those who guess.
//
// It promises that an unknown login and a wrong password cannot be told apart
// by answer or time, that at most one password hash is computed at any moment
// (a hash takes 19 MiB), that a right password is not hashed again for every
// request, and that a changed password counts from the next request on, also
// when another process changed it. Tokens are kept nowhere and end with the
// password that they were issued under, or with their session; that one ended is in
// the store, as are the keys that sign them, for all servers on it. The package
// decides nothing about what a caller may do; the engine does.
package auth
