#!/usr/bin/python3
"""Every step stands in the journal: readable alone, with fields to find it by and a text that explains it."""
import datetime
import pathlib
import re

from service import END, START, Service, at, main

SOURCES = pathlib.Path(__file__).resolve().parents[2]
IDS = dict(re.findall(r'#define (MESSAGE_\w+)\s+"([0-9a-f]{32})"', (SOURCES / 'src/base/message-ids.h').read_text()))


class Journal(Service):
    config = 'withdraw_after: 0s'

    @classmethod
    def install(cls):
        super().install()
        # What journald keeps of a unit that does not say otherwise: far less than one load can have to say.
        cls.m.write('/etc/systemd/journald.conf.d/test.conf', '[Journal]\nRateLimitIntervalSec=30s\nRateLimitBurst=5\n')
        cls.m.systemctl('restart', 'systemd-journald')
        cls.m.run('journalctl', '--update-catalog')

    def setUp(self):
        super().setUp()
        self.manifest('keep', start=START, end=END)     # the last manifest of all is not simply deleted

    def entries(self, *matches):
        return self.m.journal('_SYSTEMD_UNIT=maintd.service', *matches)

    def test_each_step_carries_its_fields(self):
        start = at(2)
        self.manifest('fields', start=start, end=at(4), services=['api', 'database'])
        self.reload()
        o = self.wait_state('fields', 'completed')
        self.m.wait_message('^fields: completed on public')
        steps = {e['MAINTD_ACTION']: e for e in self.entries('MAINTD_WINDOW=fields', 'MAINTD_REMOTE_ID=' + o['id'])}
        self.assertEqual({a: (e['MESSAGE_ID'], e['MAINTD_STATE']) for a, e in steps.items()},
                         {'create': (IDS['MESSAGE_PUBLISHED'], 'scheduled'), 'start': (IDS['MESSAGE_STARTED'], 'in_progress'),
                          'complete': (IDS['MESSAGE_COMPLETED'], 'completed')})
        for e in steps.values():
            self.assertEqual((e['MAINTD_MANIFEST'], e['MAINTD_TARGET'], e['SYSLOG_IDENTIFIER'], e['PRIORITY']), ('fields', 'public', 'maintd', '5'))
            self.assertRegex(e['MAINTD_FILE'], r'fields\.yaml$')
        begun = steps['start']
        self.assertEqual(datetime.datetime.fromisoformat(begun['MAINTD_DUE'].replace('Z', '+00:00')),
                         datetime.datetime.fromisoformat(start.replace('Z', '+00:00')))
        self.assertTrue(0 <= int(begun['MAINTD_LATE_USEC']) < 2_000_000, begun['MAINTD_LATE_USEC'])
        self.assertRegex(begun['MESSAGE'], r'^fields: started on public, due \d\d:\d\d:\d\d UTC, (on time|.* late) \(in_progress, services api, database\)$')

    def test_a_refused_manifest_is_found_by_its_kind_file_and_line(self):
        self.manifest('wrong', 'title: Wrong\nstart: 2030-01-01T00:00Z\nend: nonsense\n')
        try:
            self.reload(expect=1)
            [e] = [e for e in self.entries('MESSAGE_ID=' + IDS['MESSAGE_MANIFEST_REFUSED'], 'PRIORITY=3') if e['MAINTD_FILE'].endswith('wrong.yaml')]
            self.assertRegex(e['MESSAGE'], r'^(.*/)?wrong\.yaml:3:6: error: ')
            self.assertRegex(e['MAINTD_FILE'], r'wrong\.yaml$')
            self.assertEqual(e['MAINTD_LINE'], '3')
        finally:
            self.delete('wrong')
            self.reload()

    def test_the_catalog_explains_what_happened_to_this_window(self):
        self.manifest('explained', start=START, end=END)
        self.reload()
        self.wait_state('explained', 'scheduled')
        self.m.run('journalctl', '--sync', expect=None)
        text = self.m.run('journalctl', '--no-pager', '-x', 'MAINTD_WINDOW=explained')
        self.assertIn('Subject: Window explained now stands on public\n', text)
        self.assertIn("'maintctl show explained'", text)
        self.assertNotRegex(text, r'@MAINTD_\w+@')

    def test_every_kind_of_event_has_its_text(self):
        known = self.m.run('journalctl', '--no-pager', '--list-catalog')
        self.assertEqual([name for name, number in IDS.items() if number not in known], [])

    def test_nothing_it_said_lacks_its_explanation(self):
        for e in self.entries():
            if 'MESSAGE_ID' in e and e.get('_COMM') == 'maintd':
                self.assertIn(e['MESSAGE_ID'], IDS.values(), e['MESSAGE'])
        text = self.m.run('journalctl', '--no-pager', '-x', '-u', 'maintd')
        self.assertNotRegex(text, r'@MAINTD_\w+@')

    def test_a_burst_is_kept(self):
        names = [f'burst-{i}' for i in range(200)]
        for name in names:
            self.manifest(name, f'title: Burst\nstart: {START}\nend: {END}\nno_such_key: 1\n')
        try:
            self.reload(expect=1)
            said = [e for e in self.entries('MESSAGE_ID=' + IDS['MESSAGE_MANIFEST_REFUSED'], 'PRIORITY=3') if 'burst' in e['MAINTD_FILE']]
            self.assertEqual(len(said), 200)
        finally:
            for name in names:
                self.delete(name)
            self.reload()


if __name__ == '__main__':
    main()
