#!/usr/bin/python3
"""The units as they are installed: systemd has nothing to say against them, and they leave little open."""
import os
import re

from service import PAGE, Service, api, main

UNITS = ('maintd.service', 'maintd-page.service', 'maintd-page.socket')
LIMITS = {'maintd.service': 1.2, 'maintd-page.service': 0.3}       # of systemd-analyze, from 0 to 10


class Units(Service):
    def test_systemd_has_no_complaint(self):
        status, output, errors = self.m.run('systemd-analyze', 'verify', '--man=no', *UNITS, expect=None)
        self.assertEqual((status, output + errors), (0, ''))

    def exposure(self, unit, *options):
        text = self.m.run('systemd-analyze', 'security', '--no-pager', *options, unit)
        return float(re.search(r'Overall exposure level for \S+: ([\d.]+)', text)[1])

    def test_little_is_open_in_the_file_and_in_the_running_service(self):
        self.m.systemctl('start', 'maintd', 'maintd-page')
        for unit, limit in LIMITS.items():
            with self.subTest(unit):
                found = self.exposure(unit, '--offline=yes'), self.exposure(unit)
                print(unit, 'exposure', found)
                self.assertLessEqual(max(found), limit)

    def inside(self, unit, *argv):
        """Runs a program where the service is: its mounts, network and user."""
        pid, _ = self.m.main_pid(unit)
        return self.m.run('nsenter', '-t', str(pid), '-m', '-n', '--', *argv, expect=None)

    def test_no_other_program_can_be_run_there(self):
        self.m.systemctl('start', 'maintd', 'maintd-page')
        for unit in ('maintd', 'maintd-page'):
            with self.subTest(unit):
                for program in ('/bin/sh', '/usr/bin/perl', '/usr/bin/systemctl'):
                    status, _, errors = self.inside(unit, program)
                    self.assertEqual((status, 'Permission denied' in errors), (126, True), errors)
                self.assertEqual(self.inside(unit, f'/usr/local/bin/{unit}', '--version')[0], 0)

    def test_the_page_has_no_network_of_its_own_and_answers_all_the_same(self):
        self.assertEqual(api('GET', PAGE + '/')[0], 200)
        _, pid = self.m.main_pid('maintd-page')
        interfaces = [line.split(':')[0].strip() for line in open(f'/proc/{pid}/net/dev', encoding='ascii') if ':' in line]
        self.assertEqual(interfaces, ['lo'])
        self.assertNotEqual(os.readlink(f'/proc/{pid}/ns/net'), os.readlink(f'/proc/{self.m.pid}/ns/net'))

    def test_catalog_users_and_directories_are_where_systemd_looks(self):
        self.assertIn('u maintd ', self.m.run('systemd-sysusers', '--cat-config'))
        self.assertIn('/var/lib/maintd-page', self.m.run('systemd-tmpfiles', '--cat-config'))
        self.m.run('journalctl', '--update-catalog')
        self.assertIn('maintd', self.m.run('journalctl', '--no-pager', '--list-catalog'))


if __name__ == '__main__':
    main()
