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
	// URL is what Telegram is told; [CheckHookURL] says which ones it takes. The
	// path of it is the one path that is served. TLS is the business of the
	// proxy before us, which passes the path on as it is.
	URL string
	// Secret comes with every delivery; [CheckHookSecret]. Nobody but Telegram
	// knows it. With "" each run makes its own.
	Secret string
	// Listener is where the proxy passes deliveries on. Webhook closes it.
	Listener net.Listener
	// Fallback answers what else comes in there, on other paths; nil for nobody.
	Fallback http.Handler
}

// Webhook takes updates in until ctx ends, which is no error, as [Client.Poll]
// does, but Telegram brings them. Each is answered with 200 only once j has
// stored it; with a 503 Telegram brings it again. What was not seen before is
// then handed to handle, one after the other. When ctx ends, what is stored and
// not handled is left to the journal's Unanswered. handle must not block for
// long: while it does, nothing else comes in.
//
// Webhook sets the webhook, looks after it, and leaves it set at the end. Until
// somebody takes them, Telegram keeps the updates either way; and whoever
// removed the webhook on leaving could make a successor deaf that has just set
// it. Failures are waited out; [Client.Receiving] and [Client.Undelivered] tell of
// them. Webhook ends with an error when Telegram does not know the token,
// as getMe has to confirm, [ErrUnauthorized], when the listener breaks, or for a bad hook, *[OptionError].
func (c *Client) Webhook(ctx context.Context, h Hook, j bot.Journal, handle func(bot.Update)) error {
	w, err := c.newWebhookServer(h, j, handle)
	if err != nil {
		_ = h.Listener.Close() // it serves nobody yet
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
	secret     [sha256.Size]byte // of the secret: what is compared
	rejected   rejectionLog
	deliveries chan delivery
	stopped    chan struct{} // closed when nothing is taken any more
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

// run serves, stores and looks after the webhook, each in a goroutine of its
// own. The order of the end: no new delivery, those under way, the storing.
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
	w.undelivered.Store(nil) // nobody is to be delivered to
	if err == nil && outer.Err() == nil {
		err = context.Cause(ctx)
	}
	return err
}
