package kite

import (
	"errors"
)

// DecodeOffers reads the answer to which tools there are: the protocol's
// tools/list result. Tools without a name are left out.
func DecodeOffers(text string) ([]Offer, error) {
	var in struct {
		Tools offers `json:"tools"`
	}
	if decodeInto(text, &in) != nil || in.Tools == nil {
		return nil, malformed("tools/list", errors.New("not a list of tools"))
	}
	var named []Offer
	for _, t := range in.Tools {
		if t != nil && t.Name != "" {
			named = append(named, *t)
		}
	}
	return named, nil
}

// offers is the list of tools. null is none.
type offers []*Offer

func (o *offers) read(r *reader) { *o = entries[*Offer](r, maxRows) }
