package telegram_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/store"
)

// counting is a journal that counts its commits.
type counting struct {
	bot.Journal
	commits atomic.Int64
}

func (c *counting) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	c.commits.Add(1)
	return c.Journal.Take(who, batch)
}

// BenchmarkWebhook delivers over loopback into a real file, so many at once as
// there are connections. It shows what sharing commits is worth.
func BenchmarkWebhook(b *testing.B) {
	for _, connections := range []int{1, 8, maxConnections} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			file, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "bot.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			j := &counting{Journal: file}
			api := httptest.NewServer(newStub())
			defer api.Close()
			c, err := telegram.New(b.Context(), telegram.Options{Token: token, APIURL: api.URL})
			if err != nil {
				b.Fatal(err)
			}
			end, url := serveHook(b, c, j)
			defer end()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
			defer client.CloseIdleConnections()
			id := int64(0)
			for b.Loop() {
				var all sync.WaitGroup
				for range connections {
					id++
					all.Go(func() { deliverOne(b, client, url, id) })
				}
				all.Wait()
			}
			b.ReportMetric(float64(id)/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(j.commits.Load())/float64(id), "commits/update")
		})
	}
}

// serveHook runs a webhook that a stub of Telegram takes.
func serveHook(b *testing.B, c *telegram.Client, j bot.Journal) (end func(), url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Webhook(ctx, telegram.Hook{URL: hookURL, Secret: hookSecret, Listener: l}, j, func(u bot.Update) { j.Answered(c.ID(), u.ID) })
	}()
	return func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}, "http://" + l.Addr().String() + "/a/confidential-path"
}

func deliverOne(b *testing.B, client *http.Client, url string, id int64) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(update(id)))
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(secretHeader, hookSecret)
	resp, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	if resp.StatusCode != http.StatusOK {
		b.Errorf("answered %s", resp.Status)
	}
	_ = resp.Body.Close()
}
