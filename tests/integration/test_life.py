#!/usr/bin/python3
"""Every step in the life of a window, at the page and at a real Alertmanager, and what subscribers hear of it."""
import time
import unittest

from both import Both, at, eventually, main_at_once, seconds

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


class Life(unittest.TestCase):
    def test_published_reminded_moved_started_updated_extended_completed(self):
        with Both() as w:
            keys = {'title': 'Database Migration', 'services': ['api', 'database']}
            reminded = {'notify': {'reminders': ['1min']}}
            w.manifest('db.yaml', start=at(61), end=at(3600), **keys, **reminded)
            w.start()
            w.wait_state('db', 'scheduled')
            pending = eventually('both services have a silence', lambda: (lambda s: s if len(s) == 2 else None)(w.silences('db', 'pending')))
            self.assertEqual({s['service']: s['matchers'][0]['value'] for s in pending}, {'api': 'api', 'database': 'database'})
            w.wait_told('db', 'scheduled', 'reminder')
            start = at(2)
            w.manifest('db.yaml', start=start, end=at(3600), **keys, **reminded,
                       updates=[{'at': '+0s', 'message': 'It has begun.'}, {'at': '+1s', 'message': 'Half of it.'}])
            w.reload()
            w.wait_state('db', 'in_progress')
            self.assertGreaterEqual(seconds(w.object('db')['started_at']), seconds(start))
            eventually('both services are silenced', lambda: len(w.silences('db', 'active')) == 2)
            w.wait_object('db', lambda o: [u['message'] for u in o['updates']] == ['It has begun.', 'Half of it.'], 'told about')
            end = at(4)
            w.manifest('db.yaml', start=start, end=end, **keys, **reminded)
            w.reload()
            w.wait_object('db', lambda o: o['scheduled_end'] == end, 'shortened')
            eventually('the silences end then', lambda: {seconds(s['endsAt']) for s in w.live('db')} in ({seconds(end)}, set()))
            w.wait_both('db', 'completed')
            self.assertGreaterEqual(seconds(w.object('db')['completed_at']), seconds(end))
            w.wait_told('db', 'scheduled', 'reminder', 'rescheduled', 'in_progress', 'update', 'update', 'updated', 'completed')
            w.settled()
            self.assertEqual(w.doubled(), [])

    def test_a_service_taken_out_of_it(self):
        with Both() as w:
            w.manifest('db.yaml', start=START, end=END, services=['api', 'database'])
            w.start()
            w.wait_state('db', 'scheduled')
            eventually('both services have a silence', lambda: len(w.live('db')) == 2)
            w.manifest('db.yaml', start=START, end=END, services=['api'])
            w.reload()
            eventually('only one has', lambda: [s['service'] for s in w.live('db')] == ['api'])
            w.settled()
            self.assertEqual([(t['target'], t['state'], t['sync']) for t in w.status('db')['targets']], [('alerts', 'scheduled', 'ok'), ('public', 'scheduled', 'ok')])
            self.assertIn('nothing to do', w.ctl('plan').lower())

    def test_extended_while_it_runs(self):
        with Both() as w:
            start, end = at(1), at(6)
            w.manifest('db.yaml', start=start, end=end)
            w.start()
            w.wait_both('db', 'in_progress')
            [before] = w.live('db')
            later = at(3600)
            w.manifest('db.yaml', start=start, end=later)
            w.reload()
            w.wait_object('db', lambda o: o['scheduled_end'] == later, 'extended')
            s = w.wait_silence('db', 'active', lambda s: seconds(s['endsAt']) == seconds(later), 'until the later end')
            self.assertEqual(s['id'], before['id'])
            eventually('the old end has passed', lambda: time.time() > seconds(end) + 0.5)
            self.assertEqual(w.object('db')['status'], 'in_progress')
            self.assertEqual(len(w.live('db')), 1)
            w.wait_told('db', 'scheduled', 'in_progress', 'updated')

    def test_started_early_and_completed_early_by_the_manifest(self):
        with Both() as w:
            times = {'start': START, 'end': END}
            w.manifest('db.yaml', **times)
            w.start()
            w.wait_both('db', 'scheduled')
            w.manifest('db.yaml', **times, state='in_progress')
            w.reload()
            w.wait_both('db', 'in_progress')
            w.manifest('db.yaml', **times, state='completed', message='Done before lunch.')
            w.reload()
            w.wait_both('db', 'completed')
            self.assertIn('Done before lunch.', [u['message'] for u in w.object('db')['updates']])
            self.assertEqual(w.told('db'), ['scheduled', 'in_progress', 'completed'])
            w.settled()
            self.assertEqual(w.doubled(), [])

    def test_moved_before_it_starts(self):
        with Both() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_both('db', 'scheduled')
            for start, end in (('2030-01-03T00:00:00Z', '2030-01-03T01:00:00Z'), ('2029-12-30T00:00:00Z', '2029-12-30T02:00:00Z')):
                w.manifest('db.yaml', start=start, end=end)
                w.reload()
                w.wait_object('db', lambda o: (o['scheduled_start'], o['scheduled_end']) == (start, end), 'moved')
                w.wait_silence('db', 'pending', lambda s: (seconds(s['startsAt']), seconds(s['endsAt'])) == (seconds(start), seconds(end)), 'and moved')
            w.settled()
            self.assertEqual(w.told('db'), ['scheduled', 'rescheduled', 'rescheduled'])
            self.assertEqual(w.doubled(), [])

    def test_cancelled_by_its_state_before_and_while_it_runs(self):
        with Both() as w:
            start, end = at(1), at(3600)
            w.manifest('ahead.yaml', start=START, end=END)
            w.manifest('running.yaml', start=start, end=end)
            w.manifest('other.yaml', start=START, end=END)      # or these two would be all there is, and held
            w.start()
            w.wait_both('ahead', 'scheduled')
            w.wait_both('other', 'scheduled')
            w.wait_both('running', 'in_progress')
            w.manifest('ahead.yaml', start=START, end=END, state='cancelled')
            w.reload()
            w.wait_both('ahead', 'cancelled')
            w.manifest('running.yaml', start=start, end=end, state='cancelled', message='The disks are the wrong ones.')
            w.reload()
            w.wait_both('running', 'cancelled')
            self.assertEqual(w.told('ahead'), ['scheduled', 'cancelled'])
            self.assertEqual(w.told('running'), ['scheduled', 'in_progress', 'cancelled'])
            self.assertIn('The disks are the wrong ones.', [u['message'] for u in w.object('running')['updates']])

    def test_withdrawn_when_its_file_is_deleted_before_and_while_it_runs(self):
        with Both(config='withdraw_after: 0s') as w:
            w.manifest('ahead.yaml', start=START, end=END)
            w.manifest('running.yaml', start=at(1), end=at(3600))
            for name in ('stays', 'stays-too', 'stays-as-well'):
                w.manifest(name + '.yaml', start=START, end=END)
            w.start()
            w.wait_both('ahead', 'scheduled')
            w.wait_both('running', 'in_progress')
            w.wait_both('stays', 'scheduled')
            for name in ('ahead', 'running'):
                w.delete(name + '.yaml')
                w.reload()
                w.wait_both(name, 'cancelled')
            self.assertEqual(w.told('ahead'), ['scheduled', 'cancelled'])
            self.assertEqual(w.told('running'), ['scheduled', 'in_progress', 'cancelled'])
            for name in ('stays', 'stays-too', 'stays-as-well'):
                w.wait_both(name, 'scheduled')
                self.assertEqual(w.told(name), ['scheduled'])

    def test_a_renamed_file_with_an_id_changes_nothing(self):
        with Both(config='withdraw_after: 0s') as w:
            w.manifest('old.yaml', id='db', title='Database', start=START, end=END)
            w.start()
            w.wait_both('db', 'scheduled')
            w.settled()
            before, silence, totals = w.object('db'), w.live('db'), w.totals()
            w.manifest('team/new.yaml', id='db', title='Database', start=START, end=END)
            w.delete('old.yaml')
            w.reload()
            w.settled()
            self.assertEqual(w.status('db')['file'], 'team/new.yaml')
            self.assertEqual((w.object('db'), w.live('db'), w.totals()), (before, silence, totals))

    def test_a_renamed_file_without_an_id_keeps_its_window(self):
        with Both(config='withdraw_after: 0s') as w:
            w.manifest('old.yaml', title='Database', start=START, end=END)
            w.start()
            w.wait_both('old', 'scheduled')
            w.settled()
            before, [silence] = w.object('old'), w.live('old')
            w.manifest('new.yaml', title='Database', start=START, end=END)
            w.delete('old.yaml')
            w.reload()
            w.maintd.wait_line('renamed')
            w.settled()
            self.assertEqual([x['window'] for x in w.status()['windows']], ['new'])
            [o] = w.page.windows()
            self.assertEqual((o['id'], o['status']), (before['id'], 'scheduled'))
            self.assertEqual([s['id'] for s in w.alertmanager.silences() if s['status']['state'] != 'expired'], [silence['id']])
            self.assertEqual(w.page_rows('SELECT kind FROM outbox'), [('scheduled',)])

    def test_suspended_over_its_start_it_is_left_alone_and_then_catches_up(self):
        with Both() as w:
            start, end = at(3), at(3600)
            w.manifest('db.yaml', start=start, end=end)
            w.start()
            w.wait_state('db', 'scheduled')
            w.manifest('db.yaml', title='Never seen', start=start, end=end, suspend=True)
            w.reload()
            eventually('its start has passed', lambda: time.time() > seconds(start) + 0.5)
            w.maintd.wait_line('db on public: .*suspend')
            o = w.object('db')
            self.assertEqual((o['status'], o['title']), ('scheduled', 'db'))
            self.assertEqual(w.status('db')['targets'][0]['sync'], 'suspended')
            w.manifest('db.yaml', title='Seen', start=start, end=end)
            w.reload()
            w.wait_both('db', 'in_progress')
            w.wait_object('db', lambda o: o['title'] == 'Seen', 'reworded')
            self.assertEqual(w.told('db'), ['scheduled', 'in_progress'])


