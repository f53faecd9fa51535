// Package ops is what an operator asks a running process for: whether it is
// alive, whether it can serve, what it measures, and a copy of its store. Health
// is asked over TCP or over a Unix socket that only the process's own user can
// connect to; metrics are read over TCP, copies are given over the socket alone.
package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"kitebot/internal/stdlog"
)

// answerTime is how long one answer, or one piece of a long one, may take to be
// read by the client.
const answerTime = 10 * time.Second

// Listen takes the address, so that a bad one ends the start.
func Listen(addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
}

// Serve answers until ctx ends. When it returns, no request is being answered
// any more: one that was has lost its connection.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) {
	var busy sync.RWMutex // every request holds a read lock; the write lock waits for all
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.RLock()
			defer busy.RUnlock()
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      answerTime,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          stdlog.New(log.Handler(), slog.LevelWarn),
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(closed); _ = s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("health or the control socket is no longer served",
			"effect", "people in the chat are served all the same", "action", "restart the bot", "err", err)
	}
	if stop() {
		_ = s.Close()
	} else {
		<-closed
	}
	busy.Lock()
	defer busy.Unlock()
}

// Source is what can be copied while it is in use. Its space is not reused while
// a copy is written, so w does not wait for long.
type Source interface {
	Backup(w io.Writer) error
}

// Control serves what belongs on the socket: /healthz and /readyz as
// [Health.Handler] has them, and /backup, a copy of the source.
//
// The copy is the body of a 200. A copy that breaks off ends the connection
// without the end of the body, so that it is not taken for a whole one; one
// that cannot be begun is a 500 with the reason.
func Control(h *Health, s Source, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h.Handler())
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, _ *http.Request) {
		copyOut(w, s, log)
	})
	return mux
}

func copyOut(w http.ResponseWriter, s Source, log *slog.Logger) {
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &timedWriter{to: w, conn: http.NewResponseController(w)}
	err := s.Backup(out)
	switch {
	case err == nil:
		log.Info("a backup was given over the socket", "bytes", out.written)
	case out.written == 0:
		log.Error("a backup was not made", "effect", "bot backup ends with this error", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		log.Error("a backup broke off", "effect", "bot backup removes the part that it got", "err", err, "bytes", out.written)
		panic(http.ErrAbortHandler) // makes net/http cut the connection
	}
}

// timedWriter gives every piece its own time to be read: a large copy may take
// long, a client that stops reading may not.
type timedWriter struct {
	to      io.Writer
	conn    *http.ResponseController
	written int64
}

func (p *timedWriter) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, fmt.Errorf("bound the time of a write: %w", err)
	}
	n, err := p.to.Write(b)
	p.written += int64(n)
	return n, err
}
