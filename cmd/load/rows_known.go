package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/store"
)

// manyKnown measures a bot that knows very many people, of whom some are there.
func (l *load) manyKnown(ctx context.Context) error {
	path := filepath.Join(l.folder, "known.db")
	size, err := l.writeStore(path, l.known)
	if err != nil {
		return err
	}
	l.crowd(l.known)
	each := size / l.known
	l.target(fmt.Sprintf("store: size per person, of %d", l.known), fmt.Sprintf("%d B", each), "", "≤ 1 KB", each <= 1000)
	before := l.counts()
	r, err := l.startBot(ctx, path, forever, linksDie)
	if err != nil {
		return err
	}
	pause(ctx, time.Second)
	dials := l.counts().kiteConns - before.kiteConns
	l.target(fmt.Sprintf("%d known: start to first poll", l.known), ms(r.toPoll), "", "≤ 1 s", r.toPoll <= time.Second)
	l.target("  connections to Kite opened at start", fmt.Sprint(dials), "", "0", dials == 0)
	err = l.residents(ctx, r)
	return errors.Join(err, r.stop())
}

// residents has some of the known people log in anew, and looks at the memory.
func (l *load) residents(ctx context.Context, r *running) error {
	start, err := r.usage()
	if err != nil {
		return err
	}
	if err := r.logIn(ctx, l.crowd(l.people)); err != nil {
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

// writeStore makes a store in which so many people are known and logged in, each
// written by a commit of its own as in earnest. It is written in memory first:
// nothing is measured here. It returns its size.
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

// knownRecord is a person who logged in shortly before the bot's clock begins.
func knownRecord(id int64) session.Record {
	at := noon()
	who := kite.Identity{UserID: userOf(id), Name: fmt.Sprintf("Person %d", id)}
	return session.Record{
		Person: id, Last: who,
		Login: &session.Login{
			Credential: session.Credential{Session: session.NewID(knownSession(id)), Since: at}, User: who,
			Bound: at.Add(time.Minute), LinkAt: at, Used: at.Add(time.Minute), Resumable: session.Yes, Confirmed: true,
		},
	}
}
