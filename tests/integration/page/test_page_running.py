#!/usr/bin/python3
"""maintd-page as a service: its clock, restarts, sockets, verbs and what people see."""
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

from page_server import BINARY, PATIENCE, PageTest, Server, at, eventually, instant, now


def late(window, reached, due):
    return (instant(window[reached]) - instant(window[due])).total_seconds()


class Clock(PageTest):
    def test_starts_and_ends_to_the_second(self):
        made = self.page.create(scheduled_start=at(seconds=2), scheduled_end=at(seconds=3.5))
        eventually("in progress", lambda: self.page.get(made)["status"] == "in_progress")
        done = eventually("completed", lambda: (w := self.page.get(made))["status"] == "completed" and w)
        self.assertTrue(0 <= late(done, "started_at", "scheduled_start") < 1, done)
        self.assertTrue(0 <= late(done, "completed_at", "scheduled_end") < 1, done)
        self.assertEqual(self.page.told(made), ["scheduled", "in_progress", "completed"])
        self.assertEqual(done["version"], 3)

    def test_moves_without_being_asked(self):
        made = self.page.create(scheduled_start=at(seconds=2), scheduled_end=at(days=1))
        eventually("the start in the outbox", lambda: self.page.told(made) == ["scheduled", "in_progress"])

    def test_a_client_that_comes_second_changes_nothing(self):
        made = self.page.create(scheduled_start=at(seconds=2), scheduled_end=at(days=1))
        started = eventually("in progress", lambda: (w := self.page.get(made))["status"] == "in_progress" and w)
        self.assertEqual(self.page.patch(made, status="in_progress"), started)
        self.assertEqual(self.page.told(made), ["scheduled", "in_progress"])

    def test_leaves_alone_what_its_client_moves(self):
        made = self.page.create(scheduled_start=at(seconds=2), scheduled_end=at(days=1), auto_transition=False)
        other = self.page.create(scheduled_start=at(seconds=2.3), scheduled_end=at(days=1))
        eventually("the other one in progress", lambda: self.page.get(other)["status"] == "in_progress")
        self.assertEqual(self.page.get(made)["status"], "scheduled")
        self.assertEqual(self.page.patch(made, auto_transition=True)["status"], "in_progress")

    def test_an_extension_holds(self):
        made = self.page.create(scheduled_start=at(seconds=-1), scheduled_end=at(seconds=2))
        self.page.patch(made, scheduled_end=at(days=1))
        other = self.page.create(scheduled_start=at(seconds=-1), scheduled_end=at(seconds=2.2))
        eventually("the other one completed", lambda: self.page.get(other)["status"] == "completed")
        self.assertEqual(self.page.get(made)["status"], "in_progress")

    def test_reminders_go_out_when_due(self):
        made = self.page.create(scheduled_start=at(seconds=62), scheduled_end=at(days=1), reminder_minutes=[1, 120])
        eventually("a reminder", lambda: self.page.told(made) == ["scheduled", "reminder"])
        self.assertEqual(self.page.outbox(made)[-1][1], "Reminder: Maintenance begins in 1 minute")

    def test_after_a_move_those_ahead_are_sent_again(self):
        made = self.page.create(scheduled_start=at(seconds=62), scheduled_end=at(days=1), reminder_minutes=[1])
        eventually("a reminder", lambda: self.page.told(made) == ["scheduled", "reminder"])
        self.page.patch(made, scheduled_start=at(seconds=62))
        eventually("one more", lambda: self.page.told(made) == ["scheduled", "reminder", "rescheduled", "reminder"])

    def test_a_cancelled_one_is_not_remembered(self):
        made = self.page.create(scheduled_start=at(seconds=62), scheduled_end=at(days=1), reminder_minutes=1)
        self.page.patch(made, status="cancelled")
        other = self.page.create(scheduled_start=at(seconds=62.2), scheduled_end=at(days=1), reminder_minutes=1)
        eventually("the other one's reminder", lambda: "reminder" in self.page.told(other))
        self.assertEqual(self.page.told(made), ["scheduled", "cancelled"])


