#!/usr/bin/python3
"""What programs read of the public page: feed, calendar, Statuspage's JSON; how all of it may be kept; history, months, and old databases."""
import email.utils
import json
import pathlib
import re
import sqlite3
import unittest

import feedparser
import icalendar
import jsonschema
from lxml import etree

from page_server import SINCE, PageTest, Server, at, eventually, instant, now

ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA = json.loads((pathlib.Path(__file__).parent / "v2.schema.json").read_text())
NASTY = "<script>alert(1)</script> & \"quotes\" ]]> 'single' \\ ; , é 😀"
PUBLIC = ("/", "/history", "/upcoming", "/feed.atom", "/calendar.ics", "/style.css", "/page.js", "/icon-operational.svg", "/api/v2/summary.json", "/api/v2/status.json",
          "/api/v2/components.json", "/api/v2/scheduled-maintenances.json", "/api/v2/scheduled-maintenances/upcoming.json",
          "/api/v2/scheduled-maintenances/active.json", "/api/v2/incidents.json", "/api/v2/incidents/unresolved.json")
SETTINGS = "title: Example & Sons\nurl: https://status.example.com/sub/\ntimezone: America/New_York\n"


class Public(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.page = Server("--rate-limit", "off")
        cls.page.stop()
        pathlib.Path(cls.page.dir, "page.yaml").write_text(SETTINGS)
        cls.page.options = (*cls.options, "--config", f"{cls.page.dir}/page.yaml")
        cls.page.start()

    def fetch(self, path, **headers):
        return self.page.request("GET", path, headers={"X-API-Key": None, **{name.replace("_", "-"): value for name, value in headers.items()}})


class Feed(Public):
    def feed(self):
        answer = self.fetch("/feed.atom")
        self.assertEqual(answer.headers["Content-Type"], "application/atom+xml; charset=utf-8")
        return etree.fromstring(answer.text)

    def entry(self, made):
        link = f"https://status.example.com/sub/maintenance/{made['id']}"
        return next(e for e in self.feed().findall(ATOM + "entry") if e.find(ATOM + "link").get("href") == link)

    def test_it_keeps_to_rfc_4287(self):
        for n in range(3):
            made = self.page.create(title=f"{n} {NASTY}", description=f"**bold** {NASTY}")
            self.page.patch(made, message=NASTY)
        root = self.feed()
        self.assertEqual(root.tag, ATOM + "feed")
        for element in [root, *root.findall(ATOM + "entry")]:
            for name in ("id", "title", "updated"):
                self.assertEqual(len(element.findall(ATOM + name)), 1, name)
            self.assertRegex(element.findtext(ATOM + "id"), "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
            instant(element.findtext(ATOM + "updated"))
            self.assertTrue(all(link.get("href").startswith("https://status.example.com/sub/") for link in element.findall(ATOM + "link")))
        self.assertEqual([link.get("rel") for link in root.findall(ATOM + "link")], ["self", "alternate"])
        self.assertEqual(root.findtext(f"{ATOM}author/{ATOM}name"), "Example & Sons")
        entries = root.findall(ATOM + "entry")
        self.assertEqual(len({e.findtext(ATOM + "id") for e in entries}), len(entries))
        self.assertEqual({e.find(ATOM + "content").get("type") for e in entries}, {"html"})
        self.assertEqual([e.findtext(ATOM + "title") for e in entries][0], f"Scheduled: 2 {NASTY}")
        html = entries[0].findtext(ATOM + "content")
        self.assertIn("<strong>bold</strong>", html)
        self.assertNotIn("<script", html)

    def rfc_4287(self, root, base):
        """What the RFC asks of any feed: §4.1.1, §4.1.2, §4.2; @base: what links begin with."""
        stamp = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
        known = {"feed": {"author", "entry", "generator", "id", "link", "title", "updated"}, "entry": {"content", "id", "link", "published", "title", "updated"}}
        self.assertEqual((root.tag, root.get("{http://www.w3.org/XML/1998/namespace}lang")), (ATOM + "feed", "en"))
        self.assertTrue(root.findtext(f"{ATOM}author/{ATOM}name"), "an entry has no author of its own")
        for element in [root, *root.findall(ATOM + "entry")]:
            self.assertLessEqual({child.tag for child in element}, {ATOM + name for name in known[etree.QName(element).localname]})
            for name in ("id", "title", "updated"):
                self.assertEqual(len(element.findall(ATOM + name)), 1, name)
                self.assertTrue(element.findtext(ATOM + name).strip(), name)
            for name in ("updated", "published"):
                for at_ in element.findall(ATOM + name):
                    self.assertRegex(at_.text, stamp)
            self.assertRegex(element.findtext(ATOM + "id"), "^[a-z]+:", "an id is an absolute IRI")
            alternate = [(link.get("type"), link.get("hreflang")) for link in element.findall(ATOM + "link") if link.get("rel") == "alternate"]
            self.assertEqual(len(alternate), len(set(alternate)), "no two of one type and language")
            self.assertTrue(alternate or element.find(ATOM + "content") is not None)
            for link in element.findall(ATOM + "link"):
                self.assertTrue(link.get("href").startswith(base), link.get("href"))
        ids = [e.findtext(ATOM + "id") for e in root.findall(ATOM + "entry")]
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_feed_is_one(self):
        """Also of a page that does not know how the world reaches it, and of one without a window."""
        plain = Server("--rate-limit", "off")
        self.addCleanup(plain.remove)
        empty = etree.fromstring(plain.request("GET", "/feed.atom").text)
        self.rfc_4287(empty, "/")
        self.assertEqual(empty.findall(ATOM + "entry"), [])
        self.assertLess(abs(now() - instant(empty.findtext(ATOM + "updated"))).total_seconds(), 2 * 86400)
        plain.create(title=NASTY)
        self.rfc_4287(etree.fromstring(plain.request("GET", "/feed.atom").text), "/")
        made = self.page.create(title="With an address")
        self.page.patch(made, message="x" * 16384)
        self.rfc_4287(self.feed(), "https://status.example.com/sub/")
        self.assertIn(f'<a href="https://status.example.com/sub/maintenance/{made["id"]}">Read on</a>', self.feed().find(ATOM + "entry").findtext(ATOM + "content"))

    def test_others_read_it(self):
        made = self.page.create(title="For readers", description="*text*")
        feed = feedparser.parse(self.fetch("/feed.atom").text)
        self.assertFalse(feed.bozo, feed.get("bozo_exception"))
        self.assertEqual(feed.version, "atom10")
        entry = next(e for e in feed.entries if e.title == "Scheduled: For readers")
        self.assertEqual(entry.link, f"https://status.example.com/sub/maintenance/{made['id']}")
        self.assertIn("<em>text</em>", entry.content[0].value)

    def test_an_entry_is_the_same_one_when_it_changes(self):
        made = self.page.create(title="Before")
        before = self.entry(made)
        self.page.create(title="Another, later")
        changed = self.page.patch(made, title="After", status="in_progress", message="Begun")
        after = self.entry(made)
        self.assertEqual(after.findtext(ATOM + "id"), before.findtext(ATOM + "id"))
        self.assertEqual(after.findtext(ATOM + "published"), before.findtext(ATOM + "published"))
        self.assertEqual(instant(after.findtext(ATOM + "updated")).replace(microsecond=0), instant(changed["updated_at"]).replace(microsecond=0))
        self.assertEqual(self.feed().find(ATOM + "entry").findtext(ATOM + "title"), "In progress: After")
        self.assertEqual(self.feed().findtext(ATOM + "updated"), after.findtext(ATOM + "updated"))


class Calendar(Public):
    def event(self, made, path="/calendar.ics"):
        answer = self.fetch(path)
        self.assertEqual(answer.headers["Content-Type"], "text/calendar; charset=utf-8")
        self.assertTrue(all(len(line) <= 75 for line in answer.text.split(b"\r\n")))
        self.assertEqual(answer.text.count(b"\n"), answer.text.count(b"\r\n"))
        calendar = icalendar.Calendar.from_ical(answer.text)
        self.assertEqual((calendar["VERSION"], calendar["METHOD"]), ("2.0", "PUBLISH"))
        found = [e for e in calendar.walk("VEVENT") if e["UID"] == f"{made['id']}@maintd-page"]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_every_field_is_read_back(self):
        service = self.page.service("A; b, c")
        made = self.page.create(title=NASTY * 3, description="one\ntwo, " + NASTY, service_ids=[service["id"]], scheduled_start="2027-02-01T02:00:00Z",
                                scheduled_end="2027-02-01T04:00:00Z")
        for path in ("/calendar.ics", f"/maintenance/{made['id']}.ics"):
            e = self.event(made, path)
            self.assertEqual((str(e["SUMMARY"]), str(e["DESCRIPTION"]), str(e["LOCATION"])), (NASTY * 3, "one\ntwo, " + NASTY, "A; b, c"))
            self.assertEqual((e["DTSTART"].dt, e["DTEND"].dt), (instant(made["scheduled_start"]), instant(made["scheduled_end"])))
            self.assertEqual((e["SEQUENCE"], e["STATUS"], e["TRANSP"]), (0, "CONFIRMED", "TRANSPARENT"))
            self.assertEqual(e["URL"], f"https://status.example.com/sub/maintenance/{made['id']}")
            self.assertEqual((e["DTSTAMP"].dt, e["CREATED"].dt), (instant(made["updated_at"]).replace(microsecond=0), instant(made["created_at"]).replace(microsecond=0)))

    def test_moved_extended_and_cancelled_is_the_same_event_with_a_higher_sequence(self):
        made = self.page.create(title="Moves", scheduled_start="2027-02-01T02:00:00Z", scheduled_end="2027-02-01T04:00:00Z")
        seen = [self.event(made)]
        for change in ({"scheduled_start": "2027-02-02T02:00:00Z", "scheduled_end": "2027-02-02T04:00:00Z"}, {"scheduled_end": "2027-02-02T05:00:00Z"},
                       {"status": "cancelled"}):
            self.page.patch(made, **change)
            seen.append(self.event(made))
        self.assertEqual([e["SEQUENCE"] for e in seen], [0, 1, 2, 3])
        self.assertEqual([e["DTEND"].dt.strftime("%d %H") for e in seen], ["01 04", "02 04", "02 05", "02 05"])
        self.assertEqual([e["STATUS"] for e in seen], ["CONFIRMED"] * 3 + ["CANCELLED"])
        self.assertTrue(all(a["DTSTAMP"].dt <= b["DTSTAMP"].dt for a, b in zip(seen, seen[1:])))

    def test_what_ended_early_ends_there(self):
        made = self.page.create(title="Early", status="in_progress", scheduled_start=at(hours=-2), scheduled_end=at(hours=3))
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            db.execute("UPDATE maintenance SET started_at = scheduled_start WHERE id = ?", (made["id"],))
        db.close()
        done = self.page.patch(made, status="completed")
        self.assertEqual(self.event(made)["DTEND"].dt, instant(done["completed_at"]).replace(microsecond=0))

    def test_what_is_not_there(self):
        for path in ("/maintenance/none.ics", "/maintenance/.ics", "/maintenance/a/b.ics"):
            self.assertEqual(self.fetch(path).status, 404, path)


class Aggregators(Public):
    def v2(self, name):
        answer = self.fetch(f"/api/v2/{name}.json")
        self.assertEqual((answer.status, answer.headers["Content-Type"], answer.headers["Access-Control-Allow-Origin"]), (200, "application/json", "*"))
        jsonschema.Draft7Validator(SCHEMA).validate(answer.json)
        return answer.json

    def test_shapes_are_statuspages(self):
        services = [self.page.service(name, group=group, display_order=n) for n, (name, group) in enumerate([("Web", None), ("API", "Core"), ("Mail", "Core")])]
        running = self.page.create(title="Runs", description="why", status="in_progress", scheduled_start=at(hours=-1), scheduled_end=at(hours=1),
                                   service_ids=[services[1]["id"]])
        self.page.patch(running, message="Half done")
        coming = self.page.create(title="Comes", service_ids=[services[2]["id"]])
        over = self.page.create(title="Cancelled")
        self.page.patch(over, status="cancelled", message="Not today")

        def names(json):
            return [m["name"] for m in json["scheduled_maintenances"] if m["id"] in (running["id"], coming["id"], over["id"])]
        summary = self.v2("summary")
        self.assertEqual(set(summary), {"page", "components", "incidents", "scheduled_maintenances", "status"})
        self.assertEqual((summary["page"]["name"], summary["page"]["url"], summary["page"]["time_zone"]),
                         ("Example & Sons", "https://status.example.com/sub", "America/New_York"))
        self.assertEqual(summary["status"], {"indicator": "maintenance", "description": "Service Under Maintenance"})
        self.assertEqual(names(summary), ["Runs", "Comes"])
        self.assertEqual([(c["name"], c["status"], c["group"]) for c in summary["components"]],
                         [("Web", "operational", False), ("Core", "under_maintenance", True), ("API", "under_maintenance", False), ("Mail", "operational", False)])
        group = summary["components"][1]
        self.assertEqual(group["components"], [c["id"] for c in summary["components"] if c["group_id"] == group["id"]])
        window = summary["scheduled_maintenances"][0]
        self.assertEqual([(u["status"], u["body"]) for u in window["incident_updates"]], [("in_progress", "Half done"), ("scheduled", "why")])
        self.assertEqual(window["components"], [c for c in summary["components"] if c["name"] == "API"], "one service is one component wherever it stands")
        self.assertEqual(window["shortlink"], f"https://status.example.com/sub/maintenance/{running['id']}")
        self.assertEqual(self.v2("status"), {"page": summary["page"], "status": summary["status"]})
        self.assertEqual(self.v2("components")["components"], summary["components"])
        everything = self.v2("scheduled-maintenances")
        self.assertEqual(names(everything), ["Runs", "Comes", "Cancelled"])
        self.assertEqual([(u["status"], u["body"]) for m in everything["scheduled_maintenances"] if m["id"] == over["id"] for u in m["incident_updates"]],
                         [("completed", "Not today"), ("scheduled", over["description"])])
        self.assertEqual(names(self.v2("scheduled-maintenances/upcoming")), ["Comes"])
        self.assertEqual(names(self.v2("scheduled-maintenances/active")), ["Runs"])
        self.assertEqual(self.v2("incidents")["incidents"], [])
        self.assertEqual(self.v2("incidents/unresolved")["incidents"], [])
        self.page.patch(running, status="completed")
        self.assertEqual(self.v2("status")["status"], {"indicator": "none", "description": "All Systems Operational"})
        for status, indicator in (("degraded", "minor"), ("partial_outage", "major"), ("major_outage", "critical"), ("operational", "none")):
            self.page.call("PATCH", f"/services/{services[0]['id']}", {"status": status})
            self.assertEqual(self.v2("status")["status"]["indicator"], indicator)
        self.assertNotIn(coming["id"], json.dumps(self.v2("scheduled-maintenances/active")))

    def test_nothing_that_is_not_public(self):
        self.page.create(external_id="maintd:secret-id", owner="secret-owner")
        for path in PUBLIC:
            self.assertNotIn(b"secret", self.fetch(path).text, path)


class Keeping(Public):
    def test_everything_public_can_be_asked_for_anew(self):
        made = self.page.create()

        def by_date(path):
            first = self.fetch(path)
            return self.fetch(path, If_Modified_Since=first.headers["Last-Modified"]).status in (304, 404) and first
        for path in (*PUBLIC, f"/maintenance/{made['id']}", f"/maintenance/{made['id']}.ics"):
            first = eventually("no second is shared with what was there before", lambda: by_date(path))
            self.assertEqual(first.status, 200, path)
            self.assertEqual(first.headers["Cache-Control"], "public, max-age=5, s-maxage=10, stale-while-revalidate=30, stale-if-error=86400", path)
            tag, date = first.headers["ETag"], first.headers["Last-Modified"]
            for headers in ({"If_None_Match": tag}, {"If_None_Match": f'"x", W/{tag}'}, {"If_None_Match": "*"}, {"If_Modified_Since": date},
                            {"If_None_Match": tag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
                again = self.fetch(path, **headers)
                self.assertEqual((again.status, again.text, again.headers["ETag"]), (304, b"", tag), (path, headers))
                self.assertIn("max-age=5", again.headers["Cache-Control"])
            for headers in ({"If_None_Match": '"x"'}, {"If_None_Match": '"x"', "If_Modified_Since": date}, {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
                            {"If_Modified_Since": "yesterday"}):
                self.assertEqual(self.fetch(path, **headers).status, 200, (path, headers))
            head = self.page.request("HEAD", path)
            self.assertEqual((head.status, head.text, head.headers["ETag"], int(head.headers["Content-Length"])), (200, b"", tag, len(first.text)))
            self.assertLess(abs(email.utils.parsedate_to_datetime(date) - now()).total_seconds(), 60)

    def test_a_change_is_seen_at_once_and_its_time_moves(self):
        before = self.fetch("/calendar.ics")
        service = self.page.service("New")
        self.assertEqual(self.fetch("/calendar.ics").headers["Last-Modified"], before.headers["Last-Modified"])
        made = self.page.create(title="Something new", service_ids=[service["id"]])
        for path in ("/", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", f"/maintenance/{made['id']}"):
            self.assertIn(b"Something new", self.fetch(path).text)
        dates = {path: self.fetch(path).headers["Last-Modified"] for path in ("/", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", f"/maintenance/{made['id']}")}
        self.page.patch(made, title="Something else")
        for path, date in dates.items():
            self.assertIn(b"Something else", self.fetch(path, If_Modified_Since=date).text)
            moved = eventually("its time moves", lambda: (new := self.fetch(path).headers["Last-Modified"]) != date and new)
            self.assertLessEqual(email.utils.parsedate_to_datetime(moved), now())
            eventually("it is known by that time", lambda: self.fetch(path, If_Modified_Since=self.fetch(path).headers["Last-Modified"]).status == 304)

    def test_a_start_is_seen_at_once(self):
        self.page.create(title="Starts soon", scheduled_start=at(milliseconds=400), scheduled_end=at(hours=1))
        self.assertIn(b">Scheduled</span>", self.fetch("/").text)
        eventually("it has begun", lambda: b"Maintenance in progress" in self.fetch("/").text)

    def test_what_a_verb_did_is_seen_soon(self):
        self.fetch("/")
        self.page.admin("service", "add", "By a verb")
        eventually("the service", lambda: b"By a verb" in self.fetch("/").text, 2)

    def test_what_pages_load_is_kept_for_ever_by_its_version(self):
        html = self.fetch("/").text.decode()
        loaded = re.findall(r'(?:src|href)="(/[^"]*\?v=[^"]*)"', html)
        self.assertEqual(len(loaded), 3)
        for path in loaded:
            self.assertEqual(self.fetch(path).headers["Cache-Control"], "public, max-age=31536000, immutable")
            self.assertIn("max-age=5", self.fetch(path[:-1] + "x").headers["Cache-Control"])

    def test_what_is_not_there_is_not_kept(self):
        for path in ("/nothing", "/logo", "/api/v2", "/api/v2/summary", "/icon-x.svg", "/feed.atom/", "/style.css/x", "/maintenance/"):
            answer = self.fetch(path)
            self.assertEqual((answer.status, answer.headers["Cache-Control"], answer.headers["ETag"]), (404, "no-cache", None), path)


class Months(Public):
    def finished(self, title, when):
        made = self.page.create(title=title, auto_transition=False)
        self.page.patch(made, status="cancelled")
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            db.execute("UPDATE maintenance SET finished_at = ? WHERE id = ?", (int(instant(when).timestamp() * 1e6), made["id"]))
        db.close()

    def test_months_are_those_of_the_zone_and_lead_to_each_other(self):
        for title, when in (("Last of September", "2025-10-01T03:59:59Z"), ("First of October", "2025-10-01T04:00:00Z"),
                            ("Last of October", "2025-11-01T03:59:59Z"), ("In January", "2026-01-05T12:00:00Z")):
            self.finished(title, when)
        october = eventually("October", lambda: (lambda text: b"Last of October" in text and text.decode())(self.fetch("/history/2025-10").text))
        self.assertEqual(re.findall(r'<h2><a href="[^"]*">([^<]*)</a></h2>', october), ["Last of October", "First of October"])
        self.assertIn("<h1>Maintenance in October 2025</h1>", october)
        self.assertEqual(re.findall(r'rel="(prev|next)" href="([^"]*)"', october), [("prev", "/history/2025-09"), ("next", "/history/2026-01")])
        empty = self.fetch("/history/2025-12").text.decode()
        self.assertIn("No maintenance ended in this month.", empty)
        self.assertEqual(re.findall(r'rel="(prev|next)" href="([^"]*)"', empty), [("prev", "/history/2025-10"), ("next", "/history/2026-01")])

    def test_a_month_with_very_many_has_parts(self):
        for n in range(101):
            self.page.patch(self.page.create(title=f"Window {n}", auto_transition=False), status="cancelled")
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            db.execute("UPDATE maintenance SET finished_at = ? + seq WHERE title LIKE 'Window %'", (int(instant("2024-05-05T00:00:00Z").timestamp() * 1e6),))
        db.close()
        first = eventually("the month", lambda: (lambda text: b"Window 100" in text and text)(self.fetch("/history/2024-05").text))
        self.assertEqual(first.count(b'class="line"'), 100)
        self.assertIn(b'href="/history/2024-05/2"', first)
        second = self.fetch("/history/2024-05/2")
        self.assertEqual(second.text.count(b'class="line"'), 1)
        self.assertIn(b"Window 0<", second.text)
        self.assertEqual(self.fetch("/history/2024-05/3").status, 404)

    def test_one_address_for_one_page(self):
        self.assertEqual(self.fetch(f"/history/{now():%Y-%m}").status, 200)
        for rest in ("/", "/2026-13", "/2026-00", "/2026-1", "/26-01", "/2026-01/", "/2026-01/1", "/2026-01/0", "/2026-01/-1", "/2026-01/02", "/2026-01x", "x",
                     "/9999-12", "/1970-01", "/2026-01/99999"):
            self.assertEqual(self.fetch("/history" + rest).status, 404, rest)


class History(Public):
    """Days are told apart by their drawing's label, which those who do not see it hear."""

    def label(self, name):
        html = self.fetch("/").text.decode()
        return re.search(r'<span class="name">%s</span>.*?aria-label="([^"]*)"' % name, html, re.S).group(1)

    def test_it_goes_on_over_restarts(self):
        service = self.page.service("Stays")
        self.assertEqual(self.label("Stays"), "Last 90 days. 100% uptime. Operational every day")
        self.page.call("PATCH", f"/services/{service['id']}", {"status": "degraded"})
        self.assertRegex(self.label("Stays"), r"^Last 90 days\. 100% uptime\. [A-Z][a-z]{2} \d+: Degraded performance &lt; 1 min$")
        self.page.call("PATCH", f"/services/{service['id']}", {"status": "operational"})
        self.aged("Stays", 7 * 24, 5 * 24 + 2, 5 * 24)
        self.page.stop()
        self.page.start()
        self.assertRegex(self.label("Stays"), r"^Last 90 days\. 100% uptime\. [A-Z][a-z]{2} \d+: Degraded performance (2 h|\d.* min\. .*Degraded)")
        self.page.call("PATCH", f"/services/{service['id']}", {"status": "partial_outage"})
        self.assertIn("Partial outage", self.label("Stays"))
        self.assertIn("Degraded", self.label("Stays"))

    def aged(self, name, *hours):
        """The changes of a service were so many hours ago."""
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            rows = db.execute("SELECT s.seq, s.state FROM service_state s JOIN service ON service = service.seq WHERE name = ? ORDER BY s.seq", (name,)).fetchall()
            self.assertEqual(len(rows), len(hours))
            for (seq, _), ago in zip(rows, hours):
                db.execute("UPDATE service_state SET at = ? WHERE seq = ?", (int((now().timestamp() - ago * 3600) * 1e6), seq))
        db.close()
        return [state for _, state in rows]

    def test_windows_and_outages_count_as_what_they_are(self):
        service = self.page.service("Counted")
        made = self.page.create(title="W", service_ids=[service["id"]], status="in_progress", scheduled_start=at(hours=-1), scheduled_end=at(hours=1))
        self.assertIn("100% uptime. ", self.label("Counted"))
        self.assertIn("Under maintenance", self.label("Counted"))
        self.page.patch(made, impact="major_outage")
        self.page.patch(made, status="completed")
        self.assertEqual(self.aged("Counted", 100, 50, 49, 48), [0, 1, 4, 0])
        self.page.stop()
        self.page.start()
        self.assertRegex(self.label("Counted"), r"^Last 90 days\. 99% uptime\. .*Major outage .*Under maintenance")

    def test_a_database_of_the_first_version_is_taken_over(self):
        self.page.service("Old")
        self.page.stop()
        self.page.set_back(1)
        self.page.start()
        self.assertEqual(self.label("Old"), "Last 90 days. 100% uptime. Operational every day")
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            self.assertEqual(db.execute("PRAGMA user_version").fetchone(), (max(SINCE),))
            self.assertEqual(db.execute("SELECT count(*) FROM service_state").fetchone(), db.execute("SELECT count(*) FROM service WHERE deleted_at = 0").fetchone())
        db.close()


class Settings(unittest.TestCase):
    def test_check_says_what_is_wrong(self):
        page = Server("--rate-limit", "off")
        try:
            path = pathlib.Path(page.dir, "page.yaml")
            path.write_text("title: Fine\nlanguage: de\n")
            done = page.admin("--config", path, "check", check=False)
            self.assertEqual((done.returncode, done.stdout), (0, f"{path}: title 'Fine', language de, time zone UTC\n"))
            path.write_text("title: Fine\naccent: \"#eee\"\n")
            done = page.admin("--config", path, "check", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"page\.yaml:2:9: error: accent: links in #eee .* \"#[0-9a-f]{6}\" is near and would do\n$")
            done = page.admin("--config", path.with_name("none.yaml"), "check", check=False)
            self.assertEqual((done.returncode, "No such file" in done.stderr), (1, True))
        finally:
            page.remove()


if __name__ == "__main__":
    unittest.main()
