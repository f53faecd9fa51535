package ops_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/ops"
)

// answerAt serves until the test ends.
func answerAt(t *testing.T, l net.Listener, err error, h http.Handler) {
	t.Helper()
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, h, slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() { cancel(); serving.Wait(); http.DefaultClient.CloseIdleConnections() })
}

// A probe gets the report that the process has made, whatever it says.
func TestReady(t *testing.T) {
	inFolder(t)
	var h ops.Health
	socket := mustListen(t, "bot.db.sock")
	answerAt(t, socket, nil, ops.Control(&h, source(nil), slog.New(slog.DiscardHandler)))
	tcp, err := ops.Listen("127.0.0.1:0")
	answerAt(t, tcp, err, h.Handler())
	since := time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)
	for _, step := range []struct {
		name  string
		check error
		want  ops.Status
	}{
		{"store", nil, ops.StatusReady},
		{"kite", &ops.Problem{Detail: "no answer for 3 min", Since: since, Serves: true}, ops.StatusDegraded},
		{"telegram", errors.New("not reached yet"), ops.StatusNotReady},
	} {
		h.Set(step.name, func() error { return step.check })
		over, err := ops.ReadySocket(t.Context(), "bot.db.sock")
		on, failed := ops.Ready(t.Context(), tcp.Addr().String())
		if err != nil || failed != nil || over.Status != step.want {
			t.Errorf("%s: %s, %v and %v", step.name, over.Status, err, failed)
		}
		for _, got := range []ops.Report{over, on} {
			if diff := cmp.Diff(h.Report(), got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", step.name, diff)
			}
		}
	}
}

// What is no report is an error on one line, also where another program answers.
func TestNoReport(t *testing.T) {
	inFolder(t)
	for name, h := range map[string]http.HandlerFunc{
		"not there":      http.NotFound,
		"words":          func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ready\n")) },
		"other json":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"status":"UP"}`)) },
		"much too large": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
		"another 503":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		l, err := ops.Listen("127.0.0.1:0")
		answerAt(t, l, err, h)
		if r, err := ops.Ready(t.Context(), l.Addr().String()); err == nil || strings.Contains(err.Error(), "\n") || r.Status != "" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := ops.ReadySocket(t.Context(), "bot.db.sock"); !errors.Is(err, ops.ErrNoAnswer) || strings.Contains(err.Error(), "http://") {
		t.Errorf("without a socket: %v", err)
	}
	if _, err := ops.Ready(t.Context(), "nonsense"); err == nil {
		t.Error("an address that is none")
	}
}
