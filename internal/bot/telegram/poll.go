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

	"kitebot/internal/bot"
)

const (
	// allowedUpdates are the types of update we ask for.
	allowedUpdates = "message edited_message callback_query my_chat_member"
	// pollFor is how long Telegram may hold an empty poll; it caps it there itself.
	pollFor = 50 * time.Second
	// mostUpdates is the largest batch Telegram gives.
	mostUpdates = 100
	// offsetIdle is how long nothing must come before the offset is dropped.
	offsetIdle = time.Hour
	// updateRetention is how long Telegram keeps an update that nobody takes.
	updateRetention = 24 * time.Hour
	// logAgainAfter is how often a failure that needs a person's hand is repeated.
	logAgainAfter = time.Minute
	// minPollInterval is the pause after an empty answer that came at once, from a
	// server that does not hold polls.
	minPollInterval = time.Second
)

// Poll takes updates in until ctx ends, which is no error. Each batch is
// stored by j in one commit; only then is it confirmed to Telegram and each
// update not seen before is handed to handle, in order. When ctx ends within a
// batch, the rest of it is left to the journal's Unanswered. handle must not
// block for long: while it does, nothing else comes in.
//
// A webhook that is set is removed first, and again when one is set meanwhile;
// pending updates are kept. Failures are waited out, also that somebody else
// polls, which [Client.Conflict] tells. Only a token that Telegram does not know, as getMe has to confirm, ends Poll with an
// error, [ErrUnauthorized].
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
	webhookRemoved bool      // no webhook stands in the way
	backoffUntil   time.Time // until when a webhook stays
	lastConflict   time.Time // when somebody else last took the updates
	offset         int64     // confirms every earlier update; 0 confirms nothing
	lastUpdate     time.Time // when the last update came
	back           backoff
	failures       failureLog
}

var (
	errJournal = errors.New("store the updates")
	errNoID    = errors.New("getUpdates: a batch without a readable update_id")
)

func (p *poller) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.confirmUnauthorized(ctx, p.step(ctx))
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, ErrUnauthorized):
			return fmt.Errorf("take updates in: %w", err)
		case err != nil:
			_ = wait(ctx, p.clock, p.reportFailure(ctx, err)) // ctx is the loop's business
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
		_ = wait(ctx, p.clock, minPollInterval) // ctx is the loop's business
	}
	return nil
}

// dropIdleOffset drops the offset once nothing has come for an hour. Telegram restarts
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

// dropExpiredOffset drops the offset once Telegram has forgotten whatever it could
// confirm. For what comes then the numbering may have restarted, also while
// Telegram could not be reached and no empty answer told of a rest.
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

// store stores updates in one commit and returns those not seen before.
func (c *Client) store(ctx context.Context, j bot.Journal, updates []bot.Update) (fresh []bot.Update, err error) {
	if len(updates) == 0 {
		return nil, nil
	}
	err = c.recoverPanic(ctx, "storing updates panicked: a bug of ours; please report it with the stack. The updates come again", func() (err error) {
		fresh, err = j.Take(c.id, updates)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJournal, err)
	}
	return fresh, nil
}

// storeFailure is the report of updates that could not be kept.
func storeFailure(err error) report {
	return report{kind: "journal", level: slog.LevelError, every: logAgainAfter, err: err,
		text: "updates cannot be stored, so none is taken from telegram until they can"}
}

// parseBatch parses a batch and returns the last id in it, 0 if there is none. An
// update that cannot be read is skipped and confirmed with the others.
func (c *Client) parseBatch(ctx context.Context, batch []json.RawMessage) (updates []bot.Update, last int64) {
	for _, raw := range batch {
		u, ok := parse(raw)
		if u.ID > 0 {
			last = u.ID
		}
		if ok {
			updates = append(updates, u)
			continue
		}
		if _, err := decode(raw); err != nil || u.ID <= 0 {
			c.log.WarnContext(ctx, "an update cannot be read and is skipped: somebody may miss an answer", "type", updateType(raw))
		}
	}
	return updates, last
}

// fetch asks for a batch. Each update stays raw, so that one of them cannot
// spoil the others.
func (p *poller) fetch(ctx context.Context) ([]json.RawMessage, error) {
	body, err := json.Marshal(struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{p.offset, mostUpdates, int(pollFor / time.Second), strings.Fields(allowedUpdates)})
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

// reportFailure says what failed, unless it was said already, and how long to wait.
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
