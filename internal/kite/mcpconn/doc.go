// Package mcpconn speaks to the Kite MCP server. It is the only package that
// imports the mcp-go client; all others see the interfaces of package
// session and errors of package kite.
//
// # Logins
//
// There are two kinds, and the server says which one it wants (surface.go):
//
//   - A login by the login tool is an MCP session. There are two ways to talk to
//     one and the same: over a stream (GET …/sse), whose pings every 10 s show that
//     the server is alive, and over streamable HTTP (POST …/mcp with the session id
//     in a header), where nothing is held open. A session is born as a stream,
//     where the server serves those (dialer.go), and taken up again over …/mcp
//     after its stream was lost or the bot was restarted; there is no second
//     initialize.
//   - A login by OAuth is a bearer, made by a browser and a code (oauth.go),
//     and used over …/mcp only. Its MCP session says nothing
//     about the user: one that is lost is made anew, and the login is none the
//     worse (bearer.go).
//
// What ends a login is different for each, and so is what a 404, a 401 or a text of
// a tool means (server.go). Of what the server lists, one look per process is
// enough, until an answer does not fit it (surface.go, conn.go).
//
// # Differences from mcp-go
//
// mcp-go shakes hands, lists the tools, gives messages their form and makes the
// requests of OAuth. Messages go out and come back by wires of our own (stream.go,
// rpc.go, ADR 0017), and a tool's result goes past mcp-go. What they do otherwise
// than mcp-go's transports, and why:
//
//   - The version of the protocol is pinned: mcp-go agrees with the coming server
//     on one that this then refuses at every call.
//   - Request ids are strings: the server's pings are requests numbered 1, 2, 3…
//   - A lost stream ends its calls at once; mcp-go lets them wait for a timeout.
//   - A stream that is silent for too long counts as lost (half-open TCP).
//   - Large answers wait for room in a budget of all people together, those that
//     are too big are dropped, and the stream goes on (budget.go, ADR 0023).
//   - A session's requests go to the endpoint that its stream named first; mcp-go
//     follows the server to another one, which would be another session.
//   - Without a connection, few requests dial at a time (http.go).
//   - Of an answer that comes as events only the answer is read. mcp-go posts a
//     reply to each request in between, comes back with a GET for what is
//     missing, and loses a goroutine when there are three answers.
//   - A list of tools has few pages; mcp-go asks for the next one for ever.
//   - Nothing but [Dialer.End] sends DELETE. mcp-go does when it closes a session
//     over …/mcp, and Kite takes that for a logout.
//   - Any HTTP answer but 2xx becomes a typed error. A 404 makes a connection no
//     worse, after which mcp-go refuses everything, and a 429 or 403 is told from a
//     server of an older protocol, which mcp-go takes them for.
//   - The documents of OAuth are read at the root of the configured server, whatever
//     a challenge says, and checked before mcp-go gets to see them (documents.go):
//     mcp-go follows them to any host, and reads a challenge wrong that has no
//     quotes.
//   - Requests stay on the configured scheme and host, answers below 4 MiB, and no
//     redirect is followed: net/http would take the session id along.
//   - Errors and logs say of which kind a failure is, and quote nothing of what the
//     server sent: it may be account data, and URLs hold the session id (errors.go).
package mcpconn
