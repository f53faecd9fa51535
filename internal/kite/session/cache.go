package session

import "time"

// cacheFor is how long an answer can be handed out again: long enough to turn
// pages and sort without asking Kite for what it just said.
const cacheFor = time.Minute

// cachedAnswer is an answer that was proved to be the login's own.
type cachedAnswer struct {
	session ID
	text    string
	at      time.Time
}

// cached finds an answer of the present login.
func (pr *person) cached(key string, maxAge time.Duration) (cachedAnswer, bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	k, ok := pr.answers[key]
	login := pr.rec.Login
	ok = ok && login != nil && login.Confirmed && login.Session == k.session && pr.pool.since(k.at) <= maxAge
	return k, ok
}

// maxCached bounds what is kept for all people together, in bytes. An answer that
// finds no room is asked for again: that costs a question, while a morning rush
// must not cost the memory of thousands of answers.
const maxCached = 8 << 20

// cacheAnswer keeps a session's answer for a minute or two and returns its time. Answers
// never outlive their login: cached compares, and update drops them.
func (pr *person) cacheAnswer(key, text string, session ID) time.Time {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	now := pr.pool.Now()
	if pr.rec.Login == nil || pr.rec.Login.Session != session {
		return now
	}
	pr.drop(key)
	k := cachedAnswer{session: session, text: text, at: now}
	if size := k.size(key); pr.pool.cachedBytes.Add(size) > maxCached {
		pr.pool.cachedBytes.Add(-size)
		return now
	}
	if pr.answers == nil {
		pr.answers = map[string]cachedAnswer{}
	}
	pr.answers[key] = k
	return now
}

// drop drops what is kept under a key, if anything is; mu is held.
func (pr *person) drop(key string) {
	if k, ok := pr.answers[key]; ok {
		pr.pool.cachedBytes.Add(-k.size(key))
		delete(pr.answers, key)
	}
}

// size is how many bytes a kept answer takes.
func (k cachedAnswer) size(key string) int64 { return int64(len(key) + len(k.text)) }

// forgetAnswers drops what is too old.
func (pr *person) forgetAnswers() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	for key, k := range pr.answers {
		if pr.pool.since(k.at) >= cacheFor {
			pr.drop(key)
		}
	}
	if len(pr.answers) == 0 {
		pr.answers = nil
	}
}
