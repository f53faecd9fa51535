package telegram

import (
	"encoding/json"
	"strings"
)

// Lengths that Telegram allows, in UTF-16 code units after parsing; the last is in bytes before parsing.
const (
	maxText    = 4096
	maxCaption = 1024
	maxSource  = 32 << 10
)

// formatted reads a text parameter with its parse_mode or its entities.
func (s *Server) formatted(c *call, textParam, entitiesParam string) (string, []Entity, *apiError) {
	return s.format(c, c.params[textParam], c.params["parse_mode"], c.params[entitiesParam])
}

func (s *Server) format(c *call, source, mode, entitiesJSON string) (string, []Entity, *apiError) {
	if !validText(source) {
		s.violate("%s: text is not UTF-8", c.name)
		return "", nil, badRequest("strings must be encoded in UTF-8")
	}
	if len(source) > maxSource {
		s.violate("%s: text of %d bytes before parsing", c.name, len(source))
		return "", nil, badRequest("text is too long")
	}
	text, entities := source, []Entity(nil)
	var refused *apiError
	switch strings.ToLower(mode) {
	case "":
		entities, refused = s.givenEntities(c, source, entitiesJSON)
	case "html":
		var err error
		if text, entities, err = parseHTML(source); err != nil {
			s.violate("%s: broken HTML: %v", c.name, err)
			refused = badRequest("can't parse entities: %v", err)
		}
	case "markdown", "markdownv2":
		s.violate("%s: the simulator does not read %s", c.name, mode)
		refused = badRequest("the simulator does not implement parse_mode %s", mode)
	default:
		s.violate("%s: parse_mode %q", c.name, mode)
		refused = badRequest("unsupported parse_mode")
	}
	if refused != nil {
		return "", nil, refused
	}
	text, entities = normalize(text, entities)
	if len(entities) > maxEntities {
		s.violate("%s: %d entities, Telegram drops all over %d", c.name, len(entities), maxEntities)
		entities = entities[:maxEntities]
	}
	return text, entities, nil
}

// givenEntities checks entities that come ready-made beside the text.
func (s *Server) givenEntities(c *call, text, entitiesJSON string) ([]Entity, *apiError) {
	if entitiesJSON == "" {
		return nil, nil
	}
	var all []Entity
	if json.Unmarshal([]byte(entitiesJSON), &all) != nil {
		s.violate("%s: entities are no JSON array of MessageEntity", c.name)
		return nil, badRequest("can't parse entities JSON object")
	}
	end := units(text)
	for _, e := range all {
		var wrong *apiError
		switch {
		case rank(e.Type) == rank("?") && !foundByTelegram(e.Type):
			wrong = badRequest("can't parse MessageEntity: Unsupported type specified")
		case e.Offset < 0:
			wrong = badRequest("receive an entity with incorrect offset %d", e.Offset)
		case e.Offset > end:
			wrong = badRequest("entity begins after the end of the text at UTF-16 offset %d", e.Offset)
		case e.Offset+e.Length > end:
			wrong = badRequest("entity beginning at UTF-16 offset %d ends after the end of the text at UTF-16 offset %d", e.Offset, e.Offset+e.Length)
		case e.Type == "text_link" && checkURL(e.URL) != "":
			wrong = badRequest("entity URL '%s' is invalid: %s", e.URL, checkURL(e.URL))
		}
		if wrong != nil {
			s.violate("%s: %s", c.name, wrong.Description)
			return nil, wrong
		}
	}
	return all, nil
}

// foundByTelegram are the kinds that a bot may name but that Telegram looks for itself.
func foundByTelegram(kind string) bool {
	switch kind {
	case "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number":
		return true
	}
	return false
}

// messageText reads the text of sendMessage and editMessageText.
func (s *Server) messageText(c *call) (string, []Entity, *apiError) {
	if c.params["text"] == "" {
		s.violate("%s: empty text", c.name)
		return "", nil, badRequest("message text is empty")
	}
	text, entities, err := s.formatted(c, "text", "entities")
	switch {
	case err != nil:
		return "", nil, err
	case text == "":
		s.violate("%s: nothing but white space and tags", c.name)
		return "", nil, badRequest("text must be non-empty")
	case units(text) > maxText:
		s.violate("%s: text of %d characters, %d are allowed", c.name, units(text), maxText)
		return "", nil, badRequest("message is too long")
	}
	return text, entities, nil
}

// caption reads a caption, which may be empty.
func (s *Server) caption(c *call, source, mode, entitiesJSON string) (string, []Entity, *apiError) {
	text, entities, err := s.format(c, source, mode, entitiesJSON)
	if err == nil && units(text) > maxCaption {
		s.violate("%s: caption of %d characters, %d are allowed", c.name, units(text), maxCaption)
		return "", nil, badRequest("message caption is too long")
	}
	return text, entities, err
}

func sendMessage(s *Server, c *call) (any, *apiError) {
	text, entities, err := s.messageText(c)
	if err != nil {
		return nil, err
	}
	m := &Message{Text: text, Entities: entities}
	if err := s.object(c, "link_preview_options", &m.preview); err != nil {
		return nil, err
	}
	return s.post(c, m)
}

// post gives a message of the bot what all of them have in common and puts it into its chat.
func (s *Server) post(c *call, m *Message) (any, *apiError) {
	if err := s.refuseUnknown(c); err != nil {
		return nil, err
	}
	markup, err := s.replyMarkup(c)
	if err != nil {
		return nil, err
	}
	ch, err := s.openChat(c)
	if err != nil {
		return nil, err
	}
	if m.ReplyTo, err = s.replyTo(c, ch); err != nil {
		return nil, err
	}
	if err := s.takeToken(c, ch.ID); err != nil {
		return nil, err
	}
	m.From, m.FromBot, m.Sender = s.bot.ID, true, s.bot.FirstName
	m.Silent, m.Protected = c.flag("disable_notification"), c.flag("protect_content")
	m.Keyboard, m.board = markup.inline, markup.reply
	return s.wire(ch, s.put(ch, m)), nil
}

// replyParameters are ReplyParameters within the same chat.
type replyParameters struct {
	MessageID    int64           `json:"message_id"`
	ChatID       json.RawMessage `json:"chat_id"`
	AllowMissing bool            `json:"allow_sending_without_reply"`
}

func (s *Server) replyTo(c *call, ch *chat) (int64, *apiError) {
	var r replyParameters
	if err := s.object(c, "reply_parameters", &r); err != nil {
		return 0, err
	}
	if r.MessageID == 0 {
		return 0, nil
	}
	elsewhere := r.ChatID != nil && strings.Trim(string(r.ChatID), `"`) != c.params["chat_id"]
	if !elsewhere && ch.find(r.MessageID) != nil {
		return r.MessageID, nil
	}
	if r.AllowMissing {
		return 0, nil
	}
	return 0, badRequest("message to be replied not found")
}
