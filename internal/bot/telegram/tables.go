package telegram

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"kitebot/internal/clock"
)

const (
	// manyRefusals is in how many chats in a row tables must be refused until
	// none is tried any more. Chats are counted and not messages: one person's
	// holdings may offend every time, and cost others nothing.
	manyRefusals = 3
	// textFor is how long everything then goes as text, so that not everybody
	// waits for two answers. It ends by itself, since servers and rules change.
	textFor = 6 * time.Hour
)

// nativeTables knows whether Telegram takes native tables at present.
type nativeTables struct {
	clock clock.Clock

	mu      sync.Mutex
	until   time.Time      // until when none is tried
	refused map[int64]bool // the chats where they were, since one was last taken
}

func newNativeTables(c clock.Clock) *nativeTables {
	return &nativeTables{clock: c, refused: map[int64]bool{}}
}

// taken says that tables are worth trying.
func (n *nativeTables) taken() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.clock.Now().Before(n.until)
}

// shown is a message with tables that Telegram took.
func (n *nativeTables) shown() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.refused)
}

// refuse is a message that Telegram took as text only. It reports whether that
// ends tables for now: many chats were refused, or the server does not know them.
func (n *nativeTables) refuse(chat int64, unknown bool) (ends bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused[chat] = true
	now := n.clock.Now()
	if now.Before(n.until) || !unknown && len(n.refused) < manyRefusals {
		return false
	}
	clear(n.refused)
	n.until = now.Add(textFor)
	return true
}

// sendAsText makes the call that stands in for a declined one. If this one works,
// the tables were the trouble.
func (c *Client) sendAsText(ctx context.Context, q *queue, chat int64, k call, reason error) error {
	err := c.retry(ctx, q, chat, k)
	if err != nil && !isKind(err, unchanged) {
		return err
	}
	if c.tables.refuse(chat, tablesUnsupported(reason)) {
		c.log.WarnContext(ctx, "telegram takes no native tables here, they go as text for "+textFor.String(), "error", reason)
	} else {
		c.log.WarnContext(ctx, "telegram refuses a message with native tables, it goes as text", "error", reason)
	}
	return err
}

// tablesRefused says that Telegram refuses what was asked for and not just now: the
// request is wrong to it, people may not be sent that, or, with a code that else
// stands for a bad token, its server does not know the method.
func tablesRefused(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	if !ok {
		return false
	}
	switch f.kind {
	case refused:
		return true
	case gone:
		return f.code == http.StatusBadRequest
	case unauthorized:
		return f.code == http.StatusNotFound
	}
	return false
}

// tablesUnsupported tells a server that is too old for tables from one that refuses
// a message: it does not know the method, or passes over the parameter and then
// misses the text.
func tablesUnsupported(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	return ok && (f.code == http.StatusNotFound || strings.Contains(strings.ToLower(f.text), "message text is empty"))
}
