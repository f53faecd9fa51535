// Command load measures what the bot costs, and prints it. docs/performance.md says what came of it. It is never
// shipped.
//
// It fakes Kite's server, Telegram and the users. What is measured runs in processes of its own, which are this program
// again in another role (the first argument): the bot as it is shipped, or a floor to compare it with, made of net/http
// alone. Everything stays on loopback.
//
//	go run ./cmd/load                            every row, as a table
//	go run ./cmd/load -only live                 one group of rows
//	go run ./cmd/load -only live -people 10000   the same with more people
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Print(err)
		stop()
		os.Exit(1)
	}
}

// run plays a role of a child, or measures.
func run(ctx context.Context, args []string, out io.Writer) error {
	roles := map[string]func(context.Context) error{botRole: bot, floorRole: floor}
	if len(args) == 1 && roles[args[0]] != nil {
		ctx, stop := attended(ctx, os.Stdin)
		defer stop()
		return roles[args[0]](ctx)
	}
	o, err := parseOptions(args, out)
	if err != nil {
		return err
	}
	l, err := newLoad(o)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.measure(ctx); err != nil {
		return err
	}
	return l.print(out)
}

// attended ends with ctx, or with the input of a child: its parent holds that open for as long as it lives, so that
// nothing is left running after a kill.
func attended(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	return ctx, stop
}

// group measures some rows with one set of processes.
type group struct {
	name, what string
	most       time.Duration // after which it is stuck
	measure    func(*load, context.Context) error
}

func groups() []group {
	return []group{
		{"idle", "a bot without people", 5 * time.Minute, (*load).idle},
		{"live", "people with a stream each, next to the floor", 10 * time.Minute, (*load).live},
		{"park", "people who are parked", 2 * time.Minute, (*load).parkedUsers},
		{"known", "many known people", 5 * time.Minute, (*load).knownUsers},
	}
}

// measure measures the groups that were asked for.
func (l *load) measure(ctx context.Context) error {
	for _, g := range groups() {
		if l.only != "" && l.only != g.name {
			continue
		}
		log.Print(g.what)
		ctx, cancel := context.WithTimeout(ctx, g.most)
		err := g.measure(l, ctx)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}

func parseOptions(args []string, out io.Writer) (options, error) {
	o := options{}
	var names []string
	for _, g := range groups() {
		names = append(names, g.name)
	}
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.only, "only", "", "measure one group of rows: "+strings.Join(names, ", "))
	f.IntVar(&o.people, "people", 1000, "people who are logged in, with a stream")
	f.IntVar(&o.known, "known", 100_000, "people in the store")
	f.Float64Var(&o.rate, "rate", 100, "commands a second, where they come at a pace")
	f.DurationVar(&o.lasts, "for", 10*time.Second, "how long one measurement takes")
	f.IntVar(&o.holdings, "holdings", 40, "holdings of each account")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q means nothing here", f.Arg(0))
	case o.only != "" && !slices.Contains(names, o.only):
		return o, fmt.Errorf("-only must be one of %s", strings.Join(names, ", "))
	case o.people < 1 || o.known < o.people || o.holdings < 1 || o.rate <= 0 || o.lasts <= 0:
		return o, errors.New("-people, -known, -holdings, -rate and -for must be positive, and not more -people than -known")
	}
	return o, nil
}
