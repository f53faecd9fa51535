package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Status is how a part of the process is, or all of it.
type Status string

// The statuses. A process that is degraded serves all the same.
const (
	StatusOK       Status = "ok"
	StatusReady    Status = "ready" // of the whole: every part is ok
	StatusDegraded Status = "degraded"
	StatusNotReady Status = "not ready"
	StatusUnknown  Status = "unknown" // of a part: it was not asked
)

// Report is how the process is, and each of its parts by name. Details are
// words of ours for an operator: no ids, no addresses, no secrets.
type Report struct {
	Status     Status               `json:"status"`
	Components map[string]Component `json:"components"`
}

// Component is how one part is.
type Component struct {
	Status Status    `json:"status"`
	Since  time.Time `json:"since,omitzero"`   // of the problem, where that is known
	Detail string    `json:"detail,omitempty"` // what is wrong, or the note of a part that is well
}

// Problem is a check's error that says more than what is wrong.
type Problem struct {
	Detail string
	Since  time.Time // zero: not known
	Serves bool      // the process serves in spite of it: it is degraded
}

func (t *Problem) Error() string { return t.Detail }

// Note is a check's error that means well: the part is ok, or not known to be
// anything else, and this is to be said of it.
type Note struct {
	Detail  string
	Unknown bool
}

func (n *Note) Error() string { return n.Detail }

// Health is how the parts of the process are. The zero Health knows no part
// and is ready. Safe for concurrent use.
type Health struct {
	mu     sync.Mutex
	checks map[string]func() error
}

// Set says how to ask a part, by name; nil from check means well, and so does a
// *[Note]; a *[Problem] can say that the process serves all the same. A check must not wait: it says
// what is known.
func (h *Health) Set(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = map[string]func() error{}
	}
	h.checks[name] = check
}

// Report asks every part.
func (h *Health) Report() Report {
	h.mu.Lock()
	checks := maps.Clone(h.checks)
	h.mu.Unlock()
	r := Report{Status: StatusReady, Components: make(map[string]Component, len(checks))}
	for name, check := range checks {
		c := componentOf(check())
		r.Components[name] = c
		switch {
		case c.Status == StatusNotReady:
			r.Status = StatusNotReady
		case c.Status == StatusDegraded && r.Status == StatusReady:
			r.Status = StatusDegraded
		}
	}
	return r
}

func componentOf(err error) Component {
	if err == nil {
		return Component{Status: StatusOK}
	}
	c := Component{Status: StatusNotReady, Detail: oneLine(err.Error())}
	if n, ok := err.(*Note); ok { // joined with a Problem it would be one
		c.Status = StatusOK
		if n.Unknown {
			c.Status = StatusUnknown
		}
	}
	if t, ok := errors.AsType[*Problem](err); ok {
		c.Since = t.Since.UTC()
		if t.Serves {
			c.Status = StatusDegraded
		}
	}
	return c
}

// longestDetail bounds what a probe shows, in bytes.
const longestDetail = 300

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestDetail {
		text = strings.ToValidUTF8(text[:longestDetail], "") + "…"
	}
	return text
}

// Text is the report for people: the status, then a line for each part.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Status)
	for _, name := range slices.Sorted(maps.Keys(r.Components)) {
		c := r.Components[name]
		fmt.Fprintf(&b, "%s: ", name)
		switch {
		case c.Status == StatusNotReady, c.Status == StatusUnknown:
			b.WriteString(c.Detail)
		case c.Detail == "":
			b.WriteString(string(c.Status))
		default:
			b.WriteString(string(c.Status) + ": " + c.Detail)
		}
		if !c.Since.IsZero() {
			fmt.Fprintf(&b, " (since %s UTC)", c.Since.Format("2006-01-02 15:04:05"))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Handler serves /healthz (the process runs) and /readyz (it can serve people,
// if degraded; 503 and the reasons otherwise). /readyz is text for people, or
// JSON on request, with ?format=json or an Accept header.
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "text/plain; charset=utf-8", "ok\n")
	})
	mux.HandleFunc("GET /readyz", h.ready)
	return mux
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	report, code := h.Report(), http.StatusOK
	if report.Status == StatusNotReady {
		code = http.StatusServiceUnavailable
	}
	if r.URL.Query().Get("format") != "json" && !strings.Contains(r.Header.Get("Accept"), "application/json") {
		answer(w, code, "text/plain; charset=utf-8", report.Text())
		return
	}
	text, err := json.Marshal(report)
	if err != nil {
		http.Error(w, "the report cannot be written", http.StatusInternalServerError)
		return
	}
	answer(w, code, "application/json", string(text)+"\n")
}

func answer(w http.ResponseWriter, code int, kind, text string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}
