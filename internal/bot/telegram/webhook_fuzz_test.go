package telegram

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/bot"
)

// memory is a journal that keeps what it takes; nothing else of it is used.
type memory struct {
	bot.Journal
	taken []int64
}

func (m *memory) Take(_ int64, batch []bot.Update) ([]bot.Update, error) {
	for _, u := range batch {
		m.taken = append(m.taken, u.ID)
	}
	return batch, nil
}

// FuzzWebhook posts anything. Without the secret nothing is taken and nothing
// revealed; with it, every body is answered with 200 and is stored exactly if the
// bot can use it. What it says never reaches the log.
func FuzzWebhook(f *testing.F) {
	const (
		path   = "/a/confidential-path"
		secret = "made-up_Secret_1"
		person = `{"id":501,"is_bot":false,"first_name":"Meera"}`
		chat   = `{"id":501,"first_name":"Meera","type":"private"}`
		update = `{"update_id":40,"message":{"message_id":9,"from":` + person + `,"chat":` + chat + `,"text":"/status"}}`
	)
	for _, body := range []string{
		update, `{"update_id":40,"callback_query":{"id":"7","from":` + person + `,"message":{"message_id":9,"chat":` + chat + `},"data":"x"}}`,
		`{"update_id":40,"my_chat_member":{"chat":` + chat + `,"from":` + person + `,"new_chat_member":{"status":"kicked"}}}`,
		`{"update_id":40,"message":{"text":"PRIVATE","from":7}}`, `{"update_id":-1}`, `{"update_id":1e99}`, `{"update_id":40,"PRIVATE":{}}`,
		`[]`, `null`, `"PRIVATE"`, `{`, ``, "\xff\xfe", strings.Repeat("[", 20000), `{"update_id":40}{"update_id":41}`, `method=sendMessage`,
	} {
		f.Add("POST", path, secret, "application/json", body)
	}
	f.Add("GET", path, secret, "application/json", "")
	f.Add("POST", "/a/../a/confidential-path", secret, "application/json", update)
	f.Add("POST", path, secret+"\x00", "application/json; charset=\"", update)
	f.Add("POST", path, "", "", update)
	f.Add("POST", "", strings.ToUpper(secret), "APPLICATION/JSON;", update)
	f.Fuzz(func(t *testing.T, method, to, said, kind, body string) {
		journal, log, answer := &memory{}, &strings.Builder{}, httptest.NewRecorder()
		w, err := testClient(t, quoting, log).newWebhookServer(Hook{URL: "https://bot.example.org" + path, Secret: secret}, journal, func(bot.Update) {})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL.Path = method, to
		r.Header.Set(secretHeader, said)
		r.Header.Set("Content-Type", kind)
		var storing sync.WaitGroup
		storing.Go(func() { w.storeDeliveries(context.Background()) })
		w.ServeHTTP(answer, r)
		close(w.stopped)
		storing.Wait()

		if !slices.Contains([]int{200, 401, 404, 405, 415}, answer.Code) || answer.Body.Len() != 0 {
			t.Errorf("answered %d %q", answer.Code, answer.Body)
		}
		if good := said == secret && method == "POST" && to == path && isJSON(kind); good != (answer.Code == http.StatusOK) {
			t.Errorf("answered %d", answer.Code)
		}
		u, usable := parse([]byte(body))
		if taken := len(journal.taken) == 1; taken != (answer.Code == http.StatusOK && usable) || taken && journal.taken[0] != u.ID {
			t.Errorf("stored %v, the body holds %v", journal.taken, u)
		}
		if text := log.String(); strings.Contains(text, "PRIVATE") || strings.Contains(text, secret) || strings.Contains(text, "confidential") {
			t.Errorf("the log says too much:\n%s", text)
		}
	})
}
