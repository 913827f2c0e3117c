#!/usr/bin/python3
"""Uptime monitors of maintd-page, against a server that answers, fails, hangs, drips, redirects and pours as told."""
import re
import sqlite3
import unittest
import urllib.parse

from page_server import Server, at, eventually, instant, now
from watched import Monitoring, Watched, answer, drip, hang, pour


def close(peer):
    peer.close()


class Checks(Monitoring):
    def test_what_answers_is_up(self):
        path = self.path()
        before = now()
        made = self.monitor(path)
        self.assertEqual((made["status"], made["last_checked_at"], made["latency_ms"], made["last_error"]), ("unknown", None, None, None))
        seen = self.becomes(made, "up")
        self.assertLessEqual(before.replace(microsecond=0), instant(seen["last_checked_at"]))
        self.assertGreaterEqual(seen["latency_ms"], 0)
        self.assertIsNone(seen["last_error"])
        head = next(text for p, text in self.watched.asked.items if p == path)
        self.assertTrue(head.startswith(f"GET {path} HTTP/1.1\r\n"), head)
        self.assertIn("User-Agent: maintd-page/", head)
        self.watched.asked_again(path, 2)

    def test_two_failures_in_a_row_show_and_the_first_success_ends_it(self):
        rows = ((answer(500), "down", "major_outage", "it answered 500, not 2xx"), (answer(404), "degraded", "degraded", "it answered 404, not 2xx"),
                (answer(302, headers=f"Location: {self.watched.url('/elsewhere')}\r\n"), "degraded", "degraded", "it answered 302, not 2xx"),
                (close, "down", "major_outage", "Empty reply from server"), (lambda peer: peer.sendall(b"nonsense\r\n\r\n"), "down", "major_outage", ""),
                (hang, "down", "major_outage", "no whole answer within 500ms"), (drip, "down", "major_outage", "no whole answer within 500ms"))
        made = []
        for _ in rows:
            path, service = self.path(), self.service()
            made.append((path, service, self.monitor(path, service)))
        for _, _, monitor in made:
            self.becomes(monitor, "up")
        for (path, _, _), row in zip(made, rows):
            self.watched.acts[path] = row[0]
        for (_, service, monitor), (_, status, shown, error) in zip(made, rows):
            self.assertIn(error, self.becomes(monitor, status)["last_error"])
            self.assertEqual(self.shown(service), shown)
        for path, _, _ in made:
            del self.watched.acts[path]
        for _, service, monitor in made:
            self.shows(service, "operational")
            self.assertEqual(self.becomes(monitor, "up")["last_error"], None)
        self.assertEqual(self.watched.count("/elsewhere"), 0)

    def test_one_failure_shows_nothing(self):
        path, service, left = self.path(), self.service(), [1]
        self.watched.acts[path] = lambda peer: answer(500 if left and left.pop() else 200)(peer)
        monitor = self.monitor(path, service)
        self.becomes(monitor, "up")
        left.append(1)
        self.watched.asked_again(path, 3)
        self.assertEqual(left, [])
        self.assertEqual(self.becomes(monitor, "up")["status"], "up")
        with sqlite3.connect(f"file:{self.page.dir}/page.sqlite?mode=ro", uri=True) as db:
            rows = db.execute("SELECT state FROM service_state JOIN service ON service.seq = service WHERE id = ?", (service["id"],)).fetchall()
        db.close()
        self.assertEqual(rows, [(0,)])

    def test_an_expected_status_is_up(self):
        path = self.path()
        self.watched.acts[path] = answer(401)
        self.becomes(self.monitor(path, expected_status_code=401), "up")
        other = self.path()
        self.assertIn("it answered 200, not 204", self.becomes(self.monitor(other, expected_status_code=204), "degraded")["last_error"])

    def test_what_was_said_by_hand_comes_back(self):
        path, service = self.path(), self.service(status="partial_outage")
        self.watched.acts[path] = answer(404)
        monitor = self.monitor(path, service)
        self.becomes(monitor, "degraded")
        self.assertEqual(self.shown(service), "partial_outage")
        self.watched.acts[path] = answer(503)
        self.shows(service, "major_outage")
        self.assertEqual(self.page.call("GET", f"/services/{service['id']}").json["manual_status"], "partial_outage")
        del self.watched.acts[path]
        self.shows(service, "partial_outage")
        self.watched.acts[path] = answer(503)
        self.shows(service, "major_outage")
        self.page.call("PATCH", f"/services/{service['id']}", {"status": "maintenance"})
        self.assertEqual(self.shown(service), "maintenance")

    def test_the_worst_of_several_wins(self):
        service, paths = self.service(), [self.path() for _ in range(3)]
        monitors = [self.monitor(path, service) for path in paths]
        for monitor in monitors:
            self.becomes(monitor, "up")
        self.watched.acts[paths[0]] = answer(404)
        self.shows(service, "degraded")
        self.watched.acts[paths[1]] = answer(500)
        self.shows(service, "major_outage")
        self.assertEqual(self.patch(monitors[1], enabled=False)["status"], "paused")
        self.assertEqual(self.shown(service), "degraded")
        self.assertEqual(self.page.call("DELETE", f"/uptime-monitors/{monitors[0]['id']}").status, 204)
        self.assertEqual(self.shown(service), "operational")
        self.patch(monitors[1], enabled=True)
        self.shows(service, "major_outage")
        other = self.service()
        self.patch(monitors[1], service_id=other["id"])
        self.assertEqual((self.shown(service), self.shown(other)), ("operational", "major_outage"))
        self.assertEqual(self.page.call("DELETE", f"/services/{other['id']}").status, 204)
        self.assertEqual(self.seen(monitors[1])["service_id"], None)

    def test_a_disabled_one_is_not_looked_at(self):
        path, clock = self.path(), self.path()
        monitor = self.monitor(path, enabled=False)
        self.monitor(clock)
        self.watched.asked_again(clock, 3)
        self.assertEqual((self.watched.count(path), self.seen(monitor)["status"]), (0, "paused"))
        self.patch(monitor, enabled=True)
        self.becomes(monitor, "up")
        self.patch(monitor, enabled=False)
        n = self.watched.count(path)
        self.watched.asked_again(clock, 3)
        self.assertLessEqual(self.watched.count(path), n + 1)   # one may have been under way

    def test_another_address_is_looked_at_at_once(self):
        path, service = self.path(), self.service()
        self.watched.acts[path] = answer(500)
        monitor = self.monitor(path, service, interval_seconds=86400)
        eventually("the answer is known", lambda: self.seen(monitor)["last_checked_at"])
        self.assertEqual(self.seen(monitor)["status"], "unknown")
        other = self.path()
        patched = self.patch(monitor, url=self.watched.url(other))
        self.assertEqual((patched["last_checked_at"], patched["last_error"]), (None, None))
        self.becomes(monitor, "up")

    def test_counts_by_hour_and_day(self):
        path = self.path()
        monitor = self.monitor(path)
        self.becomes(monitor, "up")
        self.watched.asked_again(path, 2)
        for query in ("hours", "days"):
            history = self.page.call("GET", f"/uptime-monitors/{monitor['id']}?history={query}").json["history"]
            self.assertGreaterEqual(sum(row["up"] for row in history), 2)
            self.assertEqual(sum(row["down"] + row["degraded"] for row in history), 0)
            self.assertLessEqual(history[0]["latency_ms"]["min"], history[0]["latency_ms"]["avg"])
            self.assertLessEqual(history[0]["latency_ms"]["avg"], history[0]["latency_ms"]["max"])
            self.assertTrue(history[0]["at"].endswith(":00:00.000Z"))
        self.refused(self.page.call("GET", f"/uptime-monitors/{monitor['id']}?history=years"), "history")

    def refused(self, answered, *fields):
        self.assertEqual((answered.status, answered.code), (400, "INVALID_SCHEMA"), answered.text)
        self.assertEqual(sorted(answered.fields), sorted(fields))

    def test_an_endless_answer_is_bounded(self):
        for head, what, status in ((b"HTTP/1.1 200 OK\r\n", b"X-Endless: 0123456789abcdef\r\n" * 100, "down"),
                                   (b"HTTP/1.1 200 OK\r\nX: ", b"0123456789abcdef" * 100, "down"),
                                   (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, "down"),
                                   (b"HTTP/1.1 200 OK\r\n\r\n", b"0123456789abcdef" * 100, "up")):
            with self.subTest(head=head):
                path, self.watched.poured = self.path(), 0
                self.watched.acts[path] = pour(head, what)
                monitor = self.monitor(path, timeout_ms=1000)
                self.becomes(monitor, status)
                self.patch(monitor, enabled=False)
                # What went out waits in the sockets' buffers, of a few checks.
                self.assertLess(self.watched.poured / max(1, self.watched.count(path)), 16 * 1024 * 1024)

    def test_a_name_that_is_not_there_is_down(self):
        monitor = self.monitor(self.path(), url="http://nothing.invalid/")
        self.assertIn("nothing.invalid", self.becomes(monitor, "down")["last_error"])

    def test_many_are_spread_over_the_interval_and_none_is_forgotten(self):
        paths = [self.path() for _ in range(60)]
        monitors = [self.monitor(path, interval_seconds=2) for path in paths]
        for monitor in monitors:
            self.becomes(monitor, "up")
        for path, n in {path: self.watched.count(path) for path in paths}.items():
            eventually(f"{path} again", lambda: self.watched.count(path) > n)


