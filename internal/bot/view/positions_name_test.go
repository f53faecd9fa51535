package view

import "testing"

func TestContract(t *testing.T) {
	for symbol, want := range map[string][2]string{
		"NIFTY26NOV24400CE":      {"NIFTY", " Nov26 24400CE"},
		"NIFTY26N1724400CE":      {"NIFTY", " 17Nov 24400CE"},
		"NIFTY2610624400PE":      {"NIFTY", " 6Jan 24400PE"},
		"BANKNIFTY26NOVFUT":      {"BANKNIFTY", " Nov26 Fut"},
		"NIFTYNXT5026NOV70000CE": {"NIFTYNXT50", " Nov26 70000CE"},
		"USDINR26NOV84.25CE":     {"USDINR", " Nov26 84.25CE"},
		"M&M26DECFUT":            {"M&M", " Dec26 Fut"},
		"360ONE26NOVFUT":         {"360ONE", " Nov26 Fut"},
		"NIFTY2619924400CE":      {"NIFTY2619924400CE", ""}, // no 99th of January
		"INFY-EQ":                {"INFY", ""},
		"IDEA-BE":                {"IDEA", "-BE"},
		"BAJAJ-AUTO":             {"BAJAJ-AUTO", ""},
		"26NOVFUT":               {"26NOVFUT", ""},
		"":                       {"", ""},
	} {
		if name, tail := contract(symbol); name != want[0] || tail != want[1] {
			t.Errorf("contract(%q) = %q, %q, want %q", symbol, name, tail, want)
		}
	}
}
