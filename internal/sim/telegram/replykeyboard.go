package telegram

import "encoding/json"

// replyKeyboard reads a keyboard of plain text buttons, its removal, or the wish for a reply.
func (s *Server) replyKeyboard(c *call, fields map[string]json.RawMessage) (*markup, *apiError) {
	var m struct {
		Keyboard [][]struct {
			Text  string `json:"text"`
			Style string `json:"style"`
		} `json:"keyboard"`
		Persistent  bool   `json:"is_persistent"`
		Resize      bool   `json:"resize_keyboard"`
		OneTime     bool   `json:"one_time_keyboard"`
		Placeholder string `json:"input_field_placeholder"`
		Selective   bool   `json:"selective"`
		Remove      bool   `json:"remove_keyboard"`
		Force       bool   `json:"force_reply"`
	}
	if err := s.object(c, "reply_markup", &m); err != nil {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	_, keyboard := fields["keyboard"]
	if keyboard && m.Keyboard == nil {
		return nil, badRequest(`field "keyboard" must be of type Array`)
	}
	if !keyboard && !m.Remove && !m.Force {
		s.violate("%s: reply_markup is of no known kind", c.name)
		return nil, badRequest("object expected as reply markup")
	}
	board := &replyBoard{remove: m.Remove, force: m.Force}
	for _, row := range m.Keyboard {
		var labels []string
		for _, b := range row {
			if b.Text == "" {
				return nil, badRequest("keyboard button text must be non-empty")
			}
			labels = append(labels, b.Text)
		}
		board.rows = append(board.rows, labels)
	}
	return &markup{reply: board}, nil
}
