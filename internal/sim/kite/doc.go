// Package kite simulates the hosted Kite MCP server, Kite behind it, and the page on which a person logs in to Kite.
// Tests and the demo talk to it over a real socket instead of the real thing.
//
// It is an independent witness. It uses the standard library only, knows nothing of the bot or of the MCP library the
// bot uses, and is written from observations of the real server. So it is strict where the real server is strict, with
// the same words and status codes, and lenient where that is lenient. What no well-behaved read-only client would ever
// send is answered as the real server would answer it, and is kept in [Server.Violations] for a test to find.
//
// # A tour
//
// [New] makes a [Server] that simulates one [Version], the hosted server of today unless told otherwise;
// [Server.SetVersion] switches it over while it runs. It is an http.Handler (front.go). In [Today] it has six paths:
//
//	GET  /sse            opens an event stream, with a new session id in its first event
//	POST /message        takes JSON-RPC for a stream; the answer comes as an event of the stream     (today_http.go)
//	POST /mcp            takes JSON-RPC and answers it in place; DELETE there logs out of Kite       (today_http.go)
//	     /authorize      where a login link leads: a warning and a link to Kite; not in [Old]        (today_login.go)
//	     /connect/login  Kite's login page, on a host of its own in real life
//	     /callback       where Kite sends the browser, which logs the session in                     (today_login.go)
//
// Both transports end in the same dispatcher (today_tools.go), the same tools (tools*.go, data/tools.json) and the same
// registry of sessions (registry.go): a session born on /sse can be resumed on /mcp by its id alone, once it has made a
// call that touches the registry. A session holds a login object, the login object holds an access token, and the
// broker (broker.go) is Kite, which knows what the token opens and when it dies. The signed session id in a login link
// (signing.go) is all that ties a browser to a session.
//
// [Next] is the rewrite that may follow (next*.go). Kite, its accounts and what the tools read are the same; all else
// differs:
//
//	     /.well-known/…  two documents that tell how to authorize; /register, which is not needed    (next_oauth.go)
//	     /authorize      begins a login: the same warning, the same link to Kite
//	     /callback       sends the browser on to the client, with a code                             (next_login.go)
//	POST /token          turns the code into a bearer, once                                          (next_oauth.go)
//	     /mcp            wants the bearer; answers as a stream of events                             (next_mcp.go)
//
// There the bearer (signing.go) says who the user is, and the MCP session only what was negotiated. The bearer stands
// for a grant, which holds the login object. Seven tools do everything, by their mode (next_tools.go,
// data/next_tools.json), reading and writing under one name. [Options] make it one of the mixed states that a server
// may be found in on the way.
//
// Both versions are one package, since [Server.SetVersion] switches a running server from one to the other, and they share
// Kite, the tools, the faults, and what tests look at. What the real server would do and the bot never asks for is not
// simulated: it is refused, and kept as a violation, so that no test rests on it.
//
// # Time
//
// Every lifetime is computed from [Options].Now when a request looks at it; nothing ticks in the background. A session
// lives for 12 hours from its birth, whatever is done with it. It then counts as terminated until the next clean-up,
// every 30 minutes from the start of the process, forgets it. A login link is good for 35 minutes. Kite ends all access
// tokens at 06:00 Indian time. In Next a code is good for 10 minutes, a grant and a bearer for a day, an MCP session
// until it is unused for a day, and requests are counted per address (next_oauth.go). Waits in [Fault] and the
// keep-alive of the streams run on the real clock.
//
// # Traps that are real here
//
//   - The login tool asks Kite for the profile and, if that fails for whatever reason, logs out and starts over. It does
//     so even while a browser login is being finished, whose fresh token is lost.
//   - Not logged in has two texts: one for the first call of a session, another for every later one, and the second is
//     also the text of every other failure.
//   - The last browser that opens a login link owns the session; it changes its account silently.
//   - Order tools are listed like all others, and so are those that change a GTT: every tool says that it destroys.
//   - A link dies with its session, before the person has opened it.
//   - A DELETE logs out of Kite, and one that hangs blocks all other requests.
//   - Pings of the stream are requests whose ids collide with those of the client.
//   - Positions are the day's and the net ones in one list; the quantity of a holding leaves out what is pledged or on margin,
//     and often what is undelivered.
//
// And in Next:
//
//   - Of two equal keys in a call the last counts, a mode as well, and the schema is not enforced.
//   - A lost login is never a 401: after a logout, a restart or at 06:00 the bearer is still good, and what it stands for
//     is not. The status of the session goes on to say that all is well when Kite has dropped it.
//   - A DELETE does not log out, and the logout does not reach Kite.
//   - A wrong try burns the code, and the client never hears of a login that failed or was cancelled.
//   - What 404 means is the opposite of what it means today: begin a new session, the login is fine.
//
// # What tests do
//
// [Server.CompleteLogin] acts as the browser, and [Server.Authorize] does in Next; [Server.Inject] makes things go
// wrong, [Server.DropStreams], [Server.FreezeStreams], [Server.ServeOnly], [Server.Restart] and [Server.SetVersion] do
// what networks and operators do, [Server.Calls], [Server.Sessions], [Server.Grants] and [Server.Violations] show what
// happened, [Server.LoginLinks], [Server.Codes] and [Server.Bearers] what must not leak. The people, their accounts and
// the market are made up in package sample.
package kite
