package app_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kitebot/internal/sim/kite/sample"
)

// owners tells whose a figure or a name is. Every generated account has its
// seed in names and symbols, and figures that nobody else has.
type owners struct {
	figures map[string]int64 // a figure as it may be written: whose it is
}

// telegramID is a person's, by their seed.
func telegramID(seed int64) int64 { return 7_000_000 + seed }

// nobody is the owner of a figure that two people have.
const nobody = 0

func ownersOf(t *testing.T, accounts []sample.Account) owners {
	t.Helper()
	o := owners{figures: map[string]int64{}}
	for i, a := range accounts {
		seed := int64(firstSeed + i)
		o.add(seed, strconv.FormatInt(telegramID(seed), 10))
		sum, cash := totalsOf(a), decimal(a.Margins.Equity.Net)
		for _, h := range a.Holdings {
			quantity := big.NewRat(int64(h.Quantity), 1)
			o.add(seed, strconv.Itoa(h.Quantity), strings.TrimSuffix(grouped(quantity), ".00"))
			o.worth(seed, quantity, decimal(h.LastPrice), decimal(h.AveragePrice), decimal(h.ClosePrice))
		}
		o.worth(seed, big.NewRat(1, 1), sum.value, sum.invested, sum.before)
		o.amount(seed, cash, new(big.Rat).Add(cash, sum.value))
	}
	for i, a := range accounts {
		for _, figure := range []string{grouped(totalsOf(a).value), grouped(totalsOf(a).invested)} {
			if o.figures[figure] != int64(firstSeed+i) {
				t.Fatalf("%s of %s is somebody else's too", figure, a.UserID())
			}
		}
	}
	return o
}

// decimal is a float as JSON writes it.
func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		panic(f)
	}
	return r
}

// worth notes what shares are worth at prices, now and before, and what was
// gained between. The list has to be whole: one person's gain may happen to be
// another one's cash, and then tells nothing.
func (o owners) worth(seed int64, shares *big.Rat, now *big.Rat, before ...*big.Rat) {
	value := new(big.Rat).Mul(shares, now)
	o.amount(seed, value)
	for _, price := range before {
		was := new(big.Rat).Mul(shares, price)
		o.amount(seed, was, new(big.Rat).Sub(value, was))
	}
}

// amount notes amounts as people read them, and as files have them.
func (o owners) amount(seed int64, amounts ...*big.Rat) {
	for _, a := range amounts {
		o.add(seed, grouped(a), strings.ReplaceAll(grouped(a), ",", ""))
	}
}

func (o owners) add(seed int64, figures ...string) {
	for _, f := range figures {
		owner, known := o.figures[f]
		if known && owner != seed {
			o.figures[f] = nobody
			continue
		}
		o.figures[f] = seed
	}
}

// finding is something in a text that is somebody's.
type finding struct {
	what   string
	seed   int64
	figure bool // else a name, a user id or a symbol
}

func (f finding) String() string { return fmt.Sprintf("%s of person %d", f.what, f.seed) }

// What can tell an owner: Kite's user id, a symbol, a name, an address, an ISIN, or any number.
// Within a longer word, as in a login link, it tells nothing.
var telling = regexp.MustCompile(`\b(?:ZZ(\d{4,})|S(\d+)H\d+|Person (\d+)|person(\d+)@example|INE(\d{7})\d\d|\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?)\b`)

// others finds what is not this person's own in a text.
func (o owners) others(text string, person int64) []finding {
	var found []finding
	for _, at := range telling.FindAllStringSubmatchIndex(text, -1) {
		f := finding{what: text[at[0]:at[1]], figure: true}
		for group := 2; group < len(at); group += 2 {
			if at[group] >= 0 {
				f.figure = false
				f.seed, _ = strconv.ParseInt(text[at[group]:at[group+1]], 10, 64)
			}
		}
		if f.figure {
			f.seed = o.figures[f.what]
		}
		if f.seed != person && f.seed != nobody {
			found = append(found, f)
		}
	}
	return found
}

// The soaks are worth as much as this search.
func TestOwnersAreTold(t *testing.T) {
	accounts := []sample.Account{sample.Generate(firstSeed, 3), sample.Generate(firstSeed+1, 3)}
	o := ownersOf(t, accounts)
	sum := totalsOf(accounts[1])
	for _, text := range []string{
		"₹" + grouped(sum.value), "Invested ₹" + grouped(sum.invested) + "\n", "S102," + strings.ReplaceAll(grouped(sum.value), ",", "") + ",1",
		"1,02,001 shares", "12,102001,7", "(102002)",
		"Available ₹1,02,500.25", "S102H0", "(ZZ0102)", "Generated Person 102", "person102@example.in", "INE000010201", "login:use:ZZ0102", "person 7000102",
	} {
		if got := o.others(text, firstSeed+1); len(got) != 0 {
			t.Errorf("%q of the owner: %v", text, got)
		}
		if got := o.others(text, firstSeed); len(got) != 1 || got[0].seed != firstSeed+1 {
			t.Errorf("%q seen by another: %v", text, got)
		}
	}
	if got := o.others("As of 22 Nov 10:00:02 IST · 102 of 500, +0.25%, ₹102", firstSeed); len(got) != 0 {
		t.Errorf("innocent figures: %v", got)
	}
}
