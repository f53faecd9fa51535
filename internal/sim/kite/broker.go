package kite

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// broker is Kite itself behind the MCP server: the accounts, their browser logins and their access tokens. It knows
// nothing of MCP sessions and survives a restart of the MCP server. Its methods expect Server.mu to be held.
type broker struct {
	accounts []*sample.Account // in the order of the login page; an Account is never changed, only replaced
	requests map[string]string // request_token -> user id; a token leaves when it is used
	grants   map[string]*grant // access token -> what it opens
}

// grant is one access token.
type grant struct {
	userID string
	born   time.Time
	dead   bool
}

func newBroker(accounts []sample.Account) broker {
	b := broker{requests: map[string]string{}, grants: map[string]*grant{}}
	for _, a := range accounts {
		if a.UserID() == "" || b.find(a.UserID()) != nil {
			panic(fmt.Sprintf("kite: user id %q is empty or given twice", a.UserID()))
		}
		b.accounts = append(b.accounts, &a)
	}
	return b
}

// find returns the account of a user id, or nil.
func (b *broker) find(userID string) *sample.Account {
	i := slices.IndexFunc(b.accounts, func(a *sample.Account) bool { return a.UserID() == userID })
	if i < 0 {
		return nil
	}
	return b.accounts[i]
}

// authorise is what the login page does when a person has logged in: it returns a request_token that works once.
func (b *broker) authorise(userID string) string {
	token := rand.Text()
	b.requests[token] = userID
	return token
}

// exchange turns a request_token into an access token. ok is false when Kite refuses it.
func (b *broker) exchange(requestToken string, now time.Time) (accessToken string, ok bool) {
	userID, ok := b.requests[requestToken]
	if !ok {
		return "", false
	}
	delete(b.requests, requestToken)
	accessToken = rand.Text()
	b.grants[accessToken] = &grant{userID: userID, born: now}
	return accessToken, true
}

// owner returns the user id that an access token was given to.
func (b *broker) owner(accessToken string) string {
	if g, ok := b.grants[accessToken]; ok {
		return g.userID
	}
	return ""
}

// account returns whose data an access token opens, or nil when Kite answers 403.
func (b *broker) account(accessToken string, now time.Time) *sample.Account {
	g, ok := b.grants[accessToken]
	if !ok || g.dead || !now.Before(tokenExpiry(g.born)) {
		return nil
	}
	return b.find(g.userID)
}

// revoke is Kite's logout. An unknown or empty token is no error there.
func (b *broker) revoke(accessToken string) {
	if g, ok := b.grants[accessToken]; ok {
		g.dead = true
	}
}

// endAll ends every access token of a person and returns how many were alive.
func (b *broker) endAll(userID string) int {
	n := 0
	for _, g := range b.grants {
		if g.userID == userID && !g.dead {
			g.dead = true
			n++
		}
	}
	return n
}

// tokenExpiry returns the next 06:00 in India after born, when Kite ends all access tokens of the day before.
func tokenExpiry(born time.Time) time.Time {
	t := born.In(sample.IST())
	death := time.Date(t.Year(), t.Month(), t.Day(), 6, 0, 0, 0, sample.IST())
	if !death.After(t) {
		death = death.AddDate(0, 0, 1)
	}
	return death
}
