package mcpconn

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"kitebot/internal/kite/query"
)

// The answer that comes right before the stream's end is an answer.
func TestAnswerBeforeTheEnd(t *testing.T) {
	lost := 0
	for range 30 {
		f := newFar(t, func(f *far) {
			f.message = func(w http.ResponseWriter, r *http.Request) {
				id := r.URL.Query().Get("sessionId")
				s := f.stream(id)
				body, _ := io.ReadAll(r.Body)
				call := parse(body)
				w.WriteHeader(http.StatusAccepted)
				if call.Method == "tools/call" {
					flush(w)
				}
				if text := f.answerTo(call); text != "" {
					s.out <- "data: " + text + "\n\n"
				}
				if call.Method == "tools/call" {
					s.out <- "close"
				}
			}
			f.sse = func(w http.ResponseWriter, r *http.Request) {
				s := &farStream{out: make(chan string, 9), drop: make(chan struct{})}
				f.mu.Lock()
				id := fmt.Sprintf("%s-%04d", secret, len(f.streams))
				f.streams[id] = s
				f.mu.Unlock()
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprintf(w, "event: endpoint\ndata: /message?sessionId=%s\n\n", id)
				flush(w)
				for {
					select {
					case x := <-s.out:
						if x == "close" {
							return
						}
						io.WriteString(w, x)
						if !strings.Contains(x, "answer of") {
							flush(w)
						}
					case <-r.Context().Done():
						return
					}
				}
			}
		})
		d := f.dialer(t, "/sse", Options{})
		c := open(t, d)
		if _, err := c.Call(t.Context(), query.Profile()); err != nil {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of 30 answers that came were thrown away", lost)
	}
}
