#!/usr/bin/python3
"""simulate: what would be done when. That it is what the engine then does is shown in sim/test-simulate.c; here, the real daemon, and what people see."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from world import BUILD, World, at, main, program, seconds

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / 'golden' / 'ctl'
CONFIG = """timezone: Europe/Berlin
services:
  api: {{title: API}}
  database: {{title: Database}}
targets:
  public: {{type: kodo, url: 'http://127.0.0.1:{port}/api/v1', token: no-such-token}}
  alerts:
    type: alertmanager
    url: http://127.0.0.1:{port}
    services: {{api: {{matchers: {{service: api}}}}}}
manifests: {root}/manifests
"""
BACKUP = """title: Weekly backup
start: 2027-03-07T02:30
duration: 1h
timezone: Europe/Berlin
services: [api]
announce: 5d
labels: {team: storage}
notify: {reminders: [24h, 1h]}
recurrence:
  rule: FREQ=WEEKLY
  overrides:
    - {occurrence: 2027-03-21T02:30, state: cancelled}
"""
MIGRATION = """title: Database Migration
start: 2027-03-24T02:00
end: 2027-03-24T04:00
timezone: America/New_York
services: [api, database]
updates:
  - {at: +1h, message: half way}
"""
BY_HAND = "title: By hand\nstart: 2027-03-26T10:00Z\nduration: 30min\nservices: [database]\nauto_start: false\n"
SPAN = ('--from', '2027-03-20T00:00', '--to', '2027-03-29T00:00')


class Offline:
    """A configuration and manifests, and a port that counts who calls."""

    def __init__(self, **manifests):
        self.manifests = manifests

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='maintd-')
        self.root = pathlib.Path(self.folder.name)
        self.port = socket.create_server(('127.0.0.1', 0))
        (self.root / 'manifests').mkdir()
        (self.root / 'maintd.yaml').write_text(CONFIG.format(port=self.port.getsockname()[1], root=self.root))
        for name, text in self.manifests.items():
            (self.root / 'manifests' / f'{name}.yaml').write_text(text)
        return self

    def __exit__(self, *_):
        self.port.close()
        self.folder.cleanup()

    def run(self, *arguments, columns=None):
        env = {k: v for k, v in os.environ.items() if k not in ('COLUMNS', 'STATE_DIRECTORY')}
        env.update({'COLUMNS': str(columns), 'SYSTEMD_COLORS': '0'} if columns else {})
        return subprocess.run([program(BUILD, 'maintctl'), '--config', self.root / 'maintd.yaml', '--state', self.root / 'state', *arguments],
                              capture_output=True, text=True, timeout=60, env=env, check=False)

    def lines(self, *arguments):
        done = self.run('--json', 'simulate', *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def called(self):
        self.port.setblocking(False)
        try:
            self.port.accept()
        except BlockingIOError:
            return False
        return True


def requests(doc):
    return [(x['at'][:19], x['target'], x['action'], x['window'], x['part']) for x in doc['lines'] if x['kind'] == 'request']


class Simulate(unittest.TestCase):
    maxDiff = None

    def everything(self):
        return Offline(backup=BACKUP, db=MIGRATION, hand=BY_HAND)

    def test_what_people_see(self):
        with self.everything() as o:
            for columns in (80, 160):
                done = o.run('simulate', *SPAN, '--restart-at', '2027-03-22T00:00', columns=columns)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertLessEqual(max(map(len, done.stdout.splitlines())), columns)
                golden = GOLDEN / f'simulate-{columns}.txt'
                if os.environ.get('MAINTD_GOLDEN') == 'write':
                    golden.write_text(done.stdout)
                self.assertEqual(done.stdout, golden.read_text())

    def test_nothing_is_sent_and_nothing_is_left_behind(self):
        with self.everything() as o:
            before = sorted(p.name for p in o.root.rglob('*'))
            o.lines(*SPAN)
            self.assertFalse(o.called())
            self.assertEqual(sorted(p.name for p in o.root.rglob('*')), before)

    def test_it_says_the_same_each_time_and_over_a_restart(self):
        with self.everything() as o:
            first = o.lines(*SPAN)
            self.assertEqual(o.lines(*SPAN), first)
            self.assertEqual(requests(o.lines(*SPAN, '--restart-at', '2027-03-28T04:00', '--restart-at', '2027-03-24T07:00')), requests(first))

    def test_the_clock_change(self):
        with Offline(backup=BACKUP) as o:
            page = [r for r in requests(o.lines(*SPAN)) if r[1] == 'public']
            self.assertEqual([(when, what) for when, _, what, window, _ in page if window == 'backup@2027-03-28T02:30'],
                             [('2027-03-23T01:30:00', 'create'), ('2027-03-28T01:30:00', 'start'), ('2027-03-28T02:30:00', 'complete')])
            self.assertFalse([r for r in page if r[3] == 'backup@2027-03-21T02:30'], 'a cancelled occurrence is never published')

    def test_labels_select_what_is_shown(self):
        with self.everything() as o:
            self.assertEqual({x['window'].split('@')[0] for x in o.lines(*SPAN, '-l', 'team=storage')['lines'] if x['window']}, {'backup'})

    def test_the_span_is_bounded(self):
        with Offline(db=MIGRATION) as o:
            self.assertEqual(o.lines('--from', '2027-03-01T00:00Z', '--to', '+400d')['requests'], 5)
            for bad, said in ((('--to', '+401d'), 'at most 400 days'), (('--from', '2027-03-01', '--to', '2027-02-01'), 'after --from'),
                              (('--to', 'soon'), '--to soon: a time is wanted'), (('--from', '+1d'), '--from +1d: a time is wanted'),
                              (('--restart-at', '2020-01-01'), 'between --from and --to')):
                done = o.run('simulate', *bad)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, '')
            week = o.lines()
            self.assertAlmostEqual(seconds(week['to']) - seconds(week['from']), 7 * 86400, delta=3601)

    def test_a_manifest_that_is_refused_is_said(self):
        with Offline(db=MIGRATION, bad='title: x\nstart: never\n') as o:
            done = o.run('--json', 'simulate', *SPAN)
            self.assertEqual(done.returncode, 1)
            self.assertIn('bad.yaml:2:8: error', done.stderr)
            self.assertEqual({x['window'] for x in json.loads(done.stdout)['lines']}, {'db'})
        with Offline() as o:
            o.root.joinpath('maintd.yaml').unlink()
            done = o.run('--manifests', str(o.root), 'simulate')
            self.assertEqual(done.returncode, 1)
            self.assertIn('--config', done.stderr)

    def test_the_daemon_then_does_it(self):
        with World() as w:
            w.manifest('a.yaml', start=at(4), end=at(8), updates=[{'at': '+2s', 'message': 'half way'}])
            w.manifest('b.yaml', start=at(-3600), end=at(6))
            w.manifest('c.yaml', start=at(3600), end=at(7200), state='cancelled')
            w.manifest('d.yaml', start=at(3600), end=at(7200))
            doc = w.ctl_json('simulate', '--to', '+60s')
            w.start()
            for name in ('a', 'b'):
                w.wait_state(name, 'completed')
            w.stop()
            done = [x for x in w.ctl_json('history')['history'] if x['kind'] == 'intent']
            wanted = sorted((x['window'], x['action'], seconds(x['at'])) for x in doc['lines'] if x['kind'] == 'request')
            got = sorted((x['window'], x['action'], seconds(x['at'])) for x in done)
            self.assertEqual([x[:2] for x in got], [x[:2] for x in wanted])
            for (window, action, then), (_, _, now) in zip(wanted, got):
                if action in ('start', 'complete', 'message') and window == 'a':
                    self.assertAlmostEqual(then, now, delta=1.5, msg=f'{action} of {window}')
            mails = [x for x in doc['lines'] if x['notifies']]
            self.assertEqual(doc['notices'], len(mails))


if __name__ == '__main__':
    main()
