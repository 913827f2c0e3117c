#!/usr/bin/python3
"""Random recurrence rules, and what python-dateutil says they mean, on a floating wall clock.

One line "START FROM LIMIT RULE WALL,WALL,…" each, in seconds: the occurrences from FROM on, earlier than LIMIT, ten at most;
piped into the checker given as first argument, then how many rules and a seed. Left out are the combinations in which dateutil departs from RFC 5545 (ordinals
mixed with plain weekdays, BYWEEKNO without BYDAY, BYSETPOS in weekly rules or beside BYWEEKNO): test-recurrence.c has those, by hand.
"""
import itertools, random, subprocess, sys, warnings
from datetime import datetime, timedelta
from dateutil.rrule import rrulestr

EPOCH = datetime(1970, 1, 1)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
warnings.simplefilter("ignore")


def some(rnd, values, most):
    return sorted(rnd.sample(values, rnd.randint(1, min(most, len(values)))))


def signed(rnd, high, most):
    return some(rnd, [n for n in range(-high, high + 1) if n], most)


def text(values):
    return ",".join(map(str, values))


def day_part(rnd, freq):
    """The parts that say which days of a period."""
    kind = rnd.random()
    if freq == "DAILY":
        return [f"BYDAY={text(some(rnd, DAYS, 4))}"] if kind < 0.3 else [f"BYMONTHDAY={text(signed(rnd, 31, 6))}"] if kind < 0.5 else []
    if freq == "WEEKLY":
        return [f"BYDAY={text(some(rnd, DAYS, 4))}"] if kind < 0.8 else []
    if kind < 0.35:
        high = 5 if freq == "MONTHLY" else 50
        return [f"BYDAY={text(rnd.choice(signed(rnd, high, 1)).__str__() + d for d in some(rnd, DAYS, 3))}"]
    if kind < 0.45:
        return [f"BYDAY={text(some(rnd, DAYS, 5))}"]
    if kind < 0.65:
        return [f"BYMONTHDAY={text(signed(rnd, 31, 4))}"]
    if kind < 0.75:
        return [f"BYMONTHDAY={text(signed(rnd, 31, 12))}", f"BYDAY={text(some(rnd, DAYS, 2))}"]
    if kind < 0.85 and freq == "YEARLY":
        return [f"BYYEARDAY={text(signed(rnd, 366, 4))}"]
    if kind < 0.95 and freq == "YEARLY":
        return [f"BYWEEKNO={text(signed(rnd, 53, 3))}", f"BYDAY={text(some(rnd, DAYS, 3))}"]
    return []


def rule(rnd, start):
    freq = rnd.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"])
    parts = [f"FREQ={freq}"]
    if rnd.random() < 0.5:
        parts.append(f"INTERVAL={rnd.choice([1, 2, 2, 3, 4, 5, 7, 12, 13])}")
    days = day_part(rnd, freq)
    if rnd.random() < 0.3 and not any(p.startswith(("BYYEARDAY", "BYWEEKNO")) for p in days):
        parts.append(f"BYMONTH={text(some(rnd, list(range(1, 13)), 5))}")
    parts += days
    if days and freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in days[0] and rnd.random() < 0.25:
        parts.append(f"BYSETPOS={text(signed(rnd, 4, 2))}")
    if rnd.random() < 0.3:
        parts.append(f"WKST={rnd.choice(DAYS)}")
    end = rnd.random()
    if end < 0.2:
        parts.append(f"COUNT={rnd.randint(1, 60)}")
    elif end < 0.4:
        parts.append("UNTIL=" + (start + timedelta(hours=rnd.randint(0, 5 * 365 * 24))).strftime("%Y%m%dT%H%M%S"))
    head, rest = parts[:1], parts[1:]
    rnd.shuffle(rest)
    return ";".join(head + rest)


def wall(t):
    return int((t - EPOCH).total_seconds())


def line(rnd):
    start = datetime(2000, 1, 1) + timedelta(minutes=rnd.randint(0, 30 * 365 * 1440))
    limit = start + timedelta(days=366 * 6)
    since = start if rnd.random() < 0.4 else start + timedelta(minutes=rnd.randint(0, 4 * 365 * 1440))
    r = rule(rnd, start)
    said = rrulestr(r, dtstart=start)
    if not said._until or said._until > limit:
        said = said.replace(until=limit - timedelta(seconds=1))
    walls = [wall(t) for t in itertools.islice((t for t in said if t >= since), 10)]
    return f"{wall(start)} {wall(since)} {wall(limit)} {r} {text(walls) or '-'}"


def main():
    rules = int(sys.argv[2]) if len(sys.argv) > 2 else 700
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20270207)
    child = subprocess.Popen(sys.argv[1:2], stdin=subprocess.PIPE, text=True)
    written = 0
    while written < rules:
        try:
            child.stdin.write(line(rnd) + "\n")
            written += 1
        except IndexError:  # dateutil's own, for an ordinal that leads out of the year
            pass
    child.stdin.close()
    return child.wait()


sys.exit(main())
