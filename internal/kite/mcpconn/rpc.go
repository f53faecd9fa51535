package mcpconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

const (
	// protocolVersion is pinned: it is the newest the Kite MCP server speaks.
	// Unpinned, mcp-go would probe for a newer one first, and 2026-07-28 has no
	// sessions at all.
	protocolVersion = "2025-03-26"
	// maxHandshake bounds an answer that says nothing of an account: a handshake,
	// or a list of tools. Real lists have 20 KB.
	maxHandshake = 256 << 10
	// maxPages is how many pages a list of tools may have. The real one has one.
	maxPages = 10
	// idPrefix begins the ids of our requests: no ping of the server, whose ids are
	// numbers, can be mistaken for an answer.
	idPrefix = "b-"
)

// rpcWire carries messages to the server: a stream, or a POST each.
type rpcWire interface {
	// exchange sends a request and returns the answer to it. id is that of the
	// request, as it is written.
	exchange(ctx context.Context, id string, request []byte) (reply, error)
	// notify sends what has no answer.
	notify(ctx context.Context, notification []byte) error
	// agreed takes the version of the protocol, before anything but the handshake
	// is sent.
	agreed(version string)
}

// reply is an answer with what is reserved for it.
type reply struct {
	wire.Answer
	held *reservation
}

// rpcClient asks the server over a wire. mcp-go shakes hands and lists the tools.
// Tool calls go past it: it reads a result four times over, which was half of what a
// command cost.
type rpcClient struct {
	wire  rpcWire
	asked atomic.Int64
}

// request sends a request and returns the answer to it. A JSON-RPC error comes back
// as *rpcError.
func (c *rpcClient) request(ctx context.Context, method string, params any) (reply, error) {
	id := idPrefix + strconv.FormatInt(c.asked.Add(1), 10)
	body, err := json.Marshal(transport.JSONRPCRequest{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id), Method: method, Params: params})
	if err != nil {
		return reply{}, err
	}
	id = strconv.Quote(id) // as it is written
	r, err := c.wire.exchange(ctx, id, body)
	switch {
	case err != nil:
		return reply{}, err
	case r.Failed:
		err = &rpcError{code: r.Code, message: r.Message}
	case r.ID != id:
		err = errOdd
	default:
		return r, nil
	}
	r.held.release()
	return reply{}, err
}

// callTool calls a tool, once, and returns its result as it came, with what is
// reserved for it. A second login call would end a login under way.
func (c *rpcClient) callTool(ctx context.Context, tool string, args map[string]any) (json string, held *reservation, err error) {
	r, err := c.request(ctx, string(mcp.MethodToolsCall), mcp.CallToolParams{Name: tool, Arguments: args})
	return r.Result, r.held, err
}

// initialize shakes hands, as a version of the bot. A server that answers with a
// version of the protocol without sessions is refused.
func (c *rpcClient) initialize(ctx context.Context, version string) error {
	var req mcp.InitializeRequest
	req.Params.ProtocolVersion = protocolVersion
	req.Params.ClientInfo = mcp.Implementation{Name: clientName, Version: version}
	result, err := client.NewClient(rpcTransport{c}, client.WithProtocolVersion(protocolVersion)).Initialize(ctx, req)
	if err == nil && mcp.IsModernProtocol(result.ProtocolVersion) {
		err = errOdd
	}
	return err
}

// listTools returns the JSON of all tools.
func (c *rpcClient) listTools(ctx context.Context) (string, error) {
	var req mcp.ListToolsRequest
	var all mcp.ListToolsResult
	lister := client.NewClient(rpcTransport{c}, client.WithProtocolVersion(protocolVersion), client.WithSession())
	for range maxPages {
		page, err := lister.ListToolsByPage(ctx, req)
		if err != nil {
			return "", err
		}
		if all.Tools = append(all.Tools, page.Tools...); all.Tools == nil {
			all.Tools = page.Tools // empty is not missing
		}
		if req.Params.Cursor = page.NextCursor; req.Params.Cursor == "" {
			text, err := json.Marshal(all)
			return string(text), err
		}
	}
	return "", errOdd
}

// rpcTransport is an rpcClient for mcp-go's client, whose requests have short answers.
type rpcTransport struct{ *rpcClient }

var _ transport.HTTPConnection = rpcTransport{}

