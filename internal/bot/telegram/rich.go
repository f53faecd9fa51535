package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"encoding/xml"
	"io"
	"kitebot/internal/bot/view"
	"kitebot/internal/clock"
	"strconv"
)

// Telegram's limits of a rich message.
const (
	maxBlocks   = 500 // each row of a table counts as one
	maxColumns  = 20
	maxRichText = 32768 // characters of all texts together
)

func richMessage(r view.Rich) (*models.InputRichMessage, error) {
	out := &models.InputRichMessage{}
	count, length := 0, 0
	for i, b := range r.Blocks {
		block, err := richBlock(b)
		if err != nil {
			return nil, fmt.Errorf("build block %d: %w", i, err)
		}
		out.Blocks = append(out.Blocks, block)
		count += 1 + rows(b.Table)
		length += letters(b)
	}
	switch {
	case count == 0:
		return nil, errors.New("build a rich message: it is empty")
	case count > maxBlocks:
		return nil, fmt.Errorf("build a rich message: %d blocks, more than %d", count, maxBlocks)
	case length > maxRichText:
		return nil, fmt.Errorf("build a rich message: %d characters, more than %d", length, maxRichText)
	}
	return out, nil
}

func richBlock(b view.Block) (models.InputRichBlock, error) {
	switch {
	case b.Table != nil && b.HTML == "":
		table, err := richTable(*b.Table)
		return models.InputRichBlock{Type: models.RichBlockTypeTable, InputRichBlockTable: table}, err
	case b.Table == nil && b.HTML != "":
		text, err := richText(keepSigns(b.HTML))
		paragraph := &models.InputRichBlockParagraph{Text: text}
		return models.InputRichBlock{Type: models.RichBlockTypeParagraph, InputRichBlockParagraph: paragraph}, err
	}
	return models.InputRichBlock{}, errors.New("not exactly one of a paragraph and a table")
}

// richTable makes a compact table, which fits one column more on a phone, with
// stripes instead of a grid.
func richTable(t view.RichTable) (*models.InputRichBlockTable, error) {
	table := &models.InputRichBlockTable{IsCompact: true, IsStriped: true}
	if len(t.Head) > 0 {
		table.Cells = append(table.Cells, richRow(t.Head, true))
	}
	for _, row := range t.Rows {
		table.Cells = append(table.Cells, richRow(row, false))
	}
	if len(table.Cells) == 0 {
		return nil, errors.New("a table is empty")
	}
	for _, row := range table.Cells {
		if len(row) == 0 || len(row) > maxColumns {
			return nil, fmt.Errorf("a row of %d cells, allowed are 1 to %d", len(row), maxColumns)
		}
	}
	return table, nil
}

func richRow(cells []string, head bool) []models.RichBlockTableCell {
	var row []models.RichBlockTableCell
	for i, text := range cells {
		cell := models.RichBlockTableCell{
			Text:     &models.RichText{PlainText: text}, // also when empty: a cell without one leaves a hole
			IsHeader: head,
			Align:    "right",
			Valign:   "middle",
		}
		if i == 0 {
			cell.Align = "left"
		}
		row = append(row, cell)
	}
	return row
}

// rows counts a table's rows, its head among them.
func rows(t *view.RichTable) int {
	if t == nil {
		return 0
	}
	return len(t.Rows) + min(len(t.Head), 1)
}

// letters is the greatest length of a block's text: tags count as if they were
// shown.
func letters(b view.Block) int {
	n := utf8.RuneCountInString(b.HTML)
	if b.Table == nil {
		return n
	}
	for _, row := range append([][]string{b.Table.Head}, b.Table.Rows...) {
		for _, cell := range row {
			n += utf8.RuneCountInString(cell)
		}
	}
	return n
}

const (
	// maxRefusals is how many chats in a row must refuse tables until all are sent
	// as text. Chats are counted and not messages: the holdings of one user may be
	// refused every time, and must cost others nothing.
	maxRefusals = 3
	// tablesBackoff is how long all tables are then sent as text, so that users do not
	// wait for two calls. It ends by itself, since servers and rules change.
	tablesBackoff = 6 * time.Hour
)

// tableSupport remembers whether Telegram takes native tables at present.
type tableSupport struct {
	clock clock.Clock

	mu      sync.Mutex
	until   time.Time      // no table is tried before
	refused map[int64]bool // the chats where they were, since a table was last accepted
}

func newTableSupport(c clock.Clock) *tableSupport {
	return &tableSupport{clock: c, refused: map[int64]bool{}}
}

// usable says whether to try native tables.
func (n *tableSupport) usable() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.clock.Now().Before(n.until)
}

// accepted notes a message with tables that Telegram accepted.
func (n *tableSupport) accepted() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.refused)
}

