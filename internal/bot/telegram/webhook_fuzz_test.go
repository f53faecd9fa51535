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

// FuzzWebhook posts anything. Without the secret nothing is taken and nothing
// told; with it, every body is answered with 200 and is stored exactly if the
// bot can use it. What it says never reaches the log.
func FuzzWebhook(f *testing.F) {
	for _, body := range []string{
		update(40), `{"update_id":40,"callback_query":{"id":"7","from":` + meera + `,"message":{"message_id":9,"chat":` + home + `},"data":"x"}}`,
		`{"update_id":40,"my_chat_member":{"chat":` + home + `,"from":` + meera + `,"new_chat_member":{"status":"kicked"}}}`,
		`{"update_id":40,"message":{"text":"PRIVATE","from":7}}`, `{"update_id":-1}`, `{"update_id":1e99}`, `{"update_id":40,"PRIVATE":{}}`,
		`[]`, `null`, `"PRIVATE"`, `{`, ``, "\xff\xfe", strings.Repeat("[", 20000), `{"update_id":40}{"update_id":41}`, `method=sendMessage`,
	} {
		f.Add("POST", "/a/confidential-path", hookSecret, "application/json", body)
	}
	f.Add("GET", "/a/confidential-path", hookSecret, "application/json", "")
	f.Add("POST", "/a/../a/confidential-path", hookSecret, "application/json", update(40))
	f.Add("POST", "/a/confidential-path", hookSecret+"\x00", "application/json; charset=\"", update(40))
	f.Add("POST", "/a/confidential-path", "", "", update(40))
	f.Add("POST", "", strings.ToUpper(hookSecret), "APPLICATION/JSON;", update(40))
	f.Fuzz(func(t *testing.T, method, path, secret, kind, body string) {
		n, log := &notebook{known: map[int64]bool{}}, &lines{}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL.Path = method, path
		r.Header.Set(secretHeader, secret)
		r.Header.Set("Content-Type", kind)
		answer := deliverTo(t, n, log, r)

		known := secret == hookSecret
		status, want := answer.Code, []bot.Update(nil)
		if u, ok := parse([]byte(body)); ok {
			want = append(want, u)
		}
		if !slices.Contains([]int{200, 401, 404, 405, 415}, status) || answer.Body.Len() != 0 {
			t.Errorf("answered %d %q", status, answer.Body)
		}
		if status == http.StatusOK != (known && method == "POST" && path == "/a/confidential-path" && isJSON(kind)) {
			t.Errorf("answered %d", status)
		}
		if taken := len(n.took) == 1; taken != (status == http.StatusOK && len(want) == 1) || taken && n.took[0] != want[0].ID {
			t.Errorf("stored %v, the body holds %v", n.took, want)
		}
		if text := log.String(); strings.Contains(text, "PRIVATE") || strings.Contains(text, hookSecret) || strings.Contains(text, "confidential") {
			t.Errorf("the log tells too much:\n%s", text)
		}
	})
}

// deliverTo gives one request to a webhook without a network.
func deliverTo(t *testing.T, n *notebook, log *lines, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	c, err := newClient(Options{Token: token, APIURL: "http://telegram.test", Insecure: "telegram.test", Logger: logTo(log)}, quoting{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.newWebhookServer(Hook{URL: hookURL, Secret: hookSecret}, n, func(bot.Update) {})
	if err != nil {
		t.Fatal(err)
	}
	var taker sync.WaitGroup
	taker.Go(func() { w.storeDeliveries(context.Background()) })
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	close(w.stopped)
	taker.Wait()
	return answer
}
