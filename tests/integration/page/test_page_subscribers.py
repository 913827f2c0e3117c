#!/usr/bin/python3
"""Subscribers over the REST API of maintd-page: who may be one, and what is kept of them."""
import os
import pathlib
import sqlite3
import unittest

from page_server import PageTest, Server

MAIL = "mail_server: smtp://127.0.0.1:9\nmail_tls: none\nmail_from: status@example.com\nurl: https://status.example.com\n"


def settings(folder, text):
    path = pathlib.Path(folder, "page.yaml")
    path.write_text(text)
    return path


class Configured(unittest.TestCase):
    """A page that sends mail, though nobody answers where it would."""

    config = MAIL

    @classmethod
    def setUpClass(cls):
        cls.page = Server("--rate-limit", "off")
        cls.page.stop()
        cls.page.options += ("--config", str(settings(cls.page.dir, cls.config)))
        cls.page.start()

    @classmethod
    def tearDownClass(cls):
        cls.page.remove()

    def sql(self, *statement):
        with sqlite3.connect(os.path.join(self.page.dir, "page.sqlite"), timeout=10) as db:
            rows = db.execute(*statement).fetchall()
        db.close()
        return rows

    def post(self, type, endpoint, **more):
        return self.page.call("POST", "/subscribers", {"type": type, "endpoint": endpoint, **more})

    def email(self, endpoint, **more):
        answer = self.post("email", endpoint, **more)
        self.assertEqual(answer.status, 201, answer.text)
        return answer.json


