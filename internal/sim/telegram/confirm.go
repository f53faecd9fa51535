package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// confirm forgets the updates that an offset confirms. A negative offset keeps only that many from the end. An
// offset right behind an update of the queue confirms it and all before it, whatever their numbers; another one
// confirms the lower numbers, unless it lies beyond the current numbering: then it belongs to a numbering that
// ended, and confirms nothing.
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

// WaitPolling blocks until a getUpdates request is being held, that is until the bot listens and has taken all.
func (s *Server) WaitPolling(ctx context.Context) error {
	err := s.wait(ctx, func() bool { return s.updates.poll != nil && len(s.updates.queue) == 0 })
	if err != nil {
		return fmt.Errorf("wait for getUpdates: %w", err)
	}
	return nil
}
