package mcpconn_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/kite/mcpconn"
)

// eventsOf reads a stream to its end, or to its first error.
func eventsOf(r io.Reader) (all []mcpconn.Event, err error) {
	for events := mcpconn.NewEventReader(r, 16, true); ; {
		e, err := events.Next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestEvents(t *testing.T) {
	long := strings.Repeat("long ", 20)
	for name, test := range map[string]struct {
		stream string
		want   []mcpconn.Event
	}{
		"an event":                {"event: endpoint\ndata: /x\n\n", []mcpconn.Event{{Name: "endpoint", Data: "/x"}}},
		"CR before LF":            {"event: endpoint\r\ndata: /x\r\n\r\n", []mcpconn.Event{{Name: "endpoint", Data: "/x"}}},
		"CR alone":                {"event: endpoint\rdata: /x\r\rdata: 1\r\r", []mcpconn.Event{{Name: "endpoint", Data: "/x"}, {Name: "", Data: "1"}}},
		"every end of a line":     {"data: 1\rdata: 2\ndata: 3\r\n\rdata: 4\n\r\ndata: 5\r\r\n", []mcpconn.Event{{Name: "", Data: "1\n2\n3"}, {Name: "", Data: "4"}, {Name: "", Data: "5"}}},
		"LF before CR":            {"data: 1\n\rdata: 2\n\r", []mcpconn.Event{{Name: "", Data: "1"}, {Name: "", Data: "2"}}},
		"a long line before CR":   {"data: " + long + "\rdata: x\r\r", []mcpconn.Event{{Name: "", Data: long + "\nx"}}},
		"no name":                 {"data:1\n\ndata: 2\n\n", []mcpconn.Event{{Name: "", Data: "1"}, {Name: "", Data: "2"}}},
		"names do not stay":       {"event: a\ndata: 1\n\ndata: 2\n\n", []mcpconn.Event{{Name: "a", Data: "1"}, {Name: "", Data: "2"}}},
		"lines of data":           {"data: 1\ndata:  2\ndata:3\n\n", []mcpconn.Event{{Name: "", Data: "1\n 2\n3"}}},
		"a line beyond a buffer":  {"data: " + long + "\ndata: x\n\n", []mcpconn.Event{{Name: "", Data: long + "\nx"}}},
		"comments and other news": {": hello\n\nid: 7\nretry: 0\n\n: again\ndata: 1\n\n", []mcpconn.Event{{Name: "", Data: "1"}}},
		"nothing to say":          {"event: a\n\ndata: 1\n\n", []mcpconn.Event{{Name: "", Data: "1"}}},
		"the end ends an event":   {"data: 1\ndata: 2", []mcpconn.Event{{Name: "", Data: "1\n2"}}},
		"a byte order mark":       {"\ufeffdata: 1\n\n\ufeffdata: 2\n\n", []mcpconn.Event{{Name: "", Data: "1"}}},
		"nothing":                 {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := eventsOf(strings.NewReader(test.stream))
			if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// An event is complete at the CR that ends its empty line, whatever follows. The
// rest of a CR LF, in a later read, is no empty line of the next event.
func TestEventsAtTheEndOfARead(t *testing.T) {
	broken := errors.New("connection reset")
	for _, end := range []string{"\r", "\n", "\r\n"} {
		first := strings.ReplaceAll("data: 1||", "|", end)
		got, err := eventsOf(io.MultiReader(strings.NewReader(first[:len(first)-len(end)+1]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || len(got) != 1 {
			t.Errorf("%q: %v, %v", end, got, err)
		}
		stream := strings.ReplaceAll("event: a|data: 1|data: 2||event: b|data: 3||", "|", end)
		for cut := range len(stream) {
			got, err := eventsOf(io.MultiReader(strings.NewReader(stream[:cut]), strings.NewReader(stream[cut:])))
			if diff := cmp.Diff([]mcpconn.Event{{Name: "a", Data: "1\n2"}, {Name: "b", Data: "3"}}, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%q: %v (-want +got):\n%s", stream[:cut]+"✂"+stream[cut:], err, diff)
			}
		}
	}
}

// What a broken stream had begun to say is not taken for what it wanted to say.
func TestEventsOfABrokenStream(t *testing.T) {
	broken := errors.New("connection reset")
	got, err := eventsOf(io.MultiReader(strings.NewReader("data: 1\n\ndata: 2"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// What a cut leaves of an event is none, but where one answer is all that was to come.
func TestACutEventIsVoid(t *testing.T) {
	for _, stream := range []string{"event: endpoint\ndata: /message?sessionId=5ad1", "data: 1\n", "data: 1"} {
		if e, err := mcpconn.NewEventReader(strings.NewReader(stream), 512, false).Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%q: %+v, %v", stream, e, err)
		}
	}
}

// An event that is too big is read to its end and not kept: what follows it comes
// through.
func TestEventsHaveABound(t *testing.T) {
	line := strings.Repeat("long ", 1000) + "\n"
	const more = mcpconn.MaxAnswer / 4000 // lines
	for name, test := range map[string]struct {
		stream  string
		many    int // how often the stream says that
		refused bool
	}{
		"one line":      {strings.Repeat("one line ", 100), mcpconn.MaxAnswer / 800, false}, // it is no data
		"a line":        {strings.Repeat("data: x", 100), mcpconn.MaxAnswer / 600, true},
		"lines of data": {"data: " + line, more, true},
		"comments":      {": " + line, more, false},
		"small events":  {"data: " + line + "\n", more, false},
		"apart":         {": " + line + "\r\n", more, false},
	} {
		t.Run(name, func(t *testing.T) {
			long := &repeated{what: test.stream, left: test.many * len(test.stream)}
			r := mcpconn.NewEventReader(io.MultiReader(long, strings.NewReader("\n\ndata: after\n\n")), 512, false)
			refused := false
			for e := (mcpconn.Event{}); e.Data != "after"; {
				var err error
				if e, err = r.Next(); err != nil {
					t.Fatalf("%v before what came after", err)
				}
				if e.Refused != nil {
					refused = true
					if e.Refused.Error() != "answer too big" || len(e.Data) > mcpconn.KeptOfRefused {
						t.Errorf("refused with %v, and %d bytes are kept", e.Refused, len(e.Data))
					}
				}
			}
			if refused != test.refused || !r.Idle() {
				t.Errorf("refused: %v; all of the budget was given back: %v", refused, r.Idle())
			}
		})
	}
}

// repeated says the same for so many bytes.
type repeated struct {
	what     string
	at, left int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.left > 0 {
		m := copy(p[n:min(len(p), n+r.left)], r.what[r.at:])
		n, r.left, r.at = n+m, r.left-m, (r.at+m)%len(r.what)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// How a stream is cut into reads makes no difference.
func TestEventsInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := []byte(rapid.StringOf(rapid.SampledFrom([]rune("data: event:x\r\n\n\n"))).Draw(t, "stream"))
		whole, err := eventsOf(bytes.NewReader(stream))
		pieces, again := eventsOf(&pieces{bytes.NewReader(stream), rapid.IntRange(1, 9).Draw(t, "piece")})
		if diff := cmp.Diff(whole, pieces); diff != "" || !errors.Is(err, io.EOF) || !errors.Is(again, io.EOF) {
			t.Errorf("%v, %v (-whole +pieces):\n%s", err, again, diff)
		}
	})
}
