#!/usr/bin/python3
"""The soak: people edit, programs are killed and the wire fails, all at random, for three minutes; then the wire is well and people go home.

From there on page and Alertmanager must become equal to the manifests, and not one thing may be there or have been told twice,
counted in the page's own database and in Alertmanager. MAINTD_TEST_LONG makes it thirty minutes, MAINTD_SOAK_SECONDS
any time. MAINTD_SEED gives the dice. When it fails it prints the seed and what happened last, and keeps all logs.
"""
import contextlib
import heapq
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import time

from both import BUILD, MARKER, Alertmanager, eventually, program

import faults
from faulty import SLOW, Faulty
from harness import SETTLED
from soak import SERVICES, People

DURATION = float(os.environ.get('MAINTD_SOAK_SECONDS') or (1800 if os.environ.get('MAINTD_TEST_LONG') else 180))
CONVERGE = 120 * SLOW   # seconds; the last faults have left pauses behind

FAULTS = {f.__name__: f for f in (
    faults.reset_after_accept, faults.hang_after_accept, faults.reset_before, faults.reset_after, faults.close_after, faults.hang, faults.hang_up, faults.hang_in_head,
    faults.hang_after_head, faults.hang_in_body, faults.close_in_body, faults.reset_in_body, faults.half_close, faults.drip, faults.chunks, faults.answer_twice,
    faults.twice, faults.garbage, faults.tls_alert, faults.not_json)}
FAULTS |= {'too_long': faults.relength(7), 'too_short': faults.relength(-7), 'slow': faults.slow(1), 'late': faults.late(2.5), 'lose_answer': faults.lose_answer,
           'storm_429': faults.storm(faults.TOO_MANY), 'storm_5xx': faults.storm(faults.SERVER_ERRORS), 'refused': faults.answer(503, 'Service Unavailable')}
CONFIG = '''horizon: 2d
resync: 10s
withdraw_after: 3s
guard: {max_move: 100%, max_cancel: 100%}'''


class SoakWorld(Faulty):
    def __enter__(self):
        super().__enter__()
        text = self.site.config.read_text().replace('"timeout"', '"rate_limit": {"reads": 60000, "writes": 60000}, "timeout"')
        self.site.config.write_text(text)
        return self

    def __exit__(self, kind, *rest):
        if kind and issubclass(kind, AssertionError):
            self.keep()
        if hasattr(self, 'alertmanager'):
            self.alertmanager.kill()
        with contextlib.redirect_stdout(None):      # the story is told already
            super().__exit__(kind, *rest)

    def keep(self):
        self.maintd.drain()
        kept = pathlib.Path(tempfile.gettempdir()) / f'maintd-soak-{self.seed}'
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.root, kept, ignore=shutil.ignore_patterns('control*', '*-key', '.lock'))
        (kept / 'maintd.log').write_text('\n'.join(self._said + self.maintd.lines) + '\n')
        (kept / 'history').write_text('\n'.join(self.history) + '\n')
        print(f'kept: {kept}')

    def restart_alertmanager(self):
        address = self.alertmanager.url.rsplit('/', 1)[1]
        self.alertmanager.kill()
        self.alertmanager = Alertmanager(self.root / 'alertmanager', address)

    # ── what there is ──

    def updates(self):
        return self.page_rows('SELECT count(*) FROM maintenance_update')[0][0]

    def told_twice(self):
        """No text is given twice to a window, so none may be told twice of it; its times were told at most as often as they were given."""
        moves = self.page_rows("SELECT m.external_id, count(*) FROM outbox o JOIN maintenance m ON m.seq = o.maintenance"
                               " WHERE o.kind IN ('rescheduled', 'updated') GROUP BY 1")
        return ([(marker, n, 'moves told') for marker, n in moves if n >= len(self.people.given[marker.split(':')[2].split('#')[0]])] +
                self.page_rows('SELECT maintenance_id, message, count(*) FROM outbox WHERE message IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1') +
                self.page_rows('SELECT maintenance, message, count(*) FROM maintenance_update GROUP BY 1, 2 HAVING count(*) > 1'))

    def unsettled(self):
        return [w for w in self.status()['windows'] if not {t['sync'] for t in w['targets']} <= set(SETTLED)]

    def open_intents(self):
        """Of requests that a kill cut off, too."""
        lines = self.ctl_json('history')['history']
        return {h['intent'] for h in lines if h['kind'] == 'intent'} - {h['intent'] for h in lines if h['kind'] == 'outcome'}

    def objects_by_window(self):
        found = {}
        for o in self.objects():
            found.setdefault(o['external_id'].split(':')[2].split('#')[0], []).append(o)
        return found

    def live_by_window(self):
        found = {}
        for s in self.alertmanager.silences():
            m = MARKER.search(s['comment'])
            if m and s['status']['state'] != 'expired':
                found.setdefault(m[2], []).append({**s, 'service': m[4], 'marker': m[0], 'title': s['comment'][:m.start()].rstrip()})
        return found


