#!/usr/bin/env bash
# The manuals render without a warning, and name every option that the programs name.
# usage: test-manuals.sh SOURCE_ROOT
set -euo pipefail
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
cd "$1/man"
status=0
for page in *.[1-8]; do
    [ -e "$page" ] || continue
    # mandoc looks for the date and the layout, groff for what a terminal would show.
    mandoc -Tlint -Wwarning "$page" || status=1
    if command -v man >/dev/null; then
        complaints=$(MANWIDTH=100 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 "$page" 2>&1 >/dev/null || true)
        [ -z "$complaints" ] || { printf '%s: %s\n' "$page" "$complaints"; status=1; }
    fi
done

# Every key that the parsers of manifests and configuration know is explained: `{ "key", read_… }` in their tables.
for key in $(grep -ohE '\{ "[a-z_]+", read_' ../src/manifest/*.c 2>/dev/null | grep -oE '[a-z_]{2,}"' | tr -d '"' | sort -u); do
    if ! grep -qE "^\.(B|BR|BI|IR) .*\b$key\b" maintd.yaml.5 maintd-manifest.5; then
        echo "no manual explains the key '$key'"
        status=1
    fi
done

# Every sync state that maintctl shows, too.
names=$(grep -ohE '\[SYNC_[A-Z_]+\] = "[a-z-]+"' ../src/reconcile/*.c 2>/dev/null | grep -oE '"[a-z-]+"' | tr -d '"')
for name in $names; do
    if ! grep -qxF ".B ${name//-/\\-}" maintctl.1; then
        echo "maintctl.1 does not explain the sync state '$name'"
        status=1
    fi
done

# Every warning that can be switched off.
ids=$(sed -n 's/^        { "\([a-z-]*\)", ".*CODE_\(WARNING\|ADVICE\),.*/\1/p' ../src/manifest/diagnostic-codes.c)
for id in $ids; do
    if ! grep -qE "^\.B ${id//-/\\\\-}( |\$)" maintctl.1; then
        echo "maintctl.1 does not explain the warning '$id'"
        status=1
    fi
done

# Links of the documents lead somewhere.
cd ..
for document in *.md docs/*.md docs/*/*.md; do
    [ -e "$document" ] || continue
    for link in $(grep -oE '\]\([^)#: ]+' "$document" | cut -c3-); do
        if ! [ -e "$(dirname "$document")/$link" ]; then
            echo "$document: there is no $link"
            status=1
        fi
    done
done
exit $status
