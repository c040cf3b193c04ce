#!/usr/bin/env bash
# Provides a Go new enough for tests/peers/coraza: the one on PATH, or one of the Go project's own in
# ~/.cache/bartizan/go. Debian 12's Go is too old to build Coraza, and new enough to fetch another as
# the module golang.org/toolchain, which it checks against the Go project's checksum database.
set -euo pipefail
cd "$(dirname "$0")/.."
toolchain=v0.0.1-go1.26.8
kept=$HOME/.cache/bartizan/go
needed=$(awk '$1 == "go" { print $2 }' tests/peers/coraza/go.mod)

is_new_enough() {
  local version
  version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$needed" "${version#go}" | sort -V | head -1)" = "$needed" ]
}

for go in "$(command -v go || true)" "$kept/bin/go"; do
  if [ -n "$go" ] && is_new_enough "$go"; then exit 0; fi
done

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if ! command -v go >/dev/null; then
  echo "installing Debian's Go, to fetch a newer one" >&2
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends golang-go >/dev/null
fi

echo "fetching Go ${toolchain#*go}" >&2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
module=golang.org/toolchain@$toolchain.linux-$(go env GOARCH)
answer=$(cd "$scratch" && GOMODCACHE=$scratch/modules GOFLAGS=-modcacherw GOTOOLCHAIN=local go mod download -json "$module") || {
  echo "$answer" >&2
  exit 1
}
fetched=$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<<"$answer")
mkdir -p "$(dirname "$kept")"
rm -rf "$kept"
mv "$fetched" "$kept"
chmod -R u+w "$kept"
chmod -R u+x "$kept/bin" "$kept/pkg/tool"
cp "$kept/src/_go.mod" "$kept/src/go.mod"  # in a module, a file of that name would end it
is_new_enough "$kept/bin/go"
