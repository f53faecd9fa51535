package bot_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/view"
)

// A bug in any part of an answer costs that answer.
func TestABugInAPartCostsOneAnswer(t *testing.T) {
	for name, order := range map[string]func(c *chat){
		"/portfolio": func(c *chat) { c.says("asha", "/portfolio") },
		"an order's card": func(c *chat) {
			c.kite.Before(nil)
			c.says("asha", "/orders")
			time.Sleep(time.Minute) // what is kept is too old
			c.kite.Before(func(tool string) {
				if strings.HasPrefix(tool, "get_order_") {
					panic("a bug")
				}
			})
			c.steps("asha forges orders:card:261120101600418:1 on #4")
		},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.logIn("asha", "AB1234")
				c.kite.Before(func(string) { panic("a bug") })
				order(c)
				c.elapse(time.Minute)
				c.kite.Before(nil)
				if !strings.Contains(c.logs.String(), "a handler panicked") || c.unanswered() != 0 {
					t.Errorf("%d updates are left; the log says\n%s", c.unanswered(), c.logs.String())
				}
				if seen := c.says("asha", "/funds"); !strings.Contains(seen, "Available margin") {
					t.Errorf("afterwards asha sees\n%s", seen)
				}
			})
		})
	}
}

// buggy is a phone with a bug.
type buggy struct {
	bot.Messenger
	bot.Acknowledger
	sends, types, acknowledges bool
}

func (b buggy) Send(ctx context.Context, chat int64, m view.Message) (int, error) {
	if b.sends {
		panic("a bug")
	}
	return b.Messenger.Send(ctx, chat, m)
}

func (b buggy) Typing(ctx context.Context, chat int64) error {
	if b.types {
		panic("a bug")
	}
	return b.Acknowledger.Typing(ctx, chat)
}

func (b buggy) Acknowledge(ctx context.Context, press, text string) error {
	if b.acknowledges {
		panic("a bug")
	}
	return b.Acknowledger.Acknowledge(ctx, press, text)
}

// A bug outside of a command ends no process and comes once: the update is
// marked as answered.
func TestABugOutsideOfACommandComesOnce(t *testing.T) {
	for name, b := range map[string]buggy{
		"the delivery": {sends: true}, "typing": {types: true}, "an acknowledgement": {acknowledges: true},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.logIn("asha", "AB1234")
				c.kite.Before(func(string) { time.Sleep(time.Second) })
				b.Messenger, b.Acknowledger = c.phone, c.phone
				c.close()
				c.bug = &b
				c.open()
				c.press(people["asha"], 1, "holdings:run")
				c.elapse(time.Minute)
				log := c.logs.String()
				if n := strings.Count(log, "a job panicked"); n != 1 || c.unanswered() != 0 || strings.Contains(log, "a bug\"") {
					t.Errorf("%d bugs are logged, %d updates are left, or the log has the value of the panic:\n%s", n, c.unanswered(), log)
				}
			})
		})
	}
}

// A bug where updates are taken in costs one of them, in this process and the next.
func TestABugInTheIntakeCostsOneUpdate(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		const unlucky = 7777
		c.close()
		c.access = func(a access.Policy) access.Policy {
			listed := a.Listed
			a.Listed = func(id int64) bool {
				if id == unlucky {
					panic("a bug")
				}
				return listed(id)
			}
			return a
		}
		c.open()
		c.intake(typing(900, unlucky, "x0"), typing(901, people["asha"], "x1"))
		synctest.Wait()
		if got := c.answers()["11"]; len(got) != 1 || c.unanswered() != 0 {
			t.Errorf("answered: %v; %d updates are left", got, c.unanswered())
		}
	})
}

// Every goroutine of the bot is started by panics.Spawn, which recovers for it.
func TestEveryGoroutineRecovers(t *testing.T) {
	var names []string
	for _, pattern := range []string{"*.go", "account/*.go", "command/*.go"} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		names = append(names, some...)
	}
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			_, bare := n.(*ast.GoStmt)
			call, ok := n.(*ast.SelectorExpr)
			if bare || ok && call.Sel.Name == "Go" {
				t.Errorf("%s: a goroutine that does not recover", files.Position(n.Pos()))
			}
			return true
		})
	}
}
