#!/usr/bin/python3
"""The dashboard: who is let in, what a form must carry, and what becomes of what is entered."""
import datetime
import html
import pathlib
import re
import sqlite3
import unittest
import urllib.parse

from page_server import PageTest, Server, at, instant, now
from person import Form, Person

NASTY = "<script>hit=1</script><img src=x onerror=hit=2>\"'>{{7*7}}</title></textarea></style>"
NEW = "/dashboard/windows/new"


class Settled(Server):
    """With settings of its own."""

    def __init__(self, settings):
        self.settings = settings
        super().__init__()

    def start(self):
        pathlib.Path(self.dir, "page.yaml").write_text(self.settings)
        self.options = ("--rate-limit", "off", "--config", f"{self.dir}/page.yaml")
        super().start()


class Dashboard(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {}

    def person(self, scope="*:*"):
        if scope not in self.keys:
            self.keys[scope] = self.page.admin("key", "add", f"k{len(self.keys)}", "--scope", scope)
        return Person(self.page, self.keys[scope])

    def path(self, window, rest=""):
        return f"/dashboard/windows/{window['id']}{rest}"

    def went(self, answer, to):
        """303 to that address; what is there."""
        self.assertEqual(answer.status, 303, answer.text)
        self.assertRegex(answer.headers["Location"], to)
        return answer.headers["Location"]

    def said(self, answer, status, *pieces):
        text = html.unescape(answer.text.decode())
        self.assertEqual(answer.status, status, text)
        for piece in pieces:
            self.assertIn(piece, text)
        return text

    def problem(self, answer, field):
        """What stands next to a field, and that the field says so."""
        text = answer.text.decode()
        self.assertRegex(text, f'id="{field}"[^>]*aria-describedby="[^"]*{field}-wrong')
        self.assertRegex(text, f'<li><a href="#{field}">[A-Z][^<]+: ')
        return html.unescape(re.search(f'id="{field}-wrong">([^<]*)<', text).group(1))


class SigningIn(Dashboard):
    def anybody(self, method, path, fields=None, **headers):
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        return self.page.request(method, path, body, {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded",
                                                      **{name.replace("_", "-"): value for name, value in headers.items()}})

    def test_nobody_is_let_in_without_it(self):
        for path in ("/dashboard", "/dashboard/calendar", NEW, "/dashboard/keys", "/dashboard/nothing"):
            answer = self.anybody("GET", path)
            self.assertEqual(answer.status, 303)
            self.assertTrue(answer.headers["Location"].startswith("/dashboard/sign-in"))
        for path in (NEW, "/dashboard/keys", "/dashboard/sign-out"):
            self.said(self.anybody("POST", path, {"title": "x"}), 401, "Your session is over")
        self.assertEqual(self.anybody("DELETE", "/dashboard").status, 405)

    def test_a_key_opens_it_and_its_cookie_is_strict(self):
        answer = self.anybody("POST", "/dashboard/sign-in", {"key": f"  {self.page.key} "})
        self.went(answer, "^/dashboard$")
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, r"^maintd=[0-9a-z]{52}; Path=/dashboard; Max-Age=43200; HttpOnly; SameSite=Strict$")
        answer = self.anybody("GET", "/dashboard", Cookie=cookie.split(";")[0])
        self.said(answer, 200, "Signed in with test")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        self.assertNotIn(cookie[7:59], answer.text.decode())

    def test_over_tls_no_other_host_can_write_the_cookie(self):
        page = Settled("url: https://status.example.com\n")
        try:
            answer = page.request("POST", "/dashboard/sign-in", b"key=" + page.key.encode(), {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded"})
            self.assertRegex(answer.headers["Set-Cookie"], r"^__Host-maintd=[0-9a-z]{52}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$")
            token = answer.headers["Set-Cookie"].split("=")[1].split(";")[0]
            self.assertEqual(page.request("GET", "/dashboard", headers={"X-API-Key": None, "Cookie": f"__Host-maintd={token}"}).status, 200)
            self.assertEqual(page.request("GET", "/dashboard", headers={"X-API-Key": None, "Cookie": f"maintd={token}"}).status, 303)
        finally:
            page.remove()

    def test_a_token_from_elsewhere_is_worth_nothing(self):
        chosen = "maintd=" + "0" * 52
        self.assertEqual(self.anybody("GET", "/dashboard", Cookie=chosen).status, 303)
        answer = self.anybody("POST", "/dashboard/sign-in", {"key": self.page.key}, Cookie=chosen)
        fresh = answer.headers["Set-Cookie"].split(";")[0]
        self.assertNotEqual(fresh, chosen)
        self.assertEqual(self.anybody("GET", "/dashboard", Cookie=chosen).status, 303)
        # Signing in again ends the session that was there before.
        answer = self.anybody("POST", "/dashboard/sign-in", {"key": self.page.key}, Cookie=fresh)
        self.assertEqual(self.anybody("GET", "/dashboard", Cookie=fresh).status, 303)
        self.assertEqual(self.anybody("GET", "/dashboard", Cookie=answer.headers["Set-Cookie"].split(";")[0]).status, 200)

    def test_signing_out_ends_the_session_itself(self):
        person = self.person()
        self.said(person.post("/dashboard/sign-out", {}), 403, "out of date")
        answer = person.send("/dashboard", "/dashboard/sign-out")
        self.assertIn("You are signed out", person.text(self.went(answer, r"/sign-in\?done=signed-out$")))
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])
        self.went(person.get("/dashboard"), "/sign-in$")

    def test_a_session_ends_with_its_key_and_with_time(self):
        key = self.page.admin("key", "add", "gone", "--scope", "*:*")
        person = Person(self.page, key)
        self.page.admin("key", "remove", "gone")
        self.went(person.get("/dashboard"), "/sign-in$")
        for column in ("created_at", "seen_at"):
            person = self.person()
            with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
                db.execute(f"UPDATE session SET {column} = {column} - 12 * 3600 * 1000000")
            db.close()
            self.went(person.get("/dashboard"), "/sign-in$")

    def test_the_store_has_no_token(self):
        person = self.person()
        with sqlite3.connect(f"file:{self.page.dir}/page.sqlite?mode=ro", uri=True) as db:
            rows = db.execute("SELECT hex(hash), * FROM session").fetchall()
        db.close()
        token = person.cookie.split("=")[1]
        self.assertNotIn(token, repr(rows))
        self.assertNotIn(token, self.page.logged())
        self.assertNotIn(self.page.key, self.page.logged())

    def test_goes_on_to_where_somebody_wanted_and_nowhere_else(self):
        answer = self.anybody("GET", NEW)
        where = self.went(answer, r"^/dashboard/sign-in\?next=/dashboard/windows/new$")
        self.assertIn(f'name="next" value="{NEW}"', self.anybody("GET", where).text.decode())
        self.went(self.anybody("POST", "/dashboard/sign-in", {"key": self.page.key, "next": NEW}), f"^{NEW}$")
        for other in ("//evil.example", "https://evil.example/dashboard", "/dashboard/../x", "/dashboardx", "/dashboard\r\nX: y", "/dashboard?done=saved"):
            self.went(self.anybody("POST", "/dashboard/sign-in", {"key": self.page.key, "next": other}), "^/dashboard$")


