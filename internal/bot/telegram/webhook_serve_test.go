package telegram_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
)

// Only what Telegram sends is taken, and what it would send in vain for ever is
// passed over.
func TestWhatTheWebhookAnswers(t *testing.T) {
	secretIs := func(values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(secretHeader)] = values }
	}
	kindIs := func(kind string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", kind) }
	}
	methodIs := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	pathIs := func(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }
	for name, test := range map[string]struct {
		body   string
		edit   func(*http.Request)
		status int
		taken  bool
		line   string // the only one in the log
	}{
		"an update":               {update(40), nil, 200, true, ""},
		"with a charset":          {update(40), kindIs("application/json; charset=utf-8"), 200, true, ""},
		"another path":            {update(40), pathIs("/a"), 404, false, ""},
		"a longer path":           {update(40), pathIs("/a/confidential-path/"), 404, false, ""},
		"GET":                     {"", methodIs(http.MethodGet), 405, false, ""},
		"HEAD":                    {"", methodIs(http.MethodHead), 405, false, ""},
		"PUT":                     {update(40), methodIs(http.MethodPut), 405, false, ""},
		"no secret":               {update(40), secretIs(), 401, false, "lack its secret"},
		"an empty secret":         {update(40), secretIs(""), 401, false, "lack its secret"},
		"another secret":          {update(40), secretIs("made-up_Secret_2"), 401, false, "lack its secret"},
		"a part of the secret":    {update(40), secretIs(hookSecret[:15]), 401, false, "lack its secret"},
		"more than the secret":    {update(40), secretIs(hookSecret + "1"), 401, false, "lack its secret"},
		"another, then the right": {update(40), secretIs("x", hookSecret), 401, false, "lack its secret"},
		"a form":                  {update(40), kindIs("application/x-www-form-urlencoded"), 415, false, ""},
		"no type":                 {update(40), kindIs(""), 415, false, ""},
		"no JSON":                 {"{", nil, 200, false, "cannot be read"},
		"nothing":                 {"", nil, 200, false, "cannot be read"},
		"no object":               {"[1]", nil, 200, false, "cannot be read"},
		"no number":               {`{"message":{}}`, nil, 200, false, "cannot be read"},
		"of another shape":        {`{"update_id":40,"message":{"text":"private words","from":7}}`, nil, 200, false, "type=message"},
		"of a kind not asked for": {`{"update_id":40,"poll":{}}`, nil, 200, false, ""},
		"what the bot ignores":    {`{"update_id":40,"message":{"message_id":9}}`, nil, 200, false, ""},
		"as large as may be":      {update(40) + strings.Repeat(" ", maxUpdate-len(update(40))), nil, 200, true, ""},
		"too large":               {update(40) + strings.Repeat(" ", maxUpdate), nil, 200, false, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, log *logBuffer) {
				r := startWebhook(t, c)
				resp := r.post(t, test.body, test.edit)
				synctest.Wait()
				if resp.StatusCode != test.status || (len(r.handled) == 1) != test.taken {
					t.Errorf("answered %s, handled %v", resp.Status, r.handled)
				}
				if resp.StatusCode == 405 && resp.Header.Get("Allow") != "POST" {
					t.Errorf("Allow: %q", resp.Header.Get("Allow"))
				}
				r.stop(t)
				text, _ := strings.CutSuffix(strings.Join(log.all()[1:], "\n"), "\n")
				if test.line == "" && text != "" || !strings.Contains(text, test.line) || strings.Contains(text, "\n") {
					t.Errorf("log %q, want %q", text, test.line)
				}
				for _, private := range []string{"private words", "/status", "confidential", hookSecret[:15]} {
					if log.count(private) != 0 {
						t.Errorf("the log holds %q:\n%s", private, log)
					}
				}
			})
		})
	}
}

// all are the lines, the first of which says that the webhook is set.
func (l *logBuffer) all() []string { return strings.Split(strings.TrimSpace(l.String()), "\n") }

func TestADeliveryIsAnsweredOnlyOnceItIsStored(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, log *logBuffer) {
		r := startWebhook(t, c)
		r.full = 3
		for range 3 {
			resp := r.post(t, update(40), nil)
			if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "5" {
				t.Errorf("answered %s, again after %q", resp.Status, resp.Header.Get("Retry-After"))
			}
		}
		r.expect(t)
		for range 2 { // the second because the answer was lost, say
			if resp := r.post(t, update(40), nil); resp.StatusCode != 200 {
				t.Errorf("answered %s", resp.Status)
			}
		}
		r.expect(t, 40)
		if log.count("level=ERROR") != 1 || log.count("no space left on device") != 1 || log.count("stored again") != 1 {
			t.Errorf("want one loud line and one of relief:\n%s", log)
		}
		r.stop(t)
	})
}

// Half a delivery is none: it comes again.
func TestADeliveryThatBreaksOffIsNotTaken(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		r := startWebhook(t, c)
		conn, err := r.net.dial(t.Context(), "tcp", "inside.test:80")
		if err != nil {
			t.Fatal(err)
		}
		head := "POST /a/confidential-path HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + secretHeader + ": " + hookSecret + "\r\nContent-Length: 1000\r\n\r\n"
		if _, err := io.WriteString(conn, head+update(40)); err != nil {
			t.Fatal(err)
		}
		elapse(20 * time.Second) // longer than a delivery may take
		answer, _ := io.ReadAll(conn)
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
			t.Errorf("answered %q", answer)
		}
		r.expect(t)
		r.stop(t)
	})
}

// blockedJournal is a journal whose commits wait.
type blockedJournal struct {
	*memoryJournal
	begun   chan struct{}
	release chan struct{}
	sizes   []int
}

func (b *blockedJournal) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	b.begun <- struct{}{}
	<-b.release
	b.sizes = append(b.sizes, len(batch))
	return b.memoryJournal.Take(who, batch)
}

// What arrives during a commit shares the next one, and is handled in the order
// in which it is stored.
func TestDeliveriesShareACommit(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		r, j := startBlockedWebhook(t, c)
		answers := make(chan int, 200)
		for id := range int64(151) {
			go func() { answers <- r.post(t, update(100+id), nil).StatusCode }()
			synctest.Wait() // they arrive in this order
		}
		<-j.begun
		close(j.release)
		for range 151 {
			if status := <-answers; status != 200 {
				t.Errorf("answered %d", status)
			}
		}
		synctest.Wait()
		if want := []int{1, 100, 50}; !slices.Equal(j.sizes, want) {
			t.Errorf("commits of %v updates, want %v", j.sizes, want)
		}
		if len(r.handled) != 151 || !slices.IsSorted(r.handled) {
			t.Errorf("handled %v", r.handled)
		}
		r.stop(t)
	})
}

// Other paths have a handler of their own.
func TestOtherPathsGoToTheFallback(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		fallback := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusTeapot) })
		r := startWebhookWith(t, c, &memoryJournal{known: map[int64]bool{}}, nil, fallback)
		for path, status := range map[string]int{"/kite/callback": 418, "/": 418, "/a/confidential-path/": 418, "/a/confidential-path": 200} {
			if resp := r.post(t, update(40), func(r *http.Request) { r.URL.Path = path }); resp.StatusCode != status {
				t.Errorf("%s: answered %d, want %d", path, resp.StatusCode, status)
			}
		}
		r.stop(t)
	})
}
