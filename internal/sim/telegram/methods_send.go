package telegram

import "strings"

// Lengths that Telegram allows, in UTF-16 code units after parsing; the last is in bytes before parsing.
const (
	maxText    = 4096
	maxCaption = 1024
	maxSource  = 32 << 10
)

// format reads a text with its parse_mode.
func (s *Server) format(c *call, source, mode string) (string, []Entity, *apiError) {
	if !validText(source) {
		s.violation("%s: text is not UTF-8", c.name)
		return "", nil, badRequest("strings must be encoded in UTF-8")
	}
	if len(source) > maxSource {
		s.violation("%s: text of %d bytes before parsing", c.name, len(source))
		return "", nil, badRequest("text is too long")
	}
	text, entities := source, []Entity(nil)
	var refused *apiError
	switch strings.ToLower(mode) {
	case "":
	case "html":
		var err error
		if text, entities, err = parseHTML(source); err != nil {
			s.violation("%s: broken HTML: %v", c.name, err)
			refused = badRequest("can't parse entities: %v", err)
		}
	case "markdown", "markdownv2":
		s.violation("%s: the simulator does not read %s", c.name, mode)
		refused = badRequest("the simulator does not implement parse_mode %s", mode)
	default:
		s.violation("%s: parse_mode %q", c.name, mode)
		refused = badRequest("unsupported parse_mode")
	}
	if refused != nil {
		return "", nil, refused
	}
	text, entities = normalize(text, entities)
	if len(entities) > maxEntities {
		s.violation("%s: %d entities, Telegram drops all over %d", c.name, len(entities), maxEntities)
		entities = entities[:maxEntities]
	}
	return text, entities, nil
}

// messageText reads the text of sendMessage and editMessageText.
func (s *Server) messageText(c *call) (string, []Entity, *apiError) {
	if c.params["text"] == "" {
		s.violation("%s: empty text", c.name)
		return "", nil, badRequest("message text is empty")
	}
	text, entities, err := s.format(c, c.params["text"], c.params["parse_mode"])
	switch {
	case err != nil:
		return "", nil, err
	case text == "":
		s.violation("%s: nothing but white space and tags", c.name)
		return "", nil, badRequest("text must be non-empty")
	case units(text) > maxText:
		s.violation("%s: text of %d characters, %d are allowed", c.name, units(text), maxText)
		return "", nil, badRequest("message is too long")
	}
	return text, entities, nil
}

// caption reads a caption, which may be empty.
func (s *Server) caption(c *call, source, mode string) (string, []Entity, *apiError) {
	text, entities, err := s.format(c, source, mode)
	if err == nil && units(text) > maxCaption {
		s.violation("%s: caption of %d characters, %d are allowed", c.name, units(text), maxCaption)
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
	keyboard, err := s.replyMarkup(c)
	if err != nil {
		return nil, err
	}
	ch, err := s.openChat(c)
	if err != nil {
		return nil, err
	}
	m.From, m.FromBot, m.Sender = s.bot.ID, true, s.bot.FirstName
	m.Silent, m.Protected = c.flag("disable_notification"), c.flag("protect_content")
	m.Keyboard = keyboard
	return s.wire(ch, s.addMessage(ch, m)), nil
}
