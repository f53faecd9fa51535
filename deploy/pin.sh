#!/bin/bash
# Pins the base image of the builder in deploy/Dockerfile to its digest.
#
#   bash deploy/pin.sh         gets the digest of the tag from the registry and writes it
#   bash deploy/pin.sh check   says whether it is pinned, without the registry and without changes
#
# It uses skopeo, crane or docker, whichever is installed. The digest is that of
# the list of all platforms. To move on to a newer image, run it again and read the diff.
set -euo pipefail
cd "$(dirname "$0")/.."

file=deploy/Dockerfile
shape='^sha256:[0-9a-f]{64}$'
version=$(sed -n 's/^ARG GO_VERSION=//p' "$file")
pinned=$(sed -n 's/^ARG GO_DIGEST=@\{0,1\}//p' "$file")
image=docker.io/library/golang:$version
[ -n "$version" ] || { echo "$file has no ARG GO_VERSION" >&2; exit 1; }

digest() {
  if command -v skopeo >/dev/null; then
    skopeo inspect --no-tags --format '{{.Digest}}' "docker://$image"
  elif command -v crane >/dev/null; then
    crane digest "$image"
  elif command -v docker >/dev/null; then
    docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image"
  else
    echo "please install skopeo, crane or docker" >&2
    return 1
  fi
}

case ${1:-} in
  check)
    if [ -z "$pinned" ]; then
      echo "!!! NOT PINNED: the builder takes whatever $image names on the day; deploy/pin.sh pins it"
    elif [[ $pinned =~ $shape ]]; then
      echo "$image is pinned to $pinned"
    else
      echo "$file: GO_DIGEST is no digest: $pinned" >&2
      exit 1
    fi
    ;;
  "")
    found=$(digest)
    [[ $found =~ $shape ]] || { echo "this is no digest: $found" >&2; exit 1; }
    sed -i.before "s#^ARG GO_DIGEST=.*#ARG GO_DIGEST=@$found#" "$file" && rm "$file.before"
    echo "$image is pinned to $found"
    ;;
  *) echo "usage: bash deploy/pin.sh [check]" >&2; exit 2 ;;
esac
