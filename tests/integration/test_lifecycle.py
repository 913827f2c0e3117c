#!/usr/bin/python3
"""A window's life, from file to page: published, moved, started, extended, told about, completed, cancelled, withdrawn."""
import re
import signal
import unittest

from world import World, at, eventually, main, seconds

from faults import close_after, once    # noqa: E402 (world knows where it is)


def late_ms(line):
    """Milliseconds of lateness that a journal line tells."""
    found = re.search(r'(\d+) ms late', line)
    return int(found[1]) if found else 0 if 'on time' in line else 10 ** 9


class Lifecycle(unittest.TestCase):
    def test_a_window_is_published_starts_and_completes_on_time(self):
        with World() as w:
            w.manifest('db.yaml', title='Database Migration', start=at(2), end=at(4), services=['api', 'database'], timezone='Europe/Berlin')
            w.start()
            w.wait_state('db', 'scheduled')
            o = w.wait_state('db', 'in_progress')
            self.assertEqual([s['name'] for s in o['services']], ['api', 'database'])
            w.wait_state('db', 'completed')
            w.maintd.wait_line('db: completed on public')
            [started] = w.said('^<5>db: started on public, due ..:..:.. Europe/Berlin, .*(in_progress, services api, database)')
            [completed] = w.said('^<5>db: completed on public, ')
            self.assertLess(late_ms(started), 250)
            self.assertLess(late_ms(completed), 250)
            o = w.object('db')
            self.assertGreaterEqual(seconds(o['started_at']), seconds(o['scheduled_start']))
            self.assertLess(seconds(o['started_at']) - seconds(o['scheduled_start']), 0.25)
            self.assertGreaterEqual(seconds(o['completed_at']), seconds(o['scheduled_end']))

    def test_a_restart_changes_nothing_remote(self):
        with World() as w:
            w.manifest('db.yaml', start=at(3600), end=at(7200))
            w.start()
            before = w.wait_state('db', 'scheduled')
            w.stop()
            w.start()
            eventually('it has looked', w.site.in_sync)
            self.assertEqual(w.objects(), [before])

    def test_an_edit_moves_extends_and_rewords(self):
        with World() as w:
            w.manifest('db.yaml', title='First', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('db', 'scheduled')
            start, end = at(4000), at(9000)
            w.manifest('db.yaml', title='Second', start=start, end=end, services=['database'])
            self.assertIn('1 manifest in force, 1 changed', w.reload())
            o = w.wait_object('db', lambda o: o['title'] == 'Second' and o['scheduled_end'] == end, 'edited')
            self.assertEqual(o['scheduled_start'], start)
            self.assertEqual([s['name'] for s in o['services']], ['database'])
            self.assertEqual(len(w.objects()), 1)

    def test_a_running_window_is_extended(self):
        with World() as w:
            start = at(1)
            w.manifest('db.yaml', start=start, end=at(3600))
            w.start()
            w.wait_state('db', 'in_progress')
            end = at(5400)
            w.manifest('db.yaml', start=start, end=end)
            w.reload()
            o = w.wait_object('db', lambda o: o['scheduled_end'] == end, 'extended')
            self.assertEqual(o['status'], 'in_progress')

    def test_updates_are_posted_once_each(self):
        with World() as w:
            w.manifest('db.yaml', start=at(1), end=at(3600), updates=[{'at': '+1s', 'message': 'Half of it.'}, {'at': '+2s', 'message': 'Nearly.'}])
            w.start()
            o = w.wait_object('db', lambda o: len(o['updates']) == 2, 'told about')
            self.assertEqual([u['message'] for u in o['updates']], ['Half of it.', 'Nearly.'])
            w.stop()
            w.start()
            eventually('it has looked', w.site.in_sync)
            self.assertEqual(len(w.object('db')['updates']), 2)

    def test_state_starts_early_completes_and_cancels(self):
        with World() as w:
            for name in ('early', 'late', 'off'):
                w.manifest(f'{name}.yaml', start=at(3600), end=at(7200))
            w.start()
            for name in ('early', 'late', 'off'):
                w.wait_state(name, 'scheduled')
            w.manifest('early.yaml', start=at(3600), end=at(7200), state='in_progress')
            w.manifest('off.yaml', start=at(3600), end=at(7200), state='cancelled')
            w.reload()
            w.wait_state('early', 'in_progress')
            w.wait_state('off', 'cancelled')
            w.manifest('early.yaml', start=at(3600), end=at(7200), state='completed', message='Done before lunch.')
            w.reload()
            w.wait_state('early', 'completed')
            self.assertEqual(w.object('late')['status'], 'scheduled')

    def test_a_deleted_file_is_withdrawn_after_its_grace(self):
        with World(config='withdraw_after: 2s') as w:
            w.manifest('gone.yaml', start=at(3600), end=at(7200))
            w.manifest('stays.yaml', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('gone', 'scheduled')
            w.delete('gone.yaml')
            w.reload()
            self.assertEqual(w.object('gone')['status'], 'scheduled')
            self.assertIsNotNone(w.status('gone')['withdraw_at'])
            self.assertIn('its manifest is gone', w.ctl('status'))
            w.wait_state('gone', 'cancelled')
            self.assertEqual(w.object('stays')['status'], 'scheduled')

    def test_a_file_that_returns_within_its_grace_is_left_alone(self):
        with World(config='withdraw_after: 1h') as w:
            w.manifest('back.yaml', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
            w.manifest('other.yaml', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
            w.start()
            before = w.wait_state('back', 'scheduled')
            w.delete('back.yaml')
            w.reload()
            w.manifest('back.yaml', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
            w.reload()
            w.maintd.wait_line('back: .*nothing is withdrawn')
            self.assertEqual(w.object('back'), before)

    def test_the_watch_loads_what_is_saved(self):
        with World(watch=True) as w:
            w.manifest('db.yaml', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('db', 'scheduled')
            w.manifest('db.yaml', title='Seen', start=at(3600), end=at(7200))
            w.wait_object('db', lambda o: o['title'] == 'Seen', 'reworded')


class Crash(unittest.TestCase):
    def test_a_killed_daemon_goes_on_where_it_was(self):
        with World() as w:
            w.manifest('db.yaml', start=at(3), end=at(5))
            w.start()
            w.wait_state('db', 'scheduled')
            w.kill()
            w.start()
            w.wait_state('db', 'in_progress')
            w.kill()
            w.start()
            w.wait_state('db', 'completed')
            self.assertEqual(len(w.objects()), 1)

    def test_a_daemon_that_was_away_over_start_and_end_tells_the_end(self):
        with World() as w:
            w.manifest('db.yaml', start=at(1), end=at(2))
            w.start()
            w.wait_object('db')
            w.kill()
            end = w.object('db')['scheduled_end']
            import time
            eventually('the end has passed', lambda: time.time() > seconds(end))
            w.start()
            w.wait_state('db', 'completed')

    def test_a_page_that_is_down_is_waited_for(self):
        with World() as w:
            w.manifest('db.yaml', start=at(3600), end=at(7200))
            w.start()
            w.wait_state('db', 'scheduled')
            w.page.kill()
            w.manifest('db.yaml', title='While it was away', start=at(3600), end=at(7200))
            w.reload()
            w.maintd.wait_line('public: cannot be reached')
            self.assertIn('public: unreachable', w.ctl('status'))
            w.restart_page()
            w.wait_object('db', lambda o: o['title'] == 'While it was away', 'reworded')
            w.maintd.wait_line('public: can be reached again')

    def test_a_lost_answer_makes_no_second_window(self):
        with World(faulty=True) as w:
            w.proxy.fault = once(close_after, 'POST', '/maintenance')
            w.manifest('db.yaml', start=at(3600), end=at(7200))
            w.start()
            eventually('it is in sync', w.site.in_sync)
            self.assertEqual(len(w.page.windows()), 1)

    def test_two_daemons_do_not_share_a_ledger(self):
        with World() as w:
            w.manifest('db.yaml', start=at(3600), end=at(7200))
            w.start()
            second = w.site.maintd()
            self.assertEqual(second.wait(), 1)
            self.assertTrue(w.maintd.alive())


if __name__ == '__main__':
    main()
