#!/usr/bin/env bash
# Provides OpenSearch's smallest official distribution in ~/.cache/bartizan/opensearch, from Maven
# Central: the server without its plug-ins. Needs Maven and a Java.
set -euo pipefail
version=2.19.4  # the newest line that Debian 12's Java runs; tests/servers/opensearch.py
kept=$HOME/.cache/bartizan/opensearch
[ -d "$kept/opensearch-$version/lib" ] && exit 0

echo "fetching OpenSearch $version for the tests" >&2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
artifact=org.opensearch.distribution.integ-test-zip:opensearch:$version:zip
mvn -q -B dependency:copy -Dartifact="$artifact" -DoutputDirectory="$scratch" \
  -Dmdep.useBaseVersion=true >&2
python3 -m zipfile -e "$scratch"/*.zip "$scratch/unpacked"
mkdir -p "$kept"
rm -rf "$kept/opensearch-$version"
mv "$scratch/unpacked/opensearch-$version" "$kept/"
