package app_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// totals are an account's figures worked out a second time, from the JSON text
// that goes over the wire, in fractions, with none of the bot's code. The rule
// is the design's: shares are quantity + T1 + pledged, T1 once where quantity
// holds it; no price, not counted; the day is the change of one share × shares.
type totals struct{ value, invested, pledged, borrowed, day, before *big.Rat }

func exactTotals(user string) totals { return totalsOf(sample.AccountOf(user)) }

func totalsOf(a sample.Account) totals {
	wire, err := json.Marshal(a.Holdings)
	if err != nil {
		panic(err)
	}
	var rows []map[string]any
	d := json.NewDecoder(strings.NewReader(string(wire)))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		panic(err)
	}
	t := totals{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)}
	for _, row := range rows {
		t.add(row)
	}
	return t
}

func (t totals) add(row map[string]any) {
	field := func(name string) *big.Rat {
		r, ok := new(big.Rat).SetString(string(row[name].(json.Number)))
		if !ok {
			panic(name)
		}
		return r
	}
	times := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	plus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
	shares := plus(field("quantity"), field("collateral_quantity"))
	if t1 := field("t1_quantity"); plus(field("realised_quantity"), t1).Cmp(field("quantity")) != 0 {
		shares = plus(shares, t1)
	}
	if field("last_price").Sign() <= 0 {
		return
	}
	t.value.Add(t.value, times(shares, field("last_price")))
	t.invested.Add(t.invested, times(shares, field("average_price")))
	t.pledged.Add(t.pledged, times(field("collateral_quantity"), field("last_price")))
	mtf, _ := new(big.Rat).SetString(string(row["mtf"].(map[string]any)["quantity"].(json.Number)))
	t.borrowed.Add(t.borrowed, times(mtf, field("last_price")))
	if field("close_price").Sign() > 0 {
		moved := new(big.Rat).Sub(field("last_price"), field("close_price"))
		t.day.Add(t.day, times(shares, moved))
		t.before.Add(t.before, times(shares, field("close_price")))
	}
}

// headline is how the first line of /holdings begins.
func (t totals) headline() string { return fmt.Sprintf("Holdings ₹%s · ", grouped(t.value)) }

// profit is what follows it, but for the name of the day: the day's and all of the
// P&L.
func (t totals) profit() string {
	profit := new(big.Rat).Sub(t.value, t.invested)
	return fmt.Sprintf(" %s\nP&L %s (%s%%)\nInvested ₹%s · day %s%%\n", signed("₹", t.day), signed("₹", profit),
		signed("", percent(profit, t.invested)), grouped(t.invested), signed("", percent(t.day, t.before)))
}

// apart are the lines on what is pledged and what is bought with borrowed money.
func (t totals) apart() string {
	return fmt.Sprintf("Pledged ₹%s of the value\nMTF ₹%s ·", grouped(t.pledged), grouped(t.borrowed))
}

// leaksInto reports whether a message shows a total of this account.
func (t totals) leaksInto(m simtg.Message) bool {
	return strings.Contains(m.Text, grouped(t.value)) || strings.Contains(m.Text, grouped(t.invested))
}

func percent(part, whole *big.Rat) *big.Rat {
	return new(big.Rat).Mul(new(big.Rat).Quo(part, whole), big.NewRat(100, 1))
}

// signed is an amount as Telegram gets it, where no line may break before ₹.
func signed(unit string, r *big.Rat) string {
	if grouped(r) == "0.00" {
		return unit + "0.00"
	}
	if unit != "" {
		unit = "\u2060" + unit
	}
	return map[int]string{1: "+", -1: "−"}[r.Sign()] + unit + grouped(r)
}

// grouped writes |r| with two places, rounded half away from zero, in groups
// of thousand, lakh, crore.
func grouped(r *big.Rat) string {
	paise := new(big.Rat).Mul(new(big.Rat).Abs(r), big.NewRat(100, 1))
	paise.Add(paise, big.NewRat(1, 2))
	n := new(big.Int).Quo(paise.Num(), paise.Denom())
	digits := fmt.Sprintf("%03s", n.String())
	whole, fraction := digits[:len(digits)-2], digits[len(digits)-2:]
	groups := []string{whole[max(0, len(whole)-3):]}
	for rest := whole[:max(0, len(whole)-3)]; rest != ""; rest = rest[:max(0, len(rest)-2)] {
		groups = append(groups, rest[max(0, len(rest)-2):])
	}
	slices.Reverse(groups)
	return strings.Join(groups, ",") + "." + fraction
}
