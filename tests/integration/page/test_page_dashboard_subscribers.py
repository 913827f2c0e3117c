#!/usr/bin/python3
"""The dashboard's subscribers and deliveries: who is told, what waits, and who may see it."""
import re
import threading
import unittest

from page_server import PATIENCE, eventually
from person import Person
from receivers import URL, Delivering


class Subscribers(Delivering):
    def person(self, scope="subscribers:write"):
        return Person(self.page, self.page.admin("key", "add", re.sub("[:,]", "-", scope), "--scope", scope))

    def test_are_listed_searched_and_paged(self):
        one = self.page.service("One <1>")
        self.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO subscriber (id, kind, endpoint, created_at, confirmed_at, leave)"
                 " SELECT 'sub_' || i, 0, 'n' || i || '@example.com', unixepoch() * 1000000, i % 2, 'l' || i FROM n")
        self.sql("INSERT INTO subscriber_service SELECT 3, seq FROM service WHERE id = ?", (one["id"],))
        person = self.person("subscribers:read")
        first = person.text("/dashboard/subscribers")
        self.assertEqual(len(re.findall(r">n\d+@example.com</a>", first)), 50)
        self.assertIn("All together: 60", first)
        self.assertIn("One &lt;1&gt;", first)
        after = re.search('name="after" value="([0-9]+)"', first).group(1)
        second = person.text(f"/dashboard/subscribers?q=&after={after}")
        self.assertEqual(len(re.findall(r">n\d+@example.com</a>", second)), 10)
        found = person.text("/dashboard/subscribers?q=N11%40EX")
        self.assertEqual(re.findall(r">(n\d+)@example.com</a>", found), ["n11"])
        self.assertIn("Confirmed", found)
        self.assertIn("Asked, not confirmed", person.text("/dashboard/subscribers?q=n12%40"))
        self.assertIn("Nobody.", person.text("/dashboard/subscribers?q=%3Cscript%3E"))
        self.assertNotIn("<script>", person.text("/dashboard/subscribers?q=%3Cscript%3E"))
        for odd in ("after=x", "after=-1", "after=99999999999999999999", "q=%27%20OR%201%3D1"):
            self.assertEqual(person.get(f"/dashboard/subscribers?{odd}").status, 200, odd)
        self.assertNotIn("/new", first, "who may not add is not asked to")

    def test_an_address_that_is_added_is_asked_first(self):
        one = self.page.service("One")
        person = self.person()
        form = "/dashboard/subscribers/new"
        for fields, wrong in (({"type": "email", "endpoint": "ann"}, "Must be an e-mail address"), ({"type": "fax", "endpoint": "1"}, "Must be email or webhook"),
                              ({"type": "webhook", "endpoint": "http://169.254.169.254/"}, "Must be a public address"),
                              ({"type": "email", "endpoint": "a@example.com\r\nBcc: b@example.com"}, "Must be an e-mail address")):
            answer = person.send(form, form, fields)
            self.assertEqual(answer.status, 400, fields)
            self.assertIn(wrong, answer.text.decode())
        answer = person.send(form, form, [("type", "email"), ("endpoint", "Ann@example.com"), ("services", one["id"])])
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/dashboard/subscribers?done=asked"))
        question = self.mail.mails.wait(1)[0]
        self.assertEqual((question.to, self.sql("SELECT confirmed_at FROM subscriber")), (["ann@example.com"], [(0,)]))
        self.assertEqual(self.page.request("POST", question.link("/subscribe/confirm/")[len(URL):], b"", {"X-API-Key": None}).status, 200)
        self.assertIn("Confirmed", person.text("/dashboard/subscribers"))
        again = person.send(form, form, {"type": "email", "endpoint": "ann@example.com"})
        self.assertEqual((again.status, "This endpoint is subscribed" in again.text.decode()), (409, True))

    def test_the_secret_of_a_webhook_is_shown_once(self):
        person = self.person()
        answer = person.send("/dashboard/subscribers/new", "/dashboard/subscribers/new", {"type": "webhook", "endpoint": f"http://127.0.0.1:{self.hook.port}/hook"})
        secret = re.search("whsec_[0-9a-z]{52}", answer.text.decode()).group(0)
        self.assertNotIn(secret, person.text("/dashboard/subscribers"))
        self.page.create()
        self.assertTrue(self.hook.hooks.wait(1)[0].signed_with(secret))

    def test_who_is_pending_is_asked_again_at_most_three_times_a_day(self):
        made = self.page.call("POST", "/subscribers", {"type": "email", "endpoint": "ann@example.com"}).json
        person, path = self.person(), f"/dashboard/subscribers/{made['id']}"
        for n in (2, 3):
            self.assertEqual(person.send(path, path + "/ask").status, 303)
            self.mail.mails.wait(n)
        answer = person.send(path, path + "/ask")
        self.assertEqual((answer.status, "Nobody was asked" in answer.text.decode()), (429, True))
        self.assertEqual(self.sql("SELECT count(*) FROM wish"), [(3,)])

    def test_is_removed_once_that_is_confirmed(self):
        made = self.hooked()
        person, path = self.person(), f"/dashboard/subscribers/{made['id']}/remove"
        self.assertIn("Remove subscriber: http://127.0.0.1", person.text(path))
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber"), [(1,)], "a page that is looked at removes nothing")
        self.assertEqual(person.post(path, {}).status, 403, "without the session's token")
        self.assertEqual(person.send(path, path).status, 303)
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber"), [(0,)])
        self.assertEqual((person.get(path).status, person.get(f"/dashboard/subscribers/{made['id']}").status), (404, 404))

    def test_addresses_are_shown_to_keys_for_them_alone(self):
        made = self.subscribed("ann@example.com")
        paths = ["/dashboard/subscribers", f"/dashboard/subscribers/{made['id']}", "/dashboard/deliveries"]
        writes = ["/dashboard/subscribers/new", f"/dashboard/subscribers/{made['id']}/remove", f"/dashboard/deliveries/{made['id']}/drop"]
        other, reader = self.person("maintenance:write,services:write"), self.person("subscribers:read")
        for path in paths + writes:
            answer = other.get(path)
            self.assertEqual((answer.status, b"ann@example.com" in answer.text), (403, False), path)
            self.assertEqual(self.page.request("GET", path, headers={"X-API-Key": None}).status, 303, path)
        self.assertNotIn("/dashboard/subscribers", other.text("/dashboard"))
        for path in paths:
            self.assertEqual(reader.get(path).status, 200, path)
        for path in writes:
            self.assertEqual((reader.get(path).status, reader.send("/dashboard/subscribers", path).status), (403, 403), path)
        for path in (f"/dashboard/subscribers/{made['id']}/ask", f"/dashboard/deliveries/{made['id']}/retry"):
            self.assertEqual((reader.get(path).status, reader.send("/dashboard/subscribers", path).status), (405, 403), path)
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber"), [(1,)])


