package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/bot"
	"kitebot/internal/front"
)

// Hook is where Telegram delivers updates to.
type Hook struct {
	// URL is the address that Telegram delivers to; see [CheckHookURL]. Only its
	// path is served. TLS ends at a proxy, which must not change the path.
	URL string
	// Secret comes with every delivery and is known to Telegram only; see
	// [CheckHookSecret]. With "" each run makes its own.
	Secret string
	// Listener receives the deliveries from the proxy. Webhook closes it.
	Listener net.Listener
	// Fallback serves the other paths of the listener; nil for none.
	Fallback http.Handler
}

// Webhook receives updates until ctx ends, which is no error, as [Client.Poll]
// does, but Telegram delivers them. Each is answered with 200 only once j has
// stored it; after a 503 Telegram delivers it again. New updates are then passed
// to handle, one after the other. When ctx ends, updates that are stored and not
// handled are left to the journal's Unanswered. handle must not block for
// long: while it does, nothing else comes in.
//
// Webhook sets the webhook, checks it every minute, and leaves it set at the end:
// Telegram keeps pending updates either way, and to remove the webhook could cut
// off a successor that has just set it. Failures are retried; [Client.Receiving]
// and [Client.Undelivered] report them. Webhook ends with an error when Telegram
// does not know the token, as getMe has to confirm, [ErrUnauthorized], when the
// listener breaks, or for a bad hook, *[OptionError].
func (c *Client) Webhook(ctx context.Context, h Hook, j bot.Journal, handle func(bot.Update)) error {
	w, err := c.newWebhookServer(h, j, handle)
	if err != nil {
		_ = h.Listener.Close() // it serves nothing yet
		return err
	}
	return w.run(ctx, h.Listener)
}

// webhookServer is one run of Webhook.
type webhookServer struct {
	registration
	fallback   http.Handler      // for other paths
	secretHash [sha256.Size]byte // for the comparison
	rejected   atomic.Int64      // requests without the secret since the last line about them
	rejectLine rate.Sometimes
	deliveries chan delivery
	stopped    chan struct{} // closed when no delivery is accepted any more
}

func (c *Client) newWebhookServer(h Hook, j bot.Journal, handle func(bot.Update)) (*webhookServer, error) {
	u, err := parseHookURL(h.URL)
	if err != nil {
		return nil, err
	}
	if h.Secret == "" {
		h.Secret = rand.Text()
	}
	if err := CheckHookSecret(h.Secret); err != nil {
		return nil, err
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if h.Fallback == nil {
		h.Fallback = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	}
	u.RawQuery = "run=" + rand.Text()[:10]
	return &webhookServer{
		registration: registration{intake: c.newIntake(j, handle), url: u.String(), secret: h.Secret, path: u.Path},
		fallback:     h.Fallback,
		secretHash:   sha256.Sum256([]byte(h.Secret)),
		rejectLine:   rate.Sometimes{Interval: logAgainAfter},
		deliveries:   make(chan delivery),
		stopped:      make(chan struct{}),
	}, nil
}

// run serves, stores and checks the webhook, each in a goroutine of its own. At the
// end it first refuses new deliveries, then waits for those in flight, then
// stops storing.
func (w *webhookServer) run(outer context.Context, l net.Listener) error {
	ctx, end := context.WithCancelCause(outer)
	defer end(nil)
	w.webhookPending.Store(true)
	w.lastDelivery.Store(time.Now().UnixNano())
	var taking, serving sync.WaitGroup
	guarded := func(what string, f func() error) func() {
		return func() {
			if err := w.recoverPanic(ctx, what, "the bot ends; nothing is lost", f); err != nil {
				end(fmt.Errorf("%s: %w", what, err))
			}
		}
	}
	taking.Go(guarded("take deliveries", func() error { w.storeDeliveries(ctx); return nil }))
	serving.Go(guarded("serve the webhook", func() error { return front.Serve(ctx, l, w, w.log) }))
	err := w.loop(ctx, checkEvery, "the webhook is in order again", w.checkWebhook, w.diagnose)
	end(nil)
	serving.Wait()
	close(w.stopped)
	taking.Wait()
	w.undelivered.Store(nil) // no delivery is expected any more
	if err == nil && outer.Err() == nil {
		err = context.Cause(ctx)
	}
	return err
}

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
		w.reject(r.Context())
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
	return subtle.ConstantTimeCompare(said[:], w.secretHash[:]) == 1
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// receive reads a delivery and waits until it is stored.
func (w *webhookServer) receive(rw http.ResponseWriter, r *http.Request) (status int) {
	w.lastDelivery.Store(time.Now().UnixNano())
	raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxUpdate))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.log.ErrorContext(r.Context(), "an update is too large", "effect", "it is skipped; its person may miss an answer", "limit", maxUpdate)
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
	failures := failureLog{log: w.log}
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
	fresh, err := w.store(ctx, updates)
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
		w.dispatch(ctx, u)
	}
}

// reject counts a request without the right secret, and logs the first, and then
// once a minute at most.
func (w *webhookServer) reject(ctx context.Context) {
	w.rejected.Add(1)
	w.rejectLine.Do(func() {
		w.log.WarnContext(ctx, "requests to the webhook lack its secret",
			"effect", "they are refused", "action", "if updates stay away, look for another process that set the same webhook", "count", w.rejected.Swap(0))
	})
}
