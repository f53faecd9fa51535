package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/bot/view/viewtest"
)

// people are so many people of one standing; every name is as awkward as it can be.
func people(n int, standing dialog.PersonStanding) []dialog.Person {
	var all []dialog.Person
	for i := range n {
		g := dialog.Person{Person: int64(9_000_000_001 + 10*i), Name: fmt.Sprintf("<b>N%d & \u202e\"\nعربي", i), Standing: standing, Since: noon().Add(time.Duration(i) * time.Hour)}
		if standing != dialog.PersonWaiting {
			g.By = 9_000_000_099
		}
		all = append(all, g)
	}
	return all
}

func TestPeopleGolden(t *testing.T) {
	some := append(append(people(2, dialog.PersonWaiting), people(1, dialog.PersonApproved)...), people(1, dialog.PersonBlocked)...)
	some[0].Name, some[2].Name, some[3].Name = "Meera", strings.Repeat("🚀 very long ", 9), ""
	all := dialog.ForgottenView{User: "MK<4021", Settings: true, Watched: 12, Picked: 1, Approved: true, StillIn: true}
	ending := all
	ending.Ending, ending.StillIn = true, false
	goldens(t, map[string]view.Message{
		"admin": dialog.People(dialog.PeopleView{People: some, Page: 1}), "admin_nobody": dialog.People(dialog.PeopleView{}),
		"admin_note":                dialog.People(dialog.PeopleView{Note: dialog.NowApproved, Person: 9_000_000_001, People: some[2:], Page: 1}),
		"admin_page":                dialog.People(dialog.PeopleView{People: people(20, dialog.PersonBlocked), Page: 2}),
		"admin_late":                dialog.People(dialog.PeopleView{Note: dialog.DecidedSince, Person: 9_000_000_001, People: some[2:], Page: 1}),
		"admin_holds":               dialog.People(dialog.PeopleView{Note: dialog.DecisionHolds, Person: 9_000_000_001, People: some[2:], Page: 1}),
		"admin_let_in":              dialog.NowLetIn(),
		"status_restart_ran":        dialog.CarriedOut("hide", "settings"),
		"status_restart_sorry":      dialog.GivenUp("holdings"),
		"status_restart_sorry_2":    dialog.GivenUp(""),
		"forget":                    dialog.AskForget(),
		"forget_kept":               dialog.NothingErased(),
		"forget_done":               dialog.Forgotten(all),
		"forget_unended":            dialog.Forgotten(ending),
		"forget_only_end":           dialog.Forgotten(dialog.ForgottenView{Ending: true, StillIn: true}),
		"forget_nothing":            dialog.Forgotten(dialog.ForgottenView{StillIn: true}),
		"forget_stranger":           dialog.Forgotten(dialog.ForgottenView{Waiting: true}),
		"forget_link":               dialog.Forgotten(dialog.ForgottenView{Link: true, LastLogin: true, StillIn: true}),
		"settings_warning":          dialog.EndingSoon{Until: noon().Add(30 * time.Minute), Now: noon()}.Message(),
		"settings_warning_off":      dialog.NoMoreWarnings(noon().Add(30 * time.Minute)),
		"settings_warning_off_bare": dialog.NoMoreWarnings(time.Time{}),
	})
}

// However many people are in the book, and whatever they are called, the page
// is one that Telegram takes.
func TestAdminFits(t *testing.T) {
	for n := range 40 {
		var all []dialog.Person
		for standing := range dialog.PersonBlocked + 1 {
			all = append(all, people(n, standing)...)
		}
		for page := range 25 {
			if err := viewtest.Check(dialog.People(dialog.PeopleView{Note: dialog.IsOperator, Person: 9_000_000_001, People: all, Page: page - 1})); err != nil {
				t.Fatalf("%d people, page %d: %v", 3*n, page-1, err)
			}
		}
	}
}

// From ten at night until eight in the morning, in India, a warning is silent.
func TestAWarningIsSilentAtNight(t *testing.T) {
	for clock, silent := range map[string]bool{
		"00:00": true, "05:30": true, "07:59": true, "08:00": false, "12:00": false, "21:30": false, "21:59": false, "22:00": true, "23:59": true,
	} {
		now, err := time.Parse("2006-01-02 15:04 -0700", "2026-11-23 "+clock+" +0530")
		if err != nil {
			t.Fatal(err)
		}
		m := dialog.EndingSoon{Until: now.Add(29*time.Minute + 59*time.Second), Now: now.UTC()}.Message()
		if m.Silent != silent {
			t.Errorf("at %s: silent %v, want %v", clock, m.Silent, silent)
		}
		if !strings.Contains(m.HTML, "(in 30 min)") {
			t.Errorf("at %s: %s", clock, m.HTML)
		}
	}
}
