#!/usr/bin/python3
"""maintctl's verbs that show: what a plan changes, whom it tells, what has been done, and where things stand."""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import unittest

from world import BUILD, Process, World, at, eventually, main, program

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


class History(unittest.TestCase):
    def follow(self, w, *arguments, of=None):
        return Process(program(BUILD, 'maintctl'), *w.site.arguments(), '--no-color', *arguments, 'history', '--follow', *([of] if of else []))

    def test_since_leaves_out_what_was_before(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.ctl('apply')
            everything = w.ctl_json('history')['history']
            self.assertEqual(w.ctl_json('history', '--since', '1h')['history'], everything)
            self.assertEqual(w.ctl_json('history', '--since', at(60))['history'], [])
            self.assertEqual(w.ctl('history', '--since', at(60)), 'no history since then\n')
            later = everything[-1]['at']
            self.assertEqual(w.ctl_json('history', '--since', later)['history'], [h for h in everything if h['at'] >= later])
            status, out, err = w.ctl('history', '--since', 'tomorrow', expect=None)
            self.assertEqual((status, out), (1, ''))
            self.assertIn('--since tomorrow: a time is wanted', err)

    def test_follow_tells_what_happens_as_it_happens(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            with self.follow(w) as people, self.follow(w, '--json') as programs, self.follow(w, of='move') as other:
                people.wait_line(r'UTC  db  public  create  ')
                w.manifest('move.yaml', start=START, end=END)
                w.reload()
                for p in (people, other):
                    p.wait_line(r'UTC  move  public  create  ')
                programs.wait_line(r'"window":"move".*"verdict":"done"')
                self.assertEqual({json.loads(line)['window'] for line in programs.lines}, {'db', 'move'})
                self.assertFalse([line for line in other.lines if ' db ' in line])
                people.signal(signal.SIGINT)
                self.assertEqual(people.wait(), 0)
            # Nobody reads any more: it ends although nothing happens.
            reader, writer = os.pipe()
            p = subprocess.Popen([program(BUILD, 'maintctl'), *w.site.arguments(), 'history', '--follow'], stdout=writer, stderr=subprocess.PIPE)
            os.close(writer)
            self.assertIn(b'create', os.read(reader, 65536))
            os.close(reader)
            self.assertEqual((p.wait(30), p.stderr.read()), (0, b''))
            p.stderr.close()
            # The daemon ends, and says so.
            with self.follow(w) as p:
                p.wait_line('move')
                w.stop()
                p.wait_line('^maintctl: maintd ')     # is stopping, or has been quicker
                self.assertEqual(p.wait(), 1)
                p.process.returncode = 0
            status, _, err = w.ctl('history', '--follow', expect=None)
            self.assertEqual(status, 1)
            self.assertIn('maintd does not run here', err)

    def test_followers_leave_room_for_others(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            last = max(h['seq'] for h in w.ctl_json('history')['history'])
            question = json.dumps({'verb': 'history', 'after': last, 'follow': True}).encode() + b'\n'

            def ask():
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(20)
                s.connect(str(w.control))
                s.sendall(question)
                return s
            waiting = [ask() for _ in range(8)]
            with ask() as s:
                self.assertIn(b'too many wait for news', s.recv(65536))
            waiting.pop().close()
            eventually('room for another', lambda: self.is_quiet(ask()) or None)
            self.assertEqual(w.status('db')['state'], 'scheduled')
            w.manifest('new.yaml', start=START, end=END)
            w.reload()
            for s in waiting:
                with s:
                    lines = json.loads(s.makefile().readline())['result']['history']
                    self.assertTrue(lines and all(h['seq'] > last for h in lines))

    def test_who_follows_misses_nothing_when_much_happens_at_once(self):
        with World() as w:
            for name in 'abc':
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.start()
            eventually('in sync', w.site.in_sync)
            every, got = [h['seq'] for h in w.ctl_json('history')['history']], [0]
            while got[-1] != every[-1]:
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(20)
                    s.connect(str(w.control))
                    s.sendall(json.dumps({'verb': 'history', 'after': got[-1], 'limit': 2, 'follow': True}).encode() + b'\n')
                    got += [h['seq'] for h in json.loads(s.makefile().readline())['result']['history']]
            self.assertEqual(got[1:], every)

    def is_quiet(self, s):
        """It is waited for: no answer comes. A refusal comes at once, and a status after it."""
        self.addCleanup(s.close)
        s.settimeout(0.3)
        try:
            return not s.recv(65536)
        except TimeoutError:
            return True


class Limit(unittest.TestCase):
    def test_it_counts_lines_that_are_shown(self):
        with World() as w:
            for name in 'abcdef':
                w.manifest(f'{name}.yaml', start=START, end=END, labels={'team': 'db'})
            w.ctl('apply')
            w.ctl('apply')
            shown = w.ctl('history').splitlines()[1:]
            self.assertGreaterEqual(len(shown), 6)
            self.assertIn('intent', [h['kind'] for h in w.ctl_json('history')['history']])
            self.check(w, shown)
            w.start()
            w.wait_sync('a', 'ok')
            self.check(w, w.ctl('history').splitlines()[1:])
            begun = w.ctl_json('history', '--limit', '2')['history']
            self.assertEqual([h['seq'] for h in begun], [h['seq'] for h in w.ctl_json('history')['history']][-2:])

    def check(self, w, shown):
        for n in (1, 2, 5, len(shown), len(shown) + 5):
            got = [line.split() for line in w.ctl('history', '--limit', str(n)).splitlines()[1:]]
            self.assertEqual(got, [line.split() for line in shown[-n:]], n)
        self.assertEqual(len(w.ctl('history', '--limit', '2', '-l', 'team=db').splitlines()), 3)
        self.assertEqual(len(w.ctl('history', '--limit', '1', 'a').splitlines()), 2)

    def test_what_was_begun_and_never_answered_takes_no_room(self):
        with World() as w:
            for name in 'abcdef':
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.ctl('apply')
            shown = w.ctl('history').splitlines()[1:]
            seq = next(h['seq'] for h in w.ctl_json('history')['history'] if h['kind'] == 'intent')
            with sqlite3.connect(w.site.state / 'ledger.db') as db:
                columns = [row[1] for row in db.execute('PRAGMA table_info(entry)') if row[1] != 'seq']
                for _ in range(9):
                    db.execute(f'INSERT INTO entry ({", ".join(columns)}) SELECT {", ".join(columns)} FROM entry WHERE seq = ?', (seq,))
            self.assertEqual([line.split() for line in w.ctl('history', '--limit', '2').splitlines()[1:]], [line.split() for line in shown[-2:]])


class Names(unittest.TestCase):
    def test_the_beginning_of_a_name_is_enough(self):
        with World() as w:
            w.manifest('db-move.yaml', start=START, end=END, labels={'team': 'db'})
            w.manifest('db-copy.yaml', start=START, end=END)
            w.manifest('weekly.yaml', start='2030-01-06T02:00', duration='1h', recurrence={'rule': 'FREQ=WEEKLY;COUNT=3'}, announce='3000d')
            w.ctl('apply')

            def everywhere():
                for verb in 'status', 'history', 'why', 'show':
                    self.assertIn('db-move', w.ctl(verb, 'db-m'))
                    self.assertIn('weekly@2030-01-13T02:00', w.ctl(verb, 'weekly@2030-01-13'))
                    self.assertIn('weekly@2030-01-13T02:00', w.ctl(verb, 'w@2030-01-13'))
                    self.assertNotIn('weekly@2030-01-06', w.ctl(verb, 'w@2030-01-13'))
                    for wrong, said in (('db', '"db" begins several ids: db-'), ('weekly@2030', '"weekly@2030" begins several occurrences: weekly@2030-01-06T02:00, '),
                                        ('wekly', 'did you mean "weekly"?'), ('x\x1b[31m', '"x\\x1b[31m"')):
                        for options in (), ('--json',):
                            status, out, err = w.ctl(*options, verb, wrong, expect=None)
                            self.assertEqual((status, out), (1, ''), (verb, wrong))
                            self.assertIn(said, err)
                self.assertEqual([x['window'] for x in w.ctl_json('status', 'w@2030-01-13')['windows']], ['weekly@2030-01-13T02:00'])
                self.assertLessEqual(len(w.ctl('status', 'w@2030-01-13', expect=None)[2].splitlines()), 1)      # that there is no daemon is told once
                status, out, err = w.ctl('status', '-l', 'team=db', 'db-c', expect=None)
                self.assertEqual((status, err.splitlines()[-1]), (0, 'maintctl: db-copy does not have this label'))
            everywhere()
            w.start()
            eventually('in sync', w.site.in_sync)
            everywhere()


    def test_show_asks_nobody(self):
        """What the file says needs no daemon: one that hangs costs no time."""
        with World() as w, socket.socket(socket.AF_UNIX) as hangs:
            w.manifest('weekly.yaml', start='2030-01-06T02:00', duration='1h', recurrence={'rule': 'FREQ=WEEKLY;COUNT=3'})
            hangs.bind(str(w.control))
            hangs.listen()
            hangs.setblocking(False)
            for id in 'weekly', 'weekly@2030-01-13':
                status, out, err = w.ctl('show', id, expect=None)
                self.assertEqual((status, err), (0, ''))
                self.assertIn('weekly@2030-01-13T02:00', out)
            with self.assertRaises(BlockingIOError):
                hangs.accept()


class Output(unittest.TestCase):
    def run_into(self, w, stdout, *arguments):
        return subprocess.run([program(BUILD, 'maintctl'), *w.site.arguments(), *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                              timeout=30)

    def test_who_reads_no_further_is_no_failure_and_a_full_disk_is(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            for verb, status in ('plan', 2), ('show', 0), ('timeline', 0):
                reader, writer = os.pipe()
                os.close(reader)
                done = self.run_into(w, writer, verb, *['db'] * (verb == 'show'))
                os.close(writer)
                self.assertEqual((done.returncode, done.stderr), (status, b''), verb)
                with open('/dev/full', 'wb') as full:
                    done = self.run_into(w, full, verb, *['db'] * (verb == 'show'))
                self.assertEqual((done.returncode, done.stderr), (1, b'maintctl: the output could not be written\n'), verb)


class Calendar(unittest.TestCase):
    def test_json_is_json(self):
        with World() as w:
            w.manifest('db.yaml', title='Database', start=at(3600), end=at(7200), timezone='Europe/Berlin', services=['api', 'database'])
            w.manifest('series.yaml', start=at(90000)[:-1], duration='1h', recurrence={'rule': 'FREQ=DAILY;COUNT=3'})
            found = w.ctl_json('calendar')['windows']
            self.assertEqual([x['window'].split('@')[0] for x in found], ['db', 'series', 'series', 'series'])
            self.assertEqual({key: found[0][key] for key in ('title', 'state', 'timezone', 'services')},
                             {'title': 'Database', 'state': 'scheduled', 'timezone': 'Europe/Berlin', 'services': ['api', 'database']})
            self.assertEqual(len(w.ctl_json('calendar', '--days', '1')['windows']), 1)
            self.assertTrue(w.ctl('calendar').startswith('BEGIN:VCALENDAR'))


if __name__ == '__main__':
    main()
