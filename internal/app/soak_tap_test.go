package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// tap stands before the simulated Telegram and reads all that a bot says: what
// was edited away later, too, and what Telegram refused. It searches each
// message for what is another person's and keeps a log of every chat.
type tap struct {
	t      *testing.T
	sim    http.Handler
	owners owners
	chats  map[int64]*chatLog // complete before the bot starts
}

func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	life, r := lifeOf(r)
	method := path.Base(r.URL.Path)
	posts := strings.HasPrefix(method, "send") && method != "sendChatAction" || strings.HasPrefix(method, "edit")
	if !posts {
		p.sim.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the bot was killed in the middle of its request
	}
	id, words, ok := read(r, body)
	chat := p.chats[id]
	if !ok || chat == nil {
		p.t.Errorf("%s to %d, who is nobody here: %s", method, id, words)
		http.Error(w, "nobody", http.StatusBadRequest)
		return
	}
	for _, f := range p.owners.others(words, chat.seed) {
		if !chat.excuses(f, words) {
			p.t.Errorf("person %d is shown %s: %s %s", chat.seed, f, method, words)
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &copying{ResponseWriter: w}
	p.sim.ServeHTTP(answer, r)
	chat.note(answer.copy.Bytes(), life)
}

// lifeOf takes "/life7" off the path of a request: a bot that is killed has an
// address of its own in each of its lives, since what it had sent may arrive
// when the next one is up.
func lifeOf(r *http.Request) (life int, bare *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/life")
	if !ok {
		return 0, r
	}
	number, rest, _ := strings.Cut(rest, "/")
	life, _ = strconv.Atoi(number)
	bare = r.Clone(r.Context())
	bare.URL.Path = "/" + rest
	return life, bare
}

// read takes a form apart: whom it is for, and everything in it that can be read.
func read(r *http.Request, body []byte) (chat int64, words string, ok bool) {
	form := r.Clone(r.Context())
	form.Body = io.NopCloser(bytes.NewReader(body))
	if form.ParseMultipartForm(int64(len(body))) != nil {
		return 0, "", false
	}
	defer form.MultipartForm.RemoveAll()
	var b strings.Builder
	for name, values := range form.MultipartForm.Value {
		if name != "chat_id" {
			b.WriteString(name + "=" + strings.Join(values, " ") + "\n")
		}
	}
	for name, files := range form.MultipartForm.File {
		for _, file := range files {
			b.WriteString(name + "=" + file.Filename + "\n")
			if strings.HasSuffix(file.Filename, ".png") {
				continue
			}
			f, err := file.Open()
			if err != nil {
				return 0, "", false
			}
			_, _ = io.Copy(&b, f) // from memory
			_ = f.Close()
		}
	}
	chat, err := strconv.ParseInt(form.FormValue("chat_id"), 10, 64)
	return chat, b.String(), err == nil
}

// copying keeps what is answered.
type copying struct {
	http.ResponseWriter
	copy bytes.Buffer
}

func (c *copying) Write(p []byte) (int, error) {
	c.copy.Write(p)
	return c.ResponseWriter.Write(p)
}

// said is one thing that appeared in a chat: a message, or a new version of one.
type said struct {
	ID      int64    `json:"message_id"`
	Edited  int64    `json:"edit_date"`
	Text    string   `json:"text"`
	Caption string   `json:"caption"`
	Markup  keyboard `json:"reply_markup"`
	At      time.Time
	Life    int // of the process that said it
}

type keyboard struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Text string `json:"text"`
	URL  string `json:"url"`
	Data string `json:"callback_data"`
}

// key returns the first button that is wanted.
func (s said) key(want func(key) bool) (key, bool) {
	for _, row := range s.Markup.Rows {
		for _, k := range row {
			if want(k) {
				return k, true
			}
		}
	}
	return key{}, false
}

// link is the login link of a message, "" if it has none.
func (s said) link() string {
	k, _ := s.key(func(k key) bool { return k.URL != "" && k.Text == "Log in to Kite" })
	return k.URL
}

// chatLog is all that appeared in one chat, in order.
type chatLog struct {
	seed     int64
	operator bool // is shown who the others are, never a figure of theirs

	mu        sync.Mutex
	said      []said
	news      chan struct{}   // closed and made anew with each entry
	asked     map[string]bool // symbols of others that this person named
	intruders map[int64]bool  // whose browser finished a link of this person's
}

func newChatLog(seed int64) *chatLog {
	return &chatLog{seed: seed, news: make(chan struct{}), asked: map[string]bool{}, intruders: map[int64]bool{}}
}

// note adds what Telegram answered, if that is a message.
func (c *chatLog) note(answer []byte, life int) {
	var a struct {
		OK     bool `json:"ok"`
		Result said `json:"result"`
	}
	if json.Unmarshal(answer, &a) != nil || !a.OK {
		return
	}
	a.Result.At, a.Result.Life = time.Now(), life
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, a.Result)
	close(c.news)
	c.news = make(chan struct{})
}

func (c *chatLog) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.said)
}

func (c *chatLog) all() []said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said[:len(c.said):len(c.said)]
}

// next returns the first entry from number `from` on, waiting for it if need be.
func (c *chatLog) next(ctx context.Context, from int) (said, bool) {
	for {
		c.mu.Lock()
		news := c.news
		if len(c.said) > from {
			defer c.mu.Unlock()
			return c.said[from], true
		}
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return said{}, false
		}
	}
}

// excuses says that somebody else's name may stand there: a symbol that the
// person asked for, since prices are public; or who it was that got in between,
// in the words made for that. Never a figure.
func (c *chatLog) excuses(f finding, words string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.operator {
		return !f.figure || f.what == strconv.FormatInt(telegramID(f.seed), 10)
	}
	if f.figure || c.asked[f.what] {
		return !f.figure
	}
	told := false
	for _, sentence := range []string{"Your login was taken over", "Another Kite account logged in", "I turned "} {
		told = told || strings.Contains(words, sentence)
	}
	return told && c.intruders[f.seed]
}

// symbols are what somebody may name in a button's data.
var symbols = regexp.MustCompile(`S\d+H\d+`)

// ask notes that this person names what stands in the data of a button.
func (c *chatLog) ask(data string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, symbol := range symbols.FindAllString(data, -1) {
		c.asked[symbol] = true
	}
}

func (c *chatLog) intruder(seed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.intruders[seed] = true
}
