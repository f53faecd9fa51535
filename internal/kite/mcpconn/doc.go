// Package mcpconn speaks to the Kite MCP server. It is the only package that
// imports the mcp-go client; everybody else sees the interfaces of package
// session and errors of package kite.
//
// There are two ways to talk to one and the same session:
//
//   - Over a stream (GET …/sse): answers come as events, pings every 10 s show
//     that the server is alive. This is how a session is born.
//   - Over streamable HTTP (POST …/mcp with the session id in a header): nothing
//     is held open. This is how a session is taken up again after its stream was
//     lost or the bot was restarted; there is no second initialize.
//
// The stream's transport is our own (stream.go, ADR 0017), and so is what reads a
// tool's result; mcp-go shakes hands, lists the tools, and speaks for resumed
// sessions. What the package does otherwise than mcp-go, and why:
//
//   - Request ids are strings: the server's pings are requests numbered 1, 2, 3…
//   - A lost stream ends its calls at once; mcp-go lets them wait for a timeout.
//   - A stream that is silent for too long counts as lost (half-open TCP), and
//     so does one whose event is too big to be read.
//   - A session's requests go to the endpoint that its stream named first; mcp-go
//     follows the server to another one, which would be another session.
//   - When nobody has a connection, few dial at a time (turnstile.go).
//   - Of an answer that comes as events only the answer is read. mcp-go posts a
//     reply to each request in between, comes back with a GET for what is
//     missing, and loses a goroutine when there are three answers.
//   - A list of tools has few pages; mcp-go asks for the next one for ever.
//   - Nothing but [Dialer.End] may send DELETE. mcp-go's Close of a streamable
//     client does, and Kite takes that for a logout; so it is never called, and
//     the HTTP layer would refuse the request besides.
//   - Any HTTP answer but 2xx becomes a typed error before mcp-go sees it. That
//     keeps mcp-go's client usable after a 404 (it refuses everything from then
//     on) and spares us from reading statuses out of its prose.
//   - Requests stay on the configured scheme and host, answers below 16 MiB.
//   - Errors and logs are freed of URLs, which hold the session id.
package mcpconn
