#!/usr/bin/python3
"""What SECURITY.md says of those who are not trusted: who writes a manifest, and who answers at the other end.

A canary is a text that must not show up where it does not belong: in what the daemon says, in maintctl's output, in the state
directory, on the page.
"""
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from both import BUILD, World, eventually, main_at_once, program
from faults import answer, hang
from faulty import sanitized
from harness import Process
from proxy import Proxy

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
CANARY = 'canary-8d1f2c7b90'
TIMES = f'start: {START}\nend: {END}\nservices: [api]\n'
NOBODY = 65534
CONTROL = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')    # newlines part the lines themselves

# What a file outside the tree might be named by; {} is its path.
READERS = {
    'tag': 'title: !include {}\n',
    'tag-file': 'title: !!file {}\n',
    'alias': 'title: *{}\n',
    'timezone': 'title: t\ntimezone: ../../../../../..{}\n',
    'timezone-absolute': 'title: t\ntimezone: {}\n',
    'key-include': 'include: {}\ntitle: t\n',
    'key-at': 'title: t\ndescription: {{file: {}}}\n',
    'formerly': 'title: t\nformerly: ../..{}\n',
    'id': 'id: ../..{}\ntitle: t\n',
}
# These are good manifests whose text names a file: it stays text.
NAMERS = {
    'at': 'title: "@{}"\n',
    'url': 'title: t\ndescription: "file://{} $(cat {}) `cat {}` ${{HOME}} %n%s"\n',
    'markdown': 'title: t\ndescription: "![x](file://{}) [y](file://{}) <iframe src=file://{}></iframe>"\n',
}


def outputs(w):
    """All that maintctl says, about everything."""
    for verb in (['status'], ['plan'], ['history'], ['timeline'], ['lint'], ['approve'], ['show', 'db']):
        for how in ([], ['--json']):
            done = w.ctl(*how, *verb, expect=None)
            yield f'{how} {verb}', done[1] + done[2]


