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
	// calm is how long nobody may have taken our updates before a conflict is
	// over. Beside a second poller some of our polls go well, too.
	calm = time.Minute
	// truceFor is how long a webhook stays after we removed one: two programs
	// must not take the updates from each other many times a second.
	truceFor = 10 * time.Minute
)

// unhook removes a webhook before the first poll, and when a poll said that
// there is one. It was left behind, or somebody else runs this bot: then both
// lose updates, and the log says so again and again.
func (p *poller) unhook(ctx context.Context) error {
	if p.unhooked {
		return nil
	}
	info, err := p.api.GetWebhookInfo(ctx)
	if err != nil {
		return faultOf("getWebhookInfo", err)
	}
	if info.URL != "" {
		if _, err := p.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{DropPendingUpdates: false}); err != nil {
			return faultOf("deleteWebhook", err)
		}
		p.truce = p.clock.Now().Add(truceFor)
		p.log.InfoContext(ctx, "a webhook was set; it is removed, its updates are kept")
	}
	p.unhooked = true
	return nil
}

// clashed is a poll that somebody else ended: another process that polls, or
// one that set a webhook. Only Telegram's words tell them apart.
func (p *poller) clashed(f *fault) report {
	p.conflict.Store(true)
	p.clash = p.clock.Now()
	r := report{kind: "conflict", level: slog.LevelError, every: sayAgain, err: f,
		text: "somebody else takes this bot's updates; only one process may run with its token"}
	if strings.Contains(strings.ToLower(f.text), "webhook") {
		r.kind = "webhook"
		r.text = fmt.Sprintf("a webhook was set for this bot, so its updates go there; it is removed, every %v at most", truceFor)
		p.unhooked = p.clash.Before(p.truce)
	}
	return r
}

// well is a poll that went well. After a conflict that is believed only later.
func (p *poller) well(ctx context.Context) {
	p.back.reset()
	if p.conflict.Load() && p.clock.Since(p.clash) < calm {
		return
	}
	p.conflict.Store(false)
	p.trouble.over(ctx, "updates come in again")
}
