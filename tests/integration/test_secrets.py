#!/usr/bin/python3
"""The token: where it never shows, when it is refused, and how a new one is taken up. The page's own key is the canary."""
import os
import unittest

from both import Both, World, at, eventually, main_at_once
from faults import answer
from proxy import Proxy

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


class Secrets(unittest.TestCase):
    def nowhere(self, w, token):
        token = token.encode()
        for name in ('cmdline', 'environ', 'comm'):
            with open(f'/proc/{w.maintd.process.pid}/{name}', 'rb') as f:
                self.assertNotIn(token, f.read(), name)
        for verb in (['status'], ['plan'], ['history'], ['show', 'db'], ['lint'], ['approve']):
            for json in ([], ['--json']):
                self.assertNotIn(token.decode(), ''.join(map(str, w.ctl(*json, *verb, expect=None))), verb)
        w.stop()
        self.assertEqual(w.said(token.decode()), [])
        for path in w.site.state.rglob('*'):
            if path.is_file():
                self.assertNotIn(token, path.read_bytes(), path)

    def test_it_shows_nowhere(self):
        with Both() as w:
            w.manifest('db.yaml', start=at(1), end=at(2), updates=[{'at': '+0s', 'message': 'x'}])
            w.manifest('bad.yaml', 'title: x\n')
            w.start()
            w.wait_both('db', 'completed')
            w.reload(expect=None)
            self.nowhere(w, w.page.key)

    def test_it_shows_nowhere_when_it_is_refused_and_sent_back(self):
        with World() as w, Proxy(w.page.api_url) as proxy:
            w.site.config.write_text(w.site.config.read_text().replace(w.page.api_url, proxy.url))
            proxy.fault = answer(401, 'Unauthorized', b'{"error": "no such key"}')
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.maintd.wait_line('^<3>public: access denied: HTTP 401: no such key')
            self.nowhere(w, w.page.key)

    def test_a_file_that_others_may_read_is_refused_until_it_is_closed(self):
        for mode in (0o644, 0o604, 0o620):
            with self.subTest(oct(mode)), World() as w:
                token = w.root / 'page-key'
                os.chmod(token, mode)
                w.manifest('db.yaml', start=START, end=END)
                w.start()
                w.maintd.wait_line('^<3>public: access denied: .*page-key')
                self.assertIn('page-key', w.ctl('status'))
                [target] = w.ctl_json('status')['targets']
                self.assertEqual((target['health'], 'its mode is' in target['problem']), ('denied', True))
                self.assertEqual(w.page.windows(), [])
                self.assertEqual(w.said(w.page.key), [])
                os.chmod(token, 0o600)
                w.reload()
                w.wait_state('db', 'scheduled')

    def test_a_missing_file_is_taken_up_as_soon_as_it_is_there(self):
        with World() as w:
            os.unlink(w.root / 'page-key')
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.maintd.wait_line("^<3>public: access denied: credential 'page-key' not found")
            [target] = w.ctl_json('status')['targets']
            self.assertEqual(target['health'], 'denied')
            w.wait_sync('db', 'denied')
            w.site.secret('page-key', w.page.key)
            w.wait_state('db', 'scheduled')
            self.assertEqual(len(w.said('access denied')), 1)
            self.assertEqual(w.ctl_json('status')['targets'][0]['health'], 'ok')

    def test_a_file_that_could_smuggle_a_header_is_refused(self):
        for text in (b'', b'\n', b'key\r\nX-Forged: 1\n', b'k' * 1_000_000, b'key\0rest'):
            with self.subTest(text[:20]), World() as w:
                (w.root / 'page-key').write_bytes(text)
                w.manifest('db.yaml', start=START, end=END)
                w.start()
                w.maintd.wait_line('public: .*page-key')
                self.assertEqual(w.page.windows(), [])

    def test_a_new_token_after_a_401_is_taken_up_without_a_restart(self):
        with Both() as w:
            w.manifest('db.yaml', title='Before', start=START, end=END)
            w.start()
            w.wait_both('db', 'scheduled')
            w.settled()
            pid = w.maintd.process.pid
            new = w.page.admin('key', 'add', 'second', '--scope', '*:*')
            w.page.admin('key', 'remove', 'test')
            w.page.key = new
            w.manifest('db.yaml', title='After', start=START, end=END)
            w.reload()
            w.maintd.wait_line('^<3>public: access denied')
            eventually('the silence is reworded', lambda: w.live('db')[0]['comment'].startswith('After '))
            w.wait_sync('db', 'denied')
            self.assertEqual(len(w.said('access denied')), 1)
            w.site.secret('page-key', new)
            w.wait_object('db', lambda o: o['title'] == 'After', 'reworded')
            w.settled()
            self.assertEqual((w.maintd.process.pid, w.maintd.alive()), (pid, True))
            self.assertEqual(w.said(new), [])
            self.assertEqual(w.doubled(), [])


if __name__ == '__main__':
    main_at_once()
