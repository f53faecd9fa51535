package telegram

import (
	"strings"
)

// Group is a group that the bot is a member of, with privacy mode on: it sees commands meant for it, messages
// that mention it, and nothing else.
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
