#!/usr/bin/env bash
# Installs from Debian the real servers that the tests talk to, as far as they are missing; provides Go,
# the log shippers of the recipes, and OpenSearch.
#   scripts/install_test_servers.sh [--bench]     (--bench: also what `make bench` compares with)
# Starts nothing on this machine: the tests start what they need, in directories of their own.
set -euo pipefail

packages=(
  apache2 libapache2-mod-security2 modsecurity-crs  # a web server with a WAF, and mlogc
  nginx libnginx-mod-http-modsecurity               # another, with libmodsecurity 3
  mariadb-server postgresql                         # the stores that are servers
  maven openjdk-17-jre-headless                     # fetches OpenSearch, and runs it
  haproxy                                           # in front of several nodes
  chromium fonts-dejavu-core fonts-noto-core        # the console's reader
  libatomic1                                        # what Playwright's driver is linked with
  gcc libc6-dev python3-dev                         # compiles the decoders into a wheel
  curl logrotate strace zstd openssl
)
[ "${1:-}" = --bench ] && packages+=(php-fpm php-mysql wrk)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
provide_rest() {
  "$(dirname "$0")/install_go.sh"
  "$(dirname "$0")/unpack_shippers.sh"
  "$(dirname "$0")/unpack_mysql.sh" || echo "no MySQL: its tests will be skipped" >&2
  "$(dirname "$0")/unpack_opensearch.sh"
}
if [ ${#missing[@]} = 0 ]; then provide_rest; exit; fi

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@"; }

# Packages ask policy-rc.d before they start a service: for this while the answer is no.
policy=/usr/sbin/policy-rc.d
kept=$(mktemp -d)
[ -e $policy ] && as_root cp -a $policy "$kept/policy-rc.d"
restore() {
  if [ -e "$kept/policy-rc.d" ]; then as_root cp -a "$kept/policy-rc.d" $policy; else as_root rm -f $policy; fi
  as_root rm -rf "$kept"
}
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
as_root chmod 755 $policy

echo "installing for the tests: ${missing[*]}" >&2
apt update
apt install -y --no-install-recommends "${missing[@]}" >/dev/null
provide_rest
