package telegram

import "strings"

// What comes from outside is not passed on in its own words: they may quote a
// message, a link or the token. Errors and logs have the words of this file. Only
// why Telegram cannot deliver to a webhook is told in its words, see clean.

// knownWords are the parts of Telegram's descriptions that say why it refuses
// something, the more exact ones first.
var knownWords = []string{
	"can't parse entities", "message text is empty", "message is too long", "message caption is too long", "reply markup is too long",
	"text buttons are unallowed in the inline keyboard", "inline keyboard button url", "button_data_invalid", "button_url_invalid", "button_type_invalid",
	"button_copy_text_invalid", "message_too_long", "media_caption_too_long", "photo_invalid_dimensions", "photo_save_file_invalid", "image_process_failed",
	"file is too big", "file must be non-empty", "request entity too large", "rich_message_invalid",
	"message is not modified", "query is too old", "query id is invalid", "query_id_invalid",
	"message can't be deleted", "message_delete_forbidden", "message to edit not found", "message to delete not found", "message can't be edited",
	"message_id_invalid", "message_author_required", "no text in the message", "no caption in the message", "no media in the message",
	"bot was blocked by the user", "bot was kicked", "bot can't initiate conversation", "user is deactivated", "chat not found", "user not found",
	"user_is_blocked", "peer_id_invalid", "chat_write_forbidden", "rights to send", "group chat was upgraded",
	"terminated by other getupdates request", "terminated by setwebhook request", "webhook is active",
	"failed to resolve host", "ip address", "https url must be provided", "bad webhook", "bot_commands_too_much", "bot_command_invalid",
	"method not found", "internal server error", "too many requests", "unauthorized",
}

// reasonOf is the known part of a description, "" for none.
func reasonOf(description string) string {
	description = strings.ToLower(description)
	for _, words := range knownWords {
		if strings.Contains(description, words) {
			return words
		}
	}
	return ""
}
