#!/usr/bin/python3
"""The token comes from systemd, and shows nowhere."""
import json
import pathlib
import stat

from service import END, START, Service, eventually, main

SOURCE = '/etc/maintd/credentials/kodo-token'


class Credentials(Service):
    token_file = False
    start = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.m.write(SOURCE, cls.token + '\n', 0o600)
        cls.m.drop_in('maintd.service', f'[Service]\nLoadCredential=kodo-token:{SOURCE}\n')
        cls.m.systemctl('start', 'maintd')

    def nowhere(self, *secrets):
        """Not in what any user may read, and not in what maintd keeps or says."""
        _, pid = self.m.main_pid()
        places = {name: pathlib.Path(f'/proc/{pid}/{name}').read_bytes() for name in ('environ', 'cmdline', 'comm', 'status')}
        places['journal'] = self.m.run('journalctl', '--no-pager', '-a', '-o', 'export').encode()
        for verb in ('status', 'show'):
            places[f'systemctl {verb}'] = self.m.systemctl(verb, 'maintd').encode()
        for verb in (['status'], ['plan'], ['history'], ['lint'], ['show', 'db']):
            for how in ([], ['--json']):
                places[f'maintctl {how} {verb}'] = ''.join(map(str, self.ctl(*how, *verb, expect=None))).encode()
        for path in self.m.path('/var/lib/maintd').rglob('*'):
            places[str(path)] = path.read_bytes()
        self.assertGreater(len(places['journal']), 1000)
        for secret in secrets:
            self.assertEqual([name for name, text in places.items() if secret.encode() in text], [])

    def test_a_credential_is_used_and_shows_nowhere(self):
        self.manifest('db', start=START, end=END)
        self.manifest('bad', 'title: x\n')
        self.reload(expect=1)
        self.wait_state('db', 'scheduled')
        self.delete('bad')
        self.nowhere(self.token)

    def test_only_the_service_can_read_it(self):
        self.m.run('useradd', '-M', '-G', 'maintd', 'oncall')
        path = '/run/credentials/maintd.service/kodo-token'
        self.assertNotEqual(self.m.run('cat', path, user='oncall', expect=None)[0], 0)
        self.assertFalse(stat.S_IMODE(self.m.path(SOURCE).stat().st_mode) & 0o077)

    def test_a_refused_credential_shows_nowhere_and_a_restart_brings_the_new_one(self):
        wrong = 'wrong-' + 'canary' * 5
        self.m.write(SOURCE, wrong + '\n', 0o600)
        try:
            self.m.systemctl('restart', 'maintd')
            self.m.wait_message('public: access denied')
            self.assertIn('denied', self.ctl('status'))
            self.nowhere(wrong, self.token)
        finally:
            self.m.write(SOURCE, self.token + '\n', 0o600)
            self.m.systemctl('restart', 'maintd')
        self.manifest('again', start=START, end=END)
        self.reload()
        self.wait_state('again', 'scheduled')
        self.assertEqual(self.doubled(), [])

    def test_a_token_beside_the_configuration_follows_a_reload(self):
        name = self.m.run('maintd-page', 'key', 'add', 'beside', '--scope', 'maintenance:write,services:read').strip()
        self.m.write('/etc/maintd/file-token', 'not-this-one\n', 0o640)
        self.m.run('chgrp', 'maintd', '/etc/maintd/file-token')
        good = self.m.path('/etc/maintd/maintd.yaml').read_text()
        try:
            self.m.write('/etc/maintd/maintd.yaml', good.replace('"kodo-token"', '"file-token"'))
            self.reload()
            eventually('it is denied', lambda: 'denied' in json.dumps(self.ctl_json('status')['targets']))
            self.m.path('/etc/maintd/file-token').write_text(name + '\n')
            self.manifest('beside', start=START, end=END)
            self.reload()
            self.wait_state('beside', 'scheduled')
            self.nowhere(name, 'not-this-one')
        finally:
            self.m.write('/etc/maintd/maintd.yaml', good)
            self.reload()

    def test_the_page_keeps_only_a_hash_of_a_key(self):
        for path in self.m.path('/var/lib/maintd-page').rglob('*'):
            self.assertNotIn(self.token.encode(), path.read_bytes(), path)


if __name__ == '__main__':
    main()
