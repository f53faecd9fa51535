package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	botID  = 4815162342
	secret = "Zx9_made-up-secret-of-a-test-bot_01"
	token  = "4815162342:" + secret
)

// What the package holds itself to.
const (
	checkEvery     = time.Minute // how often a webhook is looked at
	maxAttempts    = 5           // of a call that may be repeated
	sendSlots      = 30          // messages under way at once
	maxConnections = 40          // of Telegram to a webhook
	maxUpdate      = 1 << 20     // bytes of a delivery
	secretHeader   = "X-Telegram-Bot-Api-Secret-Token"
)

// reply is one thing the stub does with a call.
type reply struct {
	status int
	body   string
	drop   bool          // cut the connection instead of answering
	half   bool          // cut it in the middle of the answer
	early  bool          // answer before the request's body was read
	after  string        // the header Retry-After
	hold   time.Duration // answer only after that
}

func ok(result string) reply { return reply{status: 200, body: `{"ok":true,"result":` + result + `}`} }

func no(code int, description string) reply {
	body, _ := json.Marshal(map[string]any{"ok": false, "error_code": code, "description": description})
	return reply{status: code, body: string(body)}
}

func tooManyRequests(seconds int) reply {
	return reply{status: 429, body: fmt.Sprintf(
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%d}}`, seconds, seconds)}
}

func badGateway() reply { return reply{status: 502, body: "<html><body>502 Bad Gateway</body></html>"} }

// recordedCall is one call that reached the stub.
type recordedCall struct {
	method string
	params map[string]string
	at     time.Duration // since the stub began
}

// stub is a Bot API that does what a test scripts, for failures that the strict
// simulator would never show. A method's replies are used up in order; then, and
// for methods without a script, the usual answer follows.
type stub struct {
	start time.Time
	token string

	mu     sync.Mutex
	script map[string][]reply
	calls  []recordedCall
	refuse int // this many dials fail from now on
	pushed chan struct{}
}

func newStub() *stub {
	return &stub{start: time.Now(), token: token, script: map[string][]reply{}, pushed: make(chan struct{}, 100)}
}

// on scripts the next replies to a method.
func (s *stub) on(method string, replies ...reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script[method] = append(s.script[method], replies...)
	if method == "getUpdates" {
		s.pushed <- struct{}{} // wakes a poll that is being held
	}
}

// refuseDials makes the next n connections fail, and no more than those.
func (s *stub) refuseDials(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = n
}

// refused says whether the next dial fails.
func (s *stub) refused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse == 0 {
		return false
	}
	s.refuse--
	return true
}

// of returns the calls to a method so far.
func (s *stub) of(method string) []recordedCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []recordedCall
	for _, c := range s.calls {
		if c.method == method {
			found = append(found, c)
		}
	}
	return found
}

func (s *stub) next(method string) (reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script[method]) == 0 {
		return reply{}, false
	}
	r := s.script[method][0]
	s.script[method] = s.script[method][1:]
	return r, true
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := recordedCall{method: path.Base(r.URL.Path), at: time.Since(s.start)}
	if !s.isEarly(c.method) {
		c.params = params(r)
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	n := len(s.calls)
	s.mu.Unlock()
	if r.URL.Path != "/bot"+s.token+"/"+c.method {
		panic("the stub was asked for a strange path")
	}
	do, scripted := s.next(c.method)
	if !scripted {
		do = s.usual(r.Context(), c.method, n)
	}
	if do.hold > 0 {
		select {
		case <-time.After(do.hold):
		case <-r.Context().Done():
		}
	}
	if do.drop {
		panic(http.ErrAbortHandler)
	}
	if do.after != "" {
		w.Header().Set("Retry-After", do.after)
	}
	if do.half {
		w.Header().Set("Content-Length", strconv.Itoa(len(do.body)))
		do.body = do.body[:len(do.body)/2]
	}
	w.WriteHeader(do.status)
	_, _ = io.WriteString(w, do.body)
	if do.half {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// isEarly says whether the next reply to a method comes before its parameters
// are read.
func (s *stub) isEarly(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.script[method]) > 0 && s.script[method][0].early
}

func (s *stub) usual(ctx context.Context, method string, n int) reply {
	switch method {
	case "getMe":
		id, _, _ := strings.Cut(s.token, ":")
		return ok(`{"id":` + id + `,"is_bot":true,"first_name":"Test","username":"test_of_ours_bot"}`)
	case "getWebhookInfo":
		return ok(`{"url":"","has_custom_certificate":false,"pending_update_count":0}`)
	case "sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageMedia":
		return ok(fmt.Sprintf(`{"message_id":%d,"date":1700000000,"chat":{"id":7,"type":"private"}}`, 1000+n))
	case "getMyCommands":
		return ok(`[]`)
	case "getMyDescription", "getMyShortDescription":
		return ok(`{}`)
	case "getUpdates":
		return s.hold(ctx)
	}
	return ok("true")
}

// hold is a long poll: it ends with a scripted answer, after 50 s, or with the caller.
func (s *stub) hold(ctx context.Context) reply {
	timer := time.NewTimer(50 * time.Second)
	defer timer.Stop()
	for {
		select {
		case <-s.pushed:
			if r, scripted := s.next("getUpdates"); scripted {
				return r
			}
		case <-timer.C:
			return ok(`[]`)
		case <-ctx.Done():
			return reply{drop: true}
		}
	}
}

// params reads a call's parameters, whichever of the two encodings it came in. An
// upload is its name and its content.
func params(r *http.Request) map[string]string {
	found := map[string]string{}
	body, _ := io.ReadAll(r.Body)
	kind, attrs, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		form, err := multipart.NewReader(bytes.NewReader(body), attrs["boundary"]).ReadForm(1 << 20)
		if err != nil {
			panic(err)
		}
		for name, values := range form.Value {
			found[name] = strings.Join(values, "|")
		}
		for name, files := range form.File {
			found[name] = files[0].Filename + ": " + content(files[0])
		}
		return found
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields)
	for name, raw := range fields {
		found[name] = string(raw)
	}
	return found
}

func content(h *multipart.FileHeader) string {
	f, err := h.Open()
	if err != nil {
		panic(err)
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		panic(err)
	}
	return string(all)
}
