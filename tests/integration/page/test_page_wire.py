#!/usr/bin/python3
"""maintd-page on the wire: what is slow, crowded, oversized, ambiguous, or under way when it ends."""
import errno
import http.client
import pathlib
import re
import select
import signal
import socket
import threading
import time
import unittest

from page_server import PATIENCE, PageTest, Server, eventually

GET = b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = PATIENCE / 20


class Configured(Server):
    """With a page.yaml."""

    def __init__(self, settings, *options):
        self.settings = settings
        super().__init__("--rate-limit", "off", *options)

    def start(self):
        pathlib.Path(self.dir, "page.yaml").write_text(self.settings)
        self.options = (*(o for o in self.options if "page.yaml" not in o and o != "--config"), "--config", f"{self.dir}/page.yaml")
        super().start()


class Wire(PageTest):
    def raw(self, page=None, source="127.0.0.1", patience=PATIENCE, buffer=0):
        s = socket.socket()
        self.addCleanup(s.close)
        s.settimeout(patience)
        if buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        s.bind((source, 0))
        s.connect(("127.0.0.1", (page or self.page).port))
        return s

    def until_closed(self, s):
        got = b""
        while True:
            try:
                piece = s.recv(65536)
            except ConnectionError:
                return got
            if not piece:
                return got
            got += piece

    def statuses(self, text):
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", text)]

    def answers(self, page=None):
        """It serves others, at once."""
        with self.raw(page, patience=5 * SLOW) as s:
            s.sendall(GET)
            self.assertEqual(self.statuses(s.recv(4096)), [200])


