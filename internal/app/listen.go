package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/front"
	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// listen takes the address for deliveries and returning browsers, so that a bad
// one ends the start; nil where neither comes.
func (r *instance) listen() (net.Listener, error) {
	addr, setting := r.FrontAddr()
	if addr == "" {
		return nil, nil
	}
	l, err := r.Listen(addr)
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
func (r *instance) takeIn(ctx context.Context, client *telegram.Client, l net.Listener, handle func(bot.Update)) error {
	if l == nil {
		return client.Poll(ctx, r.file, handle)
	}
	hook := telegram.Hook{URL: r.WebhookURL, Secret: r.WebhookSecret, Listener: l}
	if r.CallbackURL == "" {
		return client.Webhook(ctx, hook, r.file, handle)
	}
	back, err := newCallback(r.CallbackURL, r.logins, r.Logger)
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
func (r *instance) poll(ctx context.Context, client *telegram.Client, l net.Listener, back *callback, handle func(bot.Update)) error {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	serving.Go(func() {
		if err := front.Serve(ctx, l, back, r.Logger); err != nil {
			r.Logger.Error("the server of the login callback has stopped",
				"effect", "people have to paste the address of their browser", "action", "restart the bot", "err", err)
		}
	})
	return client.Poll(ctx, r.file, handle)
}

// checkAlone returns [store.ErrLocked] when another process listens on the control
// socket of a store. The file's lock says the same, but not on a file system that
// grants each lock, as some network ones do.
func checkAlone(storePath string) error {
	if err := ops.CheckSocket(ops.SocketPath(storePath)); errors.Is(err, ops.ErrSocketTaken) {
		return fmt.Errorf("open store %s: %w", storePath, store.ErrLocked)
	}
	return nil
}

// serveControl makes the socket on which bot backup and bot healthcheck ask this
// process. The bot works without it, but not where another process has it.
func (r *instance) serveControl(ctx context.Context) error {
	if r.Dial != nil {
		return nil
	}
	path := ops.SocketPath(r.StorePath)
	l, err := ops.ListenSocket(path)
	if errors.Is(err, ops.ErrSocketTaken) {
		return fmt.Errorf("open store %s: %w", r.StorePath, store.ErrLocked)
	}
	if err != nil {
		r.Logger.Warn("the control socket cannot be made", "effect", "bot backup works only while the bot is stopped; bot healthcheck asks HTTP_ADDR",
			"socket", path, "err", err, "action", actionAfter(err))
		return nil
	}
	r.tasks.Go(func() { ops.Serve(ctx, l, ops.Control(r.health, r.file, r.Logger), r.Logger) })
	return nil
}

func actionAfter(err error) string {
	switch {
	case errors.Is(err, ops.ErrSocketTooLong):
		return "set a shorter STORE_PATH"
	case errors.Is(err, ops.ErrNoSocket):
		return "move away what is there, and restart the bot"
	default:
		return "set STORE_PATH to a folder where sockets can be made"
	}
}
