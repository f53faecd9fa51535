package kite

import (
	"errors"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// The bounds of what is taken for a number. Kite's are floats of two or four
// places with noise behind them (0.5999999999999659, 1.4e-14). What lies
// outside is no price, and would only cost memory: 1e999999999 is ten bytes
// on the wire and a billion digits when it is added to something.
const (
	maxNumberText = 48  // bytes of one number
	maxMagnitude  = 18  // digits before the point
	minExponent   = -60 // places behind it
	maxCount      = 1_000_000_000_000_000
)

var (
	errNumber = errors.New("not a number of usable size")
	errCount  = errors.New("not a whole number of usable size")
)

// amount is a JSON number taken exactly as it is written, never through a
// float. null is zero, as it is for the server that answers it.
type amount struct{ decimal.Decimal }

func (a *amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if !isNumber(b) {
		return errNumber
	}
	d, err := decimal.NewFromString(string(b))
	if err != nil || d.Exponent() < minExponent || d.Exponent() > maxMagnitude {
		return errNumber
	}
	if d.NumDigits()+int(d.Exponent()) > maxMagnitude {
		return errNumber
	}
	a.Decimal = d
	return nil
}

// count is a JSON number that counts shares. null is zero.
type count int64

func (c *count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if !isNumber(b) {
		return errCount
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n > maxCount || n < -maxCount {
		return errCount
	}
	*c = count(n)
	return nil
}

// isNumber tells a number from the other JSON values; their syntax was checked
// before.
func isNumber(b []byte) bool {
	return len(b) > 0 && len(b) <= maxNumberText && (b[0] == '-' || b[0] >= '0' && b[0] <= '9')
}

// moment is a time that may be absent: the year 1, null, "" and a form nobody
// expects are all the zero time, because no figure rests on it.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var t time.Time
	if err := t.UnmarshalJSON(b); err == nil && t.Year() > 1 {
		m.Time = t
	}
	return nil
}
