#!/usr/bin/env bash
# Sets up .venv, the console's built assets and the place data. Quick when nothing changed.
#   scripts/setup.sh run|dev
# Needs Debian 12 with Python 3.11+; installs python3-venv by apt, and Node from a Python wheel, where they lack.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-run}
venv=.venv
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

find_python() {
  # Debian's own build comes first: it is profile-guided and decodes a third faster than most others.
  for candidate in ${BARTIZAN_PYTHON:-} /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"; return
    fi
  done
  echo "Bartizan needs Python 3.11 or newer." >&2; exit 1
}

make_venv() {
  [ -x $venv/bin/python ] && return
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "installing python3-venv"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends python3-venv >/dev/null
  fi
  "$python" -m venv $venv
}

# step NAME INPUT... -- COMMAND...: runs the command if its inputs changed since it last succeeded.
step() {
  name=$1; shift; inputs=()
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done; shift
  stamp=$venv/.stamp-$name
  now=$(cat "${inputs[@]}" 2>/dev/null | sha256sum | cut -d' ' -f1)
  [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
  keep_stamp=1
  "$@"
  [ $keep_stamp = 1 ] && echo "$now" >"$stamp" || rm -f "$stamp"
}

install_python_parts() {
  say "installing Python parts ($kind)"
  $venv/bin/pip install -q --require-hashes -r "requirements/$kind.txt"
}

install_bartizan() {
  say "installing Bartizan (editable)"
  BARTIZAN_SKIP_WEB=1 $venv/bin/pip install -q --no-deps --no-build-isolation -e .
}

ensure_node() {
  if command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && command -v npm >/dev/null; then return; fi
  say "no Node.js 20 here: installing one into $venv"
  $venv/bin/pip install -q --require-hashes -r requirements/node.txt
  PATH="$PWD/$venv/bin:$PATH"
}

build_console() {
  $venv/bin/python - <<'PROGRAM'
from pathlib import Path
import hatch_build
web, static = Path("web"), Path("src/bartizan/present/static")
if not hatch_build.is_up_to_date(web, static):
    print("building the console", flush=True)
    hatch_build.build_console(web, static)
PROGRAM
}

install_places() {
  say "fetching the city data (DB-IP City Lite, 64 MB)"
  if ! $venv/bin/pip install -q --no-deps --no-build-isolation -e ./packages/geo-dbip; then
    say "no city data here: the map will show country centroids and say so"
    keep_stamp=0
  fi
}

make_venv
export PATH="$PWD/$venv/bin:$PATH"
if [ "$kind" = run ] && [ -e $venv/.stamp-python-dev ]; then kind=dev; fi
step "python-$kind" "requirements/$kind.txt" -- install_python_parts
step bartizan pyproject.toml -- install_bartizan
ensure_node
build_console
if [ "$kind" = dev ] && [ ! -d web/node_modules ]; then (cd web && npm ci --ignore-scripts --silent); fi
mapfile -t geo_inputs < <(find packages/geo-dbip -type f \( -name '*.py' -o -name '*.toml' -o -name '*.json' \) -not -path '*/node_modules/*' | LC_ALL=C sort)
step places "${geo_inputs[@]}" -- install_places
