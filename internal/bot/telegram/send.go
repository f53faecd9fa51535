package telegram

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

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
	return c.send(ctx, c.limits.people, chat, m)
}

func (c *Client) send(ctx context.Context, q *queue, chat int64, m view.Message) (int, error) {
	p, err := c.ready(ctx, chat, m)
	if err != nil {
		return 0, c.invalid(ctx, err)
	}
	id := 0
	err = c.inOrder(ctx, q, chat, c.sending(p, &id))
	return id, err
}

// Edit replaces an earlier message and its buttons; without buttons the old
// ones go. Whether a message is protected is decided when it is sent and stays.
// A picture may take the place of anything, but Telegram never puts a text in
// the place of a picture or a file, and a file is always sent anew since people
// keep files: both are [bot.DeliveryNoMessage]. An unchanged message is no
// error. Errors are *bot.DeliveryError.
func (c *Client) Edit(ctx context.Context, chat int64, message int, m view.Message) error {
	return c.edit(ctx, c.limits.people, chat, message, m)
}

func (c *Client) edit(ctx context.Context, q *queue, chat int64, message int, m view.Message) error {
	p, err := c.ready(ctx, chat, m)
	if err != nil {
		return c.invalid(ctx, err)
	}
	if m.File != nil {
		return &bot.DeliveryError{Cause: bot.DeliveryNoMessage, Err: errors.New("a file takes no message's place")}
	}
	err = c.inOrder(ctx, q, chat, c.editing(p, message))
	if isKind(err, unchanged) || isKind(err, unreadable) { // the latter was done, only its answer is strange
		return nil
	}
	return err
}

// Delete deletes a message in a private chat: the bot's own, or the user's. It waits
// for earlier messages to this chat and for every retry_after, as [Client.Send]
// does, and is retried where its result is unknown. A message that is gone already
// is no error; one that Telegram does not delete is [bot.DeliveryRefused]. Errors are *bot.DeliveryError.
func (c *Client) Delete(ctx context.Context, chat int64, message int) error {
	return c.delete(ctx, c.limits.people, chat, message)
}

func (c *Client) delete(ctx context.Context, q *queue, chat int64, message int) error {
	err := c.inOrder(ctx, q, chat, call{method: "deleteMessage", idempotent: true, do: func(ctx context.Context) error {
		_, err := c.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chat, MessageID: message})
		return err
	}})
	if isKind(err, missing) || isKind(err, unreadable) { // the latter was done, only its answer is strange
		return nil
	}
	return err
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
	err := c.retry(ctx, c.limits.callbacks, callbacks, call{method: "answerCallbackQuery", idempotent: true, do: func(ctx context.Context) error {
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

// invalid reports a message that Telegram would refuse: a bug of ours.
func (c *Client) invalid(ctx context.Context, err error) error {
	c.log.ErrorContext(ctx, "a message of ours cannot be sent: its person does not get it; a bug, please report it", "error", err)
	return &bot.DeliveryError{Cause: bot.DeliveryRefused, Err: err}
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
}

// cut shortens text to at most n characters.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// keyboard turns buttons into Telegram's. No button at all is a plain nil and
// not a nil pointer: the library would send the latter as "null", which
// Telegram refuses.
func keyboard(rows [][]view.Button) (models.ReplyMarkup, error) {
	var grid [][]models.InlineKeyboardButton
	for _, row := range rows {
		var line []models.InlineKeyboardButton
		for _, b := range row {
			button, err := button(b)
			if err != nil {
				return nil, err
			}
			line = append(line, button)
		}
		if line != nil {
			grid = append(grid, line)
		}
	}
	if grid == nil {
		return nil, nil
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: grid}, nil
}

// maxData is what a button may carry, in bytes.
const maxData = 64

func button(b view.Button) (models.InlineKeyboardButton, error) {
	out := models.InlineKeyboardButton{Text: b.Text, Style: string(b.Style), URL: b.URL, CallbackData: b.Data}
	if b.Copy != "" {
		out.CopyText = &models.CopyTextButton{Text: b.Copy} // only if wanted: an empty one is refused
	}
	actions := 0
	for _, action := range []string{b.URL, b.Data, b.Copy} {
		if action != "" {
			actions++
		}
	}
	switch {
	case b.Text == "":
		return out, fmt.Errorf("build a keyboard: a button has no text")
	case actions != 1:
		return out, fmt.Errorf("build a keyboard: a button has %d actions instead of one", actions)
	case len(b.Data) > maxData:
		return out, fmt.Errorf("build a keyboard: a button carries %d bytes, more than %d", len(b.Data), maxData)
	}
	return out, nil
}

// Outsiders sends to groups and to people who are not let in, without a delay for
// people who are. Its calls go out one at a time, at a rate of their own, and only
// while no call for a person who is let in waits. A 429 there blocks outsiders
// only; one for all chats blocks them too. The promises of [Client.Send],
// [Client.Edit] and [Client.Delete] hold.
func (c *Client) Outsiders() bot.Messenger { return &outsiderMessenger{c} }

type outsiderMessenger struct{ c *Client }

func (o *outsiderMessenger) Send(ctx context.Context, chat int64, m view.Message) (int, error) {
	return o.c.send(ctx, o.c.limits.outsiders, chat, m)
}

func (o *outsiderMessenger) Edit(ctx context.Context, chat int64, message int, m view.Message) error {
	return o.c.edit(ctx, o.c.limits.outsiders, chat, message, m)
}

func (o *outsiderMessenger) Delete(ctx context.Context, chat int64, message int) error {
	return o.c.delete(ctx, o.c.limits.outsiders, chat, message)
}
