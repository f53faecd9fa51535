package telegram

import (
	"encoding/json"
	"strings"

	"kitebot/internal/bot"
)

const (
	// allowedUpdates are the types of update that the bot asks for.
	allowedUpdates = "message edited_message callback_query my_chat_member"

	maxText = 4096 // of a message, in characters
	maxName = 64   // of a first name, in characters
)

// The wire types hold only the fields that the bot reads. The types of the library
// decode everything, and a new value in a field we never read would cost a user
// the reply.
type wireUpdate struct {
	ID      int64        `json:"update_id"`
	Message *wireMessage `json:"message"`
	Edited  *wireMessage `json:"edited_message"`
	Press   *wirePress   `json:"callback_query"`
	Member  *wireMember  `json:"my_chat_member"`
}

type wireUser struct {
	ID    int64  `json:"id"`
	Bot   bool   `json:"is_bot"`
	First string `json:"first_name"`
}

type wireChat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type wireMessage struct {
	ID       int             `json:"message_id"`
	From     *wireUser       `json:"from"`
	Chat     wireChat        `json:"chat"`
	Text     string          `json:"text"`
	Sender   json.RawMessage `json:"sender_chat"`            // a channel, or an anonymous admin
	Origin   json.RawMessage `json:"forward_origin"`         // forwarded
	Forward  int64           `json:"forward_date"`           // forwarded, in older servers' words
	Via      json.RawMessage `json:"via_bot"`                // written by another bot in inline mode
	Business string          `json:"business_connection_id"` // sent through a business account, not to the bot
	media
}

// media is what a user sends other than text. Service messages, such as a pin,
// are not among it.
type media struct {
	Animation isPresent `json:"animation"`
	Audio     isPresent `json:"audio"`
	Checklist isPresent `json:"checklist"`
	Contact   isPresent `json:"contact"`
	Dice      isPresent `json:"dice"`
	Document  isPresent `json:"document"`
	Location  isPresent `json:"location"`
	Photo     isPresent `json:"photo"`
	Poll      isPresent `json:"poll"`
	Sticker   isPresent `json:"sticker"`
	Story     isPresent `json:"story"`
	Video     isPresent `json:"video"`
	VideoNote isPresent `json:"video_note"`
	Voice     isPresent `json:"voice"`
}

// isPresent tells whether a field is there and not null.
type isPresent bool

func (t *isPresent) UnmarshalJSON(raw []byte) error { *t = isPresent(isSet(raw)); return nil }

type wirePress struct {
	ID      string       `json:"id"`
	From    wireUser     `json:"from"`
	Message *wireMessage `json:"message"` // also an inaccessible one: its chat and id are there
	Data    string       `json:"data"`
}

type wireMember struct {
	Chat wireChat `json:"chat"`
	From wireUser `json:"from"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// parse turns what Telegram sent into the bot's own update; ok is false for
// what the bot ignores or cannot read. The id is set whenever it can be read,
// since an ignored update must be confirmed like any other.
func parse(raw json.RawMessage) (update bot.Update, ok bool) {
	wire, err := decode(raw)
	if err != nil {
		return bot.Update{ID: max(wire.ID, 0)}, false
	}
	return wire.update()
}

// decode reads an update. With an error the id may still be there.
func decode(raw json.RawMessage) (wireUpdate, error) {
	var wire wireUpdate
	err := json.Unmarshal(raw, &wire)
	return wire, err
}

func (w wireUpdate) update() (bot.Update, bool) {
	u, ok := bot.Update{}, false
	switch {
	case w.ID <= 0:
		return u, false
	case w.Message != nil:
		u, ok = w.Message.update()
	case w.Edited != nil:
		u, ok = w.Edited.edit()
	case w.Press != nil:
		u, ok = w.Press.update()
	case w.Member != nil:
		u, ok = w.Member.update()
	}
	if !ok {
		return bot.Update{ID: w.ID}, false
	}
	u.ID = w.ID
	return u, true
}

// update returns a text that a user typed to the bot. Of a voice message, a picture
// and the like it says only that there was one.
func (m *wireMessage) update() (bot.Update, bool) {
	u, ok := m.typedBy()
	u.Text = cut(m.Text, maxText)
	if m.Text == "" {
		u.Unread, ok = bot.NoText, ok && u.Private && m.media != media{}
	}
	return u, ok
}

// edit says that a user edited a text, without the text: the message was answered
// as it was. What changes by itself, such as a live location, has no text.
func (m *wireMessage) edit() (bot.Update, bool) {
	u, ok := m.typedBy()
	u.Unread = bot.Edited
	return u, ok && u.Private && m.Text != ""
}

// typedBy returns the user who typed a message, and the chat. It refuses forwarded
// messages and those of channels and other bots.
func (m *wireMessage) typedBy() (bot.Update, bool) {
	foreign := isSet(m.Sender) || isSet(m.Origin) || isSet(m.Via) || m.Forward != 0 || m.Business != ""
	if foreign || m.From == nil || m.Chat.Type == "channel" {
		return bot.Update{}, false
	}
	u, ok := participants(*m.From, m.Chat)
	u.Message = m.ID
	return u, ok
}

// update returns a callback query of one of our buttons. One on a message sent
// through inline mode has no chat; one without data, or with more than a button
// can carry, is not ours.
func (p *wirePress) update() (bot.Update, bool) {
	if p.Message == nil || p.ID == "" || p.Data == "" || len(p.Data) > maxData {
		return bot.Update{}, false
	}
	u, ok := participants(p.From, p.Message.Chat)
	u.Message, u.Press, u.Data = p.Message.ID, p.ID, p.Data
	return u, ok
}

// update returns the one change of membership that matters: a user blocked the bot.
func (m *wireMember) update() (bot.Update, bool) {
	u, ok := participants(m.From, m.Chat)
	u.Blocked = true
	return u, ok && u.Private && m.New.Status == "kicked"
}

// participants returns the user and the chat. A chat counts as private only if its
// id is the user's own, as Telegram defines it: account data goes to that chat.
func participants(from wireUser, chat wireChat) (bot.Update, bool) {
	return bot.Update{
		Chat:    chat.ID,
		Private: chat.Type == "private" && chat.ID == from.ID,
		From:    from.ID,
		Name:    cut(from.First, maxName),
	}, from.ID > 0 && !from.Bot && chat.ID != 0
}

// isSet tells a field with a value from an absent or null one.
func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// updateType names an update's type for the log. It returns only known names, so
// that no content of an update is logged.
func updateType(raw json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return "no object"
	}
	for _, name := range strings.Fields(allowedUpdates) {
		if _, ok := fields[name]; ok {
			return name
		}
	}
	return "unknown type"
}
