#!/usr/bin/python3
"""What lies ahead and why it is so: timeline, next, calendar, why."""
import datetime
import os
import re
import unittest
import xml.etree.ElementTree as ET

import icalendar

from world import World, at, eventually, main


def wide(w, columns, *arguments):
    """The output as on a terminal of so many columns, without colours."""
    before = dict(os.environ)
    os.environ.update(COLUMNS=str(columns), SYSTEMD_COLORS='0')
    try:
        return w.ctl(*arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)


class Ahead(unittest.TestCase):
    def site(self, w):
        w.manifest('now.yaml', title='Runs', start=at(-3600), end=at(7200), services=['api'])
        w.manifest('soon.yaml', title='Soon', start=at(3600), end=at(2 * 86400), services=['api', 'database'])
        w.manifest('far.yaml', title='Far', start=at(20 * 86400), end=at(20 * 86400 + 3600), services=['database'])
        w.manifest('off.yaml', title='Off', start=at(4000), end=at(8000), services=['database'], state='cancelled')

    def test_the_chart_has_a_lane_for_each_service_and_shows_overlaps(self):
        with World() as w:
            self.site(w)
            for columns in (80, 160):
                out = wide(w, columns, 'timeline')
                lanes = {line.split(' ')[0]: line for line in out.splitlines() if re.match('(api|database) ', line)}
                self.assertLessEqual(max(map(len, out.splitlines())), columns, out)
                self.assertRegex(lanes['api'], '^api +2.*▒')       # one runs while the other begins
                self.assertRegex(lanes['database'], '^database +▒')
                self.assertNotIn('2', lanes['database'], 'a cancelled window takes no room')
                self.assertNotIn('far', out)
            self.assertIn('far', wide(w, 80, 'timeline', '--days', '30'))

    def test_the_narrowest_terminal_has_a_chart(self):
        with World() as w:
            self.site(w)
            for columns in (1, 8, 9, 10, 28, 29, 30):
                out = wide(w, columns, 'timeline')
                self.assertRegex(out, r'(?m)^database +▒', columns)
                self.assertLessEqual(max(len(line) for line in out.splitlines() if line.startswith(('api ', 'database '))), max(columns, 29), out)

    def test_without_anything_it_says_so(self):
        with World() as w:
            w.manifest('far.yaml', title='Far', start=at(20 * 86400), end=at(20 * 86400 + 3600))
            self.assertIn('no maintenance in these 7 days', w.ctl('timeline'))
            self.assertRegex(w.ctl('next'), r'^far starts in 2\dd|^far starts in 19d')

    def test_the_picture_is_sound_and_escapes_titles(self):
        with World() as w:
            w.manifest('a.yaml', title='A <b> & "c"', start=at(3600), end=at(7200), services=['api'])
            tree = ET.fromstring(w.ctl('timeline', '--svg', '-'))
            titles = [e.text for e in tree.iter('{http://www.w3.org/2000/svg}title')]
            self.assertTrue(any(t.startswith('A <b> & "c" (a), scheduled') for t in titles), titles)

    def test_next_is_one_line(self):
        with World() as w:
            self.site(w)
            out = wide(w, 40, 'next')
            self.assertRegex(out, r'\Anow runs until \S+ \S+ UTC, (2h|1h 59min) more; soon starts in (59min|1h) \([^)]+\)\n\Z')
            doc = w.ctl_json('next')
            self.assertEqual((doc['running'], doc['ends_first']['window'], doc['next']['window']), (1, 'now', 'soon'))

    def test_the_daemons_word_counts(self):
        with World() as w:
            w.manifest('a.yaml', start=at(3600), end=at(7200), services=['api'])
            w.start()
            w.wait_state('a', 'scheduled')
            self.assertEqual(w.ctl_json('timeline')['windows'][0]['state'], 'scheduled')
            w.patch('a', status='in_progress')     # a colleague at the page
            w.reload()
            eventually('it is seen', lambda: w.ctl_json('timeline')['windows'][0]['state'] == 'in_progress')
            self.assertRegex(w.ctl('next'), '^a runs until ')

    def test_the_calendar_is_one_that_others_read(self):
        with World() as w:
            self.site(w)
            w.manifest('odd.yaml', title='Odd; title, with all', description='One line\nanother, longer: ' + 'x' * 100, start=at(3600), end=at(7200))
            calendar = icalendar.Calendar.from_ical(w.ctl('calendar'))
            events = {str(e['UID']): e for e in calendar.walk('VEVENT')}
            self.assertEqual(set(events), {f'{name}@maintd' for name in ('now', 'soon', 'far', 'off', 'odd')})
            self.assertEqual(str(events['off@maintd']['STATUS']), 'CANCELLED')
            self.assertTrue(str(events['odd@maintd']['DESCRIPTION']).startswith('One line\nanother, longer: xxx'))
            self.assertEqual(events['far@maintd'].decoded('DTEND') - events['far@maintd'].decoded('DTSTART'), datetime.timedelta(hours=1))


class Labels(unittest.TestCase):
    def test_one_that_nobody_has_is_told_by_every_verb_that_looks(self):
        with World() as w:
            w.manifest('a.yaml', start=at(3600), end=at(7200), services=['api'], labels={'team': 'db', 'tier': 'one'})
            w.manifest('b.yaml', start=at(3600), end=at(7200), services=['api'])
            for verb in ('simulate', 'next', 'timeline', 'calendar', 'list'):
                for labels, wanted in ((['team=bd'], 'maintctl: no window has the label "team=bd", did you mean "team=db"?\n'),
                                       (['teem'], 'maintctl: no window has the label "teem", did you mean "team"?\n'),
                                       (['team=db', 'tier'], ''), ([], '')):
                    status, _, err = w.ctl(verb, *(x for label in labels for x in ('-l', label)), expect=None)
                    self.assertEqual((status, err), (0, wanted), (verb, labels))
            w.manifest('b.yaml', start=at(3600), end=at(7200), services=['api'], labels={'tier': 'two'})
            self.assertEqual(w.ctl('list', '-l', 'team=db', '-l', 'tier=two', expect=None), (0, '', 'maintctl: no window has all of these labels\n'))


class Why(unittest.TestCase):
    def test_the_chain_from_file_to_answer(self):
        with World() as w:
            w.manifest('db.yaml', title='Move', start=at(-5), end=at(3600))
            w.start()
            w.wait_state('db', 'in_progress')
            out = w.ctl('why', 'db')
            self.assertRegex(out, r'\Adb: in_progress, Move\n  says +db\.yaml:\d+\n  from .* UTC\n  to .* UTC\n  should be in_progress\n  next +complete')
            self.assertRegex(out, r'\npublic: ok, it is in_progress as \S+\n')
            self.assertRegex(out, r'UTC  asked to create: .* from db\.yaml:\d+')
            self.assertRegex(out, r'UTC  done: ')
            doc = w.ctl_json('why', 'db')
            self.assertEqual((doc['window']['window'], {h['target'] for h in doc['history']} >= {'public'}), ('db', True))

    def test_nobody_knows_it(self):
        with World() as w:
            w.manifest('database.yaml', start=at(3600), end=at(7200))
            w.start()
            status, _, err = w.ctl('why', 'databaes', expect=None)
            self.assertEqual((status, 'did you mean "database"' in err), (1, True), err)


if __name__ == '__main__':
    main()
