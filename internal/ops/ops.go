// Package ops tells an operator how the process is: alive, and ready to serve.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Health is how the parts of the process are. The zero Health knows no part
// and is ready. Safe for concurrent use.
type Health struct {
	mu     sync.Mutex
	checks map[string]func() error
}

// Set says how to ask a part, by name; nil from check means well.
func (h *Health) Set(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = map[string]func() error{}
	}
	h.checks[name] = check
}

// Handler serves /healthz (the process runs) and /readyz (it can serve people;
// 503 and the reasons otherwise).
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { h.write(w) })
	return mux
}

func (h *Health) write(w http.ResponseWriter) {
	h.mu.Lock()
	checks := maps.Clone(h.checks)
	h.mu.Unlock()
	text, status := "", http.StatusOK
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		if err := checks[name](); err != nil {
			text += fmt.Sprintf("%s: %v\n", name, err)
			status = http.StatusServiceUnavailable
			continue
		}
		text += name + ": ok\n"
	}
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

// Listen takes the address, so that a bad one ends the start.
func Listen(addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
}

// Serve answers until ctx ends, and has ended when it returns.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("health is no longer served", "err", err)
	}
}

// Probe asks a running process for /healthz: what a container's health check runs.
func Probe(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("probe: %s", resp.Status)
	}
	return nil
}