class Attempts(Dashboard):
    def test_five_wrong_keys_are_enough(self):
        def attempt(key):
            return self.page.request("POST", "/dashboard/sign-in", urllib.parse.urlencode({"key": key}).encode(),
                                     {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded"})
        for key in ("", "no-key", NASTY, "mpk_000000000000_" + "0" * 52, self.page.key[:-1] + ("0" if self.page.key[-1] != "0" else "1")):
            answer = attempt(key)
            text = self.said(answer, 401, "This key is not known here.")
            self.assertIn("WWW-Authenticate", answer.headers)
            if key:
                self.assertNotIn(html.escape(key), text)
        answer = attempt(self.page.key)
        self.said(answer, 429, "Too many attempts")
        self.assertLessEqual(int(answer.headers["Retry-After"]), 601)


class Forgery(Dashboard):
    def window(self):
        return self.page.create(title="Guarded")

    def test_a_form_without_its_token_does_nothing(self):
        person, other, window = self.person(), self.person(), self.window()
        path = self.path(window, "/cancel")
        form = Form(person.text(path))
        for wrong in ({"csrf": None}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": other.csrf()}):
            self.said(person.fill(path, form, **wrong), 403, "This form is out of date")
        self.assertEqual(self.page.get(window)["status"], "scheduled")
        self.went(person.fill(path, form), "done=cancelled")

    def test_a_form_from_elsewhere_does_nothing_though_it_has_it(self):
        person, window = self.person(), self.window()
        path = self.path(window, "/cancel")
        fields = Form(person.text(path)).fields
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}):
            self.said(person.post(path, fields, **headers), 403, "came from another page")
        self.assertEqual(self.page.get(window)["status"], "scheduled")
        self.went(person.post(path, fields, Sec_Fetch_Site="same-origin", Origin="null"), "done=cancelled")

    def test_an_address_alone_changes_nothing(self):
        person, window = self.person(), self.window()
        for rest in ("/cancel", "/start", "/edit", "/extend", "/complete", "/update"):
            person.get(self.path(window, rest))
        self.assertEqual(self.page.get(window)["version"], 1)
        self.assertEqual(person.get("/dashboard/sign-out").status, 405)

    def test_bodies_are_bounded(self):
        person = self.person()
        self.said(person.post(NEW, {"title": "x" * 140000}), 413)
        self.said(person.post(NEW, [(f"f{i}", "") for i in range(300)]), 413)
        self.said(self.page.request("POST", NEW, b"a=%zz", {"X-API-Key": None, "Cookie": person.cookie, "Content-Type": "application/x-www-form-urlencoded"}), 400)


class Scopes(Dashboard):
    def test_a_reader_sees_no_buttons_and_gets_403(self):
        window = self.page.create(title="Only looked at")
        reader, writer = self.person("maintenance:read"), self.person("maintenance:write")
        for path in ("/dashboard", self.path(window), "/dashboard/calendar"):
            text = reader.text(path)
            self.assertNotIn('class="button', text)
            self.assertNotIn("/dashboard/keys", text)
            self.assertNotIn("/dashboard/services", text)
        self.assertIn("/cancel", writer.text(self.path(window)))
        for path in (NEW, self.path(window, "/edit"), self.path(window, "/cancel"), "/dashboard/services", "/dashboard/keys"):
            self.said(reader.get(path), 403, "Your key may not do this")
            self.said(reader.send("/dashboard", path), 403 if path != "/dashboard/services" else 405)
        form = Form(writer.text(self.path(window, "/cancel")))
        self.said(reader.fill(self.path(window, "/cancel"), form, csrf=reader.csrf()), 403)
        self.assertEqual(self.page.get(window)["status"], "scheduled")

    def test_keys_are_for_those_who_may_do_everything(self):
        person = self.person("maintenance:write,services:write,subscribers:write")
        self.said(person.get("/dashboard/keys"), 403)
        self.said(person.send("/dashboard", "/dashboard/keys", {"name": "mine", "scope": "*:*"}), 403)
        self.assertNotIn("mine", self.page.admin("key", "list"))

    def test_a_scope_that_a_key_lost_is_lost_at_once(self):
        person = self.person("services:write")
        self.said(person.get("/dashboard"), 403)
        self.assertEqual(person.get("/dashboard/services").status, 200)
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            db.execute("UPDATE key SET scopes = 4 WHERE name = (SELECT name FROM key ORDER BY seq DESC LIMIT 1)")
        db.close()
        self.said(person.get("/dashboard/services/new"), 403)

    def test_the_keys_allowance_is_the_same_everywhere(self):
        page = Server("--rate-limit", "100/3")
        try:
            person = Person(page, page.key)
            for i in range(3):
                self.assertEqual(person.fill(NEW, title="").status, 400)
            answer = person.fill(NEW, title="")
            self.assertEqual(answer.status, 429)
            self.assertIn("Retry-After", answer.headers)
            self.assertEqual(page.call("POST", "/services", {"name": "x"}).status, 429)
        finally:
            page.remove()


class Windows(Dashboard):
    def test_the_whole_life(self):
        person, service = self.person(), self.page.service("Whole")
        start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
        answer = person.fill(NEW, title="Whole life", description="One\r\n\r\n**two**", scheduled_start=start.strftime("%Y-%m-%dT12:00"),
                             scheduled_end=start.strftime("%Y-%m-%dT13:30"), service_ids=[service["id"]], impact="degraded", reminder_minutes="24h, 90min",
                             notify_on_start=None, pause_monitors=None)
        path = self.went(answer, r"^/dashboard/windows/maint_\w+\?done=scheduled$").split("?")[0]
        self.assertIn("The maintenance is scheduled.", person.text(answer.headers["Location"]))
        window = {"id": path.split("/")[-1]}
        made = self.page.get(window)
        self.assertEqual((made["title"], made["description"], made["impact"], made["reminder_minutes"]), ("Whole life", "One\n\n**two**", "degraded", [1440, 90]))
        self.assertEqual((made["notify_on_start"], made["notify_on_complete"], made["pause_monitors"], made["auto_transition"]), (False, True, False, True))
        self.assertEqual(made["scheduled_start"], start.strftime("%Y-%m-%dT12:00:00Z"))
        self.assertEqual([s["name"] for s in made["services"]], ["Whole"])
        self.assertIn("<strong>two</strong>", person.text(path))
        self.went(person.fill(path + "/start", message="We begin"), "done=started$")
        self.assertEqual(self.page.get(window)["status"], "in_progress")
        self.went(person.fill(path + "/update", message="*Half*"), "done=posted$")
        self.went(person.fill(path + "/extend", by="60"), "done=extended$")
        self.assertEqual(self.page.get(window)["scheduled_end"], start.strftime("%Y-%m-%dT14:30:00Z"))
        self.went(person.fill(path + "/extend", by="until", scheduled_end=start.strftime("%Y-%m-%dT16:00"), quiet="on"), "done=extended$")
        self.went(person.fill(path + "/complete", message="Done"), "done=completed$")
        done = self.page.get(window)
        self.assertEqual((done["status"], [u["message"] for u in done["updates"]]), ("completed", ["We begin", "*Half*", "Done"]))
        self.assertEqual(self.page.told(window), ["scheduled", "update", "update", "updated", "completed"])
        for rest in ("/start", "/extend", "/complete", "/cancel"):
            self.said(person.get(path + rest), 409, "This cannot be done any more")

    def test_cancelling_asks_first(self):
        person, window = self.person(), self.page.create(title="Called off")
        text = person.text(self.path(window, "/cancel"))
        self.assertIn("This cannot be undone", text)
        self.went(person.fill(self.path(window, "/cancel"), message="Not needed"), "done=cancelled$")
        self.assertEqual(self.page.get(window)["status"], "cancelled")

    def test_what_is_wrong_stands_next_to_its_field_and_nothing_is_lost(self):
        person = self.person()
        answer = person.fill(NEW, title=" ", description="kept <b>", scheduled_start="2027-02-01T10:00", scheduled_end="2027-02-01T09:00", zone="Europe/Berln",
                             reminder_minutes="soon", notify_on_cancel=None)
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.problem(answer, "title"), "Must not be empty")
        self.assertEqual(self.problem(answer, "zone"), "There is no such time zone. Is Europe/Berlin meant?")
        self.assertIn("Write lengths of time", self.problem(answer, "reminder_minutes"))
        form = Form(answer.text.decode())
        self.assertEqual((form["description"], form["zone"], form["reminder_minutes"], form["notify_on_cancel"]), ("kept <b>", "Europe/Berln", "soon", None))
        answer = person.fill(NEW, form, title="Better", zone="Europe/Berlin", reminder_minutes="")
        self.assertEqual(self.problem(answer, "scheduled_end"), "The end must be later than the start")
        form = Form(answer.text.decode())
        answer = person.fill(NEW, form, scheduled_end="2027-02-01T11:00")
        window = self.page.get({"id": self.went(answer, "done=scheduled").split("/")[-1].split("?")[0]})
        self.assertEqual((window["scheduled_start"], window["notify_on_cancel"]), ("2027-02-01T09:00:00Z", False))
        for name, value, said in (("title", "x" * 201, "at most 200 characters"), ("description", "x" * 16385, "at most 16384 bytes"), ("scheduled_start", "soon", "Enter a date"),
                                  ("reminder_minutes", ", ".join(f"{i + 1}h" for i in range(9)), "up to 8")):
            self.assertIn(said, self.problem(person.fill(NEW, **{"title": "t", name: value}), name))
        self.said(person.fill(self.path(window, "/update")), 400, "Required")
        self.said(person.fill(self.path(window, "/update"), message="x" * 16385), 400, "at most 16384 bytes")
        self.said(person.fill(self.path(window, "/extend"), by="never"), 400, "Choose how much longer")

    def test_clock_changes_are_asked_about(self):
        person = self.person()
        gap = {"title": "t", "zone": "Europe/Berlin", "scheduled_start": "2027-03-28T02:30", "scheduled_end": "2027-03-28T05:00"}
        self.assertIn("does not exist in Europe/Berlin", self.problem(person.fill(NEW, **gap), "scheduled_start"))
        fold = {"title": "t", "zone": "Europe/Berlin", "scheduled_start": "2027-10-31T02:30", "scheduled_end": "2027-10-31T05:00"}
        answer = person.fill(NEW, **fold)
        self.assertIn("comes twice in Europe/Berlin", self.problem(answer, "scheduled_start"))
        self.assertIn('name="scheduled_start_fold"', answer.text.decode())
        for fold, start in (("first", "2027-10-31T00:30:00Z"), ("second", "2027-10-31T01:30:00Z")):
            done = person.fill(NEW, Form(answer.text.decode()), scheduled_start_fold=fold, once=f"fold-{fold}")
            self.assertEqual(self.page.get({"id": self.went(done, "scheduled").split("/")[-1].split("?")[0]})["scheduled_start"], start)

    def test_a_preview_saves_nothing(self):
        person = self.person()
        before = len(self.page.call("GET", "/maintenance?limit=100").json["maintenance"])
        answer = person.fill(NEW, title="Seen before", description="A **bold** word", preview="on")
        text = self.said(answer, 200, "Nothing has been saved yet")
        self.assertIn("<strong>bold</strong>", text)
        self.assertEqual(Form(text)["title"], "Seen before")
        self.assertEqual(len(self.page.call("GET", "/maintenance?limit=100").json["maintenance"]), before)

    def test_a_second_click_makes_no_second_window(self):
        person = self.person()
        form = Form(person.text(NEW))
        first, second = (self.went(person.fill(NEW, form, title="Clicked twice"), "scheduled") for _ in range(2))
        self.assertEqual(first, second)
        self.said(person.fill(NEW, form, title="Clicked and changed"), 409)
        window = {"id": first.split("/")[-1].split("?")[0]}
        form = Form(person.text(self.path(window, "/update")))
        for _ in range(2):
            self.went(person.fill(self.path(window, "/update"), form, message="Once"), "posted")
        self.assertEqual(len(self.page.get(window)["updates"]), 1)
        form = Form(person.text(self.path(window, "/edit")))
        for _ in range(2):
            self.went(person.fill(self.path(window, "/edit"), form, title="Edited twice"), "saved")
        self.assertEqual(self.page.get(window)["version"], 3)

    def test_only_what_was_touched_is_changed(self):
        person, window = self.person(), self.page.create(title="Exact", scheduled_start="2027-02-01T02:00:30.250Z", scheduled_end="2027-02-01T03:00:00.500Z")
        self.went(person.fill(self.path(window, "/edit")), "done=unchanged$")
        self.went(person.fill(self.path(window, "/edit"), title="Exactly"), "done=saved$")
        now = self.page.get(window)
        self.assertEqual((now["title"], now["scheduled_start"], now["scheduled_end"]), ("Exactly", window["scheduled_start"], window["scheduled_end"]))
        self.went(person.fill(self.path(window, "/edit"), scheduled_end="2027-02-01T04:00", quiet="on"), "done=saved$")
        self.assertEqual(self.page.told(window), ["scheduled"])

    def test_a_conflict_is_shown_and_loses_nothing(self):
        person, service = self.person(), self.page.service("Fought over")
        window = self.page.create(title="Ours", description="old", scheduled_start="2027-03-01T02:00:00Z", scheduled_end="2027-03-01T03:00:00Z")
        form = Form(person.text(self.path(window, "/edit")))
        self.page.patch(window, description="theirs", impact="degraded", scheduled_end="2027-03-01T05:00:00Z", service_ids=[service["id"]])
        answer = person.fill(self.path(window, "/edit"), form, title="Mine", description="mine")
        self.said(answer, 409, "Somebody changed this maintenance", "It is now: theirs", "It is now: Fought over", "2027-03-01T05:00 UTC")
        self.assertEqual(self.page.get(window)["title"], "Ours")
        again = Form(answer.text.decode())
        self.assertEqual((again["title"], again["description"], again["impact"], again["scheduled_end"]), ("Mine", "mine", "degraded", "2027-03-01T05:00"))
        self.assertEqual(again.all("service_ids"), [service["id"]])
        self.went(person.fill(self.path(window, "/edit"), again), "done=saved")
        now = self.page.get(window)
        self.assertEqual((now["title"], now["description"], now["impact"], now["scheduled_end"], len(now["services"])), ("Mine", "mine", "degraded", "2027-03-01T05:00:00Z", 1))

    def test_a_step_on_what_has_changed_is_asked_again(self):
        person, window = self.person(), self.page.create(title="Stepped on")
        form = Form(person.text(self.path(window, "/start")))
        self.page.patch(window, title="Stepped on, later")
        answer = person.fill(self.path(window, "/start"), form, message="my word")
        text = self.said(answer, 409, "has changed since you opened", "Stepped on, later")
        self.assertEqual(Form(text)["message"], "my word")
        self.went(person.fill(self.path(window, "/start"), Form(text)), "started")
        form = Form(person.text(self.path(window, "/complete")))
        self.page.patch(window, status="completed")
        self.said(person.fill(self.path(window, "/complete"), form), 409, "This cannot be done any more")

    def test_a_running_and_a_past_one_offer_what_can_still_change(self):
        person, window = self.person(), self.page.create(title="Offers", status="in_progress", scheduled_start=at(hours=-1), scheduled_end=at(hours=1))
        text = person.text(self.path(window, "/edit"))
        self.assertNotIn('name="scheduled_start"', text)
        self.went(person.fill(self.path(window, "/edit"), title="Offered"), "saved")
        self.page.patch(window, status="completed")
        text = person.text(self.path(window, "/edit"))
        self.assertNotIn('name="scheduled_end"', text)
        self.went(person.fill(self.path(window, "/edit"), description="A report"), "saved")
        self.assertEqual(self.page.get(window)["description"], "A report")

    def test_what_is_overdue_is_extended_from_now(self):
        person, window = self.person(), self.page.create(title="Overdue", status="in_progress", auto_transition=False, scheduled_start=at(hours=-3), scheduled_end=at(hours=-2))
        self.went(person.fill(self.path(window, "/extend"), by="30"), "extended")
        self.assertGreater(instant(self.page.get(window)["scheduled_end"]), datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=29))

    def test_the_past_has_pages(self):
        page = Server("--rate-limit", "off")
        try:
            for i in range(45):
                page.create(title=f"Old {i}", scheduled_start=at(days=-9, hours=i), scheduled_end=at(days=-9, hours=i, minutes=5))
            person = Person(page, page.key)
            seen = []
            for number in (1, 2, 3):
                text = person.text(f"/dashboard?page={number}")
                seen += re.findall(r">(Old \d+)</a>", text)
                self.assertEqual("rel=\"next\"" in text, number < 3)
            self.assertEqual(len(set(seen)), 45)
            first = re.findall(r">(Old \d+)</a>", person.text("/dashboard"))
            for odd in ("0", "x", "3x", "99999999999999", "-1", "+3", "%203", "", "2%2e", "100005", "2000000000"):
                self.assertEqual(re.findall(r">(Old \d+)</a>", person.text(f"/dashboard?page={odd}")), first, odd)
            self.assertEqual(re.findall(r">(Old \d+)</a>", person.text("/dashboard?page=03")), seen[40:])
        finally:
            page.remove()

    def test_the_calendar_shows_a_window_on_each_of_its_days(self):
        person = self.person()
        self.page.create(title="Three days", scheduled_start="2028-02-28T22:00:00Z", scheduled_end="2028-03-01T02:00:00Z")
        text = person.text("/dashboard/calendar?month=2028-02")
        self.assertEqual(len(re.findall(r"Three days</a>", text)), 2)
        self.assertEqual(text.count("<time datetime="), 29)
        self.assertEqual(len(re.findall(r"Three days</a>", person.text("/dashboard/calendar?month=2028-03"))), 1)
        for odd in ("", "2028-13", "x", "0000-00", "2028-2"):
            self.assertEqual(person.get("/dashboard/calendar?month=" + odd).status, 200)

    def test_what_is_not_there(self):
        person = self.person()
        for path in ("/dashboard/windows/nothing", "/dashboard/windows/nothing/edit", "/dashboard/windows/nothing/start", "/dashboard/x", "/dashboard/windows/a/b/c",
                     "/dashboard/services/x", "/dashboard/keys/x/remove", "/dashboard/"):
            self.said(person.get(path), 404, "There is no such page")
        self.said(person.send("/dashboard", "/dashboard/windows/nothing/start"), 404)


