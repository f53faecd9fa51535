package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

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

// newDemo starts the simulators. What was started is ended again on an error.
func newDemo(o options) (*demo, error) {
	d := &demo{options: o, log: slog.New(slog.DiscardHandler)}
	if err := d.build(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *demo) build() (err error) {
	if d.folder, err = os.MkdirTemp("", "kitebot-demo-"); err != nil {
		return fmt.Errorf("make a private folder: %w", err)
	}
	d.closer = append(d.closer, func() { _ = os.RemoveAll(d.folder) })
	token := "1000001:" + rand.Text() + rand.Text()
	d.tg = simtg.New(simtg.Options{Token: token, Now: d.now})
	d.closer = append(d.closer, d.tg.Close)
	d.config = app.Config{
		Token: token, StorePath: filepath.Join(d.folder, "bot.db"),
		Allowed: app.People{Anyone: true}, LoginHosts: d.hosts, KiteURL: d.options.kite,
	}
	if d.logs {
		d.log = app.NewLogger(os.Stderr, d.config)
	}
	if err := d.servePage(); err != nil {
		return err
	}
	if d.options.kite == "" {
		return d.serveKite()
	}
	return d.listenForCallback()
}

// listenForCallback lets the browser bring the end of a login by OAuth by itself: it runs on this machine. If another
// program takes the address before the bot does, the start fails and says so.
func (d *demo) listenForCallback() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find an address for browsers that come back: %w", err)
	}
	d.config.CallbackURL = "http://" + l.Addr().String() + "/kite/callback"
	return l.Close()
}

// servePage serves the chat under a random path, the gallery below that, and the Bot API for the bot.
func (d *demo) servePage() error {
	secret := "/" + rand.Text() + "/"
	views, err := newGallery(d.now())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/bot"+d.config.Token+"/", d.tg)
	mux.Handle(secret+"gallery/", http.StripPrefix(secret+"gallery", views))
	mux.Handle(secret, http.StripPrefix(strings.TrimSuffix(secret, "/"), d.tg.Page()))
	host, err := d.serve(d.addr, mux)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	d.config.APIURL, d.page = "http://"+host, "http://"+host+secret
	return nil
}

// serveKite serves the simulated Kite on an address of its own, as in real life.
func (d *demo) serveKite() error {
	d.kite = simkite.New(simkite.Options{Version: d.version, Now: d.now, AsOf: d.now()})
	d.closer = append(d.closer, d.kite.Close)
	host, err := d.serve("127.0.0.1:0", d.kite)
	if err != nil {
		return err
	}
	d.kite.SetBaseURL("http://" + host)
	d.config.KiteURL = "http://" + host + "/sse"
	return nil
}

// serve listens on loopback and answers until close.
func (d *demo) serve(addr string, h http.Handler) (host string, err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	host = l.Addr().String()
	s := &http.Server{Handler: sameHostOnly(host, h), ReadHeaderTimeout: 10 * time.Second}
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

func (d *demo) printAddress(out io.Writer) {
	fmt.Fprintf(out, "\n  Open  %s\n  Gallery  %sgallery/\n\n", d.page, d.page)
	if d.kite != nil {
		fmt.Fprint(out, "  Type /login, tap the button, pick a made-up account, then ask for /holdings.\n")
		if d.version == simkite.Next {
			fmt.Fprint(out, "  The last page does not load: copy its address and send it in the chat, as the bot says.\n")
		}
	} else {
		fmt.Fprintf(out, "  This page talks to the real Kite at %s. Everything stays on this machine.\n", d.options.kite)
		fmt.Fprint(out, "  Type /login, log in on Zerodha's page, then ask for /holdings. The address above is a key: keep it to yourself.\n")
	}
	fmt.Fprint(out, "  Ctrl-C ends it.\n\n")
}
