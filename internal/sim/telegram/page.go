package telegram

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pageFiles is the page itself: one HTML file, a style sheet and a few scripts without any library.
//
//go:embed page
var pageFiles embed.FS

// pageCSP allows the page its own files and nothing else.
const pageCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// maxPost is how large the body of a request of the page may be.
const maxPost = 64 << 10

// firstUserID is the id of the first person that the page makes up.
const firstUserID = 5000001

// Page returns the chat as a web page, with the endpoints it lives on. All its addresses are relative, so that it can
// be mounted under any prefix with http.StripPrefix; the prefix has to end in a slash in the browser, and a request
// without one is redirected there. If there are no users yet, it adds Asha and Ravi. The page has no authentication: a
// visitor can act as any user.
//
// What changes something takes POST with a JSON body from a page of the same origin only.
func (s *Server) Page() http.Handler {
	s.mu.Lock()
	if len(s.userIDs) == 0 {
		s.addUser(firstUserID, "Asha")
		s.addUser(firstUserID+1, "Ravi")
	}
	s.mu.Unlock()
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/people", s.pagePeople)
	mux.HandleFunc("GET /api/events", s.pageEvents)
	mux.HandleFunc("GET /api/file", s.pageFile)
	mux.HandleFunc("POST /api/people", jsonPost(s.pageAddPerson))
	mux.HandleFunc("POST /api/send", jsonPost(s.pageSend))
	mux.HandleFunc("POST /api/press", jsonPost(s.pagePress))
	mux.HandleFunc("POST /api/block", jsonPost(s.pageBlock))
	return pageHeaders(http.NewCrossOriginProtection().Handler(mux))
}