class Managed(Dashboard):
    MARKER = "maintd:prod:network/core-switch@2027-02-07T02:00#0"

    def test_it_says_whose_it_is_and_wants_to_be_sure(self):
        person, window = self.person(), self.page.create(title="Kept in Git", external_id=self.MARKER)
        self.assertIn("Managed by maintd", person.text("/dashboard"))
        self.assertIn("equal to its manifest network/core-switch@2027-02-07T02:00.", person.text(self.path(window)))
        for rest, fields, warning in (("/edit", {"title": "By hand"}, "set back by maintd"), ("/start", {}, "reports this maintenance as diverged")):
            self.assertIn(warning, person.text(self.path(window, rest)))
            answer = person.fill(self.path(window, rest), **fields)
            self.said(answer, 400, "Confirm that you want to change here what a manifest says")
            self.assertIn('id="aware-wrong"', answer.text.decode())
            self.assertEqual(self.page.get(window)["version"], 1 if rest == "/edit" else 2)
            self.went(person.fill(self.path(window, rest), Form(answer.text.decode()), aware="on"), "done=")
        now = self.page.get(window)
        self.assertEqual((now["title"], now["status"], now["external_id"]), ("By hand", "in_progress", self.MARKER))

    def test_a_long_name_and_others_ids(self):
        person = self.person()
        window = self.page.create(external_id="maintd:prod:~0123456789abcdef#3")
        self.assertIn("equal to a manifest.", person.text(self.path(window)))
        window = self.page.create(external_id="ticket-4711")
        self.assertNotIn("Managed", person.text(self.path(window)))


