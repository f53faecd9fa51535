package chart_test

import "testing"

// In privacy mode no amount has any influence on any pixel; otherwise each has.
func TestHiddenAmountsLeaveNoTrace(t *testing.T) {
	p := newPainter(t)
	allocation := func(amount string, hide bool) ([]byte, error) {
		in := birds()
		in.Total, in.Hide = amount, hide
		return p.Allocation(in)
	}
	movers := func(amount string, hide bool) ([]byte, error) {
		in := day()
		in.Hide = hide
		for i := range in.Rows {
			in.Rows[i].Amount = amount
		}
		return p.Movers(in)
	}
	for name, draw := range map[string]func(string, bool) ([]byte, error){"allocation": allocation, "movers": movers} {
		seen := map[bool]map[string]bool{false: {}, true: {}}
		amounts := []string{"₹0.01", "₹0.02", "−₹12,345.67", "+₹9,99,99,999.00"}
		for _, amount := range amounts {
			for _, hide := range []bool{false, true} {
				data, err := draw(amount, hide)
				if err != nil {
					t.Fatal(err)
				}
				seen[hide][string(data)] = true
			}
		}
		if len(seen[true]) != 1 || len(seen[false]) != len(amounts) {
			t.Errorf("%s: %d pictures of %d amounts, %d when hidden", name, len(seen[false]), len(amounts), len(seen[true]))
		}
	}
}

// A picture does not change what it was given.
func TestInputStaysAsItIs(t *testing.T) {
	p := newPainter(t)
	in := day()
	in.Hide = true
	if _, err := p.Movers(in); err != nil {
		t.Fatal(err)
	}
	for i, m := range day().Rows {
		if in.Rows[i] != m {
			t.Errorf("row %d became %+v, was %+v", i, in.Rows[i], m)
		}
	}
	shares := birds()
	if _, err := p.Allocation(shares); err != nil {
		t.Fatal(err)
	}
	for i, s := range birds().Slices {
		if shares.Slices[i] != s {
			t.Errorf("slice %d became %+v, was %+v", i, shares.Slices[i], s)
		}
	}
}
