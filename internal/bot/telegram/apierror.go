package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
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
	kind, words := r.meaning()
	text := kind.String()
	if words != "" {
		text += ": " + words
	}
	return &apiError{kind: kind, method: method, code: r.Code, text: text, retryAfter: retryAfter(r.Parameters.RetryAfter)}
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

// meaning returns what a refusal means to us, and the known part of its description.
func (r refusal) meaning() (k kind, words string) {
	k = refused
	description := strings.ToLower(r.Description)
	for _, known := range knownWords {
		if i := slices.IndexFunc(known.words, func(w string) bool { return strings.Contains(description, w) }); i >= 0 {
			k, words = known.kind, known.words[i]
			break
		}
	}
	switch {
	case r.Parameters.MigratedTo != 0: // a group that became a supergroup, with either of two codes
		k = gone
	case r.Code == http.StatusUnauthorized, r.Code == http.StatusNotFound:
		k = unauthorized
	case r.Code == http.StatusForbidden:
		k = gone
	case r.Code == http.StatusConflict:
		k = conflicting
	case r.Code == http.StatusTooManyRequests:
		k = rateLimited
	case r.Code >= http.StatusInternalServerError:
		k = lost
	}
	return k, words
}

// knownWords are the parts of Telegram's descriptions that say why it refuses a
// call, and what they mean with code 400. No other code depends on Telegram's
// wording. Errors and logs quote nothing else of what comes from outside, which may
// hold a message, a link or the token. The one exception is why Telegram cannot
// deliver to a webhook, see deliveryProblem.
var knownWords = []struct {
	kind  kind
	words []string
}{
	{refused, []string{ // first, since these may quote a message
		"can't parse entities", "message text is empty", "message is too long", "message caption is too long", "reply markup is too long",
		"text buttons are unallowed in the inline keyboard", "inline keyboard button url", "button_data_invalid", "button_url_invalid", "button_type_invalid",
		"button_copy_text_invalid", "message_too_long", "media_caption_too_long", "photo_invalid_dimensions", "photo_save_file_invalid", "image_process_failed",
		"file is too big", "file must be non-empty", "request entity too large", "rich_message_invalid",
		"terminated by other getupdates request", "terminated by setwebhook request", "webhook is active",
		"failed to resolve host", "ip address", "https url must be provided", "bad webhook", "bot_commands_too_much", "bot_command_invalid",
		"method not found", "internal server error", "too many requests", "unauthorized",
	}},
	{unchanged, []string{"message is not modified"}},
	{expired, []string{"query is too old", "query id is invalid", "query_id_invalid"}},
	{undeletable, []string{"message can't be deleted", "message_delete_forbidden"}},
	{missing, []string{
		"message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid", "message_author_required",
		"no text in the message", "no caption in the message", "no media in the message", // of a kind that cannot become the other
	}},
	{gone, []string{
		"bot was blocked by the user", "bot was kicked", "bot can't initiate conversation", "deactivated", "chat not found", "user not found",
		"user_is_blocked", "peer_id_invalid", "chat_write_forbidden", "rights to send", "group chat was upgraded",
	}},
}
