#!/usr/bin/python3
"""Recurring manifests at both targets: what is said of the rule, of one occurrence, and of the one that runs."""
import datetime
import time
import unittest

from both import Both, at, eventually, main_at_once, seconds


def later(instant, **span):
    """An instant some days and hours after this one, as manifests write it."""
    t = datetime.datetime.fromisoformat(instant.replace('Z', '+00:00')) + datetime.timedelta(**span)
    return t.strftime('%Y-%m-%dT%H:%M:%SZ')


def key(manifest, start):
    """The name of the occurrence that begins then, in UTC; seconds are named when there are any."""
    local = start.rstrip('Z')
    return f'{manifest}@{local[:-3] if local.endswith(":00") else local}'


class Series(unittest.TestCase):
    def test_each_occurrence_lives_for_itself_and_the_first_is_announced(self):
        with Both(config='horizon: 3d') as w:
            start = at(2)
            w.manifest('patch.yaml', start=start, duration='2s', recurrence={'rule': 'FREQ=DAILY'})
            w.start()
            now, tomorrow = key('patch', start), key('patch', later(start, days=1))
            w.wait_both(now, 'scheduled') if time.time() < seconds(start) - 1 else None
            w.wait_both(now, 'completed')
            w.wait_both(tomorrow, 'scheduled')
            w.settled()
            self.assertEqual(w.told(now), ['scheduled', 'in_progress', 'completed'])
            self.assertEqual(w.told(tomorrow), [])
            self.assertEqual(len(w.page.windows()), 4 if w.object(key('patch', later(start, days=3))) else 3)
            self.assertEqual(w.doubled(), [])

    def test_an_override_speaks_of_one_occurrence(self):
        with Both(config='horizon: 4d') as w:
            start = at(3600)
            days = [key('patch', later(start, days=n)) for n in range(4)]
            rule = {'rule': 'FREQ=DAILY'}
            w.manifest('patch.yaml', title='Patching', start=start, duration='1h', recurrence=rule)
            w.start()
            for day in days:
                w.wait_both(day, 'scheduled')
            w.settled()
            silences = {day: w.live(day) for day in days}
            moved = later(start, days=1, hours=5)
            local = [later(start, days=n).rstrip('Z') for n in range(4)]
            w.manifest('patch.yaml', title='Patching', start=start, duration='1h', recurrence={**rule, 'overrides': [
                {'occurrence': local[1], 'start': moved, 'duration': '2h', 'title': 'Patching, later'},
                {'occurrence': local[2], 'state': 'cancelled', 'message': 'A holiday.'}]})
            w.reload()
            w.wait_object(days[1], lambda o: (o['scheduled_start'], o['scheduled_end'], o['title']) ==
                          (moved, later(moved, hours=2), 'Patching, later'), 'overridden')
            w.wait_silence(days[1], 'pending', lambda s: seconds(s['startsAt']) == seconds(moved), 'and moved')
            w.wait_both(days[2], 'cancelled')
            w.settled()
            for day in (days[0], days[3]):
                self.assertEqual((w.object(day)['status'], w.object(day)['version'], w.live(day)), ('scheduled', 1, silences[day]), day)
            self.assertEqual(w.told(days[1]), ['rescheduled'])
            self.assertEqual(w.told(days[2]), ['cancelled'])
            self.assertEqual(w.doubled(), [])

    def test_an_override_starts_one_occurrence_early(self):
        with Both(config='horizon: 2d') as w:
            start = at(3600)
            today, tomorrow = key('patch', start), key('patch', later(start, days=1))
            w.manifest('patch.yaml', start=start, duration='1h', recurrence={'rule': 'FREQ=DAILY'})
            w.start()
            w.wait_both(today, 'scheduled')
            w.manifest('patch.yaml', start=start, duration='1h',
                       recurrence={'rule': 'FREQ=DAILY', 'overrides': [{'occurrence': start.rstrip('Z'), 'state': 'in_progress'}]})
            w.reload()
            w.wait_both(today, 'in_progress')
            w.wait_both(tomorrow, 'scheduled')

    def test_an_edited_rule_leaves_the_occurrence_that_runs_alone(self):
        with Both(config='horizon: 3d') as w:
            start = at(1)
            w.manifest('patch.yaml', start=start, duration='1h', recurrence={'rule': 'FREQ=DAILY'})
            w.start()
            today, tomorrow = key('patch', start), key('patch', later(start, days=1))
            w.wait_both(today, 'in_progress')
            w.wait_both(tomorrow, 'scheduled')
            w.settled()
            running, [silence] = w.object(today), w.live(today)
            edited = later(start, minutes=30)
            w.manifest('patch.yaml', start=edited, duration='3h', recurrence={'rule': 'FREQ=DAILY'})
            w.reload()
            moved = later(edited, days=1)
            eventually('tomorrow is moved', lambda: [o for o in w.page.windows() if o['status'] == 'scheduled' and o['scheduled_start'] == moved])
            w.settled()
            o = w.object(today)
            self.assertEqual((o['status'], o['scheduled_start'], o['scheduled_end']), ('in_progress', running['scheduled_start'], running['scheduled_end']))
            self.assertEqual([(s['id'], s['startsAt'], s['endsAt']) for s in w.live(today)], [(silence['id'], silence['startsAt'], silence['endsAt'])])
            self.assertEqual([o['id'] for o in w.page.windows() if o['status'] == 'in_progress'], [running['id']])
            self.assertEqual(w.told(today), ['scheduled', 'in_progress'])
            starts = [o['scheduled_start'] for o in w.page.windows() if o['status'] == 'scheduled']
            self.assertIn(later(moved, days=1), starts)
            self.assertEqual(len(starts), len(set(starts)))
            self.assertEqual(w.doubled(), [])

    def test_a_cancelled_series_takes_the_running_occurrence_with_it(self):
        with Both(config='horizon: 2d\nguard: {max_cancel: 100%}') as w:
            w.manifest('stays.yaml', start=at(7200), end=at(9000))
            start = at(1)
            w.manifest('patch.yaml', start=start, duration='1h', recurrence={'rule': 'FREQ=DAILY'})
            w.start()
            today, tomorrow = key('patch', start), key('patch', later(start, days=1))
            w.wait_both(today, 'in_progress')
            w.wait_both(tomorrow, 'scheduled')
            w.wait_both('stays', 'scheduled')
            w.manifest('patch.yaml', start=start, duration='1h', recurrence={'rule': 'FREQ=DAILY'}, state='cancelled')
            w.reload()
            w.wait_both(today, 'cancelled')
            w.wait_both(tomorrow, 'cancelled')
            self.assertEqual(w.object('stays')['status'], 'scheduled')


if __name__ == '__main__':
    main_at_once()
