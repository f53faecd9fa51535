package telegram

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// What comes from outside is not passed on in its own words: they may quote a
// message, a link or the token. Errors and logs have the words of this file.

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

// breakage says what kind of trouble broke a connection.
func breakage(err error) string {
	number, isNumber := errors.AsType[syscall.Errno](err)
	_, noName := errors.AsType[*net.DNSError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	operation, isOperation := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "not in time"
	case noName:
		return "the host's name is not found"
	case isNumber:
		return number.Error()
	case unknown:
		return "the connection is not safe: its certificate is of an unknown authority"
	case otherName:
		return "the connection is not safe: its certificate is for another host"
	case unverified:
		return "the connection is not safe: its certificate is not valid"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was cut"
	case isOperation && operation.Op == "dial":
		return "no connection"
	}
	return "the connection is broken, or what came over it"
}
