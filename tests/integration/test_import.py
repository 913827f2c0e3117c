#!/usr/bin/python3
"""import: windows that people have entered at a target become manifests, and nothing there changes by it."""
import contextlib
import sqlite3
import threading
import unittest

import yaml as pyyaml

from both import Both, at, eventually, main_at_once
from harness import api

# What YAML readers stumble over, as titles and descriptions of other people. All of it must come back as it was.
HOSTILE = ['yes', 'no', 'null', '~', 'true', 'On', '1', '1.5e3', '0x1F', '12:30:45', '2027-02-01', '.inf', '-', '- item', '? key', ': value', 'key: value',
           'a #comment', '#', '# all comment', '&anchor', '*alias', '!tag', '!!binary x', '|', '>', '%YAML 1.2', '@at', '`tick`', '"double"', "'single'",
           "it's", '"', "'", '\\', '\\n', '{a: b}', '[a, b]', 'a, b', '---', '...', 'trailing:', 'ü – 数据库 🙂', ' leading', 'trailing ', '  ', '<<: *x', '=', '<<',
           '../../etc/passwd', '/etc/passwd', '.hidden', '_defaults', 'CON', 'a/b', 'x' * 200, '$(reboot)', '${HOME}', "'; DROP TABLE x; --"]
TEXTS = ['one line', 'two\nlines', '# heading\n\n- item\n  - deeper\n', '\n leading blank line', '\ttab', 'a\tb\nc', '  indented\nnot', '---\nlooks like: a document\n...',
         'ends with blanks  \n\n\n', '"quoted"\n\'too\'', '%TAG', 'key: value # comment', '> folded?\n| literal?', '\\x00 \\u0000', 'ü\n数\n🙂', '']


def page_window(w, title, start, end, **more):
    """As a colleague enters it in the dashboard."""
    status, body, _ = w.page.call('POST', '/maintenance', {'title': title, 'scheduled_start': start, 'scheduled_end': end, 'auto_transition': False, **more})
    assert status == 201, body
    return body


def tamed(text):
    """What no manifest holds: blanks at the end of a description."""
    return text.rstrip('\n \t')


