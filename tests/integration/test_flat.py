#!/usr/bin/python3
"""The real daemon holds no more memory and no more descriptors after thousands of reloads than after a few.

What only the program has: the loop, sockets of clients, SQLite, connections to a target. The rest is tests/sim/endurance.c's.
"""
import os
import unittest

from world import World, at, main
from test_control import ask, connect

ROUNDS = 30000 if os.environ.get('MAINTD_TEST_LONG') else 3000
SLACK = 1024    # kB: SQLite's cache, curl's pool and malloc's arenas find their size


def resident(pid):
    with open(f'/proc/{pid}/status') as f:
        return int(next(x for x in f if x.startswith('VmRSS')).split()[1])


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


class Flat(unittest.TestCase):
    def edit(self, w, n):
        """Files come, change, break and go; now and then the change is one that the page is told of."""
        w.manifest('moves.yaml', title='Moves', description=f'Edit {n // 10}', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
        if n % 3 == 0:
            w.manifest('broken.yaml', f'title: {n}\nsterrt: 1\n')
        elif n % 3 == 1:
            w.delete('broken.yaml')
        w.manifest(f'folder{n % 7}/m.yaml', id=f'm{n % 7}', title='T', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')

    def rounds(self, w, first, last):
        for n in range(first, last):
            self.edit(w, n)
            with connect(w) as s:
                ask(s, {'verb': 'reload'})
                ask(s, {'verb': 'status'})
                ask(s, {'verb': 'plan'})

    def test_thousands_of_reloads(self):
        with World(config='guard: {max_cancel: 100%, max_move: 100%}', page_options=('--rate-limit', 'off')) as w:
            w.manifest('still.yaml', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
            w.start()
            pid = w.maintd.process.pid
            self.rounds(w, 0, ROUNDS // 4)
            before, open_before = resident(pid), descriptors(pid)
            self.rounds(w, ROUNDS // 4, ROUNDS)
            print(f'{ROUNDS} reloads: {before} kB and {open_before} descriptors, then {resident(pid)} kB and {descriptors(pid)}')
            self.assertLess(resident(pid), before + SLACK)
            self.assertLessEqual(descriptors(pid), open_before + 2)


if __name__ == '__main__':
    main()
