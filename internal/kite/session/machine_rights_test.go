package session_test

import (
	"slices"
	"time"

	"kitebot/internal/kite/session"
)

// granting notes which sessions are a person's by OAuth.
func (w *walk) granting(who int64) {
	rec, err := w.store.MemStore.Load(who)
	if err != nil {
		return
	}
	if rec.Login != nil && rec.Login.Session.IsBearer() {
		w.granted[rec.Login.Session.Reveal()] = who
	}
	for _, l := range rec.Links {
		if l.Session.IsBearer() {
			w.granted[l.Session.Reveal()] = who
		}
	}
	for _, l := range rec.Replaced { // made when no person waited for it, and dead at once
		if l.Session.IsBearer() {
			w.granted[l.Session.Reveal()] = who
		}
	}
}

// suspended says that every session of a person may be ended but for the login
// that they still have, as another Kite user, and none be logged in by again. What
// is being ended is promised.
func (w *walk) suspended(e session.Event) {
	kept := ""
	if !e.Status.User.IsZero() {
		kept, _ = w.login(e.Person)
	}
	give := func(id string) {
		if id != kept && id != "" { // an attempt has no session
			w.may[id], w.void[id] = true, !w.fresh[id]
		}
	}
	w.own(e.Person, give)
	for _, l := range e.Links {
		give(l.Session.Reveal())
	}
	w.promise(e.Person, w.stored(e.Person).Ending)
}

// licence says that every session of a person may be ended from now on, and that
// of those that were logged in it is promised.
func (w *walk) licence(who int64) {
	w.granting(who)
	w.own(who, func(id string) { w.may[id] = true })
	rec := w.stored(who)
	w.promise(who, slices.Concat(rec.Replaced, rec.Ending))
	if rec.Login != nil {
		w.promise(who, []session.Credential{rec.Login.Credential})
	}
}

func (w *walk) promise(who int64, ends []session.Credential) {
	for _, h := range ends {
		id := h.Session.Reveal()
		since, given := w.given[id]
		if !given {
			since = time.Now()
			w.given[id] = since
		}
		w.owed[id] = promise{who, since.Add(session.ServerLife)}
	}
}

// own goes through the sessions that a person was ever given.
func (w *walk) own(who int64, do func(id string)) {
	for _, l := range w.links[who] {
		do(l.Session.Reveal())
	}
	for id, owner := range w.granted {
		if owner == who {
			do(id)
		}
	}
}

func (w *walk) stored(who int64) session.Record {
	rec, err := w.store.MemStore.Load(who)
	if err != nil {
		w.errorf("load: %v", err)
	}
	return rec
}
