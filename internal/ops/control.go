package ops

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Source is what can be copied while it is in use. Its space is not reused while
// a copy is written, so w does not wait for long.
type Source interface {
	Backup(w io.Writer) error
}

// Control serves what belongs on the socket: /healthz and /readyz as
// [Health.Handler] has them, and /backup, a copy of the source.
//
// The copy is the body of a 200. A copy that breaks off ends the connection
// without the end of the body, so that nobody takes it for a whole one; one
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
	out := &patient{to: w, conn: http.NewResponseController(w)}
	err := s.Backup(out)
	switch {
	case err == nil:
		log.Info("a backup was given over the socket", "bytes", out.written)
	case out.written == 0:
		log.Error("a backup was asked for and could not be made; bot backup says so too", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		log.Error("a backup broke off; bot backup throws away what it got of it", "err", err, "bytes", out.written)
		panic(http.ErrAbortHandler) // how net/http is told to cut the connection
	}
}

// patient gives every piece its own time to be read: a large copy may take
// long, somebody who stops reading may not.
type patient struct {
	to      io.Writer
	conn    *http.ResponseController
	written int64
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, fmt.Errorf("bound the time of a write: %w", err)
	}
	n, err := p.to.Write(b)
	p.written += int64(n)
	return n, err
}
