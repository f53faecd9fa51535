#!/bin/bash
# Builds the image from the shipped Dockerfile and tests it, on a machine without
# a container engine and without an image registry:
#
#   bash deploy/check.sh          all of it
#   bash deploy/check.sh quick    without the second build with cold caches
#
# It needs root on Debian, the Go toolchain, and a kernel that allows mounts and
# cgroups; otherwise it says so and fails. It installs buildah, podman and runc when
# missing, and leaves them, with a small cache in /var/lib/containers; all other
# files are in one temporary folder, which it removes at the end. Only the builder's
# Debian is a stand-in (busybox, the machine's Go and its module cache): the image
# itself is the shipped one. No container has a network beyond loopback.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%5ds  %s\n' "$SECONDS" "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# is LABEL GOT WANT
is() { [ "$2" = "$3" ] || fail "$1 is '$2', want '$3'"; say "$1: ${2:-none}"; }

. deploy/engine.sh

# tight is how deploy/compose.yaml runs the bot.
tight=(--read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --pids-limit 128 -e GOMEMLIMIT=48MiB --memory 64m --memory-swap 64m)

# freeze copies the sources, so that an edit during the check makes no difference
# between the builds.
freeze() {
  mkdir "$work/src"
  cp -a .dockerignore go.mod go.sum cmd internal "$work/src"
  mkdir "$work/src/deploy"
  cp deploy/Dockerfile "$work/src/deploy"
}

# check_context checks which files reach the builder: .dockerignore keeps out the
# files of earlier runs, the tests, and every file that it does not name.
check_context() {
  local name c m left=(.env bot.db secrets/key .git/config docs/page.md cmd/bot/.env cmd/bot/bot.db cmd/bot/bot.db.key cmd/bot/secrets/key internal/app/x_test.go internal/bot/testdata/x.txt)
  cp -a "$work/src" "$work/context"
  for name in "${left[@]}"; do install -D -m 600 <(echo KEPT-OUT) "$work/context/$name"; done
  printf 'FROM scratch\nCOPY . /\n' >"$work/Dockerfile.context"
  buildah build --quiet --isolation chroot --layers=false -f "$work/Dockerfile.context" -t localhost/kitebot:context "$work/context" >/dev/null
  c=$(buildah from --pull-never localhost/kitebot:context)
  m=$(buildah mount "$c")
  is "files that must not reach a builder" "$(cd "$m" && grep -rlF KEPT-OUT . | xargs)" ""
  is "what reaches a builder" "$(ls -A "$m" | xargs) $(ls "$m/cmd")" "cmd go.mod go.sum internal bot"
  buildah rm "$c" >/dev/null
}

# config FIELD [IMAGE]
config() { podman image inspect "${2:-$image}" --format "{{$1}}"; }

label() { is "label $1" "$(config "index .Config.Labels \"org.opencontainers.image.$1\"")" "$2"; }

check_reproducible() {
  cold
  build "$again" 0.0.0-check
  is "layers of a second build with cold caches" "$(config .RootFS.Layers "$again")" "$(config .RootFS.Layers)"
}

check_image() {
  local m size
  size=$(config .Size)
  [ "$size" -le 20000000 ] || fail "the image has $size bytes"
  say "image size: $size bytes, unpacked"
  is "user" "$(config .Config.User)" 65532:65532
  is "entry point" "$(config .Config.Entrypoint)" "[/bot]"
  is "stop signal" "$(config .Config.StopSignal)" SIGTERM
  is "health check" "$(config .Config.Healthcheck.Test)" "[CMD /bot healthcheck]"
  label version 0.0.0-check
  label licenses MIT
  label source https://example.com/kitebot
  m=$(podman image mount "$image")
  is "files" "$(cd "$m" && find . -type f | sort | xargs)" ./bot
  grep -qF Asia/Kolkata "$m/bot" || fail "there are no time zones in the program"
  ! grep -qF kitebot/internal/sim "$m/bot" || fail "a simulator is in the program"
  is "owner of /data" "$(stat -c %u:%g "$m/data")" 65532:65532
  podman image unmount "$image" >/dev/null
}

