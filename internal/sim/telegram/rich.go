package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of a rich message.
const (
	maxRichText    = 32768 // characters of all texts together
	maxRichBlocks  = 500   // rows of tables count
	maxRichDepth   = 16
	maxRichColumns = 20
)

// richBlock is a paragraph or a table, the blocks that the simulator knows.
type richBlock struct {
	Type    string          `json:"type"`
	Text    json.RawMessage `json:"text"`
	Cells   [][]richCell    `json:"cells"`
	Striped bool            `json:"is_striped"`
	Compact bool            `json:"is_compact"`
}

type richCell struct {
	Text   json.RawMessage `json:"text"`
	Header bool            `json:"is_header"`
	Align  string          `json:"align"`
	Valign string          `json:"valign"`
}

// richMessage reads the rich_message parameter and returns its blocks as RichMessage.
func (s *Server) richMessage(c *call) (json.RawMessage, *apiError) {
	var in struct {
		Blocks []json.RawMessage `json:"blocks"`
	}
	err := s.object(c, "rich_message", &in)
	switch {
	case err != nil:
	case len(in.Blocks) == 0:
		err = badRequest("rich message must be non-empty")
	default:
		err = (&richCounter{}).all(in.Blocks)
	}
	if err != nil {
		s.violation("%s: %s", c.name, err.Description)
		return nil, err
	}
	return marshal(map[string]any{"blocks": in.Blocks}), nil
}

// richCounter counts what has limits while it walks through the blocks.
type richCounter struct {
	blocks int
	text   int
}

func (k *richCounter) all(raw []json.RawMessage) *apiError {
	for _, one := range raw {
		var b richBlock
		dec := json.NewDecoder(strings.NewReader(string(one)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&b); err != nil {
			return badRequest("can't parse InputRichBlock: %v", err)
		}
		if err := k.block(b); err != nil {
			return err
		}
	}
	switch {
	case k.blocks > maxRichBlocks:
		return badRequest("the rich message has %d blocks, %d are allowed", k.blocks, maxRichBlocks)
	case k.text > maxRichText:
		return badRequest("message is too long")
	}
	return nil
}

func (k *richCounter) block(b richBlock) *apiError {
	k.blocks++
	switch b.Type {
	case "paragraph":
		return k.richText(b.Text, 1)
	case "table":
		return k.table(b.Cells)
	}
	return badRequest("the simulator does not know the block %q", b.Type)
}

func (k *richCounter) table(rows [][]richCell) *apiError {
	for _, row := range rows {
		k.blocks++
		for _, cell := range row {
			if !slices.Contains([]string{"left", "center", "right"}, cell.Align) || !slices.Contains([]string{"top", "middle", "bottom"}, cell.Valign) {
				return badRequest("a table cell has a wrong align %q or valign %q", cell.Align, cell.Valign)
			}
			if err := k.richText(cell.Text, 1); err != nil {
				return err
			}
		}
		if len(row) > maxRichColumns {
			return badRequest("the table has %d columns, %d are allowed", len(row), maxRichColumns)
		}
	}
	return nil
}

// richText walks through a RichText: a string, a list of them, or an object around one.
func (k *richCounter) richText(raw json.RawMessage, depth int) *apiError {
	var text string
	var list []json.RawMessage
	var object struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"`
	}
	switch {
	case len(raw) == 0 || json.Unmarshal(raw, &text) == nil:
		k.text += units(text)
		return nil
	case depth > maxRichDepth:
		return badRequest("rich texts are nested too deep")
	case json.Unmarshal(raw, &list) == nil:
		for _, part := range list {
			if err := k.richText(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case json.Unmarshal(raw, &object) != nil || object.Type == "":
		return badRequest("can't parse RichText")
	}
	return k.richText(object.Text, depth+1)
}
