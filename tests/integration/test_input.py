#!/usr/bin/python3
"""What may lie in a manifest directory: each gets one clear message, and touches nothing that is in force."""
import os
import shutil
import socket
import subprocess
import unittest

from both import BUILD, World, eventually, main_at_once, program
from harness import Process

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'
OK = 'title: x\nstart: 2030-01-01T00:00Z\nend: 2030-01-01T01:00Z\n'
NOBODY = 65534

BAD = {
    'broken YAML': ('title: [half\nstart: 2030-01-01T00:00Z\n', "bad.yaml:2:6: error: not valid YAML: did not find expected ',' or ']': is a list not closed?"),
    'an unclosed quote': ('title: "half\n', 'bad.yaml:2:1: error: not valid YAML: '),
    'a binary file': (bytes(range(256)) * 16, 'bad.yaml:1:1: error: a NUL byte: this is no text file'),
    'Latin-1': ('title: Störung\n'.encode('latin-1'), 'bad.yaml:1:10: error: '),
    '50 MB': (OK + 'description: |\n  ' + 'a' * 50_000_000 + '\n', 'bad.yaml: error: the file is larger than 64 KiB: split it'),
    '10,000 levels': ('title: x\nlabels: ' + '[' * 10_000 + ']' * 10_000 + '\n', 'bad.yaml:2:24: error: nested too deeply: at most 16 levels are allowed'),
    'an alias bomb': ('a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\ntitle: *c\n',
                      'bad.yaml:1:4: error: anchors (&name) are not allowed: write the value out, or use _defaults.yaml'),
    'an unknown key': (OK + 'servcies: [api]\n', "bad.yaml:4:1: error: unknown key 'servcies', did you mean 'services'?"),
    'a wrong type': (OK + 'services: {api: true}\n', "bad.yaml:4:11: error: 'services' must be a list, such as [a, b]"),
    'a duplicate key': (OK + 'title: y\n', "bad.yaml:4:1: error: duplicate key 'title', first on line 1: keep one of them"),
    'an unknown zone': (OK.replace('Z\n', '\n') + 'timezone: Mars/Olympus\n',
                        "bad.yaml:4:11: error: unknown time zone 'Mars/Olympus': write a name of the IANA database such as Europe/Berlin"),
    'a zone that is a path': (OK.replace('Z\n', '\n') + 'timezone: ../../etc/passwd\n', 'bad.yaml:4:11: error: '),
    'end before start': ('title: x\nstart: 2030-01-01T02:00Z\nend: 2030-01-01T01:00Z\n',
                         'bad.yaml:3:6: error: the end, 2030-01-01 01:00:00 UTC, is before the start, 2030-01-01 02:00:00 UTC'),
    'end and duration': (OK + 'duration: 2h\n', "bad.yaml:4:11: error: 'end' and 'duration' are both given: keep one of them"),
    'an unknown service': (OK + 'services: [api, databse]\n', "bad.yaml:4:17: error: unknown service 'databse', did you mean 'database'?"),
    'an unknown state': (OK + 'state: done\n', "bad.yaml:4:8: error: unknown state 'done'; known: scheduled, in_progress, completed, cancelled"),
    'a merge conflict': (OK + '<<<<<<< HEAD\nservices: [api]\n=======\nservices: [database]\n>>>>>>> theirs\n', 'bad.yaml:4:1: error: a merge conflict: '),
    'nothing': ('', 'bad.yaml: error: the file holds no manifest: write one, or remove the file'),
    'text that would forge a line': ('title: "x\\nMAINTD_TARGET=forged\\n<0>maintd: all is lost"\nstart: 2030-01-01T00:00Z\nend: 2030-01-01T01:00Z\n',
                                     'bad.yaml:1:8: error: '),
}


def errors(text, name='bad.yaml'):
    return [line for line in text.splitlines() if line.startswith(name + ':') and ' error: ' in line]


