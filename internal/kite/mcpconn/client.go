package mcpconn

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// protocolVersion is pinned: it is the newest the Kite MCP server speaks.
// Unpinned, mcp-go would probe for a newer one first, and 2026-07-28 has no
// sessions at all.
const protocolVersion = "2025-03-26"

// rpcTransport sits between mcp-go's client and its transport.
type rpcTransport struct {
	transport.HTTPConnection
	asked atomic.Int64
}

// callTool calls a tool and returns its result as it came, with what is reserved
// for it. It goes past mcp-go's client, which reads a result four times over: that
// was half of what a command cost.
func (w *rpcTransport) callTool(ctx context.Context, tool string, args map[string]any) (json string, held *reservation, err error) {
	var d toolResult
	_, err = w.SendRequest(context.WithValue(ctx, toolResultKey{}, &d), transport.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, Method: string(mcp.MethodToolsCall), Params: mcp.CallToolParams{Name: tool, Arguments: args},
	})
	if err != nil {
		d.held.release()
		return "", nil, err
	}
	return d.result, d.held, nil
}

// idPrefix begins the ids of our requests.
const idPrefix = "b-"

// SendRequest sends a request under a string id, which no ping of the server
// can be mistaken for, and makes sure that the answer is the answer to it.
// JSON-RPC errors come back as *rpcError.
func (w *rpcTransport) SendRequest(ctx context.Context, r transport.JSONRPCRequest) (*transport.JSONRPCResponse, error) {
	r.ID = mcp.NewRequestId(idPrefix + strconv.FormatInt(w.asked.Add(1), 10))
	resp, err := w.HTTPConnection.SendRequest(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case resp.Error != nil:
		return nil, &rpcError{code: resp.Error.Code, message: resp.Error.Message}
	case resp.ID.String() != r.ID.String():
		return nil, errOdd
	}
	return resp, nil
}

// mcpClient speaks to a server: mcp-go's client for all but tool calls, which go
// out once, whatever the server asks for: a second login call would end a login
// under way.
type mcpClient struct {
	*client.Client
	transport *rpcTransport
}

func newMCPClient(over transport.HTTPConnection, options ...client.ClientOption) *mcpClient {
	w := &rpcTransport{HTTPConnection: over}
	return &mcpClient{client.NewClient(w, append(options, client.WithProtocolVersion(protocolVersion))...), w}
}

// clientName is how we name ourselves to the server.
const clientName = "kitebot"

// initialize shakes hands, as a version of the bot. A server that answers with a protocol version
// without sessions is refused: mcp-go would stop sending the session id.
func initialize(ctx context.Context, c *mcpClient, version string) error {
	var req mcp.InitializeRequest
	req.Params.ProtocolVersion = protocolVersion
	req.Params.ClientInfo = mcp.Implementation{Name: clientName, Version: version}
	result, err := c.Initialize(ctx, req)
	if err != nil {
		return err
	}
	if mcp.IsModernProtocol(result.ProtocolVersion) {
		return errOdd
	}
	return nil
}

// silent is mcp-go's logger: its lines may hold URLs and answers.
func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
