package bottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

// Phone is every chat at once: a Messenger and an Acknowledger that keep what
// people see, and fail the test for a message that Telegram would refuse.
type Phone struct {
	t testing.TB

	mu     sync.Mutex
	last   map[int64]int                  // newest message id by chat
	wrote  map[int64]map[int]bool         // what the person wrote and is not deleted
	shown  map[int64]map[int]view.Message // what stands in each chat now
	toasts []string                       // since Log was last called
	log    map[int64][]string             // what happened in each chat since then
	broken error                          // every delivery fails with it
	gone   map[int64]bool                 // chats whose person blocked the bot
	held   map[int64]chan struct{}        // chats whose deliveries wait
	fixed  bool                           // no message can be deleted
	tries  int                            // deliveries that were tried, and presses
	acks   int                            // that were acknowledged
}

// NewPhone makes empty chats.
func NewPhone(t testing.TB) *Phone {
	return &Phone{t: t, last: map[int64]int{}, wrote: map[int64]map[int]bool{}, shown: map[int64]map[int]view.Message{}, log: map[int64][]string{}, gone: map[int64]bool{}, held: map[int64]chan struct{}{}}
}

// Break makes every delivery fail with err; nil mends it.
func (p *Phone) Break(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = err
}

// Wrote counts a message that the person wrote, and returns its id.
func (p *Phone) Wrote(chat int64) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[chat]++
	if p.wrote[chat] == nil {
		p.wrote[chat] = map[int]bool{}
	}
	p.wrote[chat][p.last[chat]] = true
	return p.last[chat]
}

// Remove removes a message, as a person does.
func (p *Phone) Remove(chat int64, message int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.shown[chat], message)
	delete(p.wrote[chat], message)
}

// Button finds the newest message of a chat that shows a button with this text.
func (p *Phone) Button(chat int64, text string) (message int, b view.Button, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := p.last[chat]; id > 0; id-- {
		for _, row := range p.shown[chat][id].Buttons {
			for _, b := range row {
				if b.Text == text {
					return id, b, true
				}
			}
		}
	}
	return 0, view.Button{}, false
}

// Shown returns a message as it stands in a chat now.
func (p *Phone) Shown(chat int64, message int) (view.Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.shown[chat][message]
	return m, ok
}

// Log returns what people saw happen since the last time, as text: toasts
// first, then chat by chat, since what happens in two chats has no order.
func (p *Phone) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := strings.Join(p.toasts, "")
	for _, chat := range slices.Sorted(maps.Keys(p.log)) {
		all += strings.Join(p.log[chat], "")
	}
	p.toasts = nil
	clear(p.log)
	return all
}

// Send implements bot.Messenger.
func (p *Phone) Send(ctx context.Context, chat int64, m view.Message) (int, error) {
	if err := p.wait(ctx, chat); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.check(chat, m); err != nil {
		return 0, err
	}
	p.last[chat]++
	if p.shown[chat] == nil {
		p.shown[chat] = map[int]view.Message{}
	}
	p.shown[chat][p.last[chat]] = m
	p.note(chat, "message #%d\n%s", p.last[chat], indent(viewtest.Dump(m)))
	return p.last[chat], nil
}

// Edit implements bot.Messenger, with the rules of Telegram: a picture takes the
// place of anything, a text that of a text only, a file that of nothing.
func (p *Phone) Edit(ctx context.Context, chat int64, message int, m view.Message) error {
	if err := p.wait(ctx, chat); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.check(chat, m); err != nil {
		return err
	}
	before, ok := p.shown[chat][message]
	if !ok {
		return notEditable("message %d to edit not found", message)
	}
	if err := place(before, m); err != nil {
		return err
	}
	if m.Protect && !before.Protect {
		p.t.Errorf("an edit cannot protect a message:\n%s", viewtest.Dump(m))
	}
	m.Protect, m.Silent = before.Protect, before.Silent
	if viewtest.Dump(before) == viewtest.Dump(m) && bytes.Equal(before.Photo, m.Photo) {
		return nil
	}
	p.shown[chat][message] = m
	p.note(chat, "message #%d becomes\n%s", message, indent(viewtest.Dump(m)))
	return nil
}

// place says whether m may be shown in the place of before.
func place(before, m view.Message) error {
	switch {
	case m.File != nil:
		return notEditable("a file takes no message's place")
	case m.Photo == nil && (before.Photo != nil || before.File != nil):
		return notEditable("there is no text in the message to edit")
	}
	return nil
}

func notEditable(format string, args ...any) error {
	return &bot.DeliveryError{Cause: bot.DeliveryNoMessage, Err: fmt.Errorf(format, args...)}
}

// Delete implements bot.Messenger.
func (p *Phone) Delete(ctx context.Context, chat int64, message int) error {
	if err := p.wait(ctx, chat); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	_, shown := p.shown[chat][message]
	switch theirs := p.wrote[chat][message]; {
	case p.gone[chat]:
		return errGone()
	case p.broken != nil:
		return p.broken
	case !shown && !theirs:
		return nil
	case p.fixed:
		return &bot.DeliveryError{Cause: bot.DeliveryRefused, Err: errors.New("message can't be deleted for everyone")}
	case theirs:
		p.log[chat] = append(p.log[chat], fmt.Sprintf("bot deletes %d's message #%d\n", chat, message))
	default:
		p.note(chat, "message #%d is deleted\n", message)
	}
	delete(p.shown[chat], message)
	delete(p.wrote[chat], message)
	return nil
}

// Typing implements bot.Acknowledger.
func (p *Phone) Typing(_ context.Context, chat int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone[chat] {
		return errGone()
	}
	p.note(chat, "typing…\n")
	return nil
}

// Acknowledge implements bot.Acknowledger.
func (p *Phone) Acknowledge(_ context.Context, _, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks++
	if text != "" {
		p.toasts = append(p.toasts, "toast: "+text+"\n")
	}
	return nil
}

func (p *Phone) check(chat int64, m view.Message) error {
	p.tries++
	if err := viewtest.Check(m); err != nil {
		p.t.Errorf("Telegram would refuse: %v\n%s", err, viewtest.Dump(m))
	}
	if p.gone[chat] {
		return errGone()
	}
	return p.broken
}

func errGone() error {
	return &bot.DeliveryError{Cause: bot.DeliveryGone, Err: errors.New("the bot was blocked by the user")}
}

func (p *Phone) note(chat int64, format string, args ...any) {
	p.log[chat] = append(p.log[chat], fmt.Sprintf("bot to %d: ", chat)+fmt.Sprintf(format, args...))
}

func indent(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// Gone makes a chat unreachable, as it is when its person blocked the bot.
func (p *Phone) Gone(chat int64, yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone[chat] = yes
}

// Fix makes every deletion be refused, as Telegram does with old messages.
func (p *Phone) Fix(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fixed = yes
}

// Hold lets deliveries to a chat wait until it is held no longer, as a long
// retry_after of Telegram's does.
func (p *Phone) Hold(chat int64, yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if held := p.held[chat]; held != nil {
		close(held)
		delete(p.held, chat)
	}
	if yes {
		p.held[chat] = make(chan struct{})
	}
}

// wait is what Hold asks for.
func (p *Phone) wait(ctx context.Context, chat int64) error {
	p.mu.Lock()
	held := p.held[chat]
	p.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return &bot.DeliveryError{Cause: bot.DeliveryFailed, Err: ctx.Err()}
	}
}

// Counts returns how many deliveries were tried so far, whatever came of them,
// and how many presses were acknowledged.
func (p *Phone) Counts() (tries, acks int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries, p.acks
}
