// Package front is where others come to the bot: what a proxy passes on to it,
// over plain HTTP, be it Telegram's deliveries or browsers. It bounds what anybody
// may send, and how long that may take.
package front

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"kitebot/internal/stdlog"
)

const (
	// PartTime is how long the end of [Serve] waits for requests under way. Most
	// take milliseconds; a longer one loses the connection.
	PartTime = time.Second
	// AnswerTime is how long a request may take in all: Telegram's own patience.
	AnswerTime = time.Minute
)

// Serve answers requests with h until ctx ends, which is no error, or the listener
// breaks. It closes the listener. When it returns, h is not running any more: it
// has to return when its request's context ends, as that of a lost connection does.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	f := &inFlight{host: h}
	s := &http.Server{
		Handler:           f,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      AnswerTime,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          stdlog.New(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); shut(s) })
	err := s.Serve(l)
	if stop() { // the listener broke by itself
		_ = s.Close()
	} else {
		<-ended
	}
	f.drain()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shut ends a server. Requests under way are waited for, for a moment.
func shut(s *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), PartTime)
	defer cancel()
	if s.Shutdown(ctx) != nil {
		_ = s.Close() // what else could be done about it
	}
}

// inFlight are the requests that are being answered.
type inFlight struct {
	host http.Handler

	mu   sync.Mutex
	over bool
	busy sync.WaitGroup
}

// ServeHTTP implements [http.Handler].
func (f *inFlight) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.begin() {
		panic(http.ErrAbortHandler) // how net/http is told to cut the connection
	}
	defer f.busy.Done()
	f.host.ServeHTTP(w, r)
}

func (f *inFlight) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.busy.Add(1)
	}
	return !f.over
}

// drain refuses new requests and waits for the others.
func (f *inFlight) drain() {
	f.mu.Lock()
	f.over = true
	f.mu.Unlock()
	f.busy.Wait()
}
