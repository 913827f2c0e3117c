#!/usr/bin/env bash
# The whole test suite, from a fresh clone, on nothing but Debian 12.
#
# Builds three times, because each build finds something else, and runs the tests that suit it:
#
#   sanitize  gcc, AddressSanitizer + UndefinedBehaviorSanitizer   every suite
#   clang     clang-14, the same sanitizers, libFuzzer targets     unit, fuzz, the short ones of sim
#   plain     gcc, as it is installed                              every suite, and unit under valgrind
#
# The last line it prints is `N passed, N failed, N skipped`: one for each test and build. Why one was skipped stands above it.
set -euo pipefail

usage() {
    cat <<USAGE
usage: tests/run.sh [--quick | --all] [--no-install] [--build-dir DIR]

  --quick          one build (gcc with sanitizers), every suite
  --all            more simulation seeds, longer fuzzing, every suite in every build
  --no-install     do not install missing Debian packages, fail when one is missing
  --build-dir DIR  build below DIR (default: \$MAINTD_BUILD_DIR, or .test-build/ in the source tree)
USAGE
}

mode=default install=yes
top=$(cd "$(dirname "$0")/.." && pwd)
builds=${MAINTD_BUILD_DIR:-$top/.test-build}
while [ $# -gt 0 ]; do
    case $1 in
        --quick) mode=quick ;;
        --all) mode=all ;;
        --no-install) install=no ;;
        --build-dir) builds=${2:?--build-dir wants a directory}; shift ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 1 ;;
    esac
    shift
done
cd "$top"

# Debian's own tools, whatever a developer has put in front of them: the Python packages and meson are Debian's.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
unset CC CFLAGS LDFLAGS PYTHONPATH PYTHONHOME VIRTUAL_ENV
export ASAN_OPTIONS=halt_on_error=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
if [ "$mode" = all ]; then
    export MAINTD_TEST_LONG=1       # what can be long (seeds of the simulator, fuzzing) reads this
fi

. tests/lib/deps.sh
deps_ensure "$install" build test
MAINTD_NPM=$(realpath -m "$builds/npm")
export MAINTD_NPM
deps_npm "$install" "$MAINTD_NPM"
export MAINTD_APT_PROXY=${http_proxy-}      # debootstrap fetches as apt does, see tests/system/machine.py
unset http_proxy https_proxy ftp_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY    # apt's alone: tests stay on loopback

jobs=$(nproc)
failed_builds=()
started=()

# build NAME CC [OPTION…]: configure and compile $builds/NAME; a failure is counted, and the other builds go on.
build() {
    local name=$1 cc=$2 dir=$builds/$1
    shift 2
    echo "== build $name"
    mkdir -p "$builds"
    if [ -f "$dir/build.ninja" ]; then
        set -- configure "$dir" -Dwerror=true -Dtests=enabled "$@"
    else
        set -- setup "$dir" . -Dwerror=true -Dtests=enabled "$@"
    fi
    if ! CC=$cc /usr/bin/meson "$@" >"$builds/$name.log" 2>&1 || ! ninja -C "$dir" -j"$jobs" >>"$builds/$name.log" 2>&1; then
        tail -n 60 "$builds/$name.log"
        failed_builds+=("$name")
        return 0
    fi
    grep -nE '(warning|error):' "$builds/$name.log" | head -20 || true
}

# run BUILD RUN ARGUMENT…: one `meson test`, logged as RUN (meson itself adds "-valgrind" with that setup). One more at once than there
# are processors: many wait for a moment to come most of the time.
run() {
    local build=$1 name=$2 dir=$builds/$1
    shift 2
    case " ${failed_builds[*]-} " in *" $build "*) return 0 ;; esac
    echo "== test $name"
    rm -f "$dir/meson-logs/$name.json"
    /usr/bin/meson test -C "$dir" --no-rebuild --num-processes "$((jobs + 1))" --print-errorlogs --logbase "${name%-valgrind}" "$@" </dev/null || true
    started+=("$name=$dir/meson-logs/$name.json")
}

# MAINTD_SLOW_TESTS tells tests that bound CPU time that this build or wrapper is slow by nature.
san=("-Db_sanitize=address,undefined")
begun=$SECONDS

build sanitize gcc "${san[@]}"
MAINTD_SLOW_TESTS=1 run sanitize sanitize --no-suite plain

if [ "$mode" != quick ]; then
    build clang clang-14 "${san[@]}" -Db_lundef=false -Dfuzzers=true
    if [ "$mode" = all ]; then
        MAINTD_SLOW_TESTS=1 run clang clang --no-suite plain
    else
        MAINTD_SLOW_TESTS=1 run clang clang --suite unit --suite fuzz --suite sim --no-suite plain --no-suite gcc
    fi
    build plain gcc
    MAINTD_SLOW_TESTS=1 run plain unit-valgrind --setup valgrind --suite unit --no-suite no-valgrind
    run plain plain --no-suite sanitized
fi

echo "== result ($((SECONDS - begun)) s)"
/usr/bin/python3 tests/lib/summary.py "${failed_builds[@]/#/--failed-build=}" "${started[@]}"