class Rest(Configured):
    def test_a_mailbox_is_pending_until_its_owner_says_yes(self):
        service = self.page.service("Mail")
        made = self.email("Ann@Example.com", services=[service["id"]])
        self.assertRegex(made.pop("id"), "^sub_")
        self.assertRegex(made.pop("created_at"), "Z$")
        self.assertEqual(made, {"type": "email", "endpoint": "ann@example.com", "status": "pending", "confirmed_at": None,
                                "services": [{"id": service["id"], "name": "Mail"}]})
        self.assertEqual(self.sql("SELECT endpoint, services FROM wish WHERE endpoint = 'ann@example.com'"), [("ann@example.com", service["id"])])

    def test_a_hook_is_active_and_its_secret_is_shown_once(self):
        answer = self.post("webhook", "https://hooks.example.com/a")
        self.assertEqual(answer.status, 201, answer.text)
        made = answer.json
        self.assertRegex(made.pop("secret"), "^whsec_[0-9a-z]{52}$")
        self.assertEqual(made["status"], "active")
        self.assertEqual(self.page.call("GET", "/subscribers/" + made["id"]).json, made)
        self.assertNotIn(b"whsec_", self.page.call("GET", "/subscribers?limit=100").text)

    def test_one_endpoint_is_one_subscriber(self):
        first = self.email("twice@example.com")
        self.sql("UPDATE subscriber SET confirmed_at = 1 WHERE id = ?", (first["id"],))
        again = self.post("email", "TWICE@example.com")
        self.assertEqual((again.status, again.code, again.json["details"]["id"]), (409, "DUPLICATE_ENDPOINT", first["id"]))

    def test_a_pending_one_is_asked_once_more(self):
        service = self.page.service("Asked for anew")
        first = self.email("anew@example.com")
        self.sql("UPDATE wish SET created_at = created_at - 86400 * 1000000 WHERE endpoint = 'anew@example.com'")
        again = self.post("email", "Anew@example.com", services=[service["id"]])
        self.assertEqual((again.status, again.json["id"], again.json["status"], [s["id"] for s in again.json["services"]]),
                         (200, first["id"], "pending", [service["id"]]))
        self.assertEqual(self.sql("SELECT services, due > 0 FROM wish WHERE endpoint = 'anew@example.com' ORDER BY seq DESC LIMIT 1"), [(service["id"], 1)])

    def test_is_listed_in_order_page_by_page(self):
        made = [self.email(f"page{n}@example.com")["id"] for n in range(5)]
        seen, cursor = [], ""
        while cursor is not None:
            answer = self.page.call("GET", "/subscribers?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
            self.assertLessEqual(len(answer["subscribers"]), 2)
            seen += [s["id"] for s in answer["subscribers"]]
            cursor = answer["next_cursor"]
        self.assertEqual([i for i in seen if i in made], made)
        self.assertEqual(len(seen), len(set(seen)))

    def test_delete_forgets_it_and_what_it_is_owed(self):
        made = self.post("webhook", "https://hooks.example.com/gone").json
        self.page.create()
        owed = "SELECT count(*) FROM delivery WHERE subscriber = ?"
        seq = self.sql("SELECT seq FROM subscriber WHERE id = ?", (made["id"],))[0][0]
        self.assertEqual(self.sql(owed, (seq,)), [(1,)])
        self.assertEqual(self.page.call("DELETE", "/subscribers/" + made["id"]).status, 204)
        self.assertEqual(self.page.call("DELETE", "/subscribers/" + made["id"]).status, 404)
        self.assertEqual(self.page.call("GET", "/subscribers/" + made["id"]).status, 404)
        self.assertEqual(self.sql(owed, (seq,)), [(0,)])

    def test_what_is_refused(self):
        rows = [({"type": "email", "endpoint": "ann"}, "endpoint"), ({"type": "fax", "endpoint": "1"}, "type"), ({"type": "email"}, "endpoint"),
                ({"type": "email", "endpoint": "a@example.com\r\nBcc: b@example.com"}, "endpoint"),
                ({"type": "email", "endpoint": "x@example.com", "services": ["svc_none"]}, "services"),
                ({"type": "webhook", "endpoint": "http://hooks.example.com/"}, "endpoint"),
                ({"type": "webhook", "endpoint": "https://127.0.0.1/"}, "endpoint"), ({"type": "webhook", "endpoint": "https://[::1]/"}, "endpoint"),
                ({"type": "webhook", "endpoint": "https://169.254.169.254/latest"}, "endpoint"), ({"type": "webhook", "endpoint": "https://10.0.0.1/"}, "endpoint"),
                ({"type": "webhook", "endpoint": "https://[::ffff:10.0.0.1]/"}, "endpoint"), ({"type": "webhook", "endpoint": "https://u:p@hooks.example.com/"}, "endpoint")]
        for body, field in rows:
            with self.subTest(body):
                answer = self.page.call("POST", "/subscribers", body)
                self.assertEqual((answer.status, answer.code), (400, "INVALID_SCHEMA"), answer.text)
                self.assertEqual(list(answer.fields), [field])
        self.assertEqual(self.page.call("PATCH", "/subscribers/sub_x", {}).status, 405)

    def test_has_a_scope_of_its_own(self):
        keys = {name: self.page.admin("key", "add", name, "--scope", scope) for name, scope in (
            ("sub-r", "subscribers:read"), ("sub-w", "subscribers:write"), ("other", "maintenance:write,services:write"))}
        for name, get, post in (("sub-r", 200, 403), ("sub-w", 200, 201), ("other", 403, 403)):
            self.assertEqual(self.page.call("GET", "/subscribers", X_API_Key=keys[name]).status, get, name)
            self.assertEqual(self.page.call("POST", "/subscribers", {"type": "email", "endpoint": f"{name}@example.com"}, X_API_Key=keys[name]).status, post, name)

    def test_an_address_is_asked_three_times_a_day(self):
        for _ in range(3):
            made = self.email("often@example.com")
            self.page.call("DELETE", "/subscribers/" + made["id"])
        answer = self.post("email", "often@example.com")
        self.assertEqual((answer.status, answer.code, answer.headers["Retry-After"]), (429, "TOO_MANY_WISHES", "3600"))
        self.assertEqual(self.sql("SELECT count(*), sum(counts & 1) FROM wish WHERE endpoint = 'often@example.com'"), [(3, 3)])
        self.assertEqual(self.sql("SELECT count(*) FROM subscriber WHERE endpoint = 'often@example.com'"), [(0,)])

    def test_what_is_owed_goes_to_those_who_want_it(self):
        one, two = self.page.service("One"), self.page.service("Two")
        hooks = {name: self.post("webhook", f"https://hooks.example.com/{name}", services=s).json["id"] for name, s in (
            ("all", []), ("one", [one["id"]]), ("two", [two["id"]]), ("both", [one["id"], two["id"]]))}
        self.email("pending@example.com")
        for services, wanted in (([], {"all", "one", "two", "both"}), ([one["id"]], {"all", "one", "both"}), ([two["id"]], {"all", "two", "both"})):
            window = self.page.create(service_ids=services)
            rows = self.sql("SELECT s.id FROM delivery d JOIN subscriber s ON s.seq = d.subscriber JOIN outbox o ON o.seq = d.event WHERE o.maintenance_id = ?",
                            (window["id"],))
            self.assertEqual({name for name, i in hooks.items() if (i,) in rows}, wanted)
            self.assertNotIn("pending@example.com", [r[0] for r in rows])


class Bounds(Configured):
    def test_20000_subscribers_are_the_most(self):
        self.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) INSERT INTO subscriber (id, kind, endpoint, created_at,"
                 " confirmed_at, leave) SELECT 'sub_' || i, 0, 'n' || i || '@example.com', unixepoch() * 1000000, 0, 'l' || i FROM n")
        self.assertEqual(self.post("webhook", "https://hooks.example.com/last").status, 201)
        self.assertEqual(self.post("webhook", "https://hooks.example.com/more").code, "TOO_MANY_SUBSCRIBERS")
        self.sql("DELETE FROM subscriber")

    def fill(self, n, counts):
        self.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO wish (endpoint, services, created_at, due, counts)"
                 " SELECT 'n' || i || '@example.com', '', unixepoch() * 1000000, 0, ? FROM n", (n, counts))

    def form(self, address):
        return self.page.request("POST", "/subscribe", f"address={address}".encode(), {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded"})

    def test_5000_wishes_a_day_are_the_most(self):
        self.fill(4999, 3)
        self.assertEqual(self.post("email", "last@example.com").status, 201)
        self.assertEqual((answer := self.post("email", "more@example.com")).code, "TOO_MANY_WISHES", answer.text)
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (429, "3600"))
        self.assertEqual(self.form("visitor@example.com").status, 200)
        self.sql("DELETE FROM wish")

    def test_visitors_do_not_use_up_what_keys_may(self):
        self.fill(5000, 1)
        refused = self.form("visitor@example.com")
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (503, "3600"))
        self.assertEqual(self.post("email", "key@example.com").status, 201)
        self.sql("DELETE FROM wish")


class Plain(PageTest):
    def test_without_a_mail_server_there_is_no_mail(self):
        self.refused(self.page.call("POST", "/subscribers", {"type": "email", "endpoint": "ann@example.com"}), 409, "MAIL_OFF")

    def test_a_database_of_an_older_version_is_brought_up(self):
        self.assertEqual(self.page.call("GET", "/subscribers").json, {"subscribers": [], "next_cursor": None})
        for version in (4, 3, 2):
            self.page.stop()
            self.page.set_back(version)
            self.page.start()
            self.assertEqual(self.page.call("POST", "/subscribers", {"type": "webhook", "endpoint": f"https://hooks.example.com/{version}"}).status, 201)


if __name__ == "__main__":
    unittest.main()
