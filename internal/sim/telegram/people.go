package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// User is somebody with a Telegram account. Their private chat with the bot has their own id.
type User struct {
	ID        int64
	FirstName string

	s *Server
}

// User returns the person with this id, and makes them up if there is nobody yet. The bot may write to them only
// after they have sent their first message.
func (s *Server) User(id int64, firstName string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(id, firstName)
}

func (s *Server) addUser(id int64, firstName string) *User {
	if p := s.users[id]; p != nil {
		return p
	}
	p := &User{ID: id, FirstName: firstName, s: s}
	s.users[id] = p
	s.userIDs = append(s.userIDs, id)
	s.chats[id] = &chat{wireChat: wireChat{ID: id, Type: "private", FirstName: firstName}}
	s.notify()
	return p
}

// Users returns everybody there is, in the order they appeared.
func (s *Server) Users() []*User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*User
	for _, id := range s.userIDs {
		all = append(all, s.users[id])
	}
	return all
}

func (p *User) wire() wireUser {
	return wireUser{ID: p.ID, FirstName: p.FirstName, LanguageCode: "en"}
}

// chat is the person's private chat. The caller holds the lock.
func (p *User) chat() *chat { return p.s.chats[p.ID] }

// Send sends the bot a text message and returns its update id. White space at the ends is cut off, as every client
// does, and a text that is empty then is not sent: the id is 0. Somebody who had blocked the bot unblocks it by this.
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
	m := p.s.addMessage(ch, &Message{From: p.ID, Sender: p.FirstName, Text: text, Entities: detect(text, nil)})
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

// Wait blocks until the private chat satisfies what. When ctx ends first, or the server is closed, the error shows
// the chat as it was then.
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

// Block makes every message to this person fail with 403 and tells the bot by a my_chat_member update.
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

// errClosed ends waits when the server is closed.
var errClosed = errors.New("the simulator was closed")

// wait blocks until ready, which is called with the lock held, says so.
func (s *Server) wait(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := ready(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return errClosed
		}
	}
}