class Soak:
    def __init__(self, world, dice):
        self.w, self.dice, self.begun, self.due, self.n, self.ends = world, dice, time.monotonic(), [], 0, None
        self.counts = dict.fromkeys(('reloads', 'kills of maintd', 'stops of maintd', 'kills of the page', 'kills of Alertmanager', 'faults'), 0)
        self.people, self.reloads = People(world, dice, self.tell), []
        world.history, world.people = [], self.people

    def tell(self, text):
        self.w.history.append(f'{time.strftime("%T", time.gmtime())} {time.monotonic() - self.begun:7.2f}  {text}')

    def count(self, what):
        self.counts[what] += 1
        self.tell(what)

    # ── what happens, each at its own pace ──

    def later(self, seconds, deed, *arguments):
        self.n += 1
        heapq.heappush(self.due, (time.monotonic() + seconds, self.n, deed, arguments))

    def again(self, least, most, deed, *arguments):
        """Unless the time is up: what has begun comes to its end, and nothing new begins."""
        pause = self.dice.uniform(least, most)
        if time.monotonic() + pause < self.ends:
            self.later(pause, deed, *arguments)

    def run(self, seconds):
        self.ends = time.monotonic() + seconds
        self.people.begin()
        self.w.start()
        self.again(0, 1, self.edit)
        self.again(0, 4, self.reload)
        self.again(4, 8, self.kill_maintd)
        self.again(6, 12, self.kill_page)
        self.again(10, 20, self.kill_alertmanager)
        for name in self.w.proxies:
            self.again(0, 2, self.new_fault, name)
        while self.due:
            when, _, deed, arguments = heapq.heappop(self.due)
            time.sleep(max(0, when - time.monotonic()))
            deed(*arguments)

    def edit(self):
        self.people.edit()
        self.again(0, 1, self.edit)

    def reload(self):
        self.count('reloads')
        self.reloads = [x for x in self.reloads if x.poll() is None]
        self.reloads.append(subprocess.Popen([program(BUILD, 'maintctl'), *self.w.site.arguments(), 'reload'], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self.again(0.5, 4, self.reload)

    def kill_maintd(self):
        assert self.w.maintd.alive(), f'maintd has ended by itself: {self.w.maintd.wait()}'
        if self.dice.random() < 0.2:
            self.count('stops of maintd')
            self.w.stop()
        else:
            self.count('kills of maintd')
            self.w.kill()
        self.later(self.dice.choice([0, 0, 0.3, 2]), self.maintd_again)

    def maintd_again(self):
        self.w.start(wait=None)
        self.again(0.3, 8, self.kill_maintd)

    def kill_page(self):
        assert self.w.page.alive(), f'the page has ended by itself: {self.w.page.wait()}'
        self.count('kills of the page')
        self.w.page.kill()
        self.later(self.dice.choice([0, 0.5, 2]), self.page_again)

    def page_again(self):
        self.w.restart_page()
        self.again(2, 10, self.kill_page)

    def kill_alertmanager(self):
        """It knows again what its last snapshot holds, and it takes one a second: all that it has answered shall be in it."""
        self.w.proxies['alerts'].down()
        self.later(1, self.alertmanager_again, time.time() + 0.3)

    def alertmanager_again(self, answered):
        if not self.w.alertmanager.saved(answered):
            self.later(0.1, self.alertmanager_again, answered)
            return
        self.count('kills of Alertmanager')
        self.w.restart_alertmanager()
        self.w.proxies['alerts'].up()
        self.again(8, 20, self.kill_alertmanager)

    def new_fault(self, name):
        fault = self.dice.choice(list(FAULTS))
        self.count('faults')
        self.tell(f'{name}: {fault}')
        self.w.proxies[name].fault = FAULTS[fault]
        self.later(self.dice.uniform(0.3, 4), self.no_fault, name)

    def no_fault(self, name):
        self.tell(f'{name}: well')
        self.w.proxies[name].fault = None
        self.again(0.3, 3, self.new_fault, name)

    # ── the end ──

    def finish(self):
        for proxy in self.w.proxies.values():
            proxy.fault = None
        self.people.go_home()
        for process in self.reloads:
            process.wait(60)
        eventually('it can be reloaded', lambda: self.w.ctl('reload', expect=None)[0] == 0)
        self.tell('all is well, and everybody has gone home')
        begun = time.monotonic()
        self.equal()
        return time.monotonic() - begun

    def equal(self):
        deadline, before = time.monotonic() + CONVERGE, None
        while wrong := self.people.missing():
            if wrong != before:
                self.tell(f'still {len(wrong)}: {wrong[:3]}')
            before = wrong
            assert time.monotonic() < deadline, 'not as the manifests say:\n' + '\n'.join(wrong) + '\n' + self.story(wrong)
            time.sleep(0.3)
        eventually(lambda: f'all is in sync: {self.w.unsettled()}\n' + self.story([x['window'] for x in self.w.unsettled()]), lambda: not self.w.unsettled())
        eventually('the fate of every intent is known', lambda: not self.w.open_intents())
        doubled = self.w.doubled() + self.w.told_twice()
        assert not doubled, f'twice: {doubled}\n' + self.story([str(x) for x in doubled])

    def story(self, wrong):
        """What happened to the first window that is wrong, and the last of all the rest."""
        name = re.search(r'w\d{3}', ' '.join(wrong))
        self.w.maintd.drain()
        said = [f'maintd   {line}' for line in self.w._said + self.w.maintd.lines if name and name[0] in line]
        edits = [line for line in self.w.history if name and name[0] in line]
        return '\n'.join(edits[-12:] + said[-30:] + ['---- the last that happened'] + self.w.history[-12:])


def main():
    seed = int(os.environ.get('MAINTD_SEED') or random.SystemRandom().randrange(1 << 32))
    print(f'MAINTD_SEED={seed}, {DURATION:.0f} s', flush=True)
    keep = os.environ.get('MAINTD_SOAK_KEEP')
    with SoakWorld(SERVICES, config=CONFIG, watch=True) as w:
        w.seed, soak = seed, Soak(w, random.Random(seed))
        soak.run(DURATION)
        seconds = soak.finish()
        met = sum(len(p.met) for p in w.proxies.values())
        objects, messages, silences = w.totals()
        print(', '.join([f'{soak.people.edits} edits', *(f'{n} {what}' for what, n in soak.counts.items())]))
        print(f'{sum(p.count() for p in w.proxies.values())} requests, {met} met a fault; equal after {seconds:.1f} s')
        if keep:
            w.keep()
        print(f'{objects} objects, {messages} messages and {w.updates()} updates on the page, {silences} silences; duplicates: 0')


if __name__ == '__main__':
    main()