class Manifests(unittest.TestCase):
    def test_a_manifest_cannot_read_a_file(self):
        with World() as w:
            secret = w.root / 'outside.yaml'
            secret.write_text(f'title: {CANARY}\n{TIMES}')
            w.manifest('db.yaml', start=START, end=END)
            for name, text in {**READERS, **NAMERS}.items():
                w.manifest(f'{name}.yaml', text.replace('{}', str(secret)).replace('{{', '{').replace('}}', '}') + TIMES)
            (w.site.manifests / 'link.yaml').symlink_to(secret)
            (w.site.manifests / 'folder').symlink_to(w.root)
            (w.site.manifests / '_defaults.yaml').symlink_to(secret)
            w.start()
            w.reload(expect=None)
            (w.site.manifests / '_defaults.yaml').unlink()
            w.reload(expect=None)
            for name in NAMERS:
                w.wait_state(name, 'scheduled')
            for where, text in outputs(w):
                self.assertNotIn(CANARY, text, where)
            self.assertEqual(w.said(CANARY), [])
            self.assertEqual(sorted(o['title'] for o in w.objects()), sorted(['db', f'@{secret}', 't', 't']))
            self.assertNotIn(CANARY, json.dumps(w.page.windows()))
            w.stop()
            for path in w.site.state.rglob('*'):
                self.assertFalse(path.is_file() and CANARY.encode() in path.read_bytes(), path)

    def test_a_manifest_cannot_reach_a_host(self):
        """Urls in every text, and in keys that only the configuration has: nobody connects, neither maintd nor a visitor's browser."""
        with World() as w, socket.create_server(('127.0.0.1', 0)) as trap:
            url = f'http://127.0.0.1:{trap.getsockname()[1]}/x'
            w.manifest('db.yaml', start=START, end=END, title=url, message=url, labels={'a': url},
                       description=f'![a]({url}) <{url}> [b]({url})\n\n<img src="{url}"><script src="{url}"></script>\n\n[r]: {url}\n\n![c][r]')
            for key in ('url', 'target', 'webhook', 'git'):
                w.manifest(f'key-{key}.yaml', f'title: t\n{key}: {url}\n{TIMES}')
            w.manifest('targets.yaml', f'title: t\ntargets: ["{url}"]\n{TIMES}')
            w.start()
            self.assertEqual(w.reload(expect=None)[0], 1)
            made = w.wait_state('db', 'scheduled')
            eventually('in sync', w.site.in_sync)
            page = http.client.HTTPConnection(w.page.url.removeprefix('http://'))
            for path in ('/', f'/maintenance/{made["id"]}'):
                page.request('GET', path)
                html = re.sub(r'<script src="/page\.js\?v=[0-9a-f]+" defer></script>', '', page.getresponse().read().decode())  # the page's own
                self.assertNotRegex(html, r'(?i)<(img|script|iframe|object|embed|video|audio|source|base|meta http)|<[^>]*\s(src|style|srcset)=|url\(')
            trap.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                trap.accept()
            self.assertEqual([o['title'] for o in w.objects()], [url])

    def test_no_text_of_a_manifest_reaches_a_terminal_or_a_line_of_its_own(self):
        """Escapes, line breaks and directions in every text that people write, in names of files, and in what is refused."""
        nasty = ['\x1b[31mred', 'a\n<0>maintd: all is lost', 'a\r\nX-Forged: 1', '\x07bell', '\x9b31m', '\u202egnp.exe', 'a\x7fb']
        with World() as w:
            for n, text in enumerate(nasty):
                quoted = json.dumps(text)
                w.manifest(f'title{n}.yaml', f'title: {quoted}\n{TIMES}')
                w.manifest(f'key{n}.yaml', f'title: t\n{quoted}: x\n{TIMES}')
                w.manifest(f'service{n}.yaml', f'title: t\nstart: {START}\nend: {END}\nservices: [{quoted}]\n')
                w.manifest(f'label{n}.yaml', f'title: t\nlabels: {{team: {quoted}}}\n{TIMES}')
                w.manifest(f'long{n}.yaml', f'title: t\ndescription: {quoted}\nmessage: {quoted}\n{TIMES}')
                w.manifest(f'zone{n}.yaml', f'title: t\ntimezone: {quoted}\n{TIMES}')
                w.manifest(text.replace('/', '') + '.yaml', f'title: t\n{TIMES}')
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.reload(expect=None)
            w.wait_state('db', 'scheduled')
            for where, text in outputs(w):
                self.assertEqual(CONTROL.findall(text), [], where)
            w.maintd.drain()
            for line in w.maintd.lines:
                self.assertRegex(line, '^<[3-7]>', 'a line nobody meant')
                self.assertEqual(CONTROL.findall(line), [], line)
                self.assertFalse(line.startswith('<0>'))


