package telegram

import (
	"slices"
	"strconv"
)

// method is one Bot API method: the parameters of Bot API 10.3 and what it does. run is called with the lock held;
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
	sending := sendingParams()
	editing := []string{"business_connection_id", "chat_id", "message_id", "inline_message_id", "reply_markup"}
	captioned := []string{"caption", "parse_mode", "caption_entities"}
	texting := []string{"text", "parse_mode", "entities", "link_preview_options"}
	webhook := []string{"url", "certificate", "ip_address", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token"}
	join := slices.Concat[[]string]
	return map[string]method{
		"getme":          {run: getMe},
		"getupdates":     {params: []string{"offset", "limit", "timeout", "allowed_updates"}, waits: getUpdates},
		"setwebhook":     {params: webhook, run: setWebhook},
		"deletewebhook":  {params: []string{"drop_pending_updates"}, run: deleteWebhook},
		"getwebhookinfo": {run: getWebhookInfo},
		"getchat":        {params: []string{"chat_id"}, run: getChat},

		"sendmessage":     {params: join(sending, texting), run: sendMessage, posts: true},
		"sendphoto":       {params: join(sending, captioned, []string{"photo", "show_caption_above_media", "has_spoiler"}), run: sendPhoto, posts: true},
		"senddocument":    {params: join(sending, captioned, []string{"document", "thumbnail", "disable_content_type_detection"}), run: sendDocument, posts: true},
		"sendrichmessage": {params: join(sending, []string{"rich_message"}), run: sendRichMessage, posts: true},
		"sendchataction":  {params: []string{"business_connection_id", "chat_id", "message_thread_id", "action"}, run: sendChatAction, shows: true},

		"editmessagetext":        {params: join(editing, texting, []string{"rich_message"}), run: editMessageText, posts: true},
		"editmessagecaption":     {params: join(editing, captioned, []string{"show_caption_above_media"}), run: editMessageCaption, posts: true},
		"editmessagemedia":       {params: join(editing, []string{"media"}), run: editMessageMedia, posts: true},
		"editmessagereplymarkup": {params: editing, run: editMessageReplyMarkup, posts: true},
		"deletemessage":          {params: []string{"chat_id", "message_id"}, run: deleteMessage},
		"deletemessages":         {params: []string{"chat_id", "message_ids"}, run: deleteMessages},
		"answercallbackquery":    {params: []string{"callback_query_id", "text", "show_alert", "url", "cache_time"}, run: answerCallbackQuery, shows: true},

		"setmycommands":         {params: []string{"commands", "scope", "language_code"}, run: setMyCommands},
		"getmycommands":         {params: []string{"scope", "language_code"}, run: getMyCommands},
		"deletemycommands":      {params: []string{"scope", "language_code"}, run: deleteMyCommands},
		"setmydescription":      {params: []string{"description", "language_code"}, run: setMyDescription},
		"getmydescription":      {params: []string{"language_code"}, run: getMyDescription},
		"setmyshortdescription": {params: []string{"short_description", "language_code"}, run: setMyShortDescription},
		"getmyshortdescription": {params: []string{"language_code"}, run: getMyShortDescription},
		"setchatmenubutton":     {params: []string{"chat_id", "menu_button"}, run: setChatMenuButton},
	}
}

// sendingParams are what all methods that send a message have in common.
func sendingParams() []string {
	return []string{
		"business_connection_id", "chat_id", "message_thread_id", "direct_messages_topic_id",
		"ephemeral_message_parameters", "disable_notification", "protect_content", "allow_paid_broadcast",
		"message_effect_id", "suggested_post_parameters", "reply_parameters", "reply_markup",
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
	switch {
	case err != nil || ch == nil || !ch.known:
		return nil, badRequest("chat not found")
	case ch.movedTo != 0:
		return nil, upgraded(ch.movedTo)
	}
	return ch, nil
}

// openChat is chat, for methods that the other side can refuse.
func (s *Server) openChat(c *call) (*chat, *apiError) {
	ch, err := s.chat(c)
	switch {
	case err != nil:
		return nil, err
	case ch.deactivated:
		return nil, &apiError{Code: 403, Description: "Forbidden: user is deactivated"}
	case ch.blocked:
		return nil, &apiError{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	}
	return ch, nil
}

func getChat(s *Server, c *call) (any, *apiError) {
	ch, err := s.chat(c)
	if err != nil {
		return nil, err
	}
	gifts := map[string]bool{"unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true, "premium_subscription": true, "gifts_from_channels": true}
	return wireFullChat{wireChat: ch.wireChat, MaxReactionCount: 11, AcceptedGiftTypes: gifts}, nil
}

// sendChatAction shows "typing…" and its like for five seconds, or until the bot's next message.
func sendChatAction(s *Server, c *call) (any, *apiError) {
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note",
	}
	if !slices.Contains(actions, c.params["action"]) {
		s.violate("sendChatAction: unknown action %q", c.params["action"])
		return nil, badRequest("wrong parameter action in request")
	}
	if err := s.refuseUnknown(c); err != nil {
		return nil, err
	}
	ch, err := s.openChat(c)
	if err != nil {
		return nil, err
	}
	ch.action, ch.until = c.params["action"], c.now.Add(shownFor)
	s.touch()
	ch.topRev = s.rev
	return true, nil
}

// refuseUnknown refuses parameters whose effect the simulator does not have, with Telegram's words where it has any
// for a value that names nothing.
func (s *Server) refuseUnknown(c *call) *apiError {
	words := map[string]string{
		"business_connection_id": "business connection not found", "message_thread_id": "message thread not found",
		"message_effect_id": "EFFECT_ID_INVALID", "inline_message_id": "MESSAGE_ID_INVALID",
	}
	for name, refusal := range words {
		if v := c.params[name]; v != "" && v != "0" {
			return badRequest("%s", refusal)
		}
	}
	if c.flag("allow_paid_broadcast") {
		return badRequest("FLOODSKIP_NOT_ALLOWED")
	}
	for _, name := range []string{"direct_messages_topic_id", "ephemeral_message_parameters", "suggested_post_parameters", "thumbnail", "certificate"} {
		if c.has(name) || c.files[name] != nil {
			s.violate("%s: the simulator does not implement %s", c.name, name)
			return badRequest("the simulator does not implement %s", name)
		}
	}
	return nil
}
