package kite

import (
	"errors"
	"slices"
	"strings"
)

// Offer is a tool as the server describes it: data from outside.
type Offer struct {
	Name  string
	Modes []string // what its argument "mode" may be; nil where it has none
}

// DecodeOffers reads the answer to which tools there are: the protocol's
// tools/list result. Tools without a name are left out.
func DecodeOffers(text string) ([]Offer, error) {
	var in struct {
		Tools offers `json:"tools"`
	}
	if decodeInto(text, &in) != nil || in.Tools == nil {
		return nil, malformed(ListTools, errors.New("not a list of tools"))
	}
	var named []Offer
	for _, t := range in.Tools {
		if t != nil && t.Name != "" {
			named = append(named, Offer{Name: t.Name, Modes: t.Schema.Properties.Mode.Enum})
		}
	}
	return named, nil
}

// offers is the list of tools. null is none.
type offers []*wireOffer

func (o *offers) read(r *reader) { *o = entries[*wireOffer](r, maxRows) }

// wireOffer is a tool as the server writes it.
type wireOffer struct {
	Name   string     `json:"name"`
	Schema wireSchema `json:"inputSchema"`
}

type wireSchema struct {
	Properties struct {
		Mode struct {
			Enum modeNames `json:"enum"`
		} `json:"mode"`
	} `json:"properties"`
}

// modeNames is a list of texts; what else is in it is left out.
type modeNames []string

// maxModes is how many modes a tool may have.
const maxModes = 100

func (n *modeNames) read(r *reader) {
	*n = nil
	if r.null() {
		return
	}
	r.each('[', ']', maxModes, func() {
		if raw := r.skip(); strings.HasPrefix(raw, `"`) {
			text := &reader{text: raw}
			*n = append(*n, strings.Clone(text.string()))
		}
	})
}

// StyleOf says how a server is asked that offers these tools: StyleUnknown when
// it has no holdings to tell in a way that we know.
func StyleOf(offers []Offer) Style {
	holdings := AskHoldings().tool
	for _, style := range []Style{StyleTools, StyleModes} {
		if holdings.offered(offers, style) {
			return style
		}
	}
	return StyleUnknown
}

// OffersLogin reports whether a login link can be asked for.
func OffersLogin(offers []Offer) bool { return AskLogin().tool.offered(offers, StyleTools) }

// Offered are the rows that read, as far as the server offers them. Missing are
// those that a server of its style is known to have.
func Offered(offers []Offer) (offered, missing []Tool) {
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

func (t Tool) offered(offers []Offer, style Style) bool {
	return slices.ContainsFunc(offers, func(o Offer) bool {
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
