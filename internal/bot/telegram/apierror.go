package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrUnauthorized means that Telegram does not know the token, or no longer
// does. Trying again is useless: the process should stop and say so.
var ErrUnauthorized = errors.New("telegram does not accept the bot token")

// kind is what a failed call means to us.
type kind int

const (
	unsent       kind = iota // it never left: no connection
	lost                     // it left, and whether it was done is unknown
	rateLimited              // 429: not before retryAfter has passed
	conflicting              // 409: another poller, or a webhook
	unauthorized             // 401, 404: the token is not known
	gone                     // the person blocked the bot, or the chat does not exist any more
	missing                  // the message to edit or delete is not there, or of a kind that cannot be edited so
	stays                    // the message to delete stays: it is too old, or not ours to delete
	unchanged                // the edit would change nothing
	late                     // the press is too old to be answered
	refused                  // this very request is wrong: our bug
	unreadable               // it was done, but the answer cannot be read
)

// apiError is a failed Bot API call. Its text is of this program's own words: what
// Telegram and the network say may quote the request or the token.
type apiError struct {
	kind       kind
	method     string
	code       int // error_code or HTTP status, 0 without an answer
	text       string
	retryAfter time.Duration // with rateLimited
	cause      error         // a clean error to unwrap, or nil
}

func (f *apiError) Error() string {
	switch {
	case f.code == 0:
		return f.method + ": " + f.text
	case f.kind == unauthorized:
		return fmt.Sprintf("%s: %v (%d)", f.method, ErrUnauthorized, f.code)
	}
	return fmt.Sprintf("%s: %d %s", f.method, f.code, f.text)
}

func (f *apiError) Unwrap() error {
	if f.kind == unauthorized {
		return ErrUnauthorized
	}
	return f.cause
}

// apiErrorOf finds the fault within what the library wrapped around it. Any other
// error arises after Telegram said ok, so it is unreadable; its own text is
// left out since the library quotes answers.
func apiErrorOf(method string, err error) *apiError {
	if f, ok := errors.AsType[*apiError](err); ok {
		return f
	}
	return &apiError{kind: unreadable, method: method, text: "the answer cannot be read"}
}

// refusal is the part of an answer that says no.
type refusal struct {
	OK          bool   `json:"ok"`
	Code        int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigratedTo int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// apiError gives a refusal its meaning.
func (r refusal) apiError(method string) *apiError {
	text := r.kind().String()
	if reason := reasonOf(r.Description); reason != "" {
		text += ": " + reason
	}
	return &apiError{
		kind:       r.kind(),
		method:     method,
		code:       r.Code,
		text:       text,
		retryAfter: retryAfter(r.Parameters.RetryAfter),
	}
}

// maxRetryAfter is what we believe at most: beyond it a number is nonsense,
// and one second is the least, so that nothing spins.
const maxRetryAfter = 24 * time.Hour

func retryAfter(seconds int) time.Duration {
	return time.Duration(min(max(seconds, 1), int(maxRetryAfter/time.Second))) * time.Second
}

// defaultRetryAfter is the wait after a 429 that names no time.
const defaultRetryAfter = 5

// proxy429 is a 429 from something before the Bot API, which did not pass the
// call on. It may name a time in a header: seconds, or a date, which we pass over.
func proxy429(method string, h http.Header) *apiError {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		seconds = defaultRetryAfter
	}
	return &apiError{kind: rateLimited, method: method, code: http.StatusTooManyRequests, text: notTheAPI, retryAfter: retryAfter(seconds)}
}

// notTheAPI says that an answer came from something before the Bot API.
const notTheAPI = "not an answer of the Bot API"

func (r refusal) kind() kind {
	switch {
	case r.Parameters.MigratedTo != 0: // a group that became a supergroup, with either of two codes
		return gone
	case r.Code == http.StatusUnauthorized, r.Code == http.StatusNotFound:
		return unauthorized
	case r.Code == http.StatusForbidden:
		return gone
	case r.Code == http.StatusConflict:
		return conflicting
	case r.Code == http.StatusTooManyRequests:
		return rateLimited
	case r.Code >= http.StatusInternalServerError:
		return lost
	}
	return kindOfText(strings.ToLower(r.Description))
}

// kindOfText tells the refusals apart that share code 400. Only their words
// differ, so this is the one place that knows Telegram's wording.
func kindOfText(text string) kind {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("message is not modified"):
		return unchanged
	case has("query is too old", "query id is invalid", "query_id_invalid"):
		return late
	case has("message can't be deleted", "message_delete_forbidden"):
		return stays
	case has("message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid", "message_author_required",
		"no text in the message", "no caption in the message", "no media in the message"): // of a kind that cannot become the other
		return missing
	case has("chat not found", "user not found", "deactivated", "user_is_blocked", "peer_id_invalid", "chat_write_forbidden", "bot was kicked", "rights to send"):
		return gone
	}
	return refused
}

const (
	longestWord        = 24
	longestDescription = 200
)

// clean drops from a description what may come from the request: links (a bad
// button's URL is quoted in full), quoted text, and words long enough to be an
// id or a key. Telegram's own upper-case codes stay.
func clean(description string) string {
	var kept []string
	quote := "" // the mark that ends the quotation we are in
	for word := range strings.FieldsSeq(description) {
		if quote == "" {
			if first := word[:1]; first == "'" || first == `"` {
				quote, word = first, word[1:]
				kept = append(kept, "[…]")
			} else {
				kept = append(kept, shortWord(word))
				continue
			}
		}
		if strings.HasSuffix(strings.TrimRight(word, ".,:;)"), quote) {
			quote = ""
		}
	}
	return short(strings.Join(kept, " "))
}

// short cuts a text that came from outside to what a log line can bear.
func short(text string) string {
	if utf8.RuneCountInString(text) > longestDescription {
		text = string([]rune(text)[:longestDescription]) + "…"
	}
	return text
}

func shortWord(word string) string {
	code := strings.IndexFunc(word, func(r rune) bool { return r != '_' && r != ':' && (r < 'A' || r > 'Z') }) < 0
	if strings.Contains(word, "://") || len(word) > longestWord && !code {
		return "[…]"
	}
	return word
}

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
