package mcpconn

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// noStreams reports whether the way in which a stream failed to open says that
// the server serves none. A server that is away, or too busy, or keeps us out,
// says nothing of the kind.
func noStreams(cause error) bool {
	var refused *refusedError
	if !errors.As(cause, &refused) {
		return errors.Is(cause, errNoStream) || errors.Is(cause, errNoEndpoint)
	}
	switch refused.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return refused.status >= 400 && refused.status < 500
	}
}

// serving remembers that the server serves no streams, so that not every Open asks
// in vain.
type serving struct {
	mu    sync.Mutex
	again time.Time // when to ask again; zero while streams are served
}

// worthTrying reports whether to ask for a stream. Of those who come when it is
// time to ask again only one is told to, since the answer may be a long wait.
func (s *serving) worthTrying(retry time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again.IsZero() {
		return true
	}
	now := time.Now()
	due := !now.Before(s.again)
	if due {
		s.again = now.Add(retry)
	}
	return due
}

// found notes that streams are served, and reports whether that is news.
func (s *serving) found() (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = !s.again.IsZero()
	s.again = time.Time{}
	return news
}

// missed notes that streams are not served, and reports whether that is news.
func (s *serving) missed(retry time.Duration) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.again.IsZero()
	s.again = time.Now().Add(retry)
	return news
}

// served reports whether streams are served, as far as is known.
func (s *serving) served() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.again.IsZero()
}
