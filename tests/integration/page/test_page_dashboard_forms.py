#!/usr/bin/python3
"""What the dashboard's forms remember, what they say when they come back, and what is left of them when the store fails half-way."""
import html
import re
import sqlite3
import unittest

from person import Form, Person
from test_page_dashboard import NEW, Dashboard, Settled

SUBSCRIBE = "/dashboard/subscribers/new"


class Forms(Dashboard):
    def sql(self, statement, *values):
        with sqlite3.connect(f"{self.page.dir}/page.sqlite", timeout=20) as db:
            rows = db.execute(statement, values).fetchall()
        db.close()
        return rows

    def fails(self, what, table):
        """As on a disk that is full, but for one table alone; until the test is over, or the name that comes back is dropped."""
        name = f"fails_{table}"
        self.sql(f"CREATE TRIGGER {name} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END")
        self.addCleanup(self.sql, f"DROP TRIGGER IF EXISTS {name}")
        return name

    def monitor(self, name, **fields):
        answer = self.page.call("POST", "/uptime-monitors", {"name": name, "url": "https://example.com/", "enabled": False, **fields})
        self.assertEqual(answer.status, 201, answer.text)
        return f"/uptime-monitors/{answer.json['id']}", f"/dashboard/monitors/{answer.json['id']}"


class Monitors(Forms):
    def test_two_who_change_one_lose_nothing(self):
        person, service = self.person(), self.page.service("Watched")
        api, path = self.monitor("Two")
        form = Form(person.text(path))
        theirs = {"url": "https://example.com/health", "interval_seconds": 600, "timeout_ms": 2000, "expected_status_code": 204, "service_id": service["id"], "enabled": True}
        self.assertEqual(self.page.call("PATCH", api, theirs).status, 200)
        self.went(person.fill(path, form, name="Renamed"), "done=saved$")
        now = self.page.call("GET", api).json
        self.assertEqual({name: now[name] for name in ("name", *theirs)}, {"name": "Renamed", **theirs})
        again = Form(self.said(person.fill(path, form, url="ftp://example.com"), 400))
        self.assertEqual((again["url"], again["was_url"]), ("ftp://example.com", "https://example.com/"), "what it remembers survives a mistake")
        self.went(person.fill(path, again, url="https://example.com/other"), "done=saved$")
        now = self.page.call("GET", api).json
        self.assertEqual((now["url"], now["interval_seconds"], now["enabled"]), ("https://example.com/other", 600, True))
        self.went(person.fill(path, enabled=None, service_id="", expected_status_code=""), "done=saved$")
        now = self.page.call("GET", api).json
        self.assertEqual((now["enabled"], now["service_id"], now["expected_status_code"], now["timeout_ms"]), (False, None, None, 2000))

    def test_what_a_setting_has_outlawed_may_stay(self):
        page = Settled("title: Stricter\n")
        self.addCleanup(page.remove)
        made = page.call("POST", "/uptime-monitors", {"name": "Often", "url": "https://example.com/", "enabled": False}).json
        page.stop()
        page.settings += "monitor_interval_min: 10min\n"
        page.start()
        person, path = Person(page, page.key), f"/dashboard/monitors/{made['id']}"
        self.assertRegex(person.text(path), r'name="interval_seconds"[^>]* min="60" max="86400" value="60"')
        self.went(person.fill(path, name="As often"), "done=saved$")
        self.assertEqual(page.call("GET", f"/uptime-monitors/{made['id']}").json["name"], "As often")
        self.assertIn("from 600 to 86400", self.problem(person.fill(path, interval_seconds="599"), "interval_seconds"))
        self.assertRegex(person.text("/dashboard/monitors/new"), r'name="interval_seconds"[^>]* min="600" max="86400" value="600"')


class Mistakes(Forms):
    def test_the_list_on_top_names_the_field(self):
        person, window = self.person(), self.page.create(external_id="maintd:prod:network/switch#1")
        rows = (("/dashboard/monitors/new", {"name": "", "url": "x", "interval_seconds": "1", "timeout_ms": "", "expected_status_code": "1", "service_id": "svc_none"}),
                (SUBSCRIBE, {"type": "fax", "endpoint": "x", "services": "svc_none"}), (self.path(window, "/edit"), {"title": "Other", "description": "x"}),
                ("/dashboard/services/new", {"name": "", "display_order": "x"}), ("/dashboard/keys", {"name": ""}), (NEW, {"title": "", "zone": "x", "reminder_minutes": "x"}))
        named = set()
        for path, fields in rows:
            text = person.fill(path, **fields).text.decode()
            items = re.findall(r'<li><a href="#([^"]*)">(.*)</a></li>', text)
            self.assertTrue(items, path)
            for name, said in items:
                self.assertRegex(html.unescape(said), r"^[A-Z][^:]+: \S", (path, name))
                self.assertIn(f'id="{name}"', text)
                named.add(name)
        self.assertGreaterEqual(named, {"url", "interval_seconds", "timeout_ms", "expected_status_code", "type", "aware", "scope", "zone"})

    def test_one_that_is_not_text_is_not_left_out(self):
        person = self.person()
        one = self.page.service("One")
        bad = b"\xff\xfe"
        self.said(person.fill(SUBSCRIBE, type="webhook", endpoint="https://hooks.example.com/x", services=bad), 400, "This form cannot be read")
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber"), [(0,)])
        self.said(person.fill(NEW, title="Of bytes", service_ids=[one["id"], bad]), 400, "This form cannot be read")
        self.assertEqual(self.sql("SELECT count(*) FROM maintenance WHERE title = 'Of bytes'"), [(0,)])


