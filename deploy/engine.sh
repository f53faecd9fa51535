# What deploy/check.sh needs on its machine: tools, a container engine that keeps
# its files in one folder, and the base image of the builder. Source it; do not run
# it.

# need_mounts runs the check again in a mount namespace of its own, whose mounts
# disappear when it ends, however it ends.
need_mounts() {
  [ -z "${KITEBOT_OWN_MOUNTS:-}" ] || return 0
  [ "$(id -u)" = 0 ] || fail "this needs root: the build mounts things"
  unshare --mount true 2>/dev/null || fail "nothing can be mounted here (CAP_SYS_ADMIN is missing): no image can be built or run"
  KITEBOT_OWN_MOUNTS=1 exec unshare --mount --propagation private bash deploy/check.sh "$@"
}

install_tools() {
  local missing=() pair
  for pair in buildah:buildah podman:podman runc:runc busybox:busybox-static jq:jq; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# storage_driver is overlay, which shares what images have in common. Where the
# temporary folder lies on an overlay itself, as in many containers, the kernel
# refuses another on top, and vfs copies instead.
storage_driver() {
  local dir=$work/overlay-probe
  mkdir -p "$dir"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/merged" 2>/dev/null; then
    umount "$dir/merged"
    echo overlay
  else
    echo vfs
  fi
}

# open_cgroups makes the cgroups writable where they are mounted read-only, for
# this check alone.
open_cgroups() {
  local dir
  for dir in /sys/fs/cgroup /sys/fs/cgroup/*/; do
    mountpoint -q "$dir" || continue
    [ -w "$dir" ] || mount -o remount,bind,rw "$dir" 2>/dev/null ||
      fail "$dir is read-only and cannot be made writable: no container can run here"
  done
}

# can_limit_memory reports whether a new cgroup, of either version, accepts a memory
# limit.
can_limit_memory() {
  local dir file bytes=67108864 kept=no
  for dir in /sys/fs/cgroup/memory:memory.limit_in_bytes /sys/fs/cgroup:memory.max; do
    file=${dir#*:} dir=${dir%:*}/kitebot-probe-$$
    mkdir "$dir" 2>/dev/null || continue
    if [ -f "$dir/$file" ] && echo "$bytes" 2>/dev/null >"$dir/$file" && [ "$(cat "$dir/$file")" = "$bytes" ]; then kept=yes; fi
    rmdir "$dir"
  done
  [ "$kept" = yes ]
}

# engine keeps all files of the container engine in $work, and needs no more than a
# container without systemd and without raised limits offers.
engine() {
  local driver
  driver=$(storage_driver)
  say "storage: $driver"
  open_cgroups
  mkdir -p "$work"/{graph,run,tmp,libpod,cni}
  printf '[storage]\ndriver="%s"\ngraphroot="%s/graph"\nrunroot="%s/run"\n' "$driver" "$work" "$work" >"$work/storage.conf"
  cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits=["nofile=1024:1024","nproc=1024:1024"]
log_driver="k8s-file"
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="runc"
tmp_dir="$work/libpod"
[network]
network_config_dir="$work/cni"
CONF
  export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
  export TMPDIR=$work/tmp DISABLE_HC_SYSTEMD=true
  unset KITEBOT_NO_MEMORY_LIMIT
  if ! can_limit_memory; then
    export KITEBOT_NO_MEMORY_LIMIT=1
    say "!!! THE MEMORY LIMIT CANNOT BE APPLIED HERE: no cgroup of ours may limit memory; what is resident is compared with it instead"
  fi
}

# stand_in makes the golang image that the Dockerfile names; the toolchain and
# the module cache are mounted into it by build.
stand_in() {
  local go_version c m
  go_version=$(sed -n 's/^ARG GO_VERSION=//p' deploy/Dockerfile)
  [ -n "$go_version" ] || fail "the Dockerfile has no ARG GO_VERSION"
  case $(go env GOVERSION) in "go$go_version"*) ;; *) fail "the image is built with Go $go_version, this machine has $(go env GOVERSION)" ;; esac
  c=$(buildah from scratch)
  m=$(buildah mount "$c")
  mkdir -p "$m"/{bin,usr/bin,usr/local/go,go,tmp,root,hostmod,etc/ssl/certs,proc,sys,dev}
  chmod 1777 "$m/tmp"
  cp "$(command -v busybox)" "$m/bin/busybox"
  chroot "$m" /bin/busybox --install -s /bin
  ln -s /bin/env "$m/usr/bin/env"
  cp /etc/ssl/certs/ca-certificates.crt "$m/etc/ssl/certs/"
  echo root:x:0:0:root:/root:/bin/sh >"$m/etc/passwd"
  buildah config --env GOPATH=/go --env GOTOOLCHAIN=local --env "GOPROXY=file:///hostmod,$(go env GOPROXY)" \
    --env PATH=/go/bin:/usr/local/go/bin:/usr/bin:/bin "$c"
  buildah umount "$c" >/dev/null
  base=docker.io/library/golang:$go_version
  buildah commit -q --rm "$c" "$base" >/dev/null
}

# try_container runs a program that does nothing, before minutes are spent on an
# image that could not run.
try_container() {
  local out
  out=$(podman run --rm "${tight[@]}" --network none "$base" true 2>&1) || fail "no container runs here: $(tail -1 <<<"$out")"
}

# idle_image is a program that does nothing and is killed at once: the time to
# replace it is the engine's share of an upgrade.
idle_image() {
  local c
  c=$(buildah from --pull-never "$base")
  buildah config --cmd "sleep 3600" --stop-signal KILL "$c"
  buildah commit -q --rm "$c" "$1" >/dev/null
}

# build TAG VERSION builds on the stand-in, which no digest names.
build() {
  buildah build --quiet --isolation chroot --network host --pull-never --format docker --layers=false --timestamp 0 \
    -v "$(go env GOROOT):/usr/local/go:ro" -v "$(go env GOMODCACHE)/cache/download:/hostmod:ro" \
    --build-arg GO_DIGEST= --build-arg TARGETOS=linux --build-arg "TARGETARCH=$(go env GOARCH)" \
    --build-arg "VERSION=$2" --build-arg REVISION=check --build-arg SOURCE=https://example.com/kitebot \
    -f "$work/src/deploy/Dockerfile" -t "$1" "$work/src" >/dev/null
}

# cold clears the Dockerfile's cache mounts of earlier builds.
cold() { rm -rf "$TMPDIR"/buildah-cache*; }

cleanup() {
  local code=$?
  trap - EXIT
  {
    podman rm -fav
    podman volume rm -fa
    buildah rm -a
    umount -l "$work/graph/overlay"
    find /sys/fs/cgroup -maxdepth 3 -depth -path '*/libpod_parent*' -type d -exec rmdir {} +
  } >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}
