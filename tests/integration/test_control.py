#!/usr/bin/python3
"""The control socket: who may ask, and what a hostile client cannot do."""
import contextlib
import json
import os
import socket
import sqlite3
import stat
import unittest

from world import World, eventually, main

START, END = '2030-01-01T00:00Z', '2030-01-01T01:00Z'


def connect(w):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(str(w.control))
    return s


def line(s):
    """One answer; what came together with it stays in the socket for the next call."""
    data = b''
    while not data.endswith(b'\n'):
        ahead = s.recv(65536, socket.MSG_PEEK)
        if not ahead:
            break
        data += s.recv(ahead.find(b'\n') + 1 or len(ahead))
    return json.loads(data) if data else None


def ask(s, request):
    s.sendall((request if isinstance(request, str) else json.dumps(request)).encode() + b'\n')
    return line(s)


class Control(unittest.TestCase):
    def test_one_line_of_json_each_way_and_again(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            with connect(w) as s:
                for _ in range(3):
                    self.assertEqual([x['window'] for x in ask(s, {'verb': 'status'})['result']['windows']], ['db'])
                s.sendall(b'{"verb": "status"}\n{"verb": "plan"}\n')
                self.assertIn('windows', line(s)['result'])
                self.assertIn('targets', line(s)['result'])

    def test_nonsense_is_refused_and_the_daemon_goes_on(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            with connect(w) as s:
                for wrong in ('', '{', '[]', '"x"', '{"verb": 1}', '{"verb": "dance"}', '{"verb": "approve"}', '{"verb": "approve", "digest": "zz"}',
                              '{"verb": "adopt"}', '{"verb": "adopt", "target": "nowhere"}', '{"verb": "adopt", "target": "nowhere", "manifests": ["db"]}', '{"verb": "status", "id": 7}',
                              json.dumps({'verb': 'status', 'id': 'x' * 500}), '{"verb": "history", "limit": -1}', '{"verb":"status","verb":"plan"}',
                              '{"verb": "status", "labels": "team=db"}', '{"verb": "plan", "labels": [7]}', '{"verb": "history", "labels": ["=x"]}',
                              '{"verb": "status", "labels": ["a\\u001b"]}', json.dumps({'verb': 'status', 'labels': ['a'] * 17}),
                              '[' * 5000):
                    answer = ask(s, wrong)
                    self.assertFalse(answer['ok'], wrong)
                    self.assertTrue(answer['error'], wrong)
                self.assertTrue(ask(s, {'verb': 'status'})['ok'])

    def test_a_line_without_end_is_hung_up_on(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            with connect(w) as s, self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(1000):
                    s.sendall(b'x' * 65536)
            with connect(w) as s:
                self.assertTrue(ask(s, {'verb': 'status'})['ok'])

    def test_a_line_is_at_most_64_kib(self):
        """With its newline: that long is answered, and nothing longer."""
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            for more in (0, 1):
                with connect(w) as s:
                    request = json.dumps({'verb': 'status'})
                    s.sendall(request.encode() + b' ' * (65536 + more - len(request) - 1) + b'\n')
                    try:
                        answer = line(s)
                    except OSError:
                        answer = None
                    self.assertEqual(bool(answer and answer['ok']), not more)

    def test_history_is_at_most_10000_lines(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.wait_state('db', 'scheduled')
            w.stop()
            with contextlib.closing(sqlite3.connect(w.site.state / 'ledger.db')) as db, db:
                columns = [c[1] for c in db.execute('PRAGMA table_info(entry)') if not c[5]]
                row = db.execute(f'SELECT {", ".join(columns)} FROM entry LIMIT 1').fetchone()
                have = db.execute('SELECT count(*) FROM entry').fetchone()[0]
                db.executemany(f'INSERT INTO entry({", ".join(columns)}) VALUES({", ".join("?" * len(row))})', [row] * (10001 - have))
            w.start()
            with connect(w) as s:
                for limit, found in ((0, 1000), (9999, 9999), (10000, 10000), (10001, 10000)):
                    self.assertEqual(len(ask(s, {'verb': 'history', 'limit': limit})['result']['history']), found, limit)

    def test_silent_clients_are_bounded_and_block_nobody_for_long(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            silent = [connect(w) for _ in range(16)]
            self.assertTrue(ask(silent[-1], {'verb': 'status'})['ok'], 'the last one that is let in')
            with connect(w) as s:
                answer = line(s)
                self.assertFalse(answer['ok'])
                self.assertIn('too many', answer['error'])
            for s in silent:
                s.close()

            def served():
                with connect(w) as s:
                    try:
                        answer = ask(s, {'verb': 'status'})
                    except OSError:
                        return False
                    return answer and answer['ok']
            eventually('clients are served again', served)

    def test_a_client_that_never_reads_stops_nothing(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            with connect(w) as deaf:
                deaf.settimeout(1)
                try:
                    for _ in range(5000):
                        deaf.sendall(b'{"verb": "status"}\n' * 100)
                except (TimeoutError, socket.timeout):
                    pass
                with connect(w) as s:
                    self.assertTrue(ask(s, {'verb': 'status'})['ok'])
                rss = int(next(x for x in open(f'/proc/{w.maintd.process.pid}/status') if x.startswith('VmRSS')).split()[1])
                self.assertLess(rss, 256 * 1024, 'kB')

    def test_only_root_ourselves_and_the_group_may_ask(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            mode = os.stat(w.control).st_mode
            self.assertTrue(stat.S_ISSOCK(mode))
            self.assertEqual(stat.S_IMODE(mode), 0o660)
            if os.geteuid() != 0:
                self.skipTest('only root can become somebody else')
            # Also where the file's mode would let anybody in.
            for path in (w.root, w.site.state):
                os.chmod(path, 0o755)
            os.chmod(w.control, 0o666)
            r, wr = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                    with connect(w) as s:
                        os.write(wr, json.dumps(line(s)).encode())
                finally:
                    os._exit(0)
            os.close(wr)
            os.waitpid(pid, 0)
            answer = json.loads(os.read(r, 65536))
            os.close(r)
            self.assertFalse(answer['ok'])
            self.assertIn('permission denied', answer['error'])

    def test_a_socket_left_from_a_crash_is_replaced_and_a_live_one_is_not(self):
        with World() as w:
            w.manifest('db.yaml', start=START, end=END)
            w.start()
            w.kill()
            self.assertTrue(w.control.exists())
            w.start()
            second = w.root / 'state2'
            second.mkdir()
            from world import Process, program, BUILD
            other = Process(program(BUILD, 'maintd'), '--config', w.site.config, '--state', second, '--control', w.control)
            self.assertEqual(other.wait(), 1)
            other._reader.join()
            other.drain()
            self.assertIn('another maintd answers there', other.output())
            with connect(w) as s:
                self.assertTrue(ask(s, {'verb': 'status'})['ok'])
            w.stop()
            self.assertFalse(w.control.exists())


if __name__ == '__main__':
    main()
