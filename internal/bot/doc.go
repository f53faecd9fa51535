// Package bot is the engine between Telegram and the commands. It takes updates,
// decides what each asks for, runs that in order per person, and delivers the reply.
// It speaks its own Update; Telegram, MCP and the store stay behind the interfaces in
// ports.go.
//
// # The way of an update
//
// [Bot.Dispatch] returns at once. Bot.route (route.go) decides in one place what the
// update asks for: an invocation, which is a [command.Handler] with its
// [command.Request], or silence. Bot.place (dispatch.go) puts it into the mailbox of
// its person (mailbox.go), where one job runs at a time. Bot.perform (perform.go) runs
// the handler; one that fails gets words, or a login link. Bot.deliver (deliver.go)
// shows the reply, for up to ten minutes. Then the update is marked as answered.
//
// Unauthorized people and groups never reach a mailbox: a few workers answer them
// (unauthorized.go). A command that overtakes, such as /logout, stops what runs for its
// person. A command that takes long has its person read that Kite is slow (slow.go).
//
// # What comes by itself
//
// [Bot.Notify] takes what happened to a login (events.go), through the same mailboxes.
// [Bot.Outage] and requests for access are written to operators (admin.go).
//
// # After a restart
//
// [Bot.Resume] (resume.go) takes up what the last process left unanswered, a few at a
// time (pacer.go), and removes people who may no longer use the bot (people.go).
//
// # The other packages
//
// Commands are in package command and have no access to the engine. Package account is
// what a command has of its person, package access says who may use the bot.
package bot
