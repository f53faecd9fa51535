package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

// guests are so many people of one standing; every name is as awkward as it can be.
func guests(n int, standing view.GuestStanding) []view.Guest {
	var all []view.Guest
	for i := range n {
		g := view.Guest{Person: int64(9_000_000_001 + 10*i), Name: fmt.Sprintf("<b>N%d & \u202e\"\nعربي", i), Standing: standing, Since: noon().Add(time.Duration(i) * time.Hour)}
		if standing != view.GuestWaiting {
			g.By = 9_000_000_099
		}
		all = append(all, g)
	}
	return all
}

func TestPeopleGolden(t *testing.T) {
	some := append(append(guests(2, view.GuestWaiting), guests(1, view.GuestApproved)...), guests(1, view.GuestBlocked)...)
	some[0].Name, some[2].Name, some[3].Name = "Meera", strings.Repeat("🚀 very long ", 9), ""
	all := view.ForgottenView{User: "MK<4021", Settings: true, Watched: 12, Picked: 1, Approved: true, StillIn: true}
	ending := all
	ending.Ending, ending.StillIn = true, false
	for name, m := range map[string]view.Message{
		"admin": view.Admin(view.AdminView{Guests: some, Page: 1}), "admin_nobody": view.Admin(view.AdminView{}),
		"admin_note":                view.Admin(view.AdminView{Note: view.NowApproved, Person: 9_000_000_001, Guests: some[2:], Page: 1}),
		"admin_page":                view.Admin(view.AdminView{Guests: guests(20, view.GuestBlocked), Page: 2}),
		"admin_late":                view.Admin(view.AdminView{Note: view.DecidedSince, Person: 9_000_000_001, Guests: some[2:], Page: 1}),
		"admin_holds":               view.Admin(view.AdminView{Note: view.DecisionHolds, Person: 9_000_000_001, Guests: some[2:], Page: 1}),
		"admin_let_in":              view.LetIn(),
		"status_restart_ran":        view.CarriedOut("hide", "settings"),
		"status_restart_sorry":      view.GivenUp("holdings"),
		"status_restart_sorry_2":    view.GivenUp(""),
		"forget":                    view.AskForget(),
		"forget_kept":               view.KeptAll(),
		"forget_done":               view.Forgotten(all),
		"forget_unended":            view.Forgotten(ending),
		"forget_only_end":           view.Forgotten(view.ForgottenView{Ending: true, StillIn: true}),
		"forget_nothing":            view.Forgotten(view.ForgottenView{StillIn: true}),
		"forget_stranger":           view.Forgotten(view.ForgottenView{Waiting: true}),
		"forget_link":               view.Forgotten(view.ForgottenView{Link: true, LastLogin: true, StillIn: true}),
		"settings_warning":          view.EndingSoon{Until: noon().Add(30 * time.Minute), Now: noon()}.Message(),
		"settings_warning_off":      view.NoMoreWarnings(noon().Add(30 * time.Minute)),
		"settings_warning_off_bare": view.NoMoreWarnings(time.Time{}),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, m)
		})
	}
}

// However many people are in the book, and whatever they are called, the page
// is one that Telegram takes.
func TestAdminFits(t *testing.T) {
	for n := range 40 {
		var all []view.Guest
		for standing := range view.GuestBlocked + 1 {
			all = append(all, guests(n, standing)...)
		}
		for page := range 25 {
			if err := viewtest.Check(view.Admin(view.AdminView{Note: view.IsOperator, Person: 9_000_000_001, Guests: all, Page: page - 1})); err != nil {
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
		m := view.EndingSoon{Until: now.Add(29*time.Minute + 59*time.Second), Now: now.UTC()}.Message()
		if m.Silent != silent {
			t.Errorf("at %s: silent %v, want %v", clock, m.Silent, silent)
		}
		if !strings.Contains(m.HTML, "(in 30 min)") {
			t.Errorf("at %s: %s", clock, m.HTML)
		}
	}
}
