package mcpconn

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"kitebot/internal/kite/wire"
)

// firstAnswer reads events up to the first JSON-RPC answer among them and
// returns that; "" when they end without one. Notifications and requests that
// the server sends before it are passed over.
func firstAnswer(body io.Reader) (string, error) {
	for r := newEvents(body, 4<<10, true); ; {
		e, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", unread(err)
		}
		if _, ok := wire.DecodeAnswer(e.data); ok && e.message() {
			return e.data, nil
		}
	}
}

// event is one event of a stream.
type event struct {
	name string // "" where it has none
	data string
}

// incoming is an event as it comes.
type incoming struct {
	event
	size    int          // bytes so far
	held    *reservation // of a large one
	refused error        // why it was not kept; data is its beginning then
}

// message reports whether the event carries the protocol, and not something
// about the stream.
func (e event) message() bool { return e.name == "" || e.name == "message" }

// events reads the events of a stream, one after the other. An idle stream takes
// no more memory than its small buffer.
type events struct {
	r       *bufio.Reader
	begun   bool
	lenient bool // the end of the stream ends its last event; else that is void
	// room is asked once for each event that outgrows freeAnswer; nil for a
	// reader with bounds of its own.
	room func() (*reservation, error)
}

func newEvents(body io.Reader, buffer int, lenient bool) *events {
	return &events{r: bufio.NewReaderSize(&lineEnds{Reader: body}, buffer), lenient: lenient}
}

// lineEnds reads a stream whose lines end in CR, LF or CR LF, as the standard
// allows, and ends each of them in LF. A CR ends its line at once, although an LF
// may follow in the next read: an answer must not wait for that.
type lineEnds struct {
	io.Reader
	cr bool // the last byte was a CR: an LF after it ends no further line
}

func (l *lineEnds) Read(p []byte) (int, error) {
	for {
		n, err := l.Reader.Read(p)
		if kept := l.convert(p[:n]); kept > 0 || n == 0 || err != nil {
			return kept, err
		}
	}
}

// convert rewrites p in place and returns how much of it is left.
func (l *lineEnds) convert(p []byte) int {
	if !l.cr && bytes.IndexByte(p, '\r') < 0 {
		return len(p) // which is nearly every read
	}
	kept := 0
	for _, b := range p {
		if b == '\n' && l.cr {
			l.cr = false
			continue
		}
		if l.cr = b == '\r'; l.cr {
			b = '\n'
		}
		p[kept] = b
		kept++
	}
	return kept
}

// next reads an event; io.EOF at the end. One that is too big, or finds no room,
// is read to its end all the same: what follows it is another person's wait.
func (r *events) next() (e incoming, err error) {
	whole := false
	defer func() {
		if !whole { // also by a panic
			e.held.release()
		}
	}()
	r.skipMark()
	var data []byte
	for {
		line, ours, err := r.line(&e)
		if last := len(line) > 0 || data != nil; err != nil && !(r.lenient && last && errors.Is(err, io.EOF)) {
			return e, err
		}
		if value, ok := bytes.CutPrefix(line, []byte("event:")); ok {
			e.name = string(bytes.TrimSpace(value))
		}
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			value = bytes.TrimPrefix(value, []byte(" "))
			switch {
			case data != nil && e.refused != nil:
			case data != nil:
				data = append(append(data, '\n'), value...)
			case ours:
				data = value
			default:
				data = bytes.Clone(value)
			}
		}
		switch {
		case len(line) > 0 && err == nil:
		case data != nil:
			if e.refused != nil {
				data = data[:min(len(data), beginning)]
			}
			e.data = string(data)
			e.held.shrink(len(data))
			whole = true
			return e, nil
		default: // an event without data is none
			e.held.release()
			e = incoming{}
		}
	}
}

const (
	// longLine is the room that a line gets at first which does not fit into the
	// buffer: an answer, not a ping.
	longLine = 16 << 10
	// beginning is how much is kept of an event that is refused: enough to find
	// out whose it was, where that is said first.
	beginning = 1 << 10
)

// line reads a line of an event, without its end. It is ours, or the buffer's and
// good until the next one is read. Of a refused event it may be only a beginning.
func (r *events) line(e *incoming) (line []byte, ours bool, err error) {
	var long []byte // what did not fit into the buffer
	for {
		part, err := r.r.ReadSlice('\n')
		r.grow(e, len(part))
		if long == nil && !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(part, []byte("\n")), false, err
		}
		switch {
		case e.refused != nil && len(long) >= beginning:
			long = bytes.Clone(long[:beginning])
		case long == nil:
			long = append(make([]byte, 0, longLine), part...)
		default:
			long = append(long, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(long, []byte("\n")), true, err
		}
	}
}

// grow counts what came of an event, and refuses it when there is no room for it.
func (r *events) grow(e *incoming, n int) {
	e.size += n
	switch {
	case e.refused != nil || r.room == nil:
	case e.size > maxAnswer:
		e.refused = errAnswerTooBig
	case e.size > freeAnswer && e.held == nil:
		e.held, e.refused = r.room()
	}
	if e.refused != nil {
		e.held.release()
		e.held = nil
	}
}

// skipMark skips a byte order mark before the first event.
func (r *events) skipMark() {
	if r.begun {
		return
	}
	r.begun = true
	if mark, _ := r.r.Peek(3); string(mark) == "\ufeff" {
		_, _ = r.r.Discard(3)
	}
}
