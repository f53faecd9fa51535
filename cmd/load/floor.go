package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Where the fakes are, for the floor.
const (
	kiteEnv     = "LOAD_KITE"     // https:// and a host
	telegramEnv = "LOAD_TELEGRAM" // the same with /bot and the token
)

// floorWork is the least that anybody would do for the same commands, with the standard library alone: one question to
// Kite, a plain decode, ten rows, one message.
type floorWork struct {
	client         *http.Client
	kite, telegram string
}

// floor answers commands with nothing of ours: those that Telegram hands over, and, when the debug address is asked, those
// of so many users who ask without a pause. It counts what it answered.
func floor(ctx context.Context) error {
	// Without keeping so many connections most commands would begin with a handshake.
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, MaxIdleConns: 256, MaxIdleConnsPerHost: 128}}
	f := floorWork{client: client, kite: os.Getenv(kiteEnv), telegram: os.Getenv(telegramEnv)}
	stop := serveDebug("/closed", func(w http.ResponseWriter, r *http.Request) {
		people, err1 := strconv.Atoi(r.FormValue("people"))
		lasts, err2 := time.ParseDuration(r.FormValue("for"))
		n, err3 := f.closed(r.Context(), people, lasts)
		writeJSON(w, n, errors.Join(err1, err2, err3))
	})
	defer stop()
	return f.poll(ctx)
}

func (f floorWork) closed(ctx context.Context, people int, lasts time.Duration) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var n atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(lasts)
	for id := range int64(people) {
		all.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				if err := f.command(ctx, id+1); err != nil {
					cancel(err)
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load(), context.Cause(ctx)
}

// poll answers what Telegram hands over, side by side, until ctx ends.
func (f floorWork) poll(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for offset := int64(0); ctx.Err() == nil; {
		var got struct {
			Result []struct {
				ID      int64 `json:"update_id"`
				Message struct{ Chat struct{ ID int64 } }
			}
		}
		err := f.post(ctx, f.telegram+"/getUpdates", "", map[string]any{"offset": offset, "limit": 100, "timeout": 50}, &got)
		if err != nil && ctx.Err() == nil {
			return err
		}
		for _, u := range got.Result {
			offset = u.ID + 1
			running.Go(func() {
				if err := f.command(ctx, u.Message.Chat.ID); err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, err)
				}
			})
		}
	}
	return nil
}

// command is one answered /holdings.
func (f floorWork) command(ctx context.Context, person int64) error {
	var got struct {
		Result struct{ Content []struct{ Text string } }
	}
	err := f.post(ctx, f.kite+"/mcp", knownSession(person), map[string]any{
		"jsonrpc": "2.0", "id": "1", "method": "tools/call", "params": map[string]any{"name": "get_holdings", "arguments": map[string]any{}},
	}, &got)
	if err != nil {
		return err
	}
	text, err := renderAnswer(got.Result.Content[0].Text)
	if err != nil {
		return err
	}
	return f.post(ctx, f.telegram+"/sendMessage", "", map[string]any{"chat_id": person, "text": text, "parse_mode": "HTML"}, new(any))
}

// renderAnswer decodes an answer and draws a sum and ten rows.
func renderAnswer(answer string) (string, error) {
	var rows []struct {
		Symbol    string  `json:"tradingsymbol"`
		Quantity  int64   `json:"quantity"`
		Average   float64 `json:"average_price"`
		Last      float64 `json:"last_price"`
		DayChange float64 `json:"day_change_percentage"`
	}
	if err := json.Unmarshal([]byte(answer), &rows); err != nil {
		return "", fmt.Errorf("decode holdings: %w", err)
	}
	total := 0.0
	for _, r := range rows {
		total += r.Last * float64(r.Quantity)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<b>%.2f</b>\n<pre>", total)
	for _, r := range rows[:min(10, len(rows))] {
		fmt.Fprintf(&b, "%-12s %10.2f %7.2f\n", r.Symbol, r.Last*float64(r.Quantity), r.DayChange)
	}
	b.WriteString("</pre>")
	return b.String(), nil
}

func (f floorWork) post(ctx context.Context, to, session string, ask, into any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
