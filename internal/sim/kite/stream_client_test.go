package kite_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// sse is an open stream as a raw client sees it.
type sse struct {
	w        *fixture
	endpoint string
	id       string
	events   chan string // raw blocks without the empty line after them; closed at the end
	err      error       // why events was closed; io.EOF is a clean end
	cancel   context.CancelFunc
}

// open opens a stream and waits for its endpoint event.
func (w *fixture) open() *sse {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", w.web.URL+"/sse?sessionId=ignored", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.web.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("GET /sse: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	s := &sse{w: w, events: make(chan string, 100), cancel: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.err = s.read(bufio.NewReader(res.Body))
		close(s.events)
	}()
	w.t.Cleanup(func() { cancel(); _ = res.Body.Close(); <-done })
	first := s.next()
	if !strings.HasPrefix(first, "event: endpoint\ndata: /message?sessionId=") || !strings.HasSuffix(first, "\r\n\r") {
		w.t.Fatalf("first event %q", first)
	}
	s.endpoint = strings.TrimSpace(strings.TrimPrefix(first, "event: endpoint\ndata: "))
	u, err := url.Parse(s.endpoint)
	if err != nil {
		w.t.Fatal(err)
	}
	s.id = u.Query().Get("sessionId")
	return s
}

// read splits the stream at empty lines, keeping every other byte.
func (s *sse) read(r *bufio.Reader) error {
	block := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if block += line; strings.HasSuffix(block, "\n\n") || strings.HasSuffix(block, "\r\n\r\n") {
			s.events <- strings.TrimSuffix(block, "\n")
			block = ""
		}
	}
}

// next waits for an event.
func (s *sse) next() string {
	s.w.t.Helper()
	select {
	case e, ok := <-s.events:
		if !ok {
			s.w.t.Fatalf("the stream ended: %v", s.err)
		}
		return e
	case <-time.After(10 * time.Second):
		s.w.t.Fatal("no event in 10 s")
		return ""
	}
}

// post sends a message and expects 202 with nothing in it.
func (s *sse) post(body string) {
	s.w.t.Helper()
	if r := s.w.must("POST", s.endpoint, body); r.status != http.StatusAccepted || r.body != "" {
		s.w.t.Fatalf("POST /message: %d %q", r.status, r.body)
	}
}

// answer waits for the next answer event and returns its data.
func (s *sse) answer() string {
	s.w.t.Helper()
	data, ok := strings.CutPrefix(s.next(), "event: message\ndata: ")
	if !ok {
		s.w.t.Fatal("an event that is no answer")
	}
	return strings.TrimSuffix(data, "\n")
}

// call calls a tool over SSE and waits for its answer.
func (s *sse) call(tool, args string) result {
	s.w.t.Helper()
	s.post(callBody(7, tool, args))
	return parseResult(s.w.t, s.answer())
}

// ended waits until the stream is over and returns why.
func (s *sse) ended() error {
	s.w.t.Helper()
	for {
		select {
		case _, ok := <-s.events:
			if !ok {
				return s.err
			}
		case <-time.After(10 * time.Second):
			s.w.t.Fatal("the stream did not end in 10 s")
		}
	}
}
