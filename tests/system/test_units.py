#!/usr/bin/python3
"""The units as they are installed: systemd has nothing to say against them, and they leave little open."""
import re

from service import Service, main

UNITS = ('maintd.service', 'maintd-page.service', 'maintd-page.socket')
LIMIT = 1.2


class Units(Service):
    def test_systemd_has_no_complaint(self):
        status, output, errors = self.m.run('systemd-analyze', 'verify', '--man=no', *UNITS, expect=None)
        self.assertEqual((status, output + errors), (0, ''))

    def exposure(self, unit, *options):
        text = self.m.run('systemd-analyze', 'security', '--no-pager', *options, unit)
        return float(re.search(r'Overall exposure level for \S+: ([\d.]+)', text)[1])

    def test_little_is_open_in_the_file_and_in_the_running_service(self):
        self.m.systemctl('start', 'maintd', 'maintd-page')
        for unit in UNITS[:2]:
            with self.subTest(unit):
                found = self.exposure(unit, '--offline=yes'), self.exposure(unit)
                print(unit, 'exposure', found)
                self.assertLessEqual(max(found), LIMIT)

    def test_catalog_users_and_directories_are_where_systemd_looks(self):
        self.assertIn('u maintd ', self.m.run('systemd-sysusers', '--cat-config'))
        self.assertIn('/var/lib/maintd-page', self.m.run('systemd-tmpfiles', '--cat-config'))
        self.m.run('journalctl', '--update-catalog')
        self.assertIn('maintd', self.m.run('journalctl', '--no-pager', '--list-catalog'))


if __name__ == '__main__':
    main()
