package kite

import (
	"net"
	"net/http"
	"time"
)

// How often one address may ask.
const (
	registerMost, registerSpan = 10, time.Hour
	callbackMost, callbackSpan = 30, time.Minute
	bucketSize, bucketDrip     = 5, 12 * time.Second // of /authorize and /token together
)

// limits count requests per address on the server's clock.
type limits struct {
	register map[string][]time.Time
	callback map[string][]time.Time
	buckets  map[string]*bucket
}

// bucket holds the requests that an address may still send at once.
type bucket struct {
	left float64
	at   time.Time
}

func newLimits() limits {
	return limits{register: map[string][]time.Time{}, callback: map[string][]time.Time{}, buckets: map[string]*bucket{}}
}

// peer returns the address that a request counts for. Everybody has the same one when the server does not know that
// it stands behind a proxy.
func (s *Server) peer(r *http.Request) string {
	if s.opts.OneBucket {
		return ""
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// allowRegistration counts a request to /register, one that is refused for another reason as well.
func (s *Server) allowRegistration(r *http.Request) bool {
	return s.within(s.peer(r), func(l limits) map[string][]time.Time { return l.register }, registerMost, registerSpan)
}

// allowCallback counts a request to /callback.
func (s *Server) allowCallback(r *http.Request) bool {
	return s.within(s.peer(r), func(l limits) map[string][]time.Time { return l.callback }, callbackMost, callbackSpan)
}

// within counts a request that came within the limit and reports whether it did.
func (s *Server) within(peer string, of func(limits) map[string][]time.Time, most int, span time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.NoRateLimits {
		return true
	}
	now, seen := s.opts.Now(), of(s.next.limits)
	var recent []time.Time
	for _, at := range seen[peer] {
		if at.After(now.Add(-span)) {
			recent = append(recent, at)
		}
	}
	if seen[peer] = recent; len(recent) >= most {
		return false
	}
	seen[peer] = append(recent, now)
	return true
}

// allowLogin takes a request to /authorize or /token out of the bucket of its address.
func (s *Server) allowLogin(r *http.Request) bool {
	peer := s.peer(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.NoRateLimits {
		return true
	}
	now := s.opts.Now()
	b := s.next.limits.buckets[peer]
	if b == nil {
		b = &bucket{left: bucketSize, at: now}
		s.next.limits.buckets[peer] = b
	}
	b.left = min(b.left+float64(now.Sub(b.at))/float64(bucketDrip), bucketSize)
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
