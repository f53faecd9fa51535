package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options configures a [Server]. The zero value is a server that accepts no token at all.
type Options struct {
	// Token is the one bot token accepted. Any other is answered with 401 Unauthorized; an empty one is never accepted.
	Token string
	// Now is the clock for message dates, the age of callback queries, flood control and the 48 hours of deleteMessage.
	// Nil means time.Now.
	Now func() time.Time
	// After makes the channel behind a webhook's retry and a fault's delay. Nil means time.After.
	After func(time.Duration) <-chan time.Time
	// Dial makes the connections to a webhook. Nil means the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// User is a Telegram account. Its private chat with the bot has the same id.
type User struct {
	ID        int64
	FirstName string

	s *Server
}

// CallbackQuery is one press of an inline button: a callback query and its answer.
type CallbackQuery struct {
	ID        string
	UpdateID  int64
	MessageID int64
	Data      string

	s          *Server
	chat       int64
	from       int64
	at         time.Time
	done       chan struct{}
	answerText string
	rev        int64
	answered   bool
}

// method is one Bot API method: the parameters that the simulator knows and what it does. run is called with the lock
// held; waits is called without it, for the one method that blocks.
type method struct {
	params []string
	run    func(*Server, *call) (any, *apiError)
	waits  func(*Server, *call) (any, *apiError)
	// posts marks methods that put something into a chat: the ones that flood control and retry_after are about.
	posts bool
	// shows marks the other methods that a person sees something of.
	shows bool
}

// Server is a Bot API server for one bot and its users. It is an http.Handler for /bot<TOKEN>/<method>. All its methods
// may be called from any goroutine.
type Server struct {
	opts    Options
	bot     wireUser
	methods map[string]method
	client  *http.Client // posts to the webhook
	closed  chan struct{}
	epoch   string         // distinguishes this server from an earlier one, for pages that reconnect
	workers sync.WaitGroup // the webhook's goroutine

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced whenever the state below changes
	rev        int64         // counts changes a page may have to show
	chats      map[int64]*chat
	users      map[int64]*User
	userIDs    []int64 // users in the order they appeared
	queries    map[string]*CallbackQuery
	nextQuery  int64
	files      int // how many were uploaded
	profile    profile
	updates    updateQueue
	hook       *webhook
	nextHook   time.Time // when setWebhook may be called again
	faults     []*Fault
	rateLimit  rateLimit
	calls      []Call
	violations []string
}

func (s *Server) stopHook() {
	if s.hook != nil {
		s.hook.stop()
		s.hook = nil
	}
}

// Close ends long polls, page streams, waiting tests and the webhook's deliveries, and waits for the latter. The server
// answers nothing sensible afterwards. Closing twice is harmless.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	s.stopHook()
	s.mu.Unlock()
	s.workers.Wait()
	s.client.CloseIdleConnections()
}

// stopPoll ends the waiting request, if there is one. The caller holds the lock.
func (s *Server) stopPoll(reason *apiError) {
	if p := s.updates.poll; p != nil {
		p.reason = reason
		close(p.over)
		s.updates.poll = nil
	}
}

// setAllowedUpdates stores allowed_updates if the call names them. An empty list means the default.
func (s *Server) setAllowedUpdates(c *call) *apiError {
	if !c.has("allowed_updates") || c.params["allowed_updates"] == "" {
		return nil
	}
	var kinds []string
	if err := s.object(c, "allowed_updates", &kinds); err != nil {
		return err
	}
	for _, kind := range kinds {
		if !slices.Contains(allKinds(), kind) {
			s.violation("%s: allowed_updates names %q, which is no kind of update", c.name, kind)
		}
	}
	if len(kinds) == 0 {
		kinds = defaultKinds()
	}
	s.updates.kinds = kinds
	return nil
}

// maxConfirmed is how many confirmed updates [Server.Redeliver] can give once more.
const maxConfirmed = 100

// keepConfirmed keeps the newest confirmed updates. The caller holds the lock.
func (s *Server) keepConfirmed(confirmed []queuedUpdate) {
	all := slices.Concat(s.updates.confirmed, confirmed)
	s.updates.confirmed = all[max(0, len(all)-maxConfirmed):]
}

// errClosed ends waits when the server is closed.
var errClosed = errors.New("the simulator was closed")

// wait blocks until ready, which is called with the lock held, returns true.
func (s *Server) wait(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := ready(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return errClosed
		}
	}
}

// notify wakes all waiters. The caller holds the lock.
func (s *Server) notify() {
	s.rev++
	close(s.changed)
	s.changed = make(chan struct{})
}

// violation notes something that a correct bot never does. The caller holds the lock.
func (s *Server) violation(format string, args ...any) {
	s.violations = append(s.violations, sprintf(format, args...))
}

