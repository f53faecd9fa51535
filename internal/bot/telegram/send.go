package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"kitebot/internal/bot"
	"kitebot/internal/bot/view"
)

// maxToast is what answerCallbackQuery takes, in characters.
const maxToast = 200

var (
	_ bot.Messenger    = (*Client)(nil)
	_ bot.Acknowledger = (*Client)(nil)
)

// Send posts a message and returns its id: a text, a picture or a file with the
// text as its caption, or native tables; where Telegram takes no native tables
// the text goes instead. It waits for earlier messages to this chat and for
// every retry_after, until ctx ends. If the answer to it was lost it is sent
// once more, so that it may appear twice. Errors are *bot.DeliveryError.
func (c *Client) Send(ctx context.Context, chat int64, m view.Message) (int, error) {
	return c.people().Send(ctx, chat, m)
}

// Edit replaces an earlier message and its buttons; without buttons the old
// ones go. Whether a message is protected is decided when it is sent and stays.
// A picture may take the place of anything, but Telegram never puts a text in
// the place of a picture or a file, and a file is always sent anew since people
// keep files: both are [bot.DeliveryNoMessage]. An unchanged message is no
// error. Errors are *bot.DeliveryError.
func (c *Client) Edit(ctx context.Context, chat int64, message int, m view.Message) error {
	return c.people().Edit(ctx, chat, message, m)
}

// Delete deletes a message in a private chat: the bot's own, or the user's. It waits
// for earlier messages to this chat and for every retry_after, as [Client.Send]
// does, and is retried where its result is unknown. A message that is gone already
// is no error; one that Telegram does not delete is [bot.DeliveryRefused]. Errors
// are *bot.DeliveryError.
func (c *Client) Delete(ctx context.Context, chat int64, message int) error {
	return c.people().Delete(ctx, chat, message)
}

// Typing shows that an answer is on its way. It makes one attempt, and none while
// a message to this chat is in flight or blocked, or if others would have to
// wait for it.
func (c *Client) Typing(ctx context.Context, chat int64) error {
	done, ok := c.limits.try(chat)
	if !ok {
		return nil
	}
	defer done()
	_, err := c.api.SendChatAction(ctx, &tg.SendChatActionParams{ChatID: chat, Action: models.ChatActionTyping})
	if err == nil {
		return nil
	}
	f := apiErrorOf("sendChatAction", err)
	if f.kind == rateLimited {
		c.obey429(ctx, c.limits.people, chat, f)
	}
	return deliveryError(f)
}

// Acknowledge answers a callback query, with a short text or "". Callback queries
// have a queue of their own, and a 429 there blocks that queue only, for a minute
// at most. A query too old to be answered is no error; other errors are
// *bot.DeliveryError.
func (c *Client) Acknowledge(ctx context.Context, press, text string) error {
	err := c.retry(ctx, c.limits.callbacks, callbacks, apiCall{method: "answerCallbackQuery", idempotent: true, do: func(ctx context.Context) error {
		_, err := c.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{
			CallbackQueryID: press,
			Text:            cut(text, maxToast),
		})
		return err
	}})
	if isKind(err, expired) || isKind(err, unreadable) {
		return nil
	}
	return deliveryError(err)
}

// Unauthorized sends to groups and to people who are not let in, without a delay for
// people who are. Its calls go out one at a time, at a rate of their own, and only
// while no call for a person who is let in waits. A 429 there blocks unauthorized people
// only; one for all chats blocks them too. The promises of [Client.Send],
// [Client.Edit] and [Client.Delete] hold.
func (c *Client) Unauthorized() bot.Messenger { return messenger{c, c.limits.unauthorized} }

// messenger sends through one of the queues.
type messenger struct {
	*Client
	queue *queue
}

func (c *Client) people() messenger { return messenger{c, c.limits.people} }

func (m messenger) Send(ctx context.Context, chat int64, message view.Message) (int, error) {
	p, err := m.ready(ctx, chat, message)
	if err != nil {
		return 0, m.invalid(ctx, err)
	}
	id := 0
	err = m.inOrder(ctx, m.queue, chat, m.sending(p, &id))
	return id, err
}

func (m messenger) Edit(ctx context.Context, chat int64, id int, message view.Message) error {
	p, err := m.ready(ctx, chat, message)
	if err != nil {
		return m.invalid(ctx, err)
	}
	if message.File != nil {
		return &bot.DeliveryError{Cause: bot.DeliveryNoMessage, Err: errors.New("a file takes no message's place")}
	}
	err = m.inOrder(ctx, m.queue, chat, m.editing(p, id))
	if isKind(err, unchanged) || isKind(err, unreadable) { // the latter was done, only its answer is strange
		return nil
	}
	return err
}

func (m messenger) Delete(ctx context.Context, chat int64, id int) error {
	err := m.inOrder(ctx, m.queue, chat, apiCall{method: "deleteMessage", idempotent: true, do: func(ctx context.Context) error {
		_, err := m.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chat, MessageID: id})
		return err
	}})
	if isKind(err, missing) || isKind(err, unreadable) { // as above
		return nil
	}
	return err
}

