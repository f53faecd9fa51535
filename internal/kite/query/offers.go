package query

import (
	"kitebot/internal/kite/wire"
	"slices"
)

// StyleOf says how a server is asked that offers these tools: StyleUnknown when
// it has no holdings to tell in a way that we know.
func StyleOf(offers []wire.Offer) Style {
	holdings := Holdings().tool
	for _, style := range []Style{StyleTools, StyleModes} {
		if holdings.offered(offers, style) {
			return style
		}
	}
	return StyleUnknown
}

// OffersLogin reports whether a login link can be asked for.
func OffersLogin(offers []wire.Offer) bool { return Login().tool.offered(offers, StyleTools) }

// Offered are the rows that read, as far as the server offers them. Missing are
// those that a server of its style is known to have.
func Offered(offers []wire.Offer) (offered, missing []Tool) {
	style := StyleOf(offers)
	for _, t := range ReadTools() {
		switch {
		case t.offered(offers, style):
			offered = append(offered, t)
		case t.KnownTo(style):
			missing = append(missing, t)
		}
	}
	return offered, missing
}

func (t Tool) offered(offers []wire.Offer, style Style) bool {
	return slices.ContainsFunc(offers, func(o wire.Offer) bool {
		switch style {
		case StyleTools:
			return t.plain != "" && o.Name == t.plain
		case StyleModes:
			return t.grouped != "" && o.Name == t.grouped && slices.Contains(o.Modes, t.mode)
		default:
			return false
		}
	})
}
