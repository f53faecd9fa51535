package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// Run runs the bot until ctx ends (nil) or it cannot go on (an error an
// operator understands). It never logs a person out.
func Run(ctx context.Context, c Config, o Options) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Listen == nil {
		o.Listen = ops.Listen
	}
	gate := newFloodgate(o.Logger.Handler())
	defer gate.Close()
	o.Logger = slog.New(gate)
	o.Logger.Info("starting", "version", o.Version, c.attrs())
	for _, line := range c.Warnings {
		o.Logger.Warn("a variable is not a setting", "effect", "it is ignored", "variable", line)
	}
	health := &ops.Health{}
	metrics := newMetrics(o, health)
	dialer, err := mcpconn.New(mcpconn.Options{URL: c.KiteURL, Callback: c.CallbackURL, Version: o.Version, Dial: o.Dial, Now: o.Now, Meter: metrics, Logger: o.Logger})
	if err != nil {
		return &SettingError{"KITE_MCP_URL", err.Error(), "https://mcp.kite.trade/sse"}
	}
	defer dialer.Close()
	if o.Dial == nil {
		if err := checkAlone(c.StorePath); err != nil {
			return err
		}
	}
	file, err := store.Open(store.Options{Path: c.StorePath, Key: c.StoreKey, OldKey: c.OldKey, Now: o.Now, Meter: metrics, Logger: o.Logger})
	if err != nil {
		return err // it names STORE_PATH or STORE_KEY and says what to do
	}
	defer func() {
		if err := file.Close(); err != nil {
			o.Logger.Error("closing the store failed",
				"effect", "the last marks of answered updates may be missing; the next run answers those again", "err", err)
		}
	}()
	return (&instance{Config: c, Options: o, dialer: dialer, file: file, health: health, metrics: metrics}).run(ctx)
}

func (r *instance) run(ctx context.Context) error {
	background, cancel := context.WithCancel(ctx)
	defer r.tasks.Wait()
	defer cancel()
	r.health.Set("store", r.file.Writable)
	r.health.Set("kite", r.kite)
	if r.CallbackURL != "" {
		r.health.Set("callback", r.callback)
	}
	r.health.Set("telegram", func() error { return errors.New("not reached yet") })
	if err := r.serveHealth(background); err != nil {
		return err
	}
	if err := r.serveControl(background); err != nil {
		return err
	}
	listener, err := r.listen()
	if err != nil {
		return err
	}
	if listener != nil {
		defer listener.Close() // serving closes it first, where it comes to that
	}
	meter := telegram.Meter{Call: r.metrics.TelegramCall, Limited: r.metrics.TelegramLimited, Waited: r.metrics.TelegramWaited}
	client, err := telegram.New(ctx, telegram.Options{Token: r.Token, APIURL: r.APIURL, Insecure: r.APIInsecure, SendRate: perSecond(r.SendRate), Now: r.Now, Dial: r.Dial, Meter: meter, Logger: r.Logger})
	if err != nil {
		return r.ending(ctx, err)
	}
	defer client.Close()
	r.health.Set("telegram", func() error { return r.intake(client) })
	r.tasks.Go(func() { r.announce(background, client) })
	return r.serve(ctx, client, listener)
}