class Imported(unittest.TestCase):
    maxDiff = None

    def services(self, w):
        return {s['name']: s['id'] for s in w.page.call('GET', '/services')[1]['services']}

    def assert_nothing_to_do(self, w):
        """Lint has nothing to say but of what was entered there, plan nothing to do; another reload, another start: not one write."""
        said = {d['code'] for d in w.ctl_json('lint')['diagnostics']}
        self.assertLessEqual(said, {'overlap', 'vague-title', 'vague-description', 'no-description', 'no-services'})
        before = {o['id']: (o['version'], o['updated_at']) for o in w.page.windows()}
        silences = sorted((s['id'], s['updatedAt']) for s in w.alertmanager.silences())
        if w.maintd is None or not w.maintd.alive():
            w.start()
        w.settled()
        plan = w.ctl_json('plan')
        self.assertFalse(plan['changes'], plan)
        w.reload()
        w.settled()
        w.stop()
        w.start()
        w.settled()
        self.assertEqual({o['id']: (o['version'], o['updated_at']) for o in w.page.windows()}, before)
        self.assertEqual(sorted((s['id'], s['updatedAt']) for s in w.alertmanager.silences()), silences)

    def test_what_was_entered_by_hand(self):
        with Both() as w:
            services = self.services(w)
            first, second = at(86400), at(2 * 86400)
            page_window(w, 'Database Migration', first, at(90000), description='The primary moves.\n\n**Writes** fail.', service_ids=[services['api'], services['database']],
                        impact='degraded', reminder_minutes=[60, 720], notify_on_complete=False, pause_monitors=False)
            page_window(w, 'Database Migration', second, at(2 * 86400 + 600))
            page_window(w, 'Running', at(-600), at(3600), status='in_progress', service_ids=[services['api']])
            page_window(w, 'Early', at(3000), at(4000), status='in_progress', service_ids=[services['api']])
            page_window(w, 'Late', at(-600), at(4000), service_ids=[services['api']])
            page_window(w, 'Over', at(-600), at(-300), service_ids=[services['api']], status='in_progress')
            done = page_window(w, 'Done', at(-600), at(3600), status='in_progress')
            w.page.call('PATCH', '/maintenance/' + done['id'], {'status': 'completed'})
            shown = {o['id']: {k: o[k] for k in o if k not in ('external_id', 'owner', 'version', 'updated_at')} for o in w.page.windows()}
            told = w.totals()[1]
            w.manifest('database-migration.yaml', start=at(9 * 86400), end=at(9 * 86400 + 60))     # the name is taken
            w.start()
            w.settled()
            told += 1
            dry = w.ctl_json('import', 'public', '--dry-run')
            self.assertEqual((dry['written'], len([x for x in dry['windows'] if x['what'] == 'new'])), (0, 6))
            self.assertEqual(sorted(p.name for p in w.site.manifests.iterdir()), ['database-migration.yaml'])
            out = w.ctl('import', 'public')
            self.assertIn('6 manifests written', out)
            self.assertIn('taken over', out)
            names = sorted(p.name for p in w.site.manifests.iterdir())
            self.assertEqual(names, sorted(['database-migration.yaml', f'database-migration-{first[:10]}.yaml', f'database-migration-{second[:10]}.yaml', 'early.yaml', 'late.yaml',
                                            'over.yaml', 'running.yaml']))
            one = pyyaml.safe_load((w.site.manifests / f'database-migration-{first[:10]}.yaml').read_text())
            self.assertEqual({k: one[k] for k in ('title', 'description', 'services', 'impact', 'notify', 'monitors', 'targets')},
                             {'title': 'Database Migration', 'description': 'The primary moves.\n\n**Writes** fail.\n', 'services': ['api', 'database'], 'impact': 'degraded',
                              'notify': {'completed': False, 'reminders': ['12h', '1h']}, 'monitors': 'keep', 'targets': ['public']})
            self.assertEqual(w.totals()[1], told, w.page_rows('SELECT o.kind, m.title FROM outbox o JOIN maintenance m ON m.seq = o.maintenance'))
            now = {o['id']: {k: o[k] for k in o if k not in ('external_id', 'owner', 'version', 'updated_at')} for o in w.page.windows() if o['id'] in shown}
            self.assertEqual(now, shown, 'but for the marker all is as it was')
            self.assertEqual(w.silences('running') + w.silences(f'database-migration-{first[:10]}'), [], 'no other target hears of it')
            self.assertEqual({x['what'] for x in w.ctl_json('import', 'public')['windows']}, {'here'})

    def test_round_trip_with_the_daemon_and_without(self):
        for daemon in (True, False):
            with self.subTest(daemon=daemon), Both() as w:
                services = self.services(w)
                for n, text in enumerate(TEXTS):
                    page_window(w, f'Text {n}', at(86400 + n), at(90000), description=tamed(text), service_ids=[services['api']])
                if daemon:
                    w.start()
                w.ctl('import', 'public')
                got = {}
                for p in w.site.manifests.iterdir():
                    doc = pyyaml.safe_load(p.read_text())
                    got[doc['title']] = tamed(doc.get('description', ''))
                self.assertEqual(got, {f'Text {n}': tamed(text) for n, text in enumerate(TEXTS)})
                if not daemon:      # the marker is all that is left to be written, and quietly
                    w.start()
                    w.settled()
                self.assert_nothing_to_do(w)

    def test_what_no_description_can_hold_is_written_anew_and_said(self):
        with Both() as w:
            made = page_window(w, 'Odd', at(86400), at(90000), description='one\ntwo')
            with contextlib.closing(sqlite3.connect(next((w.root / 'page').glob('*.sqlite')))) as db:     # of an older version, or another server
                db.execute('UPDATE maintenance SET description = ? WHERE id = ?', ('one\r\ntwo\x07\u202e \n', made['id']))
                db.commit()
            self.assertIn('maintd will write anew there: description', w.ctl('import', 'public'))
            w.start()
            w.settled()
            self.assertEqual(w.object('odd')['description'], 'one\ntwo')
            self.assert_nothing_to_do(w)

    def test_hostile_titles(self):
        with Both(target={'rate_limit': {'writes': 60000}}) as w:
            services, kept = self.services(w), []
            for n, title in enumerate(HOSTILE):
                status, body, _ = w.page.call('POST', '/maintenance', {'title': title, 'scheduled_start': at(86400 + n), 'scheduled_end': at(90000), 'service_ids': [services['api']]})
                if status == 201:
                    kept.append(body['title'])
            self.assertGreater(len(kept), 50)
            w.ctl('import', 'public')
            files = list(w.site.manifests.rglob('*'))
            self.assertEqual(sorted(pyyaml.safe_load(p.read_text())['title'] for p in files), sorted(kept))
            for p in files:
                self.assertRegex(p.name, r'\A[a-z0-9][a-z0-9-]{0,90}\.yaml\Z')
                self.assertEqual(p.parent, w.site.manifests)
            w.start()
            w.settled()
            self.assert_nothing_to_do(w)

    def test_what_is_left_alone(self):
        with Both() as w:
            services, start, end = self.services(w), at(86400), at(90000)
            _, unknown, _ = w.page.call('POST', '/services', {'name': 'Unheard of\x1b[31m'.replace('\x1b', '~')})
            page_window(w, 'Unknown service', start, end, service_ids=[unknown['id']])
            page_window(w, 'Twice', start, end)
            page_window(w, 'Twice', start, end)
            page_window(w, 'Of another program', start, end, external_id='jira-123')
            page_window(w, 'Of another maintd', start, end, external_id='maintd:staging:x#0')
            page_window(w, 'One of a series', start, end, external_id='maintd:maintd:weekly@2027-02-07T02:00#0')
            page_window(w, 'Never started', at(-7200), at(-3600))
            page_window(w, 'Restored', start, end, external_id='maintd:maintd:restored/by-id#2', service_ids=[services['api']])
            page_window(w, 'Described', start, end, service_ids=[services['api']])
            w.manifest('described.yaml', title='Described', start=start, end=end, services=['api'])
            doc = w.ctl_json('import', 'public', expect=1)
            fates = {x['title']: (x['what'], x['why']) for x in doc['windows']}
            self.assertEqual({k: v[0] for k, v in fates.items()},
                             {'Unknown service': 'cannot', 'Twice': 'cannot', 'Of another program': 'cannot', 'Of another maintd': 'foreign', 'One of a series': 'cannot',
                              'Never started': 'cannot', 'Restored': 'new', 'Described': 'here'})
            self.assertIn('have no name for its service', fates['Unknown service'][1])
            self.assertIn('jira-123', fates['Of another program'][1])
            self.assertIn('adopt public', fates['Described'][1])
            self.assertEqual(sorted(str(p.relative_to(w.site.manifests)) for p in w.site.manifests.rglob('*.yaml')),
                             ['described.yaml', 'restored/by-id.yaml', 'twice.yaml'])
            [restored] = [o for o in w.page.windows() if o['title'] == 'Restored']
            self.assertEqual(restored['external_id'], 'maintd:maintd:restored/by-id#2')

    def test_folders_names_and_what_stands_there_already(self):
        with Both() as w:
            start = at(86400)
            page_window(w, 'A', start, at(90000))
            page_window(w, 'B', start, at(90000))
            (w.site.manifests / 'hand').mkdir()
            (w.site.manifests / 'hand' / 'a.yaml').write_text('broken: [')
            for bad in ('../out', '/tmp', '.x', 'UP', 'a//b', 'x/_y'):
                w.ctl('import', 'public', '--into', bad, expect=1)
            (w.site.manifests / 'link').symlink_to(w.root)
            w.ctl('import', 'public', '--into', 'link', expect=1)
            self.assertFalse((w.root / 'a.yaml').exists(), 'no link leads out of the manifests')
            w.ctl('import', 'public', '--into', 'link/sub', expect=1)
            self.assertFalse((w.root / 'sub').exists(), 'nor is a folder made where it leads')
            (w.site.manifests / 'link').unlink()
            self.assertIn('did you mean "public"', w.ctl('import', 'pubic', expect=None)[2])
            w.ctl('import', 'public', '--into', 'hand/', expect=None)
            self.assertEqual((w.site.manifests / 'hand' / 'a.yaml').read_text(), 'broken: [', 'no file is ever overwritten')
            names = sorted(str(p.relative_to(w.site.manifests)) for p in w.site.manifests.rglob('*.yaml'))
            self.assertEqual(names, ['hand/a-' + start[:10] + '.yaml', 'hand/a.yaml', 'hand/b.yaml'])

    def test_ids_of_markers_that_no_file_can_be_named_after(self):
        """As explicit ids they are legal; as paths maintd would not read them, or they would lead out of the manifests."""
        with Both() as w:
            deep = '/'.join('d' * 33) + '/x'
            bad = {f'Window {n}': i for n, i in enumerate(['a/../../out/x', 'a/_b', 'q/', 'a/.hidden', 'a//b', deep])}
            for title, i in bad.items():
                page_window(w, title, at(86400), at(90000), external_id=f'maintd:maintd:{i}#0')
            page_window(w, 'Fine', at(86400), at(90000), external_id='maintd:maintd:a/b#0')
            doc = w.ctl_json('import', 'public', expect=1)
            fates = {x['title']: (x['what'], x['why']) for x in doc['windows']}
            for title, i in bad.items():
                self.assertEqual(fates[title][0], 'cannot', (i, fates[title]))
                self.assertIn('`id: ' + i + '`', fates[title][1])
            self.assertEqual(sorted(str(p.relative_to(w.site.manifests)) for p in w.site.manifests.rglob('*')), ['a', 'a/b.yaml'])
            self.assertFalse((w.site.manifests.parent / 'out').exists(), 'no folder is made outside the manifests')

    def test_ids_of_markers_that_are_taken(self):
        """Two cannot be one manifest; and a new one gets no id under which something is marked there: maintd would take it for that."""
        with Both() as w:
            for generation in range(2):
                page_window(w, f'Number {generation}', at(86400 + generation), at(90000), external_id=f'maintd:maintd:db#{generation}')
            page_window(w, 'Db', at(86400), at(90000))
            page_window(w, 'Here', at(86400), at(90000), external_id='maintd:maintd:here#0')
            w.manifest('here.yaml', id='other', start=at(9 * 86400), end=at(9 * 86400 + 60))
            doc = w.ctl_json('import', 'public', expect=1)
            fates = {x['title']: (x['what'], x['why']) for x in doc['windows']}
            self.assertEqual({k: v[0] for k, v in fates.items()}, {'Number 0': 'cannot', 'Number 1': 'cannot', 'Db': 'new', 'Here': 'cannot'}, fates)
            for n in range(2):
                self.assertIn('another one there is marked as db, too', fates[f'Number {n}'][1])
            self.assertIn('here.yaml', fates['Here'][1])
            self.assertEqual(sorted(p.name for p in w.site.manifests.iterdir()), [f'db-{at(86400)[:10]}.yaml', 'here.yaml'])

    def test_defaults_of_the_folder_do_not_change_what_is_there(self):
        with Both() as w:
            services = self.services(w)
            w.manifest('_defaults.yaml', text='timezone: America/New_York\nservices: [database]\nmonitors: keep\nannounce: 1h\nnotify: {started: false, reminders: [2h]}\n')
            page_window(w, 'Plain', at(86400), at(90000))
            page_window(w, 'With one', at(86400), at(90000), service_ids=[services['api']], reminder_minutes=[30])
            w.ctl('import', 'public')
            w.start()
            w.settled()
            before = {o['id']: o['version'] for o in w.page.windows()}
            w.reload()
            w.settled()
            self.assertEqual({o['id']: o['version'] for o in w.page.windows()}, before)
            for o in w.page.windows():
                self.assertEqual((o['services'] == [], o['notify_on_start'], o['pause_monitors'], o['reminder_minutes'] or None),
                                 (o['title'] == 'Plain', True, True, None if o['title'] == 'Plain' else 30))

    def test_what_the_daemon_has_not_seen_yet_is_not_published_twice(self):
        """It looks every five minutes; what was entered since, its next load would take for missing there."""
        with Both() as w:
            start, end = at(86400), at(90000)
            page_window(w, 'Described', start, end)
            w.manifest('described.yaml', title='Described', start=start, end=end, services=[])
            w.start()
            w.wait_sync('described', 'already-there')
            made = page_window(w, 'Just now', at(86400), at(90000))
            self.assertIn('taken over', w.ctl('import', 'public'))
            self.assertEqual([o['id'] for o in w.page.windows() if o['title'] == 'Just now'], [made['id']])
            self.assertEqual(w.object('just-now')['id'], made['id'])
            self.assertEqual(w.object('described'), None, 'what was not asked for is not taken over')
            w.wait_sync('described', 'already-there')

    def test_one_that_goes_missing_keeps_none_of_the_others_from_being_taken_over(self):
        """Somebody deletes the first file while the others are written. Should he be too late, there is nothing to see."""
        for daemon in (False, True):
            with self.subTest(daemon=daemon), Both() as w:
                for n in range(60):
                    page_window(w, f'Window {n:02}', at(86400 + n), at(90000))
                if daemon:
                    w.start()
                first, over = w.site.manifests / 'window-00.yaml', threading.Event()

                def delete():
                    while not over.is_set():
                        with contextlib.suppress(FileNotFoundError):
                            first.unlink()
                            return
                thread = threading.Thread(target=delete)
                thread.start()
                try:
                    w.ctl('import', 'public', expect=None)
                finally:
                    over.set()
                    thread.join()

                def others():
                    known = {x['manifest'] for x in w.ctl_json('status')['windows'] if any(t.get('remote_id') for t in x['targets'])}
                    return known >= {f'window-{n:02}' for n in range(1, 60)}
                eventually('all others are ours', others)

    def test_silences(self):
        with Both() as w:
            def silence(comment, service, start=at(3600), end=at(7200)):
                body = {'comment': comment, 'createdBy': 'me', 'startsAt': start, 'endsAt': end,
                        'matchers': [{'name': 'service', 'value': service, 'isRegex': False, 'isEqual': True}]}
                status, answer, _ = api('POST', w.alertmanager.url + '/api/v2/silences', body)
                assert status == 200, answer
                return answer['silenceID']
            both = at(3600), at(7200)
            silence('Moves: now\n', 'api', *both)
            moved = {name: silence('Both # of them', name, *both) for name in ('api', 'database')}
            again = {name: silence('Several', name, *both) for name in ('database', 'api')}     # in which order it lists them is chance
            silence('Unknown', 'mail', *both)
            silence('"', 'api', at(-60), at(7200))
            doc = w.ctl_json('import', 'alerts', expect=1)
            self.assertEqual(sorted((x['title'], x['what']) for x in doc['windows']),
                             sorted([('"', 'new'), ('Both # of them', 'new'), ('Both # of them', 'part'), ('Several', 'new'), ('Several', 'part'), ('Moves: now\\n', 'cannot'), ('Unknown', 'cannot')]))
            one = pyyaml.safe_load((w.site.manifests / 'both-of-them.yaml').read_text())
            self.assertEqual((one['services'], one['targets']), (['api', 'database'], ['alerts']))
            w.start()
            w.settled()
            self.assertEqual(sorted(s['service'] for s in w.live('both-of-them')), ['api', 'database'])
            self.assertEqual({s['service']: s['id'] for s in w.live('both-of-them')}, moved, 'the same silences')
            self.assertEqual({s['service']: s['id'] for s in w.live('several')}, again)
            self.assertEqual(w.page.windows(), [])
            self.assert_nothing_to_do(w)

    def test_more_than_a_thousand(self):
        with Both() as w:
            page_window(w, 'Window 0', at(86400), at(90000))
            w.page.kill()
            [path] = (w.root / 'page').glob('*.sqlite')
            db = sqlite3.connect(path)
            columns = [c[1] for c in db.execute('PRAGMA table_info(maintenance)') if c[1] not in ('seq', 'id', 'title')]
            db.executemany(f'INSERT INTO maintenance (id, title, {", ".join(columns)}) SELECT ?, ?, {", ".join(columns)} FROM maintenance WHERE title = ?',
                           [(f'maint_{n:08d}', f'Window {n}', 'Window 0') for n in range(1, 1002)])
            db.commit()
            db.close()
            w.restart_page()
            doc = w.ctl_json('import', 'public', '--dry-run', expect=1)
            fates = [x['what'] for x in doc['windows']]
            self.assertEqual((fates.count('new'), fates.count('cannot')), (1000, 2))
            self.assertEqual(len({x['id'] for x in doc['windows'] if x['what'] == 'new'}), 1000)

    def test_a_target_that_cannot_be_looked_at(self):
        with Both() as w:
            page_window(w, 'A', at(86400), at(90000))
            w.page.kill()
            self.assertIn('public: unreachable', w.ctl('import', 'public', expect=None)[2])
            self.assertEqual(list(w.site.manifests.iterdir()), [])


if __name__ == '__main__':
    main_at_once()
