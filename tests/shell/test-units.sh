#!/usr/bin/env bash
# The unit files load without a complaint, and leave the service exposed to 1.2 at most, with the drop-in of the examples too.
# usage: test-units.sh SOURCE_ROOT   (programs are stood in for: nothing needs to be built)
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not installed"; exit 77; }
source=$1/systemd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/units"
for program in maintd maintctl maintd-page; do
    ln -s /bin/true "$work/bin/$program"
done

units=()
for unit in "$source"/*.service "$source"/*.service.in "$source"/*.socket "$source"/*.socket.in; do
    [ -e "$unit" ] || continue
    name=$(basename "${unit%.in}")
    sed "s,@bindir@,$work/bin,g" "$unit" >"$work/units/$name"
    units+=("$work/units/$name")
    if grep -o '@[a-z]*@' "$work/units/$name"; then
        echo "$name: names that systemd/meson.build does not substitute"
        exit 1
    fi
done

complaints=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --generators=no "${units[@]}" 2>&1 | grep -F "$work/units" || true)
if [ -n "$complaints" ]; then
    printf '%s\n' "$complaints"
    exit 1
fi

for unit in "${units[@]}"; do
    case $unit in *.socket) continue ;; esac
    # The threshold counts tenths; the exit status says whether it was passed.
    systemd-analyze security --no-pager --offline=true --threshold=12 "$unit" | grep -F Overall
done
# The drop-in that gives the page a network is read with it, and leaves no more open than maintd has.
closed=$(systemd-analyze security --no-pager --offline=true "$work/units/maintd-page.service" | grep -F Overall)
mkdir "$work/units/maintd-page.service.d"
cp "$1/examples/maintd-page.service.d/network.conf" "$work/units/maintd-page.service.d/"
systemd-analyze verify --man=no --generators=no "$work/units/maintd-page.service" 2>&1 | grep -F network.conf && exit 1
open=$(systemd-analyze security --no-pager --offline=true --threshold=12 "$work/units/maintd-page.service")
grep -F Overall <<<"$open"
if [ "$closed" = "$(grep -F Overall <<<"$open")" ]; then
    echo "network.conf opens nothing: it was not read"
    exit 1
fi
for catalogue in "$source"/*.catalog; do
    [ -e "$catalogue" ] || continue
    if grep '^-- ' "$catalogue" | grep -vE '^-- [0-9a-f]{32}( [a-z_A-Z]+)?$'; then
        echo "$catalogue: this is not a message id"
        exit 1
    fi
    if [ -n "$(grep '^-- ' "$catalogue" | sort | uniq -d)" ]; then
        echo "$catalogue: one id twice"
        exit 1
    fi
done
