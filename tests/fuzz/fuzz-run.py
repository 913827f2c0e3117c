#!/usr/bin/python3
"""Runs one libFuzzer target for a while, from its corpus and whatever it finds: a test of the clang build.

usage: fuzz-run.py PROGRAM DICTIONARY|- CORPUS…

$MAINTD_FUZZ_SECONDS says how long (default: 10, and 120 with $MAINTD_TEST_LONG), $MAINTD_FUZZ_SEED from where (default: 1). The
corpus is not touched: what is found goes to a folder that is removed, or to $MAINTD_FUZZ_KEEP. An input that crashes, leaks, takes
ten seconds or a gigabyte is kept in the build directory, and printed with the command that replays it.
"""
import base64
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SHOWN = 16 * 1024


def seconds():
    return int(os.environ.get("MAINTD_FUZZ_SECONDS") or (120 if os.environ.get("MAINTD_TEST_LONG") else 10))


def command(program, dictionary, found, artifacts, corpora):
    options = [f"-max_total_time={seconds()}", f"-seed={os.environ.get('MAINTD_FUZZ_SEED') or 1}", "-timeout=10", "-rss_limit_mb=2048",
               "-malloc_limit_mb=1024", "-print_final_stats=1", f"-artifact_prefix={artifacts}/"]
    if dictionary != "-":
        options.append(f"-dict={dictionary}")
    return [program, *options, str(found), *corpora]


def summary(log, elapsed):
    """The last figures that libFuzzer gave."""
    lines = re.findall(r"^#\d+\s.*cov:.*$", log, re.M)
    runs = re.search(r"stat::number_of_executed_units: (\d+)", log)
    cov = re.search(r"cov: (\d+) ft: (\d+) corp: (\d+)", lines[-1]) if lines else None
    edges, features, inputs = cov.groups() if cov else "???"
    return f"{runs.group(1) if runs else '?'} executions in {elapsed:.0f} s, {edges} edges, {features} features, {inputs} inputs"


def report(program, log, artifacts, corpus):
    print(log[-8000:])
    for artifact in sorted(artifacts.iterdir()):
        data = artifact.read_bytes()
        print(f"\n{artifact}: {len(data)} bytes; to see it again:\n\n    {program} {artifact}\n")
        print(f"Once it is mended it belongs into {corpus}, by a name that says what it was. In base64"
              + (f", the first {SHOWN} bytes:" if len(data) > SHOWN else ":"))
        print(base64.b64encode(data[:SHOWN]).decode())


def main(program, dictionary, *corpora):
    program = pathlib.Path(program).resolve()
    artifacts = program.parent / f"{program.name}.artifacts"
    artifacts.mkdir(exist_ok=True)
    for old in artifacts.iterdir():
        old.unlink()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="maintd-fuzz-", dir=memory) as name:
        folder = pathlib.Path(name)
        found = pathlib.Path(os.environ.get("MAINTD_FUZZ_KEEP") or folder / "found") / program.name
        found.mkdir(parents=True, exist_ok=True)
        (folder / "tmp").mkdir()
        begun = time.monotonic()
        done = subprocess.run(command(program, dictionary, found, artifacts, corpora), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": str(folder / "tmp")}, check=False)
    elapsed = time.monotonic() - begun
    log = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        report(program, log, artifacts, corpora[0])
    print(summary(log, elapsed))
    return done.returncode != 0     # libFuzzer's own 77 would mean that the test was skipped


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
