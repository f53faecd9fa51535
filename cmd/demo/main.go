// Command demo shows the whole bot in a browser: no token, no account, no network. It starts a simulated Telegram and a
// simulated Kite on loopback, runs the very same bot on top of them, and prints one address.
//
//	go run ./cmd/demo
//	go run ./cmd/demo -server next    # the coming server, with logins by OAuth
//
// With -kite https://mcp.kite.trade/sse the same page talks to the real Kite MCP server, so that a user without a
// Telegram bot can look at their own account: it stays on this machine, in a private temporary folder, and at the end
// the demo offers to log out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, stop)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	addr    string
	kite    string
	hosts   []string // that a login link of the real Kite may point to
	version simkite.Version
	logs    bool
	now     func() time.Time // of all parts; no flag
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{now: time.Now}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "loopback `address` of the page; port 0 picks a free one")
	f.StringVar(&o.kite, "kite", "", "`url` of a real Kite MCP server, such as https://mcp.kite.trade/sse; empty: the simulated one")
	hosts := f.String("login-hosts", "", "with -kite: the `hosts` that its login links may point to, comma-separated; empty: Zerodha's and the server's own")
	server := f.String("server", "today", "which server the simulated one is: `today`, old (the login link of before July 2026) or next (logins by OAuth)")
	f.BoolVar(&o.logs, "log", false, "print the bot's log to standard error")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	versions := map[string]simkite.Version{"today": simkite.Today, "old": simkite.Old, "next": simkite.Next}
	version, known := versions[*server]
	if !known || o.kite != "" && version != simkite.Today {
		return o, errors.New("-server must be today, old or next, and goes without -kite")
	}
	o.version = version
	if *hosts != "" {
		o.hosts = strings.Split(*hosts, ",")
	}
	host, _, err := net.SplitHostPort(o.addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return o, errors.New("-addr must be a loopback address, such as 127.0.0.1:8090: the page shows an account to anyone who can open it")
	}
	return o, nil
}

// run is the demo. again gives the interrupt key back its usual meaning once the demo is ending, so that no user is
// locked in at the last question.
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
		ended <- app.Run(botCtx, d.config, app.Options{Logger: d.log, Now: d.now, Version: "demo", Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
		d.printAddress(out)
	case err := <-ended:
		return fmt.Errorf("the bot did not start: %w", nameFlag(err))
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

// nameFlag names the flag instead of the setting that it stands for.
func nameFlag(err error) error {
	if wrong, ok := errors.AsType[*app.SettingError](err); ok && wrong.Name == "KITE_MCP_URL" {
		return &app.SettingError{Name: "-kite", Problem: wrong.Problem, Example: wrong.Example}
	}
	return err
}

// sameHostOnly lets in requests that were meant for this very address. A page of another site, opened in the same
// browser, can send requests to loopback, and a name of theirs can point there: Host and Origin give both away.
func sameHostOnly(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host {
			http.Error(w, "this address is for "+host+" only", http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+host {
			http.Error(w, "requests from other pages are refused", http.StatusForbidden)
			return
		}
		w.Header().Set("Referrer-Policy", "same-origin") // the page's path is a key
		next.ServeHTTP(w, r)
	})
}
