#!/usr/bin/python3
"""A mass deletion is held at every target until a person has seen exactly what it is; and what is said while many speak at once."""
import concurrent.futures
import unittest

from both import Both, World, at, eventually, main_at_once

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
PAST = {'start': '2020-01-01T00:00Z', 'end': '2020-01-01T01:00Z'}


class Guard(unittest.TestCase):
    def held(self, w):
        return {t['target']: (t['digest'], sorted(h['window'] for h in t['held'])) for t in w.ctl_json('approve')['held']}

    def test_all_windows_deleted_are_held_listed_and_released_and_the_next_are_held_anew(self):
        with Both(config='withdraw_after: 0s') as w:
            w.manifest('past.yaml', **PAST)         # so that the directory is not empty, which is another error
            names = [f'w{n}' for n in range(5)]
            for name in names:
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.start()
            for name in names:
                w.wait_both(name, 'scheduled')
            w.settled()
            before = w.objects()
            for name in names:
                w.delete(f'{name}.yaml')
            w.reload()
            eventually('both targets hold it', lambda: {t: h[1] for t, h in self.held(w).items()} == {'alerts': names, 'public': names})
            w.maintd.wait_line('^<4>.*held')
            self.assertEqual((w.objects(), len([1 for n in names if w.live(n)])), (before, 5))
            told = w.ctl('approve')
            for name in names:
                self.assertRegex(told, rf'cancel {name}\b')
            w.stop()
            w.start()
            eventually('they are held still', lambda: {t: h[1] for t, h in self.held(w).items()} == {'alerts': names, 'public': names})
            self.assertEqual(w.objects(), before)
            digests = self.held(w)
            self.assertIn('nothing is held under 0123456789abcdef', w.ctl('approve', '0123456789abcdef', expect=None)[2])
            w.ctl('approve', digests['alerts'][0])
            for name in names:
                w.wait_no_silence(name)
            self.assertEqual(w.objects(), before, 'released at one target alone')
            self.assertEqual(list(self.held(w)), ['public'])
            w.ctl('approve', digests['public'][0])
            for name in names:
                w.wait_both(name, 'cancelled')
            self.assertEqual(self.held(w), {})
            for name in names:
                self.assertEqual(w.told(name), ['scheduled', 'cancelled'])

            later = ['later0', 'later1']
            for name in later:
                w.manifest(f'{name}.yaml', start=START, end=END)
            w.reload()
            for name in later:
                w.wait_both(name, 'scheduled')
            w.settled()
            for name in later:
                w.delete(f'{name}.yaml')
            w.reload()
            eventually('both targets hold those', lambda: {t: h[1] for t, h in self.held(w).items()} == {'alerts': later, 'public': later})
            self.assertNotEqual(self.held(w)['public'][0], digests['public'][0])
            self.assertEqual(w.ctl('approve', digests['public'][0], expect=None)[0], 1)
            for name in later:
                self.assertEqual(w.object(name)['status'], 'scheduled')

    def test_the_rest_goes_on_and_what_is_held_goes_on_as_if_it_were_unchanged(self):
        with Both(config='withdraw_after: 0s') as w:
            w.manifest('past.yaml', **PAST)
            names = [f'w{n}' for n in range(4)]
            start = at(3)
            for name in names:
                w.manifest(f'{name}.yaml', start=start, end=at(6))
            w.start()
            for name in names:
                w.wait_state(name, 'scheduled')
            w.settled()
            for name in names:
                w.delete(f'{name}.yaml')
            w.manifest('new.yaml', start=START, end=END)
            w.reload()
            w.wait_both('new', 'scheduled')
            for name in names:
                w.wait_both(name, 'completed')
            for name in names:
                self.assertEqual(w.told(name), ['scheduled', 'in_progress', 'completed'])


class Reload(unittest.TestCase):
    def test_twenty_reloads_in_a_second_each_return_after_their_content_is_in_force(self):
        with World() as w:
            for n in range(20):
                w.manifest(f'w{n}.yaml', title='Before', start=START, end=END, announce='1d')
            w.start()

            def edit(n):
                w.manifest(f'w{n}.yaml', title=f'After {n}', start=START, end=END, announce='1d')
                code, out, err = w.reload(expect=None)
                return code, w.status(f'w{n}')['title'], err
            with concurrent.futures.ThreadPoolExecutor(10) as pool:
                for n, outcome in enumerate(pool.map(edit, range(20))):
                    self.assertEqual(outcome, (0, f'After {n}', ''))

    def test_one_of_forty_refused_fails_the_reload_and_the_others_are_applied(self):
        with World() as w:
            for n in range(40):
                w.manifest(f'w{n:02d}.yaml', title='Before', start=START, end=END, announce='1d' if n else '8760h')
            w.manifest('w00.yaml', title='Before', start=START, end=END)
            w.start()
            w.wait_state('w00', 'scheduled')
            w.manifest('w00.yaml', title='After', start=START, end=END)
            w.manifest('w39.yaml', 'title: Broken\nstart: 2030-01-01\n')
            code, out, err = w.reload(expect=None)
            self.assertEqual((code, out), (1, '1 of 40 manifests refused, 39 in force\n'))
            self.assertRegex(err, r'(?m)^w39\.yaml:2:8: error: ')
            w.wait_object('w00', lambda o: o['title'] == 'After', 'reworded')
            w.manifest('w39.yaml', title='Good', start=START, end=END, announce='1d')
            self.assertIn('40 manifests in force', w.reload())


if __name__ == '__main__':
    main_at_once()
