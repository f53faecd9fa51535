package kite

// Overview is an account at one glance. A part that is nil is one that Kite did
// not answer for.
type Overview struct {
	Holdings  *Portfolio
	Positions *Book
	Funds     *Margins
}

// Total is the value of the holdings and what can be used of the funds. It is
// unknown unless both are known. The P&L of positions is not in it: what they
// bind is already taken off the funds.
func (o Overview) Total() Figure {
	if o.Holdings == nil || o.Funds == nil || !o.Holdings.Value.OK || !o.Funds.Usable().OK {
		return Figure{}
	}
	return known(o.Holdings.Value.Value.Add(o.Funds.Usable().Value))
}
