#!/usr/bin/python3
"""What may happen to the ledger, and to a manifest overnight: what is at the targets is neither doubled nor lost.

These are the four things to try by hand before trusting a daemon with a public page: break a file and restart; delete the ledger;
put back last week's; copy it to another machine.
"""
import os
import shutil
import subprocess
import time
import unittest

from both import Both, BUILD, at, eventually, main_at_once, program, seconds
from harness import Process

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


def looked(w):
    eventually('both targets are listed', lambda: all(t['listed'] for t in w.status()['targets']))


class Trust(unittest.TestCase):
    def test_a_file_broken_over_night_changes_nothing_at_a_restart(self):
        with Both() as w:
            w.manifest('good.yaml', start=START, end=END)
            w.manifest('runs.yaml', start=at(1), end=at(5))
            w.start()
            w.wait_both('good', 'scheduled')
            w.wait_both('runs', 'in_progress')
            w.settled()
            before, silence = w.object('good'), w.live('good')
            w.stop()
            w.manifest('good.yaml', 'title: [half\nstart: 2030')
            w.manifest('runs.yaml', 'servcies: api\n')
            w.start()
            looked(w)
            self.assertTrue(w.said(r'^<3>good\.yaml:\d+:\d+: error: '))
            self.assertTrue(w.said(r'^<3>runs\.yaml:\d+:\d+: error: '))
            w.wait_both('runs', 'completed')
            w.settled()
            self.assertEqual((w.object('good'), w.live('good')), (before, silence))
            self.assertEqual(w.status('good')['source'], 'last-good')
            self.assertEqual(w.told('runs'), ['scheduled', 'in_progress', 'completed'])
            self.assertEqual(w.doubled(), [])

    def test_a_deleted_ledger_doubles_nothing_and_adopt_takes_over(self):
        with Both() as w:
            w.manifest('ahead.yaml', title='Ahead', start=START, end=END)
            w.manifest('runs.yaml', title='Runs', start=at(1), end=at(3600))
            w.start()
            w.wait_both('ahead', 'scheduled')
            w.wait_both('runs', 'in_progress')
            w.settled()
            before, totals = w.objects(), w.totals()
            w.stop()
            for path in w.site.state.glob('ledger.db*'):
                path.unlink()
            w.manifest('ahead.yaml', title='Ahead, reworded', start=START, end=END)
            w.start()
            for window in ('ahead', 'runs'):
                eventually(f'{window} is claimed at both', lambda: [t['sync'] for t in w.status(window)['targets']] == ['claimed'] * 2)
            self.assertEqual((w.objects(), w.totals()), (before, totals))
            self.assertTrue(w.said('^<4>ahead on public: .*adopt'))
            w.ctl('adopt', 'public')
            w.wait_object('ahead', lambda o: o['title'] == 'Ahead, reworded', 'reworded')
            w.ctl('adopt', '--all')
            eventually('the silence is reworded', lambda: w.live('ahead')[0]['comment'].startswith('Ahead, reworded '))
            w.settled()
            self.assertEqual(w.totals()[:2], totals[:2], 'told again')
            self.assertEqual(w.doubled(), [])
            w.manifest('runs.yaml', title='Runs', start=at(1), end=at(3600), state='completed')
            w.reload()
            w.wait_both('runs', 'completed')

    def test_a_ledger_from_last_week_converges_without_a_word(self):
        with Both() as w:
            times = {'start': at(4), 'end': at(9)}
            w.manifest('kept.yaml', title='Kept', start=START, end=END)
            w.manifest('runs.yaml', title='Runs', updates=[{'at': '+0s', 'message': 'Half of it.'}], **times)
            w.manifest('edited.yaml', title='Before', start=START, end=END)
            w.manifest('ends.yaml', start=START, end=END)
            w.start()
            for window in ('kept', 'runs', 'edited', 'ends'):
                w.wait_both(window, 'scheduled')
            w.settled()
            w.stop()
            shutil.copytree(w.site.state, w.root / 'last-week')
            w.start()
            w.wait_both('runs', 'in_progress')
            w.wait_object('runs', lambda o: len(o['updates']) == 1, 'told about')
            w.manifest('edited.yaml', title='After', start='2030-01-02T00:00Z', end='2030-01-02T01:00Z')
            w.manifest('ends.yaml', start=START, end=END, state='completed')
            w.manifest('new.yaml', start=START, end=END)
            w.reload()
            w.wait_object('edited', lambda o: o['title'] == 'After', 'reworded')
            w.wait_both('ends', 'completed')
            w.wait_both('new', 'scheduled')
            w.settled()
            w.stop()
            before, totals = w.objects(), w.totals()
            shutil.rmtree(w.site.state)
            (w.root / 'last-week').rename(w.site.state)
            w.start()
            looked(w)
            w.wait_both('runs', 'completed')
            w.settled()
            self.assertEqual([o for o in w.objects() if 'runs#' not in o['external_id']], [o for o in before if 'runs#' not in o['external_id']])
            self.assertEqual((w.totals()[0], w.totals()[2]), (totals[0], totals[2]))
            self.assertEqual(w.told('runs'), ['scheduled', 'in_progress', 'update', 'completed'])
            self.assertEqual(w.told('edited'), ['scheduled', 'rescheduled'])
            self.assertEqual(w.doubled(), [])
            self.assertEqual(w.status()['problems'], [])

    def test_a_ledger_copied_to_a_second_machine_writes_nothing_until_adopted(self):
        if os.geteuid() != 0 or subprocess.run(['unshare', '-m', 'true'], capture_output=True).returncode != 0:
            self.skipTest('another machine-id is mounted over /etc/machine-id, which only root may do')
        with Both() as w:
            w.manifest('ahead.yaml', title='Before', start=START, end=END)
            w.manifest('runs.yaml', start=at(1), end=at(8))
            w.start()
            w.wait_both('ahead', 'scheduled')
            w.wait_both('runs', 'in_progress')
            w.settled()
            w.stop()
            before, totals = w.objects(), w.totals()
            w.manifest('ahead.yaml', title='After', start=START, end=END)
            (w.root / 'machine-id').write_text('0123456789abcdef0123456789abcdef\n')
            mounted = f'mount --bind {w.root}/machine-id /etc/machine-id && exec "$@"'
            w.maintd = Process('unshare', '-m', 'sh', '-c', mounted, 'sh', program(BUILD, 'maintd'), *w.site.arguments())
            w.maintd.wait_line('is ready')
            looked(w)
            self.assertTrue(w.said('adopt --all'))
            self.assertIn('another machine', ' '.join(p['text'] for p in w.status()['problems']))
            end = seconds(w.object('runs')['scheduled_end'])
            eventually('the end of what runs has passed', lambda: time.time() > end + 1)
            self.assertEqual((w.objects(), w.totals()), (before, totals))
            w.ctl('adopt', '--all')
            w.wait_object('ahead', lambda o: o['title'] == 'After', 'reworded')
            w.wait_both('runs', 'completed')
            w.settled()
            self.assertEqual(w.doubled(), [])


if __name__ == '__main__':
    main_at_once()
