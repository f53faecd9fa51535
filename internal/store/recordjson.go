package store

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// recordV1 is a [session.Record] on disk. It is a type of its own because the
// record hides its secrets from every encoder, and because the file must stay
// readable when the record changes. The person is the key it is stored under.
type recordV1 struct {
	V       int            `json:"v"`
	Login   *loginV1       `json:"login,omitempty"`
	Links   []linkV1       `json:"links,omitempty"`
	Lapsing []credentialV1 `json:"lapsing,omitempty"`
	Ending  []credentialV1 `json:"ending,omitempty"`
	Leaving bool           `json:"leaving,omitempty"`
	Quiet   bool           `json:"quiet,omitempty"`
	Last    identityV1     `json:"last,omitzero"`

	Contested bool `json:"contested,omitempty"`
}

type credentialV1 struct {
	Session string  `json:"session"`
	Since   instant `json:"since,omitzero"`
	Bearer  bool    `json:"bearer,omitempty"` // Session is one
	Ends    instant `json:"ends,omitzero"`
	MCP     string  `json:"mcp,omitempty"`
	UserID  string  `json:"user_id,omitempty"`
}

type attemptV1 struct {
	State    string  `json:"state"`
	Verifier string  `json:"verifier"`
	ClientID string  `json:"client"`
	Redirect string  `json:"redirect"`
	Paste    bool    `json:"paste,omitempty"`
	Code     string  `json:"code,omitempty"`
	Brought  instant `json:"brought,omitzero"`
	Due      instant `json:"due,omitzero"`
	Tried    bool    `json:"tried,omitempty"`
}

type identityV1 struct {
	UserID string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
}

type loginV1 struct {
	credentialV1
	User      identityV1 `json:"user,omitzero"`
	Bound     instant    `json:"bound,omitzero"`
	LinkAt    instant    `json:"link_at,omitzero"`
	LinkSeq   int        `json:"link_seq,omitempty"`
	Resumable int        `json:"resumable,omitempty"` // 1 yes, 2 no
	Used      instant    `json:"used,omitzero"`
	Warned    bool       `json:"warned,omitempty"`
	Confirmed bool       `json:"confirmed,omitempty"`
}

type linkV1 struct {
	credentialV1
	Ref     string  `json:"ref,omitempty"`
	URL     string  `json:"url,omitempty"`
	Seq     int     `json:"seq,omitempty"`
	Issued  instant `json:"issued,omitzero"`
	Message int     `json:"message,omitempty"`
	Then    string  `json:"then,omitempty"`

	Attempt *attemptV1 `json:"attempt,omitempty"`
}

// instant is a time on disk, always in UTC.
type instant struct{ time.Time }

func inUTC(t time.Time) instant { return instant{t.UTC()} }

// UnmarshalJSON reads a time in any zone. It refuses one that is in a year of
// five digits in UTC, which could not be written again.
func (i *instant) UnmarshalJSON(text []byte) error {
	if err := i.Time.UnmarshalJSON(text); err != nil {
		return err
	}
	i.Time = i.Time.UTC()
	if year := i.Year(); year < 0 || year > 9999 {
		return fmt.Errorf("year %d cannot be written", year)
	}
	return nil
}

func encodeRecord(r session.Record) ([]byte, error) {
	out := recordV1{V: 1, Last: identityV1(r.Last), Lapsing: credentialsOut(r.Replaced), Ending: credentialsOut(r.Ending), Leaving: r.Leaving, Quiet: r.Silent, Contested: r.Contested}
	if l := r.Login; l != nil {
		out.Login = &loginV1{
			credentialV1: credentialOut(l.Credential),
			User:         identityV1(l.User),
			Bound:        inUTC(l.Bound),
			LinkAt:       inUTC(l.LinkAt),
			LinkSeq:      l.LinkSeq,
			Resumable:    int(l.Resumable),
			Used:         inUTC(l.Used),
			Warned:       l.Warned,
			Confirmed:    l.Confirmed,
		}
	}
	for _, l := range r.Links {
		out.Links = append(out.Links, linkV1{
			credentialV1: credentialOut(l.Credential),
			Ref:          l.Ref,
			URL:          l.URL.Reveal(),
			Seq:          l.Seq,
			Issued:       inUTC(l.Issued),
			Message:      l.Message,
			Then:         l.Then,
			Attempt:      attemptOut(l.Attempt),
		})
	}
	return json.Marshal(out)
}

