#!/usr/bin/env bash
# Static analysis of the program: what compilers do not say by themselves.
#
#   tests/lint.sh cppcheck              seconds; part of every run
#   tests/lint.sh clang-tidy [BUILD]    a minute or two: with MAINTD_TEST_LONG, else skipped
#   tests/lint.sh analyzer [BUILD]      gcc -fanalyzer, likewise
#
# BUILD: a configured build directory, whose compile_commands.json says how each file is compiled. All of it must be clean. What is wrong
# in a finding of these is said beside the name of the check that is off, or at the line in the source.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?cppcheck, clang-tidy or analyzer}
build=${2:-}

need() {
    command -v "$1" >/dev/null || { echo "$1 is not installed"; exit 77; }
}

long() {
    [ -n "${MAINTD_TEST_LONG-}" ] || { echo "takes minutes: only with MAINTD_TEST_LONG (tests/run.sh --all)"; exit 77; }
}

# Runs "$@" with each of the program's sources that BUILD compiles at its end, or, if "$@" is empty, the compiler as BUILD does.
each_source() {
    /usr/bin/python3 - "$build" "$@" <<'PY'
import concurrent.futures, json, os, shlex, subprocess, sys

def check(c):
    source = os.path.realpath(os.path.join(c['directory'], c['file']))
    if not source.startswith(os.getcwd() + '/src/'):
        return 0
    if sys.argv[2:]:
        done = subprocess.run([*sys.argv[2:], source], capture_output=True, text=True)
        said = done.stdout
    else:
        words = shlex.split(c['command'])
        options = [w for w in words[words.index('gcc' if 'gcc' in words else 'cc') + 1:] if w[:2] in ('-I', '-D', '-W', '-f', '-O', '-s')]
        options = [w for w in options if not w.startswith('-fsanitize')]
        # What gcc 12 cannot follow: ownership by __attribute__((cleanup)) and in lists; results that are written on success only, by
        # functions of other files; arrays that are NULL exactly when their count is 0.
        blind = ['malloc-leak', 'use-of-uninitialized-value', 'null-dereference', 'possible-null-dereference', 'null-argument', 'possible-null-argument']
        options += ['-fanalyzer', *(f'-Wno-analyzer-{name}' for name in blind), '-fdiagnostics-path-format=none', '-Werror']
        done = subprocess.run(['gcc', *options, '-c', source, '-o', '/dev/null'],
                              cwd=c['directory'], capture_output=True, text=True)
        said = done.stderr
    if done.returncode:
        print(said, flush=True)
    return done.returncode

with open(os.path.join(sys.argv[1], 'compile_commands.json')) as f, concurrent.futures.ThreadPoolExecutor(2) as pool:
    sys.exit(any([*pool.map(check, json.load(f))]))
PY
}

run_cppcheck() {
    need cppcheck
    local options=(
        # It does not know __attribute__((cleanup)): whatever auto_() frees it believes lost. AddressSanitizer and valgrind see leaks.
        --suppress=memleak --suppress=resourceLeak
        # There is one thread.
        --suppress=readdirCalled --suppress=getgrnamCalled
        # Headers of the system are not looked into; what macros from there mean:
        --suppress=missingInclude --suppress=missingIncludeSystem --include=tests/lib/cppcheck-macros.h
    )
    cppcheck --quiet --inline-suppr --error-exitcode=1 --enable=warning,performance,portability --std=c11 --library=posix --library=gnu -j2 \
        -I src -D_GNU_SOURCE '-DPROJECT_VERSION="0"' "${options[@]}" src
}

case $what in
    cppcheck) run_cppcheck ;;
    clang-tidy)
        long
        need clang-tidy-14
        each_source clang-tidy-14 --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option -p "$build"
        ;;
    analyzer)
        long
        need gcc
        each_source
        ;;
    *) echo "tests/lint.sh: no such check: $what" >&2; exit 1 ;;
esac
echo "$what: clean"
