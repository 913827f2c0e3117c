#!/usr/bin/python3
"""A page that misbehaves: the other target goes on, nothing is lost or doubled, and nobody is hammered."""
import time
import unittest

from both import eventually, main_at_once

import faults
from faults import answer
from faulty import END, START, Endures, Faulty, sanitized
from proxy import Proxy


class Faults(Endures, unittest.TestCase):
    def test_unreachable_for_a_while(self):
        self.endure(None, 0, 'public: cannot be reached')

    def test_slow(self):
        self.endure(faults.slow(1), 0)

    def test_hanging_after_it_has_accepted(self):
        self.endure(faults.hang, 3, 'public: cannot be reached|no clear answer')

    def test_hanging_up_without_an_answer(self):
        self.endure(faults.hang_up, 4, 'public: cannot be reached|no clear answer')

    def test_too_many_requests_with_a_time_to_wait(self):
        def waits(w):
            n, until = self.proxy.count(), time.monotonic() + 1
            eventually('a second has passed', lambda: time.monotonic() > until)
            self.assertLessEqual(self.proxy.count(n), 2, 'asked again before it was time')     # reading and writing wait each for itself
        self.endure(answer(429, 'Too Many Requests', Retry_After=3), 1, 'public: limits us: writing goes on in 3s', waits)

    def test_too_many_requests_without_a_time_to_wait(self):
        self.endure(answer(429, 'Too Many Requests'), 3, 'public: limits us')

    def test_an_internal_error(self):
        self.endure(answer(500, 'Internal Server Error', b'{"error": "database is locked"}'), 4)

    def test_garbage(self):
        self.endure(faults.garbage, 4)

    def test_a_page_of_somebody_else_instead_of_json(self):
        self.endure(faults.not_json, 3)

    def test_a_page_of_somebody_else_for_a_moment_is_not_taken_for_another_product(self):
        """Windows of hosted Kodo carry no marker: one written so would be a stranger's ever after."""
        met = []

        async def once(request, wire):
            met.append(request.path)
            return True if len(met) > 1 else await faults.not_json(request, wire)
        with Faulty() as w:
            w.proxies['public'].fault = once
            w.manifest('new.yaml', start=START, end=END)
            w.start()
            w.wait_both('new', 'scheduled')
            self.assertEqual(w.doubled(), [])

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
        self.endure(faults.lose_answer, 2, 'no clear answer')

    def test_an_answer_cut_in_the_middle(self):
        self.endure(faults.cut_answer, 2, 'no clear answer')


if __name__ == '__main__':
    main_at_once()
