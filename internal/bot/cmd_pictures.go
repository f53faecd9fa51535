package bot

import (
	"context"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func allocationCommand() Command {
	return Command{
		Name: "allocation", Usage: "/allocation", Summary: "a picture of how your holdings are divided",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, r.allocationPicture, view.Allocation)
		},
	}
}

func moversCommand() Command {
	return Command{
		Name: "movers", Usage: "/movers", Summary: "a picture of the day’s winners and losers",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, r.moversPicture, view.Movers)
		},
	}
}

// picture draws the holdings and captions the picture.
func picture(ctx context.Context, r *Request, draw func(kite.Portfolio) ([]byte, error), caption func(view.PictureView) view.Message) (Reply, error) {
	all, at, err := r.Account.Holdings(ctx, fresh)
	if err != nil {
		return Reply{}, err
	}
	v := view.PictureView{Portfolio: kite.Total(all), AsOf: at, Hide: r.Prefs.Hide}
	if v.Photo, err = draw(v.Portfolio); err != nil {
		return Reply{}, err
	}
	return say(caption(v)), nil
}
