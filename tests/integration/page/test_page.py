#!/usr/bin/python3
"""The REST API of maintd-page, row by row, against the built program."""
import json
import socket
import unittest

from page_server import PATIENCE, PageTest, Server, at, instant, now

FEBRUARY = {"title": "Database Migration", "scheduled_start": "2027-02-01T02:00:00Z", "scheduled_end": "2027-02-01T04:00:00Z"}


class Probe(PageTest):
    def test_tells_what_it_is_without_a_key(self):
        answer = self.page.request("GET", "/api/v1", headers={"X-API-Key": None})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["product"], "maintd-page")
        self.assertIn("external_id", answer.json["capabilities"])

    def test_head_is_get_without_its_body(self):
        answer = self.page.request("HEAD", "/api/v1")
        self.assertEqual((answer.status, answer.text), (200, b""))


class Maintenance(PageTest):
    def test_an_object_has_every_field(self):
        service = self.page.service("API")
        made = self.page.create(**FEBRUARY, description="**bold**", service_ids=[service["id"]], impact="degraded", reminder_minutes=[60, 1440],
                                external_id="maintd:db#0", owner="ledger", notify_on_cancel=False)
        self.assertEqual({name: made[name] for name in made if name not in ("id", "created_at", "updated_at")}, {
            "title": "Database Migration", "description": "**bold**", "status": "scheduled", "scheduled_start": "2027-02-01T02:00:00Z",
            "scheduled_end": "2027-02-01T04:00:00Z", "services": [{"id": service["id"], "name": "API"}], "impact": "degraded",
            "notify_on_schedule": True, "notify_on_start": True, "notify_on_complete": True, "notify_on_cancel": False, "notify_on_update": True,
            "reminder_minutes": [1440, 60], "auto_transition": True, "pause_monitors": True, "external_id": "maintd:db#0", "owner": "ledger",
            "updates": [], "started_at": None, "completed_at": None, "cancelled_at": None, "version": 1})
        self.assertRegex(made["id"], "^maint_")
        self.assertEqual(self.page.get(made), made)

    def test_both_ways_to_send_the_key(self):
        self.assertEqual(self.page.call("GET", "/maintenance", X_API_Key=None, Authorization=f"Bearer {self.page.key}").status, 200)

    def test_offsets_are_understood_and_fractions_kept(self):
        made = self.page.create(scheduled_start="2027-02-01T03:00:00.250+01:00", scheduled_end="2027-02-01T03:00Z")
        self.assertEqual((made["scheduled_start"], made["scheduled_end"]), ("2027-02-01T02:00:00.250Z", "2027-02-01T03:00:00Z"))

    def test_one_reminder_is_a_number_and_none_is_null(self):
        self.assertEqual(self.page.create(reminder_minutes=60)["reminder_minutes"], 60)
        self.assertIsNone(self.page.create(reminder_minutes=[])["reminder_minutes"])

    def test_patch_changes_what_it_names(self):
        made = self.page.create(description="old", external_id="patched", owner="a")
        changed = self.page.patch(made, title="New", description=None, external_id="patched-2", owner="b", impact="major_outage",
                                  auto_transition=False, pause_monitors=False, notify_on_start=False, reminder_minutes=5)
        for name, value in {"title": "New", "description": "", "external_id": "patched-2", "owner": "b", "impact": "major_outage",
                            "auto_transition": False, "pause_monitors": False, "notify_on_start": False, "reminder_minutes": 5}.items():
            self.assertEqual(changed[name], value, name)
        self.assertEqual((changed["version"], changed["scheduled_start"]), (2, made["scheduled_start"]))
        self.assertEqual(self.page.told(made), ["scheduled"])

    def test_an_empty_patch_changes_nothing(self):
        made = self.page.create()
        self.assertEqual(self.page.patch(made), made)

    def test_an_external_id_belongs_to_one(self):
        made, other = self.page.create(external_id="unique"), self.page.create()
        body = {**FEBRUARY, "external_id": "unique"}
        answer = self.refused(self.page.call("POST", "/maintenance", body), 409, "DUPLICATE_EXTERNAL_ID")
        self.assertEqual(answer.json["details"]["id"], made["id"])
        self.refused(self.page.call("PATCH", f"/maintenance/{other['id']}", {"external_id": "unique"}), 409, "DUPLICATE_EXTERNAL_ID")
        self.page.patch(made, external_id="unique")
        self.page.patch(made, external_id=None)
        self.page.patch(other, external_id="unique")

    def test_messages_are_kept_in_order(self):
        made = self.page.create()
        self.page.patch(made, message="first")
        done = self.page.patch(made, status="in_progress", message="second")
        self.assertEqual([(u["status"], u["message"]) for u in done["updates"]], [("scheduled", "first"), ("in_progress", "second")])
        self.assertEqual(done["version"], 3)


