"""maintd-page for the tests of this folder: started on a free port with a state of its own, stopped by its process id."""
import datetime
import http.client
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = pathlib.Path(os.environ.get("MAINTD_BUILD", ".")) / "src/page/maintd-page"
PATIENCE = 20 * float(os.environ.get("MAINTD_TEST_PATIENCE", "1"))

if not BINARY.exists():
    print(f"{BINARY} is not built")
    sys.exit(77)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def at(**delta):
    """An instant that far from now, RFC 3339 with milliseconds."""
    return (now() + datetime.timedelta(**delta)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def eventually(what, condition, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        return self.json.get("code")

    @property
    def fields(self):
        return self.json["details"]["fieldErrors"]


# What each version of the database brought, taken away again.
SINCE = {
    6: "DROP TABLE monitor_tally; DROP TABLE monitor;",
    5: "DROP INDEX outbox_age; DROP INDEX delivery_of; DROP INDEX subscriber_pending; ALTER TABLE subscriber DROP COLUMN trouble; ALTER TABLE wish DROP COLUMN trouble;",
    4: "DROP TABLE session;",
    3: "DROP TABLE wish_token; DROP TABLE wish; DROP TABLE delivery; DROP TABLE subscriber_service; DROP TABLE subscriber;",
    2: "DROP TABLE service_state; DROP INDEX maintenance_changed;",
}


class Server:
    """options: of the command line; the listening socket is ours to name with `listen`."""

    inherit = ()        # descriptors

    def __init__(self, *options, listen="127.0.0.1:0", wrapper=()):
        self.options, self.listen, self.wrapper = options, listen, wrapper
        self.dir = tempfile.mkdtemp(prefix="maintd-page-")
        self.key = self.admin("key", "add", "test", "--scope", "*:*")
        self.start()

    def admin(self, *arguments, check=True):
        done = subprocess.run([BINARY, "--state", self.dir, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE)
        if not check:
            return done
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self):
        self.log = open(os.path.join(self.dir, "log"), "a")
        listen = ("--listen", self.listen) if self.listen else ()
        self.process = subprocess.Popen([*self.wrapper, BINARY, "--state", self.dir, *listen, *self.options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, pass_fds=self.inherit)
        line = self.process.stdout.readline() if not self.wrapper else ""
        if line:
            assert line.startswith("maintd-page: listening on "), line
            self.url = line.split()[-1]
            if self.url.startswith("http:"):
                self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.log.close()
        return status

    def remove(self):
        if self.process.poll() is None:
            status = self.stop()
            assert status == 0, f"ended with {status}: {self.logged()}"
        shutil.rmtree(self.dir)

    def logged(self):
        return pathlib.Path(self.dir, "log").read_text()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None, connection=None):
        """Body: bytes as they are, anything else as JSON. A header given as None is not sent."""
        own = connection or self.connect()
        sent = {"X-API-Key": self.key}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent.update(headers or {})
        own.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        answer = Answer(own.getresponse())
        if not connection:
            own.close()
        return answer

    def call(self, method, path, body=None, **headers):
        return self.request(method, "/api/v1" + path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def create(self, **fields):
        body = {"title": "Database Migration", "scheduled_start": at(days=1), "scheduled_end": at(days=1, hours=2), **fields}
        answer = self.call("POST", "/maintenance", body)
        assert answer.status == 201, answer.text
        return answer.json

    def patch(self, window, **fields):
        answer = self.call("PATCH", f"/maintenance/{window['id']}", fields)
        assert answer.status == 200, answer.text
        return answer.json

    def get(self, window):
        return self.call("GET", f"/maintenance/{window['id']}").json

    def service(self, name, **fields):
        answer = self.call("POST", "/services", {"name": name, **fields})
        assert answer.status == 201, answer.text
        return answer.json

    def set_back(self, version):
        """Its database as an older program would have left it; the page is down."""
        with sqlite3.connect(os.path.join(self.dir, "page.sqlite")) as db:
            for newer in sorted(SINCE, reverse=True):
                db.executescript(SINCE[newer] if newer > version else "")
            db.execute(f"PRAGMA user_version = {version}")
        db.close()

    def outbox(self, window):
        """[(kind, text, message)] that were owed for it, in order."""
        with sqlite3.connect(f"file:{self.dir}/page.sqlite?mode=ro", uri=True) as db:
            rows = db.execute("SELECT kind, text, message FROM outbox WHERE maintenance_id = ? ORDER BY seq", (window["id"],)).fetchall()
        db.close()
        return rows

    def told(self, window):
        return [kind for kind, _, _ in self.outbox(window)]


class PageTest(unittest.TestCase):
    """One server for all tests of a class, without rate limits unless `options` says otherwise."""

    options = ("--rate-limit", "off")

    @classmethod
    def setUpClass(cls):
        cls.page = Server(*cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.page.remove()

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertTrue(answer.json["error"])
        return answer
