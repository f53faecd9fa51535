package kite

import (
	"encoding/json"
	"errors"
)

// DecodeOffers reads the answer to which tools there are: the protocol's
// tools/list result. Tools without a name are left out.
func DecodeOffers(text string) ([]Offer, error) {
	var in struct {
		Tools rows[Offer] `json:"tools"`
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil || in.Tools == nil {
		return nil, malformed("tools/list", errors.New("not a list of tools"))
	}
	var offers []Offer
	for _, t := range in.Tools {
		if t != nil && t.Name != "" {
			offers = append(offers, *t)
		}
	}
	return offers, nil
}