class Deliveries(Subscribers):
    retry = "1h"

    def test_what_waits_is_shown_and_tried_at_once(self):
        self.hook.answer = lambda hook: 503
        made = self.hooked()
        window = self.page.create()
        self.page.patch(window, status="in_progress")
        self.said("was not taken, trying again in 1h")
        person = self.person()
        shown = person.text("/dashboard/deliveries")
        for text in (f"http://127.0.0.1:{self.hook.port}/hook", "Scheduled maintenance: Database Migration", "Messages that wait: 2,", "Attempts that failed: 1",
                     "Last error: it answered 503", "Next attempt"):
            self.assertIn(text, shown)
        self.hook.answer = lambda hook: 200
        self.assertEqual(person.send("/dashboard/deliveries", f"/dashboard/deliveries/{made['id']}/retry").status, 303)
        self.nothing_owed()
        self.assertEqual(len(self.hook.hooks.items), 3)
        self.assertIn("Nothing waits.", person.text("/dashboard/deliveries"))

    def test_a_mail_server_that_is_away_is_said_and_tried_at_once(self):
        made = self.subscribed("ann@example.com")
        self.mail.mails.wait(1)
        self.mail.answers["MAIL"] = lambda rest, session: "550 who <are> you"
        self.page.create()
        self.said("mail cannot be sent, trying again in 1h")
        person = self.person()
        self.assertIn("Mail cannot be sent for now, and waits:", person.text("/dashboard/deliveries"))
        self.assertNotIn("<are>", person.text("/dashboard/deliveries"))
        self.mail.answers.clear()
        self.assertEqual(person.send("/dashboard/deliveries", f"/dashboard/deliveries/{made['id']}/retry").status, 303)
        self.notices(1)
        self.nothing_owed()
        self.assertNotIn("Mail cannot be sent", person.text("/dashboard/deliveries"))

    def test_what_waits_is_dropped_once_that_is_confirmed(self):
        self.hook.answer = lambda hook: 503
        made = self.hooked()
        self.page.create()
        self.said("was not taken")
        person, path = self.person(), f"/dashboard/deliveries/{made['id']}/drop"
        self.assertIn("Drop what waits for", person.text(path))
        self.assertEqual(self.sql("SELECT count(*) FROM delivery"), [(1,)])
        self.assertEqual(person.send(path, path).status, 303)
        self.assertEqual(self.sql("SELECT (SELECT count(*) FROM delivery), due, failures, trouble FROM subscriber"), [(0, None, 0, None)])
        self.hook.answer = lambda hook: 200
        self.page.create()
        self.hook.hooks.wait(2)
        self.nothing_owed()

    def test_one_that_is_under_way_is_dropped_in_peace(self):
        decided = threading.Event()
        self.addCleanup(decided.set)
        self.hook.answer = lambda hook: decided.wait(PATIENCE) and 200
        made = self.hooked()
        self.page.create()
        self.hook.hooks.wait(1)
        person, path = self.person(), f"/dashboard/deliveries/{made['id']}/drop"
        self.assertEqual(person.send(path, path).status, 303)
        decided.set()
        self.page.create()
        self.hook.hooks.wait(2)
        self.nothing_owed()
        self.assertNotIn("cannot mark", self.page.logged())

    def test_questions_that_wait_are_shown(self):
        self.mail.answers["RCPT"] = lambda rest, session: "451 come again"
        self.page.call("POST", "/subscribers", {"type": "email", "endpoint": "ann@example.com"})
        person = self.person("subscribers:read")
        shown = eventually("it was refused", lambda: (t := person.text("/dashboard/deliveries")) and "Last error" in t and t)
        self.assertIn("Questions to new addresses", shown)
        self.assertIn("ann@example.com", shown)
        self.assertNotIn("/drop", shown)


class German(Subscribers):
    settings = "language: de\n"

    def test_speaks_the_language_of_the_page(self):
        person = self.person()
        self.assertIn("Insgesamt: 0", person.text("/dashboard/subscribers"))
        self.assertIn("Es wartet nichts.", person.text("/dashboard/deliveries"))
        answer = person.send("/dashboard/subscribers/new", "/dashboard/subscribers/new", {"type": "email", "endpoint": "ann"})
        self.assertIn("Muss eine E-Mail-Adresse wie", answer.text.decode())


def load_tests(loader, standard, pattern):
    """Those that a class defines itself; what it inherits has been tried."""
    suite = unittest.TestSuite()
    for case in (Subscribers, Deliveries, German):
        suite.addTests(case(name) for name in vars(case) if name.startswith("test_"))
    return suite


if __name__ == "__main__":
    unittest.main()
