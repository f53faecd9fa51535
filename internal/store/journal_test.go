package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

func TestJournalSurvivesARestart(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustTake(t, s, 7, bottest.Message(30), bottest.Message(10), bottest.Message(20))
	mustTake(t, s, 8, bottest.Message(10))
	s.Answered(7, 10)
	mustClose(t, s) // carries the mark

	s = mustOpen(t, path)
	want := []bot.Update{bottest.Message(30), bottest.Message(20)}
	if diff := cmp.Diff(want, mustUnanswered(t, s, 7)); diff != "" {
		t.Errorf("unanswered after a restart (-want +got):\n%s", diff)
	}
	want = []bot.Update{bottest.Message(5)}
	if diff := cmp.Diff(want, mustTake(t, s, 7, bottest.Message(10), bottest.Message(20), bottest.Message(5)), noEntry()); diff != "" {
		t.Errorf("fresh after a restart (-want +got):\n%s", diff)
	}
	want = []bot.Update{bottest.Message(10)}
	if diff := cmp.Diff(want, mustUnanswered(t, s, 8)); diff != "" {
		t.Errorf("the other bot's after a restart (-want +got):\n%s", diff)
	}
}

func noEntry() cmp.Option { return cmpopts.IgnoreFields(bot.Update{}, "Entry") }

// TestJournalLikeTheTwin takes, answers and restarts in any order.
func TestJournalLikeTheTwin(t *testing.T) {
	path := newPath(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		file := openRapid(rt, fmt.Sprintf("%s-%d", path, n))
		defer func() { _ = file.Close() }()
		twin := bottest.NewMemJournal()
		ids, bots := rapid.Int64Range(0, 20), rapid.Int64Range(7, 8)
		rt.Repeat(map[string]func(*rapid.T){
			"take": func(rt *rapid.T) {
				botID := bots.Draw(rt, "bot")
				var batch []bot.Update
				for _, id := range rapid.SliceOfN(ids, 0, 5).Draw(rt, "batch") {
					batch = append(batch, bottest.Message(id))
				}
				got, err := file.Take(botID, batch)
				want, _ := twin.Take(botID, batch)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
					rt.Fatalf("take: %v (-want +got):\n%s", err, diff)
				}
			},
			"answer": func(rt *rapid.T) {
				botID, id := bots.Draw(rt, "bot"), ids.Draw(rt, "id")
				file.Answered(botID, id)
				twin.Answered(botID, id)
				if rapid.Bool().Draw(rt, "flush") {
					if err := file.Flush(); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"restart": func(rt *rapid.T) {
				if err := file.Close(); err != nil {
					rt.Fatal(err)
				}
				file, twin = openRapid(rt, fmt.Sprintf("%s-%d", path, n)), twin.Copy()
			},
			"begin, run or stop": func(rt *rapid.T) {
				botID, id := bots.Draw(rt, "bot"), ids.Draw(rt, "id")
				which := rapid.SampledFrom([]string{"begin", "run", "stop"}).Draw(rt, "which")
				for _, j := range []bot.Journal{file, twin} {
					did := map[string]func() error{
						"begin": func() error { return j.Begin(botID, id) }, "run": func() error { return j.Ran(botID, id) },
						"stop": func() error { return j.Stopped(botID) },
					}
					if err := did[which](); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"": func(rt *rapid.T) { compareJournals(rt, file, twin) },
		})
	})
}

func compareJournals(rt *rapid.T, file, twin bot.Journal) {
	for botID := int64(7); botID <= 8; botID++ {
		got, err := file.Unanswered(botID)
		want, _ := twin.Unanswered(botID)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			rt.Fatalf("unanswered of %d: %v (-want +got):\n%s", botID, err, diff)
		}
	}
}

func TestRingForgetsTheOldest(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	const extra = 50
	for first := int64(0); first < ringSize+extra; first += extra {
		var batch []bot.Update
		for id := first; id < first+extra; id++ {
			batch = append(batch, bottest.Message(id))
			s.Answered(7, id) // too early: void
		}
		mustTake(t, s, 7, batch...)
		for _, u := range batch {
			s.Answered(7, u.ID)
		}
	}
	for range 2 {
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := count(t, s, answeredBucket); got != ringSize {
			t.Errorf("the ring holds %d, want %d", got, ringSize)
		}
		if got := count(t, s, journalBucket); got != 0 {
			t.Errorf("the journal holds %d, want nothing", got)
		}
		if fresh := mustTake(t, s, 7, bottest.Message(extra), bottest.Message(ringSize+extra-1)); len(fresh) != 0 {
			t.Errorf("%d remembered updates were taken again", len(fresh))
		}
		mustClose(t, s)
		s = mustOpen(t, path)
	}
	if fresh := mustTake(t, s, 7, bottest.Message(extra-1)); len(fresh) != 1 {
		t.Errorf("a forgotten number must be free again")
	}
}

func TestMarksAreWrittenInAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, newPath(t))
		mustTake(t, s, 7, bottest.Message(1), bottest.Message(2))
		s.Answered(7, 1)
		time.Sleep(flushAfter - 1)
		synctest.Wait()
		if got := count(t, s, answeredBucket); got != 0 {
			t.Errorf("%d marks were written early", got)
		}
		s.Answered(7, 2)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := count(t, s, answeredBucket); got != 2 {
			t.Errorf("%d marks were written after a moment, want 2", got)
		}
	})
}

func TestMarksRideWithACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time stands still: no mark goes by itself
		s := mustOpen(t, newPath(t))
		for name, commit := range map[string]func(){
			"take":                  func() { mustTake(t, s, 7, bottest.Message(100)) },
			"a take of nothing new": func() { mustTake(t, s, 7) },
			"save":                  func() { mustSave(t, s, sessiontest.Full(71)) },
		} {
			id := int64(len(name))
			mustTake(t, s, 7, bottest.Message(id))
			s.Answered(7, id)
			before := commits(t, s)
			commit()
			if got := commits(t, s) - before; got != 1 {
				t.Errorf("%s: %d commits, want 1", name, got)
			}
			for _, u := range mustUnanswered(t, s, 7) {
				if u.ID == id {
					t.Errorf("%s: the mark did not ride along", name)
				}
			}
		}
	})
}

func TestNothingNewCommitsNothing(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustTake(t, s, 7, bottest.Message(1))
	before := commits(t, s)
	mustTake(t, s, 7)
	mustTake(t, s, 7, bottest.Message(1))
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := commits(t, s); got != before {
		t.Errorf("%d commits for nothing", got-before)
	}
}

// TestAFailedCommitIsForgotten lets commits fail in the middle and wants the
// journal in memory to say what the file says, and no mark to be lost.
func TestAFailedCommitIsForgotten(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustTake(t, s, 7, bottest.Message(1))
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"))
	s.Answered(7, 1)
	if err := s.Save(sessiontest.LoggedIn(72, "ZZ0001")); err == nil {
		t.Fatal("somebody else's Kite user was saved")
	}
	if got := mustUnanswered(t, s, 7); len(got) != 0 {
		t.Errorf("the mark was lost with the failed save")
	}

	s.db.MaxSize = 1 // from now on no page can be added
	var batch []bot.Update
	for id := range int64(500) {
		batch = append(batch, bottest.Message(1000+id))
	}
	if _, err := s.Take(7, batch); !errors.Is(err, bolterrors.ErrMaxSizeReached) {
		t.Fatalf("take on a full disk: got %v", err)
	}
	s.db.MaxSize = 0
	if got := mustTake(t, s, 7, batch...); len(got) != len(batch) {
		t.Errorf("%d updates are fresh after a failed take, want all %d", len(got), len(batch))
	}
	if got := mustUnanswered(t, s, 7); len(got) != len(batch) {
		t.Errorf("%d updates are open, want %d", len(got), len(batch))
	}
}

func TestADamagedEntryIsDropped(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustTake(t, s, 7, bottest.Message(1), bottest.Message(2))
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		key, value := bucket(tx, journalBucket).Cursor().First()
		return bucket(tx, journalBucket).Put(key, flipped(value))
	})

	var log logs
	s = mustOpenWith(t, Options{Path: path, Key: testKey(), Logger: log.logger()})
	if diff := cmp.Diff([]bot.Update{bottest.Message(2)}, mustUnanswered(t, s, 7)); diff != "" {
		t.Errorf("unanswered (-want +got):\n%s", diff)
	}
	if !strings.Contains(log.String(), "update=1") {
		t.Errorf("the log does not name the lost update:\n%s", log.String())
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := count(t, s, journalBucket); got != 1 {
		t.Errorf("the journal holds %d entries, want 1", got)
	}
}

// flipped returns a copy with one bit changed in the last byte.
func flipped(value []byte) []byte {
	value = append([]byte(nil), value...)
	value[len(value)-1] ^= 1
	return value
}

// TestEntriesSurviveAKill reads what is on disk while the store is in use.
func TestEntriesSurviveAKill(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustTake(t, s, 7, bottest.Message(1), bottest.Message(2), bottest.Message(3))
	if err := errors.Join(s.Begin(7, 1), s.Ran(7, 2)); err != nil {
		t.Fatal(err)
	}
	want := []bot.Entry{{Sequence: 1, Attempts: 2}, {Sequence: 2, Attempts: 1, Ran: true}, {Sequence: 3, Attempts: 1}}
	killed := newPath(t)
	var copied bytes.Buffer
	if err := errors.Join(s.Backup(&copied), os.WriteFile(killed, copied.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, mustEntries(t, mustOpen(t, killed), 7)); diff != "" {
		t.Errorf("after a kill (-want +got):\n%s", diff)
	}
	if err := s.Stopped(7); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	want = []bot.Entry{{Sequence: 1, Attempts: 1}, {Sequence: 2, Ran: true}, {Sequence: 3}}
	if diff := cmp.Diff(want, mustEntries(t, mustOpen(t, path), 7)); diff != "" {
		t.Errorf("after a stop (-want +got):\n%s", diff)
	}
}

func mustEntries(t *testing.T, s *Store, botID int64) (entries []bot.Entry) {
	t.Helper()
	open, err := s.Unanswered(botID)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range open {
		entries = append(entries, u.Entry)
	}
	return entries
}

// TestEntriesOfOlderVersions opens an entry without attempts.
func TestEntriesOfOlderVersions(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustTake(t, s, 7, bottest.Message(5))
	err := s.commit(func(tx *bolt.Tx) error {
		key := entryKey{bot: 7, sequence: 1, update: 5}.bytes()
		return bucket(tx, journalBucket).Put(key, s.box.seal([]byte(journalBucket), key, []byte(`{"v":1,"update":{"id":5,"chat":2,"from":3,"text":"/help"}}`)))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []bot.Update{{ID: 5, Chat: 2, From: 3, Text: "/help", Entry: bot.Entry{Sequence: 1}}}
	if open, err := s.Unanswered(7); err != nil || !slices.Equal(open, want) {
		t.Errorf("unanswered: %+v, %v", open, err)
	}
	if err := s.Begin(7, 5); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bot.Entry{{Sequence: 1, Attempts: 1}}, mustEntries(t, s, 7)); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
}
