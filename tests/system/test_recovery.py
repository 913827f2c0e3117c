#!/usr/bin/python3
"""What hangs or dies is started again by systemd, and goes on where it was: nothing is doubled, nothing forgotten."""
import os
import re
import signal
import threading
import time

from service import END, PAGE, START, Proxy, Service, at, eventually, main, plain


class Recovery(Service):
    @classmethod
    def page_up(cls):
        super().page_up()
        cls.proxy = cls.enterClassContext(Proxy(PAGE))
        cls.url = cls.proxy.url + '/api/v1'
        # Only the pauses are shorter than shipped.
        cls.m.drop_in('maintd.service', '[Service]\nWatchdogSec=2s\nRestartSec=100ms\n')

    def restarts(self):
        return int(self.m.show('maintd', 'NRestarts'))

    def test_the_watchdog_ends_a_loop_that_hangs(self):
        self.manifest('watched', start=START, end=END)
        self.reload()
        before = self.wait_state('watched', 'scheduled')
        restarts, (inside, pid), begun = self.restarts(), self.m.main_pid(), time.time()
        os.kill(pid, signal.SIGSTOP)
        eventually('it is started again', lambda: self.restarts() == restarts + 1 and self.m.show('maintd', 'ActiveState') == 'active')
        self.assertNotEqual(self.m.main_pid()[0], inside)
        self.assertTrue([e for e in self.m.journal('UNIT=maintd.service', since=begun) if 'Watchdog timeout' in e['MESSAGE']])
        eventually('it is in sync', lambda: self.status('watched')['targets'][0]['sync'] == 'ok')
        self.assertEqual(self.objects('watched'), [before])
        self.assertEqual(self.told('watched'), ['scheduled'])

    def test_a_loop_that_does_not_hang_is_left_alone(self):
        eventually('it runs', lambda: self.ctl_json('status'))
        restarts, (inside, _) = self.restarts(), self.m.main_pid()
        silence = []

        def slow(method, path):     # a target that does not answer for twice the watchdog's time is no reason
            if method == 'POST' and not silence:
                silence.append(path)
                threading.Event().wait(4.5)
        self.proxy.fault = plain(slow)
        self.manifest('slow', start=START, end=END)
        self.reload()
        self.wait_state('slow', 'scheduled')
        self.proxy.fault = None
        self.assertEqual((self.restarts(), self.m.main_pid()[0]), (restarts, inside))

    def kill_at_writes(self, reaches, late=0):
        """Each of the first three writing requests is its sender's last; `reaches`: does the target see it, `late` seconds later?"""
        killed = []

        def fault(method, path):
            if method not in ('POST', 'PATCH') or len(killed) >= 3:
                return None
            killed.append(method)
            os.kill(self.m.main_pid()[1], signal.SIGKILL)
            time.sleep(late)
            return None if reaches else 'lose-request'
        return fault, killed

    def killed_at_every_step(self, name, reaches, late=0):
        restarts = self.restarts()
        fault, killed = self.kill_at_writes(reaches, late)
        self.proxy.fault = plain(fault)
        try:
            self.manifest(name, start=at(3), end=at(6))
            self.reload(expect=None)    # the kill may come before its answer
            o = self.wait_state(name, 'completed')
        finally:
            self.proxy.fault = None
        self.assertEqual((self.told(name), len(killed)), (['scheduled', 'in_progress', 'completed'], 3))
        eventually('it has been restarted for each', lambda: self.restarts() == restarts + 3)
        eventually('it is done', lambda: self.status(name)['targets'][0]['sync'] in ('ok', 'none'))
        self.assertEqual([x['id'] for x in self.objects(name)], [o['id']])
        self.assertEqual(self.doubled(), [])

    def test_killed_right_after_each_request_it_does_nothing_twice(self):
        self.killed_at_every_step('seen', reaches=True)

    def test_killed_before_a_request_arrives_it_forgets_nothing(self):
        self.killed_at_every_step('unseen', reaches=False)

    def test_a_request_that_arrives_after_the_next_look_does_nothing_twice(self):
        self.killed_at_every_step('late', reaches=True, late=1.5)

    def test_a_page_that_is_killed_comes_back_with_its_windows(self):
        self.manifest('page', start=START, end=END)
        self.reload()
        before = self.wait_state('page', 'scheduled')
        os.kill(self.m.main_pid('maintd-page')[1], signal.SIGKILL)
        self.assertEqual(self.wait_state('page', 'scheduled'), before)
        self.assertTrue(re.fullmatch(r'[1-9]\d*', self.m.show('maintd-page', 'NRestarts')))


if __name__ == '__main__':
    main()
