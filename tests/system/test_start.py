#!/usr/bin/python3
"""Installed as README.md says, maintd and its page start, work inside their sandbox, and keep what they know."""
import json
import shutil
import subprocess

from service import END, PAGE, START, Service, api, eventually, main


class Start(Service):
    limits = ''         # the page as it is shipped

    def test_1_the_page_begins_with_its_first_visitor(self):
        self.assertEqual(api('GET', PAGE + '/')[0], 200)
        self.m.systemctl('stop', 'maintd')      # it is a visitor
        self.m.systemctl('stop', 'maintd-page.service')
        self.assertEqual(self.m.show('maintd-page.socket', 'SubState'), 'listening')
        status, _, _ = api('GET', PAGE + '/')
        self.assertEqual(status, 200)
        self.assertEqual(self.m.show('maintd-page', 'ActiveState'), 'active')

    def test_start_answers_when_it_is_ready_and_manifests_appear(self):
        self.m.systemctl('stop', 'maintd')
        self.manifest('appears', start=START, end=END)
        self.m.systemctl('start', 'maintd')
        self.assertEqual((self.m.show('maintd', 'ActiveState'), self.m.show('maintd', 'SubState')), ('active', 'running'))
        self.assertTrue(self.status('appears'))
        self.assertEqual(self.wait_state('appears', 'scheduled')['title'], 'appears')

    def test_the_watchdog_is_on_and_restarts_have_no_limit(self):
        for unit in ('maintd', 'maintd-page'):
            self.assertEqual(api('GET', PAGE + '/')[0], 200)
            self.assertEqual([self.m.show(unit, name) for name in ('WatchdogUSec', 'Restart', 'StartLimitIntervalUSec')], ['30s', 'on-failure', '0'])

    def test_start_fails_with_the_reason_when_the_configuration_is_broken(self):
        good = self.m.path('/etc/maintd/maintd.yaml').read_text()
        self.m.systemctl('stop', 'maintd')
        self.m.write('/etc/maintd/maintd.yaml', 'targets: [\n')
        try:
            status, _, errors = self.m.systemctl('start', 'maintd', expect=None)
            self.assertEqual(status, 1, errors)
            self.m.wait_message(r'^/etc/maintd/maintd.yaml:\d+:\d+: error: ')
        finally:
            self.m.write('/etc/maintd/maintd.yaml', good)
            self.m.systemctl('reset-failed', 'maintd', expect=None)
            self.m.systemctl('restart', 'maintd')

    def test_they_run_as_users_of_their_own_without_any_privilege(self):
        self.assertEqual(api('GET', PAGE + '/')[0], 200)
        for unit in ('maintd', 'maintd-page'):
            _, pid = self.m.main_pid(unit)
            with open(f'/proc/{pid}/status', encoding='ascii') as f:
                status = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
            uid = self.m.run('id', '-u', unit).strip()
            self.assertEqual(status['Uid'].split(), [uid] * 4)
            self.assertNotEqual(uid, '0')
            self.assertEqual({int(status[c], 16) for c in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')}, {0})
            self.assertEqual((status['NoNewPrivs'], status['Seccomp']), ('1', '2'))

    def test_what_they_keep_is_theirs_alone(self):
        for path, mode in (('/var/lib/maintd', 'maintd maintd 700'), ('/var/lib/maintd/ledger.db', 'maintd maintd 600'), ('/run/maintd', 'maintd maintd 750'),
                           ('/run/maintd/control', 'maintd maintd 660'), ('/var/lib/maintd-page', 'maintd-page maintd-page 700'),
                           ('/var/lib/maintd-page/page.sqlite', 'maintd-page maintd-page 600')):
            with self.subTest(path):
                self.assertEqual(self.m.mode(path), mode)

    def test_the_group_maintd_may_ask_and_strangers_may_not(self):
        self.m.run('useradd', '-M', '-G', 'maintd', 'oncall')
        self.m.run('useradd', '-M', 'stranger')
        self.assertIn('windows', json.loads(self.ctl('--json', 'status', user='oncall')))
        status, output, errors = self.ctl('--json', 'status', user='stranger', expect=None)
        self.assertEqual((status, output), (1, ''), errors)
        self.assertIn('/run/maintd/control', errors)

    def test_a_restart_changes_nothing(self):
        self.manifest('stays', start=START, end=END)
        self.reload()
        before = self.wait_state('stays', 'scheduled')
        eventually('it is in sync', lambda: self.status('stays')['targets'][0]['sync'] == 'ok')
        self.m.systemctl('restart', 'maintd')
        eventually('it is in sync again', lambda: self.status('stays')['targets'][0]['sync'] == 'ok')
        self.assertEqual(self.objects('stays'), [before])
        self.assertEqual(self.told('stays'), ['scheduled'])

    def test_manifests_are_read_from_a_commit(self):
        repo = self.m.work / 'maintenance'
        (repo / 'manifests').mkdir(parents=True)
        (repo / 'manifests' / 'committed.yaml').write_text(f'title: Committed\nstart: {START}\nend: {END}\n')
        for command in (['init', '-q', '-b', 'main'], ['add', '.'], ['-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-q', '-m', 'one']):
            subprocess.run(['git', '-C', repo, *command], check=True, stdin=subprocess.DEVNULL)
        shutil.copytree(repo, self.m.path('/srv/maintenance'))
        good = self.m.path('/etc/maintd/maintd.yaml').read_text()
        self.m.write('/etc/maintd/maintd.yaml', good.replace('manifests: manifests', 'manifests: {git: /srv/maintenance, ref: main, path: manifests}')
                     + '\nwithdraw_after: 1h\n')
        try:
            self.reload()
            self.wait_state('committed', 'scheduled')
            [entry] = self.m.journal('_SYSTEMD_UNIT=maintd.service', 'MAINTD_WINDOW=committed', 'MAINTD_ACTION=create')
            self.assertRegex(entry['MAINTD_COMMIT'], r'^[0-9a-f]{7,40}$')
        finally:
            self.m.write('/etc/maintd/maintd.yaml', good)
            self.reload()

    def test_they_meet_at_a_socket_in_the_file_system(self):
        self.m.drop_in('maintd-page.socket', '[Socket]\nListenStream=\nListenStream=127.0.0.1:8095\nListenStream=/run/page.sock\n'
                       'SocketGroup=maintd\nSocketMode=0660\n')
        self.m.systemctl('stop', 'maintd-page.service')
        self.m.systemctl('restart', 'maintd-page.socket')
        self.configure('', public={'type': 'kodo', 'url': 'unix:/run/page.sock:/api/v1', 'token': 'kodo-token'})
        try:
            self.manifest('socket', start=START, end=END)
            self.reload()
            self.wait_state('socket', 'scheduled')
        finally:
            self.configure(self.config)
            self.reload()

    def test_z_a_reboot_starts_what_was_enabled_and_changes_nothing(self):
        self.manifest('reboot', start=START, end=END)
        self.reload()
        before = self.wait_state('reboot', 'scheduled')
        self.m.systemctl('enable', 'maintd', 'maintd-page')
        self.m.reboot()
        self.assertEqual(self.m.show('maintd', 'ActiveState'), 'active')
        self.assertEqual(self.m.show('maintd-page.socket', 'ActiveState'), 'active')
        eventually('it is in sync again', lambda: self.status('reboot')['targets'][0]['sync'] == 'ok')
        self.assertEqual(self.objects('reboot'), [before])
        self.assertEqual(self.doubled(), [])


if __name__ == '__main__':
    main()
