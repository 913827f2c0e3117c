#!/usr/bin/python3
"""N manifests as a large team would have them, always the same for the same arguments.

usage: gen-manifests.py N DIR [--from YYYY-MM-DD] [--tsv FILE] [--services N]

A third recurs: 60 % weekly, 25 % monthly on an nth weekday, 15 % on a day of the month, having begun up to a year before. The
others happen once within 90 days. Five zones. With --tsv, the same for floor-ical: id, first local start, rule or `-`.
"""
import argparse
import datetime
import pathlib
import random

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
DAYS = 90
TEXT = """\
The work in this window is done by the {team} team. Reading keeps working all the time; saving can be refused for a few
  seconds at the beginning and at the end, and is repeated by the apps.

  **What to do:** nothing. Reports that are due in this time are sent afterwards."""


def weekly(day):
    return day, f"FREQ=WEEKLY;BYDAY={WEEKDAYS[day.weekday()]}"


def nth_weekday(day):
    number = min((day.day - 1) // 7 + 1, 4)
    day -= datetime.timedelta(days=7 * ((day.day - 1) // 7 + 1 - number))
    return day, f"FREQ=MONTHLY;BYDAY={number}{WEEKDAYS[day.weekday()]}"


def month_day(day):
    day = day.replace(day=min(day.day, 28))
    return day, f"FREQ=MONTHLY;BYMONTHDAY={day.day}"


def rule_for(rng, day):
    return rng.choices([weekly, nth_weekday, month_day], [60, 25, 15])[0](day)


def manifest(number, rng, first, services):
    clock = f"{rng.randrange(24):02}:{rng.choice([0, 15, 30, 45]):02}"
    rule = "-"
    if number % 3 == 0:
        day, rule = rule_for(rng, first - datetime.timedelta(days=rng.randrange(365)))
    else:
        day = first + datetime.timedelta(days=rng.randrange(1, DAYS))
    start = f"{day.isoformat()}T{clock}"
    lines = [
        f"title: Maintenance {number} of the {rng.choice(['network', 'storage', 'database', 'platform'])} systems",
        "description: |",
        "  " + TEXT.format(team=rng.choice(["data", "platform", "network"])),
        f"start: {start}",
        f"duration: {rng.choice(['30min', '1h', '90min', '2h', '4h'])}",
        f"timezone: {rng.choice(ZONES)}",
        f"services: [{', '.join(sorted(rng.sample(services, rng.randint(1, min(3, len(services))))))}]",
        "notify:",
        "  reminders: [24h, 1h]",
    ]
    if rule != "-":
        lines += ["recurrence:", f"  rule: {rule}"]
    elif rng.random() < 0.5:
        lines += ["updates:", "  - at: +15min", "    message: Half of the work is done, and all is as planned."]
    return "\n".join(lines) + "\n", start, rule


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n", type=int)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--from", dest="first", type=datetime.date.fromisoformat, default=datetime.date(2027, 2, 1))
    parser.add_argument("--tsv", type=pathlib.Path)
    parser.add_argument("--services", type=int, default=20)
    options = parser.parse_args()
    rng = random.Random(4711)
    services = [f"service-{n:02}" for n in range(options.services)]
    rows = []
    for number in range(options.n):
        text, start, rule = manifest(number, rng, options.first, services)
        path = options.dir / f"team-{number % 37:02}" / f"m{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        rows.append(f"{path.stem}\t{start.replace('-', '').replace(':', '')}00\t{rule}\n")
    if options.tsv:
        options.tsv.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
