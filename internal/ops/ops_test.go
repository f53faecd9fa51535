package ops_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"kitebot/internal/ops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
