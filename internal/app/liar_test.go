package app_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// What a liar does with an answer.
const (
	honest = iota
	twice  // the answer, and at once the same bytes again, which no request asked for
	cut    // half of it is announced; the rest is what no request asked for
	late   // the answer, and its bytes again where the answer to the next request should be
)

// liar is a gateway before a far end that now and then lies about the length of
// an answer.
type liar struct {
	to  string
	due atomic.Pointer[lie] // nil: none
	hit chan struct{}       // gets a token for each lie
}

// lie is told once, about the first answer with a text in it.
type lie struct {
	mode  int
	about string
}

// newLiar starts a gateway and returns its address too.
func newLiar(t *testing.T, to string) (l *liar, address string) {
	t.Helper()
	l = &liar{to: to, hit: make(chan struct{}, 8)}
	return l, serve(t, l, func() {})
}

// tell has a lie told. The returned func waits until it was.
func (l *liar) tell(t *testing.T, mode int, about string) (told func()) {
	l.due.Store(&lie{mode, about})
	return func() { t.Helper(); l.wait(t) }
}

func (l *liar) wait(t *testing.T) {
	t.Helper()
	select {
	case <-l.hit:
	case <-time.After(patience):
		t.Fatal("the gateway told no lie")
	}
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, body, err := l.ask(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	lie := l.due.Load()
	if lie == nil || !bytes.Contains(body, []byte(lie.about)) || !l.due.CompareAndSwap(lie, nil) {
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(body)
		return
	}
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	announced := len(body)
	if lie.mode == cut {
		announced /= 2
	}
	resp.Header.Set("Content-Length", fmt.Sprint(announced))
	var answer bytes.Buffer // one write: what is too much comes with the rest
	fmt.Fprintf(&answer, "HTTP/1.1 %s\r\n", resp.Status)
	_ = resp.Header.Write(&answer)
	fmt.Fprintf(&answer, "\r\n%s", body)
	switch lie.mode {
	case twice:
		answer.Write(body)
	case late:
		_, _ = conn.Write(answer.Bytes())
		if _, err := buf.ReadByte(); err != nil {
			return // no other request came on this connection
		}
		answer.Reset()
		answer.Write(body)
	}
	_, _ = conn.Write(answer.Bytes()) // the bot may be gone
	l.hit <- struct{}{}
}

// ask passes a request on, and reads the answer to its end.
func (l *liar) ask(r *http.Request) (*http.Response, []byte, error) {
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, l.to+r.URL.RequestURI(), r.Body)
	if err != nil {
		return nil, nil, err
	}
	ask.Header, ask.ContentLength = r.Header.Clone(), r.ContentLength
	resp, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}