class Listing(PageTest):
    between = None      # called between two pages

    def pages(self, query="", limit=2):
        cursor, seen = "", []
        while True:
            body = self.page.call("GET", f"/maintenance?limit={limit}{query}{cursor}").json
            self.assertLessEqual(len(body["maintenance"]), limit)
            seen += [m["id"] for m in body["maintenance"]]
            if not body["next_cursor"]:
                return seen
            cursor = "&cursor=" + body["next_cursor"]
            if self.between:
                self.between()

    def test_pages_show_each_once_in_order_of_creation(self):
        made = [self.page.create(scheduled_start=at(days=5 - n), scheduled_end=at(days=9))["id"] for n in range(5)]
        for query in ("", "&status=scheduled"):
            self.assertEqual([i for i in self.pages(query) if i in made], made)
        self.assertEqual(sorted(made), made)

    def test_paging_during_writes_skips_nothing(self):
        made = [self.page.create()["id"] for _ in range(7)]
        added = []

        def between():
            added.append(self.page.create()["id"])
            self.page.patch({"id": made[len(added) - 1]}, title=f"changed {len(added)}", scheduled_start=at(hours=1))
            if len(added) == 6:
                self.between = None
        self.between = between
        seen = self.pages()
        self.assertEqual([i for i in seen if i in made], made)
        self.assertEqual(len(seen), len(set(seen)))
        self.assertTrue(set(added) <= set(seen))

    def test_filters_by_status(self):
        made = self.page.create()
        self.page.patch(made, status="cancelled")
        for status in ("scheduled", "in_progress", "completed", "cancelled"):
            found = self.page.call("GET", f"/maintenance?status={status}&limit=100").json["maintenance"]
            self.assertTrue(all(m["status"] == status for m in found))
            self.assertEqual(made["id"] in [m["id"] for m in found], status == "cancelled")

    def test_filters_by_time_what_overlaps(self):
        made = self.page.create(scheduled_start="2040-01-01T10:00:00Z", scheduled_end="2040-01-01T12:00:00Z")["id"]
        for query, shown in (("from=2040-01-01T12:00:00Z&to=2041-01-01T00:00:00Z", False), ("to=2040-01-01T10:00:00Z", False),
                             ("from=2040-01-01T11:59:59Z&to=2041-01-01T00:00:00Z", True), ("to=2040-01-01T10:00:01Z", True)):
            found = self.page.call("GET", f"/maintenance?limit=100&{query}").json["maintenance"]
            self.assertEqual(made in [m["id"] for m in found], shown, query)

    def test_refuses_what_it_does_not_understand(self):
        for query, field in (("status=done", "status"), ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("from=tomorrow", "from"),
                             ("to=2027-02-01", "to"), ("cursor=zz", "cursor"), ("cursor=c1x", "cursor"), ("cursor=c99999999999999999999", "cursor")):
            answer = self.refused(self.page.call("GET", f"/maintenance?{query}"), 400, "INVALID_SCHEMA")
            self.assertEqual(list(answer.fields), [field])

    def test_a_page_of_long_texts_ends_early_and_says_so(self):
        made = [self.page.create(description="x" * 16000, scheduled_start="2050-01-01T00:00:00Z", scheduled_end="2050-01-02T00:00:00Z")["id"]
                for _ in range(80)]
        body = self.page.call("GET", "/maintenance?limit=100&from=2050-01-01T00:00:00Z&to=2050-01-02T00:00:00Z").json
        self.assertLess(len(body["maintenance"]), 80)
        self.assertEqual(list(self.pages("&from=2050-01-01T00:00:00Z&to=2050-01-02T00:00:00Z", 100)), made)


