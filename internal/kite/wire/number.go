package wire

import (
	"errors"

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

// readAmount reads a number exactly as it is written, never through a float.
// null is zero, as it is for the server that answers it.
func readAmount(r *reader, to *decimal.Decimal) {
	switch {
	case r.null():
		return
	case r.zero():
		*to = decimal.Decimal{}
		return
	}
	n := r.numeral()
	exact, err := n.amount()
	if err != nil {
		r.fail(err)
	}
	*to = exact
}

// readCount reads a whole number. null is zero.
func readCount(r *reader, to *int64) {
	switch {
	case r.null():
		return
	case r.zero():
		*to = 0
		return
	}
	n := r.numeral()
	whole, err := n.count()
	if err != nil {
		r.fail(err)
	}
	*to = whole
}

// mantissaDigits is how many digits surely fit into the mantissa.
const mantissaDigits = 18

// numeral is a JSON number taken apart: mantissa × 10^exponent.
type numeral struct {
	text     string
	mantissa int64 // its first 18 digits; without sign
	digits   int   // of the mantissa, those that were left out too; 0 for zero
	exponent int   // capped where it is absurd
	negative bool
	whole    bool // written without point and exponent
}

// zero takes a plain 0, if it is next: most numbers of a row are.
func (r *reader) zero() bool {
	if r.peek() != '0' || r.at+1 == len(r.text) || r.text[r.at+1] != ',' && r.text[r.at+1] != '}' {
		return false
	}
	r.at++
	return true
}

// numeral reads a number.
func (r *reader) numeral() numeral {
	r.peek()
	n := numeral{text: r.text[r.at:], whole: true}
	size := n.parse()
	if size == 0 {
		r.fail(errKind)
		return numeral{}
	}
	n.text = n.text[:size]
	r.at += size
	return n
}

// parse reads the number at the beginning of the text and returns its size; 0
// when there is none.
func (n *numeral) parse() int {
	i := 0
	if n.is(i, '-') {
		n.negative = true
		i++
	}
	switch {
	case n.is(i, '0'):
		i++ // stands alone: 007 is no number
	default:
		after := n.run(i)
		if after == i {
			return 0
		}
		i = after
	}
	if n.is(i, '.') {
		after := n.run(i + 1)
		if after == i+1 {
			return 0
		}
		n.whole, n.exponent, i = false, i+1-after, after
	}
	if n.is(i, 'e') || n.is(i, 'E') {
		return n.power(i + 1)
	}
	return i
}

func (n *numeral) is(i int, c byte) bool { return i < len(n.text) && n.text[i] == c }

// run takes digits into the mantissa and returns where they end.
func (n *numeral) run(i int) int {
	for ; i < len(n.text) && isDigit(n.text[i]); i++ {
		if n.text[i] == '0' && n.digits == 0 {
			continue
		}
		if n.digits++; n.digits <= mantissaDigits {
			n.mantissa = 10*n.mantissa + int64(n.text[i]-'0')
		}
	}
	return i
}

// power takes what stands behind the e and returns where it ends; 0 when
// nothing does.
func (n *numeral) power(i int) int {
	n.whole = false
	down := n.is(i, '-')
	if down || n.is(i, '+') {
		i++
	}
	start, power := i, 0
	for ; i < len(n.text) && isDigit(n.text[i]); i++ {
		power = min(10*power+int(n.text[i]-'0'), 1_000_000)
	}
	if i == start {
		return 0
	}
	if down {
		power = -power
	}
	n.exponent += power
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// amount is the number as a decimal, with the places that it is written with.
func (n *numeral) amount() (decimal.Decimal, error) {
	if len(n.text) > maxNumberText || n.exponent < minExponent || n.exponent > maxMagnitude ||
		max(n.digits, 1)+n.exponent > maxMagnitude {
		return decimal.Decimal{}, errNumber
	}
	switch {
	case n.digits > mantissaDigits:
		return decimal.NewFromString(n.text)
	case n.digits == 0 && n.exponent == 0:
		return decimal.Decimal{}, nil // the most frequent of all
	}
	mantissa := n.mantissa
	if n.negative {
		mantissa = -mantissa
	}
	return decimal.New(mantissa, int32(n.exponent)), nil
}

// count is the number as a whole one.
func (n *numeral) count() (int64, error) {
	if !n.whole || len(n.text) > maxNumberText || n.digits > mantissaDigits || n.mantissa > maxCount {
		return 0, errCount
	}
	if n.negative {
		return -n.mantissa, nil
	}
	return n.mantissa, nil
}
