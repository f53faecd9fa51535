package telegram

import (
	"slices"
	"strconv"
	"time"
)

// method is one Bot API method: the parameters that the simulator knows and what it does. run is called with the lock held;
// waits is called without it, for the one method that blocks.
type method struct {
	params []string
	run    func(*Server, *call) (any, *apiError)
	waits  func(*Server, *call) (any, *apiError)
	// posts marks methods that put something into a chat: the ones that flood control and retry_after are about.
	posts bool
	// shows marks the other methods that a person sees something of.
	shows bool
}

// methodTable lists what the simulator implements, by lower-case name: Telegram does not look at case.
func methodTable() map[string]method {
	sending := []string{"chat_id", "disable_notification", "protect_content", "reply_markup"}
	editing := []string{"chat_id", "message_id", "reply_markup"}
	captioned := []string{"caption", "parse_mode"}
	texting := []string{"text", "parse_mode", "link_preview_options"}
	webhook := []string{"url", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token"}
	join := slices.Concat[[]string]
	return map[string]method{
		"getme":          {run: getMe},
		"getupdates":     {params: []string{"offset", "limit", "timeout", "allowed_updates"}, waits: getUpdates},
		"setwebhook":     {params: webhook, run: setWebhook},
		"deletewebhook":  {params: []string{"drop_pending_updates"}, run: deleteWebhook},
		"getwebhookinfo": {run: getWebhookInfo},

		"sendmessage":     {params: join(sending, texting), run: sendMessage, posts: true},
		"sendphoto":       {params: join(sending, captioned, []string{"photo"}), run: sendPhoto, posts: true},
		"senddocument":    {params: join(sending, captioned, []string{"document"}), run: sendDocument, posts: true},
		"sendrichmessage": {params: join(sending, []string{"rich_message"}), run: sendRichMessage, posts: true},
		"sendchataction":  {params: []string{"chat_id", "action"}, run: sendChatAction, shows: true},

		"editmessagetext":     {params: join(editing, texting, []string{"rich_message"}), run: editMessageText, posts: true},
		"editmessagemedia":    {params: join(editing, []string{"media"}), run: editMessageMedia, posts: true},
		"deletemessage":       {params: []string{"chat_id", "message_id"}, run: deleteMessage},
		"answercallbackquery": {params: []string{"callback_query_id", "text"}, run: answerCallbackQuery, shows: true},

		"setmycommands":         {params: []string{"commands", "scope", "language_code"}, run: setMyCommands},
		"getmycommands":         {params: []string{"scope", "language_code"}, run: getMyCommands},
		"deletemycommands":      {params: []string{"scope", "language_code"}, run: deleteMyCommands},
		"setmydescription":      {params: []string{"description", "language_code"}, run: setMyDescription},
		"getmydescription":      {params: []string{"language_code"}, run: getMyDescription},
		"setmyshortdescription": {params: []string{"short_description", "language_code"}, run: setMyShortDescription},
		"getmyshortdescription": {params: []string{"language_code"}, run: getMyShortDescription},
	}
}

func getMe(s *Server, _ *call) (any, *apiError) {
	return wireMe{wireUser: s.bot, CanJoinGroups: true}, nil
}

// chat finds the chat that chat_id names and that the bot may write to.
func (s *Server) chat(c *call) (*chat, *apiError) {
	text := c.params["chat_id"]
	if text == "" {
		return nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	ch := s.chats[id]
	if err != nil || ch == nil || !ch.known {
		return nil, badRequest("chat not found")
	}
	return ch, nil
}

// openChat is chat, for methods that the other side can refuse.
func (s *Server) openChat(c *call) (*chat, *apiError) {
	ch, err := s.chat(c)
	switch {
	case err != nil:
		return nil, err
	case ch.blocked:
		return nil, &apiError{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	}
	return ch, nil
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
