package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"

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
	*Client
	journal    bot.Journal
	handle     func(bot.Update)
	path       string
	fallback   http.Handler      // for other paths
	secret     [sha256.Size]byte // hash of the secret, for the comparison
	rejected   rejectionLog
	deliveries chan delivery
	stopped    chan struct{} // closed when no delivery is accepted any more
	hook       registration
}

func (c *Client) newWebhookServer(h Hook, j bot.Journal, handle func(bot.Update)) (*webhookServer, error) {
	if err := CheckHookURL(h.URL); err != nil {
		return nil, err
	}
	if h.Secret == "" {
		h.Secret = rand.Text()
	}
	if err := CheckHookSecret(h.Secret); err != nil {
		return nil, err
	}
	u, err := url.Parse(h.URL)
	if err != nil {
		return nil, &OptionError{"Hook.URL", "not an address"}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if h.Fallback == nil {
		h.Fallback = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	}
	u.RawQuery = "run=" + rand.Text()[:10]
	return &webhookServer{
		Client:     c,
		journal:    j,
		handle:     handle,
		path:       u.Path,
		fallback:   h.Fallback,
		secret:     sha256.Sum256([]byte(h.Secret)),
		rejected:   rejectionLog{log: c.log, clock: c.clock},
		deliveries: make(chan delivery),
		stopped:    make(chan struct{}),
		hook:       registration{url: u.String(), secret: h.Secret, failures: failureLog{log: c.log, clock: c.clock}},
	}, nil
}

// run serves, stores and checks the webhook, each in a goroutine of its own. At the
// end it first refuses new deliveries, then waits for those in flight, then
// stops storing.
func (w *webhookServer) run(outer context.Context, l net.Listener) error {
	ctx, end := context.WithCancelCause(outer)
	defer end(nil)
	w.webhookPending.Store(true)
	w.lastDelivery.Store(w.clock.Now().UnixNano())
	var taking, serving sync.WaitGroup
	guarded := func(what string, f func() error) func() {
		return func() {
			text := what + " panicked: a bug of ours; please report it with the stack. The bot ends, and loses nothing by that"
			if err := w.recoverPanic(ctx, text, f); err != nil {
				end(fmt.Errorf("%s: %w", what, err))
			}
		}
	}
	taking.Go(guarded("take deliveries", func() error { w.storeDeliveries(ctx); return nil }))
	serving.Go(guarded("serve the webhook", func() error { return front.Serve(ctx, l, w, w.log) }))
	err := w.maintain(ctx)
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
