package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	tg "github.com/go-telegram/bot"

	"kitebot/internal/bot/view"
)

const (
	testSecret = "Zx9_made-up-secret-of-a-test-bot_01"
	testToken  = "4815162342:" + testSecret
)

// transportFunc is a transport that is one function.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// quoting is a transport that quotes what it was asked for.
func quoting(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot reach %s", r.URL)
}

func testClient(t *testing.T, transport transportFunc, log io.Writer) *Client {
	t.Helper()
	c, err := newClient(Options{
		Token: testToken, APIURL: "http://telegram.test", Insecure: "telegram.test", Logger: slog.New(slog.NewTextHandler(log, nil)),
	}, transport)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// zeros is a body that never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	c := testClient(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(zeros{})}, nil
	}, io.Discard)
	if err := c.Typing(t.Context(), 501); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("error = %v, want one about the size", err)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	flood := func(parameters string) string {
		return `{"ok":false,"error_code":429,"description":"Too Many Requests"` + parameters + `}`
	}
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string // the error's text, "" for none
		kind   kind
		wait   time.Duration
	}{
		"ok":                          {200, `{"ok":true,"result":[]}`, "", 0, 0},
		"ok whatever the status":      {500, `{"ok":true,"result":[]}`, "", 0, 0},
		"nothing":                     {200, ``, "m: 200 not an answer of the Bot API", lost, 0},
		"an empty object":             {200, `{}`, "m: 200 not an answer of the Bot API", lost, 0},
		"a page":                      {404, `<html>`, "m: 404 not an answer of the Bot API", lost, 0},
		"another API":                 {404, `{"error":"no route"}`, "m: 404 not an answer of the Bot API", lost, 0},
		"an unknown token":            {401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, "m: telegram does not accept the bot token (401)", unauthorized, 0},
		"a code in the status alone":  {403, `{"ok":false,"description":"Forbidden"}`, "m: 403 gone", gone, 0},
		"a group that moved":          {400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-5}}`, "m: 400 gone: group chat was upgraded", gone, 0},
		"a secret that looks a code":  {400, `{"ok":false,"error_code":400,"description":"Bad Request: ` + strings.Repeat("ABC_", 9) + `"}`, "m: 400 refused", refused, 0},
		"no time":                     {429, flood(``), "m: 429 limited: too many requests", rateLimited, time.Second},
		"zero time":                   {429, flood(`,"parameters":{"retry_after":0}`), "m: 429 limited: too many requests", rateLimited, time.Second},
		"less than zero":              {429, flood(`,"parameters":{"retry_after":-9223372036854775808}`), "m: 429 limited: too many requests", rateLimited, time.Second},
		"half a minute":               {429, flood(`,"parameters":{"retry_after":31}`), "m: 429 limited: too many requests", rateLimited, 31 * time.Second},
		"nearly a day":                {429, flood(`,"parameters":{"retry_after":86399}`), "m: 429 limited: too many requests", rateLimited, 86399 * time.Second},
		"more than a day is nonsense": {429, flood(`,"parameters":{"retry_after":9223372036854775807}`), "m: 429 limited: too many requests", rateLimited, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAPIClient(transportFunc(quoting), testToken, Meter{}).check("m", tt.status, []byte(tt.body))
			switch {
			case f == nil && tt.want == "":
			case f == nil || f.Error() != tt.want || f.kind != tt.kind || tt.wait != 0 && f.retryAfter != tt.wait:
				t.Errorf("error = %+v, want %q and a wait of %v", f, tt.want, tt.wait)
			}
		})
	}
}

// What breaks a connection may quote what came over it, or the address with the token.
func TestNoErrorQuotesTheNetwork(t *testing.T) {
	const private = "CONFIDENTIALCORP"
	for _, text := range []string{
		`net/http: HTTP/1.x transport connection broken: malformed HTTP response "` + private + `"`,
		`http2: server sent GOAWAY and closed the connection; debug="` + private + `"`,
		"tls: failed to verify certificate: x509: certificate is valid for " + private,
	} {
		f := newAPIClient(transportFunc(quoting), testToken, Meter{}).networkError("sendMessage", errors.New(text), true)
		if text := fmt.Sprintf("%v %v %#v", f, f.cause, f); strings.Contains(text, private) || !strings.Contains(f.Error(), "connection") {
			t.Errorf("it is quoted, or the kind is missing: %s", text)
		}
	}
	err := testClient(t, quoting, io.Discard).Typing(t.Context(), 501)
	if text := fmt.Sprintf("%v %#v %v", err, err, errors.Unwrap(err)); err == nil || strings.Contains(text, testSecret) {
		t.Errorf("the error holds the token: %s", text)
	}
}

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

// anyCall is every kind of call there is, made once and without a retry.
func anyCall(ctx context.Context, c *Client) map[string]error {
	id := 0
	errs := map[string]error{}
	for name, m := range map[string]view.Message{
		"text":   {HTML: "hello"},
		"photo":  {HTML: "hello", Photo: []byte("png")},
		"file":   {HTML: "hello", File: &view.File{Name: "a.csv", Data: []byte("1")}},
		"tables": {HTML: "hello", Rich: &view.Rich{Blocks: []view.Block{{HTML: "hello"}}}},
	} {
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
// comes of it is a value or an error that makes sense, and never shows the token,
// which a TOKEN in the answer stands for.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"ok":true,"result":true}`, `{"ok":true,"result":{"message_id":7}}`, `{"ok":true,"result":{"message_id":-1}}`, `{"ok":true,"result":null}`,
		`{"ok":true,"result":[{"update_id":1,"message":{"text":"TOKEN"}},null,7]}`, `{"ok":true}`, `{"ok":"yes"}`, `null`, `[]`, `{}`, ``,
		`{"ok":false,"error_code":400,"description":"Bad Request: button URL 'https://x/TOKEN' is invalid"}`,
		`{"ok":false,"error_code":429,"parameters":{"retry_after":1e30}}`,
		`{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-100500}}`,
		`{"ok":false,"error_code":401,"description":"Unauthorized TOKEN"}`, `{"ok":false,"error_code":-9,"description":"\u0000\ud800"}`,
		`<html><body>502 at /botTOKEN/getMe</body></html>`, "\xff\xfe{", `{"ok":true,"result":"` + strings.Repeat("x", 9000) + `"}`,
	} {
		for _, status := range []int{200, 401, 429, 502} {
			f.Add(status, "9", body, false, false)
		}
	}
	f.Add(301, "https://other.example/botTOKEN", "", false, true)
	f.Add(302, "://TOKEN\x7f", "x", true, true)
	f.Add(307, "9", "", false, false)
	f.Add(200, "application/json", `{"ok":true,"result":`, true, true)
	f.Fuzz(func(t *testing.T, status int, header, body string, broken, whole bool) {
		answer := canned{
			status: status, broken: broken, whole: whole,
			header: strings.ReplaceAll(header, "TOKEN", testToken),
			body:   strings.ReplaceAll(body, "TOKEN", testToken),
		}
		log := &strings.Builder{}
		for name, err := range anyCall(t.Context(), testClient(t, answer.RoundTrip, log)) {
			if err != nil {
				checkAPIError(t, name, err)
			}
		}
		if strings.Contains(log.String(), testSecret) {
			t.Errorf("the log holds the token:\n%s", log)
		}
	})
}

// checkAPIError fails unless an error is, or is taken for, one that can be acted on.
func checkAPIError(t *testing.T, name string, err error) {
	t.Helper()
	f := apiErrorOf(name, err)
	switch {
	case f.kind < unsent || f.kind > unreadable, f.method == "", f.text == "" && f.code == 0:
		t.Errorf("%s: an empty error: %+v", name, f)
	case f.kind == rateLimited && (f.retryAfter < time.Second || f.retryAfter > maxRetryAfter):
		t.Errorf("%s: a wait of %v", name, f.retryAfter)
	case len(f.text) > 200:
		t.Errorf("%s: %d bytes of error", name, len(f.text))
	}
	if text := fmt.Sprintf("%v %#v %v %v", f, f, f.cause, deliveryError(f)); strings.Contains(text, testSecret) {
		t.Errorf("%s: the error holds the token: %s", name, text)
	}
}
