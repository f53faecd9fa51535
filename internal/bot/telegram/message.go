package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"kitebot/internal/bot/view"
)

const (
	// pictureName is how an uploaded picture is called. People do not see it.
	pictureName = "picture.png"
	// maxData is what a button may carry, in bytes.
	maxData = 64
)

// apiCall is one Bot API call that may be retried.
type apiCall struct {
	method string
	// idempotent: doing it twice is the same as once, as with an edit.
	idempotent bool
	do         func(ctx context.Context) error
	// plain replaces this call where Telegram refuses native tables; nil for none.
	plain *apiCall
}

// outgoing is a message to a chat, ready for Telegram's methods.
type outgoing struct {
	view.Message
	chat   int64
	markup models.ReplyMarkup
	rich   *models.InputRichMessage // nil: it goes as text
}

// ready converts a message for Telegram's methods. An error is a bug here.
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
	m.HTML = joinSigns(m.HTML)
	p := outgoing{Message: m, chat: chat, markup: markup}
	if err != nil || m.Photo != nil || m.File != nil || m.Rich == nil || !c.tables.usable() {
		return p, err
	}
	if p.rich, err = richMessage(*m.Rich); err != nil {
		c.log.ErrorContext(ctx, "native tables are invalid", "effect", "the message goes as text", "action", "report it: it is a bug", "error", err)
	}
	return p, nil
}

// sending is the call that sends a new message and stores its id. Every attempt
// reads uploads from the beginning.
func (c *Client) sending(p outgoing, id *int) apiCall {
	switch {
	case p.Photo != nil:
		return apiCall{method: "sendPhoto", do: func(ctx context.Context) error {
			return storeID(id)(c.api.SendPhoto(ctx, &tg.SendPhotoParams{
				ChatID: p.chat, Photo: &models.InputFileUpload{Filename: pictureName, Data: bytes.NewReader(p.Photo)},
				Caption: p.HTML, ParseMode: models.ParseModeHTML,
				DisableNotification: p.Silent, ProtectContent: p.Protect, ReplyMarkup: p.markup,
			}))
		}}
	case p.File != nil: // the library uploads without a type, and Telegram finds one
		return apiCall{method: "sendDocument", do: func(ctx context.Context) error {
			return storeID(id)(c.api.SendDocument(ctx, &tg.SendDocumentParams{
				ChatID: p.chat, Document: &models.InputFileUpload{Filename: p.File.Name, Data: bytes.NewReader(p.File.Data)},
				Caption: p.HTML, ParseMode: models.ParseModeHTML,
				DisableNotification: p.Silent, ProtectContent: p.Protect, ReplyMarkup: p.markup,
			}))
		}}
	}
	text := apiCall{method: "sendMessage", do: func(ctx context.Context) error {
		return storeID(id)(c.api.SendMessage(ctx, &tg.SendMessageParams{
			ChatID: p.chat, Text: p.HTML, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(),
			DisableNotification: p.Silent, ProtectContent: p.Protect, ReplyMarkup: p.markup,
		}))
	}}
	if p.rich == nil {
		return text
	}
	return apiCall{method: "sendRichMessage", plain: &text, do: func(ctx context.Context) error {
		return storeID(id)(c.api.SendRichMessage(ctx, &tg.SendRichMessageParams{
			ChatID: p.chat, RichMessage: *p.rich,
			DisableNotification: p.Silent, ProtectContent: p.Protect, ReplyMarkup: p.markup,
		}))
	}}
}

// errNoMessageID is an answer that says ok without a message id.
var errNoMessageID = errors.New("a sent message has no id")

// storeID stores the id of a sent message.
func storeID(id *int) func(*models.Message, error) error {
	return func(sent *models.Message, err error) error {
		switch {
		case err != nil:
			return err
		case sent == nil || sent.ID <= 0:
			return errNoMessageID
		}
		*id = sent.ID
		return nil
	}
}

// editing is the call that replaces an earlier message.
func (c *Client) editing(p outgoing, message int) apiCall {
	if p.Photo != nil {
		return apiCall{method: "editMessageMedia", idempotent: true, do: func(ctx context.Context) error {
			_, err := c.api.EditMessageMedia(ctx, &tg.EditMessageMediaParams{
				ChatID: p.chat, MessageID: message, ReplyMarkup: p.markup,
				Media: &models.InputMediaPhoto{
					Media: "attach://" + pictureName, MediaAttachment: bytes.NewReader(p.Photo),
					Caption: p.HTML, ParseMode: models.ParseModeHTML,
				},
			})
			return err
		}}
	}
	text := c.editingText(&tg.EditMessageTextParams{
		ChatID: p.chat, MessageID: message, ReplyMarkup: p.markup,
		Text: p.HTML, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(),
	})
	if p.rich == nil {
		return text
	}
	rich := c.editingText(&tg.EditMessageTextParams{ChatID: p.chat, MessageID: message, ReplyMarkup: p.markup, RichMessage: p.rich})
	rich.plain = &text
	return rich
}

func (c *Client) editingText(p *tg.EditMessageTextParams) apiCall {
	return apiCall{method: "editMessageText", idempotent: true, do: func(ctx context.Context) error {
		_, err := c.api.EditMessageText(ctx, p)
		return err
	}}
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
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
				return nil, fmt.Errorf("build a keyboard: %w", err)
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
		return out, errors.New("a button has no text")
	case actions != 1:
		return out, fmt.Errorf("a button has %d actions instead of one", actions)
	case len(b.Data) > maxData:
		return out, fmt.Errorf("a button carries %d bytes, more than %d", len(b.Data), maxData)
	}
	return out, nil
}

// cut shortens text to at most n characters.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}