// serve takes updates in and answers them until ctx ends. The order of the
// end: intake first, then what runs, then the streams.
func (r *instance) serve(ctx context.Context, client *telegram.Client, listener net.Listener) error {
	painter, err := chart.New(runtime.GOMAXPROCS(0))
	if err != nil {
		return fmt.Errorf("prepare to draw: %w", err)
	}
	var b *bot.Bot
	pool := session.New(session.Options{
		Dialer: r.dialer, Authorizer: r.dialer, Store: r.file, LoginHosts: r.Hosts(), Now: r.Now, Meter: r.metrics, Logger: r.Logger, Timing: r.timing(),
		Notify: func(e session.Event) { b.Notify(e) },
	})
	b = bot.New(bot.Options{
		ID: client.ID(), Username: client.Username(), Accounts: pool,
		Messenger: client, Unauthorized: client.Unauthorized(), Presses: client, Journal: r.file, Prefs: r.file, Memory: r.file, Painter: painter,
		Access: access.Policy{
			Listed: r.Allowed.Has, Admin: r.Admins.Has, Admins: slices.Sorted(maps.Keys(r.Admins.IDs)), Store: r.file,
			Unclaimed: !r.Allowed.Anyone && len(r.Allowed.IDs)+len(r.Admins.IDs) == 0,
		},
		Rate: r.Rate, Now: r.Now, Meter: bot.Meter{Command: r.metrics.Command, HoldingMismatches: r.metrics.HoldingMismatches}, Logger: r.Logger, Operations: operations{r.health, r.Version, r.Now()},
	})
	r.logins = logins{pool}
	defer pool.Close()
	defer b.Close()
	if err := errors.Join(pool.Start(), b.Resume()); err != nil {
		return fmt.Errorf("take up the work of the last run: %w", err)
	}
	r.watch(client, pool, b)
	r.metrics.Kite().Tell(func(o ops.Outage) { r.outage(o, b) })
	r.health.Set("login", func() error { return loginProblem(pool) })
	if r.Ready != nil {
		r.Ready()
	}
	if r.Dial == nil { // many runs share a process that makes connections up
		r.tasks.Go(debug.FreeOSMemory) // what the start took: it walks through the whole store
	}
	r.Logger.Info("taking updates", "bot", client.Username(), "webhook", r.WebhookURL != "", "callback", r.CallbackURL != "")
	err = r.takeIn(ctx, client, listener, b.Dispatch)
	r.health.Set("telegram", func() error { return errors.New("the bot is stopping") })
	r.Logger.Info("stopping")
	return r.ending(ctx, err)
}

// perSecond is a rate as the Telegram client has it; 0 for any number.
func perSecond(rate bot.Rate) float64 {
	if rate.N == 0 {
		return 0
	}
	return float64(rate.N) / rate.Per.Seconds()
}

// ending says why a run is over, in the operator's terms. A run that was asked
// to stop is over without an error.
func (r *instance) ending(ctx context.Context, err error) error {
	option := &telegram.OptionError{}
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, telegram.ErrUnauthorized):
		return &SettingError{Name: "TELEGRAM_BOT_TOKEN", Problem: "Telegram does not accept it: was it revoked? @BotFather shows the present one"}
	case errors.As(err, &option) && option.Option == "APIURL":
		return &SettingError{"TELEGRAM_API_URL", option.Problem, "https://api.telegram.org"}
	default:
		return err
	}
}

// serveHealth takes HTTP_ADDR, so that a bad one ends the start, and serves there.
func (r *instance) serveHealth(ctx context.Context) error {
	if r.HTTPAddr == "" {
		return nil
	}
	l, err := r.Listen(r.HTTPAddr)
	if err != nil && !r.HTTPAsked {
		r.Logger.Warn("the default HTTP_ADDR is taken",
			"effect", "health and metrics are not served", "action", "set HTTP_ADDR to another address, or to off", "addr", r.HTTPAddr)
		return nil
	}
	if err != nil {
		return &SettingError{"HTTP_ADDR", fmt.Sprintf("cannot listen there: %v", err), "127.0.0.1:8080, or off"}
	}
	r.tasks.Go(func() { ops.Serve(ctx, l, ops.Page(r.health, r.metrics), r.Logger) })
	return nil
}

// What BotFather would ask for: shown before a chat begins, and in the profile.
const (
	description = "Shows your Zerodha Kite account in this chat: holdings, their value and the day’s change. It reads only and cannot place orders. " +
		"You log in on Zerodha’s own page; no password passes through the bot. Not affiliated with Zerodha, no advice."
	shortDescription = "Reads your Zerodha Kite account. Cannot trade. Not affiliated with Zerodha."
)

// announceTime bounds how long the menu may take; the bot works without it.
const announceTime = time.Minute

func (r *instance) announce(ctx context.Context, client *telegram.Client) {
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	var menu []telegram.Command
	for _, c := range command.All() {
		if c.Hidden {
			continue
		}
		menu = append(menu, telegram.Command{Name: c.Name, Summary: c.Summary})
	}
	err := errors.Join(client.Announce(ctx, menu), client.Describe(ctx, description, shortDescription))
	if err != nil && ctx.Err() == nil {
		r.Logger.Warn("the command menu was not announced", "effect", "the old one stays until the next start", "err", err)
	}
}
