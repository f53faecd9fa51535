package main

import (
	"bytes"
	"context"
	"os"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	digest "github.com/opencontainers/go-digest"
)

// dockerfile is what `docker build --check` does.
func dockerfile(ctx context.Context, path string) []string {
	var p problems
	text, err := os.ReadFile(path)
	if err != nil {
		return []string{err.Error()}
	}
	source := llb.NewSourceMap(nil, path, "Dockerfile", text)
	source.Definition = &llb.Definition{} // it is looked into, whatever is in it
	results, err := dockerfile2llb.DockerfileLint(ctx, text, dockerfile2llb.ConvertOpt{SourceMap: source, MetaResolver: noRegistry{}})
	if err != nil {
		return []string{err.Error()}
	}
	if results.Error != nil {
		p.add("%s", results.Error.Message)
	}
	for _, w := range results.Warnings {
		line := int32(0)
		if len(w.Location.GetRanges()) > 0 {
			line = w.Location.GetRanges()[0].GetStart().GetLine()
		}
		p.add("line %d: %s: %s", line, w.RuleName, w.Detail)
	}
	return p
}

// noRegistry answers for every base image that nothing is known of it: a registry
// is not asked.
type noRegistry struct{}

func (noRegistry) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"config": {}}`), nil
}

// What a builder must never see, and what it cannot do without.
var (
	keptOut = []string{
		".git/config", ".ci/run", ".env", "bot.db", "bot.db.key", "token.txt", "README.md", "secrets/store_key",
		"deploy/.env", "deploy/secrets/store_key", "deploy/kubernetes/bot/secrets/store_key",
		"cmd/bot/bot.db", "cmd/bot/bot.db.key", "cmd/bot/.env", "cmd/bot/secrets/token", "internal/app/.env", "internal/app/run_test.go",
		"cmd/demo/main.go", "internal/sim/kite/server.go", "internal/bot/testdata/x.txt", "tools/go.mod", "docs/images/chart-light.png",
	}
	letIn = []string{"go.mod", "go.sum", "cmd/bot/main.go", "internal/app/run.go", "internal/bot/view/help.go"}
)

// ignoreFile asks the builder's own matcher.
func ignoreFile(_ context.Context, path string) []string {
	var p problems
	text, err := os.ReadFile(path)
	if err != nil {
		return []string{err.Error()}
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return []string{err.Error()}
	}
	p.want(len(patterns) > 0 && patterns[0] == "*", "it is no allow-list: the first line that is no comment must be *")
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return []string{err.Error()}
	}
	ignored := func(name string) bool {
		yes, err := matcher.MatchesOrParentMatches(name)
		p.want(err == nil, "%s: %v", name, err)
		return yes
	}
	for _, name := range keptOut {
		p.want(ignored(name), "%s would reach a builder", strings.TrimSpace(name))
	}
	for _, name := range letIn {
		p.want(!ignored(name), "%s would not reach a builder", name)
	}
	return p
}
