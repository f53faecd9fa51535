package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxUpdates is how many updates Telegram hands over at once.
const maxUpdates = 100

// nextUpdates waits for updates, until ctx ends.
func (f *fakes) nextUpdates(ctx context.Context) (batch []update) {
	select {
	case u := <-f.updates:
		batch = append(batch, u)
	case <-ctx.Done():
		return nil
	}
	for len(batch) < maxUpdates {
		select {
		case u := <-f.updates:
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// sendText sends a text from a user to the bot.
func (f *fakes) sendText(p *user, text string) { f.updates <- update{from: p, text: text} }

// pressButton presses a button.
func (f *fakes) pressButton(p *user, data string) { f.updates <- update{from: p, data: data} }

// pollTimeout is how long a poll is held that there is nothing for.
const pollTimeout = 50 * time.Second

// getUpdates hands updates over. What was handed over is never offered again.
func (f *fakes) getUpdates(w http.ResponseWriter, r *http.Request) {
	if f.polling.CompareAndSwap(false, true) {
		f.polls <- time.Now()
	}
	_, _ = io.Copy(io.Discard, r.Body)
	ctx, cancel := context.WithTimeout(r.Context(), pollTimeout)
	defer cancel()
	batch := f.nextUpdates(ctx)
	body := []byte(`{"ok":true,"result":[`)
	for i, u := range batch {
		if i > 0 {
			body = append(body, ',')
		}
		body = u.append(body, f.number.Add(1))
	}
	body = append(body, "]}"...)
	if len(batch) > 0 {
		f.count(func(n *counts) { n.batches++; n.handed += int64(len(batch)) })
	}
	now := time.Now()
	for _, u := range batch {
		u.from.mu.Lock()
		u.from.sentAt = append(u.from.sentAt, now)
		u.from.mu.Unlock()
	}
	reply(w, body)
}

// append writes an update as Telegram does.
func (u update) append(to []byte, number int64) []byte {
	who := fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"Person %d","language_code":"en"}`, u.from.id, u.from.id)
	chat := fmt.Sprintf(`{"id":%d,"first_name":"Person %d","type":"private"}`, u.from.id, u.from.id)
	if u.data != "" {
		return fmt.Appendf(to, `{"update_id":%d,"callback_query":{"id":"%d","from":%s,"message":{"message_id":%d,"chat":%s,"date":1790000000,"text":"x"},"chat_instance":"1","data":%q}}`,
			number, number, who, number, chat, u.data)
	}
	return fmt.Appendf(to, `{"update_id":%d,"message":{"message_id":%d,"from":%s,"chat":%s,"date":1790000000,"text":%q,"entities":[{"offset":0,"length":%d,"type":"bot_command"}]}}`,
		number, number, who, chat, u.text, len(u.text))
}

// method answers everything else.
func (f *fakes) method(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	at := time.Now()
	switch r.PathValue("method") {
	case "getMe":
		reply(w, []byte(`{"ok":true,"result":{"id":1000001,"is_bot":true,"first_name":"Load","username":"load_bot"}}`))
	case "getWebhookInfo":
		reply(w, []byte(`{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}`))
	case "getMyCommands":
		reply(w, []byte(`{"ok":true,"result":[]}`))
	case "getMyDescription", "getMyShortDescription":
		reply(w, []byte(`{"ok":true,"result":{}}`))
	case "sendMessage", "editMessageText":
		if p := f.user(chatOf(body)); p != nil {
			f.messageArrived(p, at, body)
		}
		reply(w, fmt.Appendf(nil, `{"ok":true,"result":{"message_id":%d,"date":1790000000,"chat":{"id":1,"type":"private"},"text":"x"}}`, f.number.Add(1)))
	default:
		reply(w, []byte(`{"ok":true,"result":true}`))
	}
}

// chatOf finds the chat in a request, be it a form in parts or JSON.
func chatOf(body []byte) int64 {
	for _, mark := range []string{"name=\"chat_id\"\r\n\r\n", `"chat_id":`} {
		if _, after, ok := bytes.Cut(body, []byte(mark)); ok {
			end := bytes.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' })
			id, _ := strconv.ParseInt(string(after[:max(end, 0)]), 10, 64)
			return id
		}
	}
	return 0
}

// loginIn finds the login link's session and the button that follows a login in a message; "" where it has none.
func loginIn(body []byte) (session, done string) {
	text := string(body)
	if _, after, ok := strings.Cut(text, "session_id%3D"); ok {
		session, _, _ = strings.Cut(after, `"`)
	}
	if _, after, ok := strings.Cut(text, `"login:done:`); ok {
		done, _, _ = strings.Cut(after, `"`)
		done = "login:done:" + done
	}
	return session, done
}
