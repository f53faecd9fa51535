package telegram

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Undelivered is that Telegram has updates and fails to bring them.
type Undelivered struct {
	// Words are Telegram's own, on one line, without addresses and secrets: what
	// came of its last attempt.
	Words string
	Since time.Time // when we first learned of it

	seen time.Time // when we last did
}

// Undelivered returns nil while updates are delivered to the webhook, as far as
// is known, and always with [Client.Poll]. What it returns is not changed. It
// follows within a minute or two of silence, since only getWebhookInfo tells; a
// delivery ends it at once.
func (c *Client) Undelivered() *Undelivered {
	u := c.undelivered.Load()
	if u == nil || c.lastDelivery.Load() >= u.seen.UnixNano() {
		return nil
	}
	return u
}

// noteUndelivered notes what keeps Telegram from delivering.
func (w *webhookServer) noteUndelivered(words string) {
	now := w.clock.Now()
	next := &Undelivered{Words: w.hideAddresses(words), Since: now, seen: now}
	if before := w.Undelivered(); before != nil {
		next.Since = before.Since
	}
	w.undelivered.Store(next)
}

// hideAddresses leaves out where the bot is and what it is reached with: unlike the
// log, what is made of these words is shown to whoever may ask.
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
			if len(h) > 1 && strings.Contains(word, h) { // a path may be a mere slash
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
