// Package ops is what an operator asks a running process for: whether it is
// alive, whether it can serve, what it measures, and a copy of its store. Health
// is asked over TCP or over a Unix socket that only the process's own user can
// connect to; metrics are read over TCP, copies are given over the socket alone.
package ops

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

// answerTime is how long one answer, or one piece of a long one, may take to be
// read by whoever asked.
const answerTime = 10 * time.Second

// Listen takes the address, so that a bad one ends the start.
func Listen(addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
}

// Serve answers until ctx ends. When it returns, no request is being answered
// any more: one that was has lost its connection.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) {
	var busy sync.RWMutex // every request reads; whoever writes has waited for all
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
		log.Error("health is no longer served: restart the bot to have it back; people are served all the same", "err", err)
	}
	if stop() {
		_ = s.Close()
	} else {
		<-closed
	}
	busy.Lock()
	defer busy.Unlock()
}
