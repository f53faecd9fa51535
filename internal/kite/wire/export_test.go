package wire

import (
	"bytes"
	"encoding/json"
)

// OfferedTool is a row of the list of tools, which the tests read both ways.
type OfferedTool = offeredTool

// Wrap is what stands beside the rows of a page.
type Wrap = wrap

// UnmarshalJSON is how encoding/json would read the names of modes.
func (n *modeNames) UnmarshalJSON(b []byte) error {
	var all []any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // one that is no float is left out like any other
	if err := d.Decode(&all); err != nil {
		return err
	}
	*n = nil
	for _, one := range all {
		if text, ok := one.(string); ok {
			*n = append(*n, text)
		}
	}
	return nil
}
