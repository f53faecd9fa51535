package deploy_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

var farEnds = flag.Bool("far-ends", false, "serve a made-up Telegram and a made-up Kite until Ctrl-C, for a walk through README.md")

// TestFarEnds is for people rather than for CI: it serves what compose.try.yaml
// connects to.
func TestFarEnds(t *testing.T) {
	if !*farEnds {
		t.Skip("this is for a walk through README.md: -far-ends")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tg := simtg.New(simtg.Options{Token: token})
	mux := http.NewServeMux()
	mux.Handle("/bot"+token+"/", tg)
	mux.Handle("/", tg.Page())
	page := serveAt(t, "127.0.0.1:9090", mux, tg.Close)
	kite := simkite.New(simkite.Options{AsOf: time.Now()})
	kite.SetBaseURL(serveAt(t, "127.0.0.1:9091", kite, kite.Close))
	fmt.Printf("\n  The bot's token:  %s\n  The chat:         %s\n  Ctrl-C ends it.\n\n", token, page)
	<-ctx.Done()
	for _, v := range append(kite.Violations(), tg.Violations()...) {
		t.Error(strings.TrimSpace(v))
	}
}

// serveAt is serve at a fixed address of loopback.
func serveAt(t *testing.T, addr string, h http.Handler, closeAll func()) string {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(func() { closeAll(); s.CloseClientConnections(); s.Close() })
	return s.URL
}
