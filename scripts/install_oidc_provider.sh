#!/usr/bin/env bash
# Installs the OpenID Connect provider that the tests log in with (npm, versions and hashes locked).
set -euo pipefail
cd "$(dirname "$0")/../tests/servers/oidc_provider"
export PATH="$PWD/../../../.venv/bin:$PATH"
stamp=node_modules/.installed
now=$(sha256sum <package-lock.json)
[ "$(cat $stamp 2>/dev/null)" = "$now" ] && exit
npm ci --ignore-scripts --silent
echo "$now" >$stamp
