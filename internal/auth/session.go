package auth

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// sweepSessions is how many records of ended sessions whose time is over go with
// each new one.
const sweepSessions = 16

// EndSession ends a session of a user: its tokens are not taken from the next
// request on, by any server on the store. Sessions are kept nowhere, only that they
// ended, until the time after which no token of the session would be good anyway.
// Ending one twice is no error, nor is ending one that never was.
//
// Failures are Invalid for what is no UUID, and those of the store.
func (s *Service) EndSession(ctx context.Context, user ingest.Number, session ingest.UUID, until time.Time) error {
	const op = "auth.EndSession"
	key, ok := parseSession(session)
	if !ok || session == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("%q is no session", session)}
	}
	now := s.now()
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		if err := sweepEnded(tx, now); err != nil {
			return err
		}
		_, err := tx.DocumentByKey(0, ingest.DocEndedSession, 0, sessionKey(user, key))
		if ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		return tx.CreateDocument(&ingest.Document{UUID: id.New(), Kind: ingest.DocEndedSession, Key: sessionKey(user, key),
			Position: int(until.Unix()), Created: now, Modified: now, By: user})
	})
	if ingest.KindOf(err) == ingest.Conflict {
		return nil // another request was first
	}
	return err
}

// sweepEnded drops records of which no token is left. They are listed by their
// time, the earliest first.
func sweepEnded(tx ingest.Tx, now time.Time) error {
	list, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocEndedSession}, ingest.Page{Limit: sweepSessions})
	if err != nil {
		return err
	}
	for _, d := range list {
		if int64(d.Position) >= now.Unix() {
			return nil
		}
		if err := tx.DeleteDocument(d.Number); err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
	}
	return nil
}

// sessionEnded reports whether a session of a user has ended.
func sessionEnded(tx ingest.Tx, user ingest.Number, session sessionID) (bool, error) {
	if session == (sessionID{}) {
		return false, nil
	}
	_, err := tx.DocumentByKey(0, ingest.DocEndedSession, 0, sessionKey(user, session))
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return false, nil
	}
	return err == nil, err
}

// sessionKey names a session of a user: nobody ends those of others.
func sessionKey(user ingest.Number, session sessionID) string {
	return fmt.Sprintf("%d %s", user, session.uuid())
}
