#!/usr/bin/python3
"""What subscribers of maintd-page are sent: by a mail server and a receiver of webhooks that misbehave as told."""
import datetime
import pathlib
import threading
import time
import unittest

from page_server import PATIENCE, at, eventually
from receivers import URL, Delivering


class Mails(Delivering):
    def test_says_the_texts_of_a_window_in_order(self):
        self.subscribed("ann@example.com")
        service = self.page.service("API")
        window = self.page.create(title="Database Migration", description="We **move** it.", service_ids=[service["id"]], scheduled_start="2027-02-01T02:00:00Z",
                                  scheduled_end="2027-02-01T04:00:00Z")
        self.page.patch(window, scheduled_start="2027-02-01T03:00:00Z", scheduled_end="2027-02-01T05:00:00Z")
        self.page.patch(window, status="in_progress", message="Off *we* go.")
        self.page.patch(window, scheduled_end="2027-02-01T06:00:00Z")
        self.page.patch(window, status="completed")
        mails = self.notices(5)
        self.assertEqual([m.message["Subject"] for m in mails], [
            "Scheduled maintenance: Database Migration on Feb 1, 2:00 AM UTC",
            "Maintenance rescheduled: Database Migration now Feb 1, 3:00 AM to 5:00 AM UTC (was 2:00 AM to 4:00 AM UTC)",
            "Maintenance in progress: Database Migration",
            "Maintenance updated: Database Migration now ends Feb 1, 6:00 AM UTC",
            "Maintenance completed: Database Migration"])
        self.nothing_owed()
        first, started = mails[0], mails[2]
        for text in ("We **move** it.", "API", f"{URL}/maintenance/{window['id']}", "ann@example.com", "(Europe/Vienna)", "CET"):
            self.assertIn(text, first.part("plain"))
        self.assertIn("<strong>move</strong>", first.part("html"))
        self.assertIn(f'href="{URL}/maintenance/{window["id"]}"', first.part("html"))
        self.assertIn("Off *we* go.", started.part("plain"))
        self.assertEqual(len({m.message["Message-ID"] for m in mails}), 5)

    def test_a_window_over_a_change_of_the_clocks_has_both_zones(self):
        self.subscribed("ann@example.com")
        self.page.create(scheduled_start="2027-10-31T00:30:00Z", scheduled_end="2027-10-31T01:30:00Z")
        self.assertIn("2:30\u00a0AM CEST – 2:30\u00a0AM CET (Europe/Vienna)", self.notices(1)[0].part("plain"))

    def test_its_headers_are_those_of_a_list(self):
        self.subscribed("ann@example.com")
        self.page.create(title="x" * 60 + " ñandú 漢字 " + "y" * 60 + " " + "z" * 60)
        mail = self.notices(1)[0]
        m = mail.message
        self.assertEqual(m.defects, [])
        self.assertIn("ñandú 漢字", m["Subject"])
        self.assertEqual((m["From"].addresses[0].display_name, m["From"].addresses[0].addr_spec), ("Ünïcode Stätus", "status@example.com"))
        self.assertEqual((m["To"], mail.sender, mail.to), ("ann@example.com", "status@example.com", ["ann@example.com"]))
        self.assertEqual((m["Auto-Submitted"], m["Precedence"], m["MIME-Version"]), ("auto-generated", "bulk", "1.0"))
        self.assertLess(abs((m["Date"].datetime - datetime.datetime.now(datetime.timezone.utc)).total_seconds()), 60)
        self.assertRegex(m["List-Unsubscribe"].strip(), f"^<{URL}/unsubscribe/[0-9a-z]+>$")
        self.assertEqual(m["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertEqual([p.get_content_type() for p in m.iter_parts()], ["text/plain", "text/html"])
        for line in mail.data.split(b"\r\n"):
            self.assertLessEqual(len(line), 500 if b"/unsubscribe/" in line else 78, line)
            line.decode("ascii")
        self.assertNotIn(b"\n", mail.data.replace(b"\r\n", b""))

    def test_only_those_who_agreed_get_any(self):
        self.page.call("POST", "/subscribers", {"type": "email", "endpoint": "pending@example.com"})
        self.subscribed("ann@example.com")
        self.page.create()
        self.notices(1)
        self.nothing_owed()
        self.assertEqual({m.to[0] for m in self.mailed()}, {"ann@example.com"})

    def test_reminders_are_sent(self):
        self.subscribed("ann@example.com")
        self.page.create(scheduled_start=at(seconds=61), scheduled_end=at(hours=1), reminder_minutes=1)
        self.assertEqual(self.notices(2)[1].message["Subject"], "Reminder: Maintenance begins in 1 minute")

    def test_a_server_that_comes_back_gets_all_in_order(self):
        self.mail.answers["CONNECT"] = lambda rest, session: "421 not now"
        self.subscribed("ann@example.com")
        window = self.page.create()
        self.page.patch(window, status="in_progress")
        self.said("mail cannot be sent, trying again")
        self.mail.answers.clear()
        self.assertEqual([m.message["Subject"].split(":")[0] for m in self.notices(2)], ["Scheduled maintenance", "Maintenance in progress"])
        self.nothing_owed()

    def test_a_greylisted_address_is_tried_again_and_holds_up_nobody(self):
        self.subscribed("grey@example.com")
        self.subscribed("ann@example.com")
        seen, first = threading.Event(), []
        self.mail.answers["RCPT"] = lambda rest, session: "451 come again" if "grey" in rest and len(first) < 3 and not first.append(1) else None
        self.page.create()
        mails = self.notices(2)
        self.assertEqual([m.to[0] for m in mails], ["ann@example.com", "grey@example.com"])
        self.assertEqual(len(first), 3)
        self.said("was not taken, trying again")
        self.nothing_owed()

    def test_an_address_that_is_refused_is_given_up_and_that_is_said(self):
        self.subscribed("gone@example.com")
        self.subscribed("ann@example.com")
        self.mail.answers["RCPT"] = lambda rest, session: "550 no such user" if "gone" in rest else None
        self.page.create()
        self.notices(1)
        self.said("was given up")
        self.nothing_owed()
        self.assertNotIn("gone@example.com", self.page.logged())

    def test_a_sender_that_is_refused_loses_nothing(self):
        self.subscribed("ann@example.com")
        self.mail.answers["MAIL"] = lambda rest, session: "550 who are you"
        self.page.create()
        self.said("mail cannot be sent, trying again")
        self.mail.answers.clear()
        self.notices(1)
        self.nothing_owed()

    def test_kill_9_before_the_mark_repeats_one_message(self):
        self.subscribed("ann@example.com")
        taken = threading.Event()

        def killed(mail, session):
            if "event-" in mail.message["Message-ID"] and not taken.is_set():
                self.page.kill()
                taken.set()
        self.mail.answers["TAKEN"] = killed
        try:
            self.page.create()
        except OSError:
            pass
        self.assertTrue(taken.wait(PATIENCE))
        self.page.start()
        mails = self.notices(2)
        self.nothing_owed()
        self.assertEqual(len(self.mailed()), 2)
        self.assertEqual(mails[0].data, mails[1].data)

    def test_a_server_that_hangs_stops_nothing_else(self):
        self.mail.answers["CONNECT"] = lambda rest, session: "hang"
        self.subscribed("ann@example.com")
        self.hooked()
        self.page.create()
        self.hook.hooks.wait(1)
        self.assertEqual(self.page.stop(), 0)
        self.mail.answers.clear()
        self.page.start()
        self.notices(1)

    def test_a_server_that_thinks_long_after_the_last_dot_holds_up_nobody_else(self):
        decided = threading.Event()
        self.addCleanup(decided.set)
        self.mail.answers["TAKEN"] = lambda mail, session: decided.wait(PATIENCE) and None
        self.subscribed("ann@example.com")
        self.mail.mails.wait(1)         # the question to her
        slowest = 0
        for path in ("/", "/api/v2/summary.json", "/subscribe", "/api/v1"):
            begun = time.monotonic()
            self.assertEqual(self.page.request("GET", path).status, 200)
            slowest = max(slowest, time.monotonic() - begun)
        self.assertLess(slowest, 1)
        self.hooked()
        self.page.create()
        self.hook.hooks.wait(1)
        self.assertFalse(decided.is_set())
        decided.set()
        self.notices(1)
        self.nothing_owed()
        self.assertEqual(len(self.mail.mails.items), 2, "nothing is sent again")

    def test_questions_hold_up_no_notice(self):
        decided = threading.Event()
        self.addCleanup(decided.set)
        self.mail.answers["TAKEN"] = lambda mail, session: decided.wait(PATIENCE) and None if "wish-" in mail.message["Message-ID"] else None
        for n in range(8):
            self.subscribed(f"ann{n}@example.com")
        self.mail.mails.wait(1)
        self.page.create()
        self.assertEqual(len({m.to[0] for m in self.notices(8)}), 8)
        self.assertFalse(decided.is_set())
        self.assertEqual(len(self.mail.mails.items), 9, "one question is under way")
        decided.set()
        self.mail.mails.wait(16)

    def test_stops_at_once_while_a_server_thinks_and_sends_it_again(self):
        decided = threading.Event()
        self.addCleanup(decided.set)
        self.mail.answers["TAKEN"] = lambda mail, session: decided.wait(PATIENCE) and None
        self.subscribed("ann@example.com")
        self.mail.mails.wait(1)
        begun = time.monotonic()
        self.assertEqual(self.page.stop(), 0)
        self.assertLess(time.monotonic() - begun, 5)
        decided.set()
        self.page.start()
        self.mail.mails.wait(2)
        eventually("it is marked as sent", lambda: self.sql("SELECT count(*) FROM wish WHERE due > 0") == [(0,)])


class Secure(Delivering):
    tls = True

    def test_signs_in_behind_starttls(self):
        self.subscribed("ann@example.com")
        self.page.create()
        mail = self.notices(1)[0]
        self.assertTrue(mail.secure)
        self.assertEqual(mail.user, "page")
        self.assertNotIn("correct horse", pathlib.Path(f"/proc/{self.page.process.pid}/cmdline").read_text())

    def test_a_server_without_starttls_gets_nothing(self):
        self.mail.certificate = None
        self.subscribed("ann@example.com")
        self.page.create()
        self.said("mail cannot be sent")
        self.assertFalse([c for c in self.mail.commands.items if c.startswith(("AUTH", "MAIL"))])

    def test_a_wrong_password_is_said_and_not_shown(self):
        self.mail.password = "other"
        self.subscribed("ann@example.com")
        self.page.create()
        self.said("mail cannot be sent")
        self.assertNotIn("correct horse", self.page.logged())
        self.mail.password = "correct horse"
        self.notices(1)


class Old(Delivering):
    settings = "notice_give_up: 1s\n"

    def test_what_is_too_old_is_given_up(self):
        self.subscribed("ann@example.com")
        self.mail.answers["RCPT"] = lambda rest, session: "451 never"
        self.page.create()
        self.said("was given up: it is too old")
        self.nothing_owed()
        self.assertEqual(self.mailed(), [])


class Hooks(Delivering):
    def test_is_signed_and_says_what_the_public_may_know(self):
        made = self.hooked()
        window = self.page.create(external_id="maintd:secret", owner="ledger", description="text")
        hook = self.hook.hooks.wait(1)[0]
        self.assertTrue(hook.signed_with(made["secret"]))
        self.assertFalse(hook.signed_with("whsec_other"))
        self.assertEqual((hook.path, hook.headers["Content-Type"]), ("/hook", "application/json"))
        self.assertEqual((hook.json["event"], hook.json["data"]["maintenance"]["id"]), ("maintenance.scheduled", window["id"]))
        self.assertEqual(hook.json["url"], f"{URL}/maintenance/{window['id']}")
        for private in (b"maintd:secret", b"ledger", made["secret"].encode()):
            self.assertNotIn(private, hook.body)
        self.nothing_owed()

    def test_goes_in_order_with_retries(self):
        self.hooked()
        refused = []
        self.hook.answer = lambda hook: 503 if len(refused) < 3 and not refused.append(1) else 200
        window = self.page.create()
        self.page.patch(window, status="in_progress")
        self.page.patch(window, status="completed")
        self.nothing_owed()
        self.assertEqual([h.json["event"].split(".")[1] for h in self.hook.hooks.items], ["scheduled"] * 4 + ["in_progress", "completed"])
        ids = [h.json["id"] for h in self.hook.hooks.items]
        self.assertEqual(ids, [ids[0]] * 4 + ids[4:], "a repeated one can be told by its id")
        self.assertEqual(len(set(ids)), 3)

    def test_a_change_of_services_leaves_nobody_with_what_is_not_true(self):
        one, two, three = (self.page.service(name)["id"] for name in ("One", "Two", "Three"))
        for path, services in (("/one", [one]), ("/two", [two]), ("/both", [one, two]), ("/all", []), ("/three", [three])):
            self.hooked(path, services)
        window = self.page.create(title="W", service_ids=[one])
        self.page.patch(window, service_ids=[two])
        self.page.patch(window, status="cancelled", service_ids=[three])
        running = self.page.create(title="R", service_ids=[one], status="in_progress", scheduled_start=at(hours=-1), scheduled_end=at(hours=1))
        self.page.patch(running, service_ids=[three], notify=False)
        self.page.patch(running, service_ids=[one])
        self.page.patch(running, service_ids=[one, two], scheduled_end=at(hours=2))
        self.nothing_owed()
        told = {}
        for hook in self.hook.hooks.items:
            told.setdefault(hook.path, []).append(" ".join(hook.json["text"].split()[1:4]))
        scheduled, cancelled, left, begun, ends = "maintenance: W on", "cancelled: W", "update: {} no", "in progress: R", "updated: R now"
        self.assertEqual(told, {"/one": [scheduled, left.format("W"), begun, begun, ends], "/two": [scheduled, cancelled, ends],
                                "/both": [scheduled, cancelled, begun, begun, ends], "/all": [scheduled, cancelled, begun, ends],
                                "/three": [left.format("R")]})
        self.assertIn("Maintenance update: W no longer affects your services", [h.json["text"] for h in self.hook.hooks.items])
        self.assertEqual(self.page.told(window), ["scheduled", "update", "scheduled", "cancelled"])

    def test_a_redirect_is_not_followed(self):
        self.hooked("/from")
        self.hook.answer = lambda hook: (302, {"Location": f"http://127.0.0.1:{self.hook.port}/to"})
        self.page.create()
        self.said("it answered 302")
        self.assertEqual({h.path for h in self.hook.hooks.items}, {"/from"})

    def test_one_that_is_gone_is_given_up(self):
        self.hooked()
        self.hook.answer = lambda hook: 410
        self.page.create()
        self.said("was given up: it answered 410")
        self.nothing_owed()
        self.assertEqual(len(self.hook.hooks.items), 1)

    def test_hears_of_its_services_alone(self):
        one, two = self.page.service("One"), self.page.service("Two")
        self.hooked("/one", [one["id"]])
        self.hooked("/all")
        self.page.create(service_ids=[two["id"]])
        self.page.create(service_ids=[one["id"]])
        self.nothing_owed()
        self.assertEqual(sorted(h.path for h in self.hook.hooks.items), ["/all", "/all", "/one"])

    def test_a_name_that_leads_inside_is_not_connected_to(self):
        self.page.stop()
        self.config.write_text(self.config.read_text().replace("127.0.0.0/8", "192.0.2.0/24"))
        self.page.start()
        answer = self.page.call("POST", "/subscribers", {"type": "webhook", "endpoint": f"http://localhost:{self.hook.port}/"})
        self.assertEqual(answer.status, 201, answer.text)
        self.page.create()
        self.said("leads to an address that is not public")
        self.assertEqual(self.hook.hooks.items, [])


if __name__ == "__main__":
    unittest.main()
