package telegram

import (
	"net/http"
	"strconv"
	"time"
)

// Drop says when an injected fault cuts the connection instead of answering.
type Drop int

const (
	// DropNone leaves the connection alone.
	DropNone Drop = iota
	// DropBefore cuts it before the call had any effect.
	DropBefore
	// DropAfter cuts it when the call has had its whole effect: the answer gets lost, the message is there.
	DropAfter
	// DropHalf is DropAfter with the first half of the answer's bytes arriving.
	DropHalf
)

// Fault is what goes wrong for the next calls that match.
type Fault struct {
	Method string // empty for all methods
	Chat   int64  // 0 for all chats
	Times  int    // how many calls it hits; 0 means 1, a negative number all until ClearFaults

	// Status answers with this HTTP status instead of processing the call. Description is Telegram's sentence; empty
	// means the status's own text, and for 429 the usual one.
	Status      int
	Description string
	RetryAfter  int    // seconds, sent as parameters.retry_after
	Body        string // answers with these bytes as text/html instead of JSON, as a failing proxy does

	Drop  Drop
	Delay time.Duration // waited on Options.After before anything else
}

func (f *Fault) refuses() bool {
	return f.Status != 0 || f.Body != "" || f.RetryAfter > 0
}

func (f *Fault) apiError() *apiError {
	e := &apiError{Code: f.Status, Description: f.Description, RetryAfter: f.RetryAfter}
	if e.Code == 0 && f.RetryAfter > 0 {
		e.Code = http.StatusTooManyRequests
	}
	if e.Code == 0 {
		e.Code = http.StatusBadGateway
	}
	if e.Description == "" && e.Code == http.StatusTooManyRequests {
		e.Description = tooMany(f.RetryAfter).Description
	}
	if e.Description == "" {
		e.Description = http.StatusText(e.Code)
	}
	return e
}

func (f *Fault) write(w http.ResponseWriter, e *apiError) {
	if f.Body == "" {
		writeError(w, e)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(e.Code)
	_, _ = w.Write([]byte(f.Body))
}

// writeHalf writes the beginning of an answer whose length was announced.
func writeHalf(w http.ResponseWriter, result any, err *apiError) {
	code, body := http.StatusOK, marshal(resultBody(result))
	if err != nil {
		code, body = err.Code, marshal(refusalBody(err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush() // else the half would stay here
}
