package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"kitebot/internal/bot/view"

	"bytes"

	tg "github.com/go-telegram/bot"
)

// rich returns m as Telegram's blocks; nil where it is sent as text: because it has
// no blocks, because Telegram takes none at present, or because they are invalid,
// which is a bug of ours.
func (c *Client) rich(ctx context.Context, m view.Message) *models.InputRichMessage {
	if m.Rich == nil || !c.tables.usable() {
		return nil
	}
	rich, err := richMessage(*m.Rich)
	if err != nil {
		c.log.ErrorContext(ctx, "native tables of ours cannot be sent, text goes instead", "error", err)
		return nil
	}
	return rich
}

// call is one Bot API call that may be retried.
type call struct {
	method string
	// idempotent: doing it twice is the same as once, as with an edit.
	idempotent bool
	do         func(ctx context.Context) error
	// plain replaces this call where Telegram refuses native tables; nil for none.
	plain *call
}

// pictureName is how an uploaded picture is called. People do not see it.
const pictureName = "picture.png"

// outgoing is a message to a chat, ready for Telegram's methods.
type outgoing struct {
	view.Message
	chat   int64
	markup models.ReplyMarkup
	rich   *models.InputRichMessage // nil: it goes as text
}

// ready converts a message for Telegram's methods. An error is a bug of ours.
func (c *Client) ready(ctx context.Context, chat int64, m view.Message) (outgoing, error) {
	markup, err := keyboard(m.Buttons)
	switch {
	case err != nil:
	case m.Photo != nil && m.File != nil:
		err = errors.New("a message has a picture and a file")
	case m.Photo != nil && len(m.Photo) == 0:
		err = errors.New("a picture is empty")
	case m.File != nil && (m.File.Name == "" || len(m.File.Data) == 0):
		err = errors.New("a file has no name or is empty")
	}
	m.HTML = keepSigns(m.HTML)
	p := outgoing{Message: m, chat: chat, markup: markup}
	if err == nil && m.Photo == nil && m.File == nil {
		p.rich = c.rich(ctx, m)
	}
	return p, err
}

// keepSigns puts an invisible word joiner between a sign and ₹, where a line could
// break otherwise. It does so here, so that no view has to and no other output
// has it.
func keepSigns(text string) string {
	return strings.NewReplacer("−₹", "−\u2060₹", "+₹", "+\u2060₹").Replace(text)
}

// sending is the call that sends a new message and stores its id. Every attempt
// reads uploads from the beginning.
func (c *Client) sending(p outgoing, id *int) call {
	switch {
	case p.Photo != nil:
		return c.sendingPhoto(p, id)
	case p.File != nil:
		return c.sendingFile(p, id)
	case p.rich != nil:
		text := c.sendingText(p, id)
		k := c.sendingRich(p, id)
		k.plain = &text
		return k
	}
	return c.sendingText(p, id)
}

func (c *Client) sendingText(p outgoing, id *int) call {
	return call{method: "sendMessage", do: func(ctx context.Context) error {
		return numbered(id)(c.api.SendMessage(ctx, &tg.SendMessageParams{
			ChatID:              p.chat,
			Text:                p.HTML,
			ParseMode:           models.ParseModeHTML,
			LinkPreviewOptions:  noPreview(),
			DisableNotification: p.Silent,
			ProtectContent:      p.Protect,
			ReplyMarkup:         p.markup,
		}))
	}}
}

func (c *Client) sendingRich(p outgoing, id *int) call {
	return call{method: "sendRichMessage", do: func(ctx context.Context) error {
		return numbered(id)(c.api.SendRichMessage(ctx, &tg.SendRichMessageParams{
			ChatID:              p.chat,
			RichMessage:         *p.rich,
			DisableNotification: p.Silent,
			ProtectContent:      p.Protect,
			ReplyMarkup:         p.markup,
		}))
	}}
}

func (c *Client) sendingPhoto(p outgoing, id *int) call {
	return call{method: "sendPhoto", do: func(ctx context.Context) error {
		return numbered(id)(c.api.SendPhoto(ctx, &tg.SendPhotoParams{
			ChatID:              p.chat,
			Photo:               &models.InputFileUpload{Filename: pictureName, Data: bytes.NewReader(p.Photo)},
			Caption:             p.HTML,
			ParseMode:           models.ParseModeHTML,
			DisableNotification: p.Silent,
			ProtectContent:      p.Protect,
			ReplyMarkup:         p.markup,
		}))
	}}
}

