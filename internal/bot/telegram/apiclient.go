package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"kitebot/internal/stdlog"
)

// pollFor is how long Telegram may hold an empty poll; it caps it there itself.
const pollFor = 50 * time.Second

// maxAnswer bounds what one answer may hold, in bytes. A hundred of the
// longest updates stay far below it.
const maxAnswer = 32 << 20

// Meter measures calls of the Bot API. A nil function is not called; none may block.
type Meter struct {
	// Call is called with each call, which is one of [Methods] and came to one of
	// [Outcomes]; heard is false without an answer. A call that we cancelled is not
	// reported.
	Call func(method, outcome string, took time.Duration, heard bool)
	// Limited is called with each 429.
	Limited func()
	// Waited is called with how long a call waited because of a 429.
	Waited func(time.Duration)
}

// Methods lists the methods that are called.
func Methods() []string {
	return []string{
		"getMe", "getUpdates", "getWebhookInfo", "setWebhook", "deleteWebhook",
		"sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "sendChatAction",
		"editMessageText", "editMessageMedia", "deleteMessage", "answerCallbackQuery",
		"getMyCommands", "setMyCommands", "deleteMyCommands",
		"getMyDescription", "setMyDescription", "getMyShortDescription", "setMyShortDescription",
	}
}

// measure reports what a call came to. Its time is the network's.
func (m Meter) measure(ctx context.Context, method string, took time.Duration, f *apiError) {
	outcome, heard := outcomeOK, true
	if f != nil {
		outcome, heard = f.kind.String(), f.kind != unsent && f.kind != lost
	}
	if m.Call != nil && (heard || !errors.Is(ctx.Err(), context.Canceled)) {
		m.Call(method, outcome, took, heard)
	}
	if m.Limited != nil && f != nil && f.kind == rateLimited {
		m.Limited()
	}
}

// waited reports how long a call waited because of a 429.
func (m Meter) waited(d time.Duration) {
	if m.Waited != nil {
		m.Waited(d)
	}
}

// apiClient makes every HTTP call to the Bot API, our own and the library's. It
// sets a deadline, reads the whole answer, and returns either a response that
// says ok or an *[apiError].
type apiClient struct {
	http   *http.Client
	secret string // the token's second half
	meter  Meter
}

func newAPIClient(transport http.RoundTripper, token string, meter Meter) *apiClient {
	_, secret, _ := strings.Cut(token, ":")
	return &apiClient{
		http: &http.Client{
			Transport: transport,
			// A redirect would carry the token to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		secret: secret,
		meter:  meter,
	}
}

// newTransport keeps connections open: the default keeps two, so that most calls
// of a busy bot would begin with a handshake. Pings detect a dead HTTP/2
// connection.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// deadline is how long a call may take from dialling to the answer's last byte.
func deadline(method string) time.Duration {
	switch method {
	case "getUpdates":
		return pollFor + 15*time.Second
	case "sendPhoto", "sendDocument", "editMessageMedia":
		return time.Minute
	case "answerCallbackQuery": // other callback queries wait behind it, and expire soon
		return 5 * time.Second
	}
	return 15 * time.Second
}

// Do sends a request to the Bot API. It implements the library's HTTP client.
func (d *apiClient) Do(req *http.Request) (*http.Response, error) {
	method, began := path.Base(req.URL.Path), time.Now()
	resp, f := d.call(method, req)
	d.meter.measure(req.Context(), method, time.Since(began), f)
	if f != nil {
		return nil, f
	}
	return resp, nil
}

func (d *apiClient) call(method string, req *http.Request) (*http.Response, *apiError) {
	ctx, cancel := context.WithTimeout(req.Context(), deadline(method))
	defer cancel()
	var sent atomic.Bool // the request's header was written: the server may act on it
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})

	resp, err := d.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, d.networkError(method, err, sent.Load())
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close() // it is read to its end, or useless
	if err != nil {
		return nil, d.networkError(method, err, true)
	}
	if len(body) > maxAnswer {
		return nil, &apiError{kind: lost, method: method, code: resp.StatusCode, text: "the answer is too large"}
	}
	f := d.check(method, resp.StatusCode, body)
	switch {
	case f != nil && f.kind == lost && f.code == http.StatusTooManyRequests:
		return nil, proxy429(method, resp.Header)
	case f != nil:
		return nil, f
	}
	body = onlyMessageID(method, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// check returns nil for an answer that says ok. An answer that is not the Bot
// API's JSON comes from a proxy or gateway, such as a 502 page.
func (d *apiClient) check(method string, status int, body []byte) *apiError {
	var r refusal
	if err := json.Unmarshal(body, &r); err != nil || !r.OK && r.Code == 0 && r.Description == "" {
		return &apiError{kind: lost, method: method, code: status, text: notTheAPI}
	}
	if r.OK {
		return nil
	}
	if r.Code == 0 {
		r.Code = status
	}
	return r.apiError(method)
}

// networkError describes a call without an answer. The errors of net/http hold the
// URL, and so the token, and quote what cannot be read. Only the kind of error
// is kept, and whether the context ended.
func (d *apiClient) networkError(method string, err error, sent bool) *apiError {
	f := &apiError{kind: unsent, method: method, text: "not sent: " + stdlog.NetworkKind(err)}
	if sent {
		f.kind, f.text = lost, "no answer: "+stdlog.NetworkKind(err)
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			f.cause = ended
		}
	}
	return f
}

// redact removes the token from any text that might quote it.
func (d *apiClient) redact(text string) string { return strings.ReplaceAll(text, d.secret, "***") }

// onlyMessageID reduces the answer to a sent message to its id. Telegram has shown
// the message by now, so a new field that the library cannot decode must not
// become an error.
func onlyMessageID(method string, body []byte) []byte {
	switch method {
	case "sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageMedia":
	default:
		return body
	}
	var answer struct {
		Result struct {
			ID int `json:"message_id"`
		} `json:"result"`
	}
	if json.Unmarshal(body, &answer); answer.Result.ID == 0 {
		return body
	}
	return fmt.Appendf(nil, `{"ok":true,"result":{"message_id":%d}}`, answer.Result.ID)
}
