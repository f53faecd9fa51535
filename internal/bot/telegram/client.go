// Package telegram is the Bot API adapter: it takes updates in and shows
// messages. It is the only importer of the Bot API library.
//
// # Updates
//
// [Client.Poll] has a poll loop of its own, because the library confirms an update
// before it is handled. Here a batch is confirmed only once the journal holds
// it, so a crash at any point loses nothing. The journal recognises what comes
// twice. [Client.Webhook] promises the same where Telegram delivers the updates:
// each is answered only once it is stored.
//
// # Sending
//
// [Client.Send] and [Client.Edit] keep the order per chat, stay below the rate
// that Telegram documents, and obey every retry_after. [Client.Unauthorized] sends
// to people who are not let in, in a queue that delays no one else. A message
// whose answer was lost is sent once more: it may then appear twice, which is
// better than not at all. Where Telegram refuses native tables (rich messages),
// the text is sent instead, for some hours at once if its server is too old for
// them. [Client.Delete] deletes a message, in the same order and with the same
// retries.
//
// # The token
//
// The token is part of every URL. So no error of net/http leaves this package:
// [apiClient] turns each failure into an [apiError], whose text is free of it.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// Client speaks to the Bot API as one bot. It is safe for concurrent use, but
// only one Poll or Webhook may run at a time: Telegram serves one of either per bot.
type Client struct {
	api            *tg.Bot
	http           *apiClient
	base           string // server and bot, before "/method"; holds the token
	now            func() time.Time
	log            *slog.Logger
	limits         *rateLimiter
	id             int64
	username       string
	conflict       atomic.Bool
	webhookPending atomic.Bool // Webhook runs, and has not set the webhook yet
	undelivered    atomic.Pointer[Undelivered]
	lastDelivery   atomic.Int64 // when Telegram last delivered to Webhook, in Unix nanoseconds
	tables         tableSupport
}

// New checks the options and asks Telegram who the bot is. While the server
// cannot be reached it waits and asks again, with a log line once a minute,
// until ctx ends: an operator may start the bot before the network is up.
//
// Errors: *[OptionError] for a bad option, [ErrUnauthorized] when Telegram does
// not know the token, and ctx's error together with the last failure.
func New(ctx context.Context, o Options) (*Client, error) {
	transport := newTransport()
	if o.Dial != nil {
		transport.DialContext = o.Dial
	}
	c, err := newClient(o, transport)
	if err != nil {
		return nil, err
	}
	if err := c.fetchSelf(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// newClient is New without the network, over any transport.
func newClient(o Options, transport http.RoundTripper) (*Client, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	d := newAPIClient(transport, o.Token, o.Meter)
	api, err := tg.New(o.Token,
		tg.WithSkipGetMe(),
		tg.WithServerURL(o.APIURL),
		tg.WithHTTPClient(0, d),
		tg.WithDefaultHandler(func(context.Context, *tg.Bot, *models.Update) {}),
		tg.WithErrorsHandler(func(error) {}), // the library reports only its own poller there, which never runs
	)
	if err != nil {
		return nil, fmt.Errorf("set up the bot api library: %s", d.redact(err.Error()))
	}
	return &Client{
		api:    api,
		http:   d,
		base:   o.APIURL + "/bot" + o.Token,
		now:    o.Now,
		log:    o.Logger,
		limits: newRateLimiter(o.SendRate, o.Meter),
		id:     api.ID(),
	}, nil
}

// fetchSelf asks getMe until it answers.
func (c *Client) fetchSelf(ctx context.Context) error {
	failures := failureLog{log: c.log}
	back := backoff{}
	for {
		me, err := c.api.GetMe(ctx)
		if err == nil {
			c.id, c.username = me.ID, me.Username
			failures.recovered(ctx, "telegram is reached")
			return nil
		}
		f := apiErrorOf("getMe", err)
		if f.kind == unauthorized {
			return f
		}
		failures.report(ctx, report{kind: "start", level: slog.LevelWarn, every: time.Minute,
			text: "telegram cannot be reached yet", effect: "the start waits for it", err: f})
		if waitErr := wait(ctx, back.after(f)); waitErr != nil {
			return fmt.Errorf("reach telegram: %w (last failure: %w)", waitErr, f)
		}
	}
}

// confirmUnauthorized returns err, the failure of a poll or of a webhook call. It
// believes that Telegram does not know the token only if getMe says so too: a
// proxy on the way may answer one call with a 401 or 404.
func (c *Client) confirmUnauthorized(ctx context.Context, err error) error {
	if !errors.Is(err, ErrUnauthorized) {
		return err
	}
	if _, me := c.api.GetMe(ctx); errors.Is(me, ErrUnauthorized) {
		return err
	}
	f := apiErrorOf("", err)
	return &apiError{kind: lost, method: f.method, code: f.code, text: "the token is refused, which getMe does not confirm"}
}

// ID is the bot's own user id.
func (c *Client) ID() int64 { return c.id }

// Username is the bot's user name without "@".
func (c *Client) Username() string { return c.username }

// Conflict says that within about the last minute another consumer took this
// bot's updates: a second process with the same token, or a webhook set meanwhile.
func (c *Client) Conflict() bool { return c.conflict.Load() }

// Receiving returns nil while updates can come in, else the reason, in words for an
// operator. A failed delivery to a webhook is not among the reasons: a process
// that is taken out of service for it would never get a delivery again. See
// [Client.Undelivered].
func (c *Client) Receiving() error {
	switch {
	case c.conflict.Load():
		return errors.New("another instance of this bot takes the updates")
	case c.webhookPending.Load():
		return errors.New("the webhook is not set yet")
	}
	return nil
}

// Close closes idle connections. Calls in flight end with their contexts.
func (c *Client) Close() { c.http.http.CloseIdleConnections() }

// Undelivered says that Telegram has updates and fails to deliver them.
type Undelivered struct {
	// Words are Telegram's own about its last attempt, on one line, without
	// addresses and secrets.
	Words string
	Since time.Time // when it was first seen

	seen time.Time // when it was last seen
}

// Undelivered returns nil while updates are delivered to the webhook, as far as is
// known, and always with [Client.Poll]. It is up to two minutes late, since only
// getWebhookInfo tells; a delivery ends it at once.
func (c *Client) Undelivered() *Undelivered {
	u := c.undelivered.Load()
	if u == nil || c.lastDelivery.Load() >= u.seen.UnixNano() {
		return nil
	}
	return u
}
