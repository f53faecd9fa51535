# Everyday commands. CI runs .ci/run, which does not need make.

.DEFAULT_GOAL := help
.PHONY: help test soak bench demo pictures lint golden image image-check pin ci

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
DOCKER ?= $(if $(shell command -v docker),docker,podman)

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

test: ## all tests, with the race detector
	GOFLAGS='-race -shuffle=on' go test ./...

soak: ## the long forms: isolation, chaos, limits, every fuzz target for 20 minutes
	.ci/soak

bench: ## the Go benchmarks, then every row of docs/performance.md (needs a quiet machine)
	go test -run '^$$' -bench . -benchmem ./internal/...
	go run ./cmd/load

demo: ## the whole bot in a browser, with no token and no account
	go run ./cmd/demo

pictures: ## retake the README's pictures (needs Chromium and the font Roboto); look at them before you commit
	KITEBOT_PICTURES=1 go test ./cmd/demo -run TestReadmePictures -count=1

lint: ## the checks of CI without the tests
	.ci/run lint

golden: ## rewrite the golden files; read the diff before you commit it
	go test $(GOLDEN) -update

image: ## build the container image kitebot:local
	$(DOCKER) build -f deploy/Dockerfile -t kitebot:local --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) .

image-check: ## build the image and try it, as root, without Docker
	bash deploy/check.sh

pin: ## pin the builder's base image to what its tag names now
	bash deploy/pin.sh

ci: ## everything that CI runs
	.ci/run

# The packages whose tests know the flag -update.
GOLDEN = $(addprefix ./,$(sort $(dir $(shell grep -rl 'flag.Bool."update"' --include='*_test.go' cmd internal))))
