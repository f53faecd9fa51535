package telegram

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
)

const (
	// conflictGrace is how long nobody may have taken our updates before a conflict is
	// over. Next to a second poller some of our polls go well, too.
	conflictGrace = time.Minute
	// webhookBackoff is how long a webhook stays after we removed one: two programs
	// must not take the updates from each other many times a second.
	webhookBackoff = 10 * time.Minute
)

// removeWebhook removes a webhook before the first poll, and when a poll said that
// there is one. It was left behind, or somebody else runs this bot: then both
// lose updates, and the log says so again and again.
func (p *poller) removeWebhook(ctx context.Context) error {
	if p.webhookRemoved {
		return nil
	}
	info, err := p.api.GetWebhookInfo(ctx)
	if err != nil {
		return apiErrorOf("getWebhookInfo", err)
	}
	if info.URL != "" {
		if _, err := p.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{DropPendingUpdates: false}); err != nil {
			return apiErrorOf("deleteWebhook", err)
		}
		p.backoffUntil = p.clock.Now().Add(webhookBackoff)
		p.log.InfoContext(ctx, "a webhook was set; it is removed, its updates are kept")
	}
	p.webhookRemoved = true
	return nil
}

// conflictReport is a poll that somebody else ended: another process that polls, or
// one that set a webhook. Only Telegram's words tell them apart.
func (p *poller) conflictReport(f *apiError) report {
	p.conflict.Store(true)
	p.lastConflict = p.clock.Now()
	r := report{kind: "conflict", level: slog.LevelError, every: logAgainAfter, err: f,
		text: "somebody else takes this bot's updates; only one process may run with its token"}
	if strings.Contains(strings.ToLower(f.text), "webhook") {
		r.kind = "webhook"
		r.text = fmt.Sprintf("a webhook was set for this bot, so its updates go there; it is removed, every %v at most", webhookBackoff)
		p.webhookRemoved = p.lastConflict.Before(p.backoffUntil)
	}
	return r
}

// reportSuccess is a poll that went well. After a conflict that is believed only later.
func (p *poller) reportSuccess(ctx context.Context) {
	p.back.reset()
	if p.conflict.Load() && p.clock.Since(p.lastConflict) < conflictGrace {
		return
	}
	p.conflict.Store(false)
	p.failures.recovered(ctx, "updates come in again")
}
