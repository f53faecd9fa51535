package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// soakPerson is a person in a soak, with a Kite account that is theirs alone.
type soakPerson struct {
	*simtg.User
	bot      *soakBot
	chat     *chatLog
	user     string // at Kite
	headline string // of /holdings
	logins   atomic.Int64
	reported atomic.Int64 // intrusions that the bot told this person of
	right    atomic.Int64 // answers with this person's figures

	mu      sync.Mutex
	links   map[int64]string // those that this person finished, by the message that had them
	oldLink string           // the newest of them that the bot took for a login
}

func newSoakPerson(b *soakBot, seed int64, a sample.Account) *soakPerson {
	p := &soakPerson{chat: newChatLog(seed), links: map[int64]string{}, bot: b, user: a.UserID(), headline: totalsOf(a).headline()}
	p.User = b.tg.User(telegramID(seed), a.Profile.UserShortname)
	return p
}

// dice are a person's own, so that one person's luck does not change another's.
func (p *soakPerson) dice(phone int) *rand.Rand {
	return rand.New(rand.NewPCG(p.bot.st.seed, uint64(p.chat.seed)<<8|uint64(phone)))
}

// browse finishes a login link as a Kite user. The link may be too old for it.
func (p *soakPerson) browse(ctx context.Context, link, user string) bool {
	status, _ := p.bot.st.kite.CompleteLogin(ctx, link, user)
	return status == http.StatusOK
}

// finish logs in through the link of a message and presses Done. The answer
// comes as an edit, and with it what waited for the login.
func (p *soakPerson) finish(ctx context.Context, m post) bool {
	p.logins.Add(1)
	if !p.browse(ctx, m.link(), p.user) {
		return false
	}
	p.mu.Lock()
	p.links[m.ID] = m.link()
	p.mu.Unlock()
	if done, ok := m.key(func(k key) bool { return k.Text == "Done" }); ok {
		p.PressForged(m.ID, done.Data) // the message may have lost it by now
	}
	return true
}

// see notes where a message says that one of this person's links became a login.
func (p *soakPerson) see(m post) {
	p.mu.Lock()
	defer p.mu.Unlock()
	link := p.links[m.ID]
	if link != "" && strings.Contains(m.Text, "Logged in as") && strings.Contains(m.Text, "("+p.user+")") {
		p.oldLink = link
	}
}

// tries bounds how often a person asks for their holdings when all is quiet.
const tries = 6

// settle asks for the holdings and does what the bot says until they are there,
// right: at once where the login held, after a new login where it did not.
func (p *soakPerson) settle(ctx context.Context) error {
	from := p.chat.len()
	p.Send("/holdings")
	for range tries {
		if !p.waitAnswered(ctx, from) {
			return fmt.Errorf("%s gets no answer; the chat:\n%s", p.user, p.transcript())
		}
		news := p.chat.all()[from:]
		from += len(news)
		for _, m := range news {
			p.see(m)
		}
		if slices.ContainsFunc(news, p.holdings) {
			p.right.Add(1)
			return nil
		}
		if !slices.ContainsFunc(news, func(m post) bool { return p.follow(ctx, m) }) {
			p.Send("/holdings")
		}
	}
	return fmt.Errorf("%s asked %d times and gets no holdings; the chat:\n%s", p.user, tries, p.transcript())
}

// waitAnswered waits until all that was sent so far is answered: a person's updates are
// answered in their order.
func (p *soakPerson) waitAnswered(ctx context.Context, from int) bool {
	p.Send("/help")
	for ; ; from++ {
		m, ok := p.chat.next(ctx, from)
		if !ok || strings.Contains(m.Text, "What I can do") || m.givesUp() && strings.Contains(m.Text, "/help.") {
			return ok
		}
	}
}

// holdings says that a message shows this person's holdings.
func (p *soakPerson) holdings(m post) bool { return strings.Contains(m.Text, p.headline) }

// follow does what a message asks for: it reports whether something will come of
// that by itself.
func (p *soakPerson) follow(ctx context.Context, m post) bool {
	if m.link() != "" {
		return p.finish(ctx, m)
	}
	k, ok := m.key(func(k key) bool {
		return strings.HasPrefix(k.Data, "login:drop:") || strings.HasPrefix(k.Data, "login:new")
	})
	if ok {
		p.PressForged(m.ID, k.Data)
	}
	return ok
}

// transcript is the end of a chat, in the first line of each message.
func (p *soakPerson) transcript() string {
	var lines []string
	for _, m := range p.Chat() {
		line, _, _ := strings.Cut(m.String(), "\n")
		lines = append(lines, line)
	}
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// forAll runs something for all people concurrently and reports what failed.
func forAll(persons []*soakPerson, do func(*soakPerson) error) []error {
	errs := make([]error, len(persons))
	var wg sync.WaitGroup
	for i, p := range persons {
		wg.Go(func() { errs[i] = do(p) })
	}
	wg.Wait()
	var failed []error
	for _, err := range errs {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// recorder stands before the simulated Telegram and reads all that a bot says: what
// was edited away later, too, and what Telegram refused. It searches each
// message for what is another person's and keeps a log of every chat.
type recorder struct {
	t      *testing.T
	sim    http.Handler
	owners owners
	chats  map[int64]*chatLog // complete before the bot starts
}

func (p *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
type post struct {
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
func (s post) key(want func(key) bool) (key, bool) {
	for _, row := range s.Markup.Rows {
		for _, k := range row {
			if want(k) {
				return k, true
			}
		}
	}
	return key{}, false
}

// givesUp says that the bot may not have done what a person asked: two kills in short
// order came over it.
func (s post) givesUp() bool {
	return strings.HasPrefix(s.Text, "Sorry, I was restarted twice while I worked on ")
}

// link is the login link of a message, "" if it has none.
func (s post) link() string {
	k, _ := s.key(func(k key) bool { return k.URL != "" && k.Text == "Log in to Kite" })
	return k.URL
}

// chatLog is all that appeared in one chat, in order.
type chatLog struct {
	seed     int64
	operator bool // is shown who the others are, never a figure of theirs

	mu        sync.Mutex
	post      []post
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
		Result post `json:"result"`
	}
	if json.Unmarshal(answer, &a) != nil || !a.OK {
		return
	}
	a.Result.At, a.Result.Life = time.Now(), life
	c.mu.Lock()
	defer c.mu.Unlock()
	c.post = append(c.post, a.Result)
	close(c.news)
	c.news = make(chan struct{})
}

func (c *chatLog) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.post)
}

func (c *chatLog) all() []post {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.post[:len(c.post):len(c.post)]
}

// next returns the first entry from number `from` on, waiting for it if need be.
func (c *chatLog) next(ctx context.Context, from int) (post, bool) {
	for {
		c.mu.Lock()
		news := c.news
		if len(c.post) > from {
			defer c.mu.Unlock()
			return c.post[from], true
		}
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return post{}, false
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
