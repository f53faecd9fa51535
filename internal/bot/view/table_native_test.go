package view

import (
	"testing"
)

// One long word would push the last column off a phone; a name of several words
// wraps.
func TestNativeNames(t *testing.T) {
	tab := Table{Head: []string{"Symbol", "Value"}}
	for _, name := range []string{"BHARATINFRAGROWTHETF2032", "SAMPATSOLAR-SM", "MALABAR SMALL CAP & MICRO CAP FUND"} {
		tab.Rows = append(tab.Rows, Row{name, " p", []string{"1"}})
	}
	want := []string{"BHARATINFRAGR…32 p", "SAMPATSOLAR-SM p", "MALABAR SMALL CAP & MICRO CAP FUND p"}
	for i, r := range tab.rich().Rows {
		if r[0] != want[i] {
			t.Errorf("%q, want %q", r[0], want[i])
		}
	}
}
