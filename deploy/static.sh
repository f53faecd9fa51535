#!/bin/bash
# Looks at what a deployment is made of without running any of it: Dockerfile,
# ignore file, compose, Kubernetes, systemd unit and alert rules.
#
#   bash deploy/static.sh
#
# It wants the Go toolchain, systemd-analyze (Debian: systemd) and promtool
# (Debian: prometheus). No network is needed once tools/ has its modules.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
for tool in systemd-analyze promtool; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done

# The checks with BuildKit's, compose's and Kubernetes' own code, and the proof
# that they notice mistakes. What vet sees it need not see twice: it reads all of
# their code as well.
(cd tools && go vet ./... && go test -vet=off ./... && go run ./static ..)

# systemd-analyze verify exits with 0 whatever it finds, and wants the program
# that is started to be there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s#^ExecStart=/usr/local/bin/kitebot\$#ExecStart=$(command -v true)#" deploy/systemd/kitebot.service >"$work/kitebot.service"
grep -q "^ExecStart=$(command -v true)\$" "$work/kitebot.service" || fail "the unit starts something else than /usr/local/bin/kitebot"
found=$(systemd-analyze verify "$work/kitebot.service" 2>&1) || true
[ -z "$found" ] || fail "kitebot.service: $found"
exposure=$(systemd-analyze security --offline=yes "$work/kitebot.service" | sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
awk -v e="$exposure" 'BEGIN { exit !(e != "" && e <= 1.5) }' || fail "kitebot.service: exposure '$exposure', want 1.5 at most (10 is worst)"
echo "well: deploy/systemd/kitebot.service, exposure $exposure of 10"

(cd deploy && promtool check rules alerts.yaml && promtool test rules alerts_test.yaml)
