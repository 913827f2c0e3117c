"""People at work on a directory of manifests, for the soak: they add, reword, move, extend, cancel, start, complete, delete, break and
restore at random, and what they want at the end is known.

What they do leaves no doubt about that end: nothing is moved into the past, what is over is left alone, and what a target's own clock
would do meanwhile is changed long before. No text and no times are given twice to one window, so that what is told twice is told twice
for no reason.
"""
import time

from both import at, seconds

SERVICES = ('api', 'database', 'mail')
ANCHORS = 3             # windows that nobody cancels: those who cancel all of a target's windows are asked whether they mean it
WINDOWS_MAX = 24        # at a time
LIVE = ('scheduled', 'in_progress')
AHEAD = 20              # seconds before what is changed happens: longer than the change may be on its way
SHORTEST = 15           # seconds that a window lasts, longer than it may take until it is loaded


class Window:
    def __init__(self, name, keys):
        self.name, self.keys, self.anchor, self.broken, self.deleted = name, keys, False, False, False
        self.times, self.touched = set(), 0

    @property
    def start(self):
        return seconds(self.keys['start'])

    @property
    def end(self):
        return seconds(self.keys['end'])

    def final(self, now):
        return self.deleted or self.keys.get('state') in ('cancelled', 'completed') or self.end <= now

    def wanted(self, now):
        """Its state, None: nothing of it is to be seen, or only what is over."""
        if self.final(now):
            return None
        return 'in_progress' if self.keys.get('state') == 'in_progress' or self.start <= now else 'scheduled'


