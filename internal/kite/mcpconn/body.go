package mcpconn

import (
	"io"
	"sync/atomic"
	"time"
)

// streamBody is the body of a session's stream. It is read by one goroutine,
// which closes it when it is done.
type streamBody struct {
	io.ReadCloser
	owner  *link
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
