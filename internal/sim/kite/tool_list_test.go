package kite_test

import (
	"encoding/json"
	"slices"
	"testing"

	"kitebot/internal/sim/kite"
)

// toolList is the part of an answer to tools/list that clients look at.
type toolList struct {
	Result struct {
		Tools []struct {
			Name, Description string
			Annotations       map[string]bool
			InputSchema       struct {
				Type       string
				Properties map[string]struct{ Type, Description string }
				Required   []string
			}
		}
	}
}

func TestToolList(t *testing.T) {
	for _, c := range []struct {
		order bool
		count int
	}{{false, 19}, {true, 22}} {
		w := startServer(t, func(o *kite.Options) { o.NoOrderTools = !c.order })
		var m toolList
		if err := json.Unmarshal([]byte(w.post(w.initialize(), rpc(1, "tools/list", nil)).body), &m); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range m.Result.Tools {
			names = append(names, tool.Name)
			if tool.Annotations["readOnlyHint"] || !tool.Annotations["destructiveHint"] || len(tool.Annotations) != 4 {
				t.Errorf("%s: annotations %v", tool.Name, tool.Annotations)
			}
			for _, r := range tool.InputSchema.Required {
				if tool.InputSchema.Properties[r].Type == "" {
					t.Errorf("%s requires %s, which it does not describe", tool.Name, r)
				}
			}
		}
		if len(names) != c.count || !slices.IsSorted(names) || slices.Contains(names, "place_order") != c.order {
			t.Errorf("%d tools: %q", len(names), names)
		}
		if !slices.Contains(names, "place_gtt_order") || !slices.Contains(names, "get_holdings") {
			t.Errorf("tools are missing: %q", names)
		}
	}
}
