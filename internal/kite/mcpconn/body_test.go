package mcpconn

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEventSize(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		ok     bool
	}{
		"small events":       {strings.Repeat("data: 5678\n\n", 100), true},
		"with CR":            {strings.Repeat("data: 5678\r\n\r\n", 100), true},
		"one event too big":  {"data: " + strings.Repeat("x", 20), false},
		"lines of one event": {strings.Repeat("data: x\n", 3), false},
		"comments only":      {strings.Repeat(": x\n", 6), false},
		"empty lines":        {strings.Repeat("\n", 100), true},
		"lines of nothing":   {strings.Repeat("\r\n", 100), true},
	} {
		var e eventSize
		if got := e.add([]byte(test.stream), 20); got != test.ok {
			t.Errorf("%s: within the bound = %v, want %v", name, got, test.ok)
		}
	}
}

// An event of very many lines costs the square of them to read.
func TestEventOfManyLines(t *testing.T) {
	const max = 1 << 20
	event := func(lines int) []byte {
		return append(bytes.Repeat([]byte("data:x\n"), lines), '\n')
	}
	var small, long eventSize
	if !small.add(bytes.Repeat(event(1000), 3), max) {
		t.Error("a thousand lines are too many")
	}
	if long.add(event(max/8), max) {
		t.Error("an event of a hundred thousand lines passed")
	}
}

// How the stream is cut into reads must make no difference.
func TestEventSizeInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := []byte(rapid.StringOf(rapid.SampledFrom([]rune("ab\r\n\n"))).Draw(t, "stream"))
		var whole, pieces eventSize
		want := whole.add(stream, 10)
		got := true
		for rest := stream; len(rest) > 0 && got; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			got = pieces.add(rest[:n], 10)
			rest = rest[n:]
		}
		if got != want {
			t.Errorf("in pieces %v, whole %v", got, want)
		}
		longest := 0
		for _, event := range bytes.Split(bytes.ReplaceAll(stream, []byte("\r"), nil), []byte("\n\n")) {
			longest = max(longest, len(event))
		}
		if longest > 10 && got {
			t.Errorf("an event of %d bytes passed", longest)
		}
	})
}