// invalid reports a message that Telegram would refuse: a bug here.
func (c *Client) invalid(ctx context.Context, err error) error {
	c.log.ErrorContext(ctx, "a message is invalid", "effect", "its person does not get it", "action", "report it: it is a bug", "error", err)
	return &bot.DeliveryError{Cause: bot.DeliveryRefused, Err: err}
}

const (
	// maxAttempts bounds the attempts of a call that gets no answer. A 429 does not count.
	maxAttempts = 5
	// maxResends bounds how often a message is sent again whose result is unknown.
	maxResends = 1
)

// inOrder makes a call in a chat, after the earlier calls there.
func (c *Client) inOrder(ctx context.Context, q *queue, chat int64, k apiCall) error {
	leave, err := c.limits.lockChat(ctx, chat)
	if err != nil {
		return deliveryError(fmt.Errorf("%s: wait for the messages before it: %w", k.method, err))
	}
	defer leave()
	err = c.retry(ctx, q, chat, k)
	if k.plain != nil && tablesRefused(err) {
		err = c.sendAsText(ctx, q, chat, *k.plain, err)
	}
	f, ok := errors.AsType[*apiError](err)
	if ok && f.kind == refused {
		c.log.ErrorContext(ctx, "telegram refuses a message", "effect", "its person does not get it", "action", "report it: it is a bug", "error", f)
	}
	if ok && f.kind == lost && f.code == 0 && !k.idempotent { // a gateway's error page would be an answer
		return &bot.DeliveryError{Cause: bot.DeliveryDoubtful, Err: err}
	}
	return deliveryError(err)
}

// retry makes a call until it is done or another attempt is useless:
//
//   - a 429 is waited out, as often as it comes, until ctx ends; [rateLimiter.block] says
//     what else waits for it;
//   - a call that was not sent is made again a few times;
//   - a call whose result is unknown is made again a few times if it is
//     idempotent, else once: a message may then appear twice, but none is missing.
func (c *Client) retry(ctx context.Context, q *queue, chat int64, k apiCall) error {
	back := backoff{}
	for doubts := 0; ; {
		f, err := c.attempt(ctx, q, chat, k)
		switch {
		case err != nil:
			return fmt.Errorf("%s: wait for telegram: %w", k.method, err)
		case f == nil:
			return nil
		}
		switch f.kind {
		case rateLimited:
			continue
		case unsent:
		case lost:
			if doubts++; doubts > maxResends && !k.idempotent {
				return f
			}
		default:
			return f
		}
		if back.attempts+1 >= maxAttempts || ctx.Err() != nil {
			return f
		}
		if err := wait(ctx, back.next()); err != nil {
			return f
		}
	}
}

// attempt makes a call once, when it may go out. An error is ctx's, before that.
func (c *Client) attempt(ctx context.Context, q *queue, chat int64, k apiCall) (f *apiError, err error) {
	done, err := c.limits.admit(ctx, q, chat)
	if err != nil {
		return nil, err
	}
	passed := false
	defer func() { done(passed) }()
	if err := k.do(ctx); err != nil {
		f = apiErrorOf(k.method, err)
	}
	switch {
	case f == nil:
		passed = true
	case f.kind == rateLimited:
		c.obey429(ctx, q, chat, f)
	default:
		passed = f.kind != lost && f.kind != unsent // these say nothing about a limit
	}
	return f, nil
}

// longRetryAfter is the least retry_after that an operator should know of.
const longRetryAfter = time.Minute

// obey429 blocks what a 429 is about. The log does not name the chat.
func (c *Client) obey429(ctx context.Context, q *queue, chat int64, f *apiError) {
	switch all := c.limits.block(q, chat, f.retryAfter); {
	case all:
		c.log.WarnContext(ctx, "telegram limits all messages", "effect", "each waits", "method", f.method, "for", f.retryAfter)
	case f.retryAfter >= longRetryAfter:
		c.log.WarnContext(ctx, "telegram limits one chat or queue for long", "effect", "messages there wait", "method", f.method, "for", f.retryAfter)
	}
}

// deliveryError converts an error to a *bot.DeliveryError.
func deliveryError(err error) error {
	if err == nil {
		return nil
	}
	cause := bot.DeliveryFailed
	if f, ok := errors.AsType[*apiError](err); ok {
		switch f.kind {
		case gone:
			cause = bot.DeliveryGone
		case missing:
			cause = bot.DeliveryNoMessage
		case refused, undeletable, unreadable: // the last was shown: to send it again would only double it
			cause = bot.DeliveryRefused
		}
	}
	return &bot.DeliveryError{Cause: cause, Err: err}
}

// isKind says that err is an apiError of that kind.
func isKind(err error, k kind) bool {
	f, ok := errors.AsType[*apiError](err)
	return ok && f.kind == k
}

// sendAsText makes the call that replaces a refused one. If it succeeds, the tables
// were the reason.
func (c *Client) sendAsText(ctx context.Context, q *queue, chat int64, k apiCall, reason error) error {
	err := c.retry(ctx, q, chat, k)
	switch {
	case err != nil && !isKind(err, unchanged):
	case !tablesUnknown(reason):
		c.log.WarnContext(ctx, "telegram refuses a message with native tables", "effect", "it goes as text", "error", reason)
	case c.tables.unsupported():
		c.log.WarnContext(ctx, "telegram takes no native tables", "effect", "they go as text for a while", "for", tablesBackoff, "error", reason)
	}
	return err
}
