#!/usr/bin/env bash
# From nothing to a status page that follows a directory of manifests, in one command.
#
# Starts a status page (maintd-page) on a free loopback port, copies the example manifests with their dates moved to the
# coming weeks, shows what would be done, and lets maintd do it: within half a minute one window is running, one is over, one
# has been cancelled, and the others are announced. Everything stays below one directory; nothing on the machine changes.
set -euo pipefail

usage() {
    cat <<USAGE
usage: examples/quickstart.sh [--once] [--dir DIR] [--build DIR] [--no-install]

  --once        exit when the page shows what the manifests say (status 0), or when it does not within two minutes
  --dir DIR     keep everything below DIR (default: .quickstart in the source tree, or below \$HOME when installed)
  --build DIR   use this build directory (default: build below DIR)
  --no-install  do not install missing Debian packages
USAGE
}

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
once=no install=yes dir='' build=''
while [ $# -gt 0 ]; do
    case $1 in
        --once) once=yes ;;
        --dir) dir=${2:?--dir wants a directory}; shift ;;
        --build) build=$(cd "${2:?--build wants a directory}" && pwd); shift ;;
        --no-install) install=no ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 1 ;;
    esac
    shift
done
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

# -- the programs: built from the source tree around us, or those that are installed.
if [ -f "$top/meson.build" ]; then
    dir=${dir:-$top/.quickstart}
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    cd "$top"
    . tests/lib/deps.sh
    deps_ensure "$install" build
    say "Building"
    build=${build:-$dir/build}
    [ -f "$build/build.ninja" ] || /usr/bin/meson setup "$build" "$top" -Dpage=enabled -Dtests=disabled >"$dir/build.log" 2>&1 \
        || { tail -n 30 "$dir/build.log" >&2; exit 1; }
    ninja -C "$build" >"$dir/build.log" 2>&1 || { tail -n 30 "$dir/build.log" >&2; exit 1; }
    maintd=$build/src/daemon/maintd maintctl=$build/src/ctl/maintctl page=$build/src/page/maintd-page
else
    dir=${dir:-$HOME/maintd-quickstart}
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    maintd=maintd maintctl=maintctl page=maintd-page
fi
for program in "$maintd" "$maintctl" "$page"; do
    command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 1; }
done

# -- whatever we start, we end, by its number.
children=()
cleanup() {
    trap - EXIT INT TERM
    local child
    for child in "${children[@]}"; do
        kill -TERM "$child" 2>/dev/null || true
    done
    for child in "${children[@]}"; do
        wait "$child" 2>/dev/null || true
    done
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "quickstart: $*" >&2
    exit 1
}

# A new demonstration each time: what an earlier one left is not ours to continue.
rm -rf "$dir/page" "$dir/state" "$dir/config"
mkdir -p "$dir/page" "$dir/state" "$dir/config/manifests"

say "A status page"
"$page" --state "$dir/page" --listen 127.0.0.1:0 --rate-limit off >"$dir/page.log" 2>&1 &
children+=($!)
url=
for _ in $(seq 100); do
    url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$dir/page.log" | head -n 1)
    [ -z "$url" ] || break
    kill -0 "${children[0]}" 2>/dev/null || break
    sleep 0.1
done
url=${url%/}
[ -n "$url" ] || { cat "$dir/page.log" >&2; fail "the page did not start"; }

# Its key goes into a file that nobody else can read; the configuration only names it.
(umask 077 && "$page" --state "$dir/page" key add quickstart --scope '*:*' >"$dir/config/kodo-token" 2>>"$dir/page.log") || { cat "$dir/page.log" >&2; exit 1; }
sed -n 's/^  [a-z]*: {title: \(.*\)}$/\1/p' "$here/maintd.yaml" | sed 's/^API$/API Gateway/' | while read -r name; do
    "$page" --state "$dir/page" service add "$name" >/dev/null
done
echo "$url"

say "Configuration and manifests"
sed "s,http://127.0.0.1:8095,$url,; s,# rate_limit: {reads: 100\, writes: 30},rate_limit: {reads: 6000\, writes: 6000}," \
    "$here/maintd.yaml" >"$dir/config/maintd.yaml"