// maxCalls bounds the memory of a demo that runs for weeks: the oldest recorded calls go first.
const maxCalls = 8000

// recordCall records the call and wakes those who wait for it.
func (s *Server) recordCall(c *call, err *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(c, err)
}

func (s *Server) record(c *call, err *apiError) {
	rec := Call{Method: c.name, Params: c.params, OK: err == nil, At: c.now}
	if err != nil {
		rec.Code = err.Code
	}
	if len(s.calls) >= maxCalls {
		s.calls = slices.Delete(s.calls, 0, maxCalls/2)
	}
	s.calls = append(s.calls, rec)
	s.notify()
}

// object decodes a JSON parameter into dst. Absent is fine and leaves dst alone. Fields that dst does not have are a
// violation: they are a typing error, or something that this simulator would silently lose.
func (s *Server) object(c *call, name string, dst any) *apiError {
	text := c.params[name]
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), dst); err != nil {
		s.violation("%s: %s is not valid JSON of its type: %v", c.name, name, err)
		return badRequest("can't parse %s JSON object", name)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		s.violation("%s: %s: %v", c.name, name, err)
	}
	return nil
}

// chat finds the chat that chat_id names and that the bot may write to.
func (s *Server) chat(c *call) (*chat, *apiError) {
	text := c.params["chat_id"]
	if text == "" {
		return nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	ch := s.chats[id]
	if err != nil || ch == nil || !ch.known {
		return nil, badRequest("chat not found")
	}
	return ch, nil
}

// openChat is chat, for methods that the other side can refuse.
func (s *Server) openChat(c *call) (*chat, *apiError) {
	ch, err := s.chat(c)
	switch {
	case err != nil:
		return nil, err
	case ch.blocked:
		return nil, &apiError{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	}
	return ch, nil
}

// sender is the sender with this id: the bot or a user.
func (s *Server) sender(id int64) *wireUser {
	if id == s.bot.ID {
		bot := s.bot
		return &bot
	}
	if p := s.users[id]; p != nil {
		u := p.wire()
		return &u
	}
	return nil
}

// wire is the message as Telegram sends it. The caller holds the lock.
func (s *Server) wire(ch *chat, m *Message) *wireMessage {
	w := &wireMessage{
		MessageID: m.ID, Chat: ch.wireChat, Date: m.Date.Unix(), From: s.sender(m.From),
		Protected: m.Protected, LinkPreview: m.preview, RichMessage: m.Rich,
	}
	if !m.Edited.IsZero() {
		w.EditDate = m.Edited.Unix()
	}
	if m.media() {
		w.Caption, w.CaptionEntity = m.Text, m.Entities
	} else {
		w.Text, w.Entities = m.Text, m.Entities
	}
	if m.Photo != nil {
		w.Photo = m.Photo.wirePhoto()
	}
	if m.Document != nil {
		w.Document = m.Document.wireDocument()
	}
	if len(m.Keyboard) > 0 {
		w.ReplyMarkup = wireBoard(m.Keyboard)
	}
	return w
}

// addMessage appends a message, gives it the next number and wakes all waiters. The caller holds the lock.
func (s *Server) addMessage(ch *chat, m *Message) *Message {
	ch.nextID++
	m.ID, m.Chat = ch.nextID, ch.ID
	m.Date = s.opts.Now()
	ch.messages = append(ch.messages, m)
	s.notify()
	m.rev = s.rev
	if m.FromBot {
		ch.until = time.Time{} // a message ends "typing…", as in every client
	}
	return m
}

// changedMessage marks a message as changed and wakes all waiters. The caller holds the lock.
func (s *Server) changedMessage(m *Message) {
	s.notify()
	m.rev = s.rev
}

// remove deletes a message from its chat. The caller holds the lock.
func (s *Server) remove(ch *chat, id int64) {
	ch.messages = slices.DeleteFunc(ch.messages, func(m *Message) bool { return m.ID == id })
	s.notify()
	ch.deleted = append(ch.deleted, deletion{id: id, rev: s.rev})
}

func (p *User) wire() wireUser {
	return wireUser{ID: p.ID, FirstName: p.FirstName, LanguageCode: "en"}
}

// chat is the person's private chat. The caller holds the lock.
func (p *User) chat() *chat { return p.s.chats[p.ID] }

func (s *Server) addUser(id int64, firstName string) *User {
	if p := s.users[id]; p != nil {
		return p
	}
	p := &User{ID: id, FirstName: firstName, s: s}
	s.users[id] = p
	s.userIDs = append(s.userIDs, id)
	s.chats[id] = &chat{wireChat: wireChat{ID: id, Type: "private", FirstName: firstName}}
	s.notify()
	return p
}
