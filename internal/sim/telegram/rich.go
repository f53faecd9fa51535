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

// richBlock is any block the simulator knows; which fields it has depends on its type.
type richBlock struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"`
	Size     int             `json:"size"`
	Language string          `json:"language"`
	Summary  json.RawMessage `json:"summary"`
	Credit   json.RawMessage `json:"credit"`
	Caption  json.RawMessage `json:"caption"`
	Open     bool            `json:"is_open"`
	Blocks   []richBlock     `json:"blocks"`
	Items    []richItem      `json:"items"`
	Cells    [][]richCell    `json:"cells"`
	Bordered bool            `json:"is_bordered"`
	Striped  bool            `json:"is_striped"`
	Compact  bool            `json:"is_compact"`
	Buttons  json.RawMessage `json:"buttons"`
	Align    string          `json:"align"`
}

type richItem struct {
	Blocks   []richBlock `json:"blocks"`
	Checkbox bool        `json:"has_checkbox"`
	Checked  bool        `json:"is_checked"`
	Value    int         `json:"value"`
	Type     string      `json:"type"`
}

type richCell struct {
	Text    json.RawMessage `json:"text"`
	Header  bool            `json:"is_header"`
	Colspan int             `json:"colspan"`
	Rowspan int             `json:"rowspan"`
	Align   string          `json:"align"`
	Valign  string          `json:"valign"`
}

func sendRichMessage(s *Server, c *call) (any, *apiError) {
	rich, err := s.richMessage(c)
	if err != nil {
		return nil, err
	}
	return s.post(c, &Message{Rich: rich})
}

// richMessage reads the rich_message parameter and returns its blocks as RichMessage. Only blocks are understood: a
// rich message written as HTML or Markdown is refused, and so are media, maps and formulas.
func (s *Server) richMessage(c *call) (json.RawMessage, *apiError) {
	var in struct {
		Blocks   []json.RawMessage `json:"blocks"`
		HTML     string            `json:"html"`
		Markdown string            `json:"markdown"`
		RTL      bool              `json:"is_rtl"`
		Plain    bool              `json:"skip_entity_detection"`
	}
	err := s.object(c, "rich_message", &in)
	check := &richCheck{s: s, c: c}
	switch {
	case err != nil:
	case in.HTML != "" || in.Markdown != "":
		err = badRequest("the simulator reads rich messages as blocks only")
	case len(in.Blocks) == 0:
		err = badRequest("rich message must be non-empty")
	default:
		err = check.all(in.Blocks)
	}
	if err != nil {
		s.violate("%s: %s", c.name, err.Description)
		return nil, err
	}
	return marshal(struct {
		Blocks []json.RawMessage `json:"blocks"`
		RTL    bool              `json:"is_rtl,omitempty"`
	}{in.Blocks, in.RTL}), nil
}

// richCheck counts what has limits while it walks through the blocks.
type richCheck struct {
	s      *Server
	c      *call
	blocks int
	text   int
}

func (k *richCheck) all(raw []json.RawMessage) *apiError {
	for _, one := range raw {
		var b richBlock
		dec := json.NewDecoder(strings.NewReader(string(one)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&b); err != nil {
			return badRequest("can't parse InputRichBlock: %v", err)
		}
		if err := k.block(b, 1); err != nil {
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

func (k *richCheck) block(b richBlock, depth int) *apiError {
	known := []string{
		"paragraph", "heading", "pre", "footer", "divider", "list", "blockquote", "expandable_blockquote", "pullquote",
		"table", "details", "buttons",
	}
	k.blocks++
	switch {
	case !slices.Contains(known, b.Type):
		return badRequest("the simulator does not know the block %q", b.Type)
	case depth > maxRichDepth:
		return badRequest("rich blocks are nested too deep")
	case b.Type == "heading" && (b.Size < 1 || b.Size > 6):
		return badRequest("a heading has a size of 1-6")
	case b.Type == "buttons":
		return k.buttons(b.Buttons)
	}
	for _, text := range []json.RawMessage{b.Text, b.Summary, b.Credit, b.Caption} {
		if err := k.words(text, depth); err != nil {
			return err
		}
	}
	for _, item := range b.Items {
		b.Blocks = append(b.Blocks, item.Blocks...)
	}
	for _, inner := range b.Blocks {
		if err := k.block(inner, depth+1); err != nil {
			return err
		}
	}
	return k.table(b.Cells, depth)
}

func (k *richCheck) table(rows [][]richCell, depth int) *apiError {
	for _, row := range rows {
		k.blocks++
		columns := 0
		for _, cell := range row {
			columns += max(cell.Colspan, 1)
			if !slices.Contains([]string{"left", "center", "right"}, cell.Align) || !slices.Contains([]string{"top", "middle", "bottom"}, cell.Valign) {
				return badRequest("a table cell has a wrong align %q or valign %q", cell.Align, cell.Valign)
			}
			if err := k.words(cell.Text, depth); err != nil {
				return err
			}
		}
		if columns > maxRichColumns {
			return badRequest("the table has %d columns, %d are allowed", columns, maxRichColumns)
		}
	}
	return nil
}

// words walks through a RichText: a string, a list of them, or an object around one.
func (k *richCheck) words(raw json.RawMessage, depth int) *apiError {
	var text string
	var list []json.RawMessage
	var object struct {
		Type   string                     `json:"type"`
		Text   json.RawMessage            `json:"text"`
		Button map[string]json.RawMessage `json:"button"`
	}
	switch {
	case len(raw) == 0 || json.Unmarshal(raw, &text) == nil:
		k.text += units(text)
		return nil
	case depth > maxRichDepth:
		return badRequest("rich texts are nested too deep")
	case json.Unmarshal(raw, &list) == nil:
		for _, part := range list {
			if err := k.words(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case json.Unmarshal(raw, &object) != nil || object.Type == "":
		return badRequest("can't parse RichText")
	case object.Type == "button":
		return k.button(object.Button)
	}
	return k.words(object.Text, depth+1)
}

func (k *richCheck) buttons(raw json.RawMessage) *apiError {
	var all []map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil || len(all) < 1 || len(all) > maxButtonsRow {
		return badRequest("a block of buttons has 1-8 of them")
	}
	for _, fields := range all {
		if err := k.button(fields); err != nil {
			return err
		}
	}
	return nil
}

// button checks a button like one of a keyboard; here it may also look like a link.
func (k *richCheck) button(fields map[string]json.RawMessage) *apiError {
	if string(fields["style"]) == `"link"` {
		delete(fields, "style")
	}
	b, err := k.s.button(k.c, fields)
	k.text += units(b.Text)
	return err
}

// richHasData reports whether a button somewhere in the rich message sends that callback data.
func richHasData(rich json.RawMessage, data string) bool {
	var value any
	return data != "" && json.Unmarshal(rich, &value) == nil && holdsData(value, data)
}

func holdsData(value any, data string) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return holdsData(inner, data) })
	case map[string]any:
		if v["callback_data"] == data && v["disabled"] == nil {
			return true
		}
		for _, inner := range v {
			if holdsData(inner, data) {
				return true
			}
		}
	}
	return false
}
