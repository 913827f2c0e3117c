#!/usr/bin/python3
"""maintctl: exit statuses, documents, and the same answers with and without a daemon."""
import json
import unittest

from world import World, at, eventually, main

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


class Plan(unittest.TestCase):
    def test_exit_status_tells_changes_from_none_and_from_failure(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            out = w.ctl('plan', expect=2)
            self.assertIn('+ create db', out)
            self.assertFalse((w.site.state / 'ledger.db').exists(), 'plan made a ledger')
            self.assertEqual(w.page.windows(), [])
            w.ctl('apply')
            self.assertIn('nothing to do', w.ctl('plan', expect=0))
            w.ctl('plan', '--tpyo', expect=1)
            w.page.kill()
            w.ctl('plan', expect=1)

    def test_the_daemon_plans_the_same(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            alone = w.ctl_json('plan', expect=2)
            self.assertTrue(alone['changes'])
            [target] = alone['targets']
            self.assertEqual((target['target'], target['notices'], target['digest']), ('public', 1, None))
            [action] = target['actions']
            self.assertEqual((action['action'], action['window'], action['notifies']), ('create', 'db', True))
            w.start()
            w.wait_state('db', 'scheduled')
            beside = w.ctl_json('plan')
            self.assertFalse(beside['changes'])

    def test_a_broken_manifest_fails_the_plan(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.manifest('bad.yaml', 'title: x\n')
            status, _, err = w.ctl('plan', expect=None)
            self.assertEqual(status, 1)
            self.assertRegex(err, r'(?m)^bad\.yaml:\d+:\d+: error: ')


class Apply(unittest.TestCase):
    def test_it_does_what_is_due_and_then_ends(self):
        with World() as w:
            w.manifest('past.yaml', start='2020-01-01T00:00Z', end='2020-01-01T01:00Z')
            w.manifest('running.yaml', start=at(-3600), end=at(3600))
            w.manifest('ahead.yaml', start=START, end=END)
            self.assertIn('everything is as the manifests say', w.ctl('apply'))
            self.assertEqual({o['external_id'].split(':')[2]: o['status'] for o in w.page.windows()},
                             {'running#0': 'in_progress', 'ahead#0': 'scheduled'})
            w.ctl('apply')
            self.assertEqual(len(w.page.windows()), 2)

    def test_it_refuses_beside_a_daemon(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            status, _, err = w.ctl('apply', expect=None)
            self.assertEqual(status, 1)
            self.assertIn('maintd is running', err)

    def test_a_target_that_is_down_is_a_failure(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.page.kill()
            status, _, err = w.ctl('apply', expect=None)
            self.assertEqual(status, 1)
            self.assertIn('public: unreachable', err)


GOOD = {'start': START, 'end': END, 'description': 'Reading works, saving does not.', 'notify': {'reminders': ['1h']}}


class Lint(unittest.TestCase):
    def test_it_prints_where_and_what_and_fails(self):
        with World() as w:
            w.manifest('good.yaml', **GOOD)
            w.manifest('sub/bad.yaml', 'title: x\nstart: 2030-01-01T00:00Z\nend: 2029-01-01T00:00Z\nservcies: [api]\n')
            status, out, err = w.ctl('lint', expect=None)
            self.assertEqual(status, 1)
            self.assertRegex(out, rf'(?m)^{w.site.manifests}/sub/bad\.yaml:4:1: error: .*services')
            self.assertIn('2 manifests, 1 refused', err)
            doc = json.loads(w.ctl('--json', 'lint', expect=1))
            self.assertEqual((doc['manifests'], doc['refused']), (2, 1))
            self.assertEqual({d['severity'] for d in doc['diagnostics']}, {'error'})
            self.assertFalse((w.site.state / 'ledger.db').exists())

    def test_a_file_is_judged_as_part_of_its_directory(self):
        with World() as w:
            w.manifest('good.yaml', **GOOD)
            w.manifest('bad.yaml', 'title: x\n')
            self.assertEqual(w.ctl('lint', str(w.site.manifests / 'good.yaml')), '')
            self.assertIn('bad.yaml:', w.ctl('lint', str(w.site.manifests / 'bad.yaml'), expect=1))

    def test_strict_turns_warnings_into_failure(self):
        with World() as w:
            w.manifest('db.yaml', start='2030-03-31T02:30', duration='1h', timezone='Europe/Berlin')   # a time that clocks skip
            status, out, _ = w.ctl('lint', expect=None)
            self.assertEqual((status, 'warning: ' in out), (0, True))
            w.ctl('lint', '--strict', expect=1)


class Hostile(unittest.TestCase):
    def test_what_is_not_understood_is_shown_and_not_obeyed(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            bad = 'a\x1b[2J\x07b'
            for asked in ((bad,), ('plan', '--' + bad), ('plan', '-\x1b'), ('lint', bad), ('status', bad), ('adopt', bad), ('import', bad), ('approve', bad), ('why', bad),
                          ('show', 'db@' + bad), ('history', '--limit', bad), ('history', '--since', bad), ('timeline', '--svg', bad + '/x'),
                          ('history', '--state', '/nowhere/' + bad), ('simulate', '--config', bad), ('plan', '--manifests', bad), ('status', '--control', bad)):
                _, out, err = w.ctl(*asked, expect=None)
                self.assertNotRegex(out + err, r'[\x07\x1b]', asked)


class Words(unittest.TestCase):
    def test_status_history_and_show_tell_the_same_story(self):
        with World() as w:
            w.manifest('db.yaml', title='Database Migration', start=START, end=END, services=['api', 'database'], timezone='Europe/Berlin')
            w.start()
            w.wait_state('db', 'scheduled')
            eventually('in sync', w.site.in_sync)
            window = w.status('db')
            self.assertEqual((window['state'], window['title'], window['services'], window['start']),
                             ('scheduled', 'Database Migration', ['api', 'database'], '2030-01-01T00:00:00Z'))
            self.assertEqual(window['next']['what'], 'start')
            self.assertIn('2030-01-01 01:00 Europe/Berlin', w.ctl('status'))
            self.assertIn('Database Migration', w.ctl('status', 'db'))
            w.ctl('status', 'nothing', expect=1)
            self.assertIn('did you mean "db"', w.ctl('status', 'dbb', expect=None)[2])
            self.assertIn('did you mean "db"', w.ctl('show', 'dbb', expect=None)[2])
            status, out, err = w.ctl('history', 'dbb', expect=None)
            self.assertEqual((status, out), (1, ''))
            self.assertIn('there is no history of "dbb", did you mean "db"?', err)
            w.ctl('history', 'nothing', expect=1)
            actions = [h['action'] for h in w.ctl_json('history', 'db')['history'] if h['kind'] == 'outcome']
            self.assertEqual(actions, ['create'])
            self.assertIn('published', w.ctl('history'))
            w.stop()
            self.assertIn('did you mean "db"?', w.ctl('history', 'dbb', expect=None)[2])
            w.ctl('history', 'dbb', expect=1)
            self.assertEqual(w.status('db')['state'], 'scheduled')
            self.assertEqual([h['action'] for h in w.ctl_json('history', 'db')['history'] if h['kind'] == 'outcome'], ['create'])
            shown = w.ctl_json('show', 'db')
            self.assertEqual((shown['timezone'], shown['windows'][0]['start']), ('Europe/Berlin', '2030-01-01T00:00:00Z'))
            self.assertIn('Database Migration', w.ctl('show', 'db'))
            w.ctl('show', 'nothing', expect=1)

    def test_without_a_ledger_status_knows_of_no_problem(self):
        with World() as w:
            w.manifest('db.yaml', start='2030-01-01T00:00Z', end='2030-01-01T01:00Z')
            self.assertEqual(w.ctl_json('status')['problems'], [])
            w.start()
            w.wait_state('db', 'scheduled')
            w.stop()
            self.assertEqual(w.ctl_json('status')['problems'], [])

    def test_unknown_words_are_answered_with_the_nearest(self):
        with World() as w:
            self.assertIn('did you mean "status"', w.ctl('stauts', expect=None)[2])
            self.assertIn('did you mean "--strict"', w.ctl('lint', '--strct', expect=None)[2])
            for wrong in (['stauts'], ['lint', '--strct'], ['plan', 'x'], ['status', '--strict'], ['show'], []):
                self.assertEqual(w.ctl(*wrong, expect=None)[0], 1, wrong)
            self.assertIn('maintctl lint', w.ctl('lint', '--help'))
            self.assertIn('lint', w.ctl('--help'))
            self.assertRegex(w.ctl('--version'), r'^maintctl \d')


class Labels(unittest.TestCase):
    def world(self, w):
        w.manifest('db.yaml', start=START, end=END, labels={'team': 'db', 'tier': '1'})
        w.manifest('web.yaml', start=START, end=END, labels={'team': 'web', 'change ticket': 'CHG-1'})
        w.manifest('bare.yaml', start=START, end=END)

    def windows(self, w, *filters):
        arguments = [x for f in filters for x in ('--label', f)]
        return sorted(x['window'] for x in w.ctl_json('status', *arguments)['windows'])

    def both_ways(self, w):
        """What holds with the daemon and without."""
        self.assertEqual(w.status('db')['labels'], {'team': 'db', 'tier': '1'})
        self.assertEqual(w.status('bare')['labels'], {})
        for filters, expected in ((['team=db'], ['db']), (['team'], ['db', 'web']), (['team=db', 'tier=1'], ['db']), (['team=web', 'tier'], []),
                                  (['change ticket=CHG-1'], ['web']), (['nothing'], []), ([], ['bare', 'db', 'web'])):
            self.assertEqual(self.windows(w, *filters), expected, filters)
        self.assertEqual(w.ctl_json('status', '-l', 'team')['selected'], 2)
        self.assertIsNone(w.ctl_json('status')['selected'])
        shown = w.ctl('status', '-l', 'team=db')
        self.assertIn('db ', shown)
        self.assertNotIn('web', shown)
        self.assertIn('team=db, tier=1', w.ctl('status', 'db', '-l', 'team=db'))
        status, out, err = w.ctl('status', '-l', 'team=dbb', expect=None)
        self.assertEqual(status, 0)
        self.assertIn('no window with these labels is running or to come', out)
        self.assertIn('no window has the label "team=dbb", did you mean "team=db"?', err)
        self.assertIn('several times', w.ctl('status', '-l', 'team=db,tier=1', expect=None)[2])
        status, _, err = w.ctl('status', 'web', '-l', 'team=db', expect=None)
        self.assertEqual((status, 'web does not have this label' in err), (0, True))
        w.ctl('status', 'nothing', '-l', 'team=db', expect=1)
        w.ctl('status', '-l', 'team!=db', expect=1)

    def test_status_shows_those_that_have_all_labels(self):
        with World() as w:
            self.world(w)
            self.both_ways(w)
            w.start()
            w.wait_state('db', 'scheduled')
            self.both_ways(w)
            self.assertEqual(w.ctl_json('plan', '-l', 'team=db')['selected'], 1)
            w.ctl('reload')
            w.manifest('db.yaml', start=START, end=END, labels={'team': 'storage'})
            w.reload()
            self.assertEqual(self.windows(w, 'team=storage'), ['db'])
            self.assertEqual(self.windows(w, 'team=db'), [])

    def test_plan_tells_of_those_alone(self):
        with World() as w:
            self.world(w)

            def planned(*arguments, expect):
                [t] = w.ctl_json('plan', *arguments, expect=expect)['targets']
                return sorted(a['window'] for a in t['actions']), t['notices']
            self.assertEqual(planned('-l', 'team', expect=2), (['db', 'web'], 2))
            self.assertEqual(planned('-l', 'team=db', expect=2), (['db'], 1))
            self.assertEqual(planned('-l', 'team=x', expect=0), ([], 0))
            status, out, err = w.ctl('plan', '-l', 'team=webb', expect=None)
            self.assertEqual(status, 0)
            self.assertIn('public: nothing to do for these labels', out)
            self.assertIn('did you mean "team=web"', err)

    def test_what_is_held_is_not_released_unseen(self):
        with World(config='withdraw_after: 0s') as w:
            for i in range(3):
                w.manifest(f'w{i}.yaml', start=START, end=END, labels={'n': str(i)})
            w.start()
            for i in range(3):
                w.wait_state(f'w{i}', 'scheduled')
            for i in range(1, 3):
                w.delete(f'w{i}.yaml')
            w.manifest('w0.yaml', start=START, end=END, labels={'n': '0'}, state='cancelled')
            w.reload()
            [held] = eventually('it is held', lambda: w.ctl_json('approve')['held'])
            [t] = w.ctl_json('plan', '-l', 'n=1', expect=2)['targets']
            self.assertEqual(([h['window'] for h in t['held']], t['held_others'], t['digest']), (['w1'], 2, held['digest']))
            out = w.ctl('plan', '-l', 'n=1', expect=2)
            self.assertIn('together with 2 others', out)
            self.assertNotIn(held['digest'], out)
            self.assertIn(held['digest'], w.ctl('plan', expect=2))

    def test_history_tells_of_manifests_that_have_them_now(self):
        with World() as w:
            self.world(w)
            w.start()
            for name in ('db', 'web', 'bare'):
                w.wait_state(name, 'scheduled')

            def told(*arguments):
                return {h['window'] for h in w.ctl_json('history', *arguments)['history']}

            def both_ways():
                self.assertEqual(told('-l', 'team'), {'db', 'web'})
                self.assertEqual(told('-l', 'team=db'), {'db'})
                self.assertEqual(told('-l', 'team=db', 'db'), {'db'})
                self.assertEqual(told('-l', 'team=db', 'web'), set())
                self.assertIn('web does not have this label', w.ctl('history', '-l', 'team=db', 'web', expect=None)[2])
                w.ctl('history', '-l', 'team=db', 'nothing', expect=1)
                self.assertEqual(told(), {'db', 'web', 'bare'})
                self.assertEqual(len(w.ctl_json('history', '-l', 'team', '--limit', '1')['history']), 1)
                self.assertIn('did you mean "team"', w.ctl('history', '-l', 'taem', expect=None)[2])
            both_ways()
            w.stop()
            both_ways()


class Decisions(unittest.TestCase):
    def test_a_mass_deletion_waits_for_approval(self):
        with World(config='withdraw_after: 0s') as w:
            for i in range(4):
                w.manifest(f'w{i}.yaml', start=START, end=END)
            w.start()
            for i in range(4):
                w.wait_state(f'w{i}', 'scheduled')
            for i in range(1, 4):
                w.delete(f'w{i}.yaml')
            w.manifest('w0.yaml', start=START, end=END, state='cancelled')
            w.reload()
            held = eventually('it is held', lambda: w.ctl_json('approve')['held'])
            self.assertEqual(len(held[0]['held']), 4)
            self.assertEqual({o['status'] for o in w.objects()}, {'scheduled'})
            w.ctl('approve', '0123456789abcdef', expect=1)
            self.assertIn(held[0]['digest'], w.ctl('approve'))
            w.ctl('approve', held[0]['digest'])
            for i in range(4):
                w.wait_state(f'w{i}', 'cancelled')

    def test_a_release_works_without_the_daemon_and_sends_nothing(self):
        with World(config='withdraw_after: 0s') as w:
            for i in range(2):
                w.manifest(f'w{i}.yaml', start=START, end=END)
            w.manifest('other.yaml', start='2020-01-01T00:00Z', end='2020-01-01T01:00Z')
            w.ctl('apply')
            for i in range(2):
                w.delete(f'w{i}.yaml')
            self.assertIn('wait for a person', w.ctl('apply'))
            [held] = w.ctl_json('approve')['held']
            w.ctl('approve', held['digest'])
            self.assertEqual({o['status'] for o in w.objects()}, {'scheduled'})
            w.ctl('apply')
            self.assertEqual({o['status'] for o in w.objects()}, {'cancelled'})

    def test_adoption_works_without_the_daemon(self):
        with World() as w:
            body = {'title': 'By hand', 'scheduled_start': '2030-01-01T00:00:00Z', 'scheduled_end': '2030-01-01T01:00:00Z', 'service_ids': []}
            made = w.page.call('POST', '/maintenance', body)[1]
            w.manifest('db.yaml', title='By hand', start=START, end=END, services=[])
            self.assertEqual(w.ctl('apply', expect=None)[0], 0)
            self.assertEqual(len(w.page.windows()), 1)
            w.ctl('adopt', 'public')
            w.ctl('apply')
            self.assertEqual([o['id'] for o in w.page.windows()], [made['id']])
            self.assertIn('nothing to do', w.ctl('plan'))

    def test_what_was_entered_by_hand_is_adopted(self):
        with World() as w:
            body = {'title': 'By hand', 'scheduled_start': '2030-01-01T00:00:00Z', 'scheduled_end': '2030-01-01T01:00:00Z', 'service_ids': []}
            status, made, _ = w.page.call('POST', '/maintenance', body)
            self.assertEqual(status, 201, made)
            w.manifest('db.yaml', title='By hand', start=START, end=END, services=[])
            w.start()
            w.wait_sync('db', 'already-there')
            self.assertEqual(len(w.page.windows()), 1)
            w.ctl('adopt', 'nowhere', expect=1)
            w.ctl('adopt', 'public')
            w.wait_sync('db', 'ok')
            self.assertEqual([o['id'] for o in w.page.windows()], [made['id']])


if __name__ == '__main__':
    main()
