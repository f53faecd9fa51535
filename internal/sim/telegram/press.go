package telegram

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"
)

// queryLife is how long a callback query can be answered. Telegram's own window is not published.
const queryLife = 60 * time.Second

// CallbackQuery is one press of an inline button: a callback query and its answer.
type CallbackQuery struct {
	ID        string
	UpdateID  int64
	MessageID int64
	Data      string

	s          *Server
	chat       int64
	from       int64
	at         time.Time
	done       chan struct{}
	answerText string
	rev        int64
	answered   bool
}

// Press presses an inline button of a message in the private chat. It is an error if the message has no button with
// that callback data, a true client could not do it.
func (p *User) Press(messageID int64, data string) (*CallbackQuery, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	ch := p.chat()
	m := ch.find(messageID)
	if m == nil {
		return nil, fmt.Errorf("press %q: message %d is not in the chat; the chat:\n%s", data, messageID, Transcript(ch.snapshot()))
	}
	for _, b := range m.Buttons() {
		if b.Data == data && data != "" {
			return p.s.queueCallback(p, messageID, data), nil
		}
	}
	return nil, fmt.Errorf("press %q: message %d has no such button: %s", data, messageID, m)
}

// PressForged sends the callback query of a client that lies: the message may be missing, belong to another
// keyboard or have lost the button long ago.
func (p *User) PressForged(messageID int64, data string) *CallbackQuery {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.queueCallback(p, messageID, data)
}

// queueCallback queues the callback query. The caller holds the lock.
func (s *Server) queueCallback(from *User, messageID int64, data string) *CallbackQuery {
	ch := from.chat()
	s.nextQuery++
	p := &CallbackQuery{
		ID: strconv.FormatInt(from.ID<<24+s.nextQuery, 10), MessageID: messageID, Data: data,
		s: s, chat: ch.ID, from: from.ID, at: s.opts.Now(), done: make(chan struct{}),
	}
	q := &wireQuery{ID: p.ID, From: from.wire(), Data: data, ChatInstance: chatInstance(ch.ID)}
	if m := ch.find(messageID); m != nil {
		q.Message = s.wire(ch, m)
	} else {
		// What Telegram sends for a message that it no longer shows: MaybeInaccessibleMessage with date 0.
		q.Message = &wireMessage{MessageID: messageID, Chat: ch.wireChat}
	}
	s.queries[p.ID] = p
	s.notify()
	p.rev = s.rev
	p.UpdateID = s.queue("callback_query", &wireUpdate{CallbackQuery: q})
	return p
}

// chatInstance is an opaque number that stays the same for a chat.
func chatInstance(id int64) string {
	h := fnv.New64a()
	h.Write(strconv.AppendInt(nil, id, 10))
	return strconv.FormatInt(int64(h.Sum64()), 10)
}

// Answered is closed when the bot has answered the query and the spinner on the button ends.
func (p *CallbackQuery) Answered() <-chan struct{} { return p.done }

// AnswerText returns the text of the answer: empty before there is one, and for an answer without a text.
func (p *CallbackQuery) AnswerText() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.answerText
}

// answerCallbackQuery ends the spinner, with or without a toast.
func answerCallbackQuery(s *Server, c *call) (any, *apiError) {
	if units(c.params["text"]) > 200 {
		s.violation("answerCallbackQuery: text of %d characters, 200 are allowed", units(c.params["text"]))
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	stale := badRequest("query is too old and response timeout expired or query ID is invalid")
	p := s.queries[c.params["callback_query_id"]]
	switch {
	case p == nil:
		s.violation("answerCallbackQuery: there was no query %q", c.params["callback_query_id"])
		return nil, stale
	case p.answered:
		s.violation("answerCallbackQuery: query %s (%q) answered twice", p.ID, p.Data)
		return nil, stale
	case c.now.Sub(p.at) > queryLife:
		return nil, stale
	}
	p.answered, p.answerText = true, c.params["text"]
	close(p.done)
	s.notify()
	p.rev = s.rev
	return true, nil
}
