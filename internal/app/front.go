package app

import (
	"context"
	"fmt"
	"net"
	"sync"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/front"
	"kitebot/internal/ops"
)

// listen takes the address for deliveries and returning browsers, so that a bad
// one ends the start; nil where neither comes.
func (r *rooms) listen() (net.Listener, error) {
	addr, setting := r.FrontAddr()
	if addr == "" {
		return nil, nil
	}
	l, err := ops.Listen(addr)
	if err != nil {
		return nil, &SettingError{setting, fmt.Sprintf("cannot listen there: %v", err), exampleOf(setting)}
	}
	return l, nil
}

func exampleOf(setting string) string {
	if setting == "OAUTH_CALLBACK_URL" {
		return "http://127.0.0.1:8082/kite/callback"
	}
	return "127.0.0.1:8081"
}

// takeIn takes updates in, in one of the two ways there are, and browsers with
// them. Deliveries and browsers share the listener; nil where neither comes.
func (r *rooms) takeIn(ctx context.Context, client *telegram.Client, l net.Listener, handle func(bot.Update)) error {
	if l == nil {
		return client.Poll(ctx, r.file, handle)
	}
	hook := telegram.Hook{URL: r.WebhookURL, Secret: r.WebhookSecret, Listener: l}
	if r.CallbackURL == "" {
		return client.Webhook(ctx, hook, r.file, handle)
	}
	back, err := newCallback(r.CallbackURL, r.logins, r.Clock, r.Logger)
	if err != nil {
		return err
	}
	defer back.Close()
	if r.WebhookURL != "" {
		hook.Fallback = back
		return client.Webhook(ctx, hook, r.file, handle)
	}
	return r.poll(ctx, client, l, back, handle)
}

// poll asks for updates, and answers browsers meanwhile. Without these the bot
// works on: the address that a browser could not open can be pasted.
func (r *rooms) poll(ctx context.Context, client *telegram.Client, l net.Listener, back *callback, handle func(bot.Update)) error {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	serving.Go(func() {
		if err := front.Serve(ctx, l, back, r.Logger); err != nil {
			r.Logger.Error("browsers are no longer answered: people have to paste the address; restart the bot to have it back", "err", err)
		}
	})
	return client.Poll(ctx, r.file, handle)
}
