package telegram

import (
	"bytes"
	"hash/fnv"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

func sendRichMessage(s *Server, c *call) (any, *apiError) {
	rich, err := s.richMessage(c)
	if err != nil {
		return nil, err
	}
	return s.post(c, &Message{Rich: rich})
}

// Sizes that Telegram takes.
const (
	maxPhotoBytes = 10 << 20
	maxFileBytes  = 50 << 20
	maxPhotoSides = 10000 // width and height together
	maxPhotoRatio = 20
)

func sendPhoto(s *Server, c *call) (any, *apiError) {
	file, err := s.photo(c, "photo")
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{Photo: file})
}

func sendDocument(s *Server, c *call) (any, *apiError) {
	file, err := s.document(c, "document")
	if err != nil {
		return nil, err
	}
	return s.postMedia(c, &Message{Document: file})
}

func (s *Server) postMedia(c *call, m *Message) (any, *apiError) {
	text, entities, err := s.caption(c, c.params["caption"], c.params["parse_mode"])
	if err != nil {
		return nil, err
	}
	m.Text, m.Entities = text, entities
	return s.post(c, m)
}

// photo takes an upload and measures it.
func (s *Server) photo(c *call, part string) (*File, *apiError) {
	f, err := s.upload(c, part)
	if err != nil {
		return nil, err
	}
	if len(f.Data) > maxPhotoBytes {
		s.violation("%s: photo of %d bytes", c.name, len(f.Data))
		return nil, badRequest("file is too big")
	}
	size, format, bad := image.DecodeConfig(bytes.NewReader(f.Data))
	if bad != nil {
		s.violation("%s: the photo is no image: %v", c.name, bad)
		return nil, badRequest("IMAGE_PROCESS_FAILED")
	}
	w, h := size.Width, size.Height
	if w+h > maxPhotoSides || w > maxPhotoRatio*h || h > maxPhotoRatio*w {
		s.violation("%s: photo of %d by %d pixels", c.name, w, h)
		return nil, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	f.Width, f.Height, f.MIME = w, h, "image/"+format
	return s.storeFile(f), nil
}

func (s *Server) document(c *call, part string) (*File, *apiError) {
	f, err := s.upload(c, part)
	if err != nil {
		return nil, err
	}
	if len(f.Data) > maxFileBytes {
		s.violation("%s: document of %d bytes", c.name, len(f.Data))
		return nil, &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	f.MIME = http.DetectContentType(f.Data)
	return s.storeFile(f), nil
}

// upload is the file that came as this part. Links and ids of files sent before are refused.
func (s *Server) upload(c *call, part string) (*File, *apiError) {
	f := c.files[part]
	switch {
	case f == nil:
		s.violation("%s: no upload %q", c.name, part)
		return nil, badRequest("there is no %s in the request", part)
	case len(f.Data) == 0:
		s.violation("%s: empty %s", c.name, part)
		return nil, badRequest("file must be non-empty")
	}
	fresh := *f
	return &fresh, nil
}

// storeFile gives an uploaded file an id made of its number and content.
func (s *Server) storeFile(f *File) *File {
	h := fnv.New64a()
	h.Write(f.Data)
	s.files++
	f.ID = "sim" + strconv.Itoa(s.files) + "-" + strconv.FormatUint(h.Sum64(), 36)
	return f
}

// shownFor is how long clients show a chat action.
const shownFor = 5 * time.Second

// sendChatAction shows "typing…" and its like for five seconds, or until the bot's next message.
func sendChatAction(s *Server, c *call) (any, *apiError) {
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note",
	}
	if !slices.Contains(actions, c.params["action"]) {
		s.violation("sendChatAction: unknown action %q", c.params["action"])
		return nil, badRequest("wrong parameter action in request")
	}
	ch, err := s.openChat(c)
	if err != nil {
		return nil, err
	}
	ch.action, ch.until = c.params["action"], c.now.Add(shownFor)
	s.notify()
	ch.headerRev = s.rev
	return true, nil
}
