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
// does. A retry is useless: the process should stop and say so.
var ErrUnauthorized = errors.New("telegram does not accept the bot token")

// kind is what a failed call means to us.
type kind int

const (
	unsent       kind = iota // the request was not sent: no connection
	lost                     // the request was sent, and its result is unknown
	rateLimited              // 429: wait for retryAfter
	conflicting              // 409: another poller, or a webhook
	unauthorized             // 401, 404: the token is not known
	gone                     // the person blocked the bot, or the chat does not exist any more
	missing                  // the message to edit or delete is not there, or of a kind that cannot be edited so
	undeletable              // the message cannot be deleted: it is too old, or not ours
	unchanged                // the edit would change nothing
	expired                  // the callback query is too old to be answered
	refused                  // the request is wrong: our bug
	unreadable               // it was done, but the answer cannot be read
)

// apiError is a failed Bot API call. Its text is written by this program: the
// words of Telegram and the network may quote the request or the token.
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

// apiErrorOf unwraps the apiError of a library call. Any other error arises after
// Telegram said ok, so the kind is unreadable. Its text is dropped since the
// library quotes answers.
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

// apiError classifies a refusal.
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

// maxRetryAfter bounds what Telegram may ask for: a larger number is nonsense.
// The least is one second, so that nothing spins.
const maxRetryAfter = 24 * time.Hour

func retryAfter(seconds int) time.Duration {
	return time.Duration(min(max(seconds, 1), int(maxRetryAfter/time.Second))) * time.Second
}

// defaultRetryAfter is the wait after a 429 that names no time.
const defaultRetryAfter = 5

// proxy429 is a 429 from a proxy that did not pass the call on. Its Retry-After
// header may hold seconds, or a date, which is ignored.
func proxy429(method string, h http.Header) *apiError {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		seconds = defaultRetryAfter
	}
	return &apiError{kind: rateLimited, method: method, code: http.StatusTooManyRequests, text: notTheAPI, retryAfter: retryAfter(seconds)}
}

// notTheAPI says that an answer came from a proxy and not from the Bot API.
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

// kindOfText tells apart the refusals with code 400, which differ in their words
// only. No other code depends on Telegram's wording.
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
		return expired
	case has("message can't be deleted", "message_delete_forbidden"):
		return undeletable
	case has("message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid", "message_author_required",
		"no text in the message", "no caption in the message", "no media in the message"): // of a kind that cannot become the other
		return missing
	case has("chat not found", "user not found", "deactivated", "user_is_blocked", "peer_id_invalid", "chat_write_forbidden", "bot was kicked", "rights to send"):
		return gone
	}
	return refused
}

const (
	maxWord        = 24
	maxDescription = 200
)

// clean removes from a description what may come from the request: links (the URL
// of a bad button is quoted in full), quoted text, and words long enough to be
// an id or a key. Telegram's own upper-case codes stay.
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

// short cuts a text from outside to the length of a log line.
func short(text string) string {
	if utf8.RuneCountInString(text) > maxDescription {
		text = string([]rune(text)[:maxDescription]) + "…"
	}
	return text
}

func shortWord(word string) string {
	code := strings.IndexFunc(word, func(r rune) bool { return r != '_' && r != ':' && (r < 'A' || r > 'Z') }) < 0
	if strings.Contains(word, "://") || len(word) > maxWord && !code {
		return "[…]"
	}
	return word
}

// knownWords are the parts of Telegram's descriptions that say why it refuses a
// call, the more exact ones first. Errors and logs quote nothing else of what
// comes from outside, which may hold a message, a link or the token. The one
// exception is why Telegram cannot deliver to a webhook, see clean.
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

// outcomeOK is the outcome of a call that was done.
const outcomeOK = "ok"

// Outcomes lists what a call can come to.
func Outcomes() []string {
	all := []string{outcomeOK}
	for k := unsent; k < unreadable; k++ { // an answer is decoded after it was measured
		all = append(all, k.String())
	}
	return all
}

var kindNames = [...]string{
	unsent: "unsent", lost: "lost", rateLimited: "limited", conflicting: "conflict", unauthorized: "unauthorized", gone: "gone",
	missing: "missing", undeletable: "stays", unchanged: "unchanged", expired: "late", refused: "refused", unreadable: "unreadable",
}

func (k kind) String() string { return kindNames[k] }
