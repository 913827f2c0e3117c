"""maintd as a service of a booted machine, with the status page beside it.

    class Reload(Service):
        config = 'watch: false'

        def test_what_it_does(self):
            self.manifest('db', start=START, end=END)
            self.m.systemctl('reload', 'maintd')
            self.wait_state('db', 'scheduled')

One machine serves all tests of a class, so each test names its manifests by itself.
"""
import contextlib
import datetime
import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))

from harness import api, eventually  # noqa: E402, F401 (tests take them from here)
from faults import plain  # noqa: E402, F401
from machine import Machine  # noqa: E402
from proxy import Proxy  # noqa: E402, F401

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
PAGE = 'http://127.0.0.1:8095'


def at(seconds):
    """The instant `seconds` from now, as manifests write it: whole seconds, rounded up."""
    t = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return (t.replace(microsecond=0) + datetime.timedelta(seconds=1)).strftime('%Y-%m-%dT%H:%M:%SZ')


class Service(unittest.TestCase):
    suite = 'bookworm'
    config = ''             # lines of maintd.yaml
    url = PAGE + '/api/v1'  # where maintd looks for the page
    target = {}             # further keys of the target
    limits = ' --rate-limit off'
    token_file = True
    start = True

    @classmethod
    def setUpClass(cls):
        cls.m = cls.enterClassContext(Machine(cls.suite))
        cls.install()
        cls.page_up()
        cls.configure(cls.config)
        if cls.start:
            cls.m.systemctl('start', 'maintd')

    @classmethod
    def install(cls):
        """The steps of README.md after `meson install`."""
        cls.m.run('systemd-sysusers')
        cls.m.run('systemd-tmpfiles', '--create')
        cls.m.systemctl('daemon-reload')

    @classmethod
    def page_up(cls):
        if cls.limits:
            cls.m.drop_in('maintd-page.service', f'[Service]\nExecStart=\nExecStart=/usr/local/bin/maintd-page{cls.limits}\n')
        cls.m.systemctl('start', 'maintd-page.socket')
        for service in ('api', 'database'):
            cls.m.run('maintd-page', 'service', 'add', service)
        cls.key = cls.m.run('maintd-page', 'key', 'add', 'test', '--scope', '*:*').strip()
        cls.token = cls.m.run('maintd-page', 'key', 'add', 'maintd', '--scope', 'maintenance:write,services:read').strip()

    @classmethod
    def configure(cls, config, **targets):
        targets = targets or {'public': {'type': 'kodo', 'url': cls.url, 'token': 'kodo-token', **cls.target}}
        lines = ['manifests: manifests', config, 'services: {api: {}, database: {}}', 'targets:', *(f'  {n}: {json.dumps(t)}' for n, t in targets.items())]
        cls.m.write('/etc/maintd/maintd.yaml', '\n'.join(lines) + '\n')
        if cls.token_file:
            cls.m.write('/etc/maintd/kodo-token', cls.token + '\n', 0o640)
            cls.m.run('chgrp', 'maintd', '/etc/maintd/kodo-token')

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f'---- journal of {self.id()}\n' + self.m.run('journalctl', '--no-pager', '-u', 'maintd', '-u', 'maintd-page', '-n', '40', '-o', 'short-precise', expect=None)[1], flush=True)

    def setUp(self):
        if self.start:
            self.m.systemctl('start', 'maintd')

    # ── manifests and maintctl ──

    def manifest(self, name, text=None, **keys):
        keys = {'title': name, 'services': ['api'], **keys}
        self.m.write(f'/etc/maintd/manifests/{name}.yaml', text if text is not None else ''.join(f'{k}: {json.dumps(v)}\n' for k, v in keys.items()))

    def delete(self, name):
        self.m.path(f'/etc/maintd/manifests/{name}.yaml').unlink()

    def ctl(self, *arguments, **options):
        return self.m.run('maintctl', '--no-color', *arguments, **options)

    def ctl_json(self, *arguments):
        return json.loads(self.ctl('--json', *arguments))

    def status(self, window):
        return next((w for w in self.ctl_json('status')['windows'] if w['window'] == window), None)

    def reload(self, expect=0):
        return self.m.systemctl('reload', 'maintd', expect=expect)

    # ── the page ──

    @classmethod
    def page(cls, method, path, body=None):
        status, answer, _ = api(method, f'{PAGE}/api/v1{path}', body, {'X-API-Key': cls.key})
        return status, answer

    def objects(self, window):
        status, body = self.page('GET', '/maintenance?limit=100')
        self.assertEqual((status, body.get('next_cursor')), (200, None))
        return [o for o in body['maintenance'] if re.fullmatch(rf'maintd:maintd:{re.escape(window)}#\d+', o['external_id'] or '')]

    def wait_object(self, window, condition=lambda o: True, what='there', patience=None):
        """The one object of a window."""
        def look():
            found = self.objects(window)
            return found[0] if len(found) == 1 and condition(found[0]) else None
        return eventually(f'{window} is {what}', look, patience)

    def wait_state(self, window, state, patience=None):
        return self.wait_object(window, lambda o: o['status'] == state, state, patience)

    def told(self, window):
        """What subscribers are told of it, in order, from the page's own books."""
        return [row['kind'] for row in self.books('SELECT kind FROM outbox o JOIN maintenance m ON m.seq = o.maintenance'
                                                  f" WHERE m.external_id LIKE 'maintd:maintd:{window}#%' ORDER BY o.seq")]

    def doubled(self):
        """Markers that two objects carry, and what has been told twice of one. Must be empty."""
        once = "('scheduled', 'in_progress', 'completed', 'cancelled')"
        return (self.books('SELECT external_id, count(*) FROM maintenance GROUP BY 1 HAVING count(*) > 1') +
                self.books(f'SELECT maintenance_id, kind, count(*) FROM outbox WHERE kind IN {once} GROUP BY 1, 2 HAVING count(*) > 1'))

    def books(self, query):
        return json.loads(self.m.run('sqlite3', '-readonly', '-json', '/var/lib/maintd-page/page.sqlite', query) or '[]')


def main():
    """Debian 12's systemd (252); in a long run also Debian 13's (257), whose tree may not be to be had."""
    good = unittest.main(verbosity=2, warnings='ignore', exit=False).result.wasSuccessful()
    if os.environ.get('MAINTD_TEST_LONG'):
        Service.suite = 'trixie'
        print('---- trixie', flush=True)
        with contextlib.suppress(SystemExit):
            good = unittest.main(verbosity=2, warnings='ignore', exit=False).result.wasSuccessful() and good
    sys.exit(not good)
