#!/usr/bin/python3
"""Copies the example manifests with their dates moved to the coming weeks, for quickstart.sh.

usage: demo-dates.py FROM TO NOW        NOW: seconds since the epoch
       demo-dates.py --cancel FROM TO   writes the cancelled example as it is meant in the end

A text tool on purpose: comments and layout stay, and only what the examples use is understood. One-off windows move by
whole weeks, occurrences of a rule to the next dates of that rule. Two windows take place at once, so that a demonstration
sees every state: RUNNING starts in a few seconds, FINISHED also ends. CANCELLED is first published without its
`state: cancelled`, for there would be nothing to cancel.
"""
import datetime
import pathlib
import re
import sys

RUNNING = ("db-migration.yaml", 12, 7200)                   # starts after, lasts, in seconds
FINISHED = ("storage/array-firmware.yaml", 10, 8)
CANCELLED = "platform/datacenter-move.yaml"

DATE = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)(?!\d)")
DAY = datetime.timedelta(days=1)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def by_rule(rule):
    """A test for dates: is it one of this rule's? Only the kinds of rule in the examples."""
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts["FREQ"] == "WEEKLY":
        return lambda day: WEEKDAYS[day.weekday()] == parts["BYDAY"]
    if "BYMONTHDAY" in parts:
        return lambda day: day.day == int(parts["BYMONTHDAY"])
    number, weekday = int(parts["BYDAY"][0]), parts["BYDAY"][1:]
    return lambda day: WEEKDAYS[day.weekday()] == weekday and (day.day - 1) // 7 + 1 == number


def dates_from(day, fits, interval=1):
    found = 0
    while True:
        if fits(day):
            if found % interval == 0:
                yield day
            found += 1
        day += DAY


def occurrence_map(text, start, today):
    """Old date → new date for the first two years of a rule."""
    rule = re.search(r"^\s+rule:\s*(\S+)", text, re.M).group(1)
    interval = int((re.search(r"INTERVAL=(\d+)", rule) or [0, 1])[1])
    fits = by_rule(rule)
    pairs = zip(dates_from(start, fits, interval), dates_from(today + DAY, fits, interval))
    return dict(pair for pair, _ in zip(pairs, range(110)))


def move_dates(text, move):
    """Every date that is not in a comment."""
    def line(one):
        code, hash_, comment = one.partition("#")
        return DATE.sub(lambda m: move(datetime.date.fromisoformat(m[1])).isoformat(), code) + hash_ + comment
    return "".join(line(one) for one in text.splitlines(keepends=True))


def first_start(text):
    found = re.search(r"^start:\s*(\d{4}-\d\d-\d\d)", text, re.M)
    return datetime.date.fromisoformat(found[1]) if found else None


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def take_place(text, start, length):
    text = re.sub(r"^start:.*$", f"start: {stamp(start)}", text, flags=re.M)
    return re.sub(r"^end:.*$", f"end: {stamp(start + length)}", text, flags=re.M)


def without_cancellation(text):
    return re.sub(r"^(state|message):.*\n", "", text, flags=re.M)


def convert(files, now):
    today = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).date()
    once = [first_start(text) for text in files.values() if first_start(text) and "recurrence:" not in text]
    weeks = (today + 2 * DAY - min(once)) // (7 * DAY) + 1          # so that the first lies two to nine days ahead
    for name, text in files.items():
        start = first_start(text)
        if start and "recurrence:" in text:
            moved = occurrence_map(text, start, today)
            text = move_dates(text, lambda day: moved.get(day, day))
        else:
            text = move_dates(text, lambda day: day + weeks * 7 * DAY)
        for role, after, length in (RUNNING, FINISHED):
            if name == role:
                text = take_place(text, now + after, length)
        yield name, text


def main(arguments):
    cancel = arguments[:1] == ["--cancel"]
    source, target = map(pathlib.Path, arguments[cancel:cancel + 2])
    if cancel:
        said = re.search(r"^state:.*\n^message:.*\n", (source / CANCELLED).read_text(encoding="utf-8"), re.M)[0]
        with open(target / CANCELLED, "a", encoding="utf-8") as file:
            file.write(said)
        return 0
    files = {str(path.relative_to(source)): path.read_text(encoding="utf-8") for path in sorted(source.rglob("*.yaml"))}
    for name, text in convert(files, int(arguments[2])):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == CANCELLED:
            text = without_cancellation(text)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