class Resource(Monitoring):
    def refused(self, answered, status, code, *fields):
        self.assertEqual((answered.status, answered.code), (status, code), answered.text)
        if fields:
            self.assertEqual(sorted(answered.fields), sorted(fields))

    def post(self, **fields):
        return self.page.call("POST", "/uptime-monitors", {"name": self.path(), "url": self.watched.url("/"), "enabled": False, **fields})

    def test_defaults_and_the_fields_of_kodo(self):
        made = self.page.call("POST", "/uptime-monitors", {"name": self.path(), "url": "https://example.com/", "enabled": False}).json
        self.assertEqual({k: made[k] for k in ("interval_seconds", "timeout_ms", "expected_status_code", "service_id", "enabled", "status")},
                         {"interval_seconds": 60, "timeout_ms": 10000, "expected_status_code": None, "service_id": None, "enabled": False, "status": "paused"})
        listed = self.page.call("GET", "/uptime-monitors?limit=100").json
        self.assertIn(made, listed["monitors"])
        self.assertTrue(made["id"].startswith("mon_"))
        self.assertEqual(self.page.call("GET", f"/uptime-monitors/{made['id']}").json, made)
        self.assertEqual(self.post(interval_seconds=1).json["timeout_ms"], 1000)

    def test_says_what_is_wrong_with_which_field(self):
        for fields in ({"name": ""}, {"name": None}, {"url": "ftp://example.com/"}, {"url": "https://user@example.com/"}, {"url": 7}, {"url": "http://10.0.0.1/"},
                       {"url": "http://[fd00::1]/"}, {"url": "http://169.254.169.254/latest"}, {"interval_seconds": 0}, {"interval_seconds": 1.5}, {"interval_seconds": 86401},
                       {"timeout_ms": 99}, {"timeout_ms": 30001}, {"expected_status_code": 199}, {"expected_status_code": 600}, {"expected_status_code": "200"},
                       {"service_id": 7}, {"service_id": "svc_none"}, {"enabled": "yes"}, {"status": "up"}, {"consecutive_failure_threshold": 3}):
            with self.subTest(fields=fields):
                self.refused(self.post(**fields), 400, "INVALID_SCHEMA", *fields)
        self.refused(self.page.call("POST", "/uptime-monitors", {}), 400, "INVALID_SCHEMA", "name", "url")
        self.refused(self.post(interval_seconds=1, timeout_ms=1001), 400, "INVALID_SCHEMA", "timeout_ms")
        made = self.post(interval_seconds=10, timeout_ms=5000).json
        self.refused(self.page.call("PATCH", f"/uptime-monitors/{made['id']}", {"interval_seconds": 4}), 400, "INVALID_SCHEMA", "interval_seconds")

    def test_a_name_is_one_monitors(self):
        one, two = self.post().json, self.post().json
        again = self.post(name=one["name"])
        self.refused(again, 409, "DUPLICATE_NAME")
        self.assertEqual(again.json["details"]["id"], one["id"])
        self.refused(self.page.call("PATCH", f"/uptime-monitors/{two['id']}", {"name": one["name"]}), 409, "DUPLICATE_NAME")
        self.assertEqual(self.patch(one, name=one["name"])["name"], one["name"])

    def test_scopes_methods_and_what_is_not_there(self):
        read, write = (self.page.admin("key", "add", f"m-{scope}", "--scope", f"monitors:{scope}") for scope in ("read", "write"))
        made = self.post().json
        self.assertEqual(self.page.call("GET", "/uptime-monitors", X_API_Key=read).status, 200)
        self.refused(self.page.call("DELETE", f"/uptime-monitors/{made['id']}", X_API_Key=read), 403, "INSUFFICIENT_SCOPE")
        self.assertEqual(self.page.call("GET", f"/uptime-monitors/{made['id']}", X_API_Key=write).status, 200)
        self.refused(self.page.call("GET", "/services", X_API_Key=write), 403, "INSUFFICIENT_SCOPE")
        for method in ("GET", "PATCH", "DELETE"):
            self.refused(self.page.call(method, "/uptime-monitors/mon_none", {} if method == "PATCH" else None), 404, "NOT_FOUND")
        self.refused(self.page.call("DELETE", "/uptime-monitors"), 405, "METHOD_NOT_ALLOWED")
        self.assertEqual(self.page.call("DELETE", f"/uptime-monitors/{made['id']}", X_API_Key=write).status, 204)
        self.refused(self.page.call("GET", f"/uptime-monitors/{made['id']}"), 404, "NOT_FOUND")

    def test_lists_in_pages_up_to_its_limit(self):
        ids = []
        while (made := self.post()).status == 201:
            ids.append(made.json["id"])
        self.refused(made, 409, "TOO_MANY_MONITORS")
        seen, cursor = [], ""
        while True:
            listed = self.page.call("GET", f"/uptime-monitors?limit=100{cursor}").json
            seen += [m["id"] for m in listed["monitors"]]
            if not listed["next_cursor"]:
                break
            cursor = f"&cursor={listed['next_cursor']}"
        self.assertEqual(len(seen), 500)
        self.assertEqual([i for i in seen if i in set(ids)], ids)
        for i in ids:
            self.page.call("DELETE", f"/uptime-monitors/{i}")


