package bot

import (
	"context"
	"fmt"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func allocationCommand() Command {
	return Command{
		Name: "allocation", Usage: "/allocation", Summary: "a picture of how your holdings are divided",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, view.Allocation, func(v view.PictureView) ([]byte, error) {
				return r.painter.Allocation(AllocationPicture(v))
			})
		},
	}
}

func moversCommand() Command {
	return Command{
		Name: "movers", Usage: "/movers", Summary: "a picture of the day’s winners and losers",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, view.Movers, func(v view.PictureView) ([]byte, error) {
				return r.painter.Movers(MoversPicture(v))
			})
		},
	}
}

// picture draws the holdings and captions the picture.
func picture(ctx context.Context, r *Request, caption func(view.PictureView) view.Message, draw func(view.PictureView) ([]byte, error)) (Reply, error) {
	all, at, err := r.Account.Holdings(ctx, fresh)
	if err != nil {
		return Reply{}, err
	}
	v := view.PictureView{Portfolio: kite.Total(all), AsOf: at, Hide: r.Prefs.Hide}
	if v.Photo, err = draw(v); err != nil {
		return Reply{}, fmt.Errorf("draw the holdings: %w", err)
	}
	return say(caption(v)), nil
}
