package view

import (
	"strings"
	"time"

	"kitebot/internal/kite"
)

// ProfileView is what /profile shows.
type ProfileView struct {
	Profile kite.Profile
	AsOf    time.Time
	Hide    bool // privacy mode: no e-mail address
}

// Profile renders who the account belongs to and what it may trade.
func Profile(v ProfileView) Message {
	p := v.Profile
	var s sheet
	s.say("<b>"+outside(p.UserName)+"</b> · "+outside(p.UserID), asOf(v.AsOf))
	var lines []string
	if p.Email != "" && !v.Hide {
		lines = append(lines, "E-mail "+outside(p.Email))
	}
	for _, line := range []struct {
		name  string
		words []string
	}{
		{"Broker", []string{p.Broker}}, {"Segments", p.Exchanges}, {"Products", p.Products},
	} {
		if words := present(line.words...); len(words) > 0 {
			lines = append(lines, line.name+" "+escape(tidy(strings.Join(words, ", "), 400)))
		}
	}
	s.say(lines...)
	return s.message(false, [][]Button{{{Text: "Refresh", Data: "profile:again"}, {Text: "Status", Data: "status:run"}}})
}
