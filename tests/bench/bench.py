#!/usr/bin/python3
"""maintd beside its floors, in the same run on the same machine.

usage: bench.py BUILD_DIR [--quick] [--n N] [--create N] [--transitions N] [--idle SECONDS] [--runs N]

A floor is the library alone doing the part that cannot be left out: libyaml parsing the same files, libical iterating the same
rules, curl sending the same creates, a bare timerfd. Ratios are what to compare over time; seconds depend on the machine and its
neighbours, so nothing is ever asserted about them: each row shows its bound, and `ok` or `over`. With --quick only what holds on
any machine decides the exit status: that memory stays flat, that commits are fewer than requests, what a reload costs beside the
first load, and that nothing happens while nothing is due.

Build with -Dbuildtype=release for figures that mean something. CPU seconds are those of the process, the least of some runs.
"""
import argparse
import contextlib
import datetime
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness  # noqa: E402

SERVICES = [f"service-{n:02}" for n in range(20)]
LIMITS = {"reads": 60000, "writes": 60000}
failures = []


class Bench:
    def __init__(self, options, work):
        self.options, self.work = options, work

    def built(self, name):
        paths = {"maintctl": "src/ctl/maintctl", "maintd-page": "src/page/maintd-page", "maintd": "src/daemon/maintd"}
        path = self.options.build / paths.get(name, f"tests/bench/{name}")
        return path if path.exists() else None


def row(what, value, bound=None, note="", asserted=False, unit=""):
    """A line of the table; `bound` is the most the value may be."""
    verdict = "" if bound is None else "ok" if value <= bound else "over"
    limit = "" if bound is None else f"≤ {bound:g}{unit}"
    print(f"{what:<52}{value:>10.4g}{unit:<4}{limit:>12} {verdict:<5} {note}", flush=True)
    if asserted and verdict == "over":
        failures.append(what)


def run(*argv, ok=(0,)):
    """What it printed, its wall seconds and its CPU seconds."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(map(str, argv))}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip(), wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def least_cpu(runs, *argv):
    results = [run(*argv) for _ in range(runs)]
    return min(cpu for _, _, cpu in results), results[-1][0]


def generate(folder, count, first):
    tsv = folder.parent / f"{folder.name}.tsv"
    run("/usr/bin/python3", HERE / "gen-manifests.py", count, folder, "--from", first, "--tsv", tsv)
    return tsv


def site(bench, name, targets=None, config="horizon: 90d\nwatch: false", services=SERVICES):
    targets = targets or {"page": "http://127.0.0.1:9"}
    described = {key: {"type": "kodo", "url": url, "token": "kodo-token", "rate_limit": LIMITS} for key, url in targets.items()}
    made = harness.Site(bench.options.build, bench.work / name, config, described, services)
    made.secret("kodo-token", "nothing")
    return made


@contextlib.contextmanager
def canned(bench, name, *creates):
    """A server that answers at once, its base url, and the file of arrivals."""
    log = bench.work / f"{name}.arrivals"
    process = subprocess.Popen([str(bench.built("canned-server")), str(log), *map(str, creates)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r"listening on (\d+)", process.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.kill()
        process.wait()


# ── load, plan, memory, reloads: in one process, without a network ──

def values(text):
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def load_once(bench, place, *options):
    shutil.rmtree(place.state)
    place.state.mkdir(mode=0o700)
    text, _, _ = run(bench.built("bench-load"), *options, place.config, place.state, place.manifests)
    return values(text)


def bench_loading(bench):
    options, first = bench.options, datetime.date.today() + datetime.timedelta(days=1)
    place = site(bench, "loading")
    tsv = generate(place.manifests, options.n, first)
    yaml, _ = least_cpu(options.runs, bench.built("floor-yaml"), place.manifests)
    ical, _ = least_cpu(options.runs, bench.built("floor-ical"), tsv, first.strftime("%Y%m%d"), 90)
    loads = [load_once(bench, place) for _ in range(options.runs)]
    load, plan = (min(run[name] for run in loads) for name in ("cpu_load", "cpu_plan"))
    scale = options.n / 10000
    row(f"libyaml + libical, {options.n} manifests", (yaml + ical) * 1000, unit=" ms", note=f"{yaml * 1000:.0f} + {ical * 1000:.0f}")
    row("load, validate, expand, plan: against both", (load + plan) / (yaml + ical), 1.5, f"{load * 1000:.0f} + {plan * 1000:.0f} ms", unit=" x")
    row("resident, planned", loads[-1]["rss_planned"] / 1024, 45 if scale == 1 else None, f"{loads[-1]['windows']:.0f} windows", unit=" MB")
    done = load_once(bench, place, "--publish", "--reloads", options.reloads)
    row("resident, all published", done["rss_published"] / 1024, 90 if scale == 1 else None, f"{done['writes']:.0f} objects", unit=" MB")
    row("resident, after a resync of all", done["rss_resynced"] / 1024, 90 if scale == 1 else None, unit=" MB")
    cold = load + plan
    row("reload, one file edited: against the first load", 100 * done["cpu_reload_edited_least"] / cold, 10, unit=" %", asserted=scale == 1,
        note=f"{done['cpu_reload_edited'] * 1000:.1f} ms on average")
    row("reload, nothing changed: against the first load", 100 * done["cpu_reload_same_least"] / cold, 10, unit=" %", asserted=scale == 1)
    row(f"growth over {2 * options.reloads} reloads", done["rss_growth"] / 1024, 1, unit=" MB", asserted=True)
    row("commits for each write, 16 in flight", done["commits"] / done["writes"], 1, asserted=True)


# ── creating ──

def apply_all(bench, place):
    """One `maintctl apply` from an empty ledger: wall and CPU seconds."""
    _, wall, cpu = run(bench.built("maintctl"), *place.arguments(), "apply")
    return wall, cpu


def one_offs(place, count, first, step=datetime.timedelta(minutes=7), length="1h"):
    place.manifests.mkdir(exist_ok=True)
    for number in range(count):
        start = (first + number * step).strftime("%Y-%m-%dT%H:%M:%SZ")
        (place.manifests / f"w{number:05}.yaml").write_text(
            f"title: Maintenance {number}\ndescription: The work in this window is done by one team.\nstart: {start}\nduration: {length}\n"
            "services: [service-00, service-01]\n")


def floor_post(bench, url, key, creates):
    secret = bench.work / "floor-key"
    secret.touch(0o600)
    secret.write_text(key)
    said, _, _ = run(HERE / "floor-post.sh", url, secret, creates, bench.work)
    return float(re.search(r"in ([\d.]+) s", said)[1])


def capture(bench, first):
    """What maintd sends to publish these windows."""
    creates = bench.work / "creates"
    with canned(bench, "capture", creates) as (url, _):
        place = site(bench, "capture", {"page": url + "/ok"})
        one_offs(place, bench.options.create, first)
        apply_all(bench, place)
    return creates


def for_page(creates, page):
    """The same with this page's ids of the services."""
    ids = {service["name"]: service["id"] for service in page.call("GET", "/services")[1]["services"]}
    text = re.sub(r'"s(\d\d)"', lambda found: f'"{ids["service-" + found[1]]}"', creates.read_text())
    made = creates.with_name("creates-for-page")
    made.write_text(text)
    return made


