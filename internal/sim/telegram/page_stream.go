package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// heartbeat keeps proxies from closing a page's quiet stream.
const heartbeat = 20 * time.Second

// pageEvent is one event of the stream: what changed in a chat since the event before. The event's id names the
// server and the state, so that a page that was away gets exactly what it missed.
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

// resumeFrom reads the id of the last event that the page saw. -1 means that it has to start anew: it is a new page,
// or the server is another one by now.
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
		Reset: since < 0, Blocked: ch.blocked, Commands: s.menuFor(p),
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
