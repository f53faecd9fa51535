// Package telegram is a Bot API server to test a bot against and to show it with: strict, in memory, standard library
// only. It shares no code with the bot nor with any Telegram library, so that it can be a witness: what it accepts was
// accepted by something that read the Bot API for itself.
//
// # The tour
//
// [New] makes a [Server], an http.Handler for /bot<TOKEN>/<method>. Start with methods.go, the table of what is
// implemented, and how a call is answered; request.go reads parameters as the bot sends them,
// respond.go writes answers and refusals. send.go, edit.go and profile.go hold the methods. html.go reads Telegram's
// HTML, and does what Telegram does to a text afterwards; markup.go reads keyboards, rich.go rich messages. updates.go
// is the queue behind getUpdates, webhook.go delivers the same queue to a webhook. ratelimit.go limits how much may be
// sent, faults.go describes what may go wrong for single calls. control.go is what a test makes happen, and what it can
// look at.
//
// A [User] (users.go) sends texts and presses buttons, sees a chat of [Message] values and can wait for the bot without
// polling:
//
//	asha := server.User(42, "Asha")
//	asha.Send("/start")
//	err := asha.Wait(ctx, func(chat []telegram.Message) bool { return len(chat) == 2 })
//
// [Server.Page] is the same chat in a browser: page.go serves it and streams what changed, page/ holds it. A browser
// test finds #input, #send, .msg[data-id] and button[data-data]; body[data-live="true"] says that the chat is shown
// whole, and [data-overflow] marks whatever is wider than the phone.
//
// # Strict and fail-closed
//
// What Telegram refuses is refused with Telegram's words, as far as they are known. What a correct bot never does is
// kept in [Server.Violations] as well, whether Telegram refuses it or not: a parameter that the method does not have, a
// callback query answered twice, a message before retry_after has passed. A test of the bot ends by looking there. What
// the simulator does not implement is refused and noted, never silently ignored; the words then begin with "the
// simulator".
//
// Where it differs from Telegram knowingly: webhooks go to loopback addresses only, over http on any port too; links in
// buttons may point to any host, as a demo lives on loopback; files are never fetched by URL; groups have privacy mode
// on; MarkdownV2 is not read; of HTML and of rich messages it knows what the bot writes.
package telegram