// SendRequest implements [transport.Interface].
func (t rpcTransport) SendRequest(ctx context.Context, r transport.JSONRPCRequest) (*transport.JSONRPCResponse, error) {
	answer, err := t.request(ctx, r.Method, r.Params)
	defer answer.held.release()
	if errors.Is(err, errAnswerTooBig) || len(answer.Result) > maxHandshake {
		return nil, errTooBig
	}
	if err != nil {
		return nil, err
	}
	return &transport.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: r.ID, Result: json.RawMessage(answer.Result)}, nil
}

// SendNotification implements [transport.Interface].
func (t rpcTransport) SendNotification(ctx context.Context, n mcp.JSONRPCNotification) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return t.wire.notify(ctx, body)
}

// SetProtocolVersion implements [transport.HTTPConnection].
func (t rpcTransport) SetProtocolVersion(version string) { t.wire.agreed(version) }

// The rest of [transport.Interface] is for what we do not use: the wire is there
// already and outlives mcp-go's client, and no notification changes what we do.
func (rpcTransport) Start(context.Context) error                          { return nil }
func (rpcTransport) SetNotificationHandler(func(mcp.JSONRPCNotification)) {}
func (rpcTransport) GetSessionId() string                                 { return "" }
func (rpcTransport) Close() error                                         { return nil }

// poster posts messages to one address of the server.
type poster struct {
	via     *http.Client
	to      string
	header  http.Header
	version string // of the protocol; "" until it is agreed on
}

func (p *poster) agreed(version string) { p.version = version }

// post sends a message. Its error has the address in it.
func (p *poster) post(ctx context.Context, message []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.to, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, p.header)
	req.Header.Set("Content-Type", "application/json")
	if p.version != "" {
		req.Header.Set(transport.HeaderKeyProtocolVersion, p.version)
	}
	return p.via.Do(req)
}

// notify posts a message whose answer says nothing. It is read all the same, so that
// the connection can be used again.
func (p *poster) notify(ctx context.Context, message []byte) error {
	resp, err := p.post(ctx, message)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxHandshake))
	return unread(err)
}

// streamable is the wire of a session over streamable HTTP: the answer to a request
// is that to its POST.
type streamable struct {
	poster
	budget *budget
}

// newStreamable makes a wire for a session, or for a new one when id is zero. A
// bearer that is not zero is shown with each message.
func (s *server) newStreamable(id, bearer session.ID) *streamable {
	header := http.Header{"Accept": {"application/json, text/event-stream"}}
	w := &streamable{poster{via: s.client, to: s.at.mcp.String(), header: header}, s.budget}
	if !bearer.IsZero() {
		w.header.Set("Authorization", "Bearer "+bearer.Reveal())
	}
	if !id.IsZero() {
		w.header.Set(transport.HeaderKeySessionID, id.Reveal())
		w.version = protocolVersion
	}
	return w
}

// session is the session that the server named in its answer to the handshake.
func (w *streamable) session() session.ID {
	return session.NewID(w.header.Get(transport.HeaderKeySessionID))
}

func (w *streamable) exchange(ctx context.Context, _ string, request []byte) (r reply, err error) {
	resp, err := w.post(ctx, request)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	if id := resp.Header.Get(transport.HeaderKeySessionID); id != "" && w.version == "" { // this is the handshake
		w.header.Set(transport.HeaderKeySessionID, id)
	}
	if resp.ContentLength > maxAnswer {
		return reply{}, errAnswerTooBig
	}
	body := &bounded{Reader: resp.Body, ctx: ctx, budget: w.budget, length: resp.ContentLength}
	defer func() {
		if r.held == nil { // not handed on, also by a panic
			body.held.release()
		}
	}()
	text, err := readAnswer(body, resp.Header)
	if err != nil {
		return reply{}, err
	}
	body.held.shrink(len(text))
	answer, ok := wire.DecodeAnswer(text)
	if !ok {
		return reply{}, errOdd
	}
	return reply{Answer: answer, held: body.held}, nil
}

// readAnswer reads an answer, be it alone or the first among events.
func readAnswer(body io.Reader, header http.Header) (string, error) {
	if isEvents(header) {
		return firstAnswer(body)
	}
	whole, err := io.ReadAll(body)
	return string(whole), unread(err)
}

// isEvents reports whether an answer comes as events.
func isEvents(header http.Header) bool {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return media == "text/event-stream"
}
