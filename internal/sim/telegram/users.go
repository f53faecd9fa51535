package telegram

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// User returns the user with this id, and adds it if there is none. The bot may write to it only after its first
// message.
func (s *Server) User(id int64, firstName string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(id, firstName)
}

// Users returns all users in the order they appeared.
func (s *Server) Users() []*User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*User
	for _, id := range s.userIDs {
		all = append(all, s.users[id])
	}
	return all
}

// Send sends the bot a text message and returns its update id. White space at the ends is cut off, as every client
// does, and a text that is empty then is not sent: the id is 0. This also unblocks the bot.
func (p *User) Send(text string) (updateID int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	text = strings.TrimSpace(text)
	ch := p.chat()
	if text == "" {
		return 0
	}
	p.setBlocked(false)
	ch.known = true
	m := p.s.addMessage(ch, &Message{From: p.ID, Sender: p.FirstName, Text: text, Entities: findCommands(text, nil)})
	return p.s.queue("message", &wireUpdate{Message: p.s.wire(ch, m)})
}

// Chat returns the private chat as it is now, oldest first, with edits and deletions applied.
func (p *User) Chat() []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.chat().snapshot()
}

// Last returns the newest message of the private chat, the zero Message if there is none.
func (p *User) Last() Message {
	if all := p.Chat(); len(all) > 0 {
		return all[len(all)-1]
	}
	return Message{}
}

// Wait blocks until the private chat satisfies what. When ctx ends first, or the server is closed, the error shows the
// chat as it was then.
func (p *User) Wait(ctx context.Context, what func([]Message) bool) error {
	var seen []Message
	err := p.s.wait(ctx, func() bool {
		seen = p.chat().snapshot()
		return what(seen)
	})
	if err != nil {
		return fmt.Errorf("wait in the chat of %s: %w; the chat:\n%s", p.FirstName, err, Transcript(seen))
	}
	return nil
}

// Commands returns the command menu that this person sees in the private chat.
func (p *User) Commands() []Command {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return append([]Command(nil), p.s.menu()...)
}

// Block makes every message to this user fail with 403 and sends the bot a my_chat_member update.
func (p *User) Block() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.setBlocked(true)
}

// Unblock undoes [User.Block].
func (p *User) Unblock() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.setBlocked(false)
}

func (p *User) setBlocked(blocked bool) {
	ch := p.chat()
	if ch.blocked == blocked {
		return
	}
	ch.blocked = blocked
	p.s.notify()
	ch.headerRev = p.s.rev
	member, kicked := wireMember{User: p.s.bot, Status: "member"}, wireMember{User: p.s.bot, Status: "kicked", UntilDate: new(int64)}
	change := &wireMemberChg{Chat: ch.wireChat, From: p.wire(), Date: p.s.opts.Now().Unix(), Old: kicked, New: member}
	if blocked {
		change.Old, change.New = member, kicked
	}
	p.s.queue("my_chat_member", &wireUpdate{MyChatMember: change})
}

// Delete takes a message off the private chat for both sides, as a person can with any message there. Telegram tells
// the bot nothing of it: its next edit finds no message.
func (p *User) Delete(messageID int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.remove(p.chat(), messageID)
}

// ForgetChat makes the private chat unknown to the bot, as if the user had never written there: "chat not found". The
// person's next message brings it back.
func (p *User) ForgetChat() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.chat().known = false
}

// queryLife is how long a callback query can be answered. Telegram's own window is not published.
const queryLife = 60 * time.Second

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

// PressForged sends the callback query of a client that lies: the message may be missing, belong to another keyboard or
// have lost the button long ago.
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

// Group is a group that the bot is a member of, with privacy mode on: it sees commands meant for it, messages that
// mention it, and nothing else.
type Group struct {
	ID    int64
	Title string

	s *Server
}

// Group returns the supergroup with this id, and makes it if there is none. Ids of supergroups are negative.
func (s *Server) Group(id int64, title string) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chats[id] == nil {
		s.chats[id] = &chat{wireChat: wireChat{ID: id, Type: "supergroup", Title: title}, known: true}
	}
	return &Group{ID: id, Title: title, s: s}
}

// Send sends a text to the group. The update id is 0 if privacy mode keeps the message from the bot.
func (g *Group) Send(from *User, text string) (updateID int64) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	ch := g.s.chats[g.ID]
	m := g.s.addMessage(ch, &Message{From: from.ID, Sender: from.FirstName, Text: text, Entities: findCommands(text, nil)})
	if !g.s.concernsBot(m) {
		return 0
	}
	return g.s.queue("message", &wireUpdate{Message: g.s.wire(ch, m)})
}

// concernsBot is privacy mode: a command without an addressee or with the bot as addressee, or a mention of the bot.
func (s *Server) concernsBot(m *Message) bool {
	for _, e := range m.Entities {
		part := strings.ToLower(cutUnits(m.Text, e.Offset, e.Offset+e.Length))
		_, to, addressed := strings.Cut(part, "@")
		mine := to == strings.ToLower(s.bot.Username)
		if e.Type == "bot_command" && (mine || !addressed) || e.Type == "mention" && mine {
			return true
		}
	}
	return false
}

// Chat returns the group's messages as they are now.
func (g *Group) Chat() []Message {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return g.s.chats[g.ID].snapshot()
}
