#!/usr/bin/python3
"""`maintd-page backup`: one instant of the database, taken while the page is written to, from which a page starts again."""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import unittest

from page_server import BINARY, PATIENCE, Server, eventually


def content(path):
    """Every row of every table, in order."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM \"{name}\""))) for name in tables}
    db.close()
    return rows


def state(path):
    """What the files hold; of the log's index, which says who reads, only that it is there."""
    return {file.name: None if file.name.endswith("-shm") else file.read_bytes() for file in pathlib.Path(path).iterdir()}


class Backup(unittest.TestCase):
    def setUp(self):
        self.page = Server("--rate-limit", "off")
        self.addCleanup(self.page.remove)
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="maintd-page-backup-"))
        self.addCleanup(shutil.rmtree, self.place)

    def backup(self, name, *options, check=True):
        done = self.page.admin("backup", str(self.place / name), *options, check=False)
        if check:
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done

    def test_the_copy_is_the_whole_and_starts_a_page(self):
        service = self.page.service("API")
        made = self.page.create(service_ids=[service["id"]], description="x" * 16000)
        self.page.patch(made, message="told")
        done = self.backup("one.db")
        copy = self.place / "one.db"
        self.assertEqual(done.stdout, f"{copy}: {copy.stat().st_size} bytes, checked\n")
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(self.place), ["one.db"])
        self.assertEqual(content(copy), content(f"{self.page.dir}/page.sqlite"))
        restored = Server.__new__(Server)
        restored.options, restored.listen, restored.wrapper = ("--rate-limit", "off"), "127.0.0.1:0", ()
        restored.dir, restored.key = tempfile.mkdtemp(prefix="maintd-page-"), self.page.key
        shutil.copy(copy, f"{restored.dir}/page.sqlite")
        restored.start()
        self.addCleanup(restored.remove)
        for path in ("/maintenance", "/services", f"/maintenance/{made['id']}"):
            self.assertEqual(restored.call("GET", path).text, self.page.call("GET", path).text)
        for path in ("/", "/feed.atom", "/calendar.ics", "/api/v2/summary.json"):
            self.assertEqual(restored.request("GET", path).status, 200)
        restored.create()

    def test_in_a_storm_of_writes_it_is_one_instant(self):
        """Whoever writes counts up in two places, in one transaction; a copy that has them apart is of two instants."""
        over, failed, n = threading.Event(), [], [0]

        def storm(which):
            connection = self.page.connect()
            while not over.is_set():
                body = {"title": f"{which}", "scheduled_start": "2040-01-01T00:00:00Z", "scheduled_end": "2040-01-02T00:00:00Z", "description": "x" * 5000}
                answer = self.page.request("POST", "/api/v1/maintenance", body, connection=connection)
                if answer.status != 201:
                    failed.append(answer.text)
                n[0] += 1
            connection.close()
        writers = [threading.Thread(target=storm, args=(which,)) for which in range(2)]
        for w in writers:
            w.start()
        try:
            sizes = []
            for i in range(4):
                eventually("more was written", lambda least=n[0] + 20: n[0] > least)
                before = n[0]
                self.backup(f"{i}.db")
                rows = content(self.place / f"{i}.db")
                self.assertEqual(len(rows["maintenance"]), len(rows["outbox"]), "each window has told that it is scheduled")
                self.assertGreaterEqual(len(rows["maintenance"]), before)
                sizes.append(len(rows["maintenance"]))
        finally:
            over.set()
            for w in writers:
                w.join(PATIENCE)
        self.assertEqual(failed, [])
        self.assertEqual(sizes, sorted(set(sizes)))

    def test_nothing_is_overwritten_unless_told(self):
        (self.place / "mine").write_text("mine")
        done = self.backup("mine", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--force", done.stderr)
        self.assertEqual((self.place / "mine").read_text(), "mine")
        self.backup("mine", "--force")
        self.assertIn("maintenance", content(self.place / "mine"))
        for name in ("page.sqlite", "page.sqlite-wal", "page.sqlite-shm", "lock"):
            before = os.stat(f"{self.page.dir}/{name}").st_ino
            done = self.page.admin("backup", f"{self.page.dir}/{name}", "--force", check=False)
            self.assertEqual(done.returncode, 1, name)
            self.assertIn("the database itself", done.stderr)
            self.assertEqual(os.stat(f"{self.page.dir}/{name}").st_ino, before)
        self.assertEqual(self.page.call("GET", "/services").status, 200)

    def test_what_is_not_there_is_not_copied(self):
        """A wrong --state is no empty database, and nothing is made of it."""
        empty = self.place / "empty"
        empty.mkdir()
        for state in (empty, self.place / "nowhere"):
            done = subprocess.run([BINARY, "--state", state, "backup", self.place / "x.db"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (1, ""), state)
            self.assertIn("No such file or directory", done.stderr)
        self.assertEqual((os.listdir(self.place), os.listdir(empty)), (["empty"], []))
        (empty / "page.sqlite").touch()
        done = subprocess.run([BINARY, "--state", empty, "backup", self.place / "x.db"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_what_another_version_wrote_is_copied_as_it_is(self):
        """The binary of the next version makes the backup before it is started; that of the last one makes the one before going back."""
        self.page.service("API")
        self.page.stop()
        for version in (5, 99):
            with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
                db.execute(f"PRAGMA user_version = {version}")
            db.close()
            before = state(self.page.dir)
            self.backup(f"{version}.db")
            self.assertEqual(state(self.page.dir), before)
            for path in (f"{self.page.dir}/page.sqlite", self.place / f"{version}.db"):
                with sqlite3.connect(path) as db:
                    self.assertEqual(db.execute("PRAGMA user_version").fetchone(), (version,))
                db.close()
            self.assertEqual(content(self.place / f"{version}.db"), content(f"{self.page.dir}/page.sqlite"))

    def test_of_a_page_that_was_killed_all_is_copied_and_all_stays(self):
        """What it had committed stands in its log, which is for the next start to take up."""
        service = self.page.service("API")
        self.page.kill()
        before = state(self.page.dir)
        self.assertTrue(before["page.sqlite-wal"])
        self.backup("killed.db")
        self.assertEqual(state(self.page.dir), before)
        self.assertIn(service["id"], str(content(self.place / "killed.db")["service"]))
        self.page.start()
        self.assertEqual(self.page.call("GET", f"/services/{service['id']}").status, 200)

    def test_what_fails_leaves_nothing_behind(self):
        for arguments in (("nowhere/x.db",), ("a", "b"), (), ("--what",), ("",), ("-",)):
            done = self.page.admin("backup", *(str(self.place / a) if a and a[0] != "-" else a for a in arguments), check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertTrue(done.stderr)
        limited = subprocess.run(["/usr/bin/prlimit", "--fsize=8192", BINARY, "--state", self.page.dir, "backup", self.place / "full.db"],
                                 capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(limited.returncode, 0)
        self.assertIn("cannot write", limited.stderr)
        self.assertEqual(os.listdir(self.place), [])
        broken = tempfile.mkdtemp(prefix="maintd-page-")
        self.addCleanup(shutil.rmtree, broken)
        self.page.stop()
        data = bytearray(pathlib.Path(self.page.dir, "page.sqlite").read_bytes())
        for at in range(4096 * 3, len(data), 4096):             # each page behind the schema begins with nonsense
            data[at:at + 64] = b"\x05" * 64
        pathlib.Path(broken, "page.sqlite").write_bytes(data)
        done = subprocess.run([BINARY, "--state", broken, "backup", self.place / "broken.db"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertFalse((self.place / "broken.db").exists())
        self.page.start()

    @unittest.skipUnless(os.geteuid() == 0, "root alone can give files away")
    def test_root_keeps_the_copy_and_reads_as_the_owner(self):
        self.page.stop()
        for path in (pathlib.Path(self.page.dir), *pathlib.Path(self.page.dir).iterdir()):
            os.chown(path, 12345, 12345)
        os.chmod(self.place, 0o700)
        self.backup("root.db")
        made = (self.place / "root.db").stat()
        self.assertEqual((made.st_uid, made.st_mode & 0o777), (0, 0o600))
        self.assertEqual({path.stat().st_uid for path in pathlib.Path(self.page.dir).iterdir()}, {12345})
        for path in (pathlib.Path(self.page.dir), *pathlib.Path(self.page.dir).iterdir()):
            os.chown(path, 0, 0)
        self.page.start()


if __name__ == "__main__":
    unittest.main()
