#!/usr/bin/python3
"""A page that misbehaves: the other target goes on, nothing is lost or doubled, and nobody is hammered."""
import time
import unittest

import proxy as faults
from both import Both, at, eventually, main_at_once
from proxy import Proxy, answer

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
A_SECOND = 12       # requests a second that are no tight loop: a probe, a listing, and a few windows that each try again


class Faulty(Both):
    """The proxy stands before the page alone, which is asked for at most two seconds."""

    def __enter__(self):
        super().__enter__()
        try:
            self.faulty = self._stack.enter_context(Proxy(self.page.api_url))
            text = self.site.config.read_text().replace(f'"{self.page.api_url}"', f'"{self.faulty.url}", "timeout": "2s"')
            self.site.config.write_text(text)
        except BaseException as e:
            self.__exit__(type(e), e, None)
            raise
        return self


class Faults(unittest.TestCase):
    def endure(self, fault, seen, said=None, also=lambda w: None):
        """Windows are published; then the page fails while one starts, one is edited, one is new; then it is well again.

        seen: how many requests must have met the fault before it ends; said: what maintd says of it."""
        with Faulty() as w:
            start = at(4)
            w.manifest('edited.yaml', title='Before', start=START, end=END)
            w.manifest('starts.yaml', start=start, end=at(3600))
            w.start()
            w.wait_both('edited', 'scheduled')
            w.wait_both('starts', 'scheduled')
            w.settled()
            before = w.faulty.count()
            began = time.monotonic()
            if fault:
                w.faulty.fault = fault
            else:
                w.faulty.down()
            w.manifest('edited.yaml', title='After', start=START, end=END)
            w.manifest('new.yaml', start=START, end=END)
            w.reload()
            w.wait_silence('new', 'pending')
            eventually('the silence is reworded', lambda: w.live('edited')[0]['comment'].startswith('After '))
            w.wait_silence('starts', 'active')
            if fault:
                eventually(f'{seen} requests have met the fault', lambda: w.faulty.count(before) >= seen)
            if said:
                w.maintd.wait_line(said)
            also(w)
            self.assertTrue(w.maintd.alive())
            self.assertLess(w.faulty.count(before) / (time.monotonic() - began), A_SECOND, 'requests a second')
            w.faulty.fault = None
            if not fault:
                w.faulty.up()
            w.wait_both('starts', 'in_progress')
            w.wait_object('edited', lambda o: o['title'] == 'After', 'reworded')
            w.wait_both('new', 'scheduled')
            w.settled()
            self.assertEqual([len(w.objects(x)) for x in ('edited', 'starts', 'new')], [1, 1, 1])
            self.assertEqual(len(w.page.windows()), 3)
            self.assertEqual([w.told(x) for x in ('edited', 'starts', 'new')], [['scheduled'], ['scheduled', 'in_progress'], ['scheduled']])
            self.assertEqual(w.doubled(), [])
            self.assertEqual([t['health'] for t in w.status()['targets']], ['ok', 'ok'])

    def test_unreachable_for_a_while(self):
        self.endure(None, 0, 'public: cannot be reached')

    def test_slow(self):
        self.endure(faults.slow(1), 2)

    def test_hanging_after_it_has_accepted(self):
        self.endure(faults.hang, 3, 'public: cannot be reached|no clear answer')

    def test_hanging_up_without_an_answer(self):
        self.endure(faults.hang_up, 4, 'public: cannot be reached|no clear answer')

    def test_too_many_requests_with_a_time_to_wait(self):
        def waits(w):
            n, until = w.faulty.count(), time.monotonic() + 1
            eventually('a second has passed', lambda: time.monotonic() > until)
            self.assertLessEqual(w.faulty.count(n), 1, 'asked again before it was time')
        self.endure(answer(429, 'Too Many Requests', Retry_After=3), 1, 'public: limits us: writing goes on in 3s', waits)

    def test_too_many_requests_without_a_time_to_wait(self):
        self.endure(answer(429, 'Too Many Requests'), 3, 'public: limits us')

    def test_an_internal_error(self):
        self.endure(answer(500, 'Internal Server Error', b'{"error": "database is locked"}'), 4)

    def test_garbage(self):
        self.endure(faults.garbage, 4)

    def test_a_page_of_somebody_else_instead_of_json(self):
        self.endure(faults.not_json, 3)

    def test_an_answer_of_200_megabytes(self):
        def small(w):
            peak = int(next(x for x in open(f'/proc/{w.maintd.process.pid}/status') if x.startswith('VmHWM')).split()[1])
            if not sanitized(w.maintd.process.pid):
                self.assertLess(peak, 128 * 1024, 'kB')
        self.endure(faults.flood, 2, also=small)

    def test_a_redirect_is_not_followed(self):
        with Proxy('http://127.0.0.1:9/') as elsewhere:
            self.endure(answer(307, 'Temporary Redirect', Location=elsewhere.url), 2)
            self.assertEqual(elsewhere.requests, [])

    def test_an_answer_lost_after_the_request_was_carried_out(self):
        self.endure(faults.lose_answer, 4, 'no clear answer')

    def test_an_answer_cut_in_the_middle(self):
        self.endure(faults.cut_answer, 4, 'no clear answer')


def sanitized(pid):
    with open(f'/proc/{pid}/maps', encoding='ascii', errors='replace') as maps:
        return any('libasan' in line for line in maps)


if __name__ == '__main__':
    main_at_once()
