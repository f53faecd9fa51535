package telegram

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	tg "github.com/go-telegram/bot"

	"kitebot/internal/bot/view"
)

// canned is a transport with one answer to everything.
type canned struct {
	status        int
	header, body  string // the header stands for all that we or net/http read
	broken, whole bool   // the body ends with an error; its length is announced
}

func (a canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.broken {
		body = io.MultiReader(body, brokenReader{})
	}
	resp := &http.Response{StatusCode: a.status, Body: io.NopCloser(body), ContentLength: -1, Request: r, Header: http.Header{}}
	for _, name := range []string{"Retry-After", "Location", "Content-Type"} {
		resp.Header[name] = []string{a.header}
	}
	if a.whole {
		resp.ContentLength = int64(len(a.body))
	}
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// anyCall is every kind of call there is, made once and without patience.
func anyCall(ctx context.Context, c *Client) map[string]error {
	id := 0
	errs := map[string]error{}
	for name, m := range map[string]view.Message{"text": hello(), "photo": picture(), "file": file(), "tables": tables()} {
		p, err := c.ready(ctx, 501, m)
		if err != nil {
			panic(err)
		}
		errs["send "+name] = c.sending(p, &id).do(ctx)
		if m.File == nil {
			errs["edit "+name] = c.editing(p, 7).do(ctx)
		}
	}
	_, errs["me"] = c.api.GetMe(ctx)
	_, errs["webhook"] = c.api.GetWebhookInfo(ctx)
	_, errs["menu"] = c.api.GetMyCommands(ctx, &tg.GetMyCommandsParams{})
	_, errs["press"] = c.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: "77"})
	_, errs["typing"] = c.api.SendChatAction(ctx, &tg.SendChatActionParams{ChatID: 501, Action: "typing"})
	p := &poller{intake: c.newIntake(nil, nil)}
	batch, err := p.fetch(ctx)
	if errs["updates"] = err; err == nil {
		p.parseBatch(ctx, batch)
	}
	return errs
}

// FuzzAnswer answers every kind of call with any status and any bytes. What
// comes of it is a value or a fault that makes sense, and never shows the token,
// which a TOKEN in the answer stands for.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"ok":true,"result":true}`, `{"ok":true,"result":{"message_id":7}}`, `{"ok":true,"result":{"message_id":-1}}`, `{"ok":true,"result":null}`,
		`{"ok":true,"result":[{"update_id":1,"message":{"text":"TOKEN"}},null,7]}`, `{"ok":true}`, `{"ok":"yes"}`, `null`, `[]`, `{}`, ``,
		`{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`,
		`{"ok":false,"error_code":400,"description":"Bad Request: button URL 'https://x/TOKEN' is invalid"}`,
		`{"ok":false,"error_code":429,"parameters":{"retry_after":9223372036854775807}}`,
		`{"ok":false,"error_code":429,"parameters":{"retry_after":1e30}}`,
		`{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-100500}}`,
		`{"ok":false,"error_code":401,"description":"Unauthorized TOKEN"}`, `{"ok":false,"error_code":-9,"description":"\u0000\ud800"}`,
		`<html><body>502 at /botTOKEN/getMe</body></html>`, "\xff\xfe{", `{"ok":true,"result":"` + strings.Repeat("x", 9000) + `"}`,
	} {
		for _, status := range []int{200, 307, 401, 404, 409, 429, 500, 502} {
			f.Add(status, "9", body, false, false)
		}
	}
	f.Add(301, "https://other.example/botTOKEN", "", false, true)
	f.Add(302, "://TOKEN\x7f", "x", true, true)
	f.Add(200, "application/json", `{"ok":true,"result":`, true, true)
	f.Fuzz(func(t *testing.T, status int, header, body string, broken, whole bool) {
		answer := canned{
			status: status, broken: broken, whole: whole,
			header: strings.ReplaceAll(header, "TOKEN", token),
			body:   strings.ReplaceAll(body, "TOKEN", token),
		}
		log := &lines{}
		c, err := newClient(Options{Token: token, APIURL: "http://telegram.test", Insecure: "telegram.test", Logger: logTo(log)}, answer)
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range anyCall(t.Context(), c) {
			if err != nil {
				sensible(t, name, err)
			}
		}
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds the token:\n%s", log)
		}
	})
}

// sensible fails unless an error is, or is taken for, a fault that can be acted on.
func sensible(t *testing.T, name string, err error) {
	t.Helper()
	f := apiErrorOf(name, err)
	spotless(t, f)
	switch {
	case f.kind < unsent || f.kind > unreadable, f.method == "", f.text == "" && f.code == 0:
		t.Errorf("%s: an empty fault: %+v", name, f)
	case f.kind == rateLimited && (f.retryAfter < time.Second || f.retryAfter > maxRetryAfter):
		t.Errorf("%s: a wait of %v", name, f.retryAfter)
	case len([]rune(f.text)) > maxDescription+200:
		t.Errorf("%s: %d characters of fault", name, len(f.text))
	}
	if text := fmt.Sprint(deliveryError(f)); strings.Contains(text, secret) {
		t.Errorf("%s: the delivery error holds the token: %s", name, text)
	}
}
