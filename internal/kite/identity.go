package kite

// Identity names a Kite user.
type Identity struct {
	UserID string // "AB1234"
	Name   string // as Kite writes it, 64 visible characters at most; data from outside, escaped on screen
}

// IsZero reports whether nobody is named.
func (i Identity) IsZero() bool { return i.UserID == "" }
