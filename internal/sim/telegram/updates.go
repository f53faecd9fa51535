package telegram

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxPoll is the longest that Telegram holds a getUpdates request, whatever timeout it names.
const maxPoll = 50 * time.Second

// updateQueue is the queue of updates and who is waiting for it.
type updateQueue struct {
	queue []queuedUpdate
	next  int64    // number of the next update
	kinds []string // allowed_updates; it stays until a call changes it
	poll  *poll    // the request that waits now

	secondPollers int            // other instances that poll
	confirmed     []queuedUpdate // the last ones that left the queue by being confirmed
}

type queuedUpdate struct {
	id    int64
	raw   json.RawMessage
	order string // what it waits behind on its way to a webhook
}

// poll is a getUpdates request that waits; another one ends it by closing over.
type poll struct {
	over   chan struct{}
	reason *apiError
}

// allKinds are the update types of Bot API 10.3, in its order.
func allKinds() []string {
	return []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
		"edited_business_message", "deleted_business_messages", "guest_message", "message_reaction",
		"message_reaction_count", "inline_query", "chosen_inline_result", "callback_query", "shipping_query",
		"pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member",
		"chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot", "subscription",
		"stopped_message_generation",
	}
}

// defaultKinds is what a bot gets that never asked: everything but three.
func defaultKinds() []string {
	return slices.DeleteFunc(allKinds(), func(kind string) bool {
		return kind == "chat_member" || strings.HasPrefix(kind, "message_reaction")
	})
}

// queue gives the update a number and puts it into the queue, or drops it if the bot does not want its kind: then
// the number is 0. The caller holds the lock.
func (s *Server) queue(kind string, u *wireUpdate) int64 {
	if !slices.Contains(s.updates.kinds, kind) {
		return 0
	}
	u.UpdateID = s.updates.next
	s.enqueue(queuedUpdate{id: u.UpdateID, raw: marshal(u)})
	return u.UpdateID
}

func (s *Server) enqueue(q queuedUpdate) {
	q.order = orderOf(q.raw)
	s.updates.queue = append(s.updates.queue, q)
	if q.id >= s.updates.next {
		s.updates.next = q.id + 1
	}
	s.notify()
}

// Queue returns how many updates are not yet confirmed.
func (s *Server) Queue() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates.queue)
}

// SetNextUpdateID makes the numbering go on from id. Telegram itself may restart it, higher or lower, after a week
// of silence.
func (s *Server) SetNextUpdateID(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates.next = id
}

// getUpdates answers with the head of the queue, and waits for one without holding the lock.
func getUpdates(s *Server, c *call) (any, *apiError) {
	offset, limit, timeout, err := s.pollParams(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	err = s.startPoll(c, offset)
	p := &poll{over: make(chan struct{})}
	if err == nil {
		s.updates.poll = p
		s.notify()
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	defer s.endPoll(p)
	return s.waitForUpdates(c, p, limit, timeout)
}

// waitForUpdates waits until there are updates, the time is over, or another request ends the poll.
func (s *Server) waitForUpdates(c *call, p *poll, limit int64, timeout time.Duration) (any, *apiError) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for over := timeout == 0; ; {
		s.mu.Lock()
		found, changed, reason := s.firstUpdates(limit), s.changed, p.reason
		s.mu.Unlock()
		if reason != nil {
			return nil, reason
		}
		if len(found) > 0 || over {
			return found, nil
		}
		select {
		case <-changed:
		case <-p.over:
		case <-timer.C:
			over = true
		case <-c.ctx.Done():
			over = true
		case <-s.closed:
			over = true
		}
	}
}

func (s *Server) pollParams(c *call) (offset, limit int64, timeout time.Duration, err *apiError) {
	if offset, err = c.number("offset"); err != nil {
		return 0, 0, 0, err
	}
	if limit, err = c.number("limit"); err != nil {
		return 0, 0, 0, err
	}
	if limit < 1 || limit > 100 {
		limit = 100
	}
	seconds, err := c.number("timeout")
	timeout = min(time.Duration(max(seconds, 0))*time.Second, maxPoll)
	return offset, limit, timeout, err
}

// startPoll does what a getUpdates request does at once: it ends the one that waits, stores allowed_updates and
// confirms by the offset. The caller holds the lock.
func (s *Server) startPoll(c *call, offset int64) *apiError {
	if s.hook != nil {
		return conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	s.stopPoll(twoPollers())
	if err := s.setAllowedUpdates(c); err != nil {
		return err
	}
	s.confirm(offset)
	if s.updates.secondPollers > 0 {
		return twoPollers()
	}
	return nil
}

// twoPollers is what the older of two getUpdates requests is told.
func twoPollers() *apiError {
	return conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
}

func conflict(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusConflict, Description: "Conflict: " + sprintf(format, args...)}
}

// stopPoll ends the waiting request, if there is one. The caller holds the lock.
func (s *Server) stopPoll(reason *apiError) {
	if p := s.updates.poll; p != nil {
		p.reason = reason
		close(p.over)
		s.updates.poll = nil
	}
}

func (s *Server) endPoll(p *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.updates.poll == p {
		s.updates.poll = nil
		s.notify()
	}
}

// setAllowedUpdates stores allowed_updates if the call names them. An empty list means the default.
func (s *Server) setAllowedUpdates(c *call) *apiError {
	if !c.has("allowed_updates") || c.params["allowed_updates"] == "" {
		return nil
	}
	var kinds []string
	if err := s.object(c, "allowed_updates", &kinds); err != nil {
		return err
	}
	for _, kind := range kinds {
		if !slices.Contains(allKinds(), kind) {
			s.violation("%s: allowed_updates names %q, which is no kind of update", c.name, kind)
		}
	}
	if len(kinds) == 0 {
		kinds = defaultKinds()
	}
	s.updates.kinds = kinds
	return nil
}
