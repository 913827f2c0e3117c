#!/usr/bin/python3
"""The directory as a whole: swapped, renamed away, deleted, emptied, pulled. What is not there is never taken for withdrawn."""
import os
import shutil
import subprocess
import time
import unittest

from both import World, eventually, main_at_once

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
AT_ONCE = 'withdraw_after: 0s'
GIT = {'GIT_AUTHOR_NAME': 'a', 'GIT_AUTHOR_EMAIL': 'a@example.org', 'GIT_COMMITTER_NAME': 'a', 'GIT_COMMITTER_EMAIL': 'a@example.org',
       'GIT_CONFIG_NOSYSTEM': '1', 'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'safe.directory', 'GIT_CONFIG_VALUE_0': '*'}


def git(folder, *arguments):
    return subprocess.run(['git', '-C', str(folder), *arguments], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **GIT}).stdout.strip()


def passed(seconds):
    """To see that something does not happen there is nothing but to wait."""
    until = time.monotonic() + seconds
    eventually(f'{seconds} seconds pass', lambda: time.monotonic() > until)


class Whole(unittest.TestCase):
    def published(self, w):
        w.manifest('a.yaml', start=START, end=END)
        w.manifest('b.yaml', start=START, end=END)
        w.start()
        w.wait_state('a', 'scheduled')
        w.wait_state('b', 'scheduled')
        eventually('in sync', w.site.in_sync)
        return w.objects()

    def test_a_release_behind_a_symbolic_link_is_swapped_as_one(self):
        with World(watch=True, config=AT_ONCE) as w:
            releases = w.root / 'releases'
            w.site.manifests.rmdir()
            for n, title in ((1, 'First'), (2, 'Second')):
                (releases / str(n)).mkdir(parents=True)
                for name in ('a', 'b'):
                    (releases / str(n) / f'{name}.yaml').write_text(f'title: {title}\nstart: {START}\nend: {END}\n')
            w.site.manifests.symlink_to('releases/1')
            w.start()
            w.wait_object('a', lambda o: o['title'] == 'First')
            w.wait_object('b', lambda o: o['title'] == 'First')
            (w.root / 'next').symlink_to('releases/2')
            (w.root / 'next').replace(w.site.manifests)
            w.wait_object('a', lambda o: o['title'] == 'Second', 'of the second release')
            w.wait_object('b', lambda o: o['title'] == 'Second', 'of the second release')
            (releases / '2' / 'a.yaml').write_text(f'title: Edited\nstart: {START}\nend: {END}\n')
            w.wait_object('a', lambda o: o['title'] == 'Edited', 'watched where it is now')
            self.assertEqual({o['status'] for o in w.objects()}, {'scheduled'})
            self.assertEqual(len(w.objects()), 2)

    def test_renamed_away_and_back_nothing_is_withdrawn_and_it_is_watched_again(self):
        with World(watch=True, config=AT_ONCE) as w:
            before = self.published(w)
            w.site.manifests.rename(w.root / 'elsewhere')
            w.maintd.wait_line('^<3>.*manifests.*(cannot be read|No such file)')
            self.assertIn('manifests', ' '.join(p['text'] for p in w.status()['problems']))
            self.assertEqual(w.reload(expect=None)[0], 1)
            self.assertEqual(w.objects(), before)
            (w.root / 'elsewhere').rename(w.site.manifests)
            w.maintd.wait_line('can be read again')
            self.assertEqual(w.objects(), before)
            w.manifest('a.yaml', title='Edited', start=START, end=END)
            w.wait_object('a', lambda o: o['title'] == 'Edited', 'reworded')

    def test_deleted_it_is_an_error_and_made_anew_it_is_read(self):
        with World(watch=True, config=AT_ONCE) as w:
            before = self.published(w)
            shutil.rmtree(w.site.manifests)
            w.maintd.wait_line('^<3>.*manifests')
            self.assertEqual(w.reload(expect=None)[0], 1)
            passed(1)
            self.assertEqual(w.objects(), before)
            w.stop()
            w.start()
            eventually('it has looked', lambda: w.status()['targets'][0]['listed'])
            self.assertEqual(w.objects(), before)
            for name in ('a', 'b'):
                w.manifest(f'{name}.yaml', title='Back', start=START, end=END)
            w.wait_object('a', lambda o: o['title'] == 'Back', 'reworded')
            w.wait_object('b', lambda o: o['title'] == 'Back', 'reworded')
            self.assertEqual(len(w.objects()), 2)

    def test_emptied_it_is_an_error(self):
        with World(watch=True, config=AT_ONCE) as w:
            before = self.published(w)
            w.delete('a.yaml')
            w.delete('b.yaml')
            w.maintd.wait_line('^<3>.*no manifest where there were some')
            self.assertIn('no manifest where there were some', ' '.join(p['text'] for p in w.status()['problems']))
            passed(1)
            self.assertEqual(w.objects(), before)
            w.stop()
            w.start()
            eventually('it has looked', lambda: w.status()['targets'][0]['listed'])
            self.assertEqual(w.objects(), before)


