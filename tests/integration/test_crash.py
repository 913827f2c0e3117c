#!/usr/bin/python3
"""kill -9 at random moments, again and again, while windows start, end, move and are told about."""
import os
import random
import time
import unittest

from both import Both, at, eventually, main

KILLS = 15
SLOW = float(os.environ.get('MAINTD_TEST_PATIENCE', '1')) * (3 if os.environ.get('MAINTD_SLOW_TESTS') else 1)


class Crash(unittest.TestCase):
    def test_killed_at_random_points_it_converges_and_does_nothing_twice(self):
        seed = int(os.environ.get('MAINTD_SEED', random.SystemRandom().randrange(1 << 32)))
        dice = random.Random(seed)
        with self.subTest(MAINTD_SEED=seed), Both(config='horizon: 2d\nguard: {max_move: 100%, max_cancel: 100%}') as w:
            spans = {}
            for n in range(6):
                spans[f'window{n}'] = {'start': at(1 + n), 'end': at(4 + 8 * SLOW + n), 'services': ['api'] if n % 2 else ['api', 'database'],
                                       'updates': [{'at': '+1s', 'message': f'First of {n}.'}, {'at': '+3s', 'message': f'Second of {n}.'}]}
                w.manifest(f'window{n}.yaml', **spans[f'window{n}'])
            w.manifest('series.yaml', start=at(1800), duration='1h', recurrence={'rule': 'FREQ=DAILY'})
            for kill in range(KILLS):
                w.manifest('moves.yaml', start=f'2030-01-{kill + 1:02d}T00:00Z', end=f'2030-01-{kill + 1:02d}T01:00Z')
                if kill % 3 == 0:
                    w.manifest(f'new{kill}.yaml', start='2030-02-01T00:00Z', end='2030-02-01T01:00Z')
                w.start(wait=None)
                until = time.monotonic() + dice.uniform(0.02, 0.6) * SLOW
                eventually('its hour has come', lambda: time.monotonic() > until)
                self.assertTrue(w.maintd.alive())
                w.kill()
            w.start()
            w.wait_both('moves', 'scheduled')
            for kill in range(0, KILLS, 3):
                w.wait_both(f'new{kill}', 'scheduled')
            for name in spans:
                w.wait_both(name, 'completed')
            w.settled()
            self.assertEqual(w.doubled(), [])
            for name, keys in spans.items():
                o = w.object(name)
                self.assertEqual([u['message'] for u in o['updates']], [u['message'] for u in keys['updates']], name)
                told = w.told(name)
                self.assertEqual((told[-1], told.count('update')), ('completed', 2), told)
                self.assertLessEqual(set(told), {'scheduled', 'in_progress', 'update', 'completed'})
            self.assertEqual(w.object('moves')['scheduled_start'], f'2030-01-{KILLS:02d}T00:00:00Z')
            moves = w.page_rows("SELECT text, count(*) FROM outbox WHERE kind = 'rescheduled' GROUP BY 1 HAVING count(*) > 1")
            self.assertEqual(moves, [], 'a move was told twice')
            lines = w.ctl_json('history')['history']
            intents = {h['intent'] for h in lines if h['kind'] == 'intent'}
            self.assertEqual(intents - {h['intent'] for h in lines if h['kind'] == 'outcome'}, set(), 'the fate of every intent is known')
            totals = w.totals()
            w.stop()
            w.start()
            w.settled()
            self.assertEqual(w.totals(), totals)


if __name__ == '__main__':
    main()
