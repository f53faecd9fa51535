package mcpconn

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// firstAnswer reads events up to the first JSON-RPC answer among them and
// returns that; nil when they end without one. Notifications and requests that
// the server sends before it are passed over.
//
// mcp-go could read the events itself, but it posts a reply to each request,
// comes back with a GET when a stream ended early, and loses a goroutine to the
// third answer.
func firstAnswer(events io.Reader) ([]byte, error) {
	bounded := &io.LimitedReader{R: events, N: maxAnswer + 1}
	r := bufio.NewReader(bounded)
	skipMark(r)
	var e event
	for {
		line, err := r.ReadBytes('\n')
		switch {
		case bounded.N <= 0:
			return nil, errTooBig
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read answer: %w", err)
		}
		done := e.add(bytes.TrimRight(line, "\r\n")) || err != nil
		if done && e.answers() {
			return e.data, nil
		}
		if err != nil {
			return nil, nil
		}
		if done {
			e = event{}
		}
	}
}

// skipMark skips a byte order mark.
func skipMark(r *bufio.Reader) {
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		_, _ = r.Discard(3)
	}
}

// event is one event as far as it was read.
type event struct {
	name string
	data []byte
}

// add takes the next line and reports whether it ended the event.
func (e *event) add(line []byte) bool {
	if name, ok := bytes.CutPrefix(line, []byte("event:")); ok {
		e.name = string(bytes.TrimSpace(name))
	}
	if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
		if e.data != nil {
			e.data = append(e.data, '\n')
		}
		e.data = append(e.data, bytes.TrimPrefix(data, []byte(" "))...)
	}
	return len(line) == 0
}

// answers reports whether the event is a JSON-RPC answer: it has an id and asks
// for nothing.
func (e *event) answers() bool {
	var message struct {
		ID     any             `json:"id"`
		Method json.RawMessage `json:"method"`
	}
	return (e.name == "" || e.name == "message") && json.Unmarshal(e.data, &message) == nil && message.ID != nil && message.Method == nil
}
