#!/bin/bash
# Checks the systemd unit and the alert rules with their own tools, without
# running either. The Dockerfile and the files for compose and Kubernetes are
# checked by the tests of this folder.
#
#   bash deploy/static.sh
#
# It needs systemd-analyze (Debian: systemd) and promtool (Debian: prometheus).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
for tool in systemd-analyze promtool; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done

# systemd-analyze verify always exits with 0, and requires the program of ExecStart
# to exist.
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
