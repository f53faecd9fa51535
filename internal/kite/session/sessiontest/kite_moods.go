package sessiontest

import "time"

// Down makes every call go unanswered, Mute makes every tool fail without a
// reason, Undying makes every DELETE fail, NoResume makes /mcp know nothing of
// sessions born on a stream.
func (k *Kite) Down(yes bool)     { k.set(&k.down, yes) }
func (k *Kite) Mute(yes bool)     { k.set(&k.mute, yes) }
func (k *Kite) Undying(yes bool)  { k.set(&k.undying, yes) }
func (k *Kite) NoResume(yes bool) { k.set(&k.noResume, yes) }

// OneToken makes Kite keep one token for a user: the end of one session is the end
// of every login of that user.
func (k *Kite) OneToken() { k.set(&k.oneToken, true) }

// StreamsOnly makes the server be one without /mcp: a session is reached over its
// stream, or not at all.
func (k *Kite) StreamsOnly(yes bool) { k.set(&k.streamsOnly, yes) }

// Frozen makes streams swallow whatever is asked over them, and stand.
func (k *Kite) Frozen(yes bool) { k.set(&k.frozen, yes) }

// OldLinks makes login links be those of before July 2026, which open Kite's own
// page at once.
func (k *Kite) OldLinks(yes bool) { k.set(&k.oldLinks, yes) }

// LinkText makes login answer with a text in the place of a link; "" for a link again.
func (k *Kite) LinkText(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.linkText = text
}

// Streamless makes sessions be born on /mcp, without a stream.
func (k *Kite) Streamless(yes bool) { k.set(&k.streamless, yes) }

// Everybody makes the nth session be logged in as the Kite user ZZn as soon as it
// has a link: nobody's browser is needed.
func (k *Kite) Everybody() { k.set(&k.everybody, true) }

func (k *Kite) set(flag *bool, yes bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	*flag = yes
}

// Slow makes everything take so long, answers and failures, as far as the caller
// waits for it.
func (k *Kite) Slow(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.slow = d
}

// Hang makes Kite take so long behind its MCP server, which answers as ever what it
// knows without Kite: new sessions and login links.
func (k *Kite) Hang(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hang = d
}

// Garble makes the next n answers arrive as something that is none.
func (k *Kite) Garble(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.garbled = n
}

// DropStreams cuts every stream.
func (k *Kite) DropStreams() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		f.drop()
	}
}

// Restart forgets every session.
func (k *Kite) Restart() {
	k.DropStreams()
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.sessions)
}

// Expire terminates every session and leaves the streams standing, as the end
// of a session's twelve hours does.
func (k *Kite) Expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		f.over, f.user = true, ""
	}
}
