#!/usr/bin/env bash
# Provides Oracle's MySQL server in ~/.cache/bartizan/mysql, unpacked and not installed, with all the
# libraries that it is linked with. Debian's releases have MariaDB instead; its unstable branch has
# both, so this may fail where the branch is in a change: then the tests that need it are skipped.
set -euo pipefail
kept=$HOME/.cache/bartizan/mysql
[ -x "$kept/usr/sbin/mysqld" ] && exit 0

repository=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir -p state/lists/partial cache/archives/partial root
touch status
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $repository sid main" >sources.list
sid() {
  apt-get -qq -o Dir::State="$scratch/state" -o Dir::State::status="$scratch/status" \
    -o Dir::Cache="$scratch/cache" -o Dir::Etc::sourcelist="$scratch/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
echo "unpacking MySQL for the tests" >&2
sid update
sid install --yes --no-install-recommends --download-only mysql-server-core >/dev/null
rm -f cache/archives/perl*.deb
for package in cache/archives/*.deb; do dpkg-deb -x "$package" root; done
[ -x root/usr/sbin/mysqld ]
mkdir -p "$(dirname "$kept")"
rm -rf "$kept"
mv root "$kept"
