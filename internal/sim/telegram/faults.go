package telegram

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Drop says when an injected fault cuts the connection instead of answering.
type Drop int

const (
	// DropNone leaves the connection alone.
	DropNone Drop = iota
	// DropBefore cuts it before the call had any effect.
	DropBefore
	// DropAfter cuts it when the call has had its whole effect: the answer gets lost, the message is there.
	DropAfter
)

// Fault is trouble to be made for the next calls that match.
type Fault struct {
	Method string // empty for all methods
	Chat   int64  // 0 for all chats
	Times  int    // how many calls it hits; 0 means 1, a negative number all until ClearFaults

	// Status answers with this HTTP status instead of processing the call. Description is Telegram's sentence; empty
	// means the status's own text, and for 429 the usual one.
	Status      int
	Description string
	RetryAfter  int    // seconds, sent as parameters.retry_after
	Body        string // answers with these bytes as text/html instead of JSON, as a proxy in trouble does

	Drop  Drop
	Delay time.Duration // waited on Options.After before anything else
}

// Inject orders a fault. Several take turns: each call is hit by the first one that matches and is not used up.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all injected faults and forgets the retry_after of those that were answered.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	clear(s.flood.quiet)
}

func (s *Server) takeFault(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		chat := f.Chat == 0 || c.params["chat_id"] == strconv.FormatInt(f.Chat, 10)
		if !chat || f.Method != "" && !strings.EqualFold(f.Method, c.name) {
			continue
		}
		f.Times--
		if f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f
	}
	return nil
}

func (f *Fault) refuses() bool { return f.Status != 0 || f.Body != "" || f.RetryAfter > 0 }

func (f *Fault) apiError() *apiError {
	e := &apiError{Code: f.Status, Description: f.Description, RetryAfter: f.RetryAfter}
	if e.Code == 0 && f.RetryAfter > 0 {
		e.Code = http.StatusTooManyRequests
	}
	if e.Code == 0 {
		e.Code = http.StatusBadGateway
	}
	if e.Description == "" && e.Code == http.StatusTooManyRequests {
		e.Description = tooMany(f.RetryAfter).Description
	}
	if e.Description == "" {
		e.Description = http.StatusText(e.Code)
	}
	return e
}

func (f *Fault) write(w http.ResponseWriter, e *apiError) {
	if f.Body == "" {
		writeError(w, e)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(e.Code)
	_, _ = w.Write([]byte(f.Body))
}

// delay waits for the fault's time; false means the client or the server gave up before.
func (s *Server) delay(c *call, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-s.opts.After(d):
		return true
	case <-c.ctx.Done():
	case <-s.closed:
	}
	return false
}

// refuse records a call that a fault answered, and from when on the next one is welcome.
func (s *Server) refuse(c *call, err *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkQuiet(c)
	if err.RetryAfter > 0 {
		s.quiet(c, err.RetryAfter)
	}
	s.record(c, nil, err, true)
}

// flood is Telegram's limit on how much a bot may say in one chat.
type flood struct {
	perSecond float64 // 0 for no limit
	burst     int
	buckets   map[int64]*bucket
	quiet     map[string]time.Time // until when a chat (or a method without one) must be left alone
}

type bucket struct {
	tokens float64
	at     time.Time
}

// Flood limits messages and edits in each chat to perChatPerSecond after a burst: the one too many gets 429 with
// retry_after, and so does every further one before that has passed, for longer each time. Zero, the default, sets
// no limit. Time is Options.Now.
func (s *Server) Flood(perChatPerSecond float64, burst int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flood.perSecond, s.flood.burst = perChatPerSecond, max(burst, 1)
	clear(s.flood.buckets)
	clear(s.flood.quiet)
}

// quietKey is the chat that a 429 was about, or the method for calls without a chat.
func quietKey(c *call) string {
	if chat := c.params["chat_id"]; chat != "" {
		return chat
	}
	return strings.ToLower(c.name)
}

// checkQuiet notes a call that comes before retry_after has passed.
func (s *Server) checkQuiet(c *call) bool {
	until := s.flood.quiet[quietKey(c)]
	early := c.now.Before(until)
	if early {
		s.violate("%s: called %v before retry_after had passed", c.name, until.Sub(c.now))
	}
	return early
}

func (s *Server) quiet(c *call, seconds int) {
	s.flood.quiet[quietKey(c)] = c.now.Add(time.Duration(seconds) * time.Second)
}

// pace is called before a method runs. Chat actions and deletions may come while a chat is to be left alone. With
// flood control on, anything else is refused, and the chat is to be left alone for longer.
func (s *Server) pace(m method, c *call) *apiError {
	if !m.posts && c.has("chat_id") || !s.checkQuiet(c) || !m.posts || s.flood.perSecond == 0 {
		return nil
	}
	left := s.flood.quiet[quietKey(c)].Sub(c.now)
	wait := int(math.Ceil(left.Seconds())) + 1
	s.quiet(c, wait)
	return tooMany(wait)
}

// takeToken takes one message's worth from the chat's bucket. It is called last, so refused calls cost nothing.
func (s *Server) takeToken(c *call, chatID int64) *apiError {
	rate := s.flood.perSecond
	if rate == 0 {
		return nil
	}
	b := s.flood.buckets[chatID]
	if b == nil {
		b = &bucket{tokens: float64(s.flood.burst), at: c.now}
		s.flood.buckets[chatID] = b
	}
	b.tokens = min(float64(s.flood.burst), b.tokens+c.now.Sub(b.at).Seconds()*rate)
	b.at = c.now
	if b.tokens >= 1 {
		b.tokens--
		return nil
	}
	wait := max(1, int(math.Ceil((1-b.tokens)/rate)))
	s.quiet(c, wait)
	return tooMany(wait)
}
