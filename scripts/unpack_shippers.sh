#!/usr/bin/env bash
# Provides Debian's rsyslog and syslog-ng in ~/.cache/bartizan/shippers, unpacked and not installed:
# each would remove the other, and the system log of this machine with it. Of what they are linked
# with only libraries are installed.
set -euo pipefail
kept=$HOME/.cache/bartizan/shippers
[ -x "$kept/usr/sbin/rsyslogd" ] && [ -x "$kept/usr/sbin/syslog-ng" ] && exit 0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
libraries=(
  libestr0 libfastjson4 liblognorm5                              # rsyslog
  libivykis0 libnet1 libjson-c5 libpcre3 libwrap0 libcurl4       # syslog-ng
)
echo "unpacking rsyslog and syslog-ng for the tests" >&2
as_root apt-get -qq update
as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends "${libraries[@]}" >/dev/null
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get -qq download rsyslog syslog-ng-core syslog-ng-mod-http 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
mkdir -p "$(dirname "$kept")"
rm -rf "$kept"
mv unpacked "$kept"
