package kite

import (
	"encoding/json"
	"errors"
	"kitebot/internal/kite/wire"
	"strings"
	"unicode"
)

// Profile is who a login belongs to, from get_profile. Every text is data from
// outside.
type Profile struct {
	UserID    string   `json:"user_id"`   // "AB1234"; never empty
	UserName  string   `json:"user_name"` // full name
	Email     string   `json:"email"`
	Broker    string   `json:"broker"`    // "ZERODHA"
	Exchanges []string `json:"exchanges"` // enabled segments: "NSE", "BSE", "MF", …
	Products  []string `json:"products"`  // "CNC", "NRML", …
}

// Identity names the Kite user.
func (p Profile) Identity() Identity {
	return Identity{UserID: p.UserID, Name: p.UserName}
}

// DecodeProfile reads the answer of get_profile. When Kite answers no data the
// server sends a profile of empty texts: that, and everything that is no
// profile, is [wire.KindMalformed].
func DecodeProfile(text string) (Profile, error) {
	var p Profile
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Profile{}, wire.Malformed("get_profile", errors.New("not a profile"))
	}
	p.UserID, p.UserName = strings.TrimSpace(p.UserID), plainName(p.UserName)
	if !isUserID(p.UserID) {
		return Profile{}, wire.Malformed("get_profile", errors.New("no user id"))
	}
	return p, nil
}

// maxName is the longest name that is kept, in characters.
const maxName = 64

// plainName makes one line of visible characters of a name: no controls, none that
// turn the direction of writing, none without width.
func plainName(s string) string {
	plain := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)), " "))
	return strings.TrimSpace(string(plain[:min(len(plain), maxName)]))
}

// isUserID keeps what is not a Kite user id from becoming the key of a login.
// It asks for little: the form of the ids is Kite's to change.
func isUserID(id string) bool {
	return id != "" && len(id) <= 32 && !strings.ContainsFunc(id, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

// Identity names a Kite user.
type Identity struct {
	UserID string // "AB1234"
	Name   string // as Kite writes it, 64 visible characters at most; data from outside, escaped on screen
}

// IsZero reports whether no user is named.
func (i Identity) IsZero() bool { return i.UserID == "" }
