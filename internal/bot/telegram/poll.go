package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"kitebot/internal/bot"
)

// Poll takes updates in until ctx ends, which is no error. Each batch is
// stored by j in one commit; only then is it confirmed to Telegram and each
// update not seen before is handed to handle, in order. When ctx ends within a
// batch, the rest of it is left to the journal's Unanswered. handle must not
// block for long: while it does, nothing else comes in.
//
// A webhook that is set is removed first, and again when one is set meanwhile;
// pending updates are kept. Failures are retried, also a conflict with a second
// poller, which [Client.Conflict] reports. Only a token that Telegram does not
// know ends Poll with an error, [ErrUnauthorized], once getMe has confirmed it.
func (c *Client) Poll(ctx context.Context, j bot.Journal, handle func(bot.Update)) error {
	p := &poller{
		Client:     c,
		journal:    j,
		handle:     handle,
		lastUpdate: c.clock.Now(),
		failures:   failureLog{log: c.log, clock: c.clock},
	}
	return p.run(ctx)
}

// poller is one run of Poll.
type poller struct {
	*Client
	journal        bot.Journal
	handle         func(bot.Update)
	webhookRemoved bool      // no webhook is set
	backoffUntil   time.Time // no webhook is removed before
	lastConflict   time.Time // when another consumer last took the updates
	offset         int64     // confirms every earlier update; 0 confirms nothing
	lastUpdate     time.Time // when the last update came
	back           backoff
	failures       failureLog
}

var errNoID = errors.New("getUpdates: a batch without a readable update_id")

func (p *poller) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.confirmUnauthorized(ctx, p.step(ctx))
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, ErrUnauthorized):
			return fmt.Errorf("take updates in: %w", err)
		case err != nil:
			_ = wait(ctx, p.clock, p.reportFailure(ctx, err)) // the loop checks ctx
		default:
			p.reportSuccess(ctx)
		}
	}
	return nil
}

// step takes in one batch.
func (p *poller) step(ctx context.Context) error {
	if err := p.removeWebhook(ctx); err != nil {
		return err
	}
	p.dropExpiredOffset()
	asked := p.clock.Now()
	batch, err := p.fetch(ctx)
	if err != nil {
		return err
	}
	if len(batch) > 0 {
		p.lastUpdate = p.clock.Now()
		return p.take(ctx, batch)
	}
	p.dropIdleOffset()
	if p.clock.Since(asked) < minPollInterval {
		_ = wait(ctx, p.clock, minPollInterval) // the loop checks ctx
	}
	return nil
}

// dropIdleOffset drops the offset once no update has come for an hour. Telegram restarts
// its numbering at random after a week without updates, and a lower number than
// the offset would never be given to us. Nothing is lost by it: without an
// offset nothing is confirmed. Nothing is doubled either: the empty answer that
// led here came after the last batch was confirmed, and the journal would know
// it anyhow.
func (p *poller) dropIdleOffset() {
	if p.clock.Since(p.lastUpdate) >= offsetIdle {
		p.offset = 0
	}
}

// dropExpiredOffset drops the offset once Telegram has dropped every update that it
// could confirm. The numbering may have restarted since, also while Telegram
// could not be reached and no empty answer came.
func (p *poller) dropExpiredOffset() {
	if p.clock.Since(p.lastUpdate) >= updateRetention {
		p.offset = 0
	}
}

// take stores a batch, then moves the offset, then hands out what is new. The
// next offset follows the batch's last id, whatever came before: ids are
// never compared by size.
func (p *poller) take(ctx context.Context, batch []json.RawMessage) error {
	updates, last := p.parseBatch(ctx, batch)
	if last == 0 {
		return errNoID
	}
	fresh, err := p.store(ctx, p.journal, updates)
	if err != nil {
		return err
	}
	p.offset = last + 1
	for _, u := range fresh {
		if ctx.Err() != nil {
			return nil
		}
		p.dispatch(ctx, p.journal, p.handle, u)
	}
	return nil
}

// fetch asks for a batch. Each update stays raw, so that one of them cannot
// spoil the others.
func (p *poller) fetch(ctx context.Context) ([]json.RawMessage, error) {
	body, err := json.Marshal(struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{p.offset, maxBatch, int(pollFor / time.Second), strings.Fields(allowedUpdates)})
	if err != nil {
		return nil, fmt.Errorf("getUpdates: encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return nil, p.http.networkError("getUpdates", err, false)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, apiErrorOf("getUpdates", err)
	}
	return answer.Result, nil
}

// reportFailure logs what failed, unless it was logged already, and returns how long
// to wait.
func (p *poller) reportFailure(ctx context.Context, err error) time.Duration {
	r := report{kind: "network", level: slog.LevelWarn, text: "updates cannot be fetched, trying on", err: err}
	f, isAPIError := errors.AsType[*apiError](err)
	switch {
	case errors.Is(err, errJournal):
		r = storeFailure(err)
	case errors.Is(err, errNoID):
		r.kind = "batch"
	case isAPIError && f.kind == conflicting:
		r = p.conflictReport(f)
	}
	p.failures.report(ctx, r)
	if isAPIError {
		return p.back.after(f)
	}
	return p.back.next()
}

// removeWebhook removes a webhook before the first poll, and when a poll said that
// there is one. It was left behind, or another process runs this bot. Then both
// lose updates, and the log says so every minute.
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

// conflictReport describes a poll that another process ended: by a poll of its own,
// or by a webhook. Only Telegram's words tell them apart.
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

// reportSuccess notes a successful poll. A conflict is over only some time later.
func (p *poller) reportSuccess(ctx context.Context) {
	p.back = backoff{}
	if p.conflict.Load() && p.clock.Since(p.lastConflict) < conflictGrace {
		return
	}
	p.conflict.Store(false)
	p.failures.recovered(ctx, "updates come in again")
}
