package mcpconn

import (
	"context"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Surface is what the server offers, as far as it is known: the list of its
// tools tells, and its 401. The zero Surface was not looked at yet.
type Surface struct {
	// Style is how questions are put; [query.StyleUnknown] while no list was seen.
	Style query.Style
	// Login: a login link can be asked for on a new session.
	Login bool
	// OAuth: a login by OAuth is wanted before anything else.
	OAuth bool
	// Stream: sessions are opened as streams.
	Stream bool
	// Unfamiliar: of the tools that are listed none is known. Nothing is asked.
	Unfamiliar bool
}

// surfaceNames are the names of surfaces, by whether OAuth is wanted and by style.
var surfaceNames = map[bool]map[query.Style]string{
	false: {query.StyleUnknown: "not looked at yet", query.StyleTools: "tools", query.StyleModes: "tools with modes"},
	true:  {query.StyleUnknown: "OAuth", query.StyleTools: "OAuth, tools", query.StyleModes: "OAuth, tools with modes"},
}

const surfaceUnfamiliar = "unfamiliar"

// Surfaces lists the names that a [Surface] may have.
func Surfaces() []string {
	all := []string{surfaceUnfamiliar}
	for _, names := range surfaceNames {
		all = slices.AppendSeq(all, maps.Values(names))
	}
	slices.Sort(all)
	return all
}

// Name says in a few words what the server looks like. It is one of [Surfaces].
func (s Surface) Name() string {
	if s.Unfamiliar {
		return surfaceUnfamiliar
	}
	return surfaceNames[s.OAuth][s.Style]
}

// barred says why a session that was opened is of no use; nil when it is of some.
func (s Surface) barred() error {
	switch {
	case s.Unfamiliar:
		return &judgedError{kind: wire.KindUnknownServer, text: "none of the listed tools is known"}
	case s.OAuth && !s.Login:
		return &judgedError{kind: wire.KindAuthorize, text: "no login tool is listed"}
	default:
		return nil
	}
}

// toolName is what a tool's name has to look like to get into the log.
var toolName = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// maxToolNames is how many tools the log names.
const maxToolNames = 30

// namesOf returns the names of tools, for the log.
func namesOf(offers []wire.Offer) (names []string) {
	for _, o := range offers {
		if toolName.MatchString(o.Name) && len(names) < maxToolNames {
			names = append(names, o.Name)
		}
	}
	return names
}

// surfaces is what is known of the server's surface, and the probe under way.
type surfaces struct {
	log    *slog.Logger
	report func(name string) // is called at each change of the name
	pause  time.Duration     // after a surprise, and after a failed probe

	mu      sync.Mutex
	surface Surface
	running *surfaceProbe // nil for none
	next    time.Time     // no look before that
	failed  error         // what the last look came to
}

// surfaceProbe is a probe that several callers may wait for.
type surfaceProbe struct {
	surprised bool // it follows something unexpected
	done      chan struct{}
	err       error // once done is closed
}

// probeFunc looks at the server: it lists the tools, and finds out whether OAuth is
// wanted.
type probeFunc func(context.Context) (kind Surface, tools []string, err error)

func (s *surfaces) now() Surface {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.surface
}

// unseen reports whether a probe is due because no list of tools was seen yet.
func (s *surfaces) unseen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.surface.Style == query.StyleUnknown && s.running == nil && !time.Now().Before(s.next)
}

// learn keeps what was seen of the server. A change of its name is logged and
// told to the meter, in the order in which it came.
func (s *surfaces) learn(change func(*Surface), tools []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.surface.Name()
	change(&s.surface)
	name := s.surface.Name()
	if name == before {
		return
	}
	if s.surface.Unfamiliar {
		s.log.Info("kite's server lists no tool that is known: nothing is asked of it", "surface", name, "before", before, "tools", tools)
	} else {
		s.log.Info("kite's server shows another surface: it is asked accordingly from now on", "surface", name, "before", before, "login_tool", s.surface.Login)
	}
	s.report(name)
}

// learnOAuth notes that a 401 of the server wants OAuth, which makes what was
// seen before worthless. The 401 for a bearer may mean just that bearer.
func (s *surfaces) learnOAuth(bearer bool) {
	s.learn(func(known *Surface) {
		if !known.OAuth && (!bearer || *known == Surface{}) {
			*known = Surface{OAuth: true}
		}
	}, nil)
}

// refresh probes the server, or waits for the probe of another caller. After
// a surprise, and after a failed probe, there is none for a while: the last result
// counts until then. The error is that of the probe.
func (s *surfaces) refresh(ctx context.Context, surprised bool, probe probeFunc) error {
	s.mu.Lock()
	for s.running != nil {
		g := s.running
		s.mu.Unlock()
		select {
		case <-g.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if g.surprised || !surprised { // else it may have begun before the surprise
			return g.err
		}
		s.mu.Lock()
	}
	if time.Now().Before(s.next) {
		defer s.mu.Unlock()
		return s.failed
	}
	g := &surfaceProbe{surprised: surprised, done: make(chan struct{}), err: errClosed} // a panic counts as that
	s.running = g
	s.mu.Unlock()
	defer func() { s.probeEnded(g, surprised || g.err != nil && ctx.Err() == nil) }()
	seen, tools, err := probe(ctx)
	if g.err = err; err == nil {
		s.learn(func(known *Surface) { *known = seen }, tools)
	}
	return err
}

// probeEnded publishes the result of a probe.
func (s *surfaces) probeEnded(g *surfaceProbe, pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.failed = nil, g.err
	if pause {
		s.next = time.Now().Add(s.pause)
	}
	close(g.done)
}

// surfaceOf reads a list of tools, which says nothing about OAuth.
func surfaceOf(text string) (Surface, []string, error) {
	offers, err := wire.DecodeOffers(text)
	if err != nil {
		return Surface{}, nil, errOdd
	}
	style := query.StyleOf(offers)
	return Surface{Style: style, Login: query.OffersLogin(offers), Unfamiliar: style == query.StyleUnknown}, namesOf(offers), nil
}
