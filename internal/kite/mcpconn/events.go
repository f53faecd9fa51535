package mcpconn

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"kitebot/internal/kite"
)

// firstAnswer reads events up to the first JSON-RPC answer among them and
// returns that; "" when they end without one. Notifications and requests that
// the server sends before it are passed over.
//
// mcp-go could read the events itself, but it posts a reply to each request,
// comes back with a GET when a stream ended early, and loses a goroutine to the
// third answer.
func firstAnswer(body io.Reader) (string, error) {
	bounded := &io.LimitedReader{R: body, N: maxAnswer + 1}
	for r := newEvents(bounded, 4<<10, true); ; {
		e, err := r.next()
		switch {
		case bounded.N <= 0, errors.Is(err, errEventTooBig):
			return "", errTooBig
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", fmt.Errorf("read answer: %w", err)
		}
		if _, ok := kite.DecodeAnswer(e.data); ok && e.message() {
			return e.data, nil
		}
	}
}

// event is one event of a stream.
type event struct {
	name string // "" where it has none
	data string
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
}

func newEvents(body io.Reader, buffer int, lenient bool) *events {
	return &events{r: bufio.NewReaderSize(body, buffer), lenient: lenient}
}

// next reads an event of maxAnswer bytes at most; io.EOF at the end.
func (r *events) next() (event, error) {
	r.skipMark()
	var name string
	var data []byte
	for left := maxAnswer; ; {
		line, ours, err := r.line(&left)
		if last := len(line) > 0 || data != nil; err != nil && !(r.lenient && last && errors.Is(err, io.EOF)) {
			return event{}, err
		}
		if value, ok := bytes.CutPrefix(line, []byte("event:")); ok {
			name = string(bytes.TrimSpace(value))
		}
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			value = bytes.TrimPrefix(value, []byte(" "))
			switch {
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
			return event{name, string(data)}, nil
		default: // an event without data is none
			name, left = "", maxAnswer
		}
	}
}

// longLine is the room that a line gets at first which does not fit into the
// buffer: an answer, not a ping.
const longLine = 16 << 10

// line reads a line, without its end, and takes it off what is left for the
// event. It is ours, or the buffer's and good until the next one is read.
func (r *events) line(left *int) (line []byte, ours bool, err error) {
	var long []byte // what did not fit into the buffer
	for {
		part, err := r.r.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return nil, false, errEventTooBig
		}
		if long == nil && !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(part, "\r\n"), false, err
		}
		if long == nil {
			long = make([]byte, 0, longLine)
		}
		if long = append(long, part...); !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(long, "\r\n"), true, err
		}
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
