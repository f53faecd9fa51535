package mcpconn

import (
	"context"
	"errors"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"
)

// nothing is a transport that returns neither an answer nor an error.
type nothing struct{ transport.HTTPConnection }

func (nothing) SendRequest(context.Context, transport.JSONRPCRequest) (*transport.JSONRPCResponse, error) {
	return nil, nil
}

// mcp-go's stream transport returns nil, nil when a deadline passes between
// two of its lines. Its client would panic.
func TestNeitherAnswerNorError(t *testing.T) {
	w := &wire{HTTPConnection: nothing{}}
	if resp, err := w.SendRequest(t.Context(), transport.JSONRPCRequest{}); resp != nil || !errors.Is(err, errOdd) {
		t.Errorf("SendRequest = %v, %v; want errOdd", resp, err)
	}
}
