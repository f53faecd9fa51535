package command_test

import (
	"context"
	"fmt"
	"strings"

	"kitebot/internal/bot/command"
)

// What a person types becomes a command; its handler gets a request and returns a
// reply.
func Example() {
	commands := command.All()
	name, args := commands.Read("price of infy")
	fmt.Println(name, "|", args)

	watch, _ := commands.Find("watch")
	reply, err := watch.Run(context.Background(), &command.Request{Command: "watch"})
	first, _, _ := strings.Cut(reply.Message.HTML, "\n")
	fmt.Println(first, err)
	// Output:
	// quote | price of infy
	// <b>Your watch list is empty.</b> <nil>
}
