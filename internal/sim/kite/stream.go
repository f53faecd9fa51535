package kite

import (
	"context"
	"net/http"
	"sync"
)

// stream is one open GET. Its handler owns it: it alone writes, and it waits for the calls it started.
type stream struct {
	id     string
	base   string
	ctx    context.Context // ends when the client leaves, a test cuts the stream or the process ends
	cancel context.CancelCauseFunc
	calls  sync.WaitGroup // POSTs of this stream that are still being answered

	mu     sync.Mutex
	queue  []string
	frozen bool
	closed bool
	wake   chan struct{} // holds one token while queue may have something to write
}

// newStream makes a stream that ends with the process.
func (s *Server) newStream(r *http.Request) *stream {
	base := s.baseFor(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &stream{id: newUUID(), base: base, wake: make(chan struct{}, 1)}
	st.ctx, st.cancel = context.WithCancelCause(s.processCtx)
	return st
}

// push queues an event for the stream's handler to write.
func (st *stream) push(event string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.queue = append(st.queue, event)
	st.signal()
}

func (st *stream) signal() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// drain empties the queue, unless the stream is frozen.
func (st *stream) drain() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.frozen {
		return nil
	}
	out := st.queue
	st.queue = nil
	return out
}

func (st *stream) freeze(on bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.frozen = on
	st.signal()
}

// start runs a call that the stream waits for. It fails when the stream has ended.
func (st *stream) start(call func()) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return false
	}
	st.calls.Go(call)
	return true
}

// end stops the stream and waits for its calls.
func (st *stream) end() {
	st.mu.Lock()
	st.closed = true
	st.mu.Unlock()
	st.cancel(context.Canceled)
	st.calls.Wait()
}

// DropStreams cuts all open streams abruptly and returns how many SSE streams there were. Sessions stay.
func (s *Server) DropStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.streams)
	for _, st := range s.streams {
		st.cancel(errStreamCut)
	}
	for st := range s.listeners {
		st.cancel(errStreamCut)
	}
	s.streams = map[string]*stream{}
	return n
}

// FreezeStreams makes the SSE streams that are open now half-open: they stay, POSTs are accepted, nothing arrives any
// more. FreezeStreams(false) thaws them, and what was held back comes at once. Streams opened later are healthy.
func (s *Server) FreezeStreams(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		st.freeze(on)
	}
}
