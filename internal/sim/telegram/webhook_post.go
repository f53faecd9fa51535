package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// deliver posts updates: those of one lane one after the other, in order, those of different lanes side by side.
func (s *Server) deliver(ctx context.Context, h *webhook) {
	var posts sync.WaitGroup
	defer posts.Wait()
	for {
		var next queuedUpdate
		err := s.wait(ctx, func() (ok bool) {
			next, ok = h.claim(s.updates.queue)
			return ok
		})
		if err != nil {
			return
		}
		posts.Go(func() { s.postUntilTaken(ctx, h, next) })
	}
}

// claim takes the first update whose lane is free, unless as many are under way as may be.
func (h *webhook) claim(queue []queuedUpdate) (queuedUpdate, bool) {
	if int64(len(h.busy)) >= h.max {
		return queuedUpdate{}, false
	}
	for _, u := range queue {
		if !h.busy[u.order] {
			h.busy[u.order] = true
			return u, true
		}
	}
	return queuedUpdate{}, false
}

// orderOf names what an update waits behind: Telegram keeps the order of one kind of update in one chat, or, where
// there is no chat, from one person.
func orderOf(raw json.RawMessage) string {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields) // the server wrote it itself
	for kind, content := range fields {
		var origin struct {
			Chat struct{ ID int64 } `json:"chat"`
			From struct{ ID int64 } `json:"from"`
		}
		if kind == "update_id" {
			continue
		}
		_ = json.Unmarshal(content, &origin) // what has neither shares a lane
		if origin.Chat.ID == 0 {
			origin.Chat.ID = origin.From.ID
		}
		return kind + " " + strconv.FormatInt(origin.Chat.ID, 10)
	}
	return ""
}

// postUntilTaken stays with an update until it is taken.
func (s *Server) postUntilTaken(ctx context.Context, h *webhook, u queuedUpdate) {
	for failures := 1; ; failures++ {
		after, err := s.postUpdate(ctx, h, u)
		if err == nil {
			s.delivered(ctx, h, u)
			return
		}
		s.hookFailed(h, err)
		select {
		case <-s.opts.After(pauseAfter(failures, after)):
		case <-ctx.Done():
			return
		}
	}
}

// pauseAfter is how long an update waits after having failed so often: as long as the answer asked for, up to an
// hour; else not at all the first time, and then twice as long each time, up to a minute.
func pauseAfter(failures int, asked time.Duration) time.Duration {
	switch {
	case asked > 0:
		return min(asked, time.Hour)
	case failures == 1:
		return 0
	}
	return min(time.Second<<min(failures-1, 6), time.Minute)
}

func (s *Server) hookFailed(h *webhook, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.lastErr, h.lastAt = err.Error(), s.opts.Now()
	s.notify()
}

// delivered takes the update off the queue, unless the webhook was removed meanwhile.
func (s *Server) delivered(ctx context.Context, h *webhook, u queuedUpdate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(h.busy, u.order)
	if ctx.Err() != nil {
		return
	}
	for i, q := range s.updates.queue {
		if q.id == u.id {
			s.keepConfirmed(s.updates.queue[i : i+1])
			s.updates.queue = append(s.updates.queue[:i:i], s.updates.queue[i+1:]...)
			break
		}
	}
	s.notify()
}

// postUpdate posts one update and wants a 2xx; after is what else the answer asks for. A method call in the answer's
// body is a violation: the simulator does not carry it out. So is a 410, which makes Telegram give a webhook up in
// the end.
func (s *Server) postUpdate(ctx context.Context, h *webhook, u queuedUpdate) (after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(u.raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("Connection failed: %w", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Contains(body, []byte(`"method"`)) {
		s.violation("webhook: the simulator does not carry out a method in the answer")
	}
	if resp.StatusCode == http.StatusGone {
		s.violation("webhook: answered with 410")
	}
	if resp.StatusCode/100 != 2 {
		return time.Duration(seconds) * time.Second, fmt.Errorf("Wrong response from the webhook: %s", resp.Status)
	}
	return 0, nil
}

// WaitDelivered blocks until a webhook is set and has taken every update.
func (s *Server) WaitDelivered(ctx context.Context) error {
	err := s.wait(ctx, func() bool { return s.hook != nil && len(s.updates.queue) == 0 })
	if err != nil {
		return fmt.Errorf("wait for the webhook to take all: %w", err)
	}
	return nil
}
