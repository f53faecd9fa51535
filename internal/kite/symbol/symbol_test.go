package symbol_test

import (
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite/symbol"
)

func TestParseSymbol(t *testing.T) {
	tests := map[string]string{
		"infy": "INFY", " Infy ": "INFY", "NSE:INFY": "NSE:INFY", "nse : infy": "NSE:INFY", "bse:itc": "BSE:ITC",
		"m&m": "M&M", "bajaj-auto": "BAJAJ-AUTO", "tata  motors": "TATA MOTORS", "3mindia": "3MINDIA",
		"nifty26nov26000ce": "NIFTY26NOV26000CE", "mcx:goldpetal26novfut": "MCX:GOLDPETAL26NOVFUT",
		"nifty": "NSE:NIFTY 50", "Nifty 50": "NSE:NIFTY 50", "nifty50": "NSE:NIFTY 50", "NSE:NIFTY 50": "NSE:NIFTY 50",
		"bank nifty": "NSE:NIFTY BANK", "banknifty": "NSE:NIFTY BANK", "Nifty-Bank": "NSE:NIFTY BANK",
		"sensex": "BSE:SENSEX", "SENSEX": "BSE:SENSEX", "bankex": "BSE:BANKEX",
		"fin nifty": "NSE:NIFTY FIN SERVICE", "finnifty": "NSE:NIFTY FIN SERVICE",
		"india vix": "NSE:INDIA VIX", "vix": "NSE:INDIA VIX", "midcap": "NSE:NIFTY MIDCAP 100", "nifty it": "NSE:NIFTY IT",
		"midcap select": "NSE:NIFTY MID SELECT", "psu bank": "NSE:NIFTY PSU BANK",
		"NSE:MIDCAP": "NSE:MIDCAP", "NFO:nifty": "NFO:NIFTY", // an exchange is taken at its word
		"nse infy": "NSE:INFY", "itc bse": "BSE:ITC", "bse it": "BSE:BSE IT", "bse": "BSE", "BSE:BSE IT": "BSE:BSE IT", "sensex 50": "BSE:SNSX50",
		"BSE:BSE SENSEX SIXTY 65:35": "BSE:BSE SENSEX SIXTY 65:35", "bse sensex sixty 65:35": "BSE:BSE SENSEX SIXTY 65:35", "BSE:BSE LGMD60:40ST DIV50": "BSE:BSE LGMD60:40ST DIV50",
		"": "", "   ": "", ":": "", "NSE:": "", ":INFY": "", "NYSE:IBM": "", "NSE:A:B": "", "<b>": "", "a\x00b": "", "इन्फी": "", "🚀": "",
		"what?": "", "50%": "", "--": "", strings.Repeat("A", 41): "", "infy\xff": "",
	}
	for text, want := range tests {
		got, ok := symbol.Parse(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("ParseSymbol(%q) = %q, %v, want %q", text, got, ok, want)
		}
		if id := strings.Contains(want, ":"); ok && symbol.IsID(got.String()) != id {
			t.Errorf("IsID(%q) = %v", got, !id)
		}
	}
}

func TestIsID(t *testing.T) {
	for id, want := range map[string]bool{
		"NSE:INFY": true, "NSE:NIFTY 50": true, "NSE:M&M": true, "BSE:SENSEX": true, "NFO:NIFTY26NOV26000CE": true, "NSE:MIDCAP": true,
		"INFY": false, "nse:infy": false, "NSE: INFY": false, "NSE:IN  FY": false, "NSE:<b>": false, "": false, "NSE:INFY ": false, "XYZ:INFY": false,
	} {
		if got := symbol.IsID(id); got != want {
			t.Errorf("IsID(%q) = %v", id, got)
		}
	}
}

func TestGuesses(t *testing.T) {
	for text, want := range map[string][]string{
		"infy":              {"NSE:INFY", "BSE:INFY"},
		"bse:infy":          {"BSE:INFY"},
		"nifty":             {"NSE:NIFTY 50"},
		"nifty26nov26000ce": {"NFO:NIFTY26NOV26000CE", "BFO:NIFTY26NOV26000CE", "MCX:NIFTY26NOV26000CE", "CDS:NIFTY26NOV26000CE"},
		"reliance":          {"NSE:RELIANCE", "BSE:RELIANCE"}, // ends like a call, but is none
		"tata motors ltd":   {"NSE:TATA MOTORS LTD", "BSE:TATA MOTORS LTD", "NSE:TATAMOTORSLTD", "BSE:TATAMOTORSLTD"},
		"nse bajaj auto":    {"NSE:BAJAJ AUTO", "NSE:BAJAJAUTO", "NSE:BAJAJ-AUTO"},
		"nifty 26 nov fut":  {"NFO:NIFTY26NOVFUT", "BFO:NIFTY26NOVFUT", "MCX:NIFTY26NOVFUT", "CDS:NIFTY26NOVFUT"},
	} {
		s, _ := symbol.Parse(text)
		if got := s.Candidates(); !slices.Equal(got, want) {
			t.Errorf("Candidates of %q = %q, want %q", text, got, want)
		}
	}
}

