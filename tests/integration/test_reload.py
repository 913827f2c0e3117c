#!/usr/bin/python3
"""Reloading: good files are in force, broken ones keep their last good version, and whoever asked hears how it went."""
import concurrent.futures
import os
import signal
import unittest

from world import World, at, eventually, main

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


class Reload(unittest.TestCase):
    def test_a_broken_file_is_reported_and_its_last_good_version_stays(self):
        with World() as w:
            w.manifest('good.yaml', start=START, end=END)
            w.manifest('bad.yaml', start=START, end=END)
            w.start()
            before = w.wait_state('bad', 'scheduled')
            w.manifest('bad.yaml', 'title: x\nstart: yesterday\nend: 2030-01-01T01:00Z\n')
            w.manifest('good.yaml', title='Better', start=START, end=END)
            status, out, err = w.reload(expect=None)
            self.assertEqual(status, 1)
            self.assertEqual(out, '1 of 2 manifests refused, 1 in force\n')
            self.assertRegex(err, r'(?m)^bad\.yaml:2:\d+: error: ')
            w.wait_object('good', lambda o: o['title'] == 'Better', 'reworded')
            self.assertEqual(w.object('bad'), before)
            self.assertEqual(w.status('bad')['source'], 'last-good')
            w.stop()
            w.start()
            eventually('it has looked', lambda: w.status()['targets'][0]['listed'])
            self.assertEqual(w.object('bad'), before)
            self.assertEqual(w.status('bad')['source'], 'last-good')

    def test_a_diagnostic_is_logged_once_and_again_when_it_changes(self):
        with World() as w:
            w.manifest('good.yaml', start=START, end=END)
            w.manifest('bad.yaml', 'title: x\n')
            w.start()
            first = len(w.said(r'^<3>bad\.yaml:.* error: '))
            self.assertGreater(first, 0)
            w.reload(expect=None)
            w.reload(expect=None)
            self.assertEqual(len(w.said(r'^<3>bad\.yaml:.* error: ')), first)
            w.manifest('bad.yaml', 'title: x\nsterrt: 1\n')
            w.reload(expect=None)
            eventually('the new error is logged', lambda: len(w.said(r'^<3>bad\.yaml:.* error: ')) > first)

    def test_an_empty_directory_withdraws_nothing(self):
        with World(config='withdraw_after: 0s') as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            before = w.wait_state('db', 'scheduled')
            w.delete('db.yaml')
            status, _, err = w.reload(expect=None)
            self.assertEqual(status, 1)
            self.assertRegex(err, r'\Amaintctl: /\S+: no manifest where there were some: [^\n]+\n\Z')
            self.assertEqual(len(w.said('no manifest where there were some')), 1)
            self.assertEqual(w.object('db'), before)

    def test_a_bad_config_leaves_the_one_before_in_force(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            good = w.site.config.read_text()
            w.site.config.write_text(good + 'horzion: 3d\n')
            w.manifest('db.yaml', title='Read all the same', start=START, end=END)
            status, _, err = w.reload(expect=None)
            self.assertEqual(status, 1)
            self.assertRegex(err, r'maintd\.yaml:\d+:\d+: error: .*horizon')
            w.wait_object('db', lambda o: o['title'] == 'Read all the same', 'reworded')
            self.assertTrue([p for p in w.ctl_json('status')['problems'] if 'a restart would fail' in p['text']])
            w.site.config.write_text(good + 'horizon: 3d\n')
            w.reload()
            w.maintd.wait_line('new config in force')
            self.assertEqual(w.ctl_json('status')['problems'], [])

    def test_a_reload_by_signal_reads_everything(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            w.manifest('db.yaml', title='Told by a signal', start=START, end=END)
            w.maintd.signal(signal.SIGHUP)
            w.wait_object('db', lambda o: o['title'] == 'Told by a signal', 'reworded')

    def test_every_waiter_hears_of_a_load_that_began_after_it_asked(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                outcomes = list(pool.map(lambda _: w.reload(expect=None)[0], range(20)))
            self.assertEqual(outcomes, [0] * 20)
            w.manifest('bad.yaml', 'title: x\n')
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                outcomes = list(pool.map(lambda _: w.reload(expect=None)[0], range(20)))
            self.assertEqual(outcomes, [1] * 20)

    def test_a_reload_while_git_holds_its_lock_withdraws_nothing(self):
        with World(config='withdraw_after: 0s') as w:
            w.manifest('a.yaml', start=START, end=END)
            w.manifest('b.yaml', start=START, end=END)
            git = w.site.manifests / '.git'
            git.mkdir()
            (git / 'HEAD').write_text('ref: refs/heads/main\n')
            (git / 'objects').mkdir()
            (git / 'refs').mkdir()
            w.start()
            w.wait_state('a', 'scheduled')
            (git / 'index.lock').touch()
            w.delete('a.yaml')
            out = w.reload()
            self.assertIn('not withdrawn because of this load', out)
            self.assertEqual(w.object('a')['status'], 'scheduled')
            (git / 'index.lock').unlink()
            w.reload()
            w.wait_state('a', 'cancelled')

    def test_a_new_secret_is_used_at_once(self):
        with World() as w:
            w.site.secret('page-key', 'wrong')
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.maintd.wait_line('public: access denied')
            self.assertIn('public: denied', w.ctl('status'))
            w.site.secret('page-key', w.page.key)
            w.wait_state('db', 'scheduled')

    def test_it_does_not_start_with_a_bad_config(self):
        with World() as w:
            w.site.config.write_text(w.site.config.read_text() + 'targetz: {}\n')
            m = w.start(wait=None)
            self.assertEqual(m.wait(), 1)
            m._reader.join()
            m.drain()
            self.assertRegex(m.output(), r'maintd\.yaml:\d+:\d+: error: .*targets')

    def test_it_starts_without_its_directory_and_changes_nothing(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            before = w.wait_state('db', 'scheduled')
            w.stop()
            w.site.manifests.rename(w.root / 'elsewhere')
            w.start()
            self.assertTrue(w.said('cannot be read'))
            eventually('it has looked', lambda: w.status()['targets'][0]['listed'])
            self.assertEqual(w.object('db'), before)
            (w.root / 'elsewhere').rename(w.site.manifests)
            self.assertIn('1 manifest in force', w.reload())


if __name__ == '__main__':
    main()