class States(PageTest):
    def move(self, made, status, **fields):
        return self.page.call("PATCH", f"/maintenance/{made['id']}", {"status": status, **fields})

    def reach(self, status):
        made = self.page.create(auto_transition=False)
        if status in ("in_progress", "completed"):
            self.page.patch(made, status="in_progress")
        if status in ("completed", "cancelled"):
            self.page.patch(made, status=status)
        return made

    def test_only_the_steps_of_the_state_machine(self):
        steps = {"scheduled": {"in_progress", "cancelled"}, "in_progress": {"completed", "cancelled"}, "completed": set(), "cancelled": set()}
        for start in steps:
            for to in steps:
                made = self.reach(start)
                answer = self.move(made, to)
                with self.subTest(start=start, to=to):
                    if to == start or to in steps[start]:
                        self.assertEqual((answer.status, answer.json["status"]), (200, to))
                    else:
                        self.refused(answer, 409, "INVALID_TRANSITION")
                        self.assertEqual(self.page.get(made)["status"], start)

    def test_a_state_reached_already_is_no_change_and_no_message(self):
        made = self.reach("completed")
        before, told = self.page.get(made), self.page.told(made)
        self.assertEqual(self.move(made, "completed").json, before)
        self.assertEqual(self.page.told(made), told)

    def test_a_repeated_step_with_its_message_is_told_once(self):
        made = self.page.create()
        first = self.move(made, "in_progress", message="We begin").json
        self.assertEqual(self.move(made, "in_progress", message="We begin").json, first)
        self.assertEqual(self.page.told(made), ["scheduled", "in_progress"])

    def test_instants_of_the_steps(self):
        made = self.page.get(self.reach("completed"))
        self.assertTrue(made["started_at"] and made["completed_at"] and not made["cancelled_at"])
        self.assertLess(abs((instant(made["completed_at"]) - now()).total_seconds()), 10)
        made = self.page.get(self.reach("cancelled"))
        self.assertTrue(made["cancelled_at"] and not made["completed_at"] and not made["started_at"])

    def test_start_changes_while_scheduled_and_end_while_not_over(self):
        for status, field, allowed in (("scheduled", "scheduled_start", True), ("scheduled", "scheduled_end", True),
                                       ("in_progress", "scheduled_start", False), ("in_progress", "scheduled_end", True),
                                       ("completed", "scheduled_start", False), ("completed", "scheduled_end", False),
                                       ("cancelled", "scheduled_end", False), ("completed", "title", True), ("cancelled", "description", True),
                                       ("completed", "impact", False), ("completed", "service_ids", True)):
            made = self.reach(status)
            value = {"title": "New", "description": "New", "impact": "degraded", "service_ids": []}.get(field, at(days=1, hours=1))
            answer = self.page.call("PATCH", f"/maintenance/{made['id']}", {field: value})
            with self.subTest(status=status, field=field):
                if allowed:
                    self.assertEqual(answer.status, 200, answer.text)
                else:
                    self.refused(answer, 409, "INVALID_TRANSITION")
                    self.assertEqual(list(answer.fields), [field])

    def test_the_same_time_again_is_no_change(self):
        made = self.page.get(self.reach("completed"))
        self.assertEqual(self.page.patch(made, scheduled_start=made["scheduled_start"], scheduled_end=made["scheduled_end"]), made)

    def test_500_updates_are_the_most(self):
        made = self.page.create(auto_transition=False)
        connection = self.page.connect()
        for n in range(500):
            answer = self.page.request("PATCH", f"/api/v1/maintenance/{made['id']}", {"message": f"{n} %", "notify": False}, connection=connection)
            self.assertEqual(answer.status, 200)
        connection.close()
        self.refused(self.page.call("PATCH", f"/maintenance/{made['id']}", {"message": "501"}), 409, "TOO_MANY_UPDATES")
        self.assertEqual(self.page.patch(made, status="in_progress")["status"], "in_progress")

    def test_if_match_guards_against_a_lost_change(self):
        made = self.page.create()
        path = f"/maintenance/{made['id']}"
        self.assertEqual(self.page.call("GET", path).headers["ETag"], '"1"')
        self.assertEqual(self.page.call("PATCH", path, {"title": "Two"}, If_Match='"1"').json["version"], 2)
        answer = self.refused(self.page.call("PATCH", path, {"title": "Three"}, If_Match='"1"'), 409, "VERSION_MISMATCH")
        self.assertEqual(answer.json["details"]["version"], 2)
        self.refused(self.page.call("PATCH", path, {"title": "Three"}, If_Match="W/x"), 409, "VERSION_MISMATCH")
        self.assertEqual(self.page.call("PATCH", path, {"title": "Three"}, If_Match="*").status, 200)
        self.assertEqual(self.page.call("PATCH", path, {"title": "Four"}, If_Match="3").status, 200)


