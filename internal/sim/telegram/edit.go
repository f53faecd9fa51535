package telegram

import (
	"bytes"
	"reflect"
	"strings"
	"time"
)

// edit applies change to a copy of the message that the call names, and stores the copy if it differs. Every edit
// replaces the keyboard: without reply_markup the message has none afterwards.
func (s *Server) edit(c *call, change func(*Message) *apiError) (any, *apiError) {
	rows, err := s.replyMarkup(c)
	if err != nil {
		return nil, err
	}
	ch, err := s.openChat(c)
	if err != nil {
		return nil, err
	}
	m, err := s.editable(c, ch)
	if err != nil {
		return nil, err
	}
	next := *m
	next.Keyboard = rows
	if err := change(&next); err != nil {
		return nil, err
	}
	if sameMessage(m, &next) {
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly " +
			"the same as a current content and reply markup of the message")
	}
	next.Edited = c.now
	*m = next
	s.changedMessage(m)
	return s.wire(ch, m), nil
}

// editable finds the message, which must be the bot's own.
func (s *Server) editable(c *call, ch *chat) (*Message, *apiError) {
	id, err := c.number("message_id")
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, badRequest("message identifier is not specified")
	}
	m := ch.find(id)
	if m == nil {
		return nil, badRequest("message to edit not found")
	}
	if !m.FromBot {
		return nil, badRequest("message can't be edited")
	}
	return m, nil
}

// sameMessage compares all that an edit can change.
func sameMessage(a, b *Message) bool {
	return a.Text == b.Text && reflect.DeepEqual(a.Entities, b.Entities) &&
		reflect.DeepEqual(a.Keyboard, b.Keyboard) && sameFile(a.Photo, b.Photo) && sameFile(a.Document, b.Document) &&
		bytes.Equal(a.Rich, b.Rich) && reflect.DeepEqual(a.preview, b.preview)
}

func sameFile(a, b *File) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID
}

func editMessageText(s *Server, c *call) (any, *apiError) {
	if c.has("rich_message") {
		rich, err := s.richMessage(c)
		if err != nil {
			return nil, err
		}
		return s.edit(c, func(m *Message) *apiError {
			if m.media() {
				return badRequest("there is no text in the message to edit")
			}
			m.Text, m.Entities, m.preview, m.Rich = "", nil, nil, rich
			return nil
		})
	}
	text, entities, err := s.messageText(c)
	if err != nil {
		return nil, err
	}
	var preview *linkPreview
	if err := s.object(c, "link_preview_options", &preview); err != nil {
		return nil, err
	}
	return s.edit(c, func(m *Message) *apiError {
		if m.media() {
			return badRequest("there is no text in the message to edit")
		}
		m.Text, m.Entities, m.preview, m.Rich = text, entities, preview, nil
		return nil
	})
}

// inputMedia is InputMediaPhoto or InputMediaDocument.
type inputMedia struct {
	Type      string `json:"type"`
	Media     string `json:"media"`
	Caption   string `json:"caption"`
	ParseMode string `json:"parse_mode"`
}

// editMessageMedia replaces the photo or the document, or turns a text into one.
func editMessageMedia(s *Server, c *call) (any, *apiError) {
	if !c.has("media") {
		return nil, badRequest("input media is not specified")
	}
	var in inputMedia
	if err := s.object(c, "media", &in); err != nil {
		return nil, badRequest("can't parse input media JSON object")
	}
	var next Message
	if err := s.readMedia(c, in, &next); err != nil {
		return nil, err
	}
	var err *apiError
	if next.Text, next.Entities, err = s.caption(c, in.Caption, in.ParseMode); err != nil {
		return nil, err
	}
	return s.edit(c, func(m *Message) *apiError {
		m.Photo, m.Document, m.Rich, m.preview = next.Photo, next.Document, nil, nil
		m.Text, m.Entities = next.Text, next.Entities
		return nil
	})
}

// readMedia finds the file of an input media, which is a part of this request.
func (s *Server) readMedia(c *call, in inputMedia, m *Message) (err *apiError) {
	part := strings.TrimPrefix(in.Media, "attach://")
	if c.files[part] == nil {
		s.violation("%s: nothing is attached as %q", c.name, part)
		return badRequest("file %q not found in the request", part)
	}
	switch in.Type {
	case "photo":
		m.Photo, err = s.photo(c, part)
	case "document":
		m.Document, err = s.document(c, part)
	default:
		s.violation("%s: the simulator does not know the media type %q", c.name, in.Type)
		err = badRequest("the simulator does not implement the media type %q", in.Type)
	}
	return err
}

// deletable is how old a message may be for deleteMessage.
const deletable = 48 * time.Hour

func deleteMessage(s *Server, c *call) (any, *apiError) {
	ch, err := s.chat(c)
	if err != nil {
		return nil, err
	}
	id, err := c.number("message_id")
	if err != nil {
		return nil, err
	}
	if err := s.mayDelete(ch, id, c.now); err != nil {
		return nil, err
	}
	s.remove(ch, id)
	return true, nil
}

func (s *Server) mayDelete(ch *chat, id int64, now time.Time) *apiError {
	m := ch.find(id)
	switch {
	case m == nil:
		return badRequest("message to delete not found")
	case now.Sub(m.Date) >= deletable:
		return badRequest("message can't be deleted for everyone")
	case !m.FromBot && !ch.private():
		return badRequest("message can't be deleted")
	}
	return nil
}
