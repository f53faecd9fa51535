package telegram

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-telegram/bot/models"

	"kitebot/internal/bot/view"
)

// richMessage turns blocks into Telegram's. An error is a bug here: the markup
// of a paragraph is broken.
func richMessage(r view.Rich) (*models.InputRichMessage, error) {
	out := &models.InputRichMessage{}
	for i, b := range r.Blocks {
		if b.Table != nil {
			out.Blocks = append(out.Blocks, models.InputRichBlock{Type: models.RichBlockTypeTable, InputRichBlockTable: richTable(*b.Table)})
			continue
		}
		text, err := richText(joinSigns(b.HTML))
		if err != nil {
			return nil, fmt.Errorf("build block %d: %w", i, err)
		}
		paragraph := &models.InputRichBlockParagraph{Text: text}
		out.Blocks = append(out.Blocks, models.InputRichBlock{Type: models.RichBlockTypeParagraph, InputRichBlockParagraph: paragraph})
	}
	return out, nil
}

// richTable makes a compact table, which fits one column more on a phone, with
// stripes instead of a grid.
func richTable(t view.RichTable) *models.InputRichBlockTable {
	table := &models.InputRichBlockTable{IsCompact: true, IsStriped: true}
	if len(t.Head) > 0 {
		table.Cells = append(table.Cells, richRow(t.Head, true))
	}
	for _, row := range t.Rows {
		table.Cells = append(table.Cells, richRow(row, false))
	}
	return table
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

// errMarkup hides what is wrong with a paragraph's markup: the words of a parser
// quote the text.
var errMarkup = errors.New("the markup of a paragraph is broken, or has a tag other than b, i and code")

// richText turns the inline tags of a paragraph into Telegram's tree of rich text.
// What Telegram takes inline is also well-formed XML.
func richText(html string) (models.RichText, error) {
	d := xml.NewDecoder(strings.NewReader("<p>" + html + "</p>"))
	if _, err := d.Token(); err != nil { // the <p>
		return models.RichText{}, errMarkup
	}
	text, err := element(d)
	if err != nil {
		return models.RichText{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) { // a </p> within the text ended it early
		return models.RichText{}, errMarkup
	}
	return text, nil
}

// element reads up to the end of the element that is open.
func element(d *xml.Decoder) (models.RichText, error) {
	var text models.RichText
	for {
		token, err := d.Token()
		if err != nil {
			return text, errMarkup
		}
		var part models.RichText
		switch token := token.(type) {
		case xml.EndElement:
			if len(text.Array) == 1 {
				return text.Array[0], nil
			}
			return text, nil
		case xml.CharData:
			part.PlainText = string(token)
		case xml.StartElement:
			inner, err := element(d)
			if err != nil {
				return text, err
			}
			switch token.Name.Local {
			case "b":
				part = models.RichText{Type: models.RichTextTypeBold, RichTextBold: &models.RichTextBold{Text: inner}}
			case "i":
				part = models.RichText{Type: models.RichTextTypeItalic, RichTextItalic: &models.RichTextItalic{Text: inner}}
			case "code":
				part = models.RichText{Type: models.RichTextTypeCode, RichTextCode: &models.RichTextCode{Text: inner}}
			default:
				return text, errMarkup
			}
		default: // a comment, say
			return text, errMarkup
		}
		text.Array = append(text.Array, part)
	}
}

// tablesBackoff is how long all messages go as text once the server turned out to
// be too old for native tables, so that users do not wait for two calls. It ends
// by itself, since servers are updated.
const tablesBackoff = 6 * time.Hour

// tableSupport remembers that the server is too old for native tables.
type tableSupport struct{ until atomic.Int64 } // in Unix nanoseconds

// usable says whether to try native tables.
func (s *tableSupport) usable() bool { return time.Now().UnixNano() >= s.until.Load() }

// unsupported notes that the server does not know native tables. It reports
// whether that is news.
func (s *tableSupport) unsupported() bool {
	now := time.Now()
	return s.until.Swap(now.Add(tablesBackoff).UnixNano()) <= now.UnixNano()
}

// tablesRefused says that Telegram refuses a call for good: the request is invalid,
// the chat does not allow it, or the server does not know the method, with a code
// that otherwise means a bad token.
func tablesRefused(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	if !ok {
		return false
	}
	return f.kind == refused || f.kind == gone && f.code == http.StatusBadRequest || f.kind == unauthorized && f.code == http.StatusNotFound
}

// tablesUnknown tells a server that is too old for tables from one that refuses a
// message: it does not know the method, or ignores the parameter and then misses
// the text.
func tablesUnknown(err error) bool {
	f, ok := errors.AsType[*apiError](err)
	return ok && (f.code == http.StatusNotFound || strings.Contains(f.text, "message text is empty"))
}

// joinSigns puts an invisible word joiner between a sign and ₹, where a line could
// break otherwise. It does so here, so that no view has to and no other output
// has it.
func joinSigns(text string) string { return signJoiner.Replace(text) }

var signJoiner = strings.NewReplacer("−₹", "−\u2060₹", "+₹", "+\u2060₹")