class Maintenance(Monitoring):
    def window(self, *services, **fields):
        return self.page.create(service_ids=[s["id"] for s in services], **fields)

    def quiet(self, path):
        """While another one is looked at three times, this one is not."""
        clock = self.path()
        monitor = self.monitor(clock)
        eventually("nothing is under way", lambda: self.watched.count(clock) > 0)
        n = self.watched.count(path)
        self.watched.asked_again(clock, 3)
        self.assertEqual(self.watched.count(path), n)
        self.page.call("DELETE", f"/uptime-monitors/{monitor['id']}")

    def test_monitors_rest_until_the_last_overlapping_window_ends(self):
        path, service = self.path(), self.service()
        monitor = self.monitor(path, service)
        self.becomes(monitor, "up")
        first = self.window(service, status="in_progress", scheduled_start=at(minutes=-1), scheduled_end=at(hours=1), auto_transition=False)
        self.assertEqual((self.seen(monitor)["status"], self.shown(service)), ("paused", "maintenance"))
        self.watched.acts[path] = answer(500)
        self.quiet(path)
        second = self.window(service, status="in_progress", scheduled_start=at(minutes=-1), scheduled_end=at(hours=1), auto_transition=False)
        self.page.patch(first, status="completed")
        self.assertEqual((self.seen(monitor)["status"], self.shown(service)), ("paused", "maintenance"))
        self.quiet(path)
        n = self.watched.count(path)
        self.page.patch(second, status="cancelled")
        eventually("it is looked at again", lambda: self.watched.count(path) > n)
        self.becomes(monitor, "down")
        self.shows(service, "major_outage")

    def test_a_restart_in_the_middle_changes_nothing_and_the_pages_clock_ends_it(self):
        path, service = self.path(), self.service(status="degraded")
        monitor = self.monitor(path, service, interval_seconds=3600)
        self.becomes(monitor, "up")
        window = self.window(service, scheduled_start=at(seconds=-1), scheduled_end=at(hours=1))
        self.assertEqual(self.seen(monitor)["status"], "paused")
        self.page.kill()
        self.page.start()
        self.assertEqual((self.seen(monitor)["status"], self.shown(service)), ("paused", "maintenance"))
        n = self.watched.count(path)
        self.page.patch(window, scheduled_end=at(seconds=1))
        eventually("the window ends", lambda: self.page.get(window)["status"] == "completed")
        eventually("it is looked at at once", lambda: self.watched.count(path) > n)
        self.assertEqual((self.becomes(monitor, "up")["status"], self.shown(service)), ("up", "degraded"))

    def test_a_window_over_a_page_that_is_down(self):
        path, service = self.path(), self.service()
        monitor = self.monitor(path, service, interval_seconds=3600)
        self.becomes(monitor, "up")
        window = self.window(service, scheduled_start=at(seconds=-1), scheduled_end=at(hours=1))
        self.assertEqual(self.seen(monitor)["status"], "paused")
        window = self.page.patch(window, scheduled_end=at(seconds=1))
        self.page.stop()
        eventually("its end is over", lambda: now() > instant(window["scheduled_end"]))
        self.page.start()
        self.assertEqual((self.seen(monitor)["status"], self.shown(service)), ("up", "operational"))

    def test_what_was_down_before_still_is_until_it_is_seen(self):
        path, service = self.path(), self.service()
        self.watched.acts[path] = answer(500)
        monitor = self.monitor(path, service)
        self.shows(service, "major_outage")
        window = self.window(service, status="in_progress", scheduled_start=at(minutes=-1), scheduled_end=at(hours=1), auto_transition=False)
        self.assertEqual(self.shown(service), "maintenance")
        self.quiet(path)
        self.watched.acts[path] = answer(200)
        self.page.patch(window, status="completed")
        self.shows(service, "operational")
        self.becomes(monitor, "up")

    def test_a_window_may_let_them_go_on(self):
        path, service = self.path(), self.service()
        self.watched.acts[path] = answer(500)
        monitor = self.monitor(path, service)
        window = self.window(service, status="in_progress", scheduled_start=at(minutes=-1), scheduled_end=at(hours=1), auto_transition=False, pause_monitors=False)
        self.becomes(monitor, "down")
        self.assertEqual(self.shown(service), "maintenance")
        self.page.patch(window, pause_monitors=True)
        self.assertEqual(self.seen(monitor)["status"], "paused")
        self.page.patch(window, service_ids=[])
        self.assertEqual((self.becomes(monitor, "down")["status"], self.shown(service)), ("down", "major_outage"))

    def test_an_answer_that_comes_in_the_window_does_not_count(self):
        path, service, free = self.path(), self.service(), []

        def late(peer):
            eventually("the window runs", lambda: free)
            answer(500)(peer)
        self.watched.acts[path] = late
        monitor = self.monitor(path, service, interval_seconds=60, timeout_ms=20000)
        eventually("it is under way", lambda: self.watched.count(path) == 1)
        self.window(service, status="in_progress", scheduled_start=at(minutes=-1), scheduled_end=at(hours=1), auto_transition=False)
        free.append(1)
        self.quiet(path)
        self.assertEqual(self.seen(monitor)["last_checked_at"], None)

    def test_kill_9_keeps_what_was_shown(self):
        path, service = self.path(), self.service()
        self.watched.acts[path] = answer(500)
        monitor = self.monitor(path, service, interval_seconds=3600)
        self.patch(monitor, interval_seconds=1)
        self.shows(service, "major_outage")
        self.page.kill()
        self.page.start()
        self.assertEqual((self.seen(monitor)["status"], self.shown(service)), ("down", "major_outage"))
        del self.watched.acts[path]
        self.shows(service, "operational")


