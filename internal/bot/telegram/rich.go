package telegram

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"kitebot/internal/bot/view"
)

// What Telegram takes in one rich message.
const (
	mostBlocks   = 500 // each row of a table is one, too
	mostColumns  = 20
	mostRichText = 32768 // characters of all texts together
)

// rich returns m as Telegram's blocks; nil where it goes as text: because it has
// no blocks, because none is taken at present, or because they are badly built,
// which is a bug of ours and not the reader's trouble.
func (c *Client) rich(ctx context.Context, m view.Message) *models.InputRichMessage {
	if m.Rich == nil || !c.tables.taken() {
		return nil
	}
	rich, err := richMessage(*m.Rich)
	if err != nil {
		c.log.ErrorContext(ctx, "native tables of ours cannot be sent, text goes instead", "error", err)
		return nil
	}
	return rich
}

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
	case count > mostBlocks:
		return nil, fmt.Errorf("build a rich message: %d blocks, more than %d", count, mostBlocks)
	case length > mostRichText:
		return nil, fmt.Errorf("build a rich message: %d characters, more than %d", length, mostRichText)
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

// richTable gives every cell its place. Small indents fit one column more on a
// phone, and stripes lead the eye along a row without a grid.
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
		if len(row) == 0 || len(row) > mostColumns {
			return nil, fmt.Errorf("a row of %d cells, allowed are 1 to %d", len(row), mostColumns)
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

// letters is how long a block's text is at most: tags count as if they were
// shown, which errs on the safe side.
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
