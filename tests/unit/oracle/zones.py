#!/usr/bin/python3
"""What Python's zoneinfo says of every zone of tzdata: wall clock, UTC, and whether the wall clock is skipped or repeated.

zoneinfo reads the same files with code that has nothing in common with ours. Around each change of offset, from 1970 to 2037
out of the file and for some later years out of its footer, and at random times: one line "WALL UTC CLASH" each, in seconds,
piped into the checker given as first argument.
"""
import hashlib, os, random, subprocess, sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones, _zoneinfo, reset_tzpath

FOLDER = os.environ.get("TZDIR", "/usr/share/zoneinfo")
EPOCH = datetime(1970, 1, 1)
UTC = timezone.utc
LATER = (2038, 2039, 2052, 2100)


def offset_at(zone, t):
    return int((EPOCH + timedelta(seconds=t)).replace(tzinfo=UTC).astimezone(zone).utcoffset().total_seconds())


def wall_offset(zone, wall, fold):
    return int((EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone, fold=fold).utcoffset().total_seconds())


def later_changes(zone):
    """Changes beyond the table: a day whose offset differs from the next, then halving."""
    for year in LATER:
        begin = int((datetime(year, 1, 1) - EPOCH).total_seconds())
        marks = [offset_at(zone, begin + 86400 * d) for d in range(367)]
        for d in range(366):
            if marks[d] != marks[d + 1]:
                low, high = begin + 86400 * d, begin + 86400 * (d + 1)
                while high - low > 1:
                    mid = (low + high) // 2
                    low, high = (mid, high) if offset_at(zone, mid) == marks[d] else (low, mid)
                yield high


def lines(name, whole):
    zone = ZoneInfo(name)
    rnd = random.Random(name)
    walls = [rnd.randrange(86400 * 2, 4102444800) for _ in range(30)]
    if whole:
        table = _zoneinfo.ZoneInfo(name)._trans_utc
        changes = [t for t in table if 86400 < t < 2145916800] + list(later_changes(zone))
        for t in changes:
            before, after = offset_at(zone, t - 1), offset_at(zone, t)
            low, high = t + min(before, after), t + max(before, after)
            walls += [low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1, high + 86400]
    yield f"Z {name}"
    for wall in walls:
        first, second = wall_offset(zone, wall, 0), wall_offset(zone, wall, 1)
        yield f"{wall} {wall - first} {'none' if first == second else 'gap' if first < second else 'fold'}"


def main():
    reset_tzpath([FOLDER])
    seen = set()
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, text=True)
    for name in sorted(available_timezones() - {"localtime"}):  # a link to /etc/localtime, out of the folder
        with open(os.path.join(FOLDER, name), "rb") as f:
            digest = hashlib.sha256(f.read()).digest()
        # A second name of the same content is looked up and tried, but not change by change.
        child.stdin.write("\n".join(lines(name, digest not in seen)) + "\n")
        seen.add(digest)
    child.stdin.close()
    return child.wait()


sys.exit(main())