class Broken(Forms):
    def test_a_key_that_nobody_has_seen_does_not_exist(self):
        person = self.person()
        form = Form(person.text("/dashboard/keys"))
        trigger = self.fails("INSERT", "answer")
        self.said(person.fill("/dashboard/keys", form, name="unseen", scope="*:*"), 500)
        self.assertNotIn("unseen", self.page.admin("key", "list"))
        self.sql(f"DROP TRIGGER {trigger}")
        self.said(person.fill("/dashboard/keys", form, name="unseen", scope="*:*"), 200, "Key made: unseen")

    def test_what_has_been_done_is_not_called_a_failure(self):
        person = self.person()
        self.fails("INSERT", "answer")
        self.went(person.fill("/dashboard/services/new", name="Kept"), "done=service-added$")
        self.went(person.fill("/dashboard/monitors/new", name="Kept", url="https://example.com/", enabled=None), "done=monitor-added$")
        self.said(person.fill(SUBSCRIBE, type="webhook", endpoint="https://hooks.example.com/kept"), 200, "whsec_")
        self.assertEqual(self.page.logged().count("a second click at the dashboard would not be known"), 3)

    def test_people_can_look_though_nothing_can_be_written(self):
        person = self.person()
        self.sql("UPDATE session SET seen_at = seen_at - 120 * 1000000")
        self.fails("UPDATE", "session")
        self.said(person.get("/dashboard"), 200, "Signed in with")
        self.assertIn("it cannot be noted that it is in use", self.page.logged())


class Twice(Forms):
    def test_a_second_click_says_what_the_first_has_done(self):
        person = self.person()
        form = Form(person.text(SUBSCRIBE))
        fields = {"type": "webhook", "endpoint": "https://hooks.example.com/twice"}
        secret = re.search("whsec_[0-9a-z]{52}", self.said(person.fill(SUBSCRIBE, form, **fields), 200)).group(0)
        text = self.said(person.fill(SUBSCRIBE, form, **fields), 409, "This webhook has been added already", "remove the webhook and add it again")
        self.assertNotIn(secret, text)
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber WHERE endpoint = ?", fields["endpoint"]), [(1,)])
        self.assertEqual(self.sql("SELECT count(*) FROM answer WHERE resource LIKE '%whsec%' OR body LIKE '%whsec%'"), [(0,)])
        self.said(person.fill(SUBSCRIBE, **fields), 409, "This endpoint is subscribed")


class Calendar(Forms):
    def window(self, title, **columns):
        made = self.page.create(title=title, scheduled_start="2028-02-01T02:00:00Z", scheduled_end="2028-02-01T04:00:00Z", auto_transition=False)
        for name, value in columns.items():
            self.sql(f"UPDATE maintenance SET {name} = ? WHERE id = ?", value, made["id"])

    def days(self, title, month):
        text = Person(self.page, self.page.key).text(f"/dashboard/calendar?month={month}")
        return [day for day, rest in re.findall(r'<time datetime="([^"]*)">(.*?)(?=<time|</ol>\n</main>|\Z)', text, re.S) if f"{title}</a>" in rest]

    def test_a_window_stands_where_it_really_was(self):
        second = 1_000_000
        at = {day: 1832932800 * second + (day - 31) * 86400 * second for day in range(28, 40)}   # noon of January 31, 2028, and after
        self.window("Early", state=2, started_at=at[31], finished_at=at[31] + 3600 * second)
        self.window("Late", state=2, started_at=at[32], finished_at=at[32] + 32 * 86400 * second)
        self.window("Off", state=3, finished_at=at[30])
        self.window("To come")
        self.assertEqual((self.days("Early", "2028-01"), self.days("Early", "2028-02")), (["2028-01-31"], []))
        self.assertEqual((len(self.days("Late", "2028-02")), self.days("Late", "2028-03")), (29, ["2028-03-01", "2028-03-02", "2028-03-03", "2028-03-04"]))
        self.assertEqual((self.days("Off", "2028-02"), self.days("To come", "2028-02")), (["2028-02-01"], ["2028-02-01"]))

    def test_one_that_runs_over_is_on_today(self):
        self.window("Endless", state=1, scheduled_start=1_700_000_000_000_000, scheduled_end=1_700_003_600_000_000, started_at=1_700_000_000_000_000)
        text = Person(self.page, self.page.key).text("/dashboard/calendar")
        today = re.search(r'<li class="[^"]*today" aria-current="date">(.*?)</li>\n', text, re.S).group(1)
        self.assertIn("Endless</a>", today)


if __name__ == "__main__":
    unittest.main()