// sendingFile leaves the file's type to Telegram, since the library uploads without
// one.
func (c *Client) sendingFile(p outgoing, id *int) call {
	return call{method: "sendDocument", do: func(ctx context.Context) error {
		return numbered(id)(c.api.SendDocument(ctx, &tg.SendDocumentParams{
			ChatID:              p.chat,
			Document:            &models.InputFileUpload{Filename: p.File.Name, Data: bytes.NewReader(p.File.Data)},
			Caption:             p.HTML,
			ParseMode:           models.ParseModeHTML,
			DisableNotification: p.Silent,
			ProtectContent:      p.Protect,
			ReplyMarkup:         p.markup,
		}))
	}}
}

// numbered stores the id of a sent message.
func numbered(id *int) func(*models.Message, error) error {
	return func(shown *models.Message, err error) error {
		switch {
		case err != nil:
			return err
		case shown == nil || shown.ID <= 0:
			return errNoNumber
		}
		*id = shown.ID
		return nil
	}
}

// errNoNumber is an answer that says ok without a message id.
var errNoNumber = errors.New("a shown message has no number")

// editing is the call that replaces an earlier message.
func (c *Client) editing(p outgoing, message int) call {
	if p.Photo != nil {
		return c.editingPhoto(p, message)
	}
	text := c.editingText(p, message, nil)
	if p.rich == nil {
		return text
	}
	k := c.editingText(p, message, p.rich)
	k.plain = &text
	return k
}

// editingText replaces a text or a rich message by either of them.
func (c *Client) editingText(p outgoing, message int, rich *models.InputRichMessage) call {
	return call{method: "editMessageText", idempotent: true, do: func(ctx context.Context) error {
		params := &tg.EditMessageTextParams{ChatID: p.chat, MessageID: message, RichMessage: rich, ReplyMarkup: p.markup}
		if rich == nil {
			params.Text, params.ParseMode, params.LinkPreviewOptions = p.HTML, models.ParseModeHTML, noPreview()
		}
		_, err := c.api.EditMessageText(ctx, params)
		return err
	}}
}

func (c *Client) editingPhoto(p outgoing, message int) call {
	return call{method: "editMessageMedia", idempotent: true, do: func(ctx context.Context) error {
		_, err := c.api.EditMessageMedia(ctx, &tg.EditMessageMediaParams{
			ChatID:    p.chat,
			MessageID: message,
			Media: &models.InputMediaPhoto{
				Media:           "attach://" + pictureName,
				Caption:         p.HTML,
				ParseMode:       models.ParseModeHTML,
				MediaAttachment: bytes.NewReader(p.Photo),
			},
			ReplyMarkup: p.markup,
		})
		return err
	}}
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
}

// cut shortens text to at most n characters.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// keyboard turns buttons into Telegram's. No button at all is a plain nil and
// not a nil pointer: the library would send the latter as "null", which
// Telegram refuses.
func keyboard(rows [][]view.Button) (models.ReplyMarkup, error) {
	var grid [][]models.InlineKeyboardButton
	for _, row := range rows {
		var line []models.InlineKeyboardButton
		for _, b := range row {
			button, err := button(b)
			if err != nil {
				return nil, err
			}
			line = append(line, button)
		}
		if line != nil {
			grid = append(grid, line)
		}
	}
	if grid == nil {
		return nil, nil
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: grid}, nil
}

// maxData is what a button may carry, in bytes.
const maxData = 64

func button(b view.Button) (models.InlineKeyboardButton, error) {
	out := models.InlineKeyboardButton{Text: b.Text, Style: string(b.Style), URL: b.URL, CallbackData: b.Data}
	if b.Copy != "" {
		out.CopyText = &models.CopyTextButton{Text: b.Copy} // only if wanted: an empty one is refused
	}
	actions := 0
	for _, action := range []string{b.URL, b.Data, b.Copy} {
		if action != "" {
			actions++
		}
	}
	switch {
	case b.Text == "":
		return out, fmt.Errorf("build a keyboard: a button has no text")
	case actions != 1:
		return out, fmt.Errorf("build a keyboard: a button has %d actions instead of one", actions)
	case len(b.Data) > maxData:
		return out, fmt.Errorf("build a keyboard: a button carries %d bytes, more than %d", len(b.Data), maxData)
	}
	return out, nil
}