class Remotes(unittest.TestCase):
    def world(self, proxy, w):
        w.site.config.write_text(w.site.config.read_text().replace(w.page.api_url, proxy.url))

    def nowhere(self, w, *secrets):
        for where, text in outputs(w):
            for secret in secrets:
                self.assertNotIn(secret, text, where)
        w.stop()
        for secret in secrets:
            self.assertEqual(w.said(secret), [])
            for path in w.site.state.rglob('*'):
                self.assertFalse(path.is_file() and secret.encode() in path.read_bytes(), path)

    def test_a_token_that_is_sent_back_shows_nowhere(self):
        """In the reason of a refusal, in a title, in a service's name, in a header; as it is and as JSON may write it."""
        for status, reason in ((401, 'Unauthorized'), (500, 'Internal Server Error'), (422, 'Unprocessable')):
            with self.subTest(status), World() as w, Proxy(w.page.api_url) as proxy:
                self.world(proxy, w)
                token = 'a/key/' + CANARY
                w.site.secret('page-key', token)
                body = {'error': f'no such key: {token}', 'details': {'fieldErrors': {'title': [token]}}}
                text = json.dumps(body).replace('/key/', '\\/key\\/', 1).encode()
                proxy.fault = answer(status, reason, text, X_Echo=token, WWW_Authenticate=token)
                w.manifest('db.yaml', start=START, end=END)
                w.start()
                w.maintd.wait_line(r'public: .*HTTP|public: cannot be reached')
                self.nowhere(w, CANARY)

    def test_a_token_in_a_name_shows_nowhere(self):
        """Names that a target knows are proposed where one is missing."""
        with World(target={'services': {'database': 'Nowhere'}}) as w, Proxy(w.page.api_url) as proxy:
            self.world(proxy, w)
            w.page.admin('service', 'add', 'Visible')
            w.page.admin('service', 'add', 'Nowhere ' + w.page.key)
            w.manifest('db.yaml', start=START, end=END, services=['database'])
            w.start()
            w.maintd.wait_line('Visible')
            self.nowhere(w, w.page.key)

    def test_no_text_of_a_remote_reaches_a_terminal_or_a_line_of_its_own(self):
        nasty = '\x1b]0;owned\x07\x1b[2J\n<0>maintd: all is lost\r\u202e\x9b31m'
        bodies = ({'error': nasty}, {'error': {'message': nasty}, 'code': nasty}, nasty, {'maintenance': [{'id': nasty, 'title': nasty}]})
        for status in (200, 400, 401, 500):
            for body in bodies:
                with self.subTest((status, body)), World() as w, Proxy(w.page.api_url) as proxy:
                    self.world(proxy, w)
                    proxy.fault = answer(status, 'Odd', json.dumps(body).encode(), Content_Type='application/json')
                    w.manifest('db.yaml', start=START, end=END)
                    w.start()
                    w.maintd.wait_line('public: ')
                    for where, text in outputs(w):
                        self.assertEqual(CONTROL.findall(text), [], where)
                    w.stop()
                    for line in w.said(''):
                        self.assertRegex(line, '^<[3-7]>')
                        self.assertEqual(CONTROL.findall(line), [], line)

    def test_a_compressed_bomb_stays_compressed(self):
        bomb = gzip.compress(b'[' + b'{"a":"' + b' ' * (256 << 20) + b'"}]', 1)
        with World() as w, Proxy(w.page.api_url) as proxy:
            self.world(proxy, w)
            proxy.fault = answer(200, 'OK', bomb, Content_Type='application/json', Content_Encoding='gzip')
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.maintd.wait_line('public: ')
            eventually('it was asked thrice', lambda: proxy.count() >= 3)
            with open(f'/proc/{w.maintd.process.pid}/status') as f:
                peak = int(next(x for x in f if x.startswith('VmHWM')).split()[1])
            if not sanitized(w.maintd.process.pid):
                self.assertLess(peak, 64 * 1024, 'kB')
            self.assertTrue(w.maintd.alive())