def bench_creating_page(bench, first, creates):
    count, floors, walls = bench.options.create, [], []
    for number in range(bench.options.runs):
        with harness.Page(bench.options.build, bench.work / f"floor-page-{number}", SERVICES) as page:
            floors.append(floor_post(bench, page.api_url, page.key, for_page(creates, page)))
        with harness.Page(bench.options.build, bench.work / f"page-{number}", SERVICES) as page:
            place = site(bench, f"creating-{number}", {"page": page.api_url})
            place.secret("kodo-token", page.key)
            one_offs(place, count, first)
            walls.append(apply_all(bench, place))
    row(f"apply {count} creates to maintd-page: against curl", min(walls)[0] / min(floors), 1.5,
        f"{min(walls)[0]:.2f} s, curl {min(floors):.2f} s, CPU {min(walls)[1]:.2f} s", unit=" x")


def bench_creating(bench):
    count = bench.options.create
    first = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=1)
    creates = capture(bench, first)
    if bench.built("maintd-page"):
        bench_creating_page(bench, first, creates)
    floors, walls = [], []
    for number in range(bench.options.runs):
        with canned(bench, "creating") as (url, _):
            floors.append(floor_post(bench, url + "/limit", "nothing", creates))
            place = site(bench, f"creating-canned-{number}", {"page": url + "/ok"})
            one_offs(place, count, first)
            walls.append(apply_all(bench, place))
    row(f"apply {count} creates, canned answers: against curl", min(walls)[0] / min(floors), 3,
        f"{min(walls)[0]:.2f} s, curl {min(floors):.2f} s, CPU {min(walls)[1]:.2f} s", unit=" x")


# ── transitions ──

def arrivals(log, base="/ok"):
    """Lateness in ms of each change of state that reached the server."""
    rows = (line.split("\t") for line in log.read_text().splitlines())
    return [(int(at) - int(due)) / 1000 for name, at, due, _, _ in rows if name == base]