class Input(unittest.TestCase):
    def check(self, w, kind, expected, before, status):
        code, out, err = status
        self.assertEqual(code, 1, kind)
        found = errors(err)
        self.assertEqual(len(found), 1, f'{kind}: {err}')
        self.assertTrue(found[0] == expected or expected[-1] == ' ' and found[0].startswith(expected), f'{kind}: {found[0]}')
        self.assertLess(len(found[0]), 400, kind)
        self.assertIn('1 of 2 manifests refused, 1 in force', out, kind)
        eventually(f'{kind}: it is in the journal', lambda: w.said('^<3>' + expected.split(' error: ')[0]))
        self.assertTrue(w.maintd.alive(), kind)
        self.assertEqual(w.objects(), before, kind)

    def test_each_bad_file_gets_one_clear_message_and_touches_nothing(self):
        with World() as w:
            w.manifest('good.yaml', start=START, end=END)
            w.start()
            w.wait_state('good', 'scheduled')
            eventually('in sync', w.site.in_sync)
            before = w.objects()
            for kind, (text, expected) in BAD.items():
                with self.subTest(kind):
                    (w.site.manifests / 'bad.yaml').write_bytes(text if isinstance(text, bytes) else text.encode())
                    self.check(w, kind, expected, before, w.reload(expect=None))
            w.delete('bad.yaml')
            self.assertIn('1 manifest in force', w.reload())
            self.assertEqual(w.objects(), before)

    def test_the_last_good_version_of_each_stays(self):
        with World() as w:
            w.manifest('bad.yaml', start=START, end=END)
            w.manifest('good.yaml', start=START, end=END)
            w.start()
            w.wait_state('bad', 'scheduled')
            w.wait_state('good', 'scheduled')
            eventually('in sync', w.site.in_sync)
            before = w.objects()
            for kind, (text, _) in BAD.items():
                with self.subTest(kind):
                    (w.site.manifests / 'bad.yaml').write_bytes(text if isinstance(text, bytes) else text.encode())
                    self.assertEqual(w.reload(expect=None)[0], 1)
                    self.assertEqual((w.status('bad')['source'], w.objects()), ('last-good', before))

    def test_what_is_no_regular_file_is_refused_and_never_waited_for(self):
        with World() as w:
            w.manifest('good.yaml', start=START, end=END)
            w.start()
            w.wait_state('good', 'scheduled')
            eventually('in sync', w.site.in_sync)
            before, bad = w.objects(), w.site.manifests / 'bad.yaml'
            (w.root / 'outside.yaml').write_text(OK)
            for kind, make, expected in (
                    ('a link out of the tree', lambda: bad.symlink_to(w.root / 'outside.yaml'),
                     'bad.yaml: error: a symbolic link that leaves the manifest directory: replace it by the file'),
                    ('a link upwards', lambda: bad.symlink_to('../outside.yaml'),
                     'bad.yaml: error: a symbolic link that leaves the manifest directory: replace it by the file'),
                    ('a link in circles', lambda: bad.symlink_to('bad.yaml'), 'bad.yaml: error: a symbolic link that leads in circles: remove it'),
                    ('a pipe', lambda: os.mkfifo(bad), 'bad.yaml: error: not a regular file (a pipe, socket or device): remove it'),
                    ('a socket', lambda: bind(bad), 'bad.yaml: error: not a regular file (a pipe, socket or device): remove it')):
                with self.subTest(kind):
                    make()
                    code, _, err = w.reload(expect=None)
                    self.assertEqual((code, errors(err)), (1, [expected]))
                    self.assertEqual(w.objects(), before)
                    bad.unlink()
            self.assertIn('1 manifest in force', w.reload())

    def test_two_files_of_one_id_are_both_refused(self):
        with World() as w:
            w.manifest('a.yaml', id='same', start=START, end=END)
            w.manifest('good.yaml', start=START, end=END)
            w.start()
            w.wait_state('same', 'scheduled')
            w.wait_state('good', 'scheduled')
            eventually('in sync', w.site.in_sync)
            before = w.objects()
            w.manifest('b.yaml', id='same', title='Another', start=START, end=END)
            code, out, err = w.reload(expect=None)
            self.assertEqual(code, 1)
            self.assertRegex(err, r"(?m)^a\.yaml:\d+:\d+: error: the id 'same' stands in b\.yaml too: neither is applied, give each its own$")
            self.assertRegex(err, r"(?m)^b\.yaml:\d+:\d+: error: the id 'same' stands in a\.yaml too: neither is applied, give each its own$")
            self.assertIn('1 of 2 manifests refused, 1 in force', out)       # two files, one id
            self.assertEqual(w.objects(), before)

    def test_an_unreadable_file_is_refused_and_keeps_its_last_good_version(self):
        maintd = program(BUILD, 'maintd')
        become = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
        if os.geteuid() == 0 and (not shutil.which('setpriv') or subprocess.run([*become, maintd, '--version'], capture_output=True).returncode):
            self.skipTest('root reads everything, and nobody cannot run ' + maintd)
        with World() as w:
            w.manifest('bad.yaml', start=START, end=END)
            w.manifest('good.yaml', start=START, end=END)
            if os.geteuid() == 0:
                for path in (w.root, w.site.state, w.root / 'page-key'):
                    os.chown(path, NOBODY, NOBODY)
                w.maintd = Process(*become, maintd, *w.site.arguments())
                w.maintd.wait_line('is ready')
            else:
                w.start()
            w.wait_state('bad', 'scheduled')
            w.wait_state('good', 'scheduled')
            eventually('in sync', w.site.in_sync)
            before = w.objects()
            os.chmod(w.site.manifests / 'bad.yaml', 0)
            code, _, err = w.reload(expect=None)
            self.assertEqual(code, 1)
            [error] = errors(err)
            self.assertIn('check its permissions', error)
            self.assertEqual((w.objects(), w.status('bad')['source']), (before, 'last-good'))
            os.chmod(w.site.manifests / 'bad.yaml', 0o644)
            self.assertIn('2 manifests in force', w.reload())


def bind(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))


if __name__ == '__main__':
    main_at_once()
