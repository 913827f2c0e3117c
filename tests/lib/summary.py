#!/usr/bin/python3
"""Adds up what `meson test` wrote, prints every failure and every skip with its reason, and one last line to count by.

usage: summary.py [--failed-build=NAME…] RUN=testlog.json…
A test that is run in two builds counts twice. Exit status 1 when anything failed, or when nothing ran at all.
"""
import json
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def reason(test):
    """The last line a skipped test printed says why."""
    lines = [line.strip() for line in (test.get("stdout") or "").splitlines() + (test.get("stderr") or "").splitlines()]
    lines = [line for line in lines if line]
    return lines[-1] if lines else "no reason given"


def read(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return [json.loads(line) for line in log if line.strip()]


def main(arguments):
    passed = failed = skipped = 0
    for argument in arguments:
        if argument.startswith("--failed-build="):
            print(f"FAILED  build {argument.partition('=')[2]}: see its log above")
            failed += 1
            continue
        run, _, path = argument.partition("=")
        try:
            tests = read(path)
        except FileNotFoundError:
            tests = []
        if not tests:
            print(f"FAILED  {run}: no test ran")
            failed += 1
        for test in tests:
            result = test["result"]
            if result in PASSED:
                passed += 1
            elif result in SKIPPED:
                skipped += 1
                print(f"skipped {run}: {test['name']}: {reason(test)}")
            else:
                failed += 1
                print(f"FAILED  {run}: {test['name']}: {result.lower()}, status {test.get('returncode')}")
    if passed + failed == 0:
        print("FAILED  nothing ran")
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main([a for a in sys.argv[1:] if a]))