func decodeRecord(person int64, text []byte) (session.Record, error) {
	var in recordV1
	if err := json.Unmarshal(text, &in); err != nil {
		return session.Record{}, fmt.Errorf("%w (a record is no JSON)", ErrDamaged) // err may quote the record
	}
	if in.V != 1 {
		return session.Record{}, fmt.Errorf("record version %d is not known: %w", in.V, ErrSchemaNewer)
	}
	r := session.Record{Person: person, Last: kite.Identity(in.Last), Replaced: credentialsIn(in.Lapsing), Ending: credentialsIn(in.Ending), Leaving: in.Leaving, Silent: in.Quiet, Contested: in.Contested}
	if l := in.Login; l != nil {
		r.Login = &session.Login{
			Credential: credentialIn(l.credentialV1),
			User:       kite.Identity(l.User),
			Bound:      l.Bound.Time,
			LinkAt:     l.LinkAt.Time,
			LinkSeq:    l.LinkSeq,
			Resumable:  session.Tristate(l.Resumable),
			Used:       l.Used.Time,
			Warned:     l.Warned,
			Confirmed:  l.Confirmed,
		}
	}
	for _, l := range in.Links {
		r.Links = append(r.Links, session.Link{
			Credential: credentialIn(l.credentialV1),
			Ref:        l.Ref,
			URL:        kite.RestoreLink(l.URL),
			Seq:        l.Seq,
			Issued:     l.Issued.Time,
			Message:    l.Message,
			Then:       l.Then,
			Attempt:    attemptIn(l.Attempt),
		})
	}
	return r, nil
}

func credentialOut(h session.Credential) credentialV1 {
	return credentialV1{Session: h.Session.Reveal(), Since: inUTC(h.Since), Bearer: h.Session.IsBearer(), Ends: inUTC(h.Ends), MCP: h.MCP.Reveal(), UserID: h.UserID}
}

func credentialIn(h credentialV1) session.Credential {
	id := session.NewID(h.Session)
	if h.Bearer {
		id = session.NewBearer(h.Session)
	}
	return session.Credential{Session: id, Since: h.Since.Time, Ends: h.Ends.Time, MCP: session.NewID(h.MCP), UserID: h.UserID}
}

func attemptOut(a *session.Attempt) *attemptV1 {
	if a == nil {
		return nil
	}
	return &attemptV1{State: a.State, Verifier: a.Verifier, ClientID: a.ClientID, Redirect: a.Redirect, Paste: a.Paste, Code: a.Code, Brought: inUTC(a.Received), Due: inUTC(a.Due), Tried: a.Sent}
}

func attemptIn(a *attemptV1) *session.Attempt {
	if a == nil {
		return nil
	}
	return &session.Attempt{State: a.State, Verifier: a.Verifier, ClientID: a.ClientID, Redirect: a.Redirect, Paste: a.Paste, Code: a.Code, Received: a.Brought.Time, Due: a.Due.Time, Sent: a.Tried}
}

func credentialsOut(held []session.Credential) []credentialV1 {
	var out []credentialV1
	for _, h := range held {
		out = append(out, credentialOut(h))
	}
	return out
}

func credentialsIn(held []credentialV1) []session.Credential {
	var in []session.Credential
	for _, h := range held {
		in = append(in, credentialIn(h))
	}
	return in
}

// loginUser returns the Kite user that a record's login owns, "" for none.
func loginUser(r session.Record) string {
	if r.Login == nil {
		return ""
	}
	return r.Login.User.UserID
}

func putOwner(tx *bolt.Tx, box *sealer, person int64, user string) error {
	key := box.ownerKey(user)
	sealed := box.seal([]byte(ownersBucket), key, number(uint64(person)))
	if err := bucket(tx, ownersBucket).Put(key, sealed); err != nil {
		return fmt.Errorf("bind the kite user: %w", err)
	}
	return nil
}