class People:
    def __init__(self, world, dice, tell):
        self.w, self.dice, self.tell, self.windows, self.added, self.edits, self.said, self.given = world, dice, tell, [], 0, 0, 0, {}

    # ── what they want ──

    def text(self, what):
        """Never the same twice."""
        self.said += 1
        return f'{what} {self.said}'

    def give_times(self, window, start, end):
        """Whole seconds that this window has not had before."""
        while (start, end) in window.times:
            end = at(seconds(end) - time.time() + 1)
        window.times.add((start, end))
        self.given[window.name] = window.times
        window.keys.update(start=start, end=end)

    def new(self, anchor=False):
        d, window = self.dice, Window(f'w{self.added:03d}', {})
        window.anchor, self.added = anchor, self.added + 1
        window.keys = {'title': self.text('Work'), 'services': sorted(d.sample(SERVICES, d.randint(1, 3))), 'description': self.text('It is')}
        start = d.uniform(3000, 9000) if anchor or d.random() < 0.2 else d.uniform(2, 40)
        self.give_times(window, at(start), at(start + d.uniform(SHORTEST, 40)))
        if d.random() < 0.4:
            window.keys['updates'] = [{'at': f'+{n}s', 'message': self.text('Step')} for n in sorted(d.sample(range(12), 2))]
        self.windows.append(window)
        return window

    def save(self, window):
        window.touched = time.monotonic()
        if window.deleted:
            if (self.w.site.manifests / f'{window.name}.yaml').exists():
                self.w.delete(f'{window.name}.yaml')
        elif window.broken:
            self.w.manifest(f'{window.name}.yaml', text=f'title: "{window.name}\nstart: soon\n')
        else:
            self.w.manifest(f'{window.name}.yaml', **window.keys)

    # ── what they do ──

    def begin(self):
        for _ in range(ANCHORS):
            self.save(self.new(anchor=True))
        for _ in range(5):
            self.save(self.new())

    def edit(self):
        d, now = self.dice, time.time()
        running = [x for x in self.windows if not x.broken and not x.final(now + 3)]
        choices = [(self.add, 3)] if len(running) < WINDOWS_MAX else []
        choices += [(self.reword, 4), (self.move, 4), (self.extend, 3), (self.other_services, 2), (self.cancel, 1), (self.start_now, 1), (self.complete, 1),
                    (self.delete, 2), (self.come_back, 2), (self.spoil, 1), (self.repair, 2), (self.tidy, 2)]
        deed = d.choices([c for c, _ in choices], [n for _, n in choices])[0]
        window = deed(running, now)
        if window:
            self.save(window)
            self.edits += 1
            self.tell(f'{deed.__name__} {window.name} {window.keys}')

    def pick(self, windows):
        return self.dice.choice(windows) if windows else None

    def add(self, running, now):
        return self.new()

    def reword(self, running, now):
        window = self.pick(running)
        if window:
            window.keys[self.dice.choice(['title', 'description'])] = self.text('Reworded')
        return window

    def message(self, window):
        if self.dice.random() < 0.5:
            window.keys['message'] = self.text('Because of')

    def move(self, running, now):
        window = self.pick([x for x in running if x.start > now + 2 and x.end > now + AHEAD and x.wanted(now) == 'scheduled'])
        if window:
            start = self.dice.uniform(3000, 9000) if window.anchor else self.dice.uniform(AHEAD, 40)
            self.give_times(window, at(start), at(start + self.dice.uniform(SHORTEST, 40)))
            self.message(window)
        return window

    def extend(self, running, now):
        window = self.pick([x for x in running if x.end > now + AHEAD])
        if window:
            self.give_times(window, window.keys['start'], at(max(window.start - now, 0) + self.dice.uniform(SHORTEST, 40)))
        return window

    def other_services(self, running, now):
        window = self.pick(running)
        if window:
            window.keys['services'] = sorted(self.dice.sample(SERVICES, self.dice.randint(1, 3)))
        return window

    def say(self, running, word):
        window = self.pick([x for x in running if not x.anchor])
        if window:
            window.keys['state'] = word
            self.message(window)
        return window

    def cancel(self, running, now):
        return self.say(running, 'cancelled')

    def start_now(self, running, now):
        return self.say([x for x in running if x.end > now + SHORTEST and 'state' not in x.keys], 'in_progress')

    def complete(self, running, now):
        return self.say([x for x in running if x.start < now], 'completed')

    def delete(self, running, now):
        window = self.pick([x for x in running if not x.anchor])
        if window:
            window.deleted = True
        return window

    def come_back(self, running, now):
        """What was deleted or cancelled, at another time."""
        window = self.pick([x for x in self.windows if (x.deleted or x.keys.get('state') == 'cancelled') and 'completed' != x.keys.get('state')])
        if window:
            window.deleted = False
            window.keys.pop('state', None)
            window.keys.pop('message', None)
            start = self.dice.uniform(AHEAD, 40)
            self.give_times(window, at(start), at(start + self.dice.uniform(SHORTEST, 40)))
        return window

    def spoil(self, running, now):
        """Of one that was loaded as it is, else what it had said before would stay in force until it is repaired."""
        window = self.pick([x for x in running if x.touched < time.monotonic() - 15])
        if window:
            window.broken = True
        return window

    def repair(self, running, now):
        window = self.pick([x for x in self.windows if x.broken])
        if window:
            window.broken = False
        return window

    def tidy(self, running, now):
        """The file of what has long been over."""
        window = self.pick([x for x in self.windows if x.final(now) and x.touched < time.monotonic() - 60 and x.end < now - 60])
        if window:
            window.deleted = True
            self.windows.remove(window)
        return window

    def go_home(self):
        """No file is left broken."""
        while window := self.repair([], 0):
            self.save(window)

    # ── what is to be seen of it ──

    def missing(self):
        """How page and Alertmanager differ from what is wanted now, one line each."""
        objects, silences, wrong = self.w.objects_by_window(), self.w.live_by_window(), []
        now = time.time()
        for window in self.windows:
            wrong += self.missing_on_page(window, now, objects.pop(window.name, [])) + self.missing_silences(window, now, silences.pop(window.name, []))
        for name, left in objects.items():
            wrong += [f'{name}: nobody wants {o["external_id"]}, which is {o["status"]}' for o in left if o['status'] in LIVE]
        return wrong + [f'{name}: nobody wants {s["marker"]}' for name, left in silences.items() for s in left]

    def missing_on_page(self, window, now, objects):
        live = [o for o in objects if o['status'] in LIVE]
        wanted = window.wanted(now)
        if not wanted:
            return [f'{window.name}: {o["external_id"]} is {o["status"]}, not over' for o in live]
        if len(live) != 1:
            return [f'{window.name}: {len(live)} live objects instead of one {wanted}: {[(o["external_id"], o["status"]) for o in objects]}']
        o, k = live[0], window.keys
        seen = {'state': o['status'], 'title': o['title'], 'description': o['description'], 'services': sorted(s['name'] for s in o['services']),
                'end': o['scheduled_end'], 'start': o['scheduled_start']}
        want = {'state': wanted, 'title': k['title'], 'description': k['description'], 'services': k['services'], 'end': k['end'],
                'start': k['start'] if wanted == 'scheduled' else o['scheduled_start']}
        return [f'{window.name}: {key} on the page is {seen[key]!r}, not {want[key]!r}' for key in want if seen[key] != want[key]]

    def missing_silences(self, window, now, live):
        wanted = window.wanted(now)
        if not wanted:
            return [f'{window.name}: still silenced: {s["marker"]}' for s in live]
        want = {(service, {'scheduled': 'pending', 'in_progress': 'active'}[wanted], seconds(window.keys['end']), window.keys['title']) for service in window.keys['services']}
        seen = {(s['service'], s['status']['state'], seconds(s['endsAt']), s['title']) for s in live}
        return [f'{window.name}: silences are {sorted(seen)}, not {sorted(want)}'] if seen != want or len(live) != len(want) else []
