package kite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// valueTool is a tool whose answer is one object.
func valueTool[T any](pick func(*sample.Account) T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		var v T // what is left of {"data":null}
		if a != nil {
			v = pick(a)
		}
		return jsonAnswer(v)
	}
}

// listTool is a tool whose answer is a list that can be had in pages.
func listTool[T any](pick func(*sample.Account) []T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		var all []T
		if a != nil {
			all = pick(a)
		}
		return jsonAnswer(paginate(all, c.args))
	}
}

// orderTool is a tool about one order. Kite refuses an order id that it does not know.
func orderTool[T any](pick func(a *sample.Account, o sample.Order) []T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		if complaint := c.args.require("order_id"); complaint != "" {
			return errorAnswer("%s", complaint)
		}
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		if a == nil {
			return answer{text: "null"}
		}
		id := c.args.text("order_id", "")
		i := slices.IndexFunc(a.Orders, func(o sample.Order) bool { return o.OrderID == id })
		if i < 0 {
			return instead
		}
		return jsonAnswer(pick(a, a.Orders[i]))
	}
}

func runOrderHistory(ctx context.Context, s *Server, c *call) answer {
	return orderTool(func(_ *sample.Account, o sample.Order) []sample.Order { return orderHistory(o) })(ctx, s, c)
}

func runOrderTrades(ctx context.Context, s *Server, c *call) answer {
	return orderTool(func(a *sample.Account, o sample.Order) []sample.Trade {
		out := []sample.Trade{}
		for _, t := range a.Trades {
			if t.OrderID == o.OrderID {
				out = append(out, t)
			}
		}
		return out
	})(ctx, s, c)
}

// orderHistory tells how an order came to its present state, oldest step first.
func orderHistory(o sample.Order) []sample.Order {
	step := func(status string) sample.Order {
		h := o
		h.Status, h.StatusMessage, h.StatusMessageRaw = status, "", ""
		h.AveragePrice, h.FilledQuantity, h.CancelledQuantity, h.PendingQuantity = 0, 0, 0, o.Quantity
		h.ExchangeUpdateTimestamp, h.Meta, h.Tags = time.Time{}, nil, nil
		if status != "OPEN" {
			h.ExchangeOrderID, h.ExchangeTimestamp = "", time.Time{}
		}
		return h
	}
	out := []sample.Order{step("PUT ORDER REQ RECEIVED"), step("VALIDATION PENDING")}
	if o.Status != "REJECTED" {
		out = append(out, step("OPEN PENDING"), step("OPEN"))
	}
	if o.Status != "OPEN" {
		out = append(out, o)
	}
	return out
}

// runLogin is the login tool. To find out whether somebody is logged in it asks Kite for the profile, and when that
// fails for any reason it logs out whoever is and hands out a new link: a hiccup of Kite at this moment, or a browser
// login that finishes during the question, ends in a dead login.
func runLogin(ctx context.Context, s *Server, c *call) answer {
	var e *session
	var fresh bool
	var l *login
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, fresh = s.registry.touch(c.session, now); e == nil {
			return
		}
		l = e.login
		if age := now.Sub(e.lastLink); age < linkLife {
			s.violations = append(s.violations, fmt.Sprintf("%s: login on session %s while its link is %s old",
				c.transport, shortID(c.session), age.Round(time.Second)))
		}
	})
	if err != nil || e == nil {
		return errorAnswer("Failed to get or create Kite session")
	}
	if !fresh {
		if a, problem := s.askKite(ctx, c.fault, l); problem == "" {
			name := ""
			if a != nil {
				name = a.Profile.UserName
			}
			return answer{text: "You are already logged in as " + name}
		}
		if instead, ok := s.startOver(ctx, c); !ok {
			return instead
		}
	}
	return s.newLink(ctx, c)
}

// startOver logs out at Kite and gives the session a new login object.
func (s *Server) startOver(ctx context.Context, c *call) (instead answer, ok bool) {
	if c.fault.is(UpstreamHang) {
		c.fault.wait(ctx, upstreamWait) // the logout hangs as well
	}
	var clearing error
	var e *session
	err := s.withRegistry(ctx, func(now time.Time) {
		if clearing = s.registry.clear(c.session); clearing == nil {
			e, _ = s.registry.touch(c.session, now)
		}
	})
	switch {
	case err != nil || clearing != nil:
		return errorAnswer("Failed to clear session data"), false
	case e == nil:
		return errorAnswer("Failed to create new Kite session"), false
	}
	return answer{}, true
}

// newLink signs a login link for the session. The older ones stay good until they expire.
func (s *Server) newLink(ctx context.Context, c *call) answer {
	link := ""
	err := s.withRegistry(ctx, func(now time.Time) {
		e, _ := s.registry.touch(c.session, now)
		if e == nil {
			return
		}
		e.lastLink = now
		link = s.link(c.base, c.session, now)
		s.loginLinks = append(s.loginLinks, link)
	})
	if err != nil || link == "" {
		if s.Version() == Old {
			return errorAnswer("Failed to generate Kite login URL")
		}
		return errorAnswer("Failed to generate authorize URL")
	}
	return answer{text: fmt.Sprintf(loginText, link, link)}
}

// loginText is what an assistant is told to show. The link stands in it twice, and the prose has changed before.
const loginText = "IMPORTANT: Please display this warning to the user before proceeding:\n\n" +
	"⚠️ **WARNING: AI systems are unpredictable and non-deterministic. By continuing, you agree to interact with " +
	"your Zerodha account via AI at your own risk.**\n\n" +
	"After showing the warning above, provide the user with this login link: [Login to Kite](%s)\n\n" +
	"If your client supports clickable links, you can render and present it and ask them to click the link above. " +
	"Otherwise, display the URL and ask them to copy and paste it into their browser: %s\n\n" +
	"After completing the login in your browser, let me know and I'll continue with your request."
