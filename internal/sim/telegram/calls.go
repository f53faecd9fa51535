package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// maxCalls bounds the memory of a demo that runs for weeks: the oldest recorded calls go first.
const maxCalls = 8000

// Call is one request as the server saw it.
type Call struct {
	Method string
	// Params are the parameters as text; objects and arrays are JSON text, as in a form field.
	Params map[string]string
	// Files are the uploaded parts by part name.
	Files map[string]*File
	OK    bool
	// Code is the HTTP status of a refusal, 0 for a success or a dropped connection.
	Code        int
	Description string
	// Result is the JSON of a success.
	Result json.RawMessage
	// Faulty says that an injected [Fault] took part.
	Faulty bool
	At     time.Time
}

// Calls returns every API call so far, oldest first. A getUpdates still waiting is not among them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Violations returns what a correct bot never does, in the order it happened: an unknown method or parameter,
// an answer given twice, a call before retry_after had passed, broken formatting, a text over the limit.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// recordCall records the call and wakes those who wait for it.
func (s *Server) recordCall(c *call, result any, err *apiError, faulty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(c, result, err, faulty)
}

func (s *Server) record(c *call, result any, err *apiError, faulty bool) {
	rec := Call{Method: c.name, Params: c.params, Files: c.files, OK: err == nil, Faulty: faulty, At: c.now}
	if err != nil {
		rec.Code, rec.Description = err.Code, err.Description
	} else {
		rec.Result = marshal(plain(result))
	}
	if len(s.calls) >= maxCalls {
		s.calls = slices.Delete(s.calls, 0, maxCalls/2)
	}
	s.calls = append(s.calls, rec)
	s.notify()
}

// WaitCalls blocks until the recorded calls satisfy what.
func (s *Server) WaitCalls(ctx context.Context, what func([]Call) bool) error {
	err := s.wait(ctx, func() bool { return what(slices.Clone(s.calls)) })
	if err != nil {
		return fmt.Errorf("wait for API calls: %w", err)
	}
	return nil
}
