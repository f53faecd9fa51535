package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// benchmark is one of those beside the code, and what it has to reach.
type benchmark struct {
	pkg, name, unit string // as go test prints them
	what            string
	floor           string        // the benchmark that is its floor; "" for none
	most            time.Duration // 0 for a figure beside another one
}

func wanted() []benchmark {
	return []benchmark{
		{pkg: "store", name: "Save", unit: "p99-µs", what: "store of 100,000 people: commit, p99", floor: "SaveFloor", most: time.Millisecond},
		{pkg: "store", name: "Take/100", unit: "p99-µs", what: "  commit of a batch of 100 updates, p99"},
		{pkg: "store", name: "Open", unit: "ns/op", what: "  open 100,000 records", most: time.Second},
		{pkg: "bot/view", name: "HoldingsMessage/500", unit: "ns/op", what: "render " + holdingsCommand + " with 500 rows, from the answer to the message", floor: "HoldingsFloor/500", most: 2 * time.Millisecond},
		{pkg: "bot/chart", name: "Candles", unit: "ns/op", what: "draw the candles of a year", most: 30 * time.Millisecond},
	}
}

// benchmarks runs them, a package at a time, and makes rows of what they say.
func (l *load) benchmarks(ctx context.Context) error {
	said := map[string]map[string]time.Duration{}
	for _, b := range wanted() {
		if said[b.pkg] == nil {
			cmd := exec.CommandContext(ctx, "go", benchArgs(b.pkg)...)
			cmd.WaitDelay = stopTime // the program under it may hold the output open
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("the benchmarks of %s: %w\n%s", b.pkg, err, out)
			}
			said[b.pkg] = benchTimes(string(out))
		}
		took, ok := said[b.pkg][b.name+" "+b.unit]
		if !ok {
			return fmt.Errorf("the benchmarks of %s say nothing of %s in %s", b.pkg, b.name, b.unit)
		}
		r := row{group: "bench", what: b.what, ours: ms(took), noTarget: b.most == 0}
		if b.most > 0 {
			r.reach, r.reached = "≤ "+b.most.String(), took <= b.most
		}
		if b.floor != "" {
			r.floor = ms(said[b.pkg][b.floor+" "+b.unit])
		}
		l.add(r)
	}
	return nil
}

// benchArgs runs the benchmarks that are wanted of a package, and their floors.
func benchArgs(pkg string) []string {
	var names []string
	for _, b := range wanted() {
		if b.pkg == pkg {
			names = append(names, b.name)
			if b.floor != "" {
				names = append(names, b.floor)
			}
		}
	}
	for i, n := range names {
		names[i], _, _ = strings.Cut(n, "/")
	}
	return []string{"test", "-run=^$", "-bench=^Benchmark(" + strings.Join(names, "|") + ")$", "-benchtime=1s", "kitebot/internal/" + pkg}
}

var benchLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\t(.*)$`)

// benchTimes reads what go test prints: "name unit" → time.
func benchTimes(out string) map[string]time.Duration {
	times := map[string]time.Duration{}
	units := map[string]float64{"ns/op": 1, "p99-µs": 1000}
	for _, line := range benchLine.FindAllStringSubmatch(out, -1) {
		for figure := range strings.SplitSeq(line[2], "\t") {
			fields := strings.Fields(figure)
			if len(fields) != 2 || units[fields[1]] == 0 {
				continue
			}
			if v, err := strconv.ParseFloat(fields[0], 64); err == nil {
				times[line[1]+" "+fields[1]] = time.Duration(v * units[fields[1]])
			}
		}
	}
	return times
}