"$here/demo-dates.py" "$here/manifests" "$dir/config/manifests" "$(date +%s)"
(cd "$dir/config" && find maintd.yaml manifests -type f | sort)
# A repository of their own, where there is git: history then names the commit behind each step.
commit() {
    command -v git >/dev/null || return 0
    { [ -d "$dir/config/.git" ] || git init -q "$dir/config"; } &&
        git -C "$dir/config" add maintd.yaml manifests &&
        git -C "$dir/config" -c user.name=quickstart -c user.email=quickstart@localhost -c commit.gpgsign=false commit -q -m "$1" || true
}
commit "The manifests of the example" >"$dir/git.log" 2>&1
ctl() { "$maintctl" --config "$dir/config/maintd.yaml" --state "$dir/state" "$@"; }

say "maintctl lint"
ctl lint
say "maintctl plan"
result=0
ctl plan || result=$?
[ "$result" = 2 ] || fail "plan ended with status $result, where 2 (there are changes) was expected"

say "maintd"
# Not under a service manager: its lines go to standard error, with a priority in front for the journal.
"$maintd" --config "$dir/config/maintd.yaml" --state "$dir/state" 2> >(sed -u 's/^<[0-7]>//; s/^/  /' | tee "$dir/maintd.log") &
children+=($!)
daemon=$!

# "scheduled=9 in_progress=1 …" as the page shows it; reads with the key from standard input, so that it is in no argument list.
states() {
    /usr/bin/python3 -c '
import collections, json, sys, urllib.request
key, counts, cursor = sys.stdin.read().strip(), collections.Counter(), None
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))       # loopback is never behind a proxy
while True:
    url = sys.argv[1] + "/api/v1/maintenance?limit=100" + (f"&cursor={cursor}" if cursor else "")
    with direct.open(urllib.request.Request(url, headers={"X-API-Key": key}), timeout=5) as answer:
        listed = json.load(answer)
    counts.update(window["status"] for window in listed["maintenance"])
    cursor = listed.get("next_cursor")
    if not cursor:
        break
print(" ".join(f"{state}={counts[state]}" for state in ("scheduled", "in_progress", "completed", "cancelled")), "all=%d" % counts.total())
' "$url" <"$dir/config/kodo-token"
}

# in_sync: every window is at every target as it should be by now. Prints what is not.
in_sync() {
    ctl --json status | /usr/bin/python3 -c '
import json, sys
status = json.load(sys.stdin)
waiting = [f"""{window["window"]} at {target["target"]}: {target["sync"]}""" for window in status["windows"]
           for target in window["targets"] if target["sync"] not in ("ok", "not-yet", "none")]
print(*(waiting or ["everything is in sync"])[:3], sep="; ")
sys.exit(bool(waiting) or not status["windows"] or bool(status.get("problems")))'
}

# wait_until SECONDS WHAT COMMAND…: asks once a second, for people to follow.
wait_until() {
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq "$seconds"); do
        ! "$@" >"$dir/wait.log" 2>&1 || return 0
        kill -0 "$daemon" 2>/dev/null || fail "maintd has ended; its lines are in $dir/maintd.log"
        sleep 1
    done
    cat "$dir/wait.log" >&2
    fail "$what: not within $seconds seconds"
}
at_least_eight() { local all; all=$(states) && [ "${all##*all=}" -ge 8 ]; }
every_state_seen() { local all; all=$(states) && echo "$all" && [[ " $all " != *"=0 "* ]]; }

wait_until 60 "eight windows on the page" at_least_eight
sleep 1
say "A commit cancels one: manifests/platform/datacenter-move.yaml gets \`state: cancelled\` and a message"
"$here/demo-dates.py" --cancel "$here/manifests" "$dir/config/manifests"
commit "datacenter-move: called off" >>"$dir/git.log" 2>&1
ctl reload >/dev/null
wait_until 60 "a window in each of the four states" every_state_seen
wait_until 30 "every target in sync" in_sync

say "maintctl status"
ctl status
say "The page, $url"
states
if [ "$once" = yes ]; then
    exit 0
fi

cat <<NEXT

Open $url/ in a browser.
Change something below $dir/config/manifests and watch the lines here. In another terminal:

  alias maintctl='$maintctl --config $dir/config/maintd.yaml --state $dir/state'
  maintctl status
  maintctl history db-migration

Ctrl-C ends it.
NEXT
wait "$daemon"
