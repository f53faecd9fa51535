package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freePort finds an address of this machine where nobody listens.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// commits reads from the bot's metrics how often it has written to its store. How
// long that took is measured by the benchmarks: here the bot's clock is too fast.
func commits(ctx context.Context, page string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+page+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read the metrics: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("read the metrics: %w", err)
	}
	return commitsIn(string(text)), nil
}

func commitsIn(metrics string) float64 {
	for line := range strings.Lines(metrics) {
		if value, ok := strings.CutPrefix(line, `kitebot_store_commit_seconds_count{outcome="ok"} `); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	return 0
}

// commitRow says how often the bot wrote to its store in the closed loop.
func (l *load) commitRow(ctx context.Context, page string, before float64, s span) error {
	now, err := commits(ctx, page)
	if err != nil {
		return err
	}
	each := ratio(now-before, float64(s.batches))
	l.add(row{
		group: "live", what: "commits per batch of updates, closed loop",
		ours: fmt.Sprintf("%.2f", each), reach: "≤ 2: the batch, and marks that found none to ride with", reached: each > 0 && each <= 2,
	})
	return nil
}
