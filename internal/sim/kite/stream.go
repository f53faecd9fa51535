package kite

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// errStreamCut is the cause of a stream that a test cut.
var errStreamCut = errors.New("the stream was cut")

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

// writeWait bounds each write to a stream, so that a client that stops reading cannot hold a handler for ever.
const writeWait = 5 * time.Second

// writeEvent writes and flushes one event; a client that does not read for too long is cut off.
func writeEvent(w http.ResponseWriter, event string) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(writeWait)) // the real clock: this is about a real socket
	if _, err := w.Write([]byte(event)); err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := c.Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = c.SetWriteDeadline(time.Time{}) // on HTTP/2 it would end the stream even when nothing is written
}
