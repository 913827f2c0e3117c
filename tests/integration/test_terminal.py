#!/usr/bin/python3
"""maintctl on a terminal: pager, colours, what follows and waits, and lines that fit."""
import contextlib
import signal
import unittest

from world import BUILD, World, main, program
from terminal import Terminal

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
CJK = '資料庫遷移：主要資料庫將移至新的硬體，讀取不受影響，寫入將回應五〇三，請稍後再試一次，謝謝您的耐心等候與諒解'


class OnTerminal(unittest.TestCase):
    @contextlib.contextmanager
    def desk(self):
        with World() as w, Terminal(w.root) as t:
            def ctl(*arguments, **env):
                t.run([program(BUILD, 'maintctl'), *w.site.arguments(), *arguments], **env)
            yield w, t, ctl

    def test_long_outputs_are_paged_and_the_exit_status_stays(self):
        with self.desk() as (w, t, ctl):
            for i in range(20):
                w.manifest(f'db-{i}.yaml', start=START, end=END)
            ctl('plan')
            t.wait(r'^public: 20 changes')
            t.wait(r'^lines 1-23')
            t.keys('!')
            t.wait('Command not available')     # nobody says that this session is ours: no shell from there
            t.keys('Enter', 'q')
            self.assertEqual(t.ended(), 2)
            # Without: all of it, and the end is on the screen.
            ctl('--no-pager', 'plan')
            self.assertEqual(t.ended(), 2)
            for name in 'cat', '':
                ctl('plan', PAGER=name)
                self.assertEqual(t.ended(), 2)
            # One of one's own choice, when one vouches for it.
            ctl('plan', PAGER="sed 's/^/paged: /' | tail -n 5", SYSTEMD_PAGERSECURE='0')
            self.assertEqual(t.ended(), 2)
            t.wait('^paged: ')
            # What fits is not held up.
            ctl('show', 'db-1')
            self.assertEqual(t.ended(), 0)
            # Only what a person reads there.
            self.assertTrue(w.ctl('plan', expect=2).startswith('public: 20 changes'))

    def test_a_pager_inherits_no_credential(self):
        with self.desk() as (w, t, ctl):
            w.manifest('db.yaml', start=START, end=END)
            given = w.root / 'given'
            ctl('list', PAGER=f'env >{given}; cat', SYSTEMD_PAGERSECURE='0', MAINTD_PAGE_KEY='a-token-for-nobody')
            self.assertEqual(t.ended(), 0)
            self.assertIn('PAGER=', given.read_text())
            self.assertNotIn('a-token-for-nobody', given.read_text())

    def test_colours_are_for_terminals(self):
        with self.desk() as (w, t, ctl):
            w.manifest('db.yaml', start=START, end=END)
            w.ctl('apply')
            ctl('status')
            self.assertEqual(t.ended(), 0)
            t.wait('\x1b\\[1m *NEXT', colors=True)
            for options, env in ((('--no-color',), {}), ((), {'NO_COLOR': '1'}), ((), {'SYSTEMD_COLORS': '0'})):
                ctl(*options, 'status', **env)
                self.assertEqual(t.ended(), 0)
                self.assertNotIn('\x1b', t.screen(colors=True))

    def test_follow_shows_what_happens_and_ends_by_an_interrupt(self):
        with self.desk() as (w, t, ctl):
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            ctl('history', '--follow')
            t.wait('UTC  db  public  create  published')
            w.manifest('move.yaml', start=START, end=END)
            w.reload()
            t.wait('UTC  move  public  create  published')
            t.keys('C-c')
            self.assertEqual(t.ended(), 0)

    def test_wait_tells_what_it_waits_for(self):
        with self.desk() as (w, t, ctl):
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_sync('db', 'ok')
            w.page.signal(signal.SIGSTOP)
            try:
                ctl('cancel', 'db', '--wait')
                t.wait('^waiting for public: pending')
            finally:
                w.page.signal(signal.SIGCONT)
            t.wait('^done at every target: db')
            self.assertEqual(t.ended(), 0)

    def broken(self, t):
        """Lines that the terminal had to break in two."""
        there = {line.rstrip() for line in t.screen(history=True).split('\n')}
        return [line for line in t.screen(history=True, joined=True).split('\n') if line.rstrip() not in there]

    def test_no_line_is_wider_than_the_terminal(self):
        with self.desk() as (w, t, ctl):
            long = 'networks/' + 'a-segment-of-a-name/' * 5 + 'x'
            w.manifest('wide.yaml', title=CJK, description=CJK, start=START, end=END)
            w.manifest('combining.yaml', title='Za\u0301\u0302lgo\u0336 ' * 15 + '.', start=START, end=END)
            w.manifest('emoji.yaml', f"title: '{'🛠 🚧 👩‍💻 ' * 12}.'\nstart: {START}\nend: {END}\nservices: [api]\n")
            w.manifest('long.yaml', id=long, title='See https://status.example.org/' + 'segment/' * 12, start=START, end=END, services=['api', 'database'])
            w.manifest('spoof.yaml', 'title: "a\u202eb"\nstart: 2030-01-01T00:00Z\nduration: 1h\n')       # refused, and told
            w.start()
            w.wait_state('wide', 'scheduled')
            for verb in (('status',), ('status', 'wide'), ('status', 'combining'), ('status', long), ('history',), ('why', 'wide'), ('why', long), ('show', 'wide'),
                         ('show', 'emoji'), ('timeline', '--days', '400'), ('plan',), ('plan', '--help')):
                ctl('--no-pager', *verb)
                t.ended()
                text = t.screen(history=True)
                self.assertEqual(self.broken(t), [], verb)
                self.assertNotIn('\u202e', text)
            ctl('cancel', 'wide', '-m', CJK)
            self.assertEqual(t.ended(), 0)
            self.assertEqual(self.broken(t), [])


if __name__ == '__main__':
    main()
