package app_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// soaker is somebody in a soak, with a Kite account that is theirs alone.
type soaker struct {
	*simtg.User
	bot      *soakBot
	chat     *chatLog
	user     string // at Kite
	headline string // of /holdings
	logins   atomic.Int64
	foiled   atomic.Int64 // intrusions that the bot told this person of
	right    atomic.Int64 // answers with this person's figures

	mu      sync.Mutex
	links   map[int64]string // those that this person finished, by the message that had them
	oldLink string           // the newest of them that the bot took for a login
}

func newSoaker(b *soakBot, seed int64, a sample.Account) *soaker {
	p := &soaker{chat: newChatLog(seed), links: map[int64]string{}, bot: b, user: a.UserID(), headline: totalsOf(a).headline()}
	p.User = b.tg.User(telegramID(seed), a.Profile.UserShortname)
	return p
}

// dice are a person's own, so that one person's luck does not change another's.
func (p *soaker) dice(phone int) *rand.Rand {
	return rand.New(rand.NewPCG(p.bot.st.seed, uint64(p.chat.seed)<<8|uint64(phone)))
}

// browse finishes a login link as a Kite user, without a look at the page that
// offers all of them. The link may be too old for it.
func (p *soaker) browse(ctx context.Context, link, user string) bool {
	link, ok := p.passNotice(ctx, link)
	if !ok {
		return false
	}
	form := strings.NewReader(url.Values{"user_id": {user}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, form)
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	page, err := p.bot.st.browser.Do(r)
	if err != nil {
		return false // Kite was restarted just now
	}
	_ = page.Body.Close()
	return page.StatusCode == http.StatusOK
}

// passNotice opens a login link and returns where its page leads on to.
func (p *soaker) passNotice(ctx context.Context, link string) (string, bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", false
	}
	resp, err := p.bot.st.browser.Do(r)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	next := kiteLogin.FindSubmatch(page)
	if err != nil || resp.StatusCode != http.StatusOK || next == nil {
		return "", false
	}
	return html.UnescapeString(string(next[1])), true
}

var kiteLogin = regexp.MustCompile(`href="([^"]+/connect/login[^"]+)"`)

// finish logs in through the link of a message and presses Done. The answer
// comes as an edit, and with it what waited for the login.
func (p *soaker) finish(ctx context.Context, m said) bool {
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
func (p *soaker) see(m said) {
	p.mu.Lock()
	defer p.mu.Unlock()
	link := p.links[m.ID]
	if link != "" && strings.Contains(m.Text, "Logged in as") && strings.Contains(m.Text, "("+p.user+")") {
		p.oldLink = link
	}
}

// tries bounds how often somebody asks for their holdings when all is quiet.
const tries = 6

// settle asks for the holdings and does what the bot says until they are there,
// right: at once where the login held, after a new login where it did not.
func (p *soaker) settle(ctx context.Context) error {
	from := p.chat.len()
	p.Send("/holdings")
	for range tries {
		if !p.fence(ctx, from) {
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
		if !slices.ContainsFunc(news, func(m said) bool { return p.obey(ctx, m) }) {
			p.Send("/holdings")
		}
	}
	return fmt.Errorf("%s asked %d times and gets no holdings; the chat:\n%s", p.user, tries, p.transcript())
}

// fence waits until all that was sent so far is answered: a person's updates are
// answered in their order.
func (p *soaker) fence(ctx context.Context, from int) bool {
	p.Send("/help")
	for ; ; from++ {
		m, ok := p.chat.next(ctx, from)
		if !ok || strings.Contains(m.Text, "What I can do") {
			return ok
		}
	}
}

// holdings says that a message shows this person's holdings.
func (p *soaker) holdings(m said) bool { return strings.Contains(m.Text, p.headline) }

// obey does what a message asks for: it reports whether something will come of
// that by itself.
func (p *soaker) obey(ctx context.Context, m said) bool {
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
func (p *soaker) transcript() string {
	var lines []string
	for _, m := range p.Chat() {
		line, _, _ := strings.Cut(m.String(), "\n")
		lines = append(lines, line)
	}
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// together runs something for everybody side by side and reports what failed.
func together(crowd []*soaker, do func(*soaker) error) []error {
	errs := make([]error, len(crowd))
	var wg sync.WaitGroup
	for i, p := range crowd {
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
