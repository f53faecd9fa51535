package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync"
	"time"

	"kitebot/internal/clock"
)

const (
	// secretHeader is the header of a delivery that holds the secret.
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
	// maxUpdate bounds a delivery, in bytes. The longest message is far shorter.
	maxUpdate = 1 << 20
	// retryAfterSeconds is when Telegram should deliver again. Without it Telegram
	// waits up to two minutes.
	retryAfterSeconds = "5"
)

// ServeHTTP takes a delivery. Without the secret it reveals nothing. A delivery that
// could never succeed is answered with 200, so that Telegram drops it.
func (w *webhookServer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path != w.path {
		w.fallback.ServeHTTP(rw, r)
		return
	}
	var status int
	switch {
	case r.Method != http.MethodPost:
		rw.Header().Set("Allow", http.MethodPost)
		status = http.StatusMethodNotAllowed
	case !w.fromTelegram(r.Header):
		w.rejected.add(r.Context())
		status = http.StatusUnauthorized
	case !isJSON(r.Header.Get("Content-Type")):
		status = http.StatusUnsupportedMediaType
	default:
		status = w.receive(rw, r)
	}
	if status == http.StatusServiceUnavailable {
		rw.Header().Set("Retry-After", retryAfterSeconds)
	}
	rw.WriteHeader(status)
}

// fromTelegram compares hashes in constant time, so that neither the secret nor its
// length leaks.
func (w *webhookServer) fromTelegram(h http.Header) bool {
	said := sha256.Sum256([]byte(h.Get(secretHeader)))
	return subtle.ConstantTimeCompare(said[:], w.secret[:]) == 1
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// receive reads a delivery and waits until it is stored.
func (w *webhookServer) receive(rw http.ResponseWriter, r *http.Request) (status int) {
	w.lastDelivery.Store(w.clock.Now().UnixNano())
	raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxUpdate))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.log.ErrorContext(r.Context(), "an update is too large and is skipped: somebody may miss an answer", "limit", maxUpdate)
		return http.StatusOK
	}
	if err != nil {
		return http.StatusBadRequest // it did not arrive whole, and is delivered again
	}
	d := delivery{raw: raw, stored: make(chan error, 1)}
	select {
	case w.deliveries <- d:
	case <-w.stopped:
		return http.StatusServiceUnavailable
	case <-r.Context().Done():
		return http.StatusServiceUnavailable
	}
	select {
	case err := <-d.stored:
		if err == nil {
			return http.StatusOK
		}
	case <-r.Context().Done():
	}
	return http.StatusServiceUnavailable
}

// delivery is an update that waits to be stored.
type delivery struct {
	raw    json.RawMessage
	stored chan error // buffered, for the one result
}

// storeDeliveries stores deliveries until the server stops. It alone does so:
// updates are dispatched in the order in which they were stored.
func (w *webhookServer) storeDeliveries(ctx context.Context) {
	failures := failureLog{log: w.log, clock: w.clock}
	for {
		select {
		case d := <-w.deliveries:
			w.take(ctx, w.batch(d), &failures)
		case <-w.stopped:
			return
		}
	}
}

// batch adds the deliveries that wait already: those that arrived during a commit
// share the next one.
func (w *webhookServer) batch(first delivery) []delivery {
	batch := []delivery{first}
	for len(batch) < maxBatch {
		select {
		case d := <-w.deliveries:
			batch = append(batch, d)
		default:
			return batch
		}
	}
	return batch
}

// take stores a batch in one commit, answers, and dispatches the new updates.
func (w *webhookServer) take(ctx context.Context, batch []delivery, failures *failureLog) {
	raws := make([]json.RawMessage, len(batch))
	for i, d := range batch {
		raws[i] = d.raw
	}
	updates, _ := w.parseBatch(ctx, raws)
	fresh, err := w.store(ctx, w.journal, updates)
	if err != nil {
		failures.report(ctx, storeFailure(err))
	} else if len(updates) > 0 {
		failures.recovered(ctx, "updates are stored again")
	}
	for _, d := range batch {
		d.stored <- err
	}
	for _, u := range fresh {
		if ctx.Err() != nil {
			return
		}
		w.dispatch(ctx, w.journal, w.handle, u)
	}
}

// rejectionLog logs requests without the right secret: the first, and then once a
// minute at most. Handlers share it.
type rejectionLog struct {
	log   *slog.Logger
	clock clock.Clock

	mu    sync.Mutex
	said  time.Time
	count int // since the last line
}

func (s *rejectionLog) add(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if now := s.clock.Now(); now.Sub(s.said) >= logAgainAfter {
		s.log.WarnContext(ctx, "requests to the webhook without its secret are refused: strangers, or another process set the same webhook", "count", s.count)
		s.said, s.count = now, 0
	}
}
