package bottest

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kitebot/internal/bot"
)

// The bots of the suite. A changed token is a different bot.
const (
	someBot  = 7_100_000_001
	otherBot = 7_100_000_002
)

// TestJournal checks the whole contract of [bot.Journal] within one process.
// Every call of open returns a new, empty journal. What survives a restart is
// for the tests of those implementations that do.
func TestJournal(t *testing.T, open func(t *testing.T) bot.Journal) {
	t.Run("nothing is open at first", func(t *testing.T) { wantUnanswered(t, open(t), someBot) })
	t.Run("an empty batch is fine", func(t *testing.T) { wantFresh(t, open(t), someBot, nil) })
	t.Run("an update comes back whole", func(t *testing.T) { testWhole(t, open(t)) })
	t.Run("the oldest comes first", func(t *testing.T) { testOrder(t, open(t)) })
	t.Run("an open update is taken once", func(t *testing.T) { testOpenOnce(t, open(t)) })
	t.Run("an answered update is taken once", func(t *testing.T) { testAnsweredOnce(t, open(t)) })
	t.Run("a batch with a repetition", func(t *testing.T) { testWithinBatch(t, open(t)) })
	t.Run("numbers start again anywhere", func(t *testing.T) { testRestartedNumbers(t, open(t)) })
	t.Run("bots are apart", func(t *testing.T) { testBots(t, open(t)) })
	t.Run("marks out of order", func(t *testing.T) { testMarks(t, open(t)) })
	t.Run("a thousand answers are remembered", func(t *testing.T) { testMemory(t, open(t)) })
	t.Run("concurrent use", func(t *testing.T) { testConcurrent(t, open(t)) })
	t.Run("attempts are counted", func(t *testing.T) { testAttempts(t, open(t)) })
	t.Run("a stop takes its attempts back", func(t *testing.T) { testStopped(t, open(t)) })
	t.Run("what has run", func(t *testing.T) { testRan(t, open(t)) })
	t.Run("sequence numbers grow", func(t *testing.T) { testSequence(t, open(t)) })
}

// Message returns an update in which a person writes "/holdings" in private.
func Message(id int64) bot.Update {
	return bot.Update{
		ID: id, Chat: 9_100_000_071, Private: true, From: 9_100_000_071,
		Name: "Ámbar", Text: "/holdings", Message: int(id%1000) + 1,
	}
}

func messages(ids ...int64) []bot.Update {
	var batch []bot.Update
	for _, id := range ids {
		batch = append(batch, Message(id))
	}
	return batch
}

func testWhole(t *testing.T, j bot.Journal) {
	batch := []bot.Update{
		{ID: 1, Chat: 2, Private: true, From: 3, Name: "Ámbar \u200f<b>", Text: "/quote M&M\n\x00 ₹", Message: 4},
		{ID: 5, Chat: -1_009_876_543_210, From: 7, Name: "N", Message: 8, Press: "9100000071", Data: "holdings:page:2"},
		{ID: 10, Chat: 11, Private: true, From: 11, Blocked: true},
	}
	wantFresh(t, j, someBot, batch, batch...)
	wantUnanswered(t, j, someBot, batch...)
}

func testOrder(t *testing.T, j bot.Journal) {
	first, second := messages(300, 100, 200), messages(50, 400, 250)
	wantFresh(t, j, someBot, first, first...)
	wantFresh(t, j, someBot, second, second...)
	wantUnanswered(t, j, someBot, messages(300, 100, 200, 50, 400, 250)...)
}

func testOpenOnce(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2), messages(1, 2)...)
	wantFresh(t, j, someBot, messages(2, 3), messages(3)...)
	wantFresh(t, j, someBot, messages(1, 2, 3))
	wantUnanswered(t, j, someBot, messages(1, 2, 3)...)
}

func testAnsweredOnce(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2), messages(1, 2)...)
	j.Answered(someBot, 1)
	wantFresh(t, j, someBot, messages(1, 2))
	wantUnanswered(t, j, someBot, messages(2)...)
	wantFresh(t, j, someBot, messages(3), messages(3)...) // carries the mark
	wantFresh(t, j, someBot, messages(1, 2, 3))
	wantUnanswered(t, j, someBot, messages(2, 3)...)
}

func testWithinBatch(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(4, 5, 4, 4, 6, 5), messages(4, 5, 6)...)
	wantUnanswered(t, j, someBot, messages(4, 5, 6)...)
}

func testRestartedNumbers(t *testing.T, j bot.Journal) {
	for _, id := range []int64{900_000_000, 3, 899_999_999, 0, math.MaxInt64, math.MinInt64, -1, 1} {
		wantFresh(t, j, someBot, messages(id), messages(id)...)
		j.Answered(someBot, id)
	}
	wantFresh(t, j, someBot, messages(3, -1, math.MinInt64, 0, 900_000_000))
	wantUnanswered(t, j, someBot)
}

func testBots(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2), messages(1, 2)...)
	wantFresh(t, j, otherBot, messages(2, 3), messages(2, 3)...)
	j.Answered(otherBot, 2)
	j.Answered(otherBot, 1) // not this bot's
	wantUnanswered(t, j, someBot, messages(1, 2)...)
	wantUnanswered(t, j, otherBot, messages(3)...)
	wantFresh(t, j, otherBot, messages(1), messages(1)...)
}

