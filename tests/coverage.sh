#!/usr/bin/env bash
# Which lines of the program unit tests and the simulator run, by folder; with --missing, which they do not.
#
#   tests/coverage.sh [--missing] [BUILD]     BUILD: where to build, default .test-build/coverage
#
# Only those two suites: what a test of the whole program happens to pass by has not been looked at. Fails when one of the pure folders,
# in which every line can be reached without a socket, is below 95 %.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
missing=()
if [ "${1-}" = --missing ]; then
    missing=(--txt -)
    shift
fi
dir=${1:-$top/.test-build/coverage}
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1

[ -f "$dir/build.ninja" ] || CC=gcc meson setup "$dir" . --buildtype=debug -Db_coverage=true -Dtests=enabled >/dev/null
ninja -C "$dir" >/dev/null
find "$dir" -name '*.gcda' -delete
for suite in unit sim; do # seeds of the simulator: a few do, what they find beyond is found by the 20,000 of a run
    meson test -C "$dir" --no-rebuild --suite "$suite" --no-suite plain --num-processes "$(nproc)" --quiet --print-errorlogs </dev/null
done
gcovr --root . --object-directory "$dir" --filter src/ --exclude-unreachable-branches --json "$dir/coverage.json" "${missing[@]}" "$dir"
/usr/bin/python3 tests/lib/coverage.py "$dir/coverage.json"
