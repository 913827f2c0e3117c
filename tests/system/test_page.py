#!/usr/bin/python3
"""The status page as a service: settings, what a restart costs its visitors, its journal, a backup by root."""
import http.client
import json
import pathlib
import re
import resource
import threading
import time

from service import PAGE, Service, api, eventually, main

SOURCES = pathlib.Path(__file__).resolve().parents[2]
IDS = dict(re.findall(r'#define (MESSAGE_\w+)\s+"([0-9a-f]{32})"', (SOURCES / 'src/base/message-ids.h').read_text()))
SETTINGS = '/etc/maintd/page.yaml'


class Page(Service):
    start = False

    def front(self):
        connection = http.client.HTTPConnection('127.0.0.1', 8095, timeout=30)
        connection.request('GET', '/', headers={'Connection': 'close'})
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def test_settings_are_read_at_start_and_a_restart_cuts_nobody(self):
        self.m.write(SETTINGS, 'title: First Title\nlanguage: de\n')
        self.assertIn("title 'First Title', language de", self.m.run('maintd-page', 'check'))
        self.m.systemctl('restart', 'maintd-page')
        self.assertIn('First Title', self.front())
        self.m.write(SETTINGS, 'title: Second Title\n')
        status, _, errors = self.m.systemctl('reload', 'maintd-page', expect=None)
        self.assertNotEqual(status, 0)
        self.assertIn('not applicable', errors)
        seen, over = [], threading.Event()

        def visit():
            while not over.is_set():
                try:
                    seen.append(re.search('(First|Second) Title', self.front())[1])
                except (OSError, http.client.HTTPException) as error:
                    seen.append(repr(error))
        visitor = threading.Thread(target=visit)
        visitor.start()
        try:
            eventually('it is visited', lambda: len(seen) > 10)
            self.m.systemctl('restart', 'maintd-page')
            eventually('the new title', lambda: seen[-1] == 'Second')
        finally:
            over.set()
            visitor.join(30)
        self.assertEqual(set(seen), {'First', 'Second'})

    def test_settings_that_are_wrong_are_told_by_check_and_by_the_journal(self):
        self.m.write(SETTINGS, 'title: Mended\n')
        self.m.systemctl('restart', 'maintd-page')
        self.m.write(SETTINGS, 'titel: Wrong\n')
        status, _, errors = self.m.run('maintd-page', 'check', expect=None)
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"^/etc/maintd/page\.yaml:1:1: error: unknown key 'titel', did you mean title\?")
        self.assertIn('Mended', self.front())
        try:
            status, _, _ = self.m.systemctl('restart', 'maintd-page', expect=None)
            self.assertNotEqual(status, 0)
            eventually('the journal says so', lambda: any('page.yaml:1:1: error' in e['MESSAGE'] for e in self.m.journal('_SYSTEMD_UNIT=maintd-page.service')))
        finally:
            self.m.write(SETTINGS, 'title: Mended again\n')
        self.assertIn('Mended again', self.front())             # whoever came meanwhile has waited

    def test_requests_are_found_in_the_journal_by_their_fields(self):
        begun = time.time()
        status, made, _ = api('POST', PAGE + '/api/v1/services', {'name': 'Logged'}, {'X-API-Key': self.key})
        self.assertEqual(status, 201)
        self.assertEqual(api('GET', PAGE + '/nothing?secret=1')[0], 404)
        self.assertEqual(api('GET', PAGE + '/')[0], 200)

        def look(*matches):
            return self.m.journal('_SYSTEMD_UNIT=maintd-page.service', 'MESSAGE_ID=' + IDS['MESSAGE_REQUEST'], *matches, since=begun)
        [e] = eventually('the change', lambda: look('MAINTD_METHOD=POST', 'MAINTD_STATUS=201'))
        self.assertEqual([e[name] for name in ('MAINTD_PATH', 'MAINTD_KEY', 'MAINTD_CLIENT', 'PRIORITY')], ['/api/v1/services', 'test', '127.0.0.1', '6'])
        self.assertEqual(int(e['MAINTD_BYTES']), len(json.dumps(made, separators=(',', ':'))))
        self.assertTrue(0 < int(e['MAINTD_DURATION_USEC']) < 10_000_000)
        [e] = eventually('the refusal', lambda: look('MAINTD_STATUS=404'))
        self.assertEqual((e['MAINTD_PATH'], e.get('MAINTD_KEY')), ('/nothing', None))
        self.assertEqual(look('MAINTD_PATH=/'), [])
        self.assertNotIn('secret', self.m.run('journalctl', '-u', 'maintd-page', '-o', 'json'))

    def test_root_backs_it_up_where_the_page_may_not_write(self):
        self.assertEqual(api('GET', PAGE + '/')[0], 200)
        self.m.run('mkdir', '-m', '0700', '-p', '/var/backups/page')
        said = self.m.run('maintd-page', 'backup', '/var/backups/page/one.db')
        self.assertRegex(said, r'^/var/backups/page/one\.db: \d+ bytes, checked$')
        self.assertEqual(self.m.mode('/var/backups/page/one.db'), 'root root 600')
        self.assertEqual(self.m.run('sqlite3', '-readonly', '/var/backups/page/one.db', 'SELECT count(*) FROM service').strip(),
                         self.m.run('sqlite3', '-readonly', '/var/lib/maintd-page/page.sqlite', 'SELECT count(*) FROM service').strip())
        self.assertEqual(self.m.mode('/var/lib/maintd-page/page.sqlite'), 'maintd-page maintd-page 600')

    def test_it_has_descriptors_for_the_most_connections(self):
        self.assertEqual(api('GET', PAGE + '/')[0], 200)
        _, pid = self.m.main_pid('maintd-page')
        limits = pathlib.Path(f'/proc/{pid}/limits').read_text(encoding='ascii')
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.assertEqual(int(re.search(r'Max open files\s+(\d+)', limits)[1]), 20480 if most == resource.RLIM_INFINITY else min(20480, most))


if __name__ == '__main__':
    main()
