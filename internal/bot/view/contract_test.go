package view

import (
	"testing"
	"time"
)

func TestContract(t *testing.T) {
	november := time.Date(2026, 11, 12, 6, 32, 5, 0, time.UTC)
	for symbol, want := range map[string][2]string{
		"NIFTY26NOV24400CE":      {"NIFTY", " NOV 24400 CE"},
		"NIFTY26N1724400CE":      {"NIFTY", " 17 NOV 24400 CE"},
		"NIFTY27D0724400CE":      {"NIFTY", " 7 DEC 2027 24400 CE"},
		"NIFTY2710624400PE":      {"NIFTY", " 6 JAN 24400 PE"},
		"NIFTY2610624400PE":      {"NIFTY", " 6 JAN 2026 24400 PE"}, // past
		"NIFTY26DEC26000CE":      {"NIFTY", " DEC 26000 CE"},
		"NIFTY27OCT26000CE":      {"NIFTY", " OCT 26000 CE"},
		"NIFTY27NOV26000CE":      {"NIFTY", " NOV 2027 26000 CE"},
		"NIFTY31DEC26000CE":      {"NIFTY", " DEC 2031 26000 CE"},
		"BANKNIFTY26NOVFUT":      {"BANKNIFTY", " NOV FUT"},
		"NIFTYNXT5026NOV70000CE": {"NIFTYNXT50", " NOV 70000 CE"},
		"USDINR26NOV84.25CE":     {"USDINR", " NOV 84.25 CE"},
		"USDINR26N13FUT":         {"USDINR", " 13 NOV FUT"},
		"USDINR2710884.5PE":      {"USDINR", " 8 JAN 84.5 PE"},
		"M&M26DECFUT":            {"M&M", " DEC FUT"},
		"360ONE26NOVFUT":         {"360ONE", " NOV FUT"},
		"360ONE26NOV1000CE":      {"360ONE", " NOV 1000 CE"},
		"NIFTY2619924400CE":      {"NIFTY2619924400CE", ""}, // no 99th of January
		"NIFTY26NOVCE":           {"NIFTY26NOVCE", ""},      // no strike
		"BAJFINANCE":             {"BAJFINANCE", ""},
		"INFY-EQ":                {"INFY", ""},
		"IDEA-BE":                {"IDEA", "-BE"},
		"BAJAJ-AUTO":             {"BAJAJ-AUTO", ""},
		"26NOVFUT":               {"26NOVFUT", ""},
		"FUT":                    {"FUT", ""},
		"":                       {"", ""},
	} {
		if name, tail := Contract(symbol, november); name != want[0] || tail != want[1] {
			t.Errorf("contract(%q) = %q, %q, want %q", symbol, name, tail, want)
		}
	}
}

// Without the year, twelve months at most look alike: at every moment, contracts of
// any two different symbols have different names.
func TestContractNamesAreDistinct(t *testing.T) {
	for _, at := range []time.Time{time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), {}} {
		seen := map[string]string{}
		for _, on := range []string{"NIFTY", "NIFTYNXT50", "BANKNIFTY"} {
			for _, year := range []string{"25", "26", "27", "28", "31"} {
				var ends []string
				for month := 0; month < len(monthNames); month += 3 {
					ends = append(ends, monthNames[month:month+3], weekMonths[month/3:month/3+1]+"03", weekMonths[month/3:month/3+1]+"24")
				}
				for _, end := range ends {
					for _, kind := range []string{"26000CE", "26000PE", "6000CE", "70000CE", "FUT"} {
						symbol := on + year + end + kind
						name := ContractName(symbol, at)
						if other, twice := seen[name]; twice {
							t.Fatalf("%s and %s are both %q", symbol, other, name)
						}
						seen[name] = symbol
					}
				}
			}
		}
	}
}
