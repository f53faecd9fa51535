package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
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
	each := size / int64(l.known)
	l.add(row{group: "known", what: fmt.Sprintf("store: size per person, of %d", l.known), ours: fmt.Sprintf("%d B", each), reach: "≤ 1 KB", reached: each <= 1000})
	before := l.counts()
	r, err := l.startBot(ctx, path, forever, clockAt(noon().Add(linksDie)))
	if err != nil {
		return err
	}
	pause(ctx, time.Second)
	dials := l.counts().since(before).kiteConns
	l.add(row{group: "known", what: fmt.Sprintf("%d known: start to first poll", l.known), ours: ms(r.toPoll), reach: "≤ 1 s", reached: r.toPoll <= time.Second})
	l.add(row{group: "known", what: "  connections to Kite opened at start", ours: strconv.FormatInt(dials, 10), reach: "0", reached: dials == 0})
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
	l.note("known", "  resident after the start: own memory, files", parts(start), "")
	l.add(row{
		group: "known", what: fmt.Sprintf("%d known, %d live: resident", l.known, l.people),
		ours: mb(full.rss), reach: "≤ 120 MB", reached: full.rss <= 120e6,
	})
	l.note("known", "  of that own memory, files (program and store)", parts(full), "")
	l.note("known", "  and once all garbage is collected", parts(free.usage), "")
	return nil
}

// writeStore makes a store in which so many people are known and logged in, each
// written by a commit of its own as in earnest. It is written in memory first,
// where there is such a place: nothing is measured here. It returns its size.
func (l *load) writeStore(path string, people int) (int64, error) {
	folder, err := os.MkdirTemp(memoryFolder(), "kitebot-load-")
	if err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	key, err := base64.StdEncoding.DecodeString(l.key)
	if err != nil {
		return 0, err
	}
	quick := filepath.Join(folder, "known.db")
	s, err := store.Open(store.Options{Path: quick, Key: key})
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
	return copyFile(quick, path)
}

func memoryFolder() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return memory
	}
	return ""
}

func copyFile(from, to string) (int64, error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, in)
	return n, errors.Join(err, out.Sync(), out.Close())
}

// knownRecord is a person who logged in shortly before the bot's clock begins.
func knownRecord(id int64) session.Record {
	at := noon()
	who := kite.Identity{UserID: userOf(id), Name: fmt.Sprintf("Person %d", id)}
	return session.Record{
		Person: id, Last: who,
		Login: &session.Login{
			Held: session.Held{Session: session.NewID(knownSession(id)), Since: at}, User: who,
			Bound: at.Add(time.Minute), LinkAt: at, Used: at.Add(time.Minute), Resumable: session.Yes, Confirmed: true,
		},
	}
}
