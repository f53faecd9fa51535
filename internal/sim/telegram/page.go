package telegram

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"strconv"
	"strings"
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
// without one is redirected there. Where nobody is known yet, Asha and Ravi are made up. The page has no
// authentication: whoever can open it can be anybody in the simulator.
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
