// Command demo shows the whole bot in a browser: no token, no account, no
// network. It starts a simulated Telegram and a simulated Kite on loopback,
// runs the very same bot on top of them, and prints one address.
//
//	go run ./cmd/demo
//
// With -kite https://mcp.kite.trade/sse the same page talks to the real Kite
// MCP server, so that somebody without a Telegram bot can look at their own
// account: it stays on this machine, in a private temporary folder, and at the
// end the demo offers to log out.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, stop)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	addr string
	kite string
	logs bool
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "loopback `address` of the page; port 0 picks a free one")
	f.StringVar(&o.kite, "kite", "", "`url` of a real Kite MCP server, such as https://mcp.kite.trade/sse; empty: the simulated one")
	f.BoolVar(&o.logs, "log", false, "print the bot's log to standard error")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	host, _, err := net.SplitHostPort(o.addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return o, errors.New("-addr must be a loopback address, such as 127.0.0.1:8090: the page shows an account to whoever can open it")
	}
	return o, nil
}

// run is the demo. again gives the interrupt key back its usual meaning once
// the demo is ending, so that nobody is locked in at the last question.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer, again func()) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	d, err := newDemo(o)
	if err != nil {
		return err
	}
	defer d.close()

	botCtx, stopBot := context.WithCancel(context.Background())
	defer stopBot()
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(botCtx, d.config, app.Options{Logger: d.log, Version: "demo", Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
		d.greet(out)
	case err := <-ended:
		return fmt.Errorf("the bot did not start: %w", err)
	}
	select {
	case <-ctx.Done():
		again()
	case err := <-ended:
		return fmt.Errorf("the bot stopped: %w", err)
	}
	if o.kite != "" {
		d.offerLogout(in, out)
	}
	stopBot()
	return <-ended
}

// demo is what stands around the bot.
type demo struct {
	options
	tg     *simtg.Server
	kite   *simkite.Server // nil with a real Kite
	config app.Config
	log    *slog.Logger
	page   string // the one address to open
	folder string
	wg     sync.WaitGroup
	closer []func()
}

func newDemo(o options) (d *demo, err error) {
	d = &demo{options: o, log: slog.New(slog.DiscardHandler)}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.folder, err = os.MkdirTemp("", "kitebot-demo-"); err != nil {
		return nil, fmt.Errorf("make a private folder: %w", err)
	}
	d.closer = append(d.closer, func() { _ = os.RemoveAll(d.folder) })
	token := "1000001:" + rand.Text() + rand.Text()
	d.tg = simtg.New(simtg.Options{Token: token})
	d.closer = append(d.closer, d.tg.Close)
	d.config = app.Config{
		Token: token, StorePath: filepath.Join(d.folder, "bot.db"),
		Allowed: app.People{Everybody: true}, LoginHosts: []string{"kite.zerodha.com"}, KiteURL: o.kite,
	}
	if o.logs {
		d.log = app.NewLogger(os.Stderr, d.config)
	}
	if err := d.servePage(); err != nil {
		return nil, err
	}
	if o.kite == "" {
		err = d.serveKite()
	}
	return d, err
}

// servePage serves the chat under a random path, and the Bot API for the bot.
func (d *demo) servePage() error {
	secret := "/" + rand.Text() + "/"
	mux := http.NewServeMux()
	mux.Handle("/bot"+d.config.Token+"/", d.tg)
	mux.Handle(secret, http.StripPrefix(strings.TrimSuffix(secret, "/"), d.tg.Page()))
	host, err := d.serve(d.addr, mux)
	if err != nil {
		return err
	}
	d.config.APIURL, d.page = "http://"+host, "http://"+host+secret
	return nil
}

// serveKite serves the simulated Kite on an address of its own, as in real life.
func (d *demo) serveKite() error {
	d.kite = simkite.New(simkite.Options{})
	d.closer = append(d.closer, d.kite.Close)
	host, err := d.serve("127.0.0.1:0", d.kite)
	if err != nil {
		return err
	}
	d.kite.SetBaseURL("http://" + host)
	d.config.KiteURL, d.config.LoginHosts = "http://"+host+"/sse", []string{host}
	return nil
}

// serve listens on loopback and answers until close.
func (d *demo) serve(addr string, h http.Handler) (host string, err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	host = l.Addr().String()
	s := &http.Server{Handler: onlyHere(host, h), ReadHeaderTimeout: 10 * time.Second}
	d.wg.Go(func() { _ = s.Serve(l) })
	d.closer = append(d.closer, func() { _ = s.Close() })
	return host, nil
}

// close ends everything, last things first.
func (d *demo) close() {
	for i := len(d.closer) - 1; i >= 0; i-- {
		d.closer[i]()
	}
	d.wg.Wait()
}

func (d *demo) greet(out io.Writer) {
	fmt.Fprintf(out, "\n  Open  %s\n\n", d.page)
	if d.kite != nil {
		fmt.Fprint(out, "  Type /login, tap the button, pick a made-up account, then ask for /holdings.\n")
	} else {
		fmt.Fprintf(out, "  This page talks to the real Kite at %s. Everything stays on this machine.\n", d.options.kite)
		fmt.Fprint(out, "  Type /login, log in on Zerodha's page, then ask for /holdings. The address above is a key: keep it to yourself.\n")
	}
	fmt.Fprint(out, "  Ctrl-C ends it.\n\n")
}

// logoutTime bounds how long the end waits for Kite.
const logoutTime = 45 * time.Second

// offerLogout ends the real login, if the person wants that: by /logout, like
// everybody else.
func (d *demo) offerLogout(in io.Reader, out io.Writer) {
	fmt.Fprint(out, "\nLog out of Kite before the demo forgets the login? [Y/n] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && answer == "" {
		answer = "y" // nobody there to ask: the safe answer
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "" && a != "y" && a != "yes" {
		fmt.Fprintln(out, "The login stays open at Kite until it ends by itself, at about 06:00 IST at the latest.")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), logoutTime)
	defer cancel()
	for _, p := range d.tg.People() {
		d.logout(ctx, p, out)
	}
}

func (d *demo) logout(ctx context.Context, p *simtg.Person, out io.Writer) {
	asked := p.Last().ID
	p.Send("/logout")
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && m.ID > asked && (strings.Contains(m.Text, "logged out at Kite") || strings.Contains(m.Text, "not logged in")) {
				return true
			}
		}
		return false
	})
	if err != nil {
		fmt.Fprintf(out, "%s: Kite did not confirm the logout in time. The login ends by itself, at about 06:00 IST at the latest.\n", p.FirstName)
		return
	}
	fmt.Fprintf(out, "%s: %s\n", p.FirstName, strings.SplitN(p.Last().Text, "\n", 2)[0])
}
