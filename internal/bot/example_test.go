package bot_test

import (
	"context"
	"fmt"
	"strings"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/view"
)

// oneChat is a Telegram with one chat.
type oneChat chan view.Message

func (c oneChat) Send(_ context.Context, _ int64, m view.Message) (int, error) {
	c <- m
	return 1, nil
}
func (c oneChat) Edit(context.Context, int64, int, view.Message) error { return nil }
func (c oneChat) Delete(context.Context, int64, int) error             { return nil }
func (c oneChat) Typing(context.Context, int64) error                  { return nil }
func (c oneChat) Acknowledge(context.Context, string, string) error    { return nil }

// A bot needs a Telegram, a store and, for commands of the account, the sessions of
// Kite. It is given updates, and shows the replies.
func Example() {
	const asha = 11
	telegram := make(oneChat)
	store := bottest.NewMemStore()
	b := bot.New(bot.Options{
		ID: 1, Username: "kite_bot", Messenger: telegram, Presses: telegram,
		Journal: store, Prefs: store, Memory: store,
		Access: access.Policy{Listed: func(person int64) bool { return person == asha }, Store: store},
	})
	defer b.Close()
	for id, text := range []string{"/quotas infy", "/hide"} {
		b.Dispatch(bot.Update{ID: int64(id), Chat: asha, Private: true, From: asha, Text: text})
		first, _, _ := strings.Cut((<-telegram).HTML, "\n")
		fmt.Println(first)
	}
	prefs, _ := store.LoadPrefs(asha)
	fmt.Println("amounts hidden:", prefs.Hide)
	// Output:
	// I do not know /quotas. /help lists what I can do.
	// <b>Amounts are hidden.</b>
	// amounts hidden: true
}