check_commands() {
  local out code=0
  is "bot version" "$(podman run --rm "${tight[@]}" --network none "$image" version)" 0.0.0-check
  podman run --name mute "${tight[@]}" --network none "$image" >/dev/null 2>&1 || code=$?
  out=$(podman logs mute 2>&1) # and nothing that the engine may have to say
  podman rm mute >/dev/null
  is "exit code without a token" "$code" 1
  is "lines said without a token" "$(wc -l <<<"$out")" 1
  case $out in '{"time":'*'"level":"ERROR"'*'"err":"TELEGRAM_BOT_TOKEN: '*) say "which is: $out" ;; *) fail "it says: $out" ;; esac
}

# check_process starts the bot without a network: it must run, be healthy, create
# its store, and end at once on SIGTERM.
check_process() {
  local pid began token=123456789:AAExampleExampleExampleExample_Example
  mkdir -m 700 "$work/secrets"
  echo "$token" >"$work/secrets/token"
  head -c 32 /dev/urandom | base64 >"$work/secrets/key"
  chmod 444 "$work"/secrets/*
  podman volume create data >/dev/null
  podman run -d --name app "${tight[@]}" --network none -v data:/data \
    -v "$work/secrets/token:/run/secrets/telegram_bot_token:ro" -v "$work/secrets/key:/run/secrets/store_key:ro" \
    -e TELEGRAM_BOT_TOKEN_FILE=/run/secrets/telegram_bot_token -e STORE_KEY_FILE=/run/secrets/store_key \
    "$image" >/dev/null
  began=$SECONDS
  until podman healthcheck run app >/dev/null 2>&1; do
    [ $((SECONDS - began)) -lt 10 ] || { podman logs app >&2; fail "it is not healthy after 10 s"; }
  done
  say "healthy"
  pid=$(podman inspect app --format '{{.State.Pid}}')
  is "the store, owner and mode" "$(stat -c '%u:%g %a' "/proc/$pid/root/data/bot.db")" "65532:65532 600"
  began=$(date +%s%N)
  podman stop -t 15 app >/dev/null
  say "stopped within $((($(date +%s%N) - began) / 1000000)) ms"
  is "exit code after SIGTERM" "$(podman inspect app --format '{{.State.ExitCode}}')" 0
  ! podman logs app 2>&1 | grep -qF "$token" || fail "the token is in the log"
}

# check_service tests the image against the simulators: a login that survives a
# restart, and an upgrade while people ask.
check_service() {
  build "$next" 0.0.1-next
  say "built the next version; now people log in, and it takes the place of the other one under load"
  KITEBOT_IMAGE=$image KITEBOT_IMAGE_NEXT=$next KITEBOT_IMAGE_IDLE=$idle go test -count=1 -v ./deploy/ >"$work/service.log" 2>&1 ||
    { cat "$work/service.log" >&2; fail "the image does not serve"; }
  grep -q "^--- PASS: TestUpgradeUnderLoad" "$work/service.log" || { cat "$work/service.log" >&2; fail "the upgrade was not tried"; }
  sed -n 's/.*measured: //p' "$work/service.log" | while read -r line; do say "$line"; done
}

need_mounts "$@"
command -v go >/dev/null || fail "this needs the Go toolchain"
image=localhost/kitebot:check
again=localhost/kitebot:again
next=localhost/kitebot:next
idle=localhost/kitebot:idle
install_tools
work=$(mktemp -d)
trap cleanup EXIT
engine
say "the stand-in for the builder's base image"
stand_in
try_container
idle_image "$idle"
say "building"
go mod download
freeze
check_context
build "$image" 0.0.0-check
say "built; looking at it"
check_image
[ "${1:-}" = quick ] || check_reproducible
check_commands
check_process
check_service
say "all is well"