// pageHeaders sets what every answer has, and leads a request for the mount point itself to its slash.
func pageHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pageCSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if r.URL.Path == "" {
			path, _, _ := strings.Cut(r.RequestURI, "?")
			h.Set("Location", "./"+path[strings.LastIndex(path, "/")+1:]+"/") // http.Redirect would lose the prefix
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// pageRequest is the body of every POST; each endpoint reads its own fields.
type pageRequest struct {
	Person    int64  `json:"person"`
	FirstName string `json:"first_name"`
	Text      string `json:"text"`
	Message   int64  `json:"message"`
	Data      string `json:"data"`
	Blocked   bool   `json:"blocked"`
}

// jsonPost reads the body and answers with what the endpoint returns, or with its error as {"error": …}.
func jsonPost(run func(pageRequest) (any, *apiError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			pageError(w, http.StatusUnsupportedMediaType, "only application/json is taken")
			return
		}
		var in pageRequest
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPost))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			pageError(w, http.StatusBadRequest, "the body cannot be read")
			return
		}
		out, err := run(in)
		if err != nil {
			pageError(w, err.Code, err.Description)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func pageError(w http.ResponseWriter, code int, text string) {
	writeJSON(w, code, map[string]string{"error": text})
}

type pageUser struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (s *Server) pagePeople(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	people := []pageUser{}
	for _, id := range s.userIDs {
		people = append(people, pageUser{ID: id, Name: s.users[id].FirstName})
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, people)
}

func (s *Server) pageAddPerson(in pageRequest) (any, *apiError) {
	name := strings.TrimSpace(in.FirstName)
	if name == "" || units(name) > 64 {
		return nil, &apiError{Code: http.StatusBadRequest, Description: "a first name has 1-64 characters"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := int64(firstUserID)
	for s.users[id] != nil {
		id++
	}
	s.addUser(id, name)
	return pageUser{ID: id, Name: name}, nil
}

// userByID finds the person that a request of the page is about.
func (s *Server) userByID(id int64) (*User, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.users[id]; p != nil {
		return p, nil
	}
	return nil, &apiError{Code: http.StatusNotFound, Description: "there is no such person"}
}

func (s *Server) pageSend(in pageRequest) (any, *apiError) {
	p, err := s.userByID(in.Person)
	if err != nil {
		return nil, err
	}
	if n := units(strings.TrimSpace(in.Text)); n == 0 || n > maxText {
		return nil, &apiError{Code: http.StatusBadRequest, Description: "a message has 1-4096 characters"}
	}
	return map[string]int64{"update_id": p.Send(in.Text)}, nil
}

func (s *Server) pagePress(in pageRequest) (any, *apiError) {
	p, err := s.userByID(in.Person)
	if err != nil {
		return nil, err
	}
	press, gone := p.Press(in.Message, in.Data)
	if gone != nil {
		return nil, &apiError{Code: http.StatusConflict, Description: "this button is gone"}
	}
	return map[string]string{"query": press.ID}, nil
}

func (s *Server) pageBlock(in pageRequest) (any, *apiError) {
	p, err := s.userByID(in.Person)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.setBlocked(in.Blocked)
	return map[string]bool{"blocked": in.Blocked}, nil
}

// pageFile serves a photo or a document of the person's own chat.
func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) {
	person, _ := strconv.ParseInt(r.FormValue("person"), 10, 64)
	f := s.fileOf(person, r.FormValue("id"))
	if f == nil {
		pageError(w, http.StatusNotFound, "there is no such file in this chat")
		return
	}
	kind := "application/octet-stream" // a document is data to be saved, whatever it says it is
	disposition := "attachment"
	if f.Width > 0 {
		kind, disposition = f.MIME, "inline"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	w.Header().Set("Cache-Control", "private, max-age=86400") // a file never changes under its id
	_, _ = w.Write(f.Data)
}

func (s *Server) fileOf(person int64, id string) *File {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.chats[person]
	if ch == nil || !ch.private() {
		return nil
	}
	for _, m := range ch.messages {
		for _, f := range []*File{m.Photo, m.Document} {
			if f != nil && f.ID == id {
				return f
			}
		}
	}
	return nil
}

// heartbeat keeps proxies from closing a page's quiet stream.
const heartbeat = 20 * time.Second

// pageEvent is one event of the stream: what changed in a chat since the event before. The event's id names the server
// and the state, so that a page that was away gets exactly what it missed.
type pageEvent struct {
	Reset    bool           `json:"reset,omitempty"` // forget everything shown before
	Bot      pageBot        `json:"bot"`
	Blocked  bool           `json:"blocked"`
	Commands []Command      `json:"commands"`
	Action   string         `json:"action"`    // "typing" and its like, empty for none
	ActionMS int64          `json:"action_ms"` // how much longer it is shown
	Messages []pageMessage  `json:"messages"`  // new or changed
	Gone     []int64        `json:"gone"`      // deleted
	Presses  []pageCallback `json:"presses"`   // pressed or answered
}

type pageBot struct {
	Name        string `json:"name"`
	Username    string `json:"username"`
	Description string `json:"description"`
}

type pageMessage struct {
	ID        int64           `json:"id"`
	Mine      bool            `json:"mine"`
	Sender    string          `json:"sender"`
	Date      int64           `json:"date"` // Unix seconds, like Edited
	Edited    int64           `json:"edited,omitempty"`
	Text      string          `json:"text"`
	Entities  []Entity        `json:"entities"`
	Keyboard  [][]Button      `json:"keyboard"`
	Photo     *pageAttachment `json:"photo,omitempty"`
	Document  *pageAttachment `json:"document,omitempty"`
	Rich      json.RawMessage `json:"rich,omitempty"`
	Protected bool            `json:"protected,omitempty"`
	Silent    bool            `json:"silent,omitempty"`
}

type pageAttachment struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int    `json:"size"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

type pageCallback struct {
	Query    string `json:"query"`
	Message  int64  `json:"message"`
	Data     string `json:"data"`
	Answered bool   `json:"answered"`
	Text     string `json:"text,omitempty"`
}

// pageEvents streams a person's chat as server-sent events until the page goes.
func (s *Server) pageEvents(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.FormValue("person"), 10, 64)
	p, missing := s.userByID(id)
	if missing != nil {
		pageError(w, missing.Code, missing.Description)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	since := s.resumeFrom(r.Header.Get("Last-Event-ID"))
	for fresh := true; ; fresh = false {
		delta, rev, changed := s.eventSince(p, since, fresh)
		if delta != nil {
			if _, err := fmt.Fprintf(w, "id: %s-%d\ndata: %s\n\n", s.epoch, rev, marshal(delta)); err != nil {
				return
			}
			since = rev
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.closed:
			return
		}
	}
}

// resumeFrom reads the id of the last event that the page saw. -1 means that it has to start anew: it is a new page, or
// the server is another one by now.
func (s *Server) resumeFrom(lastEventID string) int64 {
	epoch, rev, _ := strings.Cut(lastEventID, "-")
	n, err := strconv.ParseInt(rev, 10, 64)
	if err != nil || epoch != s.epoch {
		return -1
	}
	return n
}

// eventSince collects what changed after a state. It is nil if nothing did, unless the page asks for the first time.
func (s *Server) eventSince(p *User, since int64, fresh bool) (*pageEvent, int64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := p.chat()
	d := &pageEvent{
		Reset: since < 0, Blocked: ch.blocked, Commands: s.menu(),
		Bot: pageBot{Name: s.bot.FirstName, Username: s.bot.Username, Description: s.profile.description},
	}
	if left := ch.until.Sub(s.opts.Now()); left > 0 {
		d.Action, d.ActionMS = ch.action, left.Milliseconds()
	}
	for _, m := range ch.messages {
		if m.rev > since {
			d.Messages = append(d.Messages, s.pageMessage(ch, m))
		}
	}
	for _, g := range ch.deleted {
		if g.rev > since && since >= 0 {
			d.Gone = append(d.Gone, g.id)
		}
	}
	d.Presses = s.pageCallbacks(p.ID, since)
	if !fresh && ch.headerRev <= since && len(d.Messages)+len(d.Gone)+len(d.Presses) == 0 {
		return nil, s.rev, s.changed
	}
	return d, s.rev, s.changed
}

// pageCallbacks are the presses that changed; a new page is shown only those that still wait for an answer.
func (s *Server) pageCallbacks(chatID, since int64) []pageCallback {
	var out []pageCallback
	for _, q := range s.queries {
		if q.chat != chatID || q.rev <= since || since < 0 && q.answered {
			continue
		}
		out = append(out, pageCallback{
			Query: q.ID, Message: q.MessageID, Data: q.Data, Answered: q.answered, Text: q.answerText,
		})
	}
	return out
}

func (s *Server) pageMessage(ch *chat, m *Message) pageMessage {
	out := pageMessage{
		ID: m.ID, Mine: m.From == ch.ID, Sender: m.Sender, Date: m.Date.Unix(), Text: m.Text, Entities: m.Entities,
		Keyboard: m.Keyboard, Photo: attachment(m.Photo), Document: attachment(m.Document),
		Rich: m.Rich, Protected: m.Protected, Silent: m.Silent,
	}
	if !m.Edited.IsZero() {
		out.Edited = m.Edited.Unix()
	}
	return out
}

func attachment(f *File) *pageAttachment {
	if f == nil {
		return nil
	}
	return &pageAttachment{ID: f.ID, Name: f.Name, Size: len(f.Data), Width: f.Width, Height: f.Height}
}