class Shapes(Wire):
    def post(self, *headers, body=b"", version=b"1.1"):
        return b"\r\n".join((b"POST /api/v1/services HTTP/" + version, b"Host: x", *headers, b"", body))

    def test_what_could_be_read_in_two_ways_is_refused_and_ends_the_connection(self):
        hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
        rows = [(400, self.post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + hidden)),
                (400, self.post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + hidden)),
                (400, self.post(b"Content-Length: 0", b"Content-Length: 33", body=hidden)),
                (400, self.post(b"Content-Length: 0, 33", body=hidden)),
                (400, self.post(b"Content-Length: +0", body=hidden)), (400, self.post(b"Content-Length: -1", body=hidden)),
                (400, self.post(b"Content-Length: 0x10", body=hidden)), (400, self.post(b"Content-Length:", body=hidden)),
                (413, self.post(b"Content-Length: 99999999999999999999999", body=hidden)),
                (400, self.post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + hidden)),
                (400, self.post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + hidden)),
                (501, self.post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + hidden)),
                (501, self.post(b"Transfer-Encoding: xchunked", body=hidden)),
                (400, self.post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + hidden, version=b"1.0")),
                (400, self.post(b"X: a\rContent-Length: 4", body=hidden)), (400, self.post(b"A b: c", body=hidden)),
                (400, self.post(b"no colon", body=hidden)), (400, self.post(b"Host: y", body=hidden)),
                (400, self.post(b"Transfer-Encoding: chunked", body=b"zz\r\n" + hidden)),
                (413, self.post(b"Transfer-Encoding: chunked", body=b"ffffffffffffffff1\r\n" + hidden)),
                (400, b"GET / HTTP/1.1\r\n\r\n" + hidden), (400, b"GET / HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n" + hidden),
                (400, b"GET /\r\n\r\n" + hidden), (505, b"GET / HTTP/2.0\r\nHost: x\r\n\r\n" + hidden),
                (400, b"GET x HTTP/1.1\r\nHost: x\r\n\r\n" + hidden), (400, b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n" + hidden),
                (400, b"GET * HTTP/1.1\r\nHost: x\r\n\r\n" + hidden), (400, b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n" + hidden),
                (400, b"GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n" + hidden), (400, b"GET /?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n" + hidden)]
        for status, request in rows:
            with self.raw() as s:
                s.sendall(request)
                answer = self.until_closed(s)
                self.assertEqual(set(self.statuses(answer)), {status}, request)
                self.assertNotIn(b"HTTP/1.1 200", answer, request)
        self.answers()

    def test_what_can_be_read_in_one_way_is_answered_once(self):
        """Lines that end with LF, and lines that are folded, are what they would have been; a body is never a request."""
        hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
        rows = [(b"GET /api/v1 HTTP/1.1\nHost: x\nConnection: close\n\n", [200]),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nConnection: close\r\n\r\n", [200]),
                (b"\r\nGET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [200]),
                (b"GET http://elsewhere/api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [200]),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden +
                 b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [200, 200]),
                (self.post(b"Transfer-Encoding: chunked", b"Connection: close", body=b"2;ext=\"\r\n{}\r\n0\r\nHost: y\r\n\r\n"), [401]),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n", [200])]
        for request, expected in rows:
            with self.raw() as s:
                s.sendall(request)
                self.assertEqual(self.statuses(self.until_closed(s)), expected, request)

    def test_methods(self):
        for method, path, status, allow in (("OPTIONS", "/", 204, "GET, HEAD"), ("OPTIONS", "/api/v1/services", 204, "GET, HEAD, POST"), ("OPTIONS", "*", 204, None),
                                            ("OPTIONS", "/nothing", 404, None), ("OPTIONS", "/api/v1/nothing", 404, None),
                                            ("PUT", "/api/v1/services", 405, "GET, HEAD, POST"), ("DELETE", "/", 405, "GET, HEAD"),
                                            ("TRACE", "/", 405, "GET, HEAD"), ("FROB", "/api/v1", 405, "GET, HEAD"), ("get", "/", 405, "GET, HEAD"),
                                            ("POST", "/nothing", 404, None), ("PROPFIND", "/feed.atom", 405, "GET, HEAD")):
            answer = self.page.request(method, path)
            self.assertEqual(answer.status, status, (method, path))
            if allow:
                self.assertEqual(answer.headers["Allow"], allow, (method, path))
            self.assertNotIn(b"X-API-Key", answer.text)
            self.assertEqual(answer.headers["Access-Control-Allow-Methods"], None)

    def test_head_is_everywhere_where_get_is(self):
        made = self.page.create()
        for path in ("/", f"/maintenance/{made['id']}", f"/maintenance/{made['id']}.ics", "/history", "/feed.atom", "/calendar.ics", "/style.css", "/page.js",
                     "/api/v2/summary.json", "/api/v1", "/api/v1/maintenance", f"/api/v1/maintenance/{made['id']}", "/api/v1/services", "/nothing"):
            get, head = self.page.request("GET", path), self.page.request("HEAD", path)
            self.assertEqual((head.status, head.text), (get.status, b""), path)
            for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Content-Security-Policy"):
                self.assertEqual(head.headers[name], get.headers[name], (path, name))

    def test_heads_are_bounded(self):
        rows = [(b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 404), (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 10_000 + b"\r\n\r\n", 200),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n", 431),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 127 + b"\r\n", 200), (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 128 + b"\r\n", 431),
                (b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n", 431),
                (b"GET /api/v1?" + b"a=b&" * 63 + b"a HTTP/1.1\r\nHost: x\r\n\r\n", 200), (b"GET /api/v1?" + b"a=b&" * 64 + b"a HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                (b"GET /api/v1?" + b"a=b&" * 4000 + b"a HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
        for request, status in rows:
            with self.raw() as s:
                try:
                    s.sendall(request)
                except ConnectionError:
                    pass
                self.assertEqual(self.statuses(s.recv(65536))[:1], [status], request[:60])
        with self.raw() as s:                                   # a head without an end
            s.sendall(b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n")
            with self.assertRaises(ConnectionError):
                for _ in range(1000):
                    s.sendall(b"A: " + b"b" * 10_000 + b"\r\n")
        self.answers()

    def test_who_asks_before_sending_too_much_is_told_at_once(self):
        head = b"POST /api/v1/services HTTP/1.1\r\nHost: x\r\nX-API-Key: " + self.page.key.encode() + b"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        with self.raw() as s:
            s.sendall(head + b"Content-Length: 131073\r\n\r\n")
            self.assertEqual(self.statuses(s.recv(65536)), [413])
        with self.raw() as s:
            s.sendall(head + b"Content-Length: 131072\r\n\r\n")
            self.assertEqual(self.statuses(s.recv(65536)), [100])
            s.sendall(b" " * 131072)
            self.assertEqual(self.statuses(s.recv(65536)), [400])


class Slow(Wire):
    options = ("--rate-limit", "off", "--timeout", "1")

    def drip(self, s, text, ends):
        """One byte every tenth of a second, until the other side has had enough; what it said, and after how long."""
        begun, got = time.monotonic(), b""
        s.settimeout(0.1)
        for byte in text * 1000:
            try:
                s.sendall(bytes([byte]))
                piece = s.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not piece:
                break
            got += piece
        took = time.monotonic() - begun
        self.assertTrue(0.8 < took < 1 + 8 * SLOW, took)
        self.assertEqual(self.statuses(got), ends)

    def test_a_head_that_drips(self):
        others = [self.raw() for _ in range(20)]
        for s in others:
            s.sendall(b"GET / HTTP/1.1\r\nHo")
        self.answers()
        self.drip(self.raw(), b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n" + b"E: f\r\n" * 100, [408])
        for s in others:
            answer = self.until_closed(s)
            self.assertEqual(self.statuses(answer), [408])
            for header in (b"Content-Security-Policy: default-src 'none'", b"X-Content-Type-Options: nosniff", b"Referrer-Policy: no-referrer"):
                self.assertIn(b"\r\n" + header, answer)

    def test_a_head_that_drips_after_a_request(self):
        s = self.raw()
        s.sendall(GET)
        self.assertEqual(self.statuses(s.recv(4096)), [200])
        self.drip(s, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"E: f\r\n" * 100, [408])

    def test_a_body_that_drips(self):
        for how in (b"Content-Length: 60000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"):
            s = self.raw()
            s.sendall(b"POST /api/v1/services HTTP/1.1\r\nHost: x\r\n" + how)
            self.answers()
            self.drip(s, b" ", [408])

    def test_a_request_line_that_is_none(self):
        for request in (b"GET /  HTTP/1.1\r\nHost: x\r\n\r\n", b"GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)):
            with self.raw() as s:
                s.sendall(request + b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertNotIn(200, self.statuses(self.until_closed(s)), request)

    def test_silence_is_ended_without_a_word(self):
        never, once, since = self.raw(), self.raw(), time.monotonic()
        once.sendall(GET)
        self.assertEqual(self.statuses(once.recv(4096)), [200])
        self.assertEqual((self.until_closed(never), self.until_closed(once)), (b"", b""))
        self.assertLess(time.monotonic() - since, 1 + 8 * SLOW)

    def test_a_reader_that_hardly_reads(self):
        for n in range(60):
            self.page.create(description=f"{n} " + "x" * 16_000)
        s = self.raw(buffer=4096)
        s.sendall((b"GET /api/v1/maintenance?limit=100 HTTP/1.1\r\nHost: x\r\nX-API-Key: " + self.page.key.encode() + b"\r\n\r\n") * 12)
        begun, n, watch = time.monotonic(), 0, select.poll()
        watch.register(s, 0)
        while not watch.poll(10):                               # nothing but errors wakes it
            n += len(s.recv(1))
            self.assertLess(time.monotonic() - begun, 1 + 8 * SLOW)
        self.assertEqual(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNRESET)
        self.assertGreater(n, 10)
        self.answers()


class Crowds(Wire):
    def test_an_address_has_64_connections(self):
        """Behind a proxy that was named, nobody is counted; without one named, neither is loopback."""
        page = Configured("trusted_proxies: 127.0.0.9\n")
        self.addCleanup(page.remove)
        mine = [self.raw(page) for _ in range(64)]
        for s in mine:
            s.sendall(GET)
            self.assertEqual(self.statuses(s.recv(4096)), [200])
        beyond = self.raw(page)
        self.assertEqual(self.until_closed(beyond), b"")
        for source in ("127.0.0.9", "127.0.0.2"):
            for _ in range(65 if source == "127.0.0.9" else 1):
                s = self.raw(page, source)
                s.sendall(GET)
                self.assertEqual(self.statuses(s.recv(4096)), [200], source)
        mine.pop().close()

        def again():
            s = self.raw(page)
            try:
                s.sendall(GET)
                return self.statuses(s.recv(4096)) == [200]
            except ConnectionError:
                return False
        eventually("a place is free again", again)

    def test_idle_connections_make_room_when_others_wait(self):
        page = Server("--rate-limit", "off", "--connections", "20")
        self.addCleanup(page.remove)
        idle = [self.raw(page) for _ in range(20)]
        for s in idle[:10]:
            s.sendall(GET)
            self.assertEqual(self.statuses(s.recv(4096)), [200])
        idle[10].sendall(b"GET / HTTP/1.1\r\n")                 # has begun, and is left its time
        late = self.raw(page)
        late.sendall(GET)
        self.assertEqual(self.statuses(late.recv(4096)), [200])
        idle[10].sendall(b"Host: x\r\n\r\n")
        self.assertEqual(self.statuses(idle[10].recv(4096)), [200])

    def test_1024_connections_are_the_default(self):
        page = Server("--rate-limit", "off")
        self.addCleanup(page.remove)
        many = [self.raw(page) for _ in range(1024)]
        for s in (many[0], many[-1]):
            s.sendall(GET)
            self.assertEqual(self.statuses(s.recv(4096)), [200])
        late = self.raw(page, patience=0.2)
        late.sendall(GET)
        with self.assertRaises(TimeoutError):
            late.recv(4096)

    def test_many_connections_have_smaller_heads(self):
        page = Server("--rate-limit", "off", "--connections", "10000")
        self.addCleanup(page.remove)
        for size, status in ((4000, 200), (8000, 431)):
            s = self.raw(page)
            s.sendall(b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nA: " + b"a" * size + b"\r\n\r\n")
            self.assertEqual(self.statuses(s.recv(65536)), [status], size)

    def test_its_options_have_bounds(self):
        for option, values in (("--connections", ("7", "20001", "x", "", "10x")), ("--timeout", ("0", "601", "x", "1.5"))):
            for value in values:
                done = self.page.admin(option, value, check=False)
                self.assertEqual(done.returncode, 1, value)
                self.assertIn(f"{option} is a number from", done.stderr)


class End(Wire):
    def ending(self, *options):
        page = Server("--rate-limit", "off", *options)
        self.addCleanup(page.remove)
        return page

    def test_what_was_begun_is_finished(self):
        page = self.ending()
        head, idle, new = self.raw(page), self.raw(page), self.raw(page)
        body = self.raw(page)
        idle.sendall(GET)
        self.assertEqual(self.statuses(idle.recv(4096)), [200])
        text = b'{"name": "Begun"}'
        body.sendall(b"POST /api/v1/services HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: " + page.key.encode() +
                     b"\r\nContent-Length: %d\r\n\r\n" % len(text))
        head.sendall(b"GET /api/v1 HTTP/1.1\r\n")
        self.answers(page)
        page.process.send_signal(signal.SIGTERM)
        eventually("it does not listen any more", lambda: self.refuses(page))
        new.sendall(GET)
        head.sendall(b"Host: x\r\n\r\n")
        body.sendall(text)
        for s, status in ((new, 200), (head, 200), (body, 201)):
            answer = self.until_closed(s)
            self.assertEqual(self.statuses(answer), [status])
            self.assertIn(b"\r\nConnection: close\r\n", answer)
        self.assertEqual(self.until_closed(idle), b"")
        self.assertEqual(page.stop(), 0)
        page.start()
        self.assertEqual([s["name"] for s in page.call("GET", "/services").json["services"]], ["Begun"])

    def refuses(self, page):
        try:
            socket.create_connection(("127.0.0.1", page.port), PATIENCE).close()
        except ConnectionRefusedError:
            return True
        return False

    def test_idle_connections_do_not_hold_the_end(self):
        page = self.ending()
        idle = self.raw(page)
        idle.sendall(GET)
        self.assertEqual(self.statuses(idle.recv(4096)), [200])
        begun = time.monotonic()
        self.assertEqual(page.stop(), 0)
        self.assertLess(time.monotonic() - begun, SLOW)
        page.start()

    def test_a_client_that_never_ends_does_not_hold_the_end(self):
        page = self.ending()
        s = self.raw(page)
        s.sendall(b"POST /api/v1/services HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        self.answers(page)
        begun = time.monotonic()
        self.assertEqual(page.stop(), 0)
        self.assertTrue(2 < time.monotonic() - begun < 3 + 4 * SLOW)
        page.start()

    def test_nobody_is_refused_or_cut_over_restarts(self):
        """The socket stays with who handed it over; here it is ours, given to one page after the other."""
        page = self.ending()
        page.stop()
        page.listen = None
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.addCleanup(listening.close)
        page.port = listening.getsockname()[1]
        page.wrapper = ("/usr/bin/python3", "-c", f"import os; os.dup2({listening.fileno()}, 3); os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()));"
                        "import sys; os.execv(sys.argv[1], sys.argv[1:])")
        page.inherit = (listening.fileno(),)
        page.start()
        seen, over = [], threading.Event()

        def visit():
            while not over.is_set():
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=PATIENCE)
                    connection.request("GET", "/", headers={"Connection": "close"})
                    seen.append(connection.getresponse().status)
                    connection.close()
                except (OSError, http.client.HTTPException) as error:
                    seen.append(repr(error))
        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for v in visitors:
            v.start()
        try:
            for _ in range(5):
                n = len(seen)
                eventually("answers", lambda n=n: len(seen) > n + 20)
                self.assertEqual(page.stop(), 0)
                page.start()
            n = len(seen)
            eventually("answers", lambda n=n: len(seen) > n + 20)
        finally:
            over.set()
            for v in visitors:
                v.join(PATIENCE)
        self.assertEqual(set(seen), {200})


if __name__ == "__main__":
    unittest.main()
