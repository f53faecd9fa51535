package session_test

import (
	"errors"
	"testing"

	"kitebot/internal/kite/session"
)

// Of the parts of one answer, one finds that the login was taken over and ends its
// session; the others may find only that it has ended.
func TestATakeoverComesFirst(t *testing.T) {
	takenOver := &session.UsurpedError{}
	for _, other := range []error{session.ErrNoLogin, &session.EndedError{}, &session.DoubtError{}, session.ErrUnconfirmed, session.ErrLoggedOut} {
		if err := session.LoginError(other, errors.New("a part"), nil, takenOver); !errors.Is(err, takenOver) {
			t.Errorf("with %q: %v", other, err)
		}
	}
}
