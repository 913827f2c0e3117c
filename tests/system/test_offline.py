#!/usr/bin/python3
"""Booted without a network, maintd runs, says what it misses, and catches up by itself when the network is there."""
import time

from service import PAGE, START, END, Proxy, Service, at, eventually, main

ADDRESS, NAME = '198.51.100.7', 'status.example'     # RFC 5737, RFC 2606: they lead nowhere


class Offline(Service):
    start = False

    def targets(self):
        return {t['target']: t for t in self.ctl_json('status')['targets']}

    def test_it_starts_says_so_and_converges_when_the_network_comes_up(self):
        plain = {'type': 'kodo', 'token': 'kodo-token', 'insecure_http': True}
        self.configure('', public={**plain, 'url': f'http://{ADDRESS}:8080/api/v1'}, named={**plain, 'url': f'http://{NAME}:8080/api/v1'})
        self.manifest('ahead', start=START, end=END, targets=['public'])
        due = time.time() + 2
        self.manifest('due', start=at(1), end=at(3600), targets=['public'])
        self.manifest('named', start=START, end=END, targets=['named'])
        self.m.systemctl('enable', 'maintd', 'maintd-page.socket')
        begun = time.time()
        self.m.reboot()
        self.assertEqual((self.m.show('maintd', 'ActiveState'), self.m.show('maintd', 'NRestarts')), ('active', '0'))
        self.m.wait_message(r'^public: .*not? .*(reach|answer|connect)')
        self.m.wait_message(r'^named: ')
        said = [e for e in self.m.journal('MESSAGE_ID=c157a4d985f048a2bc3d563170319253', since=begun)]
        self.assertEqual(sorted({e['MAINTD_TARGET'] for e in said}), ['named', 'public'])
        self.assertEqual(len(said), 2, 'each is said once')
        eventually('the status line says so', lambda: 'problem' in self.m.show('maintd', 'StatusText'), 5)
        pid = self.m.main_pid()

        eventually('its start has passed', lambda: time.time() > due)
        self.m.run('ip', 'address', 'add', ADDRESS + '/32', 'dev', 'lo')
        with self.m.path('/etc/hosts').open('a') as hosts:
            hosts.write(f'{ADDRESS} {NAME}\n')
        with Proxy(PAGE, (ADDRESS, 8080)):
            self.wait_state('due', 'in_progress', patience=90)
            self.wait_state('ahead', 'scheduled')
            self.wait_state('named', 'scheduled', patience=90)
            self.m.wait_message('^public: .*again')
            eventually('no problem is left', lambda: 'problem' not in self.m.show('maintd', 'StatusText'))
            self.assertEqual(self.told('due'), ['in_progress'], 'told once, as started')
            self.assertEqual(self.doubled(), [])
            self.assertEqual(self.m.main_pid(), pid)


if __name__ == '__main__':
    main()
