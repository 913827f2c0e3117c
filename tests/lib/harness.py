"""Helpers for tests that run the real programs on loopback.

    from harness import Page, Maintd, eventually, skip

Programs are started with the arguments of the test and ended by their process id; what they print is kept for the moment
when a test fails. Nothing here sleeps for a fixed time to let something happen: a test waits for what it wants to see.
"""
import contextlib
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

SETTLED = ("ok", "not-yet", "none")      # of `maintctl status`: nothing is to be done now
PATIENCE = 30 * float(os.environ.get("MAINTD_TEST_PATIENCE", "1"))     # seconds; a slow machine may want more


def skip(why):
    """Ends the test as skipped; the reason is what tests/run.sh prints."""
    print(why)
    sys.exit(77)


def program(build, name):
    """The path of a built program; the test is skipped when this build does not have it."""
    path = pathlib.Path(build) / {"maintd": "src/daemon/maintd", "maintctl": "src/ctl/maintctl", "maintd-page": "src/page/maintd-page"}[name]
    if not path.exists():
        skip(f"{path} is not built")
    return str(path)


def eventually(what, condition, patience=None):
    """Asks until condition() is true and returns its value; an assertion about `what`, a text or what gives one, when it never is."""
    deadline = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"never happened: {what() if callable(what) else what}"
        time.sleep(0.02)


class Process:
    """A program whose lines can be waited for. Standard output and error are read together, in the background."""

    def __init__(self, *argv, env=None, cwd=None):
        self.argv = [str(a) for a in argv]
        self.lines = []
        self._new = queue.Queue()
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(env or {})}, cwd=cwd, text=True, errors="replace", bufsize=1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def _take(self, timeout):
        line = self._new.get(timeout=timeout)
        if line is None:
            self._new.put(None)
            raise AssertionError(f"{self.argv[0]} has ended (status {self.process.wait()}):\n" + self.output())
        self.lines.append(line)
        return line

    def drain(self):
        with contextlib.suppress(queue.Empty, AssertionError):
            while True:
                self._take(0)

    def output(self):
        return "\n".join(self.lines[-80:])

    def wait_line(self, pattern, since=0, patience=None):
        """The match of the first line from number `since` on that fits; lines come once, so remember len(p.lines)."""
        deadline = time.monotonic() + (patience or PATIENCE)
        seen = since
        while True:
            for line in self.lines[seen:]:
                seen += 1
                found = re.search(pattern, line)
                if found:
                    return found
            try:
                self._take(max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{self.argv[0]} never said {pattern!r}:\n" + self.output()) from None

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=None):
        return self.process.wait(patience or PATIENCE)

    def stop(self):
        """SIGTERM, and its exit status. A program that does not end is killed, and that is a failure."""
        if self.alive():
            self.process.terminate()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.argv[0]} did not end on SIGTERM:\n" + self.output()) from None
        self._reader.join(PATIENCE)
        self.drain()
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
            self._reader.join(1)
            self.drain()
            print(f"---- {' '.join(self.argv)}\n{self.output()}")
        else:
            assert self.stop() == 0, f"{self.argv[0]} ended with {self.process.returncode}:\n" + self.output()


class Page(Process):
    """maintd-page on a port of the kernel's choice, with one key and the services asked for. State stays in `state`."""

    def __init__(self, build, state, services=(), *options):
        self.binary, self.state = program(build, "maintd-page"), pathlib.Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        key = self.state / "test-key"
        if not key.exists():
            key.touch(0o600)
            key.write_text(self.admin("key", "add", "test", "--scope", "*:*"))
            for service in services:
                self.admin("service", "add", service)
        self.key = key.read_text().strip()
        limits = () if "--rate-limit" in options else ("--rate-limit", "off")
        super().__init__(self.binary, "--state", self.state, "--listen", "127.0.0.1:0", *limits, *options)
        self.url = self.wait_line(r"listening on (http://[^ ]*?)/?$")[1]
        self.api_url = self.url + "/api/v1"

    def admin(self, *arguments):
        return subprocess.run([self.binary, "--state", self.state, *arguments], check=True, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=PATIENCE).stdout.strip()

    def call(self, method, path, body=None, headers=None):
        """(status, decoded body, headers) of a request below /api/v1."""
        return api(method, self.api_url + path, body, {"X-API-Key": self.key, **(headers or {})})

    def windows(self, **query):
        """All maintenance objects, over all pages of the listing."""
        found, cursor = [], None
        while True:
            asked = {**query, "limit": 100, **({"cursor": cursor} if cursor else {})}
            status, body, _ = self.call("GET", "/maintenance?" + urllib.parse.urlencode(asked))
            assert status == 200, body
            found += body["maintenance"]
            cursor = body.get("next_cursor")
            if not cursor:
                return found


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))       # loopback is never behind a proxy


def api(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            status, text, answered = answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        status, text, answered = error.code, error.read(), error.headers
    try:
        return status, json.loads(text) if text else None, answered
    except ValueError:
        return status, text.decode(errors="replace"), answered


class Site:
    """A directory with configuration, manifests, token and state, and the programs that use it."""

    def __init__(self, build, root, config="", targets=None, services=()):
        self.build, self.root = build, pathlib.Path(root)
        self.config, self.manifests, self.state = self.root / "maintd.yaml", self.root / "manifests", self.root / "state"
        self.manifests.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(mode=0o700, exist_ok=True)
        lines = [f"manifests: {self.manifests}", config.strip()]
        if services:
            lines += ["services:", *(f"  {name}: {{}}" for name in services)]
        lines += ["targets:", *(f"  {name}: {json.dumps(target)}" for name, target in (targets or {}).items())]
        self.config.write_text("\n".join(line for line in lines if line) + "\n")

    def secret(self, name, value):
        path = self.root / name
        path.touch(0o600)
        path.write_text(value + "\n")

    def write(self, name, text):
        """A manifest, replaced in one step, as editors and git do."""
        path = self.manifests / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("." + path.name + ".new")
        new.write_text(text)
        new.replace(path)

    def delete(self, name):
        (self.manifests / name).unlink()

    def arguments(self):
        return ["--config", str(self.config), "--state", str(self.state)]

    def maintd(self, env=None):
        return Process(program(self.build, "maintd"), *self.arguments(), env=env)

    def ctl(self, *arguments, expect=0):
        """Runs maintctl; its standard output. `expect` None: (status, output, errors) whatever the status."""
        done = subprocess.run([program(self.build, "maintctl"), *self.arguments(), "--no-color", *arguments], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        if expect is None:
            return done.returncode, done.stdout, done.stderr
        assert done.returncode == expect, f"maintctl {' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def status(self):
        return json.loads(self.ctl("--json", "status"))

    def in_sync(self):
        """Something is as wanted, and nothing is to be done. Before a target has been looked at, nothing is "ok" there."""
        seen = {target["sync"] for window in self.status()["windows"] for target in window["targets"]}
        return "ok" in seen and seen <= set(SETTLED)
