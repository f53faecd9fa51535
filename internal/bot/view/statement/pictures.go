package statement

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// HoldingName is a holding's symbol without the series that goes without saying.
func HoldingName(h kite.Holding) string { return view.Clean(holdingSymbol(h)) }

// PictureView is a picture of the holdings.
type PictureView struct {
	Portfolio kite.Portfolio
	Photo     []byte
	AsOf      time.Time
	Hide      bool // privacy mode
}

// Allocation captions the picture of how the holdings' value is divided. The
// largest share is what one wants to know of it.
func Allocation(v PictureView) view.Message {
	p := v.Portfolio
	if !p.Value.OK || !p.Value.Value.IsPositive() {
		return noPicture("There is nothing to draw", v.AsOf)
	}
	largest := slices.MaxFunc(p.Holdings, func(a, b kite.Holding) int { return a.Value().Value.Cmp(b.Value().Value) })
	lines := []string{
		fmt.Sprintf("<b>Allocation · largest %s %s</b>", view.Escape(HoldingName(largest)), shareOf(p.Share(largest))+"%"),
		CountShares(p),
	}
	lines = append(append(lines, leftOut(kite.Portfolio{Holdings: p.Holdings, Unpriced: p.Unpriced})...), view.AsOf(v.AsOf))
	return view.Message{
		HTML:    strings.Join(lines, "\n"),
		Photo:   v.Photo,
		Buttons: [][]view.Button{{{Text: "Movers", Data: "movers:run"}, {Text: "Refresh", Data: "allocation:again"}}},
	}
}

// CountShares counts the holdings that have a share of the whole.
func CountShares(p kite.Portfolio) string {
	n := 0
	for _, h := range p.Holdings {
		if p.Share(h).Value.IsPositive() {
			n++
		}
	}
	return view.Plural(n, "holding", "holdings")
}

// Movers captions the picture of the day's winners and losers, which goes by
// percent: what moved most in rupees, a small change of much, is said here.
func Movers(v PictureView) view.Message {
	p, hide := v.Portfolio, mask(v.Hide)
	if !p.Day.OK {
		return noPicture("No holding has a day’s change", v.AsOf)
	}
	up, down := 0, 0
	var moved []kite.Holding
	for _, h := range p.Holdings {
		switch day := h.Day(); day.Value.Sign() {
		case 1:
			up++
		case -1:
			down++
		default:
			continue
		}
		moved = append(moved, h)
	}
	lines := []string{
		headline("Movers", kite.Figure{}, p.Day, p.DayPercent, hide, view.SessionDay(v.AsOf)),
		view.UpDown(up, down, 0),
	}
	if p.DayPercent.OK && !v.Hide {
		lines[1] += " · " + view.PercentOf(p.DayPercent)
	}
	if len(moved) > 0 && !v.Hide {
		most := slices.MaxFunc(moved, func(a, b kite.Holding) int { return a.Day().Value.Abs().Cmp(b.Day().Value.Abs()) })
		lines = append(lines, fmt.Sprintf("Most in rupees: %s %s", view.Escape(HoldingName(most)), view.SignedRupeesOf(most.Day())))
	}
	return view.Message{
		HTML:    strings.Join(append(lines, view.AsOf(v.AsOf)), "\n"),
		Photo:   v.Photo,
		Buttons: [][]view.Button{{{Text: "Allocation", Data: "allocation:run"}, {Text: "Refresh", Data: "movers:again"}}},
	}
}

func noPicture(why string, at time.Time) view.Message {
	return view.Text(fmt.Sprintf("<b>%s.</b>\n/holdings shows what there is.\n\n%s", why, view.AsOf(at)), view.Press("Holdings", "holdings:run"))
}
