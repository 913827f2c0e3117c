#!/usr/bin/env bash
# SECURITY.md names files, functions and tests that exist: a claim whose proof was renamed or removed is found here.
# usage: test-security.sh SOURCE_ROOT
set -euo pipefail
cd "$1"
status=0
missing() {
    echo "SECURITY.md: $*"
    status=1
}

# `base/text.c`, `unit/test-log.c`, `test_trust.py`: below src/ or tests/, or the name alone of a test.
for path in $(grep -oE '`[a-z_/-]+\.(c|h|py|sh)`' SECURITY.md | tr -d '`' | sort -u); do
    [ -e "src/$path" ] || [ -e "tests/$path" ] || [ -n "$(find tests -path "*/$path" -print -quit)" ] || missing "there is no $path"
done
for function in $(grep -oE '`[a-z_]+\(\)`' SECURITY.md | tr -d '`()' | sort -u); do
    grep -rqE "\b$function\(" src || missing "there is no function $function()"
done
# *the name of a test*, or as much of it as stands before or after "…".
mapfile -t names < <(grep -oE '\*[a-z][^*]+\*' SECURITY.md | tr -d '*' | sed 's/ *… *//' | sort -u)
for name in "${names[@]}"; do
    grep -rqiE --include='*.py' --include='*.c' "${name// /[ _]}" tests || missing "no test is called '$name'"
done
exit $status
