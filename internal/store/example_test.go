package store_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"kitebot/internal/bot"
	"kitebot/internal/bot/account"
	"kitebot/internal/store"
)

// An update is on disk before Telegram hears that it came, and a restart finds
// what was not answered.
func Example() {
	folder, err := os.MkdirTemp("", "store")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	options := store.Options{Path: filepath.Join(folder, "bot.db")} // its key is made beside it

	const botID, asha = 7, 11
	s, err := store.Open(options)
	if err != nil {
		log.Fatal(err)
	}
	fresh, err := s.Take(botID, []bot.Update{{ID: 1, From: asha, Text: "/help"}, {ID: 2, From: asha, Text: "/holdings"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("taken:", len(fresh))
	s.Answered(botID, 1)
	if err := s.SavePrefs(asha, account.Prefs{Hide: true}); err != nil {
		log.Fatal(err)
	}
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}

	s, err = store.Open(options)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	left, err := s.Unanswered(botID)
	if err != nil {
		log.Fatal(err)
	}
	for _, u := range left {
		fmt.Println("not answered yet:", u.Text)
	}
	prefs, err := s.LoadPrefs(asha)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("amounts are hidden:", prefs.Hide)
	// Output:
	// taken: 2
	// not answered yet: /holdings
	// amounts are hidden: true
}
