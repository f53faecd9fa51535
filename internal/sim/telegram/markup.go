package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of an inline keyboard. Telegram publishes only the length of the data.
const (
	maxButtons     = 100
	maxButtonsRow  = 8
	maxMarkupBytes = 10 << 10
)

// replyMarkup reads the reply_markup parameter, which has to be an inline keyboard. Nil means there is none.
func (s *Server) replyMarkup(c *call) ([][]Button, *apiError) {
	text := c.params["reply_markup"]
	if text == "" {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil || fields == nil {
		s.violation("%s: reply_markup is not a JSON object", c.name)
		return nil, badRequest("object expected as reply markup")
	}
	if len(text) > maxMarkupBytes {
		s.violation("%s: reply_markup of %d bytes", c.name, len(text))
		return nil, badRequest("reply markup is too long")
	}
	raw, inline := fields["inline_keyboard"]
	if !inline || len(fields) > 1 {
		s.violation("%s: reply_markup is not an inline keyboard alone", c.name)
		return nil, badRequest("the simulator knows inline keyboards only")
	}
	rows, err := inlineKeyboard(raw)
	if err != nil {
		s.violation("%s: inline keyboard: %s", c.name, err.Description)
		return nil, err
	}
	return rows, nil
}

func inlineKeyboard(raw json.RawMessage) ([][]Button, *apiError) {
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil || rows == nil {
		return nil, badRequest(`field "inline_keyboard" must be of type Array`)
	}
	var out [][]Button
	total := 0
	for _, row := range rows {
		var cells []map[string]json.RawMessage
		if json.Unmarshal(row, &cells) != nil || cells == nil {
			return nil, badRequest(`field "inline_keyboard" must be an Array of Arrays`)
		}
		total += len(cells)
		if len(cells) > maxButtonsRow || total > maxButtons {
			return nil, badRequest("reply markup is too long")
		}
		var buttons []Button
		for _, cell := range cells {
			b, err := readButton(cell)
			if err != nil {
				return nil, err
			}
			buttons = append(buttons, b)
		}
		if len(buttons) > 0 {
			out = append(out, buttons)
		}
	}
	return out, nil
}

// buttonError is a refusal of one button.
func buttonError(format string, args ...any) *apiError {
	return badRequest("can't parse inline keyboard button: %s", sprintf(format, args...))
}

// readButton reads one button. Telegram quietly takes the first of several actions; the simulator refuses them, since
// the bot cannot have meant it.
func readButton(fields map[string]json.RawMessage) (Button, *apiError) {
	var b Button
	if !readText(fields, "text", &b.Text) {
		return b, buttonError(`Field "text" must be of type String`)
	}
	if strings.TrimSpace(b.Text) == "" {
		return b, buttonError("the text is empty")
	}
	actions := 0
	for name, raw := range fields {
		switch name {
		case "text":
			continue
		case "style":
			if !readText(fields, name, &b.Style) || !slices.Contains([]string{"danger", "success", "primary"}, b.Style) {
				return b, buttonError("invalid style")
			}
			continue
		case "url":
			readText(fields, name, &b.URL)
		case "callback_data":
			readText(fields, name, &b.Data)
		case "copy_text":
			var ct wireCopyText
			if json.Unmarshal(raw, &ct) != nil || units(ct.Text) < 1 || units(ct.Text) > 256 {
				return b, buttonError("copy_text must have 1-256 characters")
			}
			b.CopyText = ct.Text
		default:
			return b, buttonError("the simulator does not know the field %s", name)
		}
		actions++
	}
	return b, checkButton(b, actions)
}

// checkButton looks at the action of a button. An empty url or callback_data counts as none, as on Telegram.
func checkButton(b Button, actions int) *apiError {
	switch {
	case b.URL == "" && b.Data == "" && b.CopyText == "":
		return buttonError("Text buttons are unallowed in the inline keyboard")
	case actions > 1:
		return buttonError("exactly one action field must be used")
	case len(b.Data) > 64:
		return badRequest("BUTTON_DATA_INVALID")
	case b.URL != "":
		if wrong := checkURL(b.URL); wrong != "" {
			return badRequest("inline keyboard button URL '%s' is invalid: %s", b.URL, wrong)
		}
	}
	return nil
}

func readText(fields map[string]json.RawMessage, name string, dst *string) bool {
	return json.Unmarshal(fields[name], dst) == nil && string(fields[name]) != "null"
}
