package sessiontest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// Diff describes how two records differ, "" when they are the same. Nil and
// empty lists are the same; times are compared as instants.
func Diff(want, got session.Record) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(session.ID{}, kite.Link{}))
}

// Full returns a record in which every field is set, different for every
// person. The Kite user is "ZZ" and the person's last four digits.
func Full(person int64) session.Record {
	at := time.Date(2031, 3, 4, 9, 15, 0, 123456789, time.UTC)
	user := kite.Identity{UserID: fmt.Sprintf("ZZ%04d", person%10000), Name: "Ámbar <Q> Sample"}
	link := func(n int) session.Link {
		id := sessionID(person, n)
		return session.Link{
			Credential: bearer(id, at.Add(time.Duration(n)*time.Minute)),
			Attempt:    attempt(id, at),
			Ref:        fmt.Sprintf("ref%d", n),
			URL:        kite.RestoreLink("https://kite.example/connect/login?api_key=sample&v=3&redirect_params=session_id%3D" + id),
			Seq:        n,
			Issued:     at.Add(time.Duration(n)*time.Minute + time.Second),
			Message:    4000 + n,
			Then:       "/holdings",
		}
	}
	return session.Record{
		Person: person,
		Login: &session.Login{
			Credential: bearer(sessionID(person, 1), at),
			User:       user,
			Bound:      at.Add(time.Minute),
			LinkAt:     at.Add(2 * time.Second),
			LinkSeq:    2,
			Resumable:  session.Yes,
			Used:       at.Add(2 * time.Minute),
			Warned:     true,
			Confirmed:  true,
		},
		Links:    []session.Link{link(2), link(3)},
		Replaced: []session.Credential{bearer(sessionID(person, 4), at.Add(-time.Hour))},
		Ending:   []session.Credential{bearer(sessionID(person, 5), at.Add(-2*time.Hour))},
		Leaving:  true, Silent: true, Contested: true,
		Last: user,
	}
}

// bearer is a login by OAuth with everything set.
func bearer(id string, since time.Time) session.Credential {
	return session.Credential{Session: session.NewBearer(id), Since: since, Ends: since.Add(24 * time.Hour), MCP: session.NewID("mcp-" + id), UserID: "ZZ0009"}
}

func attempt(id string, at time.Time) *session.Attempt {
	return &session.Attempt{
		State: "state-" + id, Verifier: "verifier-" + id, ClientID: "client-" + id, Redirect: "http://127.0.0.1:1/" + id, Paste: true,
		Code: "code-" + id, Received: at, Due: at.Add(time.Minute), Sent: true,
	}
}

// LoggedIn returns the record of a person who is logged in as a Kite user, was
// warned of its end, and has nothing else open.
func LoggedIn(person int64, user string) session.Record {
	full := Full(person)
	full.Login.User.UserID = user
	return session.Record{Person: person, Login: full.Login}
}

func sessionID(person int64, n int) string {
	return fmt.Sprintf("sample-%08x-4c0d-%04x-8e15-%012x", person&0xffffffff, n, person)
}

// Records generates records of one person with any mixture of fields. Kite
// users come from a handful, so that several people want the same one.
func Records(person int64) *rapid.Generator[session.Record] {
	times := times()
	texts := rapid.String()
	identities := rapid.Custom(func(t *rapid.T) kite.Identity {
		return kite.Identity{UserID: rapid.SampledFrom([]string{"", "ZZ0001", "ZZ0002", "ZZ0003"}).Draw(t, "user id"), Name: texts.Draw(t, "name")}
	})
	credentials := rapid.Custom(func(t *rapid.T) session.Credential {
		c := session.Credential{Session: session.NewID(texts.Draw(t, "session")), Since: times.Draw(t, "since"), UserID: identities.Draw(t, "user").UserID}
		if rapid.Bool().Draw(t, "bearer") {
			c.Session, c.Ends, c.MCP = session.NewBearer(c.Session.Reveal()), times.Draw(t, "ends"), session.NewID(texts.Draw(t, "mcp"))
		}
		return c
	})
	return rapid.MakeCustom[session.Record](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{
			reflect.TypeFor[time.Time]():          times.AsAny(),
			reflect.TypeFor[kite.Identity]():      identities.AsAny(),
			reflect.TypeFor[session.Credential](): credentials.AsAny(),
			reflect.TypeFor[session.Tristate]():   rapid.SampledFrom([]session.Tristate{session.Unknown, session.Yes, session.No}).AsAny(),
			reflect.TypeFor[kite.Link]():          rapid.Map(texts, kite.RestoreLink).AsAny(),
		},
		Fields: map[reflect.Type]map[string]*rapid.Generator[any]{reflect.TypeFor[session.Record](): {
			"Person":  rapid.Just(person).AsAny(),
			"Leaving": rapid.Just(false).AsAny(), // says nothing of a record in which nothing is ending
			"Silent":  rapid.Just(false).AsAny(),
		}},
	})
}

// times generates instants to the nanosecond, in zones of their own, and now
// and then the zero time.
func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
			return time.Time{}
		}
		zone := time.FixedZone("sample", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		return time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).In(zone)
	})
}
