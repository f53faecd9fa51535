package mcpconn

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"
)

// eventSize counts the bytes of the event under way in an event stream.
type eventSize struct {
	size int  // bytes since the last empty line
	text bool // the line under way holds something
}

// add takes the next bytes of the stream and reports whether the event under
// way is still within max bytes. An empty line ends an event.
func (e *eventSize) add(p []byte, max int) bool {
	for len(p) > 0 && e.size <= max {
		end := bytes.IndexByte(p, '\n')
		line := p[:end+1]
		if end < 0 {
			line = p
		}
		e.size += len(line)
		e.text = e.text || len(bytes.TrimRight(line, "\r\n")) > 0
		if end >= 0 {
			if !e.text {
				e.size = 0
			}
			e.text = false
		}
		p = p[len(line):]
	}
	return e.size <= max
}

// streamBody is the body of a session's stream. It is read by one goroutine of
// mcp-go, which closes it when it is done.
type streamBody struct {
	io.ReadCloser
	owner  *link
	size   eventSize
	timer  *time.Timer // fires when the stream was silent for too long
	closed atomic.Bool
}

// watch starts watching a stream. The timer costs no goroutine while the
// stream is alive. Open holds a piece of work at this moment, so that the
// Dialer cannot have been waited for.
func (l *link) watch(body io.ReadCloser) io.ReadCloser {
	l.dialer.work.Add(1)
	timer := time.AfterFunc(l.dialer.opts.SilenceLimit, func() { l.end(errSilent) })
	return &streamBody{ReadCloser: body, owner: l, timer: timer}
}

// Read reads from the stream. Whatever comes is a sign of life.
func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.timer.Reset(b.owner.dialer.opts.SilenceLimit)
	}
	if !b.size.add(p[:n], maxAnswer) {
		b.owner.end(errEventTooBig)
		return 0, errEventTooBig
	}
	return n, err
}

// Close stops the watch; it is the last thing the reader does.
func (b *streamBody) Close() error {
	err := b.ReadCloser.Close()
	if !b.closed.Swap(true) {
		b.timer.Stop()
		b.owner.dialer.work.Done()
	}
	return err
}

// broken keeps how reading an answer failed: mcp-go only logs it and says
// "unexpected nil response".
type broken struct{ err atomic.Pointer[error] }

func (b *broken) set(err error) {
	if b != nil {
		b.err.CompareAndSwap(nil, &err)
	}
}

func (b *broken) get() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// answerBody is the body of a call's answer that comes as events.
type answerBody struct {
	io.ReadCloser
	size   eventSize
	broken *broken
}

// Read reads from the answer.
func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if !b.size.add(p[:n], maxAnswer) {
		n, err = 0, errTooBig
	}
	if err != nil && err != io.EOF {
		b.broken.set(err)
	}
	return n, err
}