// refuse notes a message that Telegram accepted as text only. It reports whether
// that ends tables for now: many chats were refused, or the server does not know
// them.
func (n *tableSupport) refuse(chat int64, unknown bool) (ends bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused[chat] = true
	now := n.clock.Now()
	if now.Before(n.until) || !unknown && len(n.refused) < maxRefusals {
		return false
	}
	clear(n.refused)
	n.until = now.Add(tablesBackoff)
	return true
}

// tablesRefused says that Telegram refuses a call for good: the request is invalid,
// the chat does not allow it, or the server does not know the method, with a code
// that otherwise means a bad token.
func tablesRefused(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	if !ok {
		return false
	}
	switch f.kind {
	case refused:
		return true
	case gone:
		return f.code == http.StatusBadRequest
	case unauthorized:
		return f.code == http.StatusNotFound
	}
	return false
}

// tablesUnsupported tells a server that is too old for tables from one that refuses
// a message: it does not know the method, or ignores the parameter and then
// misses the text.
func tablesUnsupported(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	return ok && (f.code == http.StatusNotFound || strings.Contains(strings.ToLower(f.text), "message text is empty"))
}

// errMarkup hides what is wrong with a paragraph's markup: the words of a parser
// quote the text.
var errMarkup = errors.New("the markup of a paragraph is broken")

// richText turns the inline tags of a text message into Telegram's tree of rich
// text. What Telegram takes inline is also well-formed XML.
func richText(html string) (models.RichText, error) {
	r := richReader{xml.NewDecoder(strings.NewReader("<p>" + html + "</p>"))}
	if _, err := r.Token(); err != nil { // the <p>
		return models.RichText{}, errMarkup
	}
	text, err := r.element()
	if err != nil {
		return models.RichText{}, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) { // a </p> within the text ended it early
		return models.RichText{}, errMarkup
	}
	return text, nil
}

type richReader struct{ *xml.Decoder }

// element reads up to the end of the element that is open.
func (r richReader) element() (models.RichText, error) {
	var parts []models.RichText
	for {
		token, err := r.Token()
		if err != nil {
			return models.RichText{}, errMarkup
		}
		switch token := token.(type) {
		case xml.EndElement:
			return joined(parts), nil
		case xml.CharData:
			parts = append(parts, models.RichText{PlainText: string(token)})
		case xml.StartElement:
			inner, err := r.element()
			if err != nil {
				return models.RichText{}, err
			}
			styled, err := style(token, inner)
			if err != nil {
				return models.RichText{}, err
			}
			parts = append(parts, styled)
		default: // a comment, say
			return models.RichText{}, errMarkup
		}
	}
}

func joined(parts []models.RichText) models.RichText {
	switch len(parts) {
	case 0:
		return models.RichText{}
	case 1:
		return parts[0]
	}
	return models.RichText{Array: parts}
}

// style puts an inline tag around a text.
func style(tag xml.StartElement, text models.RichText) (models.RichText, error) {
	switch tag.Name.Local {
	case "b":
		return models.RichText{Type: models.RichTextTypeBold, RichTextBold: &models.RichTextBold{Text: text}}, nil
	case "i":
		return models.RichText{Type: models.RichTextTypeItalic, RichTextItalic: &models.RichTextItalic{Text: text}}, nil
	case "u":
		return models.RichText{Type: models.RichTextTypeUnderline, RichTextUnderline: &models.RichTextUnderline{Text: text}}, nil
	case "s":
		return models.RichText{Type: models.RichTextTypeStrikethrough, RichTextStrikethrough: &models.RichTextStrikethrough{Text: text}}, nil
	case "code":
		return models.RichText{Type: models.RichTextTypeCode, RichTextCode: &models.RichTextCode{Text: text}}, nil
	case "tg-spoiler":
		return models.RichText{Type: models.RichTextTypeSpoiler, RichTextSpoiler: &models.RichTextSpoiler{Text: text}}, nil
	case "a":
		return models.RichText{Type: models.RichTextTypeURL, RichTextURL: &models.RichTextURL{Text: text, URL: attribute(tag, "href")}}, nil
	case "tg-time":
		return dateTime(tag, text)
	}
	return models.RichText{}, fmt.Errorf("the tag <%s> is none of a paragraph's", tag.Name.Local)
}

// dateTime is a moment that each reader sees in their own time zone.
func dateTime(tag xml.StartElement, text models.RichText) (models.RichText, error) {
	unix, err := strconv.Atoi(attribute(tag, "unix"))
	if err != nil {
		return models.RichText{}, errors.New("the tag <tg-time> has no time")
	}
	return models.RichText{Type: models.RichTextTypeDateTime, RichTextDateTime: &models.RichTextDateTime{
		Text: text, UnixTime: unix, DateTimeFormat: attribute(tag, "format"),
	}}, nil
}

// attribute is an attribute's value, "" where the tag has none of that name.
func attribute(tag xml.StartElement, name string) string {
	for _, a := range tag.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
