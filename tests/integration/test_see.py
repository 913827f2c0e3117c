#!/usr/bin/python3
"""maintctl's verbs that show: what a plan changes, whom it tells, what has been done, and where things stand."""
import json
import sqlite3
import unittest

from world import World, at, eventually, main

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


def told(w):
    """Messages that subscribers of the page are owed."""
    with sqlite3.connect(f'file:{w.root}/page/page.sqlite?mode=ro', uri=True) as db:
        return db.execute('SELECT count(*) FROM outbox').fetchone()[0]


class Plan(unittest.TestCase):
    def test_it_tells_how_many_notices_subscribers_get(self):
        with World() as w:
            def promised():
                doc = w.ctl_json('plan', expect=2)
                self.assertEqual(doc['notices'], sum(t['notices'] for t in doc['targets']))
                before = told(w)
                w.ctl('apply')
                self.assertEqual(told(w) - before, doc['notices'])
                return doc['notices']

            w.manifest('db.yaml', start=START, end=END)
            w.manifest('series.yaml', start=START, end=END, recurrence={'rule': 'FREQ=DAILY;COUNT=5'}, announce='2000d')
            w.manifest('silent.yaml', start=START, end=END, notify={'scheduled': False})
            w.manifest('running.yaml', start=at(-600), end=at(3600))
            self.assertEqual(promised(), 3)     # one of the series, and the one that runs is told as started
            w.manifest('db.yaml', title='Another name', start=START, end=END)
            w.manifest('silent.yaml', start=START, end='2030-01-01T02:00Z', notify={'scheduled': False})
            w.manifest('running.yaml', start=at(-600), end=at(3600), state='completed')
            self.assertEqual(promised(), 2)     # an edited text is told to nobody

    def test_a_diff_shows_what_is_there_and_what_is_wanted(self):
        with World() as w:
            keys = dict(start=START, end=END, notify={'reminders': ['1d', '1h']})
            w.manifest('db.yaml', title='Database Migration', description='one\ntwo\nthree\n', **keys)
            w.ctl('apply')
            w.manifest('db.yaml', title='Database Move', description='one\n2\nthree\n', services=['api', 'database'],
                       **{**keys, 'start': '2030-01-01T00:30Z', 'notify': {'reminders': ['1h']}})
            [action] = w.ctl_json('plan', expect=2)['targets'][0]['actions']
            self.assertEqual({d['field']: (d['from'], d['to']) for d in action['diff']}, {
                'title': ('Database Migration', 'Database Move'), 'description': ('one\ntwo\nthree', 'one\n2\nthree'),
                'start': ('2030-01-01T00:00:00Z', '2030-01-01T00:30:00Z'), 'services': ('api', 'api, database'),
                'reminders': ('1h, 1d', '1h')})
            out = w.ctl('plan', '--diff', expect=2)
            for line in ('        title: Database Migration → Database Move', '           one', '          -two', '          +2',
                         '        services: api → api, database'):
                self.assertIn(line + '\n', out)
            self.assertIn('\n- title: Database Migration\n+ title: Database Move\n', w.ctl('plan', '--markdown', expect=2))
            # What somebody has changed there is what stands there.
            w.ctl('apply')
            w.patch('db', title='Call the office')
            [action] = w.ctl_json('plan', expect=2)['targets'][0]['actions']
            self.assertEqual(action['diff'], [{'field': 'title', 'from': 'Call the office', 'to': 'Database Move'}])
            w.manifest('db.yaml', title='Database Move', state='cancelled', **keys)
            self.assertIn('        state: scheduled → cancelled\n', w.ctl('plan', '--diff', expect=2))

    def test_the_exit_status_stays_the_same(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            for options in ((), ('--diff',), ('--markdown',), ('--diff', '--json')):
                w.ctl('plan', *options, expect=2)
            w.ctl('apply')
            for options in ((), ('--diff',), ('--markdown',)):
                self.assertRegex(w.ctl('plan', *options).lower(), 'nothing to do')
            w.page.kill()
            for options in ((), ('--diff',), ('--markdown',)):
                self.assertRegex(w.ctl('plan', *options, expect=1), 'unreachable')


if __name__ == '__main__':
    main()
