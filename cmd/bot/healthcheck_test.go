package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/ops"
)

// answerReady serves the health of a bot until the test ends.
func answerReady(t *testing.T, l net.Listener, err error, h *ops.Health) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, h.Handler(), slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() { cancel(); serving.Wait(); http.DefaultClient.CloseIdleConnections() })
}

// The report is what /readyz shows people, and the exit code says whether the
// bot serves. Being alive is another question.
func TestHealthcheckReady(t *testing.T) {
	t.Chdir(t.TempDir())
	var h ops.Health
	tcp, err := ops.Listen("127.0.0.1:0")
	answerReady(t, tcp, err, &h)
	vars := map[string]string{"STORE_PATH": "bot.db", "HTTP_ADDR": tcp.Addr().String(), "TELEGRAM_BOT_TOKEN": "nonsense"}
	ask := func(how string, wantCode int, want string) {
		t.Helper()
		out, _, err := start(t, vars, "healthcheck", "ready")
		if exitCode(err) != wantCode || out != want {
			t.Errorf("%s: %q, %v; want %q and %d", how, out, err, want, wantCode)
		}
		if wantCode == 1 && (!errors.Is(err, errNotReady) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: it ends with %v", how, err)
		}
		if _, _, err := start(t, vars, "healthcheck"); err != nil {
			t.Errorf("%s: it is alive all the same: %v", how, err)
		}
	}
	h.Set("store", func() error { return nil })
	ask("on HTTP_ADDR", 0, "ready\nstore: ok\n")
	vars["HTTP_ADDR"] = "off"
	socket, err := ops.ListenSocket("bot.db.sock")
	answerReady(t, socket, err, &h)
	ask("over the socket", 0, "ready\nstore: ok\n")
	h.Set("telegram", func() error { return &ops.Trouble{Detail: "cannot deliver: Connection refused", Serves: true} })
	ask("degraded", 0, "degraded\nstore: ok\ntelegram: degraded: cannot deliver: Connection refused\n")
	h.Set("store", func() error { return errors.New("no space left") })
	ask("not ready", 1, "not ready\nstore: no space left\ntelegram: degraded: cannot deliver: Connection refused\n")
}

// Nobody who answers, and somebody else who does: nothing is printed for a report.
func TestHealthcheckReadyOfNoBot(t *testing.T) {
	t.Chdir(t.TempDir())
	tcp, err := ops.Listen("127.0.0.1:0")
	listen(t, tcp, err)
	for _, addr := range []string{"off", "127.0.0.1:1", tcp.Addr().String()} {
		out, _, err := start(t, map[string]string{"STORE_PATH": "bot.db", "HTTP_ADDR": addr}, "healthcheck", "ready")
		if exitCode(err) != 1 || errors.Is(err, errNotReady) || out != "" {
			t.Errorf("HTTP_ADDR=%s: %q, %v", addr, out, err)
		}
	}
}
