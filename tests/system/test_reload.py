#!/usr/bin/python3
"""`systemctl reload maintd` answers when what was edited is in force, fails when something was refused, and nothing good waits for it."""
import os
import re
import signal
import time

from service import END, START, Service, eventually, main

BAD = 'title: Bad\nstart: 2030-01-01T00:00Z\nend: 2029-01-01T00:00Z\n'
ERROR = r'^(?:/etc/maintd/manifests/)?{}\.yaml:3:\d+: error: '


class Reload(Service):
    config = 'watch: false'

    def test_a_good_edit_is_in_force_when_reload_returns(self):
        self.manifest('good', title='Before', start=START, end=END)
        self.reload()
        self.wait_state('good', 'scheduled')
        self.manifest('good', title='After', start=START, end=END)
        self.assertEqual(self.reload(), '')
        self.assertIn('After', self.ctl('status', 'good'))
        self.wait_object('good', lambda o: o['title'] == 'After', 'reworded')

    def test_a_bad_edit_fails_the_reload_and_changes_nothing_else(self):
        for name in ('bad', 'other'):
            self.manifest(name, title='Before', start=START, end=END)
        self.reload()
        before = self.wait_state('bad', 'scheduled')
        self.wait_state('other', 'scheduled')
        self.manifest('bad', BAD)
        self.manifest('other', title='After', start=START, end=END)
        pid, begun = self.m.main_pid(), time.time()
        try:
            status, _, errors = self.reload(expect=None)
            self.assertNotEqual(status, 0)
            self.assertIn('maintd.service', errors)
            said = self.m.journal('-u', 'maintd', since=begun)
            refused = [e for e in said if re.search(ERROR.format('bad'), e['MESSAGE'])]
            self.assertTrue([e for e in refused if e['_COMM'] == 'maintd' and e['PRIORITY'] == '3' and e['MAINTD_LINE'] == '3'], said)
            self.assertTrue([e for e in refused if e['_COMM'] == 'maintctl'], 'what `systemctl status` shows of the reload')
            self.wait_object('other', lambda o: o['title'] == 'After', 'reworded')
            self.assertEqual(self.objects('bad'), [before])
            self.assertEqual((self.m.show('maintd', 'ActiveState'), self.m.main_pid()), ('active', pid))
            self.assertIn('1 manifest refused', eventually('the status line says so', lambda: 'refused' in (t := self.m.show('maintd', 'StatusText')) and t))
        finally:
            self.manifest('bad', title='Mended', start=START, end=END)
            self.reload()
        self.wait_object('bad', lambda o: o['title'] == 'Mended', 'reworded')

    def test_maintctl_reload_says_what_was_refused(self):
        self.manifest('refused', BAD)
        try:
            status, output, errors = self.ctl('reload', expect=None)
            self.assertEqual(status, 1)
            self.assertRegex(errors, re.compile(ERROR.format('refused'), re.M))
            self.assertRegex(output, r'^1 of \d+ manifests refused, \d+ in force$')
        finally:
            self.delete('refused')
            self.reload()

    def test_a_refused_version_is_not_in_force_after_a_restart_either(self):
        self.manifest('restarted', title='Good', start=START, end=END)
        self.reload()
        before = self.wait_state('restarted', 'scheduled')
        self.manifest('restarted', BAD)
        try:
            self.m.systemctl('restart', 'maintd')
            eventually('it has looked', lambda: self.status('restarted')['targets'][0]['sync'] == 'ok')
            self.assertEqual(self.objects('restarted'), [before])
        finally:
            self.manifest('restarted', title='Good', start=START, end=END)
            self.reload()

    def test_a_refused_configuration_fails_the_reload_and_the_one_before_stays(self):
        path = '/etc/maintd/maintd.yaml'
        good = self.m.path(path).read_text()
        self.m.write(path, good + 'colour: blue\n')
        self.manifest('configured', start=START, end=END)
        try:
            status, _, errors = self.reload(expect=None)
            self.assertNotEqual(status, 0, errors)
            self.m.wait_message(r'^/etc/maintd/maintd.yaml:\d+:1: error: .*colour')
            self.wait_state('configured', 'scheduled')
        finally:
            self.m.write(path, good)
            self.reload()

    def test_none_of_100_reloads_returns_early(self):
        self.manifest('hundred', title='0', start=START, end=END)
        self.reload()
        pid = self.m.main_pid()
        early = []
        for i in range(100):
            self.manifest('hundred', title=f'Number {i}', start=START, end=END)
            self.reload()
            if f'Number {i}\n' not in self.ctl('status', 'hundred') + '\n':
                early.append(i)
        self.assertEqual(early, [])
        self.assertEqual(self.m.main_pid(), pid)
        self.wait_object('hundred', lambda o: o['title'] == 'Number 99', 'as written last')
        self.assertEqual(self.told('hundred'), ['scheduled'])

    def test_a_reload_while_the_daemon_is_paused_waits_for_it(self):
        self.manifest('paused', title='Before', start=START, end=END)
        self.reload()
        self.manifest('paused', title='After', start=START, end=END)
        _, pid = self.m.main_pid()
        try:
            os.kill(pid, signal.SIGSTOP)
            reload = self.m.spawn('systemctl', 'reload', 'maintd')
            time.sleep(0.5)     # time to be wrong in
            self.assertIsNone(reload.poll())
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assertEqual(reload.wait(30), 0)
        self.assertIn('After', self.ctl('status', 'paused'))


if __name__ == '__main__':
    main()
