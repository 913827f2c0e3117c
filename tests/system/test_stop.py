#!/usr/bin/python3
"""`systemctl stop` lets a request that is on its way finish, says what it waits for, and does not wait for ever."""
import re
import threading
import time

from service import END, PAGE, START, Proxy, Service, eventually, main, plain


class Stop(Service):
    @classmethod
    def page_up(cls):
        super().page_up()
        cls.proxy = cls.enterClassContext(Proxy(PAGE))
        cls.url = cls.proxy.url + '/api/v1'

    def hold(self, name):
        """The request that publishes `name` is on its way, and answered when the event is set."""
        asked, go = threading.Event(), threading.Event()

        def fault(method, path):
            if method == 'POST' and not asked.is_set():
                asked.set()
                go.wait(60)
        self.proxy.fault = plain(fault)
        self.addCleanup(setattr, self.proxy, 'fault', None)
        self.addCleanup(go.set)
        self.manifest(name, start=START, end=END)
        self.reload()
        self.assertTrue(asked.wait(30))
        return go

    def setUp(self):
        super().setUp()
        self.begun = time.time()

    def ended_well(self):
        said = [e['MESSAGE'] for e in self.m.journal('UNIT=maintd.service', since=self.begun)]
        self.assertIn('maintd.service: Deactivated successfully.', said)
        self.assertFalse([line for line in said if re.search('Killing|Failed|timed out', line)])

    def test_a_request_on_its_way_may_finish(self):
        go = self.hold('finishes')
        stop = self.m.spawn('systemctl', 'stop', 'maintd')
        eventually('it is stopping', lambda: self.m.show('maintd', 'SubState') == 'stop-sigterm')
        text = eventually('it says so', lambda: 'stopping' in (t := self.m.systemctl('status', 'maintd', expect=None)[1]) and t)
        self.assertIn('Status: "stopping: waiting for 1 change on its way, at most 10 s"', text)
        self.assertIsNone(stop.poll())
        go.set()
        self.assertEqual(stop.wait(30), 0)
        self.ended_well()
        self.assertIn('finishes: published on public (scheduled, services api)', self.m.messages())
        self.assertEqual([h['verdict'] for h in self.ctl_json('history', 'finishes')['history'] if h['kind'] == 'outcome'], ['done'])

    def test_one_that_is_never_answered_does_not_keep_it_and_is_looked_up_later(self):
        self.hold('unanswered')
        begun = time.monotonic()
        self.m.systemctl('stop', 'maintd')
        self.assertLess(time.monotonic() - begun, 20)
        self.ended_well()
        self.m.wait_message('maintd has stopped: what became of the changes still in flight is looked up at the next start')
        self.doCleanups()       # the request arrives after all
        self.wait_state('unanswered', 'scheduled')
        self.m.systemctl('start', 'maintd')
        eventually('it is found', lambda: self.status('unanswered')['targets'][0]['sync'] == 'ok')
        self.assertEqual((self.told('unanswered'), self.doubled()), (['scheduled'], []))

    def test_asked_twice_it_ends_at_once(self):
        self.hold('twice')
        stop = self.m.spawn('systemctl', 'stop', 'maintd')
        eventually('it is stopping', lambda: self.m.show('maintd', 'SubState') == 'stop-sigterm')
        begun = time.monotonic()
        self.m.systemctl('kill', '-s', 'TERM', 'maintd')
        self.assertEqual(stop.wait(30), 0)
        self.assertLess(time.monotonic() - begun, 5)
        self.ended_well()

    def test_idle_it_stops_at_once(self):
        begun = time.monotonic()
        self.m.systemctl('stop', 'maintd')
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(self.m.run('ls', '/run/maintd', expect=None)[0], 2, 'the control socket is gone')


if __name__ == '__main__':
    main()
