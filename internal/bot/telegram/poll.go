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

const (
	// offsetIdle is how long no update may come before the offset is dropped.
	offsetIdle = time.Hour
	// updateRetention is how long Telegram keeps an unconfirmed update.
	updateRetention = 24 * time.Hour
	// minPollInterval is the pause after an empty answer that came at once, from a
	// server without long polling.
	minPollInterval = time.Second
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
	p := &poller{intake: c.newIntake(j, handle), lastUpdate: time.Now()}
	return p.loop(ctx, 0, "updates come in again", p.step, p.diagnose)
}

// poller is one run of Poll.
type poller struct {
	intake
	webhookRemoved bool      // no webhook is set
	offset         int64     // confirms every earlier update; 0 confirms nothing
	lastUpdate     time.Time // when the last update came
}

var errNoID = errors.New("getUpdates: a batch without a readable update_id")

// step takes in one batch.
func (p *poller) step(ctx context.Context) error {
	if err := p.removeWebhook(ctx); err != nil {
		return err
	}
	p.dropOffset(updateRetention)
	asked := time.Now()
	batch, err := p.fetch(ctx)
	if err != nil {
		return err
	}
	if len(batch) > 0 {
		p.lastUpdate = time.Now()
		return p.take(ctx, batch)
	}
	p.dropOffset(offsetIdle)
	if time.Since(asked) < minPollInterval {
		_ = wait(ctx, minPollInterval) // the loop checks ctx
	}
	return nil
}

// dropOffset drops the offset when no update has come for so long. Telegram restarts
// its numbering at random after a week without updates, and a lower number than the
// offset would never be given to us. Nothing is lost by it, since without an offset
// nothing is confirmed. Nothing is doubled either. After an empty answer an hour is
// enough: the last batch was confirmed before, and the journal would know it anyhow.
// Without one, as while Telegram cannot be reached, it takes a day: by then Telegram
// has dropped all that the offset could confirm.
func (p *poller) dropOffset(idle time.Duration) {
	if time.Since(p.lastUpdate) >= idle {
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
	fresh, err := p.store(ctx, updates)
	if err != nil {
		return err
	}
	p.offset = last + 1
	for _, u := range fresh {
		if ctx.Err() != nil {
			return nil
		}
		p.dispatch(ctx, u)
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

// diagnose says what a failed step means, and how long to wait.
func (p *poller) diagnose(err error) (report, time.Duration) {
	r := report{kind: "network", level: slog.LevelWarn, text: "updates cannot be fetched", effect: "the bot tries again", err: err}
	f, isAPIError := errors.AsType[*apiError](err)
	switch {
	case errors.Is(err, errJournal):
		r = storeFailure(err)
	case errors.Is(err, errNoID):
		r.kind = "batch"
	case isAPIError && f.kind == conflicting:
		r = p.conflictReport(f)
	}
	if isAPIError {
		return r, p.retryDelay.after(f)
	}
	return r, p.retryDelay.next()
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
		p.backoffUntil = p.now().Add(webhookBackoff)
		p.log.InfoContext(ctx, "a webhook was set; it is removed, its updates are kept")
	}
	p.webhookRemoved = true
	return nil
}

// conflictReport describes a poll that another process ended: by a poll of its own,
// or by a webhook. Only Telegram's words tell them apart.
func (p *poller) conflictReport(f *apiError) report {
	mayRemove := p.conflicted()
	if strings.Contains(f.text, "webhook") {
		p.webhookRemoved = !mayRemove
		return report{kind: "webhook", level: slog.LevelError, every: logAgainAfter, err: f,
			text: "a webhook was set for this bot", effect: "its updates go there; it is removed, after a pause", action: stopOther}
	}
	return report{kind: "conflict", level: slog.LevelError, every: logAgainAfter, err: f,
		text: "another process takes this bot's updates", effect: "updates may go there", action: stopOther}
}
