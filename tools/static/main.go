// Command static looks at what a deployment is made of, without a network and
// without an engine: the Dockerfile with BuildKit's own linter, its ignore file
// with BuildKit's matcher, the compose files with compose's own loader, and the
// Kubernetes manifests, rendered by kustomize and read with Kubernetes' own
// types. What they promise, such as a read-only root, is checked besides.
//
//	go run ./static ..
//
// The argument is the root of the repository. It prints what it looked at. The
// exit code is 1 when something was found, one line each.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: static ROOT")
		os.Exit(2)
	}
	found := 0
	for _, check := range checks {
		problems := check.look(context.Background(), filepath.Join(os.Args[1], check.path))
		for _, p := range problems {
			fmt.Fprintf(os.Stderr, "%s: %s\n", check.path, p)
		}
		if len(problems) == 0 {
			fmt.Println("well:", check.path)
		}
		found += len(problems)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// check looks at a file or folder and returns what is wrong with it.
type check struct {
	path string
	look func(ctx context.Context, path string) []string
}

var checks = []check{
	{"deploy/Dockerfile", dockerfile},
	{".dockerignore", ignoreFile},
	{"deploy/compose.yaml", compose},
	{"deploy/compose.rotate.yaml", composeOverlay},
	{"deploy/compose.webhook.yaml", composeOverlay},
	{"deploy/compose.callback.yaml", composeOverlay},
	{"deploy/compose.try.yaml", composeOverlay},
	{"deploy/kubernetes/bot", kubernetes},
	{"deploy/kubernetes/rotate", kubernetes},
	{"deploy/kubernetes/restore.yaml", pod},
}

// problems collects what is wrong.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// want adds a problem unless ok.
func (p *problems) want(ok bool, format string, args ...any) {
	if !ok {
		p.add(format, args...)
	}
}
