package telegram

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// pageFixture is a server whose page is mounted under a prefix, as the demo does.
type pageFixture struct {
	*fixture
	url string
}

func startPage(t *testing.T) *pageFixture {
	r := startServer(t)
	ts := httptest.NewServer(http.StripPrefix("/some/chat", r.Page()))
	t.Cleanup(ts.Close)
	t.Cleanup(r.Close) // before the page's server, which waits for its streams
	return &pageFixture{fixture: r, url: ts.URL + "/some/chat"}
}

func (r *pageFixture) get(path string) (*http.Response, string) {
	r.t.Helper()
	resp, err := r.http.Get(r.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, string(body)
}

func (r *pageFixture) post(path, body string, headers ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(out)
}

// stream reads server-sent events: each call returns the next one and its id.
func (r *pageFixture) stream(path, last string) func() (pageEvent, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", last)
	resp, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewReader(resp.Body)
	return func() (d pageEvent, id string) {
		r.t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				r.t.Fatalf("stream: %v", err)
			}
			if v, ok := strings.CutPrefix(line, "id: "); ok {
				id = strings.TrimSpace(v)
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(v), &d); err != nil {
					r.t.Fatalf("event %s: %v", v, err)
				}
				return d, id
			}
		}
	}
}

func TestPageServesItself(t *testing.T) {
	r := startPage(t)
	resp, body := r.get("")
	if resp.Request.URL.Path != "/some/chat/" || !strings.Contains(body, `id="composer"`) {
		t.Errorf("page at %s: %s", resp.Request.URL, body)
	}
	if csp := resp.Header.Get("Content-Security-Policy"); csp != pageCSP {
		t.Errorf("policy %q", csp)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(body, -1) {
		if resp, _ := r.get("/" + m[1]); resp.StatusCode != 200 || strings.Contains(m[1], ":") || strings.HasPrefix(m[1], "/") {
			t.Errorf("%s: %s", m[1], resp.Status)
		}
	}
	for _, name := range []string{"chat.js", "message.js", "text.js", "rich.js"} {
		_, script := r.get("/" + name)
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(script, bad) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
	}
	if found := regexp.MustCompile(`\son[a-z]+=|style=`).FindString(body); found != "" {
		t.Errorf("the page has an inline handler or style: %q", found)
	}
}

func TestPagePosts(t *testing.T) {
	r := startPage(t)
	if _, body := r.get("/api/people"); body != `[{"id":5000001,"name":"Asha"},{"id":5000002,"name":"Ravi"}]` {
		t.Errorf("people: %s", body)
	}
	for _, tc := range []struct {
		path, body string
		headers    []string
		want       int
	}{
		{"/api/send", `{"person":5000001,"text":"/start"}`, nil, 200},
		{"/api/send", `{"person":5000001,"text":"x"}`, []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"/api/send", `{"person":5000001,"text":"x"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/send", `{"person":5000001,"text":"x"}`, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"/api/send", `{"person":5000001,"text":"x"}`, []string{"Origin", "https://example.org"}, 403},
		{"/api/send", `{"person":5000001,"text":"x"}`, []string{"Content-Type", "text/plain"}, 415},
		{"/api/send", `person=1`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"/api/send", `{"person":5000001,"text":" "}`, nil, 400},
		{"/api/send", `{"person":5000001,"txt":"x"}`, nil, 400},
		{"/api/send", `{"person":1,"text":"x"}`, nil, 404},
		{"/api/send", `{"person":5000001,"text":"` + strings.Repeat("x", maxPost) + `"}`, nil, 400},
		{"/api/press", `{"person":5000001,"message":1,"data":"x"}`, nil, 409},
		{"/api/press", `{"person":1,"message":1,"data":"x"}`, nil, 404},
		{"/api/block", `{"person":1}`, nil, 404},
		{"/api/block", `{"person":5000002,"blocked":true}`, nil, 200},
		{"/api/people", `{"first_name":"Mira"}`, nil, 200},
		{"/api/people", `{"first_name":" "}`, nil, 400},
	} {
		if code, body := r.post(tc.path, tc.body, tc.headers...); code != tc.want {
			t.Errorf("%s %.60s %v: %d %s, want %d", tc.path, tc.body, tc.headers, code, body, tc.want)
		}
	}
	if _, body := r.get("/api/people"); !strings.Contains(body, `{"id":5000003,"name":"Mira"}`) {
		t.Errorf("people: %s", body)
	}
	if n := len(r.User(5000001, "").Chat()); n != 2 {
		t.Errorf("%d messages came through", n)
	}
	if resp, _ := r.get("/api/events?person=1"); resp.StatusCode != 404 {
		t.Errorf("events of nobody: %s", resp.Status)
	}
}

func TestPageStream(t *testing.T) {
	r := startPage(t)
	const asha = 5000001
	next := r.stream("/api/events?person=5000001", "")
	if d, _ := next(); !d.Reset || len(d.Messages) != 0 || d.Bot.Username != "kite_demo_bot" {
		t.Errorf("first event %+v", d)
	}
	r.post("/api/send", `{"person":5000001,"text":"/start"}`)
	d, seen := next()
	if d.Reset || len(d.Messages) != 1 || !d.Messages[0].Mine || d.Messages[0].Text != "/start" {
		t.Errorf("own message %+v", d)
	}
	id := r.sendText(params{"chat_id": asha, "text": "x", "protect_content": true, "disable_notification": true, "reply_markup": keyboard([]any{button("Go", "callback_data", "go")})})
	if d, _ := next(); len(d.Messages) != 1 || d.Messages[0].Mine || !d.Messages[0].Protected || !d.Messages[0].Silent || d.Messages[0].Keyboard[0][0].Data != "go" {
		t.Errorf("the bot's message %+v", d)
	}
	r.post("/api/press", string(marshal(params{"person": asha, "message": id, "data": "go"})))
	d, _ = next()
	if len(d.Presses) != 1 || d.Presses[0].Answered || d.Presses[0].Message != id {
		t.Fatalf("press %+v", d)
	}
	r.must("answerCallbackQuery", params{"callback_query_id": d.Presses[0].Query, "text": "Done"})
	if d, _ := next(); len(d.Presses) != 1 || !d.Presses[0].Answered || d.Presses[0].Text != "Done" || len(d.Messages) != 0 {
		t.Errorf("answer %+v", d)
	}
	r.must("sendChatAction", params{"chat_id": asha, "action": "typing"})
	if d, _ := next(); d.Action != "typing" || d.ActionMS != shownFor.Milliseconds() {
		t.Errorf("typing %+v", d)
	}
	r.must("deleteMessage", params{"chat_id": asha, "message_id": id})
	if d, _ := next(); len(d.Gone) != 1 || d.Gone[0] != id {
		t.Errorf("deletion %+v", d)
	}
	// A page that was away since the first message gets what it missed, one of another server starts anew.
	if d, _ := r.stream("/api/events?person=5000001", seen)(); d.Reset || len(d.Messages) != 0 || len(d.Gone) != 1 || len(d.Presses) != 1 {
		t.Errorf("after coming back: %+v", d)
	}
	if d, _ := r.stream("/api/events?person=5000001", "other-3")(); !d.Reset || len(d.Messages) != 1 || len(d.Gone)+len(d.Presses) != 0 {
		t.Errorf("of another server: %+v", d)
	}
	// The other person sees nothing of it.
	if d, _ := r.stream("/api/events?person=5000002", "")(); len(d.Messages)+len(d.Gone)+len(d.Presses) != 0 {
		t.Errorf("the other person's chat: %+v", d)
	}
}

func TestPageFiles(t *testing.T) {
	r := startPage(t)
	p := r.User(5000001, "")
	p.Send("/start")
	image := picture(t, 4, 4)
	r.upload("sendPhoto", params{"chat_id": p.ID}, map[string][]byte{"photo": image})
	photo := p.Last().Photo.ID
	r.upload("sendDocument", params{"chat_id": p.ID}, map[string][]byte{"document": []byte("<script>x</script>")})
	doc := p.Last().Document.ID
	resp, body := r.get("/api/file?person=5000001&id=" + photo)
	if resp.Header.Get("Content-Type") != "image/png" || !bytes.Equal([]byte(body), image) {
		t.Errorf("photo: %v", resp.Header)
	}
	resp, _ = r.get("/api/file?person=5000001&id=" + doc)
	if resp.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("document: %v", resp.Header)
	}
	for _, path := range []string{"/api/file?person=5000002&id=" + photo, "/api/file?person=5000001&id=x", "/api/file"} {
		if resp, _ := r.get(path); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}
