"""A world with a proxy before each target, and what must hold whichever of them fails, and however.

    class Wire(Endures, unittest.TestCase):
        def test_hanging(self):
            self.endure(hang, said='no complete answer')
"""
import os
import time

from both import Both, at, eventually, seconds

from proxy import Proxy     # noqa: E402 (world knows where it is)

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
A_SECOND = 12       # requests a second that are no tight loop: a probe, a listing, and a few windows that each try again
SLOW = float(os.environ.get('MAINTD_TEST_PATIENCE', '1')) * (3 if os.environ.get('MAINTD_SLOW_TESTS') else 1)
ON_TIME = 2 * SLOW  # seconds, of which the machine may need nearly all


class Faulty(Both):
    """`proxies` has those before `public` and `alerts`; maintd waits two seconds for an answer of either."""

    def __enter__(self):
        super().__enter__()
        try:
            self.proxies = {name: self._stack.enter_context(self.make_proxy(url)) for name, url in self.upstream().items()}
            text = self.site.config.read_text()
            for name, url in self.upstream().items():
                text = text.replace(f'"{url}"', f'"{self.url_of(name)}", "timeout": "2s"')
            self.site.config.write_text(text)
        except BaseException as e:
            self.__exit__(type(e), e, None)
            raise
        return self

    def upstream(self):
        return {'public': self.page.api_url, 'alerts': self.alertmanager.url}

    def make_proxy(self, url):
        return Proxy(url)

    def url_of(self, name):
        return self.proxies[name].url


class Endures:
    world, config = Faulty, 'resync: 10s'     # a listing shows what nobody expected

    def endure(self, fault, met=2, said=None, also=lambda w: None, at_target='public', health=None):
        """Windows are published; then one target fails while one starts, one is edited, one is new; then it is well again.

        fault: what the proxy does, None: nobody listens; met: how many requests must have met it before it ends; said: what
        maintd says of it; also: what else is to be seen meanwhile; health: of the target, in `maintctl status`. The other target is
        on time throughout."""
        with self.world(config=self.config) as w:
            self.w, self.target, self.proxy = w, at_target, w.proxies[at_target]
            w.manifest('edited.yaml', title='Before', start=START, end=END)
            asked = time.monotonic()
            w.start()
            w.wait_both('edited', 'scheduled')
            start = at(4 + 3 * (time.monotonic() - asked))     # until then it is published, also on a machine that has much to do
            w.manifest('starts.yaml', start=start, end=at(3600))
            w.reload()
            w.wait_both('starts', 'scheduled')
            w.settled()
            before, began = self.proxy.count(), time.monotonic()
            self.set_fault(fault)
            w.manifest('edited.yaml', title='After', start=START, end=END)
            w.manifest('new.yaml', start=START, end=END)
            w.reload()
            self.other_is_on_time(start)
            if fault:
                eventually(f'{met} requests have met the fault', lambda: self.times_met() >= met)
            if said:
                w.maintd.wait_line(said)
            if health:
                eventually(f'{at_target} is {health}', lambda: self.health()[at_target] == health)
            self.assertEqual({**self.health(), at_target: 'ok'}, {'public': 'ok', 'alerts': 'ok'})
            also(w)
            self.assertTrue(w.maintd.alive())
            self.assertLess(self.proxy.count(before) / max(2, time.monotonic() - began), A_SECOND, 'requests a second')
            self.set_fault(None, well=True)
            self.all_is_well()

    def set_fault(self, fault, well=False):
        if fault is None:
            self.proxy.up() if well and not self.proxy.fault else None if well else self.proxy.down()
        self.proxy.fault = fault

    def times_met(self):
        return len(self.proxy.met)

    def health(self):
        return {t['target']: t['health'] for t in self.w.status()['targets']}

    def other_is_on_time(self, start):
        w, loaded = self.w, time.monotonic()
        if self.target == 'public':
            w.wait_silence('new', 'pending')
            eventually('the silence is reworded', lambda: [s for s in w.live('edited') if s['comment'].startswith('After ')])
            self.assertLess(time.monotonic() - loaded, ON_TIME)
            w.wait_silence('starts', 'active')
        else:
            w.wait_state('new', 'scheduled')
            w.wait_object('edited', lambda o: o['title'] == 'After', 'reworded')
            self.assertLess(time.monotonic() - loaded, ON_TIME)
            started = w.wait_state('starts', 'in_progress')['started_at']
            self.assertLess(abs(seconds(started) - seconds(start)), ON_TIME)

    def all_is_well(self):
        w = self.w
        w.wait_both('starts', 'in_progress')
        w.wait_object('edited', lambda o: o['title'] == 'After', 'reworded')
        eventually('the silence is reworded', lambda: [s for s in w.live('edited') if s['comment'].startswith('After ')])
        w.wait_both('edited', 'scheduled')
        w.wait_both('new', 'scheduled')
        w.settled()
        self.assertEqual([len(w.objects(x)) for x in ('edited', 'starts', 'new')], [1, 1, 1])
        self.assertEqual(len(w.page.windows()), 3)
        self.assertEqual([len(w.live(x)) for x in ('edited', 'starts', 'new')], [1, 1, 1])
        self.assertEqual([w.told(x) for x in ('edited', 'starts', 'new')], [['scheduled'], ['scheduled', 'in_progress'], ['scheduled']])
        self.assertEqual(w.doubled(), [])
        eventually('both targets are well', lambda: set(self.health().values()) == {'ok'})


def sanitized(pid):
    with open(f'/proc/{pid}/maps', encoding='ascii', errors='replace') as maps:
        return any('libasan' in line for line in maps)