class Git(unittest.TestCase):
    def test_a_pull_of_300_files_is_one_load(self):
        with World(watch=True, config=AT_ONCE) as w:
            origin, desk = w.root / 'origin.git', w.root / 'desk'
            git(w.root, 'init', '-q', '--bare', '-b', 'main', str(origin))
            git(w.root, 'clone', '-q', str(origin), str(desk))
            git(desk, 'checkout', '-q', '-b', 'main')

            def write(title):
                for n in range(300):
                    (desk / f'team{n % 10}').mkdir(exist_ok=True)
                    (desk / f'team{n % 10}' / f'w{n}.yaml').write_text(f'title: {title} {n}\nstart: {START}\nend: {END}\nannounce: 1d\n')
                git(desk, 'add', '-A')
                git(desk, 'commit', '-q', '-m', title)
                git(desk, 'push', '-q', 'origin', 'main')
            write('First')
            w.site.manifests.rmdir()
            git(w.root, 'clone', '-q', str(origin), str(w.site.manifests))
            w.start(wait='is ready: 300 in force of 300')
            self.assertEqual(len(w.said('manifests in force')), 1)
            write('Second')
            said = len(w.maintd.lines)
            git(w.site.manifests, 'pull', '-q')
            w.maintd.wait_line('300 manifests in force, 300 changed', since=said)
            self.assertEqual(w.status('team3/w133')['title'], 'Second 133')
            passed(1)
            self.assertEqual(len(w.said('manifests in force|refused')), 2, w.said('manifests in force|refused'))
            self.assertEqual(w.page.windows(), [])

    def test_nothing_is_loaded_while_git_holds_its_lock(self):
        with World(watch=True, config=AT_ONCE) as w:
            git(w.root, 'init', '-q', '-b', 'main', str(w.site.manifests))
            for name in ('a', 'b', 'c'):
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.start()
            for name in ('a', 'b', 'c'):
                w.wait_state(name, 'scheduled')
            lock = w.site.manifests / '.git' / 'index.lock'
            lock.touch()
            w.delete('c.yaml')
            w.manifest('b.yaml', title='In the middle', start=START, end=END)
            passed(1.5)     # far beyond the 250 ms of quiet that are waited for
            self.assertEqual((w.object('c')['status'], w.object('b')['title']), ('scheduled', 'b'))
            w.manifest('b.yaml', title='All of it', start=START, end=END)
            lock.unlink()
            w.wait_object('b', lambda o: o['title'] == 'All of it', 'reworded')
            w.wait_state('c', 'cancelled')
            self.assertEqual(w.said('In the middle'), [])

    def test_a_lock_that_stays_is_waited_for_five_seconds_and_withdraws_nothing(self):
        with World(watch=True, config=AT_ONCE) as w:
            git(w.root, 'init', '-q', '-b', 'main', str(w.site.manifests))
            for name in ('a', 'b', 'c'):
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.start()
            for name in ('a', 'b', 'c'):
                w.wait_state(name, 'scheduled')
            lock = w.site.manifests / '.git' / 'index.lock'
            lock.touch()
            w.delete('c.yaml')
            w.manifest('b.yaml', title='Late', start=START, end=END)
            w.maintd.wait_line('still being changed after 5 s')
            w.wait_object('b', lambda o: o['title'] == 'Late', 'reworded')
            self.assertEqual(w.object('c')['status'], 'scheduled')
            lock.unlink()
            w.wait_state('c', 'cancelled')


if __name__ == '__main__':
    main_at_once()
