package bot

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/bot/view"
)

// Update is one thing that happened in Telegram, in the bot's own words and
// already cleaned: what the bot ignores (forwards, other bots, channel posts,
// anonymous senders) never becomes one. It is what the journal keeps.
type Update struct {
	ID      int64  `json:"id"`                // Telegram's update_id: compared by equality only
	Chat    int64  `json:"chat"`              // where it happened
	Private bool   `json:"private,omitempty"` // a one-to-one chat with the bot
	From    int64  `json:"from"`              // who did it
	Name    string `json:"name,omitempty"`    // the sender's first name: data, escaped on screen

	Text    string `json:"text,omitempty"`    // a message's text; "" for a press
	Message int    `json:"message,omitempty"` // the message written, or the one whose button was pressed
	Press   string `json:"press,omitempty"`   // callback query id; "" for a message
	Data    string `json:"data,omitempty"`    // callback data of a press
	Blocked bool   `json:"blocked,omitempty"` // the person blocked the bot (my_chat_member)
	Unread  Unread `json:"unread,omitempty"`  // why a message has no text here; "" for all others

	Entry Entry `json:"-"` // what the journal says of it; zero for what is in no journal
}

// Unread is why the bot does not read a message.
type Unread string

const (
	NoText Unread = "no text" // a voice message, a picture, a sticker, a location
	Edited Unread = "edited"  // it was answered as it was before
)

// Entry is what a journal knows of an update besides its content.
type Entry struct {
	Sequence uint64 // from 1, in the order of arrival; never used twice
	Attempts int    // processes that took it up and ended without a clean stop, with the present one
	Ran      bool   // its command has run and changed something; only the answer may be missing
}

// Messenger shows messages to people. Errors are *DeliveryError where the
// cause is known.
type Messenger interface {
	// Send posts m in a chat and returns its message id.
	Send(ctx context.Context, chat int64, m view.Message) (message int, err error)
	// Edit replaces an earlier message in place. An unchanged message is no error.
	Edit(ctx context.Context, chat int64, message int, m view.Message) error
	// Delete takes a message off a private chat for both sides, be it the bot's
	// or the person's. One that is gone already is no error; one that Telegram
	// keeps, as it does after two days, is [DeliveryRefused].
	Delete(ctx context.Context, chat int64, message int) error
}

// Acknowledger shows people at once that the bot is working.
type Acknowledger interface {
	// Typing shows that an answer is on its way; it lasts about five seconds.
	Typing(ctx context.Context, chat int64) error
	// Acknowledge ends the spinner of a press, with an optional short text. A
	// press that is too old to be answered is no error.
	Acknowledge(ctx context.Context, press, text string) error
}

// Journal keeps updates from being lost between Telegram and the answer, and
// from being carried out twice. Begin, Ran and Stopped are on disk when they
// return, and ignore an update that is not open.
type Journal interface {
	// Take stores a batch in one commit and returns those not seen before, with
	// their entries. It is the first attempt at each. Once it returned, Telegram may
	// forget the batch.
	Take(bot int64, batch []Update) (fresh []Update, err error)
	// Begin counts another attempt at an update of an earlier process.
	Begin(bot, update int64) error
	// Ran notes that an update's command has run and changed something.
	Ran(bot, update int64) error
	// Answered marks an update as done. The mark rides with the next commit.
	Answered(bot, update int64)
	// Stopped takes back the attempts of this process at what is still open: it
	// stops as it should, and none of them brought it down.
	Stopped(bot int64) error
	// Unanswered returns what an earlier process took but did not answer, oldest first.
	Unanswered(bot int64) ([]Update, error)
}

// DeliveryCause says why a message did not reach its chat.
type DeliveryCause int

const (
	// DeliveryFailed: it did not work and may work later.
	DeliveryFailed DeliveryCause = iota
	// DeliveryGone: the person blocked the bot, or the chat is gone.
	DeliveryGone
	// DeliveryNoMessage: the message to edit does not exist (any more).
	DeliveryNoMessage
	// DeliveryDoubtful: no answer, every time. The message may be there,
	// once for each time.
	DeliveryDoubtful
	// DeliveryRefused: Telegram refuses this very message, or keeps the one that
	// was to be deleted; trying again is useless.
	DeliveryRefused
)

// DeliveryError is a failed Send, Edit or Delete.
type DeliveryError struct {
	Cause DeliveryCause
	Err   error
}

func (e *DeliveryError) Error() string { return "deliver: " + e.Err.Error() }
func (e *DeliveryError) Unwrap() error { return e.Err }

// retryable reports whether a delivery failed in a way that may pass.
func retryable(err error) bool {
	return causedBy(err, DeliveryFailed) || causedBy(err, DeliveryDoubtful)
}

func causedBy(err error, c DeliveryCause) bool {
	d, ok := errors.AsType[*DeliveryError](err)
	return ok && d.Cause == c
}

// messageGone reports whether the message to edit does not exist (any more).
func messageGone(err error) bool { return causedBy(err, DeliveryNoMessage) }

// Memory is all that the store keeps of people.
type Memory interface {
	// People returns the ids of all people of whom anything is kept, in ascending order.
	People() ([]int64, error)
	// Forget erases what is kept of a person, in one commit: choices, updates that
	// wait to be answered, and their access record, unless that is a block or keep is
	// set. Sessions are forgotten by ending them; see [session.Pool.Logout].
	Forget(person int64, keep bool) error
}

// Meter measures what people ask for. Its funcs must not block; nil measures nothing.
type Meter struct {
	// Command gets each command once it is done with: its name ("" for what is
	// none, such as talk), one of [Outcomes], and how long its person waited from the
	// arrival of what they sent until the answer was delivered.
	Command func(name, outcome string, waited time.Duration)
	// HoldingMismatches gets, with each answer, how many of its holdings are
	// [kite.Holding.Mismatched].
	HoldingMismatches func(holdings int)
}
