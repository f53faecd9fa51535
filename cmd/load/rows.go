package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/store"
)

// starts is how often the bot is started, to see how long that takes.
const starts = 5

// idle starts the program that is shipped, over an empty store.
func (l *load) idle(ctx context.Context) error {
	program := filepath.Join(l.folder, "shipped")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "kitebot/cmd/bot")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the bot: %w: %s", err, out)
	}
	var took []time.Duration
	var most usage
	for range starts {
		r, err := l.awaitPoll(ctx, "", func(env []string) (*child, error) {
			c := &child{name: "shipped"}
			return c, c.start(l, exec.Command(program), env)
		})
		if err != nil {
			return err
		}
		pause(ctx, time.Second) // it announces its menu during the first poll
		u, err := r.usage()
		if err := errors.Join(err, r.stop()); err != nil {
			return err
		}
		took = append(took, r.toPoll)
		if u.rss > most.rss {
			most = u
		}
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	l.target("idle process, no people: resident", mb(most.rss), "", "≤ 20 MB", most.rss <= 20e6)
	l.note("of that its own memory, its program", mb(most.anon)+", "+mb(most.file), "")
	l.target("start to first poll, no people", ms(middle), "", "≤ 100 ms", middle <= 100*time.Millisecond)
	return nil
}

// Parameters of the group "park".
const (
	parkAfter   = 3 * time.Second // how long a login may idle there
	parkedCount = 5_000           // people whose share of the memory is taken: one of few would be lost in the noise

	parkedBytes = 512 // may be left of each
)

// parkedUsers measures people who have been parked: what is left of them in memory, and what their next command takes,
// as after a restart.
func (l *load) parkedUsers(ctx context.Context) error {
	r, before, err := l.someParked(ctx, loginsAtOnce, "few.db")
	if err != nil {
		return err
	}
	if err := r.stop(); err != nil {
		return err
	}
	r, after, err := l.someParked(ctx, parkedCount, "many.db")
	if err != nil {
		return err
	}
	one := after.each(before, parkedCount-loginsAtOnce).Heap
	l.target(fmt.Sprintf("memory per parked session, of %d: heap in use", parkedCount), fmt.Sprintf("%d B", one), "", fmt.Sprintf("≤ %d B", parkedBytes), one <= parkedBytes)
	if err := errors.Join(r.extraQuestions(ctx, l.users(parkedCount), "parking", 0), r.stop()); err != nil {
		return err
	}
	if r, err = l.startBot(ctx, filepath.Join(l.folder, "many.db"), parkAfter, 3*linkExpiry); err != nil {
		return err
	}
	return errors.Join(r.extraQuestions(ctx, l.users(parkedCount), "a restart", 1), r.stop())
}

// answerExpiry is more than the bot keeps an answer.
const answerExpiry = 3 * time.Minute

// someParked starts a bot over a store of n people, has them ask once, and looks at the memory when they are parked.
func (l *load) someParked(ctx context.Context, n int, file string) (*runningBot, memory, error) {
	path := filepath.Join(l.folder, file)
	if _, err := l.writeStore(path, n); err != nil {
		return nil, memory{}, err
	}
	r, err := l.startBot(ctx, path, parkAfter, linkExpiry)
	if err != nil {
		return nil, memory{}, err
	}
	if err := errors.Join(r.warmUp(ctx, l.users(n)), r.moveClock(ctx, answerExpiry, 1)); err != nil {
		return nil, memory{}, err
	}
	pause(ctx, parkAfter/10*3) // the bot looks for logins to park each tenth of soon
	m, err := r.memory(ctx)
	return r, m, err
}

// extraQuestions measures what a first command asks of Kite besides its own question, and besides what the bot asks
// once per process.
func (r *runningBot) extraQuestions(ctx context.Context, people []*user, after string, once int64) error {
	before := r.counts().asked
	if err := r.warmUp(ctx, people); err != nil {
		return err
	}
	trips := ratio(r.counts().asked-before-once, int64(len(people))) - 1
	r.target("extra round trips of the first command after "+after, fmt.Sprintf("%.2f", trips), "", "≤ 1", trips < 1.005) // a few questions of the bot's own do not count
	return nil
}

// knownUsers measures a bot with very many users in its store, of whom some log in.
func (l *load) knownUsers(ctx context.Context) error {
	path := filepath.Join(l.folder, "known.db")
	size, err := l.writeStore(path, l.known)
	if err != nil {
		return err
	}
	l.users(l.known)
	each := size / l.known
	l.target(fmt.Sprintf("store: size per person, of %d", l.known), fmt.Sprintf("%d B", each), "", "≤ 1 KB", each <= 1000)
	before := l.counts()
	r, err := l.startBot(ctx, path, neverPark, linkExpiry)
	if err != nil {
		return err
	}
	pause(ctx, time.Second)
	dials := l.counts().kiteConns - before.kiteConns
	l.target(fmt.Sprintf("%d known: start to first poll", l.known), ms(r.toPoll), "", "≤ 1 s", r.toPoll <= time.Second)
	l.target("  connections to Kite opened at start", fmt.Sprint(dials), "", "0", dials == 0)
	err = l.loggedInPeople(ctx, r)
	return errors.Join(err, r.stop())
}

// loggedInPeople logs some of the known users in anew, and measures the memory.
func (l *load) loggedInPeople(ctx context.Context, r *runningBot) error {
	start, err := r.usage()
	if err != nil {
		return err
	}
	if err := r.logIn(ctx, l.users(l.people)); err != nil {
		return err
	}
	full, err := r.usage()
	if err != nil {
		return err
	}
	free, err := r.memory(ctx)
	if err != nil {
		return err
	}
	parts := func(u usage) string { return mb(u.anon) + ", " + mb(u.file) }
	l.note("resident after the start: own memory, files", parts(start), "")
	l.target(fmt.Sprintf("%d known, %d live: resident", l.known, l.people), mb(full.rss), "", "≤ 120 MB", full.rss <= 120e6)
	l.note("of that own memory, files (program and store)", parts(full), "")
	l.note("and once all garbage is collected", parts(free.usage), "")
	return nil
}

// writeStore makes a store in which so many people are known and logged in, each written by a commit of its own as in
// production. It is written in memory first: nothing is measured here. It returns its size.
func (l *load) writeStore(path string, people int) (int, error) {
	folder, err := os.MkdirTemp("/dev/shm", "kitebot-load-")
	if err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	quick := filepath.Join(folder, "known.db")
	s, err := store.Open(store.Options{Path: quick, Key: l.key})
	if err != nil {
		return 0, err
	}
	for _, i := range rand.Perm(people) { // people do not come in the order of their ids
		if err == nil {
			err = s.Save(knownRecord(int64(i) + 1))
		}
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return 0, err
	}
	file, err := os.ReadFile(filepath.Clean(quick))
	if err != nil {
		return 0, err
	}
	return len(file), os.WriteFile(path, file, 0o600)
}

// knownRecord is a user who logged in shortly before the bot's clock begins.
func knownRecord(id int64) session.Record {
	at := startOfClock()
	who := kite.Identity{UserID: userOf(id), Name: fmt.Sprintf("Person %d", id)}
	return session.Record{
		Person: id, Last: who,
		Login: &session.Login{
			Credential: session.Credential{Session: session.NewID(knownSession(id)), Since: at}, User: who,
			Bound: at.Add(time.Minute), LinkAt: at, Used: at.Add(time.Minute), Resumable: session.Yes, Confirmed: true,
		},
	}
}
