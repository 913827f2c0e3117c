#!/usr/bin/python3
"""Does the proof bite? Builds with one mistake each, every one of which the simulator must find.

usage: mutations.py SOURCE [--only NUMBER]… [--seeds N] [--jobs N]

The sources are copied, each mistake is made by replacing a piece of text (which must be there exactly once, so that the list cannot
rot), the simulator runs seeds until one fails, and the unit tests of the engine's parts run as well. Prints a table; fails when
the simulator misses one. Takes minutes: runs with `tests/run.sh --all`.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

UNIT = ["plan", "engine", "guard", "pair", "dispatch", "state", "effects", "crowd", "kodo", "alertmanager", "target", "model", "recurrence", "window",
        "zone", "desired"]
RECONCILE = "src/reconcile/"

# Number, name, and replacements: file, old text, new text.
MUTATIONS = [
    (1, "skip the intent", [
        (RECONCILE + "engine.c", "        copy->written.boot = 0;\n", "        copy->written.boot = 0;\n        copy->intent = 0;\n")]),
    (2, "send before the commit", [
        ("tests/sim/world.c", "                error = ledger_commit(w->ledger, t.entries, t.n_entries);\n",
         "                for (size_t n = 0; n < t.n_requests; n++)\n                        send_request(w, &t.requests[n]);\n"
         "                error = ledger_commit(w->ledger, t.entries, t.n_entries);\n"),
        ("tests/sim/world.c", "if (t.requests[n].intent == 0 || committed) {", "if (false) {")]),
    (3, "forget the adopt", [
        (RECONCILE + "engine-look.c", "        p->seen_generation = m->generation;\n        return part_saw(e, i, p, o, began, listing);\n", "        return 0;\n")]),
    (4, "adopt without the marker check", [
        (RECONCILE + "engine-look.c", "&& strcmp(m.instance, r->target->instance) == 0)", "&& *m.instance)")]),
    (5, "absence from a partial listing means deleted", [
        (RECONCILE + "engine-look.c", "        if (q >= 0 && cursor && f->query != QUERY_OBJECT) {", "        if (q >= 0 && cursor && f->query == QUERY_CATALOGUE) {"),
        (RECONCILE + "engine-look.c", "return p->gone ? LOOK_GONE : p->absent ? LOOK_ABSENT : LOOK_PRESENT;", "return p->gone || p->absent ? LOOK_GONE : LOOK_PRESENT;")]),
    (6, "compare with desired instead of echo", [
        (RECONCILE + "plan-wanted.c", "        fields = print_diff(&c->in->seen->print, &c->r->echo, c->can->readable",
         "        Print wanted = object_print(&c->o);\n        fields = print_diff(&c->in->seen->print, &wanted, c->can->readable")]),
    (7, "drop the guard", [
        (RECONCILE + "engine-windows.c", "hold_cancels = guard_holds_cancels(&g, e->config.max_cancel);", "hold_cancels = false;")]),
    (8, "guard per load instead of per hour", [
        (RECONCILE + "engine-windows.c", "        return t > 0 && usec_add(t, GUARD_HOUR) > now.real;", "        return t > 0 && t > now.real;")]),
    (9, "repeat a message after an unknown outcome", [
        (RECONCILE + "plan-wanted.c", "if (c->in->look == LOOK_PRESENT && plan_shown(c->in->seen, u->message))", "if (c->in->look == LOOK_NONE && plan_shown(c->in->seen, u->message))")]),
    (10, "bucket on CLOCK_REALTIME", [
        (RECONCILE + "engine-send.c", "if (!bucket_ready(&r->writes, due, now.boot, &when)) {",
         "if (!bucket_ready(&r->writes, due, now.real, &when) && (when = usec_add(usec_sub(when, now.real), now.boot), true)) {"),
        (RECONCILE + "engine-send.c", "        u->entry.late = action_lateness(&f->action, now);\n        bucket_take(&r->writes, now.boot);",
         "        u->entry.late = action_lateness(&f->action, now);\n        bucket_take(&r->writes, now.real);")]),
    (11, "`state:` overrides the clock", [
        (RECONCILE + "state.c", "        return w->auto_complete ? STATE_COMPLETED", "        return w->auto_complete && w->floor == STATE_SCHEDULED ? STATE_COMPLETED")]),
    (12, "no generation in the key", [
        ("src/target/kodo-action.c", "        h = hash_u64(h, act->generation);\n", ""),
        ("src/target/kodo-object.c", "marker_format(t->instance, w->key, generation, \"\", KODO_MARKER_MAX, marker)", "marker_format(t->instance, w->key, 0, \"\", KODO_MARKER_MAX, marker)")]),
]


def run(*argv, **options):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


class Copy:
    """A copy of the sources with a build of its own."""

    def __init__(self, source, place):
        self.source, self.place, self.build = source, place / "source", place / "build"
        for folder in ("src", "tests", "schema", "systemd", "man", "examples"):
            shutil.copytree(source / folder, self.place / folder, symlinks=True)
        for name in ("meson.build", "meson_options.txt"):
            shutil.copy2(source / name, self.place / name)
        done = run("/usr/bin/meson", "setup", str(self.build), str(self.place), "-Dtests=enabled", "-Dbuildtype=debugoptimized", "-Db_lto=false")
        if done.returncode:
            sys.exit(done.stdout)

    def make(self):
        wanted = ["tests/sim/sim"] + [f"tests/unit/test-{name}" for name in UNIT]
        done = run("ninja", "-C", str(self.build), *wanted)
        if done.returncode:
            sys.exit(done.stdout[-4000:])

    def change(self, path, old, new):
        file = self.place / path
        text = file.read_text()
        if text.count(old) != 1:
            sys.exit(f"{path}: the text to be replaced is there {text.count(old)} times: bring tests/sim/mutations.py up to date\n{old}")
        file.write_text(text.replace(old, new))

    def restore(self, path):
        (self.place / path).write_text((self.source / path).read_text())

    def simulator(self, seeds, jobs):
        """(the first seed that failed and how, seconds), or None."""
        began = time.monotonic()
        done = run(str(self.build / "tests/sim/sim"), "--seeds", str(seeds), "--jobs", str(jobs), "--first")
        found = re.search(r"^seed (\d+): ([^:\n]*)", done.stdout, re.M)
        if done.returncode and not found:
            found = re.search(r"()([^\n]*(?:Assertion|spinning)[^\n]*)", done.stdout) or re.search(r"()(.{0,60})\Z", done.stdout, re.S)
        return (found[1], found[2], time.monotonic() - began) if done.returncode else None

    def units(self):
        return [name for name in UNIT if run(str(self.build / f"tests/unit/test-{name}"), env={**os.environ, "TZ": "UTC"}).returncode]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--only", type=int, action="append")
    parser.add_argument("--seeds", type=int, default=4000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--long-runs-only", action="store_true")
    options = parser.parse_args()
    if options.long_runs_only and not os.environ.get("MAINTD_TEST_LONG"):
        print("skipped: takes long; `tests/run.sh --all` runs it")
        return 77
    missed = 0
    with tempfile.TemporaryDirectory(prefix="maintd-mutations-") as place:
        copy = Copy(options.source.resolve(), pathlib.Path(place))
        for number, name, replacements in MUTATIONS:
            if options.only and number not in options.only:
                continue
            for replacement in replacements:
                copy.change(*replacement)
            copy.make()
            found, units = copy.simulator(options.seeds, options.jobs), copy.units()
            for path, _, _ in replacements:
                copy.restore(path)
            missed += found is None
            verdict = f"seed {found[0] or '?'}: {found[1]} ({found[2]:.0f} s)" if found else "MISSED"
            print(f"{number:2} {name:<46} {verdict:<64} {', '.join(units) or '-'}", flush=True)
    print(f"{missed} missed by the simulator")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
