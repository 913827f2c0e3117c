#!/usr/bin/python3
"""What maintd-page logs of requests: changes and failures, nothing that is secret, and never a flood."""
import os
import pathlib
import pty
import re
import subprocess
import unittest

from page_server import BINARY, PATIENCE, Server, eventually


class Logging(Server):
    def __init__(self, settings="", **options):
        self.settings = settings
        super().__init__("--rate-limit", "off", **options)

    def start(self):
        pathlib.Path(self.dir, "page.yaml").write_text(self.settings)
        self.options = ("--rate-limit", "off", "--config", f"{self.dir}/page.yaml")
        super().start()

    def lines(self):
        return [line for line in self.logged().splitlines() if re.search(r": \d{3}, \d+ bytes|more requests|too slow", line)]


class Log(unittest.TestCase):
    def page(self, settings="", **options):
        made = Logging(settings, **options)
        self.addCleanup(made.remove)
        return made

    def test_changes_and_failures_are_logged_and_reads_are_not(self):
        page = self.page()
        service = page.service("API")
        page.request("GET", "/")
        page.call("GET", "/services")
        page.call("DELETE", f"/services/{service['id']}")
        page.call("GET", f"/services/{service['id']}")
        lines = eventually("three lines", lambda: len(found := page.lines()) >= 3 and found)
        self.assertEqual(len(lines), 3, lines)
        self.assertRegex(lines[0], r"^<6>POST /api/v1/services: 201, \d+ bytes, \d+\.\d ms, 127\.0\.0\.1, key test$")
        self.assertRegex(lines[1], rf"^<6>DELETE /api/v1/services/{service['id']}: 204, 0 bytes, \d+\.\d ms, 127\.0\.0\.1, key test$")
        self.assertRegex(lines[2], rf"^<6>GET /api/v1/services/{service['id']}: 404, ")

    def test_page_yaml_chooses(self):
        for choice, expected in (("nothing", []), ("failures", ["GET /nothing"]), ("writes", ["POST /api/v1/services", "GET /nothing"]),
                                 ("all", ["GET /", "POST /api/v1/services", "GET /nothing"])):
            page = self.page(f"log_requests: {choice}\n")
            page.request("GET", "/")
            page.service("API")
            page.request("GET", "/nothing")
            page.stop()
            self.assertEqual([line[3:].split(":")[0] for line in page.lines()], expected, choice)
            page.start()
        done = subprocess.run([BINARY, "--config", "/dev/stdin", "check"], input="log_requests: some\n", capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(done.returncode, 0)

    def test_secrets_are_not_logged(self):
        page = self.page("log_requests: all\n")
        token = "q1w2e3r4t5y6u7i8o9p0" * 2
        for path in (f"/unsubscribe/{token}", f"/subscribe/confirm/{token}", f"/?token={token}", f"/x/{token}/y", f"/api/v1/services?key={token}"):
            page.request("GET", path, headers={"X-API-Key": token, "Cookie": token, "Referer": token})
            page.request("POST", path, token.encode(), {"Authorization": "Bearer " + token})
        page.call("GET", "/services")
        page.stop()
        log = page.logged()
        self.assertNotIn(token[:20], log)
        self.assertNotIn(page.key.rsplit("_", 1)[1], log)
        self.assertIn("GET /unsubscribe/\u2026: ", log)
        self.assertIn("GET /x/\u2026/y: ", log)
        page.start()

    def test_no_request_forges_a_line(self):
        page = self.page("log_requests: all\n")
        for path in ("/a%0a<0>forged", "/a%1b%5b31mred", "/%e2%80%aeright", "/%ff%fe"):
            page.request("GET", path, headers={"X-Forwarded-For": "192.0.2.1"})
        page.request("FROB", "/")
        page.stop()
        log = page.logged()
        self.assertFalse(re.search(r"^<0>forged", log, re.M))
        self.assertFalse(re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", log))
        self.assertIn("GET /a\\n<0>forged: 404", log)
        self.assertNotIn("192.0.2.1", log)              # nobody said that this client is a proxy
        page.start()

    def test_clients_behind_a_proxy_are_named(self):
        page = self.page("trusted_proxies: 127.0.0.1\n")
        page.request("GET", "/nothing", headers={"X-Forwarded-For": "10.0.0.1, 2001:db8::1"})
        eventually("the line", lambda: any(", 2001:db8::1" in line for line in page.lines()))

    def test_a_client_at_a_socket_in_the_file_system_is_local(self):
        page = self.page(listen=None)
        page.stop()
        page.listen = os.path.join(page.dir, "sock")
        page.start()
        done = subprocess.run(["curl", "-sS", "--unix-socket", page.listen, "http://x/nothing"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        eventually("the line", lambda: any(re.search(r"GET /nothing: 404, .* ms, local$", line) for line in page.lines()))

    def test_refusals_are_counted_after_ten_a_minute(self):
        page = self.page()
        for n in range(30):
            page.request("GET", f"/nothing-{n}")
        for _ in range(7):
            page.request("POST", "/unsubscribe/x", b"")
        for n in range(12):
            page.service(f"s{n}")                       # of a key, and what it was meant to do: all of them
        page.stop()
        lines = page.lines()
        self.assertEqual([line for line in lines if "/nothing-" in line], lines[:10])
        self.assertEqual(sum("POST /api/v1/services: 201" in line for line in lines), 12)
        self.assertEqual(lines[-1], "<6>27 more requests within a minute were refused or came without a key: 7 with 2xx, 20 with 4xx")
        self.assertEqual(len(lines), 10 + 12 + 1)
        page.start()

    def test_a_terminal_is_left_alone(self):
        page = self.page()
        page.stop()
        main, terminal = pty.openpty()
        process = subprocess.Popen([BINARY, "--state", page.dir, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, text=True)
        os.close(terminal)
        page.port = int(process.stdout.readline().rsplit(":", 1)[1])
        self.assertEqual(page.request("GET", "/nothing").status, 404)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)
        process.stdout.close()
        try:
            said = os.read(main, 4096)
        except OSError:         # nothing, and nobody who could still say something
            said = b""
        os.close(main)
        self.assertEqual(said, b"")
        page.start()


if __name__ == "__main__":
    unittest.main()
