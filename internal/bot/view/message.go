package view

// Message is everything a person sees of one reply, before it is bytes. At most
// one of Photo and File is set; HTML is then its caption, of 1024 characters at
// most instead of 4096.
type Message struct {
	HTML    string     // Telegram's HTML subset; text from outside is escaped
	Buttons [][]Button // rows of inline buttons; nil for none
	Protect bool       // no forwarding, no saving
	Silent  bool       // arrives without a sound
	Photo   []byte     // a PNG of 1200×800
	File    *File      // a document to keep, such as a CSV
	Rich    *Rich      // the same message with native tables; HTML is shown where that is refused
}

// Text is a message of HTML, with buttons in one row where there are any.
func Text(html string, row ...Button) Message {
	m := Message{HTML: html}
	if len(row) > 0 {
		m.Buttons = [][]Button{row}
	}
	return m
}

// File is a document.
type File struct {
	Name string // "holdings-2026-11-23.csv"
	MIME string // "text/csv"
	Data []byte
}

// Button is one inline button: exactly one of URL, Data and Copy is set.
type Button struct {
	Text  string
	URL   string // opens a page
	Data  string // comes back as a press: "command:action:arg", at most 64 bytes
	Copy  string // copies this text
	Style Style
}

// Style colours a button where the client can.
type Style string

// The styles of Bot API 9.4.
const (
	Plain   Style = ""
	Primary Style = "primary"
	Success Style = "success"
	Danger  Style = "danger"
)

// Rich is a message as Telegram's native blocks (Bot API 10.1): what a text
// message says in lines and <pre>, it says in paragraphs and tables.
type Rich struct{ Blocks []Block }

// Block is one block: exactly one field is set.
type Block struct {
	HTML  string     // a paragraph, in the inline tags of a text message
	Table *RichTable // a native table
}

// RichTable is a native table. The first column is left-aligned, the others,
// which hold numbers, are right-aligned. Cells are plain text.
type RichTable struct {
	Head []string
	Rows [][]string
}
