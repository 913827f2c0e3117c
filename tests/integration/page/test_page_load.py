#!/usr/bin/python3
"""maintd-page beside nginx, in requests a second; and with ten thousand readers at once, in memory.

nginx has one process, as the page has one thread, serves the page's own front as a file, and keeps it open. Both are asked by wrk in turns.
Requests a second depend on who else is at work on the machine; those for a second of the server's own CPU time hardly do. So that ratio
is asserted always, of the medians, and the other one where there is time for many rounds."""
import os
import pathlib
import re
import resource
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from page_server import PATIENCE, Server, at, eventually

LONG = bool(os.environ.get("MAINTD_TEST_LONG"))
ROUNDS, SECONDS = (5, 3) if LONG else (3, 1)
READERS, MEGABYTES = 10_000, 100

NGINX = """{user}worker_processes 1; daemon off; master_process off; pid {dir}/pid; worker_rlimit_nofile 4096;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10;
    client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
    types {{ text/html html; }}
    server {{ listen 127.0.0.1:{port}; root {dir}/www; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu(pid):
    """Seconds that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rates(unittest.TestCase):
    def setUp(self):
        for name in ("wrk", "nginx"):
            if not shutil.which(name):
                self.skipTest(f"{name} is not installed")
        self.page = Server("--rate-limit", "off")
        self.addCleanup(self.page.remove)
        services = [self.page.service(f"Service {n}", group="Core")["id"] for n in range(8)]
        for n in range(4):
            self.page.create(title=f"Window {n}", service_ids=services[:n + 1], description="What is done, and **why**.\n" * 5)
        self.page.create(title="Running", service_ids=services[:2], status="in_progress", scheduled_start=at(minutes=-5))
        self.page.tag = self.page.request("GET", "/").headers["ETag"]
        self.nginx()

    def nginx(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="maintd-nginx-"))
        self.addCleanup(shutil.rmtree, self.dir)
        (self.dir / "www").mkdir()
        (self.dir / "www/index.html").write_bytes(self.page.request("GET", "/").text)
        self.port = free_port()
        (self.dir / "conf").write_text(NGINX.format(dir=self.dir, port=self.port, user="user root; " if os.geteuid() == 0 else ""))
        process = subprocess.Popen(["nginx", "-e", f"{self.dir}/errors", "-c", f"{self.dir}/conf"], stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.terminate)

        def up():
            try:
                return self.page.__class__.request(self.there, "GET", "/")
            except ConnectionError:
                return None
        self.there = Server.__new__(Server)
        self.there.port, self.there.key, self.there.process = self.port, "none", process
        answer = eventually("nginx answers", up)
        self.assertEqual(answer.text, self.page.request("GET", "/").text)
        self.there.tag = answer.headers["ETag"]

    def rate(self, server, tag):
        """Requests a second, and for a second of its CPU."""
        before = cpu(server.process.pid)
        done = subprocess.run(["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-H", f"If-None-Match: {tag}", f"http://127.0.0.1:{server.port}/"],
                              capture_output=True, text=True, timeout=PATIENCE + SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stdout, "Socket errors|Non-2xx")
        used, n = cpu(server.process.pid) - before, int(re.search(r"(\d+) requests in", done.stdout)[1])
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), n / max(used, 0.01)

    def compare(self, what, ours, theirs, least):
        rounds = [(*self.rate(self.page, ours), *self.rate(self.there, theirs)) for _ in range(ROUNDS)]
        page, page_cpu, nginx, nginx_cpu = (statistics.median(column) for column in zip(*rounds))
        print(f"{what}: page {page:.0f}/s, nginx {nginx:.0f}/s, ratio {page / nginx:.2f}; for a second of CPU {page_cpu:.0f} and {nginx_cpu:.0f}, "
              f"ratio {page_cpu / nginx_cpu:.2f}", file=sys.stderr)
        self.assertGreater(page_cpu / nginx_cpu, least, rounds)
        if LONG:
            self.assertGreater(page / nginx, least, rounds)

    def test_what_is_known_already(self):
        self.compare("304", self.page.tag, self.there.tag, 0.5)

    @unittest.skipUnless(LONG, "MAINTD_TEST_LONG is not set")
    def test_what_is_sent_whole(self):
        self.compare("200", '"none"', '"none"', 0.4)


class Readers(unittest.TestCase):
    """Each keeps its connection and asks twice; all are there at once."""

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < READERS + 200:
            self.skipTest(f"RLIMIT_NOFILE allows {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, READERS + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.page = Server("--rate-limit", "off", "--connections", str(READERS + 100), "--timeout", "300")
        self.addCleanup(self.page.remove)
        self.page.service("API")
        self.page.create()

    def ask_all(self, readers, text, watch):
        """Each asks; answers are read as they come. Those that were not 304 to the end."""
        wrong, waiting = [], {}
        for n, fd in enumerate(readers):
            readers[fd].sendall(text)
            waiting[fd] = b""
            if n % 64 == 63:
                self.take(readers, waiting, wrong, watch, 0)
        deadline = time.monotonic() + 3 * PATIENCE
        while waiting:
            self.assertLess(time.monotonic(), deadline, f"{len(waiting)} have no answer")
            self.take(readers, waiting, wrong, watch, 1)
        return wrong

    def take(self, readers, waiting, wrong, watch, patience):
        for fd, _ in watch.poll(patience, 1024):
            piece = readers[fd].recv(4096)
            waiting[fd] = waiting.get(fd, b"") + piece
            if not piece or waiting[fd].endswith(b"\r\n\r\n"):
                answer = waiting.pop(fd)
                if not answer.startswith(b"HTTP/1.1 304 "):
                    wrong.append(answer[:60])

    def test_ten_thousand_at_once(self):
        tag = self.page.request("GET", "/").headers["ETag"]
        text = f"GET / HTTP/1.1\r\nHost: status.example.com\r\nIf-None-Match: {tag}\r\nAccept: text/html\r\nAccept-Language: en\r\n\r\n".encode()
        readers, watch = {}, select.epoll()
        try:
            for _ in range(READERS):
                s = socket.create_connection(("127.0.0.1", self.page.port), PATIENCE)
                readers[s.fileno()] = s
                watch.register(s.fileno(), select.EPOLLIN)
            for _ in range(2):
                self.assertEqual(self.ask_all(readers, text, watch), [])
            status = pathlib.Path(f"/proc/{self.page.process.pid}/status").read_text()
            megabytes = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
            seconds = cpu(self.page.process.pid)
            print(f"{READERS} connections: {megabytes:.0f} MB resident, {seconds:.1f} s of CPU for {2 * READERS} requests", file=sys.stderr)
            self.assertLess(megabytes, MEGABYTES)
            self.assertEqual(self.page.request("GET", "/").status, 200)
        finally:
            watch.close()
            for s in readers.values():
                s.close()


if __name__ == "__main__":
    unittest.main()
