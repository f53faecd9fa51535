package telegram

import (
	"fmt"
	"slices"
	"strings"
)

// Group is a group that the bot is a member of, with privacy mode on: it sees commands meant for it, messages
// that mention it, and nothing else.
type Group struct {
	ID    int64
	Title string

	s *Server
}

// Group returns the supergroup with this id, and founds it if there is none. Ids of supergroups are negative.
func (s *Server) Group(id int64, title string, members ...*User) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addGroup("supergroup", id, title, members)
}

// BasicGroup is Group for a group of the small kind, which [Group.Upgrade] turns into a supergroup.
func (s *Server) BasicGroup(id int64, title string, members ...*User) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addGroup("group", id, title, members)
}

// addGroup finds or founds. The caller holds the lock.
func (s *Server) addGroup(kind string, id int64, title string, members []*User) *Group {
	ch := s.chats[id]
	if ch == nil {
		ch = &chat{wireChat: wireChat{ID: id, Type: kind, Title: title}, known: true}
		s.chats[id] = ch
	}
	for _, p := range members {
		if !slices.Contains(ch.members, p) {
			ch.members = append(ch.members, p)
		}
	}
	return &Group{ID: id, Title: ch.Title, s: s}
}

// Send sends a text to the group. The update id is 0 if privacy mode keeps the message from the bot, or the
// group has become another one.
func (g *Group) Send(from *User, text string) (updateID int64) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	ch := g.s.chats[g.ID]
	if ch.movedTo != 0 {
		return 0 // nobody can write where nobody is any more
	}
	m := g.s.addMessage(ch, &Message{From: from.ID, Sender: from.FirstName, Text: text, Entities: detect(text, nil)})
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

// Upgrade turns the group into a supergroup with another id, as its admins' settings do, and tells the bot by the two
// service messages. Its people go along; the old id is refused from then on, with the new one beside the refusal. It
// panics for a group that is no small one any more: that is a mistake in the test.
func (g *Group) Upgrade(id int64) *Group {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	old := g.s.chats[g.ID]
	if old.Type != "group" || old.movedTo != 0 || g.s.chats[id] != nil {
		panic(fmt.Sprintf("Upgrade: group %d cannot become %d", g.ID, id))
	}
	next := g.s.addGroup("supergroup", id, g.Title, old.members)
	old.movedTo = id
	g.s.announceMove(old, &Message{migrateTo: id})
	g.s.announceMove(g.s.chats[id], &Message{migrateFrom: g.ID})
	return next
}

// announceMove puts one of the two service messages into a chat. The caller holds the lock.
func (s *Server) announceMove(ch *chat, m *Message) {
	s.queue("message", &wireUpdate{Message: s.wire(ch, s.addMessage(ch, m))})
}

// upgraded refuses the old id of a group.
func upgraded(to int64) *apiError {
	e := badRequest("group chat was upgraded to a supergroup chat")
	e.MigrateTo = to
	return e
}
