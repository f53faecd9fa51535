package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
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
)

// registration is the webhook at Telegram.
type registration struct {
	intake
	// url is the address with a mark of this run, so that a webhook that another
	// process set is never taken for ours, not even under the same address.
	url    string
	secret string
	path   string // that of the url
	set    bool
}

var (
	errRemoved     = errors.New("getWebhookInfo: no webhook is set")
	errReplaced    = errors.New("getWebhookInfo: another webhook is set")
	errUndelivered = errors.New("getWebhookInfo")
)

// checkWebhook sets the webhook, or asks Telegram for its state. It sets a webhook
// again that was removed or replaced, once in webhookBackoff at most: two programs
// must not take the updates from each other all the time.
func (r *registration) checkWebhook(ctx context.Context) error {
	if !r.set {
		return r.setWebhook(ctx)
	}
	info, err := r.api.GetWebhookInfo(ctx)
	switch {
	case err != nil:
		return apiErrorOf("getWebhookInfo", err)
	case info.URL == r.url:
		return r.checkDelivery(info)
	}
	conflict := errReplaced
	if info.URL == "" {
		conflict = errRemoved
	}
	if !r.conflicted() {
		return conflict
	}
	r.backoffUntil = r.lastConflict.Add(webhookBackoff)
	r.set = false
	if err := r.setWebhook(ctx); err != nil {
		return fmt.Errorf("%w; %w", conflict, err)
	}
	return conflict
}

// checkDelivery returns what keeps Telegram from delivering, in its words, or nil.
// It ignores an error after which a delivery succeeded.
func (r *registration) checkDelivery(info *models.WebhookInfo) error {
	idle := time.Since(time.Unix(0, r.lastDelivery.Load()))
	if info.PendingUpdateCount == 0 || info.LastErrorMessage == "" || idle < checkEvery {
		r.undelivered.Store(nil)
		return nil
	}
	now := time.Now()
	next := &Undelivered{Words: r.deliveryProblem(info.LastErrorMessage), Since: now, seen: now}
	if before := r.Undelivered(); before != nil {
		next.Since = before.Since
	}
	r.undelivered.Store(next)
	return fmt.Errorf("%w: %s (%d updates wait)", errUndelivered, next.Words, info.PendingUpdateCount)
}

// setWebhook tells Telegram where to deliver. Pending updates are kept.
func (r *registration) setWebhook(ctx context.Context) error {
	_, err := r.api.SetWebhook(ctx, &tg.SetWebhookParams{
		URL:                r.url,
		SecretToken:        r.secret,
		MaxConnections:     maxConnections,
		AllowedUpdates:     strings.Fields(allowedUpdates),
		DropPendingUpdates: false,
	})
	if err != nil {
		return apiErrorOf("setWebhook", err)
	}
	r.set = true
	r.webhookPending.Store(false)
	r.lastDelivery.Store(time.Now().UnixNano())
	r.log.InfoContext(ctx, "the webhook is set")
	return nil
}

// diagnose says what a failed check means, and how long to wait.
func (r *registration) diagnose(err error) (report, time.Duration) {
	line := report{kind: "network", level: slog.LevelWarn, text: "the webhook cannot be checked", effect: "the bot tries again", err: err}
	f, isAPIError := errors.AsType[*apiError](err)
	switch {
	case errors.Is(err, errRemoved):
		line = report{kind: "removed", text: "the webhook was removed", effect: "no update comes in until it is set again, after a pause", action: stopOther}
	case errors.Is(err, errReplaced):
		line = report{kind: "replaced", text: "another webhook was set for this bot", effect: "its updates go there; ours is set again, after a pause", action: stopOther}
	case errors.Is(err, errUndelivered):
		line = report{kind: "undelivered", text: "telegram cannot deliver updates", effect: "they wait there",
			action: "look at the proxy, its certificate, and that it passes the path on unchanged"}
	case isAPIError && f.kind == refused:
		line = report{kind: "refused", text: "telegram refuses the webhook", effect: "no update comes in", action: "look at its address, and that its name resolves"}
	}
	if line.kind != "network" {
		line.level, line.every, line.err = slog.LevelError, logAgainAfter, err
	}
	if isAPIError && f.kind != refused {
		return line, r.retryDelay.after(f)
	}
	return line, checkEvery
}

// maxWord is longer than a word of Telegram's, and shorter than an id or a key.
const (
	maxWord        = 24
	maxDescription = 200
)

// deliveryProblem is why Telegram cannot deliver, in its words but without what
// they may quote: addresses, long words, quotations, and the bot's token, secret,
// host and path. It is shown to anyone who may ask for the health of the bot.
func (r *registration) deliveryProblem(words string) string {
	hidden := []string{r.http.secret, r.secret, r.path}
	if u, err := url.Parse(r.url); err == nil {
		hidden = append(hidden, u.RawQuery, u.Hostname())
	}
	quotes := func(word string) bool {
		return len(word) > maxWord || strings.ContainsAny(word, `'"`) || strings.Contains(word, "://") || isAddress(word) ||
			slices.ContainsFunc(hidden, func(h string) bool { return len(h) > 1 && strings.Contains(word, h) }) // a path may be a single slash
	}
	kept := strings.Fields(words)
	for i, word := range kept {
		if quotes(word) {
			kept[i] = "[…]"
		}
	}
	return cut(strings.Join(kept, " "), maxDescription)
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
