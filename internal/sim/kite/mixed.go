package kite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// sessionInBand returns the MCP session that a signed id names in a Hybrid, or "": one that began without a bearer and
// is still known.
func (s *Server) sessionInBand(signed string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.next.sweep(now)
	id, ok := s.links.verify(signed, now)
	if e := s.next.sessions[id]; !ok || !s.opts.Hybrid || e == nil || e.bearer != "" {
		return ""
	}
	return id
}

// runHybridLogin is the login tool of a Hybrid. It hands out a link to the page of the server, unless Kite takes the
// login that there is.
func runHybridLogin(ctx context.Context, s *Server, c *call) answer {
	if a, _, ok := s.accountForCall(ctx, c); ok {
		name := ""
		if a != nil {
			name = a.Profile.UserName
		}
		return answer{text: "You are already logged in as " + name}
	}
	link := ""
	err := s.withLock(ctx, func(now time.Time) {
		link = authorizeURL(c.base, s.links.sign(c.session, now))
		s.loginLinks = append(s.loginLinks, link)
	})
	if err != nil {
		return errorAnswer("Failed to generate authorize URL")
	}
	return answer{text: fmt.Sprintf(loginText, link, link)}
}

// specOf is the specification of a tool that takes nothing.
func specOf(name, description string) json.RawMessage {
	raw, err := json.Marshal(map[string]any{
		"name": name, "description": description, "inputSchema": map[string]any{"type": "object", "properties": struct{}{}},
	})
	if err != nil {
		panic(fmt.Errorf("kite: tool %s: %w", name, err)) // the simulator's own fault
	}
	return raw
}

// otherTools are what a server lists that has nothing to do with accounts. Nobody who reads accounts calls them.
func otherTools() []tool {
	return []tool{
		{name: "convert_units", spec: specOf("convert_units", "Convert lengths and weights"), run: runOtherTool},
		{name: "roll_dice", spec: specOf("roll_dice", "Roll some dice"), run: runOtherTool},
	}
}

// runOtherTool answers a call that should not have been made.
func runOtherTool(_ context.Context, s *Server, c *call) answer {
	s.violation("%s: call of the foreign tool %s", c.transport, c.tool)
	return answer{text: "42"}
}
