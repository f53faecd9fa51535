package telegram

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// methodTable lists what the simulator implements, by lower-case name: Telegram does not look at case.
func methodTable() map[string]method {
	sending := []string{"chat_id", "disable_notification", "protect_content", "reply_markup"}
	editing := []string{"chat_id", "message_id", "reply_markup"}
	captioned := []string{"caption", "parse_mode"}
	texting := []string{"text", "parse_mode", "link_preview_options"}
	webhook := []string{"url", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token"}
	join := slices.Concat[[]string]
	return map[string]method{
		"getme":          {run: getMe},
		"getupdates":     {params: []string{"offset", "limit", "timeout", "allowed_updates"}, waits: getUpdates},
		"setwebhook":     {params: webhook, run: setWebhook},
		"deletewebhook":  {params: []string{"drop_pending_updates"}, run: deleteWebhook},
		"getwebhookinfo": {run: getWebhookInfo},

		"sendmessage":     {params: join(sending, texting), run: sendMessage, posts: true},
		"sendphoto":       {params: join(sending, captioned, []string{"photo"}), run: sendPhoto, posts: true},
		"senddocument":    {params: join(sending, captioned, []string{"document"}), run: sendDocument, posts: true},
		"sendrichmessage": {params: join(sending, []string{"rich_message"}), run: sendRichMessage, posts: true},
		"sendchataction":  {params: []string{"chat_id", "action"}, run: sendChatAction, shows: true},

		"editmessagetext":     {params: join(editing, texting, []string{"rich_message"}), run: editMessageText, posts: true},
		"editmessagemedia":    {params: join(editing, []string{"media"}), run: editMessageMedia, posts: true},
		"deletemessage":       {params: []string{"chat_id", "message_id"}, run: deleteMessage},
		"answercallbackquery": {params: []string{"callback_query_id", "text"}, run: answerCallbackQuery, shows: true},

		"setmycommands":         {params: []string{"commands", "scope"}, run: setMyCommands},
		"getmycommands":         {params: []string{"scope"}, run: getMyCommands},
		"deletemycommands":      {params: []string{"scope"}, run: deleteMyCommands},
		"setmydescription":      {params: []string{"description"}, run: setMyDescription},
		"getmydescription":      {run: getMyDescription},
		"setmyshortdescription": {params: []string{"short_description"}, run: setMyShortDescription},
		"getmyshortdescription": {run: getMyShortDescription},
	}
}

func getMe(s *Server, _ *call) (any, *apiError) {
	return wireMe{wireUser: s.bot, CanJoinGroups: true}, nil
}

// New returns a server without users.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	s := &Server{
		opts:      o,
		bot:       wireUser{ID: botID(o.Token), IsBot: true, FirstName: "Kite demo", Username: "kite_demo_bot"},
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
		s.record(&call{name: name, now: s.opts.Now()}, err)
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

// accepts reports whether token is the bot's present one.
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
		s.recordCall(c, &apiError{Description: "connection dropped before processing"})
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
	}
	if f != nil && f.refuses() {
		err := f.apiError()
		s.refuse(c, err)
		f.write(w, err)
		return
	}
	result, err := s.process(c)
	s.recordCall(c, err)
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

func (s *Server) takeFault(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		chat := f.Chat == 0 || c.params["chat_id"] == strconv.FormatInt(f.Chat, 10)
		if !chat || f.Method != "" && !strings.EqualFold(f.Method, c.name) {
			continue
		}
		f.Times--
		if f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f
	}
	return nil
}

// waitDelay waits for the fault's time; false means the client or the server gave up before.
func (s *Server) waitDelay(c *call, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-s.opts.After(d):
		return true
	case <-c.ctx.Done():
	case <-s.closed:
	}
	return false
}

// refuse records a call that a fault answered, and from when on the next one is welcome.
func (s *Server) refuse(c *call, err *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkEarly(c)
	if err.RetryAfter > 0 {
		s.setRetryAfter(c, err.RetryAfter)
	}
	s.record(c, err)
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