class Memory(unittest.TestCase):
    """Credentials in memory: no dump of it, and no look into it by another process of the same user."""

    def become(self):
        if os.geteuid() != 0:
            return []
        become = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
        if not shutil.which('setpriv') or subprocess.run([*become, program(BUILD, 'maintd'), '--version'], capture_output=True).returncode:
            self.skipTest('nobody cannot run ' + program(BUILD, 'maintd'))
        return become

    def test_neither_a_core_dump_nor_a_neighbour_gets_it(self):
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)      # a suite started in the background ignores it, and so would maintd
        become = self.become()
        with World() as w:
            token = (w.root / 'page-key').read_text().strip()
            (w.root / 'page-key').unlink()
            w.manifest('db.yaml', start=START, end=END)
            if become:
                for path in (w.root, w.site.state):
                    os.chown(path, NOBODY, NOBODY)
            w.maintd = Process(*become, program(BUILD, 'maintd'), *w.site.arguments(), env={'MAINTD_PAGE_KEY': token})
            w.maintd.wait_line('is ready')
            pid = w.maintd.process.pid
            if sanitized(pid):
                w.stop()
                self.skipTest('the leak check needs what is forbidden here')
            w.wait_state('db', 'scheduled')
            with open(f'/proc/{pid}/limits') as limits:
                self.assertRegex(limits.read(), r'Max core file size +0 +0 ')
            # Not dumpable: the kernel gives what shows memory and environment to root, whoever runs it.
            for name in ('environ', 'mem', 'maps'):
                self.assertEqual(os.stat(f'/proc/{pid}/{name}').st_uid, 0, name)
            if become:
                done = subprocess.run([*become, 'cat', f'/proc/{pid}/environ'], capture_output=True, text=True)
                self.assertIn('Permission denied', done.stderr)
            w.maintd.signal(signal.SIGQUIT)
            self.assertEqual(w.maintd.wait(), -signal.SIGQUIT)
            self.assertEqual([p for p in w.root.rglob('core*') if p.is_file()], [])

    def test_it_starts_no_program(self):
        """But git and a pager, by maintctl: so there is no other child that could inherit a credential, and no shell that a text could reach
        (the pager's is given the command of the person at the terminal alone). What maintd-page forks is itself, for a backup."""
        allowed = {'maintd': set(), 'maintctl': {'posix_spawnp', 'fork', 'execl', 'execlp'}, 'maintd-page': {'fork'}}
        for name in ('maintd', 'maintctl', 'maintd-page'):
            done = subprocess.run(['nm', '-D', '--undefined-only', program(BUILD, name)], capture_output=True, text=True, check=True)
            wanted = {line.split()[-1].split('@')[0] for line in done.stdout.splitlines()}
            if '__asan_init' not in wanted and 'ptrace' in wanted:
                self.skipTest('a sanitizer is linked in, and starts its symboliser')
            self.assertIn('socket' if name != 'maintd-page' else 'bind', wanted)
            starts = {x for x in wanted if re.match(r'(v?fork|exec[lv]|posix_spawnp?$|popen|system$|wordexp|dlopen|fexecve)', x)}
            self.assertEqual(starts, allowed[name], name)

    def test_git_inherits_no_credential(self):
        """What maintctl starts for edits in a clone; a pager, likewise, is in test_terminal.py. A git that tells what it was given stands in for it."""
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            fake = w.root / 'bin' / 'git'
            fake.parent.mkdir()
            fake.write_text('#!/bin/sh\n{ env; tr "\\0" "\\n" < /proc/$$/cmdline; } >> "${0%/*}/given"\necho true\n')
            fake.chmod(0o755)
            token = (w.root / 'page-key').read_text().strip()
            subprocess.run([program(BUILD, 'maintctl'), *w.site.arguments(), 'extend', 'db', '--by', '1h', '--commit'], stdin=subprocess.DEVNULL,
                           env={'PATH': f'{fake.parent}:/usr/bin:/bin', 'MAINTD_PAGE_KEY': token}, capture_output=True)
            given = (fake.parent / 'given').read_text()
            self.assertIn('PATH=', given)
            self.assertNotIn(token, given)
            self.assertNotIn('MAINTD_', given)

    def test_maintctl_is_no_softer(self):
        """`apply` reads the same credentials."""
        with World() as w, Proxy(w.page.api_url) as proxy:
            w.site.config.write_text(w.site.config.read_text().replace(w.page.api_url, proxy.url))
            w.manifest('db.yaml', start=START, end=END)
            proxy.fault = hang
            ctl = Process(program(BUILD, 'maintctl'), *w.site.arguments(), 'apply')
            try:
                eventually('it asks', lambda: proxy.requests)
                with open(f'/proc/{ctl.process.pid}/limits') as limits:
                    self.assertRegex(limits.read(), r'Max core file size +0 +0 ')
                for name in ('cmdline', 'environ'):
                    with open(f'/proc/{ctl.process.pid}/{name}', 'rb') as f:
                        self.assertNotIn(w.page.key.encode(), f.read(), name)
            finally:
                ctl.kill()


if __name__ == '__main__':
    main_at_once()