class Texts(Dashboard):
    def owed(self, window, text):
        """As no address could be, in case one ever is: subscribers, what waits for them and what stood against it, questions. What their pages are."""
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            event = db.execute("INSERT INTO outbox (kind, maintenance, maintenance_id, text, created_at) SELECT 'scheduled', seq, id, ?, 1 FROM maintenance WHERE id = ?",
                               ("o" + text, window["id"])).lastrowid
            for kind, confirmed in ((0, 0), (1, 1)):
                one = db.execute("INSERT INTO subscriber (id, kind, endpoint, created_at, confirmed_at, leave, secret, due, failures, trouble) VALUES (?, ?, ?, 1, ?, ?, 's', ?, 2, ?)",
                                 (f"sub_{kind}", kind, f"e{kind}{text}", confirmed, f"l{kind}", 1 << 52, "t" + text)).lastrowid
                db.execute("INSERT INTO delivery VALUES (?, ?)", (one, event))
            db.execute("INSERT INTO subscriber_service SELECT ?, service FROM maintenance_service LIMIT 1", (one,))
            db.execute("INSERT INTO wish (endpoint, services, created_at, due, counts, failures, trouble) VALUES (?, '', ?, ?, 1, 1, ?)",
                       ("w" + text, now().timestamp() * 1e6 // 1, 1 << 52, "t" + text))
        db.close()
        return ["/dashboard/subscribers", "/dashboard/subscribers?q=" + urllib.parse.quote(text), "/dashboard/deliveries", "/dashboard/subscribers/new"] \
            + [f"/dashboard/{rest}" for kind in (0, 1) for rest in (f"subscribers/sub_{kind}", f"subscribers/sub_{kind}/remove", f"deliveries/sub_{kind}/drop")]

    def monitored(self, service, text):
        monitor = self.page.call("POST", "/uptime-monitors", {"name": "n" + text, "url": "https://example.com/", "service_id": service["id"], "enabled": False}).json
        with sqlite3.connect(f"{self.page.dir}/page.sqlite") as db:
            db.execute("UPDATE monitor SET url = ?, problem = ?, checked_at = 1", ("u" + text, "p" + text))
        db.close()
        return [f"/dashboard/monitors{rest}" for rest in ("", "/new", f"/{monitor['id']}", f"/{monitor['id']}/delete")]

    def test_no_text_becomes_code(self):
        person, nasty = self.person(), NASTY
        service = self.page.service("s" + nasty, group="g" + nasty, description="d" + nasty)
        window = self.page.create(title="t" + nasty, description=nasty + "\n\n[x](javascript:hit=3)", service_ids=[service["id"]], external_id=f"maintd:i{nasty}:m{nasty}#1")
        self.page.patch(window, message="u" + nasty)
        paths = ["/dashboard", "/dashboard/calendar?month=" + window["scheduled_start"][:7], "/dashboard/services", f"/dashboard/services/{service['id']}",
                 f"/dashboard/services/{service['id']}/delete", "/dashboard/keys", NEW, self.path(window)]
        monitors = self.monitored(service, nasty)
        holding = monitors + self.owed(window, nasty)
        for path in holding:
            self.assertIn("&lt;script&gt;hit=1", person.text(path), path)
        paths += holding
        paths += [self.path(window, rest) for rest in ("/edit", "/start", "/extend", "/update", "/cancel")]
        pages = [person.text(path) for path in paths]
        forms = ((NEW, ("title", "description", "scheduled_start", "scheduled_end", "zone", "service_ids", "impact", "reminder_minutes", "scheduled_start_fold", "preview")),
                 (self.path(window, "/edit"), ("title", "description", "zone", "version", "was", "once", "quiet")),
                 (self.path(window, "/extend"), ("by", "scheduled_end", "zone", "message", "version", "scheduled_end_fold")),
                 (self.path(window, "/update"), ("message", "version")),
                 ("/dashboard/services/new", ("name", "group", "description", "status", "display_order")),
                 (f"/dashboard/services/{service['id']}", ("name", "display_order", "was_name", "was_group")),
                 *((path, ("name", "url", "interval_seconds", "timeout_ms", "expected_status_code", "service_id", "enabled", "once")) for path in monitors[1:3]),
                 ("/dashboard/subscribers/new", ("type", "endpoint", "services", "once")),
                 ("/dashboard/keys", ("name", "scope")))
        for path, names in forms:
            for name in names:
                answer = person.fill(path, **{name: nasty if name not in ("title", "name") else nasty * 4})
                self.assertIn(answer.status, (200, 303, 400, 409), (path, name))
                pages.append(answer.text.decode())
        for query in ("?done=" + urllib.parse.quote(nasty), "?page=" + urllib.parse.quote(nasty), "/sign-in?next=" + urllib.parse.quote(nasty)):
            pages.append(person.get("/dashboard" + query).text.decode())
        for text in pages:
            self.assertNotIn("<script", text)
            self.assertNotIn("<img", text)
            self.assertNotRegex(text, r"javascript:[^<]*\"")
            self.assertNotIn("</style>", text)
            self.assertEqual(text.count("</title>"), 1 if text else 0)

    def test_german(self):
        page = Settled("language: de\ntimezone: Europe/Berlin\n")
        try:
            person = Person(page, page.key)
            self.said(person.fill(NEW, title="", reminder_minutes="x"), 400, "Darf nicht leer sein", "Bitte Zeitspannen mit Einheit", "Bitte korrigieren")
            self.assertIn("Wartung planen", person.text("/dashboard"))
        finally:
            page.remove()


class ServicesAndKeys(Dashboard):
    def test_a_service_is_added_changed_and_deleted(self):
        person = self.person()
        form = Form(person.text("/dashboard/services/new"))
        for _ in range(2):
            self.went(person.fill("/dashboard/services/new", form, name="Mail", group="Office", description="IMAP", status="degraded", display_order="3"), "done=service-added$")
        mail = [s for s in self.page.call("GET", "/services").json["services"] if s["name"] == "Mail"]
        self.assertEqual(len(mail), 1)
        self.assertEqual((mail[0]["group"], mail[0]["description"], mail[0]["status"], mail[0]["display_order"]), ("Office", "IMAP", "degraded", 3))
        path = f"/dashboard/services/{mail[0]['id']}"
        form = Form(person.text(path))
        self.page.call("PATCH", f"/services/{mail[0]['id']}", {"status": "major_outage"})
        self.went(person.fill(path, form, name="E-mail", group=""), "done=saved")
        now = self.page.call("GET", f"/services/{mail[0]['id']}").json
        self.assertEqual((now["name"], now["group"], now["status"]), ("E-mail", None, "major_outage"))
        window = self.page.create(service_ids=[mail[0]["id"]])
        self.said(person.fill(path + "/delete"), 409, "A scheduled or running maintenance names this service")
        self.page.patch(window, status="cancelled")
        for _ in range(2):
            self.went(person.send("/dashboard", path + "/delete"), "done=service-deleted")
        self.assertEqual(self.page.call("GET", f"/services/{mail[0]['id']}").status, 404)

    def test_a_service_that_is_wrong(self):
        person = self.person()
        self.page.service("Taken")
        self.assertEqual(self.problem(person.fill("/dashboard/services/new", name="Taken"), "name"), "Another service has this name")
        self.assertIn("Must not be empty", self.problem(person.fill("/dashboard/services/new", name=""), "name"))
        for order in ("-1", "x", "1000001", ""):
            self.assertIn("whole number", self.problem(person.fill("/dashboard/services/new", name="o", display_order=order), "display_order"))

    def test_a_key_is_shown_once_and_made_once(self):
        person = self.person()
        form = Form(person.text("/dashboard/keys"))
        answer = person.fill("/dashboard/keys", form, name="robot", scope=["maintenance:write", "services:read"])
        key = re.search(r"mpk_\w+", self.said(answer, 200, "Key made: robot")).group(0)
        self.assertEqual(self.page.request("GET", "/api/v1/maintenance", headers={"X-API-Key": key}).status, 200)
        self.assertEqual(self.page.request("GET", "/api/v1/subscribers", headers={"X-API-Key": key}).status, 403)
        self.said(person.fill("/dashboard/keys", form, name="robot", scope=["maintenance:write", "services:read"]), 409, "has been made already")
        text = person.text("/dashboard/keys")
        self.assertIn("maintenance:write,services:read", text)
        self.assertNotIn(key, text)
        self.assertNotIn(key, self.page.logged())
        self.assertEqual(self.problem(person.fill("/dashboard/keys", name="robot", scope="*:*"), "name"), "There is a key of that name")
        self.assertIn("Choose what the key may do", self.said(person.fill("/dashboard/keys", name="other"), 400))
        self.assertIn("1 to 64 letters", self.problem(person.fill("/dashboard/keys", name="-x y", scope="*:*"), "name"))
        for _ in range(2):
            self.went(person.send("/dashboard", "/dashboard/keys/robot/remove"), "done=key-removed")
        self.assertEqual(self.page.request("GET", "/api/v1/maintenance", headers={"X-API-Key": key}).status, 401)

    def test_removing_ones_own_key_signs_out(self):
        person = Person(self.page, self.page.admin("key", "add", "own", "--scope", "*:*"))
        self.assertIn("this signs you out", person.text("/dashboard/keys/own/remove"))
        self.went(person.fill("/dashboard/keys/own/remove"), "^/dashboard/sign-in")
        self.went(person.get("/dashboard"), "/sign-in$")


if __name__ == "__main__":
    unittest.main()
