#!/usr/bin/env bash
# The first thing a newcomer runs works: every state of a window is reached on a page, and no key is printed.
# usage: test-quickstart.sh SOURCE_ROOT BUILD_ROOT
set -euo pipefail
source=$1 build=$2
for program in daemon/maintd ctl/maintctl page/maintd-page; do
    [ -x "$build/src/$program" ] || { echo "src/$program is not built"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source/examples/quickstart.sh" --once --no-install --build "$build" --dir "$work" | tee "$work/output"
if grep -qF "$(cat "$work/config/kodo-token")" "$work/output" "$work"/*.log; then
    echo "the key has been printed"
    exit 1
fi
