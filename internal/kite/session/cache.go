package session

import (
	"sync/atomic"
	"time"
)

const (
	// cacheFor is how long an answer can be handed out again: long enough to turn
	// pages and sort without asking Kite for what it just said.
	cacheFor = time.Minute
	// maxCached bounds the answers of all people together, in bytes. One that finds
	// no room is asked for again: that costs a question, while a morning rush must
	// not cost the memory of thousands of answers.
	maxCached = 8 << 20
)

// cache holds the answers to a person's questions for a moment.
type cache struct {
	total   *atomic.Int64           // bytes, in the caches of all people
	answers map[string]cachedAnswer // nil when there are none
}

// cachedAnswer is an answer that was proved to be the login's own.
type cachedAnswer struct {
	session ID
	text    string
	at      time.Time
}

// size is how many bytes an answer takes.
func (a cachedAnswer) size(key string) int64 { return int64(len(key) + len(a.text)) }

// put replaces the answer to a question, if there is room.
func (c *cache) put(key string, a cachedAnswer) {
	c.drop(key)
	if c.total.Add(a.size(key)) > maxCached {
		c.total.Add(-a.size(key))
		return
	}
	if c.answers == nil {
		c.answers = map[string]cachedAnswer{}
	}
	c.answers[key] = a
}

func (c *cache) drop(key string) {
	if a, ok := c.answers[key]; ok {
		c.total.Add(-a.size(key))
		delete(c.answers, key)
	}
}

// clear drops all answers.
func (c *cache) clear() { c.dropOlder(func(time.Time) bool { return true }) }

// dropOlder drops the answers of the moments that are old.
func (c *cache) dropOlder(old func(time.Time) bool) {
	for key, a := range c.answers {
		if old(a.at) {
			c.drop(key)
		}
	}
	if len(c.answers) == 0 {
		c.answers = nil
	}
}
