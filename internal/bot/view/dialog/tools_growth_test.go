package dialog

import (
	"strings"
	"testing"
)

// An answer that would become many times as long is not indented: what is read has
// a bound, and what is made of it.
func TestIndentingHasABound(t *testing.T) {
	deep := strings.Repeat("[", 30) + strings.Repeat("1,", 1<<16) + "1" + strings.Repeat("]", 30)
	if got := len(prettyJSON(deep)); got > 3*len(deep) {
		t.Errorf("%d bytes became %d", len(deep), got)
	}
	if got := prettyJSON(`[[[1,2],{}],{"a":[{"b":null}]}]`); strings.Count(got, "\n") != 15 {
		t.Errorf("an ordinary one is\n%s", got)
	}
}
