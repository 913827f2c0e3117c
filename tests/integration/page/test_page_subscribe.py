#!/usr/bin/python3
"""Subscribing and unsubscribing as people do it: the form of maintd-page, the mail it sends, the links in that."""
import re
import time
import unittest
import urllib.parse

from receivers import URL, Delivering


class Forms(Delivering):
    def setUp(self):
        super().setUp()
        self.client = 0

    def post(self, path="/subscribe", fields=(), client=None, **headers):
        """A form from a browser of its own, unless `client` names one."""
        self.client += 1
        sent = {"Content-Type": "application/x-www-form-urlencoded", "X-API-Key": None, "X-Forwarded-For": client or f"192.0.2.{self.client}"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.page.request("POST", path, urllib.parse.urlencode(fields).encode(), sent)

    def show(self, path):
        return self.page.request("GET", path, headers={"X-API-Key": None})

    def asked(self, n=1):
        return [m for m in self.mail.mails.wait(n) if "wish-" in m.message["Message-ID"]]

    def subscribers(self):
        return self.sql("SELECT endpoint, confirmed_at > 0 FROM subscriber ORDER BY seq")


class Form(Forms):
    settings = "trusted_proxies: 127.0.0.1\n"

    def test_from_the_form_to_the_mail_and_out_again(self):
        one, two = self.page.service("One <1>"), self.page.service("Two")
        form = self.show("/subscribe")
        self.assertEqual((form.status, form.headers["Cache-Control"]), (200, "no-store"))
        self.assertIn("form-action 'self'", form.headers["Content-Security-Policy"])
        self.assertIn("One &lt;1&gt;", form.text.decode())
        self.assertEqual(re.findall('name="service" value="([^"]+)"', form.text.decode()), [one["id"], two["id"]])
        self.assertIn('href="/subscribe"', self.show("/").text.decode())

        self.assertEqual(self.post(fields=[("address", "Ann@Example.com"), ("service", one["id"])]).status, 200)
        self.assertEqual(self.subscribers(), [])
        mail = self.asked()[0]
        self.assertEqual((mail.to, mail.message["List-Unsubscribe"], mail.message["Auto-Submitted"]), (["ann@example.com"], None, "auto-generated"))
        link = mail.link("/subscribe/confirm/")[len(URL):]
        self.assertIn(link, mail.part("html"))
        token = link.rsplit("/", 1)[1]
        self.assertFalse(any(token in str(v) for row in self.sql("SELECT * FROM wish") + self.sql("SELECT hex(hash) FROM wish_token") for v in row))

        self.assertIn("ann@example.com", self.show(link).text.decode())
        self.assertEqual(self.subscribers(), [], "a link that is looked at is not agreed to")
        self.assertEqual(self.post(link).status, 200)
        self.assertEqual(self.subscribers(), [("ann@example.com", 1)])
        self.assertEqual(self.show(link).status, 404)

        self.page.create(service_ids=[two["id"]])
        self.page.create(service_ids=[one["id"]], title="Yours")
        notice = self.notices(1)[0]
        self.assertIn("Yours", notice.message["Subject"])
        leave = notice.message["List-Unsubscribe"].strip()[1:-1][len(URL):]
        self.assertIn(leave, notice.part("plain"))
        self.assertIn(leave, notice.part("html"))
        self.assertEqual(self.show(leave).status, 200)
        self.assertEqual(len(self.subscribers()), 1)
        done = self.page.request("POST", leave, b"List-Unsubscribe=One-Click", {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(done.status, 200)
        self.assertEqual(self.subscribers(), [])
        again = self.page.request("POST", leave, b"List-Unsubscribe=One-Click", {"X-API-Key": None})
        self.assertEqual((again.status, again.text), (done.status, done.text))

    def test_a_mistake_loses_nothing_that_was_chosen(self):
        one, two = self.page.service("One"), self.page.service("Two")
        back = self.post(fields=[("address", "ann"), ("service", two["id"])])
        self.assertEqual(back.status, 400)
        self.assertEqual(re.findall('name="service" value="([^"]+)"( checked)?>', back.text.decode()), [(one["id"], ""), (two["id"], " checked")])

    def test_known_and_unknown_addresses_get_the_same_answer(self):
        self.subscribed("known@example.com")
        known, unknown = self.post(fields={"address": "known@example.com"}), self.post(fields={"address": "other@example.com"})
        self.assertEqual((known.status, known.text), (unknown.status, unknown.text))
        often = [self.post(fields={"address": "often@example.com"}) for _ in range(5)]
        self.assertEqual({(a.status, a.text) for a in often}, {(known.status, known.text)})
        self.asked(6)
        self.assertEqual(sum(m.to == ["often@example.com"] for m in self.asked(6)), 3)
        times = {}
        for address in ("known@example.com", "fresh@example.com") * 5:
            begun = time.monotonic()
            self.post(fields={"address": address.replace("fresh", f"fresh{self.client}")})
            times.setdefault(address, []).append(time.monotonic() - begun)
        a, b = (sorted(t)[2] for t in times.values())
        self.assertLess(max(a, b), 20 * min(a, b) + 0.05)

    def test_a_stranger_has_no_word_in_the_mail_that_it_causes(self):
        self.post(fields={"address": "ann@example.com"})
        self.post(fields=[("address", "ann@example.com"), ("subject", "Buy"), ("message", "Buy this"), ("name", "Buy"), ("service", "Buy"), ("address", "bob@example.com")])
        plain, loaded = (re.sub("/confirm/[0-9a-z]{52}", "/confirm/", m.part("plain") + m.part("html") + m.message["Subject"]) for m in self.asked(2))
        self.assertEqual(plain, loaded)
        self.assertEqual([m.to for m in self.asked(2)], [["ann@example.com"]] * 2)

    def test_who_is_subscribed_changes_services_the_same_way(self):
        one = self.page.service("One")
        self.subscribed("ann@example.com")
        self.asked()
        self.post(fields=[("address", "ann@example.com"), ("service", one["id"])])
        link = self.asked(2)[-1].link("/subscribe/confirm/")[len(URL):]
        self.assertEqual(self.post(link).status, 200)
        self.assertEqual(self.subscribers(), [("ann@example.com", 1)])
        self.assertEqual([s["name"] for s in self.page.call("GET", "/subscribers").json["subscribers"][0]["services"]], ["One"])

    def test_who_wanted_services_that_are_gone_does_not_get_all(self):
        gone, kept = self.page.service("Gone"), self.page.service("Kept")
        pending = self.page.call("POST", "/subscribers", {"type": "email", "endpoint": "rest@example.com", "services": [gone["id"]]}).json
        self.post(fields=[("address", "ann@example.com"), ("service", gone["id"])])
        self.post(fields=[("address", "bob@example.com"), ("service", "svc_bogus")])
        self.post(fields=[("address", "eve@example.com"), ("service", gone["id"]), ("service", kept["id"])])
        self.assertEqual(self.page.call("DELETE", "/services/" + gone["id"]).status, 204)
        links = {m.to[0]: m.link("/subscribe/confirm/")[len(URL):] for m in self.asked(4)}
        self.assertEqual({to: self.post(link).status for to, link in links.items()},
                         {"rest@example.com": 404, "ann@example.com": 404, "bob@example.com": 404, "eve@example.com": 200})
        self.assertEqual(self.subscribers(), [("rest@example.com", 0), ("eve@example.com", 1)])
        self.assertEqual([s["services"] for s in self.page.call("GET", "/subscribers").json["subscribers"] if s["id"] != pending["id"]],
                         [[{"id": kept["id"], "name": "Kept"}]])

    def test_what_is_no_address_comes_back_escaped(self):
        for address in ('"><script>alert(1)</script>', "ann", "a@b.c\r\nBcc: x@y.z", "a,b@example.com"):
            answer = self.post(fields={"address": address})
            self.assertEqual(answer.status, 400, address)
            self.assertNotIn("<script>alert", answer.text.decode())
            self.assertIn('aria-invalid="true"', answer.text.decode())
        for body in (b"address=%zz", b"%00=1", b"\0", b"&".join(b"a" for _ in range(257)), b"x" * 140000):
            self.assertEqual(self.page.request("POST", "/subscribe", body, {"X-API-Key": None, "X-Forwarded-For": "192.0.2.77"}).status, 400)
        self.assertEqual(self.sql("SELECT count(*) FROM wish"), [(0,)])

    def test_one_visitor_sends_five_forms_and_a_forged_header_helps_nobody(self):
        for n in range(5):
            self.assertEqual(self.post(fields={"address": f"a{n}@example.com"}, client=f"10.{n}.0.1, 198.51.100.7").status, 200)
        for client in ("198.51.100.7", "1.2.3.4, 198.51.100.7", "198.51.100.7, 127.0.0.1"):
            late = self.post(fields={"address": "late@example.com"}, client=client)
            self.assertEqual(late.status, 429, client)
            self.assertTrue(0 < int(late.headers["Retry-After"]) <= 600)
        self.assertEqual(self.post(fields={"address": "other@example.com"}, client="198.51.100.8").status, 200)

    def test_forms_of_other_pages_are_refused(self):
        rows = [({"Sec_Fetch_Site": "cross-site"}, 403), ({"Sec_Fetch_Site": "same-site"}, 403), ({"Origin": "https://evil.example"}, 403),
                ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 200), ({"Origin": f"http://127.0.0.1:{self.page.port}"}, 200), ({}, 200)]
        for headers, status in rows:
            self.assertEqual(self.post(fields={"address": "ann@example.com"}, **headers).status, status, headers)

    def test_other_methods_and_links_that_never_were(self):
        self.assertEqual(self.page.request("PATCH", "/subscribe").status, 405)
        for path in ("/subscribe/confirm/", "/subscribe/confirm/" + "0" * 52, "/subscribe/confirm/x"):
            self.assertEqual((self.show(path).status, self.post(path).status), (404, 404), path)
        self.assertEqual(self.post("/unsubscribe/nobody").status, 200)

    def test_after_a_day_the_link_has_expired(self):
        self.post(fields={"address": "ann@example.com"})
        link = self.asked()[0].link("/subscribe/confirm/")[len(URL):]
        self.assertEqual(self.show(link).status, 200)
        self.sql("UPDATE wish SET created_at = created_at - 86400 * 1000000")
        self.assertEqual((self.show(link).status, self.post(link).status), (404, 404))
        self.assertEqual(self.subscribers(), [])


class Untrusted(Forms):
    """Nobody told the page to believe a proxy."""

    settings = ""

    def test_a_header_from_nowhere_is_not_believed(self):
        for n in range(6):
            answer = self.post(fields={"address": f"a{n}@example.com"}, client=f"198.51.100.{n}")
        self.assertEqual(answer.status, 429)


if __name__ == "__main__":
    unittest.main()
