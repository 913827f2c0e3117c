#!/usr/bin/python3
"""maintd as a service: what it tells systemd, that it sleeps when nothing is due, that it ends in order, and whose ledger it uses."""
import os
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

from world import BUILD, World, at, eventually, main, program, seconds

from faults import plain    # noqa: E402 (world knows where it is)

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


class Notify:
    """What a service manager hears."""

    def __init__(self, w):
        self.path = str(w.root / 'notify')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(30)
        self.heard = []

    def wait(self, prefix):
        while True:
            message = self.socket.recv(65536).decode()
            self.heard.append(message)
            for line in message.split('\n'):
                if line.startswith(prefix):
                    return message


class Systemd(unittest.TestCase):
    def test_it_tells_when_it_is_ready_reloads_and_stops(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END, timezone='Europe/Berlin')
            n = Notify(w)
            w.start(env={'NOTIFY_SOCKET': n.path})
            n.wait('READY=1')
            w.wait_state('db', 'scheduled')
            self.assertIn('1 window, next: db starts on public at 2030-01-01 01:00 Europe/Berlin', n.wait('STATUS=1 window, next: db starts'))
            w.reload()
            reloading = n.wait('RELOADING=1')
            self.assertRegex(reloading, r'(?m)^MONOTONIC_USEC=\d+$')
            n.wait('READY=1')
            w.stop()
            n.wait('STOPPING=1')
            n.socket.close()

    def test_the_status_line_and_the_load_say_what_is_new(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            w.stop()
            n = Notify(w)
            w.start(env={'NOTIFY_SOCKET': n.path})
            w.maintd.wait_line('1 manifest in force, 0 changed')    # as the ledger has it
            w.site.write('bad.yaml', 'title: Bad\n')
            w.ctl('reload', expect=1)
            n.wait('STATUS=1 window, 1 manifest refused, next: db starts')
            n.socket.close()

    def test_it_feeds_the_watchdog(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            n = Notify(w)
            w.start(env={'NOTIFY_SOCKET': n.path, 'WATCHDOG_USEC': '500000'})
            n.wait('WATCHDOG=1')
            n.wait('WATCHDOG=1')
            n.socket.close()

    def test_it_sleeps_when_nothing_is_due(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            eventually('in sync', w.site.in_sync)
            time.sleep(1)   # what it still had to say; from here on silence is what is tested

            def switches():
                with open(f'/proc/{w.maintd.process.pid}/status', encoding='ascii') as f:
                    return sum(int(line.split()[1]) for line in f if 'ctxt_switches' in line)
            before = switches()
            time.sleep(3)
            self.assertLessEqual(switches() - before, 1)

    def test_requests_in_flight_may_end(self):
        with World(faulty=True) as w:
            w.manifest('db.yaml', start=START, end=END)
            asked = []

            def slow(method, path):
                if method == 'POST':
                    asked.append(path)
                    time.sleep(1.5)
            w.proxy.fault = plain(slow)
            w.start()
            eventually('the request is on its way', lambda: asked)
            w.stop()
            self.assertTrue(w.said('db: published on public'))
            self.assertEqual([h['verdict'] for h in w.ctl_json('history', 'db')['history'] if h['kind'] == 'outcome'], ['done'])

    def test_secrets_are_in_no_core_dump_and_no_output(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            eventually('in sync', w.site.in_sync)
            with open(f'/proc/{w.maintd.process.pid}/limits', encoding='ascii') as f:
                [core] = [line.split()[4] for line in f if line.startswith('Max core file size')]
            self.assertEqual(core, '0')
            w.stop()
            self.assertFalse(w.said(w.page.key))
            for path in w.site.state.rglob('*'):
                if path.is_file():
                    self.assertNotIn(w.page.key.encode(), path.read_bytes(), path)


class Ledger(unittest.TestCase):
    def test_a_ledger_of_another_machine_writes_nothing_until_adopted(self):
        with World() as w:
            w.manifest('db.yaml', title='Before', start=START, end=END)
            w.start()
            before = w.wait_state('db', 'scheduled')
            w.stop()
            with sqlite3.connect(w.site.state / 'ledger.db') as db:
                changed = sum(db.execute(f'UPDATE "{table}" SET value = ? WHERE value = ?', ('0' * 31 + '1', open('/etc/machine-id').read().strip())).rowcount
                              for table, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%value%'").fetchall())
            db.close()
            self.assertEqual(changed, 1)
            w.manifest('db.yaml', title='After', start=START, end=END)
            w.start()
            eventually('it has looked', lambda: w.status()['targets'][0]['listed'])
            self.assertTrue(w.status()['problems'])
            self.assertEqual(w.object('db'), before)
            w.ctl('adopt', '--all')
            w.wait_object('db', lambda o: o['title'] == 'After', 'reworded')
            w.stop()
            w.start()
            self.assertEqual(w.status()['problems'], [])

    def test_a_corrupt_ledger_is_left_alone(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            (w.site.state / 'ledger.db').write_bytes(b'garbage' * 1000)
            m = w.start(wait=None)
            self.assertEqual(m.wait(), 1)
            self.assertEqual((w.site.state / 'ledger.db').read_bytes(), b'garbage' * 1000)
            self.assertEqual(w.page.windows(), [])


class Git(unittest.TestCase):
    def git(self, w, *arguments):
        env = {**os.environ, 'GIT_AUTHOR_NAME': 'a', 'GIT_AUTHOR_EMAIL': 'a@example.org', 'GIT_COMMITTER_NAME': 'a',
               'GIT_COMMITTER_EMAIL': 'a@example.org', 'GIT_CONFIG_NOSYSTEM': '1', 'HOME': str(w.root)}
        return subprocess.run(['git', '-C', str(w.site.manifests), *arguments], check=True, capture_output=True, text=True, env=env).stdout.strip()

    def test_a_commit_is_what_counts(self):
        with World(watch=True) as w:
            w.manifest('db.yaml', title='Committed', start=START, end=END)
            self.git(w, 'init', '-q', '-b', 'main')
            self.git(w, 'add', '-A')
            self.git(w, 'commit', '-q', '-m', 'first')
            text = w.site.config.read_text().replace(f'manifests: {w.site.manifests}\n', f'manifests: {{git: {w.site.manifests}, ref: main}}\n')
            w.site.config.write_text(text)
            w.start(wait=None)
            w.maintd.wait_line('is ready|libgit2')
            if w.said('libgit2'):
                self.skipTest('built without libgit2')
            w.wait_object('db', lambda o: o['title'] == 'Committed')
            w.manifest('db.yaml', title='In the work tree alone', start=START, end=END)
            w.reload()
            self.assertEqual(w.object('db')['title'], 'Committed')
            self.git(w, 'commit', '-q', '-a', '-m', 'second')
            w.wait_object('db', lambda o: o['title'] == 'In the work tree alone', 'reworded')
            commit = self.git(w, 'rev-parse', 'HEAD')
            eventually('the commit is in the history', lambda: [h for h in w.ctl_json('history', 'db')['history'] if h['commit'] == commit])


if __name__ == '__main__':
    main()
