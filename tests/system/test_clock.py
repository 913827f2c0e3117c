#!/usr/bin/python3
"""What maintd does when the machine's clock is set, and when the machine sleeps: see clock.sh, which runs inside."""
import re
import unittest

from machine import HERE
from service import PAGE
from vm import run

CONFIG = f'manifests: manifests\nservices: {{api: {{}}}}\ntargets: {{public: {{type: kodo, url: {PAGE}/api/v1, token: kodo-token}}}}\n'
PAGE_UNIT = '[Service]\nExecStart=\nExecStart=/usr/local/bin/maintd-page --rate-limit off\n'


class Clock(unittest.TestCase):
    def test_steps_and_sleep(self):
        said = run('bookworm', (HERE / 'clock.sh').read_text(), {
            '/etc/maintd/maintd.yaml': CONFIG, '/etc/hosts': '127.0.0.1 localhost\n', '/etc/hostname': 'machine\n',
            '/etc/systemd/system/maintd-page.service.d/limits.conf': PAGE_UNIT})
        print(said)
        checks = re.findall(r'^(ok|not ok|skip) (.*)$', said, re.M)
        self.assertGreaterEqual(len(checks), 17, 'every check was made')
        self.assertEqual([text for how, text in checks if how == 'not ok'], [])


if __name__ == '__main__':
    unittest.main(verbosity=2, warnings='ignore')