class Messages(PageTest):
    """What subscribers are owed: one row of the outbox for each."""

    def test_texts(self):
        made = self.page.create(**FEBRUARY)
        self.page.patch(made, scheduled_end="2027-02-01T05:00:00Z")
        self.page.patch(made, scheduled_end="2027-02-01T04:00:00Z", notify=False)
        self.page.patch(made, scheduled_start="2027-02-01T03:00:00Z", scheduled_end="2027-02-01T05:00:00Z")
        self.page.patch(made, status="in_progress")
        self.page.patch(made, message="50% complete")
        self.page.patch(made, status="completed", message="All done")
        self.assertEqual(self.page.outbox(made), [
            ("scheduled", "Scheduled maintenance: Database Migration on Feb 1, 2:00 AM UTC", None),
            ("updated", "Maintenance updated: Database Migration now ends Feb 1, 5:00 AM UTC", None),
            ("rescheduled", "Maintenance rescheduled: Database Migration now Feb 1, 3:00 AM to 5:00 AM UTC (was 2:00 AM to 4:00 AM UTC)", None),
            ("in_progress", "Maintenance in progress: Database Migration", None),
            ("update", "Maintenance update: Database Migration", "50% complete"),
            ("completed", "Maintenance completed: Database Migration", "All done")])

    def test_cancellation(self):
        made = self.page.create()
        self.page.patch(made, status="cancelled")
        self.assertEqual(self.page.outbox(made)[-1], ("cancelled", "Maintenance cancelled: Database Migration", None))

    def test_flags_of_the_object_silence_their_event(self):
        flags = ("notify_on_schedule", "notify_on_start", "notify_on_complete", "notify_on_update")
        made = self.page.create(**{flag: False for flag in flags})
        self.page.patch(made, scheduled_end=at(days=2))
        self.page.patch(made, status="in_progress")
        self.page.patch(made, status="completed")
        self.assertEqual(self.page.told(made), [])
        made = self.page.create(notify_on_cancel=False)
        self.page.patch(made, status="cancelled")
        self.assertEqual(self.page.told(made), ["scheduled"])

    def test_notify_false_silences_one_change(self):
        made = self.page.create()
        quiet = self.page.patch(made, notify=False, status="in_progress", message="quietly", scheduled_end=at(days=3))
        self.assertEqual(quiet["updates"][0]["message"], "quietly")
        self.assertEqual(self.page.told(made), ["scheduled"])
        self.page.patch(made, status="completed")
        self.assertEqual(self.page.told(made), ["scheduled", "completed"])

    def test_edits_of_texts_are_not_told(self):
        made = self.page.create()
        self.page.patch(made, title="Other", description="Other", impact="degraded", external_id="texts")
        self.assertEqual(self.page.told(made), ["scheduled"])

    def test_one_born_in_progress_is_told_as_that_alone(self):
        made = self.page.create(scheduled_start=at(hours=-1), scheduled_end=at(hours=1), status="in_progress", auto_transition=False)
        self.assertEqual((made["status"], self.page.told(made)), ("in_progress", ["in_progress"]))
        self.assertTrue(made["started_at"])

    def test_one_whose_start_has_passed_starts_at_once(self):
        made = self.page.create(scheduled_start=at(hours=-1), scheduled_end=at(hours=1))
        self.assertEqual((made["status"], self.page.told(made)), ("in_progress", ["in_progress"]))

    def test_one_that_waits_for_its_client_is_told_when_it_is_started(self):
        made = self.page.create(scheduled_start=at(hours=-1), scheduled_end=at(hours=1), auto_transition=False)
        self.assertEqual((made["status"], self.page.told(made)), ("scheduled", []))
        self.page.patch(made, status="in_progress")
        self.assertEqual(self.page.told(made), ["in_progress"])

    def test_one_that_is_over_is_told_by_its_end_alone(self):
        made = self.page.create(scheduled_start=at(hours=-2), scheduled_end=at(hours=-1))
        self.assertEqual((made["status"], self.page.told(made)), ("completed", ["completed"]))

    def test_a_move_into_the_past_is_told_as_the_start(self):
        made = self.page.create()
        self.assertEqual(self.page.patch(made, scheduled_start=at(seconds=-5))["status"], "in_progress")
        self.assertEqual(self.page.told(made), ["scheduled", "in_progress"])


