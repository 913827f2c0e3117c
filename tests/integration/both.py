"""A world with two targets: the page, and a real Alertmanager of Debian's package.

    from both import Both

    with Both() as w:
        w.manifest('db.yaml', start=at(2), end=at(4))
        w.start()
        w.wait_silence('db', 'active')
        self.assertEqual(w.told('db'), ['scheduled', 'in_progress'])

What the page has told is read from its own database: the outbox has one row for each message that subscribers are owed.
"""
import concurrent.futures
import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import unittest

from world import World, BUILD, at, eventually, main, program, seconds, skip, yaml     # noqa: F401 (tests take them from here)

from harness import Process, api    # noqa: E402 (world knows where it is)

ALERTMANAGER = pathlib.Path('/usr/bin/prometheus-alertmanager')
MARKER = re.compile(r'maintd:([^: ]+):([^# ]+)#(\d+)/service:(\S+)')

if not ALERTMANAGER.exists():
    skip(f'{ALERTMANAGER} is not installed: package prometheus-alertmanager')


class Alertmanager(Process):
    """State lives in `root`, where another may have run before; snapshots of it are taken once a second."""

    def __init__(self, root, listen='127.0.0.1:0'):
        self.root = root
        root.mkdir(exist_ok=True)
        config = root / 'alertmanager.yml'
        config.write_text('route: {receiver: none}\nreceivers: [{name: none}]\n')
        super().__init__(ALERTMANAGER, f'--config.file={config}', f'--storage.path={root}/data', '--cluster.listen-address=',
                         '--data.maintenance-interval=1s', f'--web.listen-address={listen}')
        self.url = 'http://' + self.wait_line(r'msg="Listening on" address=(\S+)')[1]

    def saved(self, since):
        """Whether a snapshot was begun and finished after that moment."""
        snapshot = self.root / 'data' / 'silences'
        return snapshot.exists() and snapshot.stat().st_mtime > since + 1

    def silences(self):
        status, body, _ = api('GET', self.url + '/api/v2/silences')
        assert status == 200, body
        return body


class Both(World):
    """`public` is the page, `alerts` the Alertmanager, which has matchers for the services api and database."""

    def _open_site(self):
        self.alertmanager = self._stack.enter_context(contextlib.closing(self._alertmanager()))
        super()._open_site()
        services = {name: {'matchers': [f'service="{name}"']} for name in self.services}
        with self.site.config.open('a') as config:
            config.write(f"  alerts: {json.dumps({'type': 'alertmanager', 'url': self.alertmanager.url, 'services': services})}\n")

    def _alertmanager(self):
        a = Alertmanager(self.root / 'alertmanager')
        a.close = a.kill
        return a

    # ── Alertmanager ──

    def silences(self, window, *states):
        """Silences of a window, ID or ID@OCCURRENCE, in these states; none named: in all."""
        found = []
        for s in self.alertmanager.silences():
            m = MARKER.search(s['comment'])
            if m and m[1] == self.instance and m[2] == window and (not states or s['status']['state'] in states):
                found.append({**s, 'state': s['status']['state'], 'generation': int(m[3]), 'service': m[4]})
        return found

    def live(self, window):
        return self.silences(window, 'pending', 'active')

    def wait_silence(self, window, state, condition=lambda s: True, what=''):
        """The one live silence of the window, in this state."""
        def look():
            found = self.live(window)
            return found[0] if len(found) == 1 and found[0]['state'] == state and condition(found[0]) else None
        return eventually(f'the silence of {window} is {state} {what}', look)

    def wait_no_silence(self, window):
        """Nothing is silenced for the window any more."""
        eventually(f'no silence of {window} is live', lambda: not self.live(window))

    def wait_both(self, window, state):
        """The window is in that state at both targets."""
        self.wait_state(window, state)
        if state in ('completed', 'cancelled'):
            self.wait_no_silence(window)
        else:
            self.wait_silence(window, {'scheduled': 'pending', 'in_progress': 'active'}[state])

    # ── the page's own books ──

    def page_rows(self, query, *arguments):
        [path] = (self.root / 'page').glob('*.sqlite')
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as db:
            return db.execute(query, arguments).fetchall()

    def told(self, window, generation=0):
        """What subscribers are told of a window, in order."""
        marker = f'maintd:{self.instance}:{window}#{generation}'
        return [kind for kind, in self.page_rows('SELECT kind FROM outbox o JOIN maintenance m ON m.seq = o.maintenance WHERE m.external_id = ?'
                                                 ' ORDER BY o.seq', marker)]

    def wait_told(self, window, *kinds, generation=0):
        eventually(f'{window} is told as {kinds}, not {self.told(window, generation)}', lambda: self.told(window, generation) == list(kinds))

    def totals(self):
        """How much there is: objects on the page, messages in its outbox, silences."""
        [objects], [messages] = self.page_rows('SELECT count(*) FROM maintenance')[0], self.page_rows('SELECT count(*) FROM outbox')[0]
        return objects, messages, len(self.alertmanager.silences())

    def doubled(self):
        """Markers that more than one live silence carries, and markers told twice of the same thing. Must be empty."""
        wrong, seen = [], set()
        for s in self.alertmanager.silences():
            m = MARKER.search(s['comment'])
            if s['status']['state'] != 'expired' and m:
                wrong += [m[0]] if m[0] in seen else []
                seen.add(m[0])
        once = "('scheduled', 'in_progress', 'completed', 'cancelled')"
        wrong += self.page_rows(f'SELECT maintenance_id, kind, count(*) FROM outbox WHERE kind IN {once} GROUP BY 1, 2 HAVING count(*) > 1')
        wrong += self.page_rows('SELECT external_id, count(*) FROM maintenance GROUP BY 1 HAVING count(*) > 1 OR external_id IS NULL')
        return wrong

    def settled(self):
        eventually('everything is as the manifests say', self.site.in_sync)


def main_at_once(worlds=4):
    """As main(), several tests at a time: each has a world of its own, and most of its time is waiting."""
    if len(sys.argv) > 1:
        return main()
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    names = [test.id().removeprefix('__main__.') for tests in suite for test in tests]

    def run(name):
        return subprocess.run([sys.executable, sys.argv[0], name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with concurrent.futures.ThreadPoolExecutor(worlds) as pool:
        failed = 0
        for name, done in zip(names, pool.map(run, names)):
            failed += done.returncode != 0
            print(done.stdout if done.returncode else f'{name} ... {"skipped" if "skipped" in done.stdout else "ok"}', flush=True)
    print(f'Ran {len(names)} tests\n\n{"FAILED" if failed else "OK"}')
    sys.exit(failed != 0)
