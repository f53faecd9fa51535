package telegram

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// pushedMessage is what the simulator needs to know of a hand-made message.
type pushedMessage struct {
	MessageID int64     `json:"message_id"`
	Chat      *wireChat `json:"chat"`
	From      *wireUser `json:"from"`
	Text      string    `json:"text"`
	Entities  []Entity  `json:"entities"`
}

// Push queues an update made by hand: a channel post, an edit, a forward, anything Telegram may send. The server
// gives it an update_id unless it has one (a repeated id is delivered as it is), and gives its message a
// message_id and a date unless it has them. The chat it comes from becomes known, and a message in it is shown like
// any other. It returns the update_id, 0 if the bot did not ask for such updates, and panics if the update is not a
// JSON object with exactly one known kind: that is a mistake in the test.
func (s *Server) Push(update json.RawMessage) (updateID int64) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(update, &fields); err != nil {
		panic(fmt.Sprintf("Push: not a JSON object: %v", err))
	}
	kind := pushedKind(fields)
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(kind, "message") || strings.HasSuffix(kind, "channel_post") {
		fields[kind] = s.adopt(fields[kind], strings.HasPrefix(kind, "edited"))
	}
	if !slices.Contains(s.intake.kinds, kind) {
		return 0
	}
	id := s.intake.next
	if raw, ok := fields["update_id"]; ok {
		if err := json.Unmarshal(raw, &id); err != nil {
			panic(fmt.Sprintf("Push: update_id: %v", err))
		}
	}
	fields["update_id"] = marshal(id)
	s.enqueue(queued{id: id, raw: marshal(fields)})
	return id
}

func pushedKind(fields map[string]json.RawMessage) string {
	var found []string
	for name := range fields {
		if slices.Contains(allKinds(), name) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		panic(fmt.Sprintf("Push: the update needs exactly one known kind, it has the fields %v", slices.Sorted(maps.Keys(fields))))
	}
	return found[0]
}

// adopt gives a hand-made message its place in the chat it names. The caller holds the lock.
func (s *Server) adopt(raw json.RawMessage, edit bool) json.RawMessage {
	var fields map[string]json.RawMessage
	var m pushedMessage
	if json.Unmarshal(raw, &fields) != nil || json.Unmarshal(raw, &m) != nil {
		panic(fmt.Sprintf("Push: not a message: %s", raw))
	}
	if m.Chat == nil {
		return raw
	}
	ch := s.pushedChat(m)
	if shown := ch.find(m.MessageID); shown != nil {
		if edit {
			shown.Text, shown.Entities, shown.Edited = m.Text, m.Entities, s.opts.Now()
			s.changedMessage(shown)
		}
	} else if !edit {
		shown = s.show(ch, m)
		fields["message_id"] = marshal(shown.ID)
	}
	if _, ok := fields["date"]; !ok {
		fields["date"] = marshal(s.opts.Now().Unix())
	}
	return marshal(fields)
}

// show puts a hand-made message into the chat, with the number it brings.
func (s *Server) show(ch *chat, m pushedMessage) *Message {
	out := &Message{Text: m.Text, Entities: m.Entities, Sender: ch.Title}
	if m.From != nil {
		out.From, out.Sender = m.From.ID, m.From.FirstName
	}
	if m.MessageID > ch.nextID {
		ch.nextID = m.MessageID - 1
	}
	s.put(ch, out)
	if m.MessageID > 0 {
		out.ID = m.MessageID
	}
	return out
}

func (s *Server) pushedChat(m pushedMessage) *chat {
	ch := s.chats[m.Chat.ID]
	switch {
	case ch != nil:
	case m.Chat.ID > 0:
		name := m.Chat.FirstName
		if name == "" && m.From != nil {
			name = m.From.FirstName
		}
		s.person(m.Chat.ID, name)
		ch = s.chats[m.Chat.ID]
	default:
		ch = &chat{wireChat: *m.Chat}
		s.chats[m.Chat.ID] = ch
	}
	ch.known = true
	return ch
}

// shownFor is how long clients show a chat action.
const shownFor = 5 * time.Second
