// Package auth finds out who is calling: it checks passwords and API keys
// against the users in the store and slows down those who guess.
//
// It promises that an unknown login and a wrong password cannot be told apart
// by answer or time, that at most one password hash is computed at any moment
// (a hash takes 19 MiB), that a right password is not hashed again for every
// request, and that a changed password counts from the next request on, also
// when another process changed it. It decides nothing about what a caller may
// do; the engine does.
package auth
