#!/usr/bin/python3
"""maintctl's exit statuses: 0 fine, 1 failed or wrong usage, 2 from plan alone. Every verb, with what makes it the one and the other."""
import pathlib
import re
import subprocess
import unittest

from world import BUILD, World, at, main, program

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
MANUAL = pathlib.Path(__file__).resolve().parents[2] / 'man' / 'maintctl.1'

# What is asked, with what status; without a daemon, of a directory with `db` (published) and `series`.
ALONE = [
    (0, 'lint'), (0, 'lint', '--strict'), (0, 'lint', '--format', 'sarif'), (1, 'lint', '/nowhere'), (1, 'lint', '--format', 'xml'),
    (0, 'plan'), (0, 'plan', '--diff'), (0, 'plan', '--markdown'), (0, 'plan', '-l', 'team=nobody'), (1, 'plan', 'db'), (1, 'plan', '--tpyo'), (1, 'plan', '-l', '=x'),
    (0, 'simulate'), (1, 'simulate', '--from', 'now'),
    (0, 'apply'), (1, 'apply', 'db'),
    (0, 'status'), (0, 'status', 'db'), (0, 'status', '-l', 'team=nobody'), (1, 'status', 'nobody'), (1, 'status', 'a', 'b'), (1, 'status', 'x' * 300),
    (0, 'timeline'), (1, 'timeline', '--days', '0'), (1, 'timeline', '--svg', '/nowhere/x.svg'),
    (0, 'next'), (1, 'next', 'db'), (0, 'calendar'), (1, 'calendar', '--days', 'all'), (0, 'list'), (1, 'list', 'db'),
    (0, 'why', 'db'), (1, 'why', 'nobody'), (1, 'why'),
    (0, 'show', 'db'), (0, 'show', 'd'), (1, 'show', 'nobody'), (1, 'show', 'db@2030'), (1, 'show'),
    (0, 'history'), (0, 'history', 'db'), (0, 'history', '--since', '1h'), (0, 'history', '-l', 'team=nobody'), (1, 'history', 'nobody'), (1, 'history', '--limit', '0'),
    (1, 'history', '--since', 'never'), (1, 'history', '--follow'),
    (0, 'approve'), (1, 'approve', '0123456789abcdef'), (1, 'approve', 'nonsense'),
    (0, 'adopt', 'public'), (0, 'adopt', '--all'), (1, 'adopt', 'nowhere'), (1, 'adopt'), (1, 'adopt', 'public', '--all'),
    (0, 'import', 'public'), (0, 'import', 'public', '--dry-run', '--into', 'by-hand'), (1, 'import', 'nowhere'), (1, 'import', 'public', '--into', '..'), (1, 'import'),
    (1, 'reload'),
    (0, 'new', 'fresh', '--title', 'Fresh', '--start', '2030-02-01T02:00', '--duration', '1h'), (1, 'new', 'fresh', '--title', 'Again', '--start', '2030-02-01T02:00', '--duration', '1h'),
    (1, 'new', 'x'), (1, 'new', 'other', '--title', 'x', '--start', 'soon', '--duration', '1h'),
    (0, 'start', 'fresh'), (1, 'start', 'nobody'), (0, 'extend', 'fresh', '--by', '1h'), (1, 'extend', 'fresh'), (1, 'extend', 'fresh', '--by', 'long'),
    (0, 'update', 'fresh', '-m', 'News'), (1, 'update', 'fresh'), (0, 'complete', 'fresh'), (1, 'complete', 'nobody'), (0, 'cancel', 'series', '-m', 'Off'), (1, 'cancel', 'nobody'),
    (1, 'cancel', 'db', '--commit'), (1, 'cancel', 'db', '--wait'), (1, 'cancel', 'db', '--timeout', '1h'),
    (0, 'suspend', 'db'), (1, 'suspend', 'nobody'), (0, 'resume', 'db'), (1, 'resume', 'nobody'),
    (0, '--help'), (0, '--version'), (0, 'plan', '--help'), (1,), (1, 'paln'), (1, '--nonsense'), (1, '--config'),
]


def verbs():
    text = subprocess.run([program(BUILD, 'maintctl'), '--help'], text=True, capture_output=True, check=True).stdout
    return re.findall(r'(?m)^  ([a-z]+) ', text)


class ExitStatus(unittest.TestCase):
    def check(self, w, rows):
        for status, *arguments in rows:
            got, out, err = w.ctl(*arguments, expect=None)
            self.assertEqual(got, status, (arguments, out, err))
            self.assertTrue(err or out or not status, arguments)
            if status == 1:
                self.assertTrue(err, f'{arguments} fails without a word')

    def test_the_manual_names_all_there_are(self):
        section = MANUAL.read_text().split('.SH EXIT STATUS')[1].split('.SH')[0]
        self.assertEqual(re.findall(r'(?m)^\.B (\d)$', section), ['0', '1', '2'])

    def test_each_verb_succeeds_and_fails(self):
        for verb in verbs():
            found = {row[0] for row in ALONE if row[1:2] == (verb,)}
            self.assertEqual(found | ({0} if verb == 'reload' else set()), {0, 1}, verb)     # reload: below
        with World() as w:
            good = dict(start=START, end=END, description='Nothing is lost.', notify={'reminders': ['24h']})
            w.manifest('db.yaml', **good)
            w.manifest('series.yaml', **good, services=['database'], recurrence={'rule': 'FREQ=WEEKLY'})
            self.check(w, [(2, 'plan'), (2, 'plan', '--diff'), (2, 'plan', '--markdown'), (2, '--json', 'plan'), (0, 'apply')])
            self.check(w, ALONE)

    def test_what_depends_on_the_daemon(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.manifest('db-two.yaml', start=START, end=END)
            w.start()
            w.wait_sync('db', 'ok')
            w.wait_sync('db-two', 'ok')
            self.check(w, [(0, 'plan'), (0, 'status'), (1, 'apply'), (0, 'reload'), (0, 'adopt', 'public'), (1, 'adopt', 'nowhere'), (1, 'approve', '0123456789abcdef'),
                           (1, 'status', 'db-x'), (1, 'status', 'd'), (0, 'cancel', 'db-two', '--wait', '--timeout', '30s')])
            w.manifest('bad.yaml', 'title: x\n')
            self.check(w, [(1, 'reload'), (1, 'plan'), (1, 'lint'), (0, 'status'), (0, 'show', 'db')])
            w.delete('bad.yaml')
            w.page.kill()
            w.manifest('late.yaml', start=at(3600), end=at(7200))
            self.check(w, [(0, 'reload'), (1, 'complete', 'late', '--wait', '--timeout', '200ms')])


if __name__ == '__main__':
    main()