class Services(PageTest):
    def test_life_of_a_service(self):
        made = self.page.service("Database", description="Primary", group="Core", display_order=2)
        self.assertEqual({k: made[k] for k in ("name", "description", "group", "status", "manual_status", "display_order")},
                         {"name": "Database", "description": "Primary", "group": "Core", "status": "operational", "manual_status": "operational",
                          "display_order": 2})
        path = f"/services/{made['id']}"
        self.assertEqual(self.page.call("GET", path).json, made)
        changed = self.page.call("PATCH", path, {"name": "DB", "description": None, "group": None, "status": "partial_outage", "display_order": 0}).json
        self.assertEqual((changed["name"], changed["description"], changed["group"], changed["status"]), ("DB", "", None, "partial_outage"))
        self.assertIn(changed, self.page.call("GET", "/services").json["services"])
        self.assertEqual((self.page.call("DELETE", path).status, self.page.call("GET", path).status, self.page.call("DELETE", path).status),
                         (204, 404, 404))
        self.page.service("DB")

    def test_1000_services_are_the_most(self):
        connection = self.page.connect()
        body = lambda n: {"name": f"One of many {n}"}
        have = len(self.page.call("GET", "/services").json["services"])
        for n in range(have, 1000):
            self.assertEqual(self.page.request("POST", "/api/v1/services", body(n), connection=connection).status, 201)
        connection.close()
        self.refused(self.page.call("POST", "/services", body(1000)), 409, "TOO_MANY_SERVICES")
        for service in self.page.call("GET", "/services").json["services"]:
            if service["name"].startswith("One of many"):
                self.assertEqual(self.page.call("DELETE", f"/services/{service['id']}").status, 204)

    def test_names_are_unique(self):
        made, other = self.page.service("Twin"), self.page.service("Other twin")
        answer = self.refused(self.page.call("POST", "/services", {"name": "Twin"}), 409, "DUPLICATE_NAME")
        self.assertEqual(answer.json["details"]["id"], made["id"])
        self.refused(self.page.call("PATCH", f"/services/{other['id']}", {"name": "Twin"}), 409, "DUPLICATE_NAME")
        self.assertEqual(self.page.call("PATCH", f"/services/{made['id']}", {"name": "Twin"}).status, 200)

    def test_one_that_is_needed_stays(self):
        service = self.page.service("Needed")
        made = self.page.create(service_ids=[service["id"]])
        self.refused(self.page.call("DELETE", f"/services/{service['id']}"), 409, "SERVICE_IN_USE")
        self.page.patch(made, status="cancelled")
        self.assertEqual(self.page.call("DELETE", f"/services/{service['id']}").status, 204)
        self.assertEqual(self.page.get(made)["services"], [{"id": service["id"], "name": "Needed"}])

    def test_running_windows_decide_until_the_last_has_ended(self):
        service = self.page.service("Shared", status="degraded")

        def status():
            return self.page.call("GET", f"/services/{service['id']}").json["status"]
        first = self.page.create(service_ids=[service["id"]])
        second = self.page.create(service_ids=[service["id"]], impact="major_outage")
        quiet = self.page.create(service_ids=[service["id"]], impact="operational")
        seen = [status()]
        for window, state in ((quiet, "in_progress"), (first, "in_progress"), (second, "in_progress"), (second, "completed"), (first, "cancelled"),
                              (quiet, "completed")):
            self.page.patch(window, status=state)
            seen.append(status())
        self.assertEqual(seen, ["degraded", "degraded", "maintenance", "major_outage", "maintenance", "degraded", "degraded"])

    def test_refuses_wrong_fields(self):
        for body, field in (({}, "name"), ({"name": ""}, "name"), ({"name": "x", "status": "down"}, "status"), ({"name": "x", "group": 3}, "group"),
                            ({"name": "x", "display_order": -1}, "display_order"), ({"name": "x", "id": "y"}, "id"), ({"name": "x" * 121}, "name"),
                            ({"name": "x", "colour": "red"}, "colour")):
            answer = self.refused(self.page.call("POST", "/services", body), 400, "INVALID_SCHEMA")
            self.assertEqual(list(answer.fields), [field])

    def test_a_group_lists_by_order_then_name(self):
        for name, order in (("Zeta", 0), ("Beta", 1), ("Alpha", 1)):
            self.page.service(name, group="Ordered", display_order=order)
        listed = [s["name"] for s in self.page.call("GET", "/services").json["services"] if s["group"] == "Ordered"]
        self.assertEqual(listed, ["Zeta", "Alpha", "Beta"])