class People(unittest.TestCase):
    def test_what_waits_for_a_person_is_reported_as_missed_when_nobody_comes(self):
        with Both() as w:
            w.manifest('db.yaml', start=at(2), end=at(3), auto_start=False)
            w.start()
            w.wait_state('db', 'scheduled')
            w.maintd.wait_line('^<4>db on public: .*missed')
            w.wait_sync('db', 'missed')
            self.assertEqual(w.object('db')['status'], 'scheduled')
            self.assertEqual(w.silences('db'), [], 'muted without anybody at work')
            self.assertIn('missed', w.ctl('status'))

    def test_a_person_starts_it_and_it_ends_by_itself(self):
        with Both() as w:
            start, end = at(1), at(8)
            w.manifest('db.yaml', start=start, end=end, auto_start=False)
            w.start()
            w.wait_state('db', 'scheduled')
            eventually('its start has passed', lambda: time.time() > seconds(start) + 0.3)
            self.assertEqual(w.object('db')['status'], 'scheduled')
            w.manifest('db.yaml', start=start, end=end, auto_start=False, state='in_progress')
            w.reload()
            w.wait_both('db', 'in_progress')
            w.wait_both('db', 'completed')
            self.assertEqual(w.told('db'), ['scheduled', 'in_progress', 'completed'])

    def test_what_waits_to_be_completed_overruns_and_is_reported(self):
        with Both() as w:
            start, end = at(1), at(3)
            w.manifest('db.yaml', start=start, end=end, auto_complete=False)
            w.start()
            w.wait_both('db', 'in_progress')
            w.maintd.wait_line('^<4>db on public: .*overrun')
            w.wait_sync('db', 'overrunning')
            self.assertEqual(w.object('db')['status'], 'in_progress')
            w.wait_silence('db', 'active', lambda s: seconds(s['endsAt']) > seconds(end), 'beyond its end')
            w.manifest('db.yaml', start=start, end=end, auto_complete=False, state='completed')
            w.reload()
            w.wait_both('db', 'completed')
            self.assertEqual(w.told('db'), ['scheduled', 'in_progress', 'completed'])


if __name__ == '__main__':
    main_at_once()
