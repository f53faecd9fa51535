package telegram

import (
	"context"
	"math/rand/v2"
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
	// Token is the one bot token accepted. Any other is answered with 401 Unauthorized; an empty one lets nobody in.
	Token string
	// Username is the bot's user name without "@"; empty means "kite_demo_bot".
	Username string
	// Name is the bot's first name, shown as the page's title; empty means "Kite demo".
	Name string
	// Now tells the time for message dates, the age of callback queries, flood control and the 48 hours of
	// deleteMessage. Nil means time.Now.
	Now func() time.Time
	// After makes the channel behind a webhook's retry and a fault's delay. Nil means time.After.
	After func(time.Duration) <-chan time.Time
	// Dial makes the connections to a webhook. Nil means the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Server is a Bot API server for one bot, with the people who talk to it. It is an http.Handler for
// /bot<TOKEN>/<method>. All its methods may be called from any goroutine.
type Server struct {
	opts    Options
	bot     wireUser
	methods map[string]method
	client  *http.Client // posts to the webhook
	closed  chan struct{}
	epoch   string         // tells this server from one before, for pages that come back
	workers sync.WaitGroup // the webhook's goroutine

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced whenever the state below changes
	rev        int64         // counts changes a page may have to show
	chats      map[int64]*chat
	users      map[int64]*User
	userIDs    []int64 // people in the order they appeared
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

// New returns a server that knows nobody yet.
func New(o Options) *Server {
	if o.Username == "" {
		o.Username = "kite_demo_bot"
	}
	if o.Name == "" {
		o.Name = "Kite demo"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	s := &Server{
		opts:      o,
		bot:       wireUser{ID: botID(o.Token), IsBot: true, FirstName: o.Name, Username: o.Username},
		methods:   methodTable(),
		client:    newHookClient(o),
		closed:    make(chan struct{}),
		epoch:     strconv.FormatUint(rand.Uint64(), 36),
		changed:   make(chan struct{}),
		chats:     map[int64]*chat{},
		users:     map[int64]*User{},
		queries:   map[string]*CallbackQuery{},
		profile:   profile{commands: map[string][]Command{}},
		updates:   updateQueue{next: 1, kinds: defaultKinds()},
		rateLimit: rateLimit{until: map[string]time.Time{}},
	}
	return s
}

// botID is the number a token begins with: on Telegram it is the bot's user id.
func botID(token string) int64 {
	digits, _, _ := strings.Cut(token, ":")
	if id, err := strconv.ParseInt(digits, 10, 64); err == nil && id > 0 {
		return id
	}
	return 7000000001
}

// Close ends long polls, page streams, waiting tests and the webhook's deliveries, and waits for the latter.
// The server answers nothing sensible afterwards. Closing twice is harmless.
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

// ServeHTTP answers /bot<TOKEN>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, name, ok := splitPath(r.URL.Path)
	switch {
	case !ok:
		writeError(w, &apiError{Code: http.StatusNotFound, Description: "Not Found"})
		return
	case !s.accepts(token):
		writeError(w, &apiError{Code: http.StatusUnauthorized, Description: "Unauthorized"})
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		writeError(w, &apiError{Code: http.StatusMethodNotAllowed, Description: "Method Not Allowed"})
		return
	}
	c, err := readCall(w, r, name)
	if err != nil {
		s.mu.Lock()
		s.violation("%s: unreadable request: %s", name, err.Description)
		s.record(&call{name: name, now: s.opts.Now()}, nil, err, false)
		s.mu.Unlock()
		writeError(w, err)
		return
	}
	c.now = s.opts.Now()
	s.serve(w, c)
}

// splitPath takes "/bot<token>/<method>" apart.
func splitPath(path string) (token, method string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/bot")
	if !ok {
		return "", "", false
	}
	token, method, ok = strings.Cut(rest, "/")
	return token, method, ok && token != "" && method != "" && !strings.Contains(method, "/")
}

// accepts tells the bot's token of today from any other.
func (s *Server) accepts(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Token != "" && token == s.opts.Token
}

// serve answers one readable call, with the fault that the test ordered for it, if any.
func (s *Server) serve(w http.ResponseWriter, c *call) {
	f := s.takeFault(c)
	if f != nil && !s.waitDelay(c, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if f != nil && f.Drop == DropBefore {
		s.recordCall(c, nil, &apiError{Description: "connection dropped before processing"}, true)
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
	}
	if f != nil && f.refuses() {
		err := f.apiError()
		s.refuse(c, err)
		f.write(w, err)
		return
	}
	result, err := s.process(c)
	s.recordCall(c, result, err, f != nil)
	if f != nil && f.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	if f != nil && f.Drop == DropHalf {
		writeHalf(w, result, err)
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeResult(w, result)
}

// process runs the method. Everything but getUpdates runs under the lock, so calls see each other's effects whole.
func (s *Server) process(c *call) (any, *apiError) {
	m, ok := s.methods[strings.ToLower(c.name)]
	s.mu.Lock()
	if !ok {
		s.violation("%s: the simulator has no such method", c.name)
		s.mu.Unlock()
		return nil, &apiError{Code: http.StatusNotFound, Description: "Not Found: method not found"}
	}
	if err := s.checkParams(m, c); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if m.waits != nil {
		s.checkEarly(c)
		s.mu.Unlock()
		return m.waits(s, c)
	}
	defer s.mu.Unlock()
	if err := s.checkRate(m, c); err != nil {
		return nil, err
	}
	return m.run(s, c)
}

// checkParams notes and refuses parameters that the simulator does not know. Telegram ignores those that it does not
// know either, but they are typing errors; what the others do would be lost here.
func (s *Server) checkParams(m method, c *call) (refused *apiError) {
	for name := range c.params {
		if !slices.Contains(m.params, name) {
			s.violation("%s: unknown parameter %q", c.name, name)
			refused = badRequest("the simulator does not know the parameter %s of %s", name, c.name)
		}
	}
	for name := range c.files {
		if !slices.Contains(m.params, name) && !c.attaches(name) {
			s.violation("%s: file part %q is not referred to", c.name, name)
			refused = badRequest("the simulator does not know the file %s of %s", name, c.name)
		}
	}
	for _, name := range c.repeated {
		s.violation("%s: parameter %q given twice", c.name, name)
	}
	return refused
}

// violation notes something that a correct bot never does. The caller holds the lock.
func (s *Server) violation(format string, args ...any) {
	s.violations = append(s.violations, sprintf(format, args...))
}

// notify wakes everybody who waits for a change. The caller holds the lock.
func (s *Server) notify() {
	s.rev++
	close(s.changed)
	s.changed = make(chan struct{})
}
