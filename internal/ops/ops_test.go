package ops_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"kitebot/internal/ops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadiness(t *testing.T) {
	var h ops.Health
	var broken error
	h.Set("store", func() error { return nil })
	h.Set("telegram", func() error { return broken })
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	if code, body := get("/readyz"); code != http.StatusOK || body != "store: ok\ntelegram: ok\n" {
		t.Errorf("well: %d %q", code, body)
	}
	broken = errors.New("another instance takes the updates")
	if code, body := get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "telegram: another instance") {
		t.Errorf("broken: %d %q", code, body)
	}
	if code, _ := get("/healthz"); code != http.StatusOK {
		t.Errorf("a process that runs is alive, whatever its parts say: %d", code)
	}
	if code, _ := get("/"); code != http.StatusNotFound {
		t.Errorf("/ = %d", code)
	}
}

func TestServeAndProbe(t *testing.T) {
	l, err := ops.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	var h ops.Health
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, h.Handler(), slog.New(slog.NewTextHandler(io.Discard, nil))) })
	_, port, _ := strings.Cut(addr, ":")
	for _, a := range []string{addr, "0.0.0.0:" + port, ":" + port, "[::]:" + port} {
		if err := ops.Probe(t.Context(), a); err != nil {
			t.Errorf("probe %s: %v", a, err)
		}
	}
	cancel()
	serving.Wait()
	if err := ops.Probe(t.Context(), addr); err == nil {
		t.Error("a process that is gone was found well")
	}
	http.DefaultClient.CloseIdleConnections()
}
