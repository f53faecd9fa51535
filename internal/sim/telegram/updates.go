package telegram

import (
	"encoding/json"
	"slices"
	"time"
)

// queue gives the update a number and puts it into the queue, or drops it if the bot does not want its kind: then the
// number is 0. The caller holds the lock.
func (s *Server) queue(kind string, u *wireUpdate) int64 {
	if !slices.Contains(s.updates.kinds, kind) {
		return 0
	}
	u.UpdateID = s.updates.next
	s.updates.next++
	s.updates.queue = append(s.updates.queue, queuedUpdate{id: u.UpdateID, raw: marshal(u), order: orderOf(u)})
	s.notify()
	return u.UpdateID
}

// maxPoll is the longest that Telegram holds a getUpdates request, whatever timeout it names.
const maxPoll = 50 * time.Second

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

func (s *Server) endPoll(p *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.updates.poll == p {
		s.updates.poll = nil
		s.notify()
	}
}

// confirm forgets the updates that an offset confirms. A negative offset keeps only that many from the end. An offset
// right behind an update of the queue confirms it and all before it, whatever their numbers; another one confirms the
// lower numbers, unless it lies beyond the current numbering: then it belongs to a numbering that ended, and confirms
// nothing.
func (s *Server) confirm(offset int64) {
	q := s.updates.queue
	before := len(q)
	switch {
	case offset == 0:
		return
	case offset < 0:
		q = q[max(0, len(q)+int(offset)):]
	default:
		if i := lastIndex(q, offset-1); i >= 0 {
			s.keepConfirmed(q[:i+1])
			q = q[i+1:]
		} else if offset <= s.updates.next {
			q = slices.DeleteFunc(q, func(u queuedUpdate) bool { return u.id < offset })
		}
	}
	s.updates.queue = slices.Clone(q)
	if len(q) != before {
		s.notify()
	}
}

func lastIndex(q []queuedUpdate, id int64) int {
	for i, u := range slices.Backward(q) {
		if u.id == id {
			return i
		}
	}
	return -1
}

// firstUpdates copies the first updates of the queue.
func (s *Server) firstUpdates(limit int64) []json.RawMessage {
	found := []json.RawMessage{}
	for _, u := range s.updates.queue[:min(int(limit), len(s.updates.queue))] {
		found = append(found, u.raw)
	}
	return found
}
