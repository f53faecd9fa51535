package telegram

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Message is one message of a chat as users see it now.
type Message struct {
	ID      int64
	Chat    int64
	From    int64  // user id of the sender
	FromBot bool   // whether the bot under test sent it
	Sender  string // first name of the sender
	Date    time.Time
	Edited  time.Time // zero if never edited
	// Text is the text without markup; Entities say how it looks. For a photo or a document they are the caption's.
	Text     string
	Entities []Entity
	// Keyboard is the inline keyboard, row by row.
	Keyboard [][]Button
	Photo    *File
	Document *File
	// Rich is the rich message's JSON ({"blocks": …}), if it is one.
	Rich      json.RawMessage
	Protected bool // protect_content
	Silent    bool // disable_notification

	preview *linkPreview

	rev int64 // the server's change counter at the last change
}

// File is an uploaded photo or document, kept in memory.
type File struct {
	ID     string
	Name   string
	MIME   string
	Data   []byte
	Width  int // pixels, photos only
	Height int
}

// Buttons returns all inline buttons in reading order.
func (m Message) Buttons() []Button { return slices.Concat(m.Keyboard...) }

// Button returns the inline button whose label contains the text.
func (m Message) Button(label string) (Button, bool) {
	for _, b := range m.Buttons() {
		if strings.Contains(b.Text, label) {
			return b, true
		}
	}
	return Button{}, false
}

// String is one line of a transcript.
func (m Message) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s:", m.ID, m.Sender)
	if m.Silent {
		b.WriteString(" [silent]")
	}
	if m.Photo != nil {
		fmt.Fprintf(&b, " [photo %dx%d]", m.Photo.Width, m.Photo.Height)
	}
	if m.Document != nil {
		fmt.Fprintf(&b, " [document %s, %d bytes]", m.Document.Name, len(m.Document.Data))
	}
	if m.Rich != nil {
		fmt.Fprintf(&b, " [rich %s]", m.Rich)
	}
	fmt.Fprintf(&b, " %s", m.Text)
	if !m.Edited.IsZero() {
		b.WriteString(" (edited)")
	}
	for _, row := range m.Keyboard {
		b.WriteString("\n    ")
		for _, button := range row {
			fmt.Fprintf(&b, "[%s]", button.Text)
		}
	}
	return b.String()
}

// Transcript shows messages one per line, for the failure text of a test.
func Transcript(messages []Message) string {
	lines := make([]string, len(messages))
	for i, m := range messages {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

// media reports whether the message's text is a caption.
func (m *Message) media() bool { return m.Photo != nil || m.Document != nil }

func (f *File) wirePhoto() []wirePhoto {
	return []wirePhoto{{FileID: f.ID, FileUniqueID: "u" + f.ID, Width: f.Width, Height: f.Height, FileSize: len(f.Data)}}
}

func (f *File) wireDocument() *wireDocument {
	return &wireDocument{FileID: f.ID, FileUniqueID: "u" + f.ID, FileName: f.Name, MimeType: f.MIME, FileSize: len(f.Data)}
}

// Button is a button of an inline keyboard. Exactly one of Data, URL and CopyText is set.
type Button struct {
	Text     string `json:"text"`
	Data     string `json:"data,omitempty"` // callback_data
	URL      string `json:"url,omitempty"`
	CopyText string `json:"copy_text,omitempty"`
	Style    string `json:"style,omitempty"` // danger, success, primary or empty
}

// wireBoard is the keyboard as it is sent back in a message.
func wireBoard(rows [][]Button) *wireInlineBoard {
	out := &wireInlineBoard{}
	for _, row := range rows {
		var cells []wireButton
		for _, b := range row {
			w := wireButton{Text: b.Text, Style: b.Style, URL: b.URL, Data: b.Data}
			if b.CopyText != "" {
				w.CopyText = &wireCopyText{Text: b.CopyText}
			}
			cells = append(cells, w)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// chat is a private chat or a group, with all its messages.
type chat struct {
	wireChat
	messages []*Message
	deleted  []deletion
	nextID   int64
	known    bool // the user wrote to the bot, so that the bot may write
	blocked  bool

	action    string // the last chat action and when it stops being shown
	until     time.Time
	headerRev int64 // change counter of the things about the chat itself
}

// deletion records that a message was deleted, for the page.
type deletion struct {
	id  int64
	rev int64
}

func (ch *chat) private() bool { return ch.Type == "private" }

// find returns the message, nil if there is none or it was deleted.
func (ch *chat) find(id int64) *Message {
	for _, m := range ch.messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// snapshot copies the chat's messages. The caller holds the lock; slices inside are replaced on edits, never changed.
func (ch *chat) snapshot() []Message {
	out := make([]Message, len(ch.messages))
	for i, m := range ch.messages {
		out[i] = *m
	}
	return out
}
