"""A world to test maintd in: a status page, a directory of manifests, and the daemon between them.

    from world import World, at

    with World() as w:
        w.manifest('db.yaml', title='Database Migration', start=at(2), end=at(4), services=['api'])
        w.start()
        w.wait_state('db', 'in_progress')

Everything lives in a temporary directory and on ports of the kernel's choice, and is ended by its process id. When a test fails,
what the programs said is printed. MAINTD_BUILD names the build directory.
"""
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))

from harness import Page, Process, Site, eventually, program, skip  # noqa: E402, F401 (tests take them from here)
from proxy import Proxy  # noqa: E402

BUILD = os.environ.get('MAINTD_BUILD', '/tmp/build')


def at(seconds):
    """The instant `seconds` from now, as manifests write it: whole seconds, rounded up."""
    t = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return (t.replace(microsecond=0) + datetime.timedelta(seconds=1)).strftime('%Y-%m-%dT%H:%M:%SZ')


def seconds(text):
    """Seconds since the epoch of an RFC 3339 instant."""
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def yaml(keys):
    """A manifest's text: JSON values are YAML."""
    return ''.join(f'{key}: {json.dumps(value)}\n' for key, value in keys.items())


class World:
    def __init__(self, services=('api', 'database'), config='', page_options=(), instance='maintd', watch=False, faulty=False, target=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='maintd-'))
        self.services, self.config, self.instance, self.page_options = services, config, instance, page_options
        self.watch, self.faulty, self.target = watch, faulty, target or {}
        self.maintd, self.proxy, self._said = None, None, []
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.page = Page(BUILD, self.root / 'page', self.services, *self.page_options)
            self._open_site()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _open_site(self):
        url = self.page.api_url
        if self.faulty:
            self.proxy = self._stack.enter_context(Proxy(url))
            url = self.proxy.url
        target = {'type': 'kodo', 'url': url, 'token': 'page-key', **self.target}
        self.site = Site(BUILD, self.root, f'watch: {json.dumps(self.watch)}\ninstance: {self.instance}\n{self.config}', {'public': target},
                         self.services)
        self.site.secret('page-key', self.page.key)
        self.control = self.site.state / 'control'

    def __exit__(self, kind, *_):
        if self.maintd and self.maintd.alive():
            self.maintd.kill() if kind else self.stop()
        if getattr(self, 'page', None):
            self.page.kill()
        self._stack.close()
        if kind:
            print('---- page\n' + self.page.output() if getattr(self, 'page', None) else '')
            if self.maintd:
                self.maintd.drain()
                print('---- maintd\n' + '\n'.join(self._said) + self.maintd.output())
        shutil.rmtree(self.root, ignore_errors=True)

    # ── manifests ──

    def manifest(self, name, text=None, **keys):
        """Writes a manifest: its text, or its keys."""
        self.site.write(name, text if text is not None else yaml({'title': name.rsplit('.', 1)[0], 'services': ['api'], **keys}))

    def delete(self, name):
        self.site.delete(name)

    # ── programs ──

    def start(self, wait='is ready', env=None):
        self.maintd = self.site.maintd(env=env)
        if wait:
            self.maintd.wait_line(wait)
        return self.maintd

    def stop(self):
        status = self.maintd.stop()
        self._said += self.maintd.lines
        assert status == 0, f'maintd ended with {status}:\n{self.maintd.output()}'

    def kill(self):
        """As the kernel's OOM killer or a power cut would."""
        self.maintd.kill()
        self.maintd.drain()
        self._said += self.maintd.lines

    def restart_page(self):
        """The page again, on the same port and with the same state."""
        port = self.page.url.rsplit(':', 1)[1]
        self.page = Process.__new__(Page)
        self.page.binary, self.page.state = program(BUILD, 'maintd-page'), self.root / 'page'
        Process.__init__(self.page, self.page.binary, '--state', self.page.state, '--listen', f'127.0.0.1:{port}', '--rate-limit', 'off')
        self.page.url = self.page.wait_line(r'listening on (http://[^ ]*?)/?$')[1]
        self.page.api_url, self.page.key = self.page.url + '/api/v1', (self.root / 'page' / 'test-key').read_text().strip()

    def ctl(self, *arguments, expect=0):
        return self.site.ctl(*arguments, expect=expect)

    def ctl_json(self, *arguments, expect=0):
        return json.loads(self.site.ctl('--json', *arguments, expect=expect))

    def reload(self, expect=0):
        return self.ctl('reload', expect=expect)

    # ── what there is ──

    def objects(self, manifest=None):
        """Maintenance objects of ours on the page, oldest first; of one manifest (or ID@OCCURRENCE) when named."""
        prefix = f'maintd:{self.instance}:'
        found = [o for o in self.page.windows() if (o.get('external_id') or '').startswith(prefix)]
        return [o for o in found if manifest is None or re.split('[#]', o['external_id'][len(prefix):])[0] in (manifest,)]

    def object(self, manifest):
        """The newest generation of a window, None: it is not there."""
        found = self.objects(manifest)
        return max(found, key=lambda o: int(o['external_id'].rsplit('#', 1)[1])) if found else None

    def wait_object(self, manifest, condition=lambda o: True, what='there', patience=None):
        def look():
            o = self.object(manifest)
            return o if o and condition(o) else None
        return eventually(f'{manifest} is {what}', look, patience)

    def wait_state(self, manifest, state, patience=None):
        return self.wait_object(manifest, lambda o: o['status'] == state, state, patience)

    def status(self, window=None):
        """The status document, or one window of it."""
        doc = self.ctl_json('status')
        if window is None:
            return doc
        return next((w for w in doc['windows'] if w['window'] == window), None)

    def wait_sync(self, window, sync, patience=None):
        def look():
            w = self.status(window)
            return w if w and [t for t in w['targets'] if t['sync'] == sync] else None
        return eventually(f'{window} is {sync}', look, patience)

    def patch(self, manifest, **changes):
        """What a colleague does in the dashboard."""
        status, body, _ = self.page.call('PATCH', '/maintenance/' + self.object(manifest)['id'], changes)
        assert status == 200, body
        return body

    def said(self, pattern):
        """Lines of maintd so far that fit, of all its runs."""
        self.maintd.drain()
        lines = self._said + (self.maintd.lines if self.maintd.alive() else [])
        return [line for line in lines if re.search(pattern, line)]


def main():
    unittest.main(verbosity=2, warnings='ignore')
