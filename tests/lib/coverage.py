#!/usr/bin/python3
"""gcovr's JSON as a table by folder; exit status 1 when a pure folder is below its share."""
import collections
import json
import sys

PURE, SHARE = ('model', 'manifest', 'schedule', 'desired', 'reconcile', 'target'), 95.0

lines, run = collections.Counter(), collections.Counter()
for file in json.load(open(sys.argv[1]))['files']:
    folder = file['file'].split('/')[1]
    counted = [line for line in file['lines'] if not line.get('gcovr/noncode')]
    lines[folder] += len(counted)
    run[folder] += sum(line['count'] > 0 for line in counted)
low = []
for folder in sorted(lines):
    share = 100 * run[folder] / lines[folder]
    print(f'{folder:<10} {run[folder]:>6} of {lines[folder]:>6} lines  {share:5.1f} %{"  pure" if folder in PURE else ""}')
    if folder in PURE and share < SHARE:
        low.append(folder)
if low:
    sys.exit(f'below {SHARE} %: {", ".join(low)}')