class Restarts(unittest.TestCase):
    def setUp(self):
        self.page = Server("--rate-limit", "off")
        self.addCleanup(self.page.remove)

    def test_what_was_answered_survives_kill_9(self):
        connection, made = self.page.connect(), []
        for n in range(50):
            body = {"title": f"Number {n}", "scheduled_start": at(days=1), "scheduled_end": at(days=2), "external_id": f"n{n}"}
            made.append(self.page.request("POST", "/api/v1/maintenance", body, {"Idempotency-Key": f"k{n}"}, connection).json)
        connection.close()
        self.page.kill()
        self.page.start()
        self.assertEqual(self.page.call("GET", "/maintenance?limit=100").json["maintenance"], made)
        self.assertEqual([self.page.told(m) for m in made], [["scheduled"]] * 50)
        again = self.page.call("POST", "/maintenance", body, Idempotency_Key="k49")
        self.assertEqual((again.status, again.json), (201, made[-1]))

    def test_catches_up_after_an_absence(self):
        started = self.page.create(scheduled_start=at(seconds=3), scheduled_end=at(days=1), reminder_minutes=[1])
        over = self.page.create(scheduled_start=at(seconds=2.5), scheduled_end=at(seconds=3))
        self.page.kill()
        eventually("both are due", lambda: now() > max(instant(started["scheduled_start"]), instant(over["scheduled_end"])))
        self.page.start()
        self.assertEqual((self.page.get(started)["status"], self.page.told(started)), ("in_progress", ["scheduled", "in_progress"]))
        self.assertEqual((self.page.get(over)["status"], self.page.told(over)), ("completed", ["scheduled", "completed"]))

    def test_ends_on_sigterm_with_connections_open(self):
        connection = self.page.connect()
        self.page.request("GET", "/api/v1", connection=connection)
        self.assertEqual(self.page.stop(), 0)
        connection.close()
        self.page.start()

    def test_one_state_has_one_server(self):
        second = self.page.admin("--listen", "127.0.0.1:0", check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another maintd-page", second.stderr)


class Sockets(unittest.TestCase):
    def test_refuses_addresses_beyond_loopback(self):
        page = Server()
        page.stop()
        self.addCleanup(page.remove)
        for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            done = page.admin("--listen", listen, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("--listen-public", done.stderr)
        for listen in ("8095", "localhost:8095", "127.0.0.1:x", "127.0.0.1:65536", ""):
            self.assertEqual(page.admin("--listen", listen, check=False).returncode, 1, listen)

    def test_listens_in_public_when_told(self):
        page = Server("--listen-public", listen="0.0.0.0:0")
        self.assertEqual(page.call("GET", "").status, 200)
        page.remove()

    def test_a_unix_socket_is_replaced_when_nobody_answers(self):
        page = Server(listen=None)
        page.listen = os.path.join(page.dir, "page.sock")
        page.stop()
        for _ in range(2):
            page.start()
            self.assertEqual(page.url, "unix:" + page.listen)
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(page.listen)
                s.sendall(b"GET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertIn(b" 200 ", s.recv(4096).split(b"\r\n")[0])
            page.kill()
        page.start()
        page.remove()

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
    def test_takes_the_socket_that_systemd_hands_over(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        page = Server("--rate-limit", "off", listen=None, wrapper=("systemd-socket-activate", "-l", f"127.0.0.1:{port}"))
        page.port = port

        def answers():
            try:
                return page.call("GET", "").status == 200
            except (ConnectionError, http.client.HTTPException):
                return False
        eventually("an answer", answers)
        self.assertEqual(page.create()["status"], "scheduled")
        page.remove()

    def test_more_connections_than_allowed_wait(self):
        page = Server("--rate-limit", "off", "--connections", "20")
        ask = b"GET /api/v1 HTTP/1.1\r\nHost: x\r\n\r\n"
        open_ones = [socket.create_connection(("127.0.0.1", page.port), PATIENCE) for _ in range(20)]
        for one in open_ones:
            one.sendall(ask)
            self.assertIn(b" 200 ", one.recv(4096).split(b"\r\n")[0])
        with socket.create_connection(("127.0.0.1", page.port), 0.3) as late:
            late.sendall(ask)
            with self.assertRaises(TimeoutError):
                late.recv(4096)
            open_ones.pop().close()
            late.settimeout(PATIENCE)
            self.assertIn(b" 200 ", late.recv(4096).split(b"\r\n")[0])
        for one in open_ones:
            one.close()
        page.remove()

    def test_a_body_in_pieces(self):
        page = Server("--rate-limit", "off")
        head = f"POST /api/v1/services HTTP/1.1\r\nHost: x\r\nX-API-Key: {page.key}\r\nContent-Type: application/json\r\n".encode()
        body = b'{"name": "in pieces"}'
        with socket.create_connection(("127.0.0.1", page.port), PATIENCE) as raw:
            raw.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            for byte in body:
                raw.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
            raw.sendall(b"0\r\n\r\n")
            self.assertIn(b" 201 ", raw.recv(65536).split(b"\r\n")[0])
        with socket.create_connection(("127.0.0.1", page.port), PATIENCE) as raw:       # without an end in sight
            raw.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            with self.assertRaises(ConnectionError):
                for _ in range(10000):
                    raw.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        self.assertEqual(page.call("GET", "").status, 200)
        page.remove()

    def test_listens_in_several_places(self):
        page = Server("--listen", "127.0.0.1:0")
        second = int(page.process.stdout.readline().rsplit(":", 1)[1])
        for port in (page.port, second):
            page.port = port
            self.assertEqual(page.call("GET", "").status, 200)
        page.remove()

    def test_one_connection_carries_many_requests(self):
        page = Server("--rate-limit", "off")
        connection = page.connect()
        for _ in range(3):
            self.assertEqual(page.request("GET", "/api/v1/services", connection=connection).status, 200)
            port = connection.sock.getsockname()[1]
            self.assertEqual(page.request("POST", "/api/v1/maintenance", {}, connection=connection).status, 400)
            self.assertEqual(connection.sock.getsockname()[1], port)
        connection.close()
        page.remove()


class Verbs(PageTest):
    def test_keys_are_listed_without_their_secret(self):
        key = self.page.admin("key", "add", "ci", "--scope", "maintenance:write,services:read")
        listed = self.page.admin("key", "list")
        self.assertIn("ci\tmaintenance:write,services:read\t", listed)
        self.assertNotIn(key.rsplit("_", 1)[1], listed)
        for path in pathlib.Path(self.page.dir).iterdir():
            if path.is_file():
                self.assertNotIn(key.rsplit("_", 1)[1].encode(), path.read_bytes(), path)
                self.assertEqual(path.stat().st_mode & 0o077 if path.name != "log" else 0, 0, path)

    def test_refuses_nonsense(self):
        self.page.admin("key", "add", "taken", "--scope", "*:*")
        for arguments in (("key",), ("key", "add"), ("key", "add", "x"), ("key", "add", "x", "--scope", "all"), ("key", "add", "x", "--scope", ""),
                          ("key", "add", "x y", "--scope", "*:*"), ("key", "add", "taken", "--scope", "*:*"), ("key", "remove", "nobody"),
                          ("service", "add"), ("service", "add", ""), ("service", "add", "two\nlines"), ("frob",), ("--frob",),
                          ("--rate-limit", "5"), ("--rate-limit", "0/5")):
            done = self.page.admin(*arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertTrue(done.stderr)
        error = self.page.admin("key", "add", "x", "--scope", "all", check=False).stderr
        for what in ("maintenance", "services", "subscribers", "monitors"):
            for how in ("read", "write"):
                self.assertIn(f" {what}:{how}", error)
        self.assertIn(" *:*", error)

    def test_services(self):
        made = self.page.admin("service", "add", "Made by hand", "--group", "Core")
        self.assertEqual(self.page.call("GET", f"/services/{made}").json["group"], "Core")
        self.assertIn(f"{made}\tMade by hand\tCore\toperational", self.page.admin("service", "list"))

    def test_help_and_version(self):
        for option in ("--help", "--version"):
            done = subprocess.run([BINARY, option], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("maintd-page", done.stdout)


class Web(PageTest):
    NASTY = "<script>alert(1)</script> & \"quotes\" 'single'"

    def fetch(self, path, **headers):
        return self.page.request("GET", path, headers={"X-API-Key": None, **headers})

    def test_strict_headers_on_everything(self):
        public = ("/", "/history", "/upcoming", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", "/style.css")
        answers = [(path, self.fetch(path)) for path in (*public, "/nothing", "/api/v1", "/api/v1/maintenance", "/subscribe", "/unsubscribe/x", "/dashboard")]
        for path in public:
            again = self.fetch(path, **{"If-None-Match": self.fetch(path).headers["ETag"]})
            self.assertEqual(again.status, 304)
            refused = self.page.request("DELETE", path, headers={"X-API-Key": None})
            self.assertEqual(refused.status, 405)
            answers += [(f"{path} again", again), (f"DELETE {path}", refused)]
        for name, answer in answers:
            headers = answer.headers
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy, name)
            self.assertIn("frame-ancestors 'none'", policy, name)
            self.assertNotIn("unsafe", policy, name)
            self.assertEqual((headers["X-Content-Type-Options"], headers["Referrer-Policy"]), ("nosniff", "no-referrer"), name)

    def test_everything_is_escaped(self):
        service = self.page.service("svc " + self.NASTY, group="grp " + self.NASTY)
        made = self.page.create(title="title " + self.NASTY, description="text " + self.NASTY + "\n\n<img src=x onerror=alert(1)>\n",
                                service_ids=[service["id"]])
        self.page.patch(made, message="update " + self.NASTY)
        for path in ("/", f"/maintenance/{made['id']}"):
            html = self.fetch(path).text.decode()
            self.assertIn("title &lt;script&gt;", html)
            self.assertNotRegex(html, r'<(script(?! src="/page\.js\?v=[0-9a-f]{10}" defer></script>)|img|iframe)')
            self.assertNotRegex(html, r"\son\w+=\"|<[^>]* style=")

    def test_links_only_where_they_are_harmless(self):
        links = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#115;cript:alert(1)", "javascript&colon;alert(1)", "data:text/html,x",
                 "vbscript:x", "//evil.example", "/dashboard", "\\\\evil", "https&colon;//x"]
        made = self.page.create(description="\n\n".join(f"[bad{n}](<{link}>)" for n, link in enumerate(links)) +
                                "\n\n[good](https://example.org/?a=1&b=\"2\") <mailto:a@example.org> ![alt](https://example.org/x.png)")
        html = self.fetch(f"/maintenance/{made['id']}").text.decode()
        found = re.findall(r'href="([^"]*)"', html.split("<article", 1)[1].split("</article>")[0])
        self.assertEqual(found, ["https://example.org/?a=1&amp;b=&quot;2&quot;", "mailto:a@example.org"])
        self.assertIn("bad0", html)

    def test_markdown(self):
        made = self.page.create(description="# Head\n\n**bold** *it* `code`\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
        html = self.fetch(f"/maintenance/{made['id']}").text.decode()
        for piece in ("<h3>Head</h3>", "<strong>bold</strong>", "<em>it</em>", "<code>code</code>", "<li>one</li>", "<td>2</td>"):
            self.assertIn(piece, html)

    def test_shows_each_state_in_its_place(self):
        titles = {state: f"Window {state}" for state in ("scheduled", "in_progress", "completed", "cancelled")}
        for state, title in titles.items():
            made = self.page.create(title=title, auto_transition=False)
            if state in ("in_progress", "completed"):
                self.page.patch(made, status="in_progress")
            if state in ("completed", "cancelled"):
                self.page.patch(made, status=state)
        sections = re.findall(r"<h2[^>]*>(.*?)</h2>(.*?)</section>", self.fetch("/").text.decode(), re.S)
        places = {name: [t for t in titles.values() if f">{t}<" in body] for name, body in sections}
        self.assertEqual(places["Maintenance in progress"], [titles["in_progress"]])
        self.assertEqual(places["Upcoming maintenance"], [titles["scheduled"]])
        self.assertEqual(places["Past 30 days"], [titles["completed"], titles["cancelled"]])

    def test_tells_nothing_that_is_not_public(self):
        made = self.page.create(external_id="maintd:secret-id", owner="secret-owner")
        for path in ("/", f"/maintenance/{made['id']}"):
            html = self.fetch(path).text.decode()
            self.assertNotIn("secret", html)

    def test_a_known_page_is_not_sent_again(self):
        tags = {path: self.fetch(path).headers["ETag"] for path in ("/", "/style.css")}
        for path, tag in tags.items():
            again = self.fetch(path, **{"If-None-Match": tag})
            self.assertEqual((again.status, again.text), (304, b""))
        self.page.create()
        self.assertEqual({path: self.fetch(path, **{"If-None-Match": tag}).status for path, tag in tags.items()}, {"/": 200, "/style.css": 304})

    def test_what_is_not_there(self):
        for path in ("/nothing", "/maintenance/", "/maintenance/none", "/maintenance/a/b"):
            self.assertEqual(self.fetch(path).status, 404)
        self.assertEqual(self.page.request("POST", "/", b"").status, 405)


class Late(PageTest):
    """Windows that nobody moves on."""

    def test_those_that_never_began_do_not_take_the_place_of_those_that_come(self):
        for n in range(51):
            self.page.create(title=f"Forgotten {n}", scheduled_start=at(hours=-2), scheduled_end=at(hours=-1), auto_transition=False)
        self.page.create(title="Late", scheduled_start=at(hours=-1), scheduled_end=at(hours=1), auto_transition=False)
        self.page.create(title="Coming")
        html = self.page.request("GET", "/").text.decode()
        for title, shown in (("Forgotten", False), ("Late", True), ("Coming", True)):
            self.assertEqual(f">{title}" in html, shown, title)

    def test_an_end_that_has_passed_is_not_expected(self):
        for n in range(101):
            self.page.create(title=f"Late {n}", status="in_progress", scheduled_start=at(hours=-2), scheduled_end=at(hours=-1), auto_transition=False)
        self.assertIn(b"<p>101 running; they take longer than planned.</p>", self.page.request("GET", "/").text)
        self.page.create(status="in_progress", scheduled_start=at(hours=-2), scheduled_end=at(hours=1), auto_transition=False)
        self.assertIn(b"<p>102 running; the last is expected to end <span", self.page.request("GET", "/").text)


if __name__ == "__main__":
    unittest.main()
