package mcpconn

import (
	"regexp"

	"kitebot/internal/kite"
)

// Surface is what the server offers, as far as it is known: the list of its
// tools tells, and its 401. The zero Surface was not looked at yet.
type Surface struct {
	// Style is how questions are put; [kite.StyleUnknown] while no list was seen.
	Style kite.Style
	// Login: a login link can be asked for on a new session.
	Login bool
	// OAuth: a login by OAuth is wanted before anything else.
	OAuth bool
	// Stream: sessions are opened as streams.
	Stream bool
	// Unfamiliar: of the tools that are listed none is known. Nothing is asked.
	Unfamiliar bool
}

// The names of surfaces.
const (
	surfaceUnseen     = "not looked at yet"
	surfaceTools      = "tools"
	surfaceModes      = "tools with modes"
	surfaceOAuth      = "OAuth"
	surfaceOAuthTools = "OAuth, tools"
	surfaceOAuthModes = "OAuth, tools with modes"
	surfaceUnfamiliar = "unfamiliar"
)

// Surfaces lists the names that a [Surface] may have.
func Surfaces() []string {
	return []string{surfaceUnseen, surfaceTools, surfaceModes, surfaceOAuth, surfaceOAuthTools, surfaceOAuthModes, surfaceUnfamiliar}
}

// Name says in a few words what the server looks like. It is one of [Surfaces].
func (s Surface) Name() string {
	names := map[kite.Style]string{kite.StyleUnknown: surfaceUnseen, kite.StyleTools: surfaceTools, kite.StyleModes: surfaceModes}
	if s.OAuth {
		names = map[kite.Style]string{kite.StyleUnknown: surfaceOAuth, kite.StyleTools: surfaceOAuthTools, kite.StyleModes: surfaceOAuthModes}
	}
	if s.Unfamiliar {
		return surfaceUnfamiliar
	}
	return names[s.Style]
}

// Surface returns what the server offers, as far as it is known now.
func (d *Dialer) Surface() Surface {
	s := d.sight.now()
	s.Stream = d.at.sse != nil && d.streams.served()
	return s
}

// barred says why a session that was opened is of no use; nil when it is of some.
func (s Surface) barred() error {
	switch {
	case s.Unfamiliar:
		return &judgedError{kind: kite.KindUnfamiliar, text: "none of the listed tools is known"}
	case s.OAuth && !s.Login:
		return &judgedError{kind: kite.KindAuthorize, text: "no login tool is listed"}
	default:
		return nil
	}
}

// learn keeps what was seen of the server. A change of its name is logged and
// told to the meter, in the order in which it came.
func (d *Dialer) learn(change func(*Surface), tools []string) {
	d.sight.mu.Lock()
	defer d.sight.mu.Unlock()
	before := d.sight.surface.Name()
	change(&d.sight.surface)
	name := d.sight.surface.Name()
	if name == before {
		return
	}
	if s := d.sight.surface; s.Unfamiliar {
		d.log.Info("kite's server lists no tool that is known: nothing is asked of it", "surface", name, "before", before, "tools", tools)
	} else {
		d.log.Info("kite's server shows another surface: it is asked accordingly from now on", "surface", name, "before", before, "login_tool", s.Login)
	}
	if d.opts.Meter != nil {
		d.opts.Meter.Surface(name)
	}
}

// learnOAuth notes that a 401 of the server wants OAuth, which makes what was
// seen before worthless. The 401 for a bearer may mean just that bearer.
func (d *Dialer) learnOAuth(bearer bool) {
	d.learn(func(s *Surface) {
		if !s.OAuth && (!bearer || *s == Surface{}) {
			*s = Surface{OAuth: true}
		}
	}, nil)
}

// toolName is what a tool's name has to look like to get into the log.
var toolName = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// maxToolNames is how many tools the log names.
const maxToolNames = 30

// namesOf returns the names of tools, for the log.
func namesOf(offers []kite.Offer) (names []string) {
	for _, o := range offers {
		if toolName.MatchString(o.Name) && len(names) < maxToolNames {
			names = append(names, o.Name)
		}
	}
	return names
}
