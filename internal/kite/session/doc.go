// Package session keeps one login to Kite for each person, from the login link over the
// browser login to the last answer, through lost streams and restarts of the bot.
//
// # The life of a login
//
//	None ──Link──▶ LinkSent ──browser──▶ LoggedIn ◀──────▶ Parked    by stream, or resumed over /mcp
//	                  │                     │  ▲             │
//	                  │ another Kite user   ▼  │ answers     │
//	                  ▼                    Doubtful ◀────────┘       no answer, or overdue by the clock
//	             Unconfirmed ──yes──▶ LoggedIn
//
//	any state ──Logout──▶ LoggingOut ──Kite confirms──▶ None
//	any login ──the server's word, another Kite user on its session──▶ None
//
// A state is derived from the [Record], the open connection and the clock
// ([Record.status]), and never stored. arrows_table_test.go lists every change of state;
// TestRandomWalk takes random walks over them.
//
// [Pool.Link] opens an MCP session, calls `login` on it once, and returns the link. A
// watcher asks the session who is logged in until a browser has finished the link; then
// the session is bound to the person and [EventLoggedIn] is sent. [Pool.Call] asks the
// account: it repeats what was lost, finds out what a silence means, and returns no
// answer before it knows that the account is still the person's. A login that is idle
// is parked: its stream is closed, and the next call resumes it. [Pool.Logout] ends
// every session of the person at the server, and retries until that confirms.
//
// # Rules
//
//   - Every method that reaches a session takes the id of the person who asks.
//   - `login` is called once on a session, `initialize` never again.
//   - Only the server ends a login. Only /logout, a contested login and a session on
//     which another Kite user answered are sent a DELETE.
//   - An answer that could be another account's is not returned.
//
// # Files, from the bottom up
//
//   - timing.go, conn.go, record.go, state.go: what the far end and the store are to
//     the pool; what is on disk; states, errors and events
//   - cache.go, codequeue.go, expiry.go, meter.go: parts that know no person
//   - pool.go, memory.go: the types, and who is in memory
//   - person.go, connections.go: the record of a person and its connections
//   - logout.go, check.go, warning.go: end a login, ask it, warn of its end
//   - call.go, login.go, authorize.go, links.go: what commands call
//   - watcher.go: what happens without a command
package session
