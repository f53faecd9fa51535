package mcpconn

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"
)

// eventSize counts the bytes of the event under way in an event stream, and
// what it costs to read it: mcp-go copies the event so far for each line of
// data, so that sixteen mebibytes of short lines would keep a processor busy
// for hours.
type eventSize struct {
	size int  // bytes since the last empty line
	cost int  // bytes copied for that
	text bool // the line under way holds something
}

// maxCost is how many times max the copying of one event may come to. An event
// of the real server has two lines, and costs less than twice its size.
const maxCost = 16

// add takes the next bytes of the stream and reports whether the event under
// way is still within max bytes, and cheap enough to read.
func (e *eventSize) add(p []byte, max int) bool {
	for len(p) > 0 && e.within(max) {
		end := bytes.IndexByte(p, '\n')
		line := p[:end+1]
		if end < 0 {
			line = p
		}
		e.size += len(line)
		e.text = e.text || len(bytes.TrimRight(line, "\r\n")) > 0
		if end >= 0 {
			e.endLine()
		}
		p = p[len(line):]
	}
	return e.within(max)
}

func (e *eventSize) within(max int) bool { return e.size <= max && e.cost <= maxCost*max }

// endLine ends a line; an empty one ends the event.
func (e *eventSize) endLine() {
	e.cost += e.size
	if !e.text {
		e.size, e.cost = 0, 0
	}
	e.text = false
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