class Dashboard(Monitoring):
    """By the forms, as they come."""

    def signed_in(self, scope):
        key = self.page.admin("key", "add", f"{self._testMethodName}-{scope.partition(':')[2]}", "--scope", scope)
        self.cookie = self.form("/dashboard/sign-in", {"key": key}).headers["Set-Cookie"].split(";")[0]

    def form(self, path, fields):
        return self.page.request("POST", path, urllib.parse.urlencode(fields).encode(),
                                 {"X-API-Key": None, "Cookie": getattr(self, "cookie", None), "Content-Type": "application/x-www-form-urlencoded"})

    def text(self, path, status=200):
        answered = self.page.request("GET", path, headers={"X-API-Key": None, "Cookie": self.cookie})
        self.assertEqual(answered.status, status, answered.text)
        return answered.text.decode()

    def send(self, path, **fields):
        """Opens the form, and sends it with what is filled in."""
        opened = self.text(path)
        kept = {name: re.search(f'name="{name}" value="([^"]*)"', opened).group(1) for name in ("csrf", "once")}
        return self.form(path, {**kept, **fields})

    def listed(self):
        return next((m for m in self.page.call("GET", "/uptime-monitors").json["monitors"] if m["name"].startswith("Shop")), None)

    def test_a_monitor_is_added_shown_edited_and_deleted(self):
        path, service = self.path(), self.service()
        self.signed_in("monitors:write")
        self.assertIn("No address is looked after.", self.text("/dashboard/monitors"))
        filled = {"name": "Shop <1>", "url": self.watched.url(path), "interval_seconds": "1", "timeout_ms": "500", "expected_status_code": "", "service_id": service["id"], "enabled": "true"}
        refused = self.send("/dashboard/monitors/new", **{**filled, "url": "http://10.0.0.1/", "interval_seconds": "soon"})
        self.assertEqual(refused.status, 400)
        for text in ("monitor_networks in the page", "Must be a whole number of seconds from 1 to 86400", "Shop &lt;1&gt;"):
            self.assertIn(text, refused.text.decode())
        self.watched.acts[path] = answer(500)
        added = self.send("/dashboard/monitors/new", **filled)
        self.assertEqual((added.status, added.headers["Location"]), (303, "/dashboard/monitors?done=monitor-added"))
        self.becomes(self.listed(), "down")
        shown = self.text("/dashboard/monitors?done=monitor-added")
        for text in ("Shop &lt;1&gt;", ">Down</span>", "it answered 500, not 2xx", service["name"], "Last check: ", "The monitor was added"):
            self.assertIn(text, shown)
        one = f"/dashboard/monitors/{self.listed()['id']}"
        self.assertIn(f'value="{service["id"]}" selected', self.text(one))
        self.assertEqual(self.send(one, **{k: v for k, v in filled.items() if k != "enabled"}).status, 303)
        self.assertEqual((self.listed()["status"], self.shown(service)), ("paused", "operational"))
        self.assertIn(">Paused</span>", self.text("/dashboard/monitors"))
        self.assertEqual(self.send(one, **{**filled, "expected_status_code": "500"}).status, 303)
        self.becomes(self.listed(), "up")
        again = self.send("/dashboard/monitors/new", **filled)
        self.assertEqual(again.status, 409)
        self.assertIn("Another monitor has this name", again.text.decode())
        self.assertIn("Delete monitor: Shop &lt;1&gt;", self.text(f"{one}/delete"))
        self.assertEqual(self.send(f"{one}/delete").status, 303)
        self.assertIsNone(self.listed())
        self.text(one, 404)

    def test_who_may_only_read_is_offered_no_change(self):
        monitor = self.monitor(self.path())
        self.signed_in("monitors:read")
        shown = self.text("/dashboard/monitors")
        self.assertIn(monitor["name"], shown)
        self.assertNotIn("/dashboard/monitors/", shown)
        for path in ("new", monitor["id"], f"{monitor['id']}/delete"):
            self.text(f"/dashboard/monitors/{path}", 403)


