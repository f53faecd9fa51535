package viewtest

import (
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"kitebot/internal/bot/view"
)

// The limits of the Bot API.
const (
	maxText    = 4096 // UTF-16 units after the tags are parsed
	maxRaw     = 32 << 10
	maxData    = 64 // bytes
	maxCopy    = 256
	maxPerRow  = 8
	maxButtons = 100
)

// Check says what Telegram would refuse about a message: nil when nothing. The
// text is checked also where native blocks are to be shown, since it stands in
// for them.
func Check(m view.Message) error {
	plain, err := Plain(m.HTML)
	if err != nil {
		return err
	}
	least, most := 1, maxText
	if hasMedia(m) {
		least, most = 0, maxCaption
	}
	if n := unitsOf(plain); n < least || n > most || len(m.HTML) > maxRaw {
		return fmt.Errorf("text of %d units in %d bytes", n, len(m.HTML))
	}
	switch {
	case hasMedia(m):
		err = checkMedia(m)
	case m.Rich != nil:
		err = checkRich(*m.Rich)
	}
	if err != nil {
		return err
	}
	return checkButtons(m.Buttons)
}

func checkButtons(rows [][]view.Button) error {
	total := 0
	for _, row := range rows {
		if len(row) == 0 || len(row) > maxPerRow {
			return fmt.Errorf("row of %d buttons", len(row))
		}
		total += len(row)
		for _, b := range row {
			if err := checkButton(b); err != nil {
				return fmt.Errorf("button %q: %w", b.Text, err)
			}
		}
	}
	if total > maxButtons {
		return fmt.Errorf("%d buttons", total)
	}
	return nil
}

func checkButton(b view.Button) error {
	targets := 0
	for _, target := range []string{b.URL, b.Data, b.Copy} {
		if target != "" {
			targets++
		}
	}
	switch {
	case b.Text == "":
		return errors.New("no text")
	case targets != 1:
		return fmt.Errorf("%d targets", targets)
	case len(b.Data) > maxData:
		return fmt.Errorf("data of %d bytes", len(b.Data))
	case utf8.RuneCountInString(b.Copy) > maxCopy:
		return errors.New("too much to copy")
	default:
		return nil
	}
}

// Plain returns the text that is left when Telegram has parsed its HTML. It
// refuses tags that no message has, tags that are not closed in their order, and
// characters that had to be escaped.
func Plain(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("not UTF-8")
	}
	var p parser
	for text != "" {
		n, err := p.take(text)
		if err != nil {
			return "", err
		}
		text = text[n:]
	}
	if len(p.open) > 0 {
		return "", fmt.Errorf("<%s> is not closed", p.open[len(p.open)-1])
	}
	return p.plain.String(), nil
}

// What the HTML of a message is made of. Telegram knows more tags; no view uses them.
var (
	tagForm    = regexp.MustCompile(`^<(/?)(b|i|code|pre)>`)
	entityForm = regexp.MustCompile(`^&(?:amp|lt|gt|quot);`)
)

type parser struct {
	plain strings.Builder
	open  []string // names of the tags that are open
}

// take reads what text begins with: plain characters, an entity or a tag, and
// returns its length.
func (p *parser) take(text string) (int, error) {
	switch at := strings.IndexAny(text, "<>&"); {
	case at < 0:
		p.plain.WriteString(text)
		return len(text), nil
	case at > 0:
		p.plain.WriteString(text[:at])
		return at, nil
	case text[0] == '&':
		return p.entity(text)
	default:
		return p.tag(text)
	}
}

func (p *parser) entity(text string) (int, error) {
	entity := entityForm.FindString(text)
	if entity == "" {
		return 0, fmt.Errorf("a bare & at %q", clip(text))
	}
	p.plain.WriteString(html.UnescapeString(entity))
	return len(entity), nil
}

func (p *parser) tag(text string) (int, error) {
	m := tagForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no tag of a message at %q", clip(text))
	}
	last := len(p.open) - 1
	switch closing := m[1] != ""; {
	case !closing:
		p.open = append(p.open, m[2])
	case last < 0 || p.open[last] != m[2]:
		return 0, fmt.Errorf("</%s> closes nothing that is open", m[2])
	default:
		p.open = p.open[:last]
	}
	return len(m[0]), nil
}

func clip(s string) string { return s[:min(len(s), 20)] }