func testMarks(t *testing.T, j bot.Journal) {
	j.Answered(someBot, 99) // never taken: nothing to mark
	wantFresh(t, j, someBot, messages(1, 2, 3, 99), messages(1, 2, 3, 99)...)
	for _, id := range []int64{3, 1, 3, 99} {
		j.Answered(someBot, id)
	}
	wantUnanswered(t, j, someBot, messages(2)...)
	wantFresh(t, j, someBot, messages(4), messages(4)...)
	j.Answered(someBot, 3)
	wantUnanswered(t, j, someBot, messages(2, 4)...)
}

func testMemory(t *testing.T, j bot.Journal) {
	const count = 1000
	var batch []bot.Update
	for id := range int64(count) {
		batch = append(batch, Message(id))
	}
	for chunk := batch; len(chunk) > 0; chunk = chunk[100:] {
		wantFresh(t, j, someBot, chunk[:100], chunk[:100]...)
		for _, u := range chunk[:100] {
			j.Answered(someBot, u.ID)
		}
	}
	wantFresh(t, j, someBot, batch)
	wantUnanswered(t, j, someBot)
}

// testConcurrent takes and answers from many goroutines. Every update is offered
// to all of them; exactly one of them must get it.
func testConcurrent(t *testing.T, j bot.Journal) {
	const goroutines, updates = 8, 40
	var mu sync.Mutex
	times := make(map[int64]int)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for id := range int64(updates) {
				fresh, err := j.Take(someBot, messages(id))
				if err != nil {
					t.Errorf("take %d: %v", id, err)
				}
				mu.Lock()
				for _, u := range fresh {
					times[u.ID]++
				}
				mu.Unlock()
				j.Answered(someBot, id)
			}
		})
	}
	wg.Wait()
	for id := range int64(updates) {
		if times[id] != 1 {
			t.Errorf("update %d was fresh %d times, want once", id, times[id])
		}
	}
	wantUnanswered(t, j, someBot)
}

func testAttempts(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2, 3), messages(1, 2, 3)...)
	must(t, j.Begin(someBot, 2))
	must(t, j.Begin(otherBot, 3)) // not this bot's
	must(t, j.Begin(someBot, 9))  // never taken
	j.Answered(someBot, 3)
	must(t, j.Begin(someBot, 3))
	wantEntries(t, j, "1: 1 false", "2: 2 false")
}

func testStopped(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2, 3), messages(1, 2, 3)...)
	must(t, j.Stopped(someBot))
	must(t, j.Stopped(someBot)) // there is nothing more to take back
	wantEntries(t, j, "1: 0 false", "2: 0 false", "3: 0 false")
	wantFresh(t, j, someBot, messages(4), messages(4)...)
	must(t, j.Begin(someBot, 2))
	must(t, j.Begin(someBot, 3))
	j.Answered(someBot, 3)
	wantEntries(t, j, "1: 0 false", "2: 1 false", "4: 1 false")
	must(t, j.Stopped(otherBot))
	must(t, j.Stopped(someBot))
	wantEntries(t, j, "1: 0 false", "2: 0 false", "4: 0 false")
}

func testRan(t *testing.T, j bot.Journal) {
	wantFresh(t, j, someBot, messages(1, 2), messages(1, 2)...)
	must(t, j.Ran(someBot, 2))
	must(t, j.Ran(someBot, 2))
	must(t, j.Ran(someBot, 9)) // never taken
	wantEntries(t, j, "1: 1 false", "2: 1 true")
	must(t, j.Begin(someBot, 2))
	must(t, j.Stopped(someBot))
	wantEntries(t, j, "1: 0 false", "2: 1 true")
	wantUnanswered(t, j, someBot, messages(1, 2)...)
}

func testSequence(t *testing.T, j bot.Journal) {
	var last uint64
	for _, of := range []int64{someBot, otherBot, someBot} {
		for range 2 {
			fresh, err := j.Take(of, messages(int64(900-last)))
			if err != nil || len(fresh) != 1 || fresh[0].Entry.Sequence <= last || fresh[0].Entry.Attempts != 1 {
				t.Fatalf("after %d: %+v, %v", last, fresh, err)
			}
			last = fresh[0].Entry.Sequence
		}
	}
	open, err := j.Unanswered(someBot)
	if err != nil || len(open) != 4 || open[3].Entry.Sequence != last {
		t.Errorf("unanswered after %d: %+v, %v", last, open, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantEntries compares the open updates of a bot: number, attempts, ran.
func wantEntries(t *testing.T, j bot.Journal, want ...string) {
	t.Helper()
	open, err := j.Unanswered(someBot)
	must(t, err)
	var got []string
	for _, u := range open {
		got = append(got, fmt.Sprintf("%d: %d %v", u.ID, u.Entry.Attempts, u.Entry.Ran))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func wantFresh(t *testing.T, j bot.Journal, botID int64, batch []bot.Update, want ...bot.Update) {
	t.Helper()
	got, err := j.Take(botID, batch)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(bot.Update{}, "Entry")); diff != "" {
		t.Errorf("fresh updates (-want +got):\n%s", diff)
	}
}

func wantUnanswered(t *testing.T, j bot.Journal, botID int64, want ...bot.Update) {
	t.Helper()
	got, err := j.Unanswered(botID)
	if err != nil {
		t.Fatalf("unanswered: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(bot.Update{}, "Entry")); diff != "" {
		t.Errorf("unanswered updates (-want +got):\n%s", diff)
	}
}