class Secure(Monitoring):
    tls = True

    def test_certificates_are_verified(self):
        good, bad = self.monitor(self.path()), self.path()
        self.becomes(good, "up")
        self.assertIn("SSL", self.becomes(self.monitor(bad, url=self.watched.url(bad, "localhost")), "down")["last_error"])
        self.assertEqual(self.watched.count(bad), 0)
        plain = Watched()
        self.addCleanup(plain.close)
        self.becomes(self.monitor(self.path(), url=plain.url("/").replace("http:", "https:")), "down")
        stranger = self.monitor(self.path(), url=f"https://127.0.0.1:{self.watched.port}/")
        self.becomes(stranger, "up")
        self.page.stop()
        kept = self.config.read_text()
        self.config.write_text(kept.replace("monitor_ca", "# monitor_ca"))
        self.page.start()
        self.assertIn("SSL", self.becomes(good, "down")["last_error"])
        self.page.stop()
        self.config.write_text(kept)
        self.page.start()
        self.becomes(good, "up")


class Inside(Monitoring):
    settings = "monitor_interval_min: 1s\n"

    def test_a_private_address_is_never_connected_to_whatever_its_name_says(self):
        for url in ("http://127.0.0.1/", "http://[::1]/", "http://192.168.1.1/", "https://10.0.0.1/", "http://[::ffff:10.0.0.1]/"):
            made = self.page.call("POST", "/uptime-monitors", {"name": url, "url": url})
            self.assertEqual((made.status, list(made.fields)), (400, ["url"]))
            self.assertIn("monitor_networks", made.json["details"]["fieldErrors"]["url"][0])
        path, service = self.path(), self.service()
        monitor = self.monitor(path, service, url=self.watched.url(path, "localhost"))
        eventually("it is said", lambda: "not public" in (self.seen(monitor)["last_error"] or ""))
        checked = self.seen(monitor)["last_checked_at"]
        eventually("and twice", lambda: self.seen(monitor)["last_checked_at"] != checked)
        self.assertEqual((self.seen(monitor)["status"], self.shown(service), self.watched.asked.items), ("unknown", "operational", []))

    def test_a_short_interval_is_the_settings_to_allow(self):
        page = Server("--rate-limit", "off")
        self.addCleanup(page.remove)
        body = {"name": "m", "url": "https://example.com/", "enabled": False}
        self.assertEqual(list(page.call("POST", "/uptime-monitors", {**body, "interval_seconds": 59}).fields), ["interval_seconds"])
        self.assertEqual(page.call("POST", "/uptime-monitors", {**body, "interval_seconds": 60}).status, 201)


if __name__ == "__main__":
    unittest.main()
