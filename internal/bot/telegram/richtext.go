package telegram

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-telegram/bot/models"
)

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