def percentile(numbers, percent):
    return statistics.quantiles(numbers, n=100, method="inclusive")[percent - 1]


def published(log_path, url, count):
    return harness.api("GET", f"{url}/maintenance/m{count - 1}")[0] == 200


def transitions(bench, name, bases, windows):
    """Lateness of the transitions at the first base, with `windows` others loaded and the listing going on all the time."""
    with canned(bench, name) as (url, log):
        targets = {base.strip("/"): url + base for base in bases}
        place = site(bench, name, targets, "resync: 10s\nwatch: false")
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        one_offs(place, windows, now + datetime.timedelta(days=2), datetime.timedelta(minutes=3))
        with place.maintd() as daemon:
            for base in bases:
                harness.eventually(f"{windows} windows at {base}", lambda: published(log, url + base, windows), 300)
            begin = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=8)
            count = bench.options.transitions
            for number in range(count):
                start = (begin + datetime.timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
                place.write(f"soon{number:04}.yaml", f"title: Soon {number}\nstart: {start}\nduration: {count}s\n")
            place.ctl("reload")
            end = begin + datetime.timedelta(seconds=2 * count + 2)
            while datetime.datetime.now(datetime.timezone.utc) < end:
                time.sleep(1)
            memory = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text())[1])
        return arrivals(log), memory


def bench_transitions(bench):
    count = bench.options.transitions
    floor_run = subprocess.Popen([str(bench.built("floor-timer")), str(2 * count), "1000000"], stdout=subprocess.PIPE, text=True)
    late, memory = transitions(bench, "due", ["/ok"], bench.options.windows)
    floor = floor_run.communicate()[0].strip()
    row(f"transitions, median of {len(late)}", statistics.median(late), 2, f"timerfd: {floor}", unit=" ms")
    row("transitions, 99th percentile", percentile(late, 99), 10, f"{memory / 1024:.0f} MB resident", unit=" ms")
    beside, _ = transitions(bench, "beside", ["/ok", "/hang", "/limit"], bench.options.windows // 10)
    row("the same beside a hanging and a limiting target", abs(percentile(beside, 99) - percentile(late, 99)), 10,
        f"99th percentile {percentile(beside, 99):.2f} ms", unit=" ms")


# ── nothing due ──

def switches(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])


def written(state):
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in state.iterdir() if path.is_file()}


def bench_idle(bench):
    with canned(bench, "idle") as (url, _):
        place = site(bench, "idle", {"page": url + "/ok"}, "resync: 1h")
        one_offs(place, 200, datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2))
        with place.maintd() as daemon:
            harness.eventually("200 windows", lambda: published(None, url + "/ok", 200), 60)
            time.sleep(15)                      # timers of the start: pruning, connections, status
            before, files = switches(daemon.process.pid), written(place.state)
            time.sleep(bench.options.idle)
            row(f"wake-ups in {bench.options.idle} s with nothing due", switches(daemon.process.pid) - before, 0, asserted=True)
            changed = [name for name, stamp in written(place.state).items() if files.get(name) != stamp]
            row("files written meanwhile", len(changed), 0, " ".join(changed), asserted=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="small, and only what holds on any machine")
    parser.add_argument("--n", type=int, default=10000, help="manifests to read (default 10000)")
    parser.add_argument("--reloads", type=int, default=500, help="reloads, each with and without an edit (default 500)")
    parser.add_argument("--create", type=int, default=1000, help="manifests to publish (default 1000)")
    parser.add_argument("--windows", type=int, default=10000, help="windows loaded beside those that are due (default 10000)")
    parser.add_argument("--transitions", type=int, default=100, help="windows that start and end, one a second (default 100)")
    parser.add_argument("--idle", type=int, default=20, help="seconds of nothing (default 20)")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the least counts (default 3)")
    parser.add_argument("--only", help="loading, creating, transitions or idle")
    options = parser.parse_args()
    options.build = options.build.resolve()
    if options.quick:
        options.n, options.reloads, options.create, options.runs, options.idle = 1000, 50, 50, 1, 5
    steps = {"loading": bench_loading, "creating": bench_creating, "transitions": bench_transitions, "idle": bench_idle}
    if options.quick:
        del steps["transitions"]
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None     # a disk's syncs are not what is measured
    with tempfile.TemporaryDirectory(prefix="maintd-bench-", dir=memory) as work:
        for name, step in steps.items():
            if options.only in (None, name):
                step(Bench(options, pathlib.Path(work)))
    if failures and options.quick:
        sys.exit("over: " + "; ".join(failures))


if __name__ == "__main__":
    main()
