#!/usr/bin/python3
"""maintd beside its floors, in the same run on the same machine.

usage: bench.py BUILD_DIR [--n N] [--create N] [--runs N]

A floor is the library alone doing the part that cannot be left out: libyaml parsing the same files, libical iterating the same
rules, curl creating as many windows at the same page. Ratios are what to compare over time; seconds depend on the machine and
its neighbours, so nothing here is ever asserted about them. Rows whose programs are not built are left out.
"""
import argparse
import datetime
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness  # noqa: E402

SERVICES = [f"service-{n:02}" for n in range(20)]


def run(*argv, ok=(0,)):
    """Wall seconds and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(map(str, argv))}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds, done.stdout.strip()


def median(runs, *argv, ok=(0,)):
    results = [run(*argv, ok=ok) for _ in range(runs)]
    return statistics.median(seconds for seconds, _ in results), results[-1][1]


def row(what, seconds, floor=None, note=""):
    ratio = f"{seconds / floor:8.1f} x" if floor else " " * 10
    print(f"{what:<46}{seconds * 1000:10.1f} ms{ratio}   {note}", flush=True)


def generate(folder, count, first):
    tsv = folder.parent / f"{folder.name}.tsv"
    run("/usr/bin/python3", HERE / "gen-manifests.py", count, folder, "--from", first, "--tsv", tsv)
    return tsv


def site(build, root, url="http://127.0.0.1:9"):
    target = {"type": "kodo", "url": url, "token": "kodo-token", "rate_limit": {"reads": 60000, "writes": 60000}}
    made = harness.Site(build, root, "horizon: 90d\nwatch: false", {"page": target}, SERVICES)
    made.secret("kodo-token", "nothing")
    return made


def bench_reading(options, work, built):
    """Reading N manifests and expanding their rules over 90 days."""
    first = datetime.date(2027, 2, 1)
    place = site(options.build, work / "reading") if built("maintctl") else None
    folder = place.manifests if place else work / "manifests"
    tsv = generate(folder, options.n, first)
    yaml, counted = median(options.runs, built("floor-yaml"), folder)
    row(f"floor: libyaml events, {options.n} manifests", yaml, note=counted)
    ical, counted = median(options.runs, built("floor-ical"), tsv, first.strftime("%Y%m%d"), 90)
    row("floor: libical, the same rules", ical, note=counted)
    if place:
        lint, _ = median(options.runs, built("maintctl"), *place.arguments(), "lint", folder)
        row("maintctl lint, against both", lint, yaml + ical)


def bench_creating(options, work, built):
    """Publishing windows at a page, and finding that there is nothing left to do."""
    if not built("maintd-page"):
        return
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    windows = options.create
    if built("maintctl"):
        with harness.Page(options.build, work / "page", SERVICES) as page:
            place = site(options.build, work / "creating", page.api_url)
            place.secret("kodo-token", page.key)
            generate(place.manifests, options.create, tomorrow)
            applied, _ = run(built("maintctl"), *place.arguments(), "apply")
            windows = len(page.windows())
            again, _ = median(options.runs, built("maintctl"), *place.arguments(), "plan")
    with harness.Page(options.build, work / "floor-page", SERVICES) as page:
        key = work / "floor-key"
        key.touch(0o600)
        key.write_text(page.key)
        _, said = run(HERE / "floor-post.sh", page.api_url, key, windows, work)
        floor = float(re.search(r"in ([\d.]+) s", said)[1])
        row(f"floor: curl --parallel, {windows} windows", floor)
    if built("maintctl"):
        row(f"maintctl apply, {options.create} manifests", applied, floor, f"{windows} windows")
        row("maintctl plan, nothing to do", again, note="in sync")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--n", type=int, default=1000, help="manifests to read (default 1000)")
    parser.add_argument("--create", type=int, default=100, help="manifests to publish (default 100)")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median counts (default 5)")
    options = parser.parse_args()
    options.build = options.build.resolve()
    paths = {"maintctl": "src/ctl/maintctl", "maintd-page": "src/page/maintd-page"}

    def built(name):
        path = options.build / paths.get(name, f"tests/bench/{name}")
        return path if path.exists() else None

    with tempfile.TemporaryDirectory(prefix="maintd-bench-") as work:
        bench_reading(options, pathlib.Path(work), built)
        bench_creating(options, pathlib.Path(work), built)
        _, lateness = run(built("floor-timer"), 200, 2000)
        print(f"{'floor: timerfd, lateness':<46}{lateness}")


if __name__ == "__main__":
    main()
