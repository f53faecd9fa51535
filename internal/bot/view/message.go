// Package view turns values into messages. It is pure: no context, no clock,
// no I/O, so every reply can be a golden file and a reviewer reads the product
// in a diff.
package view

// Message is everything a person sees of one reply, before it is bytes.
type Message struct {
	HTML    string     // Telegram's HTML subset; text from outside is escaped
	Buttons [][]Button // rows of inline buttons; nil for none
	Protect bool       // no forwarding, no saving
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
