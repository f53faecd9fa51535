// Package kite simulates the far end of the bot: the hosted Kite MCP server, Kite behind it, and the page on which a
// person logs in to Kite. Tests and the demo talk to it over a real socket instead of the real thing.
//
// It is an independent witness. It uses the standard library only, knows nothing of the bot or of the MCP library the
// bot uses, and is written from observations of the real server. So it is strict where the real server is strict, with
// the same words and status codes, and lenient where that is lenient. What no well-behaved read-only client would ever
// send is answered as the real server would answer it, and is kept in [Server.Violations] for a test to find.
//
// # A tour
//
// [New] makes a [Server] that plays one [World], the hosted server of today unless told otherwise. It is an
// http.Handler (front.go) for six paths:
//
//	GET  /sse            opens an event stream, with a new session id in its first event
//	POST /message        takes JSON-RPC for a stream; the answer comes as an event of the stream     (sse.go)
//	POST /mcp            takes JSON-RPC and answers it in place; DELETE there logs out of Kite       (mcp.go)
//	     /authorize      where a login link leads: a warning and a link to Kite; not in [Old]        (authorize.go)
//	     /connect/login  Kite's login page, on a host of its own in real life
//	     /callback       where Kite sends the browser, which logs the session in                     (login.go)
//
// Both transports end in the same dispatcher (rpc.go), the same tools (tools*.go, data/tools.json) and the same
// registry of sessions (registry.go): a session born on /sse can be resumed on /mcp by its id alone, once it has made
// a call that touches the registry. A session holds a login object, the login object holds an access token, and the
// broker (broker.go) is Kite, which knows what the token opens and when it dies. The signed session id in a login
// link (links.go) is all that ties a browser to a session.
//
// # Time
//
// Every lifetime is computed from [Options].Now when a request looks at it; nothing ticks in the background. A session
// lives for 12 hours from its birth, whatever is done with it. It then counts as terminated until the next clean-up,
// every 30 minutes from the start of the process, forgets it. A login link is good for 35 minutes. Kite ends all access
// tokens at 06:00 Indian time. Waits in [Fault] and the keep-alive of the streams run on the real clock.
//
// # Traps that are real here
//
//   - The login tool asks Kite for the profile and, if that fails for whatever reason, logs out and starts over. It does
//     so even while a browser login is being finished, whose fresh token is lost.
//   - Not logged in has two texts: one for the first call of a session, another for every later one, and the second is
//     also the text of every other failure.
//   - Whoever opens a login link last owns the session; it changes its account silently.
//   - Order tools are listed like all others, and so are those that change a GTT: every tool says that it destroys.
//   - A link dies with its session, before the person has opened it.
//   - A DELETE logs out of Kite, and one that hangs holds everybody else up.
//   - Pings of the stream are requests whose ids collide with those of the client.
//   - Positions are the day's and the net ones in one list; holdings leave out what is undelivered, pledged or on margin.
//
// # What tests do
//
// [Server.CompleteLogin] plays the browser, [Server.Inject] makes things go wrong, [Server.DropStreams],
// [Server.FreezeStreams], [Server.ServeOnly] and [Server.Restart] do what networks and operators do, [Server.Calls], [Server.Sessions] and
// [Server.Violations] tell what happened. The people of [Accounts] are made up, with portfolios chosen to be awkward;
// [Generate] makes more, each of whose figures tells whose it is.
package kite
