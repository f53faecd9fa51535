package session_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite/session"
)

var update = flag.Bool("update", false, "write the table of arrows into docs/ARCHITECTURE.md")

// shownBy says where else than in TestArrows a cause can be watched: tests of
// this package, and conversations ("login" for …/conversations/login.txt).
func shownBy(by session.Cause) (tests, conversations []string) {
	switch by {
	case session.LinkGiven:
		return []string{"TestYoungLinkIsSentAgain", "TestALogoutThatWaitsComesBeforeTheNextLink"}, []string{"login", "holdings-first", "link-old", "logout-then-login"}
	case session.Finished:
		return []string{"TestWatcherNoticesTheLogin", "TestALinkIsWatchedOverARestart", "TestANewLoginOverADoubtfulOne", "TestALoginWhileALogoutWaits"}, []string{"login-done", "link-restart"}
	case session.FinishedNew:
		return []string{"TestChangedKiteUserIsAskedAbout"}, []string{"changed-user"}
	case session.LinkDied:
		return []string{"TestWatcherIsGentle", "TestLinkOfARestartedServerIsReplaced"}, []string{"link-old"}
	case session.Refused, session.Contested:
		return []string{"TestOneKiteUserOnePerson", "TestAContestIsOneCommit"}, []string{"one-person"}
	case session.SaidYes, session.SaidNo:
		return []string{"TestChangedKiteUserIsAskedAbout"}, nil
	case session.StreamLost, session.Restarted:
		return []string{"TestLoginSurvives", "TestAStreamThatSwallowsCallsIsLeft", "TestASetClockLosesNoLogin"}, []string{"survives"}
	case session.Idled:
		return []string{"TestAnIdleLoginIsParked", "TestWhatIsNotParked", "TestADoubtIsForgottenWithParking"}, []string{"parked"}
	case session.Silence, session.Answered:
		return []string{"TestSilenceIsMetWithPatience", "TestOnlyKiteFails"}, []string{"survives"}
	case session.Clock:
		return []string{"TestAClockEndsNoLogin"}, []string{"survives"}
	case session.ServersWord:
		return []string{"TestTheServerEndsALogin", "TestAKiteUserIsFreeOnceTheServerEndedTheLogin"}, []string{"ended", "lonely"}
	case session.Usurped:
		return []string{"TestSecondBrowserLoginIsNoticed", "TestSecondBrowserLoginIsNoticedAfterTheLinkDied"}, []string{"usurped"}
	case session.LoggedOut:
		return []string{"TestLogout", "TestLeavingInTheMiddle"}, []string{"logout"}
	case session.LogoutWaits, session.LogoutDone:
		return []string{"TestLogoutWaitsForKite", "TestAClockSkipsNoLogout", "TestLogoutIsGivenUpWhenTheServerForgotTheSession"}, []string{"logout"}
	case session.Removed:
		return []string{"TestLeavingWithoutKite", "TestRemovedWhileALogoutWaits"}, nil
	}
	return nil, nil
}

// The table that people read is the table in the code.
func TestTheArrowsInTheDocs(t *testing.T) {
	const from, to = "<!-- arrows -->\n", "<!-- /arrows -->"
	file := filepath.Join("..", "..", "..", "docs", "ARCHITECTURE.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), from)
	written, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table: %q … %q", file, from, to)
	}
	want := arrowTable()
	if *update {
		if err := os.WriteFile(file, []byte(before+from+want+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("the table is not what ways says; go test -update writes it (-want +got):\n%s", diff)
	}
}

// arrowTable writes a row for each cause.
func arrowTable() string {
	var b strings.Builder
	b.WriteString("| from | to | what | shown by |\n|---|---|---|---|\n")
	for _, by := range causes() {
		var from, to []session.State
		for _, a := range session.Arrows() {
			if a.By == by {
				from, to = append(from, a.From), append(to, a.To)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", names(from), names(to), by.What(), witnesses(by))
	}
	return b.String()
}

// names lists states, each once.
func names(all []session.State) string {
	slices.Sort(all)
	var words []string
	for _, s := range slices.Compact(all) {
		words = append(words, s.String())
	}
	return strings.Join(words, ", ")
}

func witnesses(by session.Cause) string {
	tests, conversations := shownBy(by)
	all := append([]string{"TestArrows/" + strings.ReplaceAll(by.String(), " ", "_")}, tests...)
	text := "`" + strings.Join(all, "`, `") + "`"
	switch len(conversations) {
	case 0:
		return text
	case 1:
		return text + ", conversation `" + conversations[0] + "`"
	}
	return text + ", conversations `" + strings.Join(conversations, "`, `") + "`"
}

// What is named there is there.
func TestTheWitnessesExist(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, by := range causes() {
		tests, conversations := shownBy(by)
		for _, name := range tests {
			if !strings.Contains(source.String(), "\nfunc "+name+"(") {
				t.Errorf("%v: there is no %s", by, name)
			}
		}
		for _, name := range conversations {
			if _, err := os.Stat(filepath.Join("..", "..", "bot", "testdata", "conversations", name+".txt")); err != nil {
				t.Errorf("%v: %v", by, err)
			}
		}
	}
}