func TestLooksLikeSymbol(t *testing.T) {
	for text, want := range map[string]bool{
		"infy": true, "INFY": true, "NSE:INFY": true, "m&m": true, "bajaj-auto": true, "nifty": true, "bank nifty": true, "nifty it": true,
		"tata motors ltd": true, "3mindia": true, "india vix": true, "nifty26nov26000ce": true, "nse: m&m": true,
		"banknifty26nov58000ce": true, "NIFTY NOV 26000 CE": true, "nifty nov fut": true, "nse infy": true, "see you at 5 in the office": false, "BSE SENSEX SIXTY 65:35": true,
		"hi": false, "Hello": false, "ok": false, "Thanks": false, "good morning": false, "good morning sir": false, "how are you": false,
		"buy infy": false, "what is infy": false, "thank you so much": false, "show me": false, "holdings": false, "yes": false, "it": false,
		"one two three four": false, "averyveryverylongword": false, "hello!": false, "infy?": false, "": false, "123456": false, "5": false,
		"/quote infy": false, "infy, tcs": false, "a.b": false, "इन्फी": false, "🚀": false, "NSE:": false, "http://x": false, "&": false, "-": false,
		"infy\ntcs wipro": true,
	} {
		if got := symbol.LooksLike(text); got != want {
			t.Errorf("LooksLike(%q) = %v", text, got)
		}
	}
}

func TestIsIndex(t *testing.T) {
	for id, want := range map[string]bool{
		"NSE:NIFTY 50": true, "BSE:SENSEX": true, "NSE:INDIA VIX": true, "NSE:NIFTY MNC": true, "BSE:SNSX50": true, "BSE:AUTO": true, "BSE:BSE100": true, "BSE:BSE SENSEX SIXTY 65:35": true, "NSE:AUTO": false, "BSE:INFY": false, "NSEIX:GIFT NIFTY": true,
		"NSE:INFY": false, "NSE:NIFTYBEES": false, "NFO:NIFTY26NOVFUT": false, "": false, "NIFTY 50": false, "MCX:GOLD": false,
	} {
		if got := symbol.IsIndex(id); got != want {
			t.Errorf("IsIndex(%q) = %v", id, got)
		}
	}
}

// What parses, parses to the same again, and can be asked for.
func FuzzParseSymbol(f *testing.F) {
	for _, s := range []string{"infy", "NSE:NIFTY 50", "bank nifty", "m&m", "a:b:c", "nse bse", "itc bse", "BSE SENSEX SIXTY 65:35", "1:1", "nifty nov 26000 ce", "ſ", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := symbol.Parse(text)
		looks := symbol.LooksLike(text)
		for _, r := range symbol.Readings(text) {
			if r.Typed == "" || strings.ContainsAny(r.Typed, ",;\n") || len(r.Parts) == 1 {
				t.Fatalf("%q is read as %+v", text, r)
			}
			if symbol.LooksLikeList(text) {
				if _, ok := symbol.Parse(r.Typed); !ok {
					t.Fatalf("%q of %q looks like a symbol and is none", r.Typed, text)
				}
			}
		}
		if !ok {
			if looks {
				t.Fatalf("%q looks like a symbol and is none", text)
			}
			return
		}
		if again, ok := symbol.Parse(s.String()); !ok || again != s {
			t.Fatalf("%q is %v, and then %v", text, s, again)
		}
		for _, id := range s.Candidates() {
			if !symbol.IsID(id) {
				t.Fatalf("%q cannot be asked for", id)
			}
		}
	})
}

// BenchmarkLooksLikeSymbols is asked of every plain message, on the way from the
// poll to the mailboxes: 5 µs at most.
func BenchmarkLooksLikeSymbols(b *testing.B) {
	for name, text := range map[string]string{
		"symbol": "infy", "index": "bank nifty", "several": "infy, tata motors", "talk": "how are you today",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if symbol.LooksLikeList(text) == (name == "talk") {
					b.Fatal(text)
				}
			}
		})
	}
}
