package mcpconn

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"kitebot/internal/kite"
)

// waiter is a call that waits for its answer.
type waiter struct {
	to    chan arrival // has room for one
	holds bool         // its caller holds an answer already
}

// arrival is an answer, or why there is none.
type arrival struct {
	answer kite.Answer
	held   *reservation
	err    error
}

// room makes room for an event that grows large. It waits for as long as a call
// waits for an answer, and not so long that the stream looks silent.
func (s *stream) room() (*reservation, error) {
	ctx, cancel := context.WithTimeout(s.life, s.dialer.opts.SilenceLimit/2)
	defer cancel()
	s.mu.Lock()
	awaited, holding := len(s.waiting) > 0, false
	for _, w := range s.waiting {
		holding = holding || w.holds
	}
	s.giveUp = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.giveUp = nil
	}()
	if !awaited {
		return nil, errAnswerTooBig
	}
	return s.dialer.budget.reserve(ctx, maxAnswer, holding) // its length is not said
}

// hand gives an answer to who waits for it. The server's pings are requests, and
// get here no further than their number.
func (s *stream) hand(a arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.waiting[a.answer.ID]
	if !ok {
		a.held.release()
		return
	}
	w.to <- a // there is room for one
	delete(s.waiting, a.answer.ID)
}

// refuse tells whose answer was not kept. Where its beginning does not say whose it
// is, it may be any of those that are waited for.
func (s *stream) refuse(e incoming) {
	s.mu.Lock()
	defer s.mu.Unlock()
	named := maps.Clone(s.waiting)
	maps.DeleteFunc(named, func(id string, _ waiter) bool { return !strings.Contains(e.data, `"id":`+id) })
	if !strings.Contains(e.data, `"id":"`+idPrefix) {
		named = maps.Clone(s.waiting)
	}
	for id, w := range named {
		w.to <- arrival{err: e.refused}
		delete(s.waiting, id)
	}
}

// await notes who waits for an answer.
func (s *stream) await(id string, w waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[id] = w
}

// leave notes that a call does not wait for its answer any more, because of err, and
// returns why that did not come: err, unless an answer was waiting for room.
func (s *stream) leave(id string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, id)
	if s.giveUp == nil || answer(err) != nil {
		return err
	}
	if len(s.waiting) == 0 {
		s.giveUp()
	}
	return errBusy
}

// response is the answer as mcp-go wants it. The result of a tool call goes past it.
func (a arrival) response(ctx context.Context, id mcp.RequestId) (*transport.JSONRPCResponse, error) {
	d := delivered(ctx)
	switch {
	case d == nil && errors.Is(a.err, errAnswerTooBig):
		return nil, errTooBig
	case a.err != nil:
		return nil, a.err
	}
	r := &transport.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: id}
	if a.answer.Failed {
		r.Error = &mcp.JSONRPCErrorDetails{Code: a.answer.Code, Message: a.answer.Message}
	}
	switch {
	case d != nil:
		d.result, d.held = a.answer.Result, a.held
		return r, nil
	case len(a.answer.Result) > maxHandshake:
		a.held.release()
		return nil, errTooBig
	}
	a.held.release()
	r.Result = json.RawMessage(a.answer.Result)
	return r, nil
}
