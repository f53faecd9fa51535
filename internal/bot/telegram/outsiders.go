package telegram

import (
	"context"

	"kitebot/internal/bot"
	"kitebot/internal/bot/view"
)

// Outsiders sends to groups and to people who are not let in, so that nothing
// they cause delays a person who is. Their calls go out one at a time, at a
// rate of their own, and only while no call for a person who is let in waits. A
// 429 there holds outsiders only; one for everyone holds them too. The promises
// of [Client.Send], [Client.Edit] and [Client.Delete] hold.
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