class Refusals(PageTest):
    """Every status of an error, and every field's rules."""

    def test_paths_and_methods(self):
        for path in ("/maintenances", "/maintenance/", "/maintenance/x/y", "/users", "/services/"):
            self.refused(self.page.call("GET", path), 404, "NOT_FOUND")
        self.refused(self.page.call("GET", "/maintenance/maint_none"), 404, "NOT_FOUND")
        self.refused(self.page.call("PATCH", "/maintenance/maint_none", {"title": "x"}), 404, "NOT_FOUND")
        for method, path, allow in (("DELETE", "/maintenance/x", "GET, HEAD, PATCH"), ("PUT", "/maintenance", "GET, HEAD, POST"),
                                    ("POST", "", "GET, HEAD"), ("POST", "/services/x", "GET, HEAD, PATCH, DELETE")):
            answer = self.refused(self.page.call(method, path), 405, "METHOD_NOT_ALLOWED")
            self.assertEqual(answer.headers["Allow"], allow)

    def test_keys(self):
        key = self.page.key
        for wrong in (None, "", "x", key[:-1], key + "x", key[:-1] + ("0" if key[-1] != "0" else "1"), "mpk_000000000000_" + key[17:]):
            answer = self.refused(self.page.call("GET", "/maintenance", X_API_Key=wrong), 401, "UNAUTHORIZED")
            self.assertIn("WWW-Authenticate", answer.headers)
        self.assertNotIn(key, self.page.logged())

    def test_a_removed_key_is_refused_at_once(self):
        key = self.page.admin("key", "add", "short-lived", "--scope", "*:*")
        self.assertEqual(self.page.call("GET", "/services", X_API_Key=key).status, 200)
        self.page.admin("key", "remove", "short-lived")
        self.refused(self.page.call("GET", "/services", X_API_Key=key), 401, "UNAUTHORIZED")

    def test_scopes(self):
        calls = {"maintenance:read": ("GET", "/maintenance", None), "maintenance:write": ("POST", "/maintenance", {}),
                 "services:read": ("GET", "/services", None), "services:write": ("POST", "/services", {})}
        includes = {"maintenance:write": {"maintenance:read"}, "services:write": {"services:read"}, "*:*": set(calls)}
        for scope in (*calls, "*:*"):
            key = self.page.admin("key", "add", scope.replace(":", "-").replace("*", "all"), f"--scope={scope}")
            for needed, (method, path, body) in calls.items():
                answer = self.page.call(method, path, body, X_API_Key=key)
                with self.subTest(scope=scope, needed=needed):
                    if needed == scope or needed in includes.get(scope, set()):
                        self.assertIn(answer.status, (200, 400))
                    else:
                        self.refused(answer, 403, "INSUFFICIENT_SCOPE")
                        self.assertEqual(answer.json["error"], f"Insufficient scope: {needed} required")

    def test_bodies(self):
        post = lambda body, **headers: self.page.call("POST", "/maintenance", body, **headers)
        self.refused(post(b"{}", Content_Type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE")
        self.refused(post(b"{}", Content_Type=None), 415, "UNSUPPORTED_MEDIA_TYPE")
        self.assertEqual(post(b"{}", Content_Type="application/json; charset=utf-8").status, 400)
        for bad in (b"", b"{", b"[]", b"null", b'"x"', b'{"title": 1, "title": 2}', b'{"title": "\xff"}', b'{"title": "\\u0000"}', b"[" * 60000,
                    b'{"a":' * 10000, b'{"title": "x"} trailing', b'{"n": 1e999}'):
            self.refused(post(bad), 400, "INVALID_JSON")

    def test_a_body_that_is_too_large(self):
        body = json.dumps({**FEBRUARY, "description": "x" * (128 * 1024)}).encode()
        self.refused(self.page.call("POST", "/maintenance", body), 413, "BODY_TOO_LARGE")
        self.refused(self.page.call("GET", "/maintenance", body), 413, "BODY_TOO_LARGE")
        body = json.dumps(FEBRUARY).encode()
        self.assertEqual(self.page.call("POST", "/maintenance", body.ljust(128 * 1024)).status, 201)
        self.refused(self.page.call("POST", "/maintenance", body.ljust(128 * 1024 + 1)), 413, "BODY_TOO_LARGE")
        with socket.create_connection(("127.0.0.1", self.page.port), PATIENCE) as raw:     # one that we do not even begin to read
            raw.sendall(f"POST /api/v1/maintenance HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.page.key}\r\nContent-Length: 99999999\r\n\r\n".encode())
            self.assertIn(b" 413 ", raw.recv(4096).split(b"\r\n")[0])

    def test_what_a_manifest_may_say_fits_into_one_request(self):
        texts = {"description": '"' * 16384, "message": "\\" * 16384}
        self.assertEqual(self.page.call("POST", "/maintenance", {**FEBRUARY, **texts, "status": "in_progress"}).status, 201)

    def test_headers_that_are_too_large(self):
        answer = self.page.request("GET", "/api/v1/maintenance", headers={"X-Long": "x" * 40000})
        self.assertIn(answer.status, (413, 431))
        self.assertIn(self.page.request("GET", "/" + "x" * 40000).status, (414, 431))

    def test_fields(self):
        for fields, wrong in (
                ({"title": None}, "title"), ({"title": ""}, "title"), ({"title": "   "}, "title"), ({"title": "x" * 201}, "title"),
                ({"title": "two\nlines"}, "title"), ({"title": "\u202eabc"}, "title"), ({"title": 5}, "title"),
                ({"description": "x" * 16385}, "description"), ({"description": "\u0007"}, "description"),
                ({"scheduled_start": "2027-02-01T02:00:00"}, "scheduled_start"), ({"scheduled_start": 5}, "scheduled_start"),
                ({"scheduled_end": "2027-13-01T02:00:00Z"}, "scheduled_end"), ({"scheduled_end": FEBRUARY["scheduled_start"]}, "scheduled_end"),
                ({"scheduled_end": "2029-02-01T02:00:00Z"}, "scheduled_end"), ({"status": "completed"}, "status"), ({"status": "paused"}, "status"),
                ({"impact": "maintenance"}, "impact"), ({"service_ids": "x"}, "service_ids"), ({"service_ids": [1]}, "service_ids"),
                ({"service_ids": ["svc_none"]}, "service_ids"), ({"service_ids": ["x"] * 201}, "service_ids"),
                ({"reminder_minutes": 0}, "reminder_minutes"), ({"reminder_minutes": [1] * 9}, "reminder_minutes"),
                ({"reminder_minutes": "60"}, "reminder_minutes"), ({"reminder_minutes": [1.5]}, "reminder_minutes"),
                ({"reminder_minutes": 9223372036854775807}, "reminder_minutes"), ({"auto_transition": 1}, "auto_transition"),
                ({"pause_monitors": "yes"}, "pause_monitors"), ({"notify_on_start": None}, "notify_on_start"), ({"notify": 0}, "notify"),
                ({"external_id": "x" * 201}, "external_id"), ({"external_id": ""}, "external_id"), ({"owner": "x" * 65}, "owner"),
                ({"message": "x" * 16385}, "message"), ({"id": "maint_x"}, "id"), ({"version": 3}, "version"), ({"titel": "x"}, "titel")):
            answer = self.refused(self.page.call("POST", "/maintenance", {**FEBRUARY, **fields}), 400, "INVALID_SCHEMA")
            self.assertEqual(list(answer.fields), [wrong], fields)
            self.assertTrue(all(answer.fields[wrong]))

    def test_all_errors_come_at_once(self):
        answer = self.refused(self.page.call("POST", "/maintenance", {"impact": "x"}), 400, "INVALID_SCHEMA")
        self.assertEqual(set(answer.fields), {"title", "scheduled_start", "scheduled_end", "impact"})
        self.assertEqual(answer.fields["title"], ["Required"])

    def test_limits_are_inclusive(self):
        self.page.create(title="\u00e4" * 200, description="x" * 16384, external_id="x" * 200, owner="\u00e4" * 64, reminder_minutes=list(range(1, 9)))

    def test_an_end_before_the_stored_start(self):
        made = self.page.create()
        answer = self.refused(self.page.call("PATCH", f"/maintenance/{made['id']}", {"scheduled_end": at(hours=1)}), 400, "INVALID_SCHEMA")
        self.assertEqual(list(answer.fields), ["scheduled_end"])


class Idempotency(PageTest):
    def post(self, body, key, **headers):
        return self.page.call("POST", "/maintenance", body, Idempotency_Key=key, **headers)

    def test_a_repeated_post_gets_the_same_answer(self):
        first, second = self.post(FEBRUARY, "one"), self.post(FEBRUARY, "one")
        self.assertEqual((second.status, second.text), (201, first.text))
        self.assertEqual((first.headers["Idempotency-Replayed"], second.headers["Idempotency-Replayed"]), (None, "true"))
        self.assertEqual(self.page.told(first.json), ["scheduled"])

    def test_another_body_is_refused(self):
        self.post(FEBRUARY, "two")
        self.refused(self.post({**FEBRUARY, "title": "Other"}, "two"), 409, "IDEMPOTENCY_KEY_REUSED")

    def test_a_refusal_is_not_remembered(self):
        self.assertEqual(self.post({}, "three").status, 400)
        self.assertEqual(self.post(FEBRUARY, "three").status, 201)

    def test_each_api_key_has_its_own(self):
        other = self.page.admin("key", "add", "other", "--scope", "maintenance:write")
        first, second = self.post(FEBRUARY, "four"), self.post(FEBRUARY, "four", X_API_Key=other)
        self.assertNotEqual(first.json["id"], second.json["id"])

    def test_a_repeated_patch_is_done_once(self):
        made = self.page.create()
        path, body = f"/maintenance/{made['id']}", {"message": "once", "status": "in_progress"}
        first = self.page.call("PATCH", path, body, Idempotency_Key="five", If_Match='"1"')
        second = self.page.call("PATCH", path, body, Idempotency_Key="five", If_Match='"1"')
        self.assertEqual((second.status, second.json), (200, first.json))
        self.assertEqual(self.page.told(made), ["scheduled", "in_progress"])
        self.refused(self.page.call("PATCH", path, {"message": "twice"}, Idempotency_Key="five"), 409, "IDEMPOTENCY_KEY_REUSED")

    def test_names_are_bounded(self):
        self.refused(self.post(FEBRUARY, "x" * 256), 400, "INVALID_SCHEMA")
        self.assertEqual(self.post(FEBRUARY, "x" * 255).status, 201)

    def test_a_large_answer_is_made_again(self):
        made = self.page.create(auto_transition=False)
        path = f"/maintenance/{made['id']}"
        for n in range(17):
            self.page.patch(made, message=f"{n:02} " + "x" * 4000, notify=False)
        first = self.page.call("PATCH", path, {"message": "last"}, Idempotency_Key="large")
        self.assertGreater(len(first.text), 64 * 1024)
        second = self.page.call("PATCH", path, {"message": "last"}, Idempotency_Key="large")
        self.assertEqual((second.status, second.json), (200, first.json))


class Limits(PageTest):
    options = ("--rate-limit", "4/2")

    def test_reads_and_writes_are_counted_apart_for_each_key(self):
        seen = [self.page.call("GET", "/services") for _ in range(5)]
        self.assertEqual([a.status for a in seen], [200] * 4 + [429])
        self.assertEqual([a.headers["X-RateLimit-Remaining"] for a in seen], ["3", "2", "1", "0", "0"])
        self.assertTrue(all(a.headers["X-RateLimit-Limit"] == "4" for a in seen))
        self.refused(seen[-1], 429, "RATE_LIMITED")
        wait = int(seen[-1].headers["Retry-After"])
        self.assertTrue(1 <= wait <= 60)
        self.assertLess(abs(int(seen[-1].headers["X-RateLimit-Reset"]) - now().timestamp() - wait), 5)
        writes = [self.page.call("POST", "/services", {"name": f"s{n}"}) for n in range(3)]
        self.assertEqual([a.status for a in writes], [201, 201, 429])
        other = self.page.admin("key", "add", "other", "--scope", "*:*")
        self.assertEqual(self.page.call("GET", "/services", X_API_Key=other).status, 200)

    def test_every_answer_of_the_api_tells_the_limit(self):
        for answer in (self.page.call("GET", "", X_API_Key=None), self.page.call("GET", "/nothing"), self.page.call("GET", "/services", X_API_Key="x"),
                       self.page.call("PUT", "/services")):
            for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"):
                self.assertIsNotNone(answer.headers[name], name)

    def test_defaults_are_those_of_kodo(self):
        page = Server()
        self.assertEqual(page.call("GET", "/services").headers["X-RateLimit-Limit"], "100")
        self.assertEqual(page.call("POST", "/services", {"name": "x"}).headers["X-RateLimit-Limit"], "30")
        page.remove()


if __name__ == "__main__":
    unittest.main()
