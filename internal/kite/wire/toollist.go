package wire

import (
	"errors"
	"strings"
)

// ListTools is the protocol's method that tells which tools there are.
const ListTools = "tools/list"

// Offer is a tool as the server describes it: data from outside.
type Offer struct {
	Name  string
	Modes []string // what its argument "mode" may be; nil where it has none
}

// DecodeOffers reads the answer to which tools there are: the protocol's
// tools/list result. Tools without a name are left out.
func DecodeOffers(text string) ([]Offer, error) {
	r, tools := reader{text: text}, newRowDecoder[offeredTool]()
	var named []Offer
	there := false
	r.object(func(name string) {
		if !strings.EqualFold(name, "tools") {
			r.skip()
			return
		}
		named = nil
		if there = !r.null(); !there {
			return
		}
		r.each('[', ']', maxRows, func() {
			if t := tools.read(&r); t.Name != "" {
				named = append(named, Offer{Name: t.Name, Modes: t.Schema.Properties.Mode.Enum})
			}
		})
	})
	if r.end() != nil || !there {
		return nil, Malformed(ListTools, errors.New("not a list of tools"))
	}
	return named, nil
}

// offeredTool is a tool in the form of the protocol.
type offeredTool struct {
	Name   string `json:"name"`
	Schema struct {
		Properties struct {
			Mode struct {
				Enum modeNames `json:"enum"`
			} `json:"mode"`
		} `json:"properties"`
	} `json:"inputSchema"`
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
