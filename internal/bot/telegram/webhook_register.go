package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

const (
	// maxConnections bounds Telegram's concurrent deliveries. Those of one chat come
	// one after the other.
	maxConnections = 40
	// checkEvery is how often the webhook is checked.
	checkEvery = time.Minute
	// maxHookSecret is Telegram's limit, in characters.
	maxHookSecret = 256
)

// registration is the webhook at Telegram and its state.
type registration struct {
	// url is the address with a mark of this run, so that a webhook that another
	// process set is never taken for ours, not even under the same address.
	url          string
	secret       string
	set          bool
	lastConflict time.Time // when it was last not ours
	backoffUntil time.Time // it is not set again before
	back         backoff
	failures     failureLog
}

var (
	errRemoved     = errors.New("getWebhookInfo: no webhook is set")
	errReplaced    = errors.New("getWebhookInfo: another webhook is set")
	errUndelivered = errors.New("getWebhookInfo")
)

// maintain sets the webhook and keeps it set, until ctx ends or Telegram does not
// know the token any more.
func (w *webhookServer) maintain(ctx context.Context) error {
	for ctx.Err() == nil {
		pause, err := checkEvery, w.confirmUnauthorized(ctx, w.checkWebhook(ctx))
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, ErrUnauthorized):
			return fmt.Errorf("take updates in: %w", err)
		case err != nil:
			pause = w.reportFailure(ctx, err)
		default:
			w.reportSuccess(ctx)
		}
		_ = wait(ctx, w.clock, pause) // the loop checks ctx
	}
	return nil
}

// checkWebhook sets the webhook, or asks Telegram for its state. It sets a webhook
// again that was removed or replaced, once in webhookBackoff at most: two programs
// must not take the updates from each other all the time.
func (w *webhookServer) checkWebhook(ctx context.Context) error {
	if !w.hook.set {
		return w.setWebhook(ctx)
	}
	info, err := w.api.GetWebhookInfo(ctx)
	switch {
	case err != nil:
		return apiErrorOf("getWebhookInfo", err)
	case info.URL == w.hook.url:
		return w.checkDelivery(info)
	}
	w.conflict.Store(true)
	w.hook.lastConflict = w.clock.Now()
	if w.hook.lastConflict.Before(w.hook.backoffUntil) {
		return webhookConflict(info)
	}
	w.hook.backoffUntil = w.hook.lastConflict.Add(webhookBackoff)
	w.hook.set = false
	if err := w.setWebhook(ctx); err != nil {
		return fmt.Errorf("%w; %w", webhookConflict(info), err)
	}
	return webhookConflict(info)
}

func webhookConflict(info *models.WebhookInfo) error {
	if info.URL == "" {
		return errRemoved
	}
	return errReplaced
}

// checkDelivery returns what keeps Telegram from delivering, in its words, or nil.
// It ignores an error after which a delivery succeeded.
func (w *webhookServer) checkDelivery(info *models.WebhookInfo) error {
	quietFor := w.clock.Since(time.Unix(0, w.lastDelivery.Load()))
	if info.PendingUpdateCount == 0 || info.LastErrorMessage == "" || quietFor < checkEvery {
		w.undelivered.Store(nil)
		return nil
	}
	words := clean(w.http.redact(info.LastErrorMessage))
	w.noteUndelivered(words)
	return fmt.Errorf("%w: %s (%d updates wait)", errUndelivered, words, info.PendingUpdateCount)
}

// setWebhook tells Telegram where to deliver. Pending updates are kept.
func (w *webhookServer) setWebhook(ctx context.Context) error {
	_, err := w.api.SetWebhook(ctx, &tg.SetWebhookParams{
		URL:                w.hook.url,
		SecretToken:        w.hook.secret,
		MaxConnections:     maxConnections,
		AllowedUpdates:     strings.Fields(allowedUpdates),
		DropPendingUpdates: false,
	})
	if err != nil {
		return apiErrorOf("setWebhook", err)
	}
	w.hook.set = true
	w.webhookPending.Store(false)
	w.lastDelivery.Store(w.clock.Now().UnixNano())
	w.log.InfoContext(ctx, "the webhook is set")
	return nil
}

// reportFailure logs what is wrong, unless it was logged already, and returns how
// long to wait.
func (w *webhookServer) reportFailure(ctx context.Context, err error) time.Duration {
	r := report{kind: "network", level: slog.LevelWarn, text: "the webhook cannot be looked after, trying on", err: err}
	loud := func(kind, text string) {
		r.kind, r.level, r.every, r.text = kind, slog.LevelError, logAgainAfter, text
	}
	f, isAPIError := errors.AsType[*apiError](err)
	switch {
	case errors.Is(err, errRemoved):
		loud("removed", fmt.Sprintf("the webhook was removed, as another process with this bot's token does that polls; it is set again, every %v at most", webhookBackoff))
	case errors.Is(err, errReplaced):
		loud("replaced", fmt.Sprintf("another webhook was set for this bot, so its updates go there; ours is set again, every %v at most", webhookBackoff))
	case errors.Is(err, errUndelivered):
		loud("undelivered", "telegram cannot deliver updates; look at the proxy, its certificate, and that it passes the path on unchanged")
	case isAPIError && f.kind == refused:
		loud("refused", "telegram refuses the webhook, so no update comes in; look at its address, and that its name resolves")
	}
	w.hook.failures.report(ctx, r)
	switch {
	case isAPIError && f.kind != refused:
		return w.hook.back.after(f)
	default:
		return checkEvery
	}
}

// reportSuccess notes a webhook in order. A conflict is over only some time later, as
// with polls.
func (w *webhookServer) reportSuccess(ctx context.Context) {
	w.hook.back = backoff{}
	if w.conflict.Load() && w.clock.Since(w.hook.lastConflict) < conflictGrace {
		return
	}
	w.conflict.Store(false)
	w.hook.failures.recovered(ctx, "the webhook is in order again")
}

// noteUndelivered stores what keeps Telegram from delivering.
func (w *webhookServer) noteUndelivered(words string) {
	now := w.clock.Now()
	next := &Undelivered{Words: w.hideAddresses(words), Since: now, seen: now}
	if before := w.Undelivered(); before != nil {
		next.Since = before.Since
	}
	w.undelivered.Store(next)
}

// hideAddresses removes the bot's address, path and secret: unlike the log, these
// words are shown to anyone who may ask for the health of the bot.
func (w *webhookServer) hideAddresses(words string) string {
	hidden := []string{w.hook.secret, w.path}
	if u, err := url.Parse(w.hook.url); err == nil {
		hidden = append(hidden, u.RawQuery, u.Hostname())
	}
	kept := strings.Fields(words)
	for i, word := range kept {
		if isAddress(word) {
			kept[i] = "[…]"
		}
		for _, h := range hidden {
			if len(h) > 1 && strings.Contains(word, h) { // a path may be a single slash
				kept[i] = "[…]"
			}
		}
	}
	return strings.Join(kept, " ")
}

// isAddress reports whether a word is an IP address, with or without its port.
func isAddress(word string) bool {
	word = strings.Trim(word, ".,:;()")
	if _, err := netip.ParseAddrPort(word); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(word, "[]"))
	return err == nil
}
