#!/usr/bin/python3
"""What strangers try on the public page, and holders of a key on the API: scripts, statements, paths, headers, hosts, sizes, caches.

The table of OWASP's testing guide, as far as a page without sessions has a place for it; the dashboard has a test of its own."""
import html.parser
import json
import re
import socket
import sqlite3
import unittest
import urllib.parse

from lxml import etree

from page_server import PATIENCE, PageTest, at
from person import Person
from receivers import URL, Delivering
from test_page_wire import Configured

SCRIPTS = ["<script>alert(1)</script>", "\"><svg/onload=alert(1)>", "'-alert(1)-'", "</title></style></textarea><script>alert(1)</script>", "]]><script>alert(1)</script>",
           "<img src=x onerror=alert(1)>", "javascript:alert(1)", "&lt;script&gt;alert(1)&lt;/script&gt;", "{{7*7}}${7*7}<%=7*7%>", "%3Cscript%3Ealert(1)%3C/script%3E",
           "<!--<script>alert(1)</script>-->", "\\\"><script>alert(1)</script>", "<a href=\"javascript:alert(1)\">x</a>", "<iframe srcdoc=x>", "\u2028alert(1)",
           "\uff1cscript\uff1ealert(1)"]
MARKDOWN = ["[x](javascript:alert(1))", "[x](  JaVaScRiPt:alert(1))", "![x](https://evil.example/x.png)", "<javascript:alert(1)>", "[x]: javascript:alert(1)\n\n[x]",
            "```\"><script>alert(1)</script>\ncode\n```", "<div onclick=alert(1)>x</div>", "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)",
            "[x](\"onmouseover=alert(1))", "[a](https://ok.example/\"onmouseover=alert(1))", "<https://ok.example/\"><script>alert(1)</script>>", "| <script> |\n|---|\n| <svg/onload=x> |"]
STATEMENTS = ["'; DROP TABLE maintenance; --", "' OR '1'='1", "\" OR 1=1 --", "1; DELETE FROM key", "%' OR 1=1 --", "x' UNION SELECT hash, id, name FROM key --", "\\'; --",
              "maint_%", "_" * 26, "*", "1e1", "NULL", "' || (SELECT hash FROM key) || '"]


class Elements(html.parser.HTMLParser):
    """Whatever a browser could run, load or follow; found by another reading than ours."""

    LOADS = {"script", "img", "iframe", "object", "embed", "svg", "math", "base", "form", "frame", "applet", "audio", "video", "source", "template"}

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        ours = tag == "svg" and "class" in dict(attrs)          # our own pictograms
        if tag in self.LOADS and not ours and not (tag == "script" and re.fullmatch(r"/page\.js\?v=[0-9a-f]{10}", dict(attrs).get("src", ""))):
            self.found.append((tag, attrs))
        for name, value in attrs:
            scheme = re.match(r"\s*([\w+.-]+):", value or "") if name in ("href", "src", "action", "formaction", "xlink:href") else None
            if name.startswith("on") or name in ("style", "srcdoc") or (scheme and scheme[1].lower() not in ("http", "https", "mailto")):
                self.found.append((tag, attrs))


class Scripts(PageTest):
    def fill(self):
        if self.page.call("GET", "/services").json["services"]:
            return
        for n, text in enumerate(SCRIPTS):
            text = text.replace("\u2028", " ")
            service = self.page.service(f"{n} {text}", group=f"g{text}", description=f"d{text}")
            self.watch(f"{n} {text}", text, service)
            for state in ("scheduled", "in_progress", "completed", "cancelled"):
                made = self.page.create(title=f"t{text}", description="\n\n".join((text, MARKDOWN[n % len(MARKDOWN)])), service_ids=[service["id"]], auto_transition=False,
                                        external_id=f"{n}{state}{text}", owner=text[:64])
                for status in {"in_progress": ["in_progress"], "completed": ["in_progress", "completed"], "cancelled": ["cancelled"]}.get(state, []):
                    self.page.patch(made, status=status, message=f"m{text}\n\n{MARKDOWN[n % len(MARKDOWN)]}")

    def watch(self, name, text, service):
        """A monitor of that name and, as far as it is an address, that URL."""
        body = {"name": name, "url": f"https://example.com/?q={text}", "service_id": service["id"], "enabled": False}
        answer = self.page.call("POST", "/uptime-monitors", body)
        if answer.status == 400:
            self.assertEqual(answer.fields.keys(), {"url"}, text)
            answer = self.page.call("POST", "/uptime-monitors", {**body, "url": "https://example.com/?q=" + urllib.parse.quote(text)})
        self.assertEqual((answer.status, answer.json.get("name")), (201, name), answer.text)

    def windows(self):
        self.fill()
        return self.page.call("GET", "/maintenance?limit=100").json["maintenance"]

    def fetch(self, path):
        answer = self.page.request("GET", path, headers={"X-API-Key": None})
        self.assertEqual(answer.status, 200, path)
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        return answer

    def test_no_field_becomes_an_element_of_a_page(self):
        self.assertTrue(Elements("<p onclick=x>").found and Elements("<a href=' javascript:x'>").found and Elements("<svg>").found)
        for path in ("/", "/history", *(f"/maintenance/{w['id']}" for w in self.windows())):
            answer = self.fetch(path)
            self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertEqual(Elements(answer.text.decode()).found, [], path)

    def test_no_field_becomes_an_element_of_the_dashboard(self):
        windows, person = self.windows(), Person(self.page, self.page.key)
        monitors = self.page.call("GET", "/uptime-monitors?limit=100").json["monitors"]
        services = self.page.call("GET", "/services").json["services"]
        paths = ["", "/calendar", "/services", "/monitors", "/monitors/new", "/windows/new", "/subscribers/new", f"/subscribers?q={urllib.parse.quote(SCRIPTS[1])}"]
        for one in monitors:
            paths += [f"/monitors/{one['id']}", f"/monitors/{one['id']}/delete"]
        paths += [f"/services/{one['id']}" for one in services] + [f"/windows/{one['id']}{rest}" for one in windows[:16] for rest in ("", "/edit")]
        for path in paths:
            found = Elements(person.text("/dashboard" + path)).found
            self.assertEqual([e for e in found if e[0] != "form" or not re.fullmatch(r"(/dashboard[a-z/-]*)?", dict(e[1]).get("action", ""))], [], path)

    def test_no_field_becomes_an_element_of_the_feed(self):
        self.windows()
        answer = self.fetch("/feed.atom")
        self.assertTrue(answer.headers["Content-Type"].startswith("application/atom+xml"))
        feed = etree.fromstring(answer.text, etree.XMLParser(resolve_entities=False))
        atom = "{http://www.w3.org/2005/Atom}"
        self.assertEqual({e.tag.replace(atom, "") for e in feed.iter()} - {"feed", "entry", "id", "title", "updated", "published", "link", "content", "summary", "author",
                                                                           "name", "category", "icon", "generator", "subtitle"}, set())
        for content in feed.iter(f"{atom}content", f"{atom}summary"):
            self.assertEqual(Elements(content.text or "").found, [])

    def test_no_field_becomes_a_line_of_the_calendar(self):
        for path in ("/calendar.ics", f"/maintenance/{self.windows()[0]['id']}.ics"):
            answer = self.fetch(path)
            self.assertTrue(answer.headers["Content-Type"].startswith("text/calendar"))
            for line in answer.text.decode().split("\r\n"):
                self.assertRegex(line, r"^([A-Z-]+[;:]| |$)")
                self.assertNotIn("\n", line)

    def test_programs_get_what_was_sent_and_as_json_alone(self):
        for window in self.windows():
            self.assertIn(window["title"][1:], [text.replace("\u2028", " ") for text in SCRIPTS])
        for path in ("/api/v2/summary.json", "/api/v2/scheduled-maintenances.json", "/api/v2/components.json"):
            answer = self.fetch(path)
            self.assertEqual(answer.headers["Content-Type"], "application/json")
            json.loads(answer.text)
        for body in (b"<script>alert(1)</script>", b'{"<script>alert(1)</script>": 1}', b'{"title": "<script>"}'):
            answer = self.page.request("POST", "/api/v1/maintenance", body)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/json"))
        for path in ("/<script>alert(1)</script>", "/maintenance/<svg onload=x>", "/history/<script>", "/?x=<script>alert(1)</script>"):
            answer = self.page.request("GET", path.replace("<", "%3C").replace(" ", "%20"))
            self.assertEqual(Elements(answer.text.decode()).found, [], path)


class Statements(PageTest):
    def counts(self):
        with sqlite3.connect(f"file:{self.page.dir}/page.sqlite?mode=ro", uri=True) as db:
            return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("maintenance", "service", "key", "subscriber", "monitor", "session")}

    def test_no_value_becomes_part_of_a_statement(self):
        service = self.page.service("Service")
        window = self.page.create(service_ids=[service["id"]])
        monitor = self.page.call("POST", "/uptime-monitors", {"name": "Monitor", "url": "https://example.com/", "enabled": False}).json
        before = self.counts()
        for text in STATEMENTS:
            quoted = "".join(f"%{b:02x}" for b in text.encode())
            for path in (f"/maintenance/{quoted}", f"/services/{quoted}", f"/subscribers/{quoted}", f"/uptime-monitors/{quoted}"):
                for method in ("GET", "PATCH", "DELETE"):
                    answer = self.page.call(method, path, {} if method == "PATCH" else None)
                    self.assertIn(answer.status, (404, 405), (method, text))
            for query in ("status", "limit", "cursor", "from", "to"):
                self.assertEqual(self.page.call("GET", f"/maintenance?{query}={quoted}").status, 400, (query, text))
            for query in ("limit", "cursor"):
                self.assertEqual(self.page.call("GET", f"/uptime-monitors?{query}={quoted}").status, 400, (query, text))
            self.assertEqual(self.page.call("GET", f"/uptime-monitors/{monitor['id']}?history={quoted}").status, 400, text)
            self.assertEqual(self.page.call("PATCH", f"/uptime-monitors/{monitor['id']}", {"service_id": text}).status, 400)
            self.assertEqual(self.page.request("GET", f"/maintenance/{quoted}").status, 404)
            self.assertEqual(self.page.request("GET", f"/history/{quoted}").status, 404)
            self.assertEqual(self.page.request("POST", f"/unsubscribe/{quoted}", b"").status, 200)
            for key in (text, "mpk_" + text, self.page.key[:16] + text, self.page.key + text, text + self.page.key):
                self.assertEqual(self.page.call("GET", "/services", X_API_Key=key).status, 401, key)
            self.assertEqual(self.page.call("PATCH", f"/maintenance/{window['id']}", {"service_ids": [text]}).status, 400)
        self.assertEqual(self.counts(), before)
        for text in STATEMENTS:
            made = self.page.create(title=text, description=text, external_id=text, owner=text[:64])
            self.assertEqual((made["title"], made["description"], made["external_id"]), (text, text, text))
            self.assertEqual(self.page.service(text, group=text)["name"], text)
            self.assertEqual(self.page.call("POST", "/uptime-monitors", {"name": text, "url": "https://example.com/", "enabled": False}).json["name"], text)
            answer = self.page.call("POST", "/maintenance", {"title": "x", "scheduled_start": at(days=1), "scheduled_end": at(days=2), "external_id": text})
            self.assertEqual((answer.status, answer.json["details"]["id"]), (409, made["id"]))
            self.assertIn(self.page.call("PATCH", f"/maintenance/{made['id']}", {}, If_Match=text).status, (400, 409) if text != "*" else (200,))
        self.assertEqual(self.page.get(window)["services"], [{"id": service["id"], "name": "Service"}])

    def test_nor_does_one_of_the_dashboards_forms(self):
        person = Person(self.page, self.page.key)
        before = self.counts()
        for text in STATEMENTS:
            quoted = urllib.parse.quote(text, safe="")
            for path in (f"windows/{quoted}", f"windows/{quoted}/edit", f"services/{quoted}", f"monitors/{quoted}", f"monitors/{quoted}/delete", f"subscribers/{quoted}",
                         f"deliveries/{quoted}/drop", f"keys/{quoted}/remove"):
                self.assertEqual(person.get(f"/dashboard/{path}").status, 404, path)
            for path in (f"services/{quoted}/delete", f"monitors/{quoted}/delete", f"keys/{quoted}/remove"):
                self.assertIn(person.send("/dashboard", f"/dashboard/{path}").status, (303, 404), path)
            for query in ("?page=", "/calendar?month=", "/subscribers?q=", "/subscribers?after=", "/deliveries?page="):
                self.assertEqual(person.get(f"/dashboard{query}{quoted}").status, 200, query)
            for path, fields in (("subscribers/new", {"endpoint": text, "services": text}), ("keys", {"name": text, "scope": text}), ("monitors/new", {"name": text, "url": text}),
                                 ("windows/new", {"title": text, "service_ids": text})):
                self.assertEqual(person.fill(f"/dashboard/{path}", **fields).status, 400, (path, text))
            self.assertEqual(self.counts(), before)
            for path, name, fields in (("services/new", "name", {"group": text, "description": text}), ("monitors/new", "name", {"url": "https://example.com/", "enabled": None}),
                                       ("windows/new", "title", {"description": text})):
                self.assertEqual(person.fill(f"/dashboard/{path}", **{name: f"form {text}", "once": path + text, **fields}).status, 303, (path, text))
            after = self.counts()
            self.assertEqual({name: after[name] - before[name] for name in after}, {**dict.fromkeys(after, 0), "service": 1, "monitor": 1, "maintenance": 1})
            before = after
        for path, key, name in (("/services", "services", "name"), ("/uptime-monitors?limit=100", "monitors", "name"), ("/maintenance?limit=100", "maintenance", "title")):
            names = {one[name] for one in self.page.call("GET", path).json[key]}
            self.assertEqual({n for n in names if n.startswith("form ")}, {f"form {text}" for text in STATEMENTS})


class Paths(PageTest):
    def ask(self, target, *headers, method=b"GET"):
        with socket.create_connection(("127.0.0.1", self.page.port), PATIENCE) as s:
            s.sendall(b"\r\n".join((method + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"", b"")))
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        return int(answer.split()[1]) if answer else 0, answer

    def test_a_path_has_one_spelling_and_leads_to_no_file(self):
        for target in (b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/..%2f..%2fetc%2fpasswd", b"/%252e%252e/etc/passwd", b"/..\\..\\etc\\passwd", b"/..%5c..%5cetc",
                       b"/%c0%ae%c0%ae/%c0%afetc", b"/%e0%80%ae%e0%80%ae/", b"/%ff%fe", b"/./", b"//", b"///", b"//style.css", b"/style.css/", b"/style.css/..", b"/STYLE.CSS", b"/Api/v1",
                       b"/API/V2/summary.json", b"/style.css;x=1", b"/style.css%20", b"/style.css.", b"/style.css%0a", b"/.git/config", b"/page.sqlite", b"/page.yaml", b"/proc/self/environ",
                       b"/maintenance/../style.css", b"/maintenance/..%2fstyle.css", b"/maintenance/.ics", b"/history/2026-13", b"/history/2026-1", b"/history/02026-01", b"/history/2026-01/1",
                       b"/history/2026-01/0", b"/history/-1-01", b"/logo", b"/icon-x.svg", b"/api", b"/api/v3", b"/api/v2", b"/api/v2/../v1/services"):
            status, answer = self.ask(target)
            self.assertEqual(status, 404, target)
            self.assertNotIn(b"root:", answer)
        for target in (b"/api/v1/../v1/services", b"/api/v1//services", b"/api/v1/services/", b"/api/v1/Services", b"/api/v1/services%2f", b"/api/v1/services/..", b"/api/v1;/services"):
            self.assertEqual(self.ask(target, b"X-API-Key: " + self.page.key.encode())[0], 404, target)
        for target in (b"/style.css%00", b"/%00", b"/style.css%00.html", b"/%", b"/%4", b"/%zz", b"/?x=%00", b"/?%zz"):
            self.assertEqual(self.ask(target)[0], 400, target)
        self.assertEqual(self.ask(b"/%73tyle.css")[1].split(b"\r\n\r\n")[1], self.ask(b"/style.css")[1].split(b"\r\n\r\n")[1])

    def test_what_needs_a_key_needs_it_however_it_is_asked(self):
        window = self.page.create(external_id="not-public-1", owner="not-public-2")
        for target in (b"/api/v1/maintenance", b"/%61pi/v1/maintenance", b"http://x/api/v1/maintenance", f"/api/v1/maintenance/{window['id']}".encode(), b"/api/v1/services", b"/api/v1/subscribers"):
            for headers in ((), (b"X-Original-URL: /api/v1",), (b"X-Rewrite-URL: /",), (b"X-Forwarded-For: 127.0.0.1",), (b"X-Real-IP: ::1",), (b"Authorization: Basic eDp4",),
                            (b"Authorization: Bearer ",), (b"X-API-Key: ",), (b"Cookie: key=" + self.page.key.encode(),), (b"X-Custom-IP-Authorization: 127.0.0.1",)):
                for method in (b"GET", b"HEAD", b"POST", b"DELETE", b"PATCH"):
                    status, answer = self.ask(target, *headers, method=method)
                    self.assertIn(status, (401, 405), (target, headers, method))
                    self.assertNotIn(b"not-public", answer)
            self.assertEqual(self.ask(target + b"?key=" + self.page.key.encode() + b"&api_key=" + self.page.key.encode())[0], 401)

    def test_no_header_overrides_the_method(self):
        service = self.page.service("Stays")
        path = f"/services/{service['id']}"
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            self.assertEqual(self.page.call("GET", path, **{name: "DELETE"}).status, 200)
            self.assertEqual(self.page.call("POST", path, {}, **{name: "DELETE"}).status, 405)
        self.assertEqual(self.page.call("GET", path + "?_method=DELETE").status, 200)
        self.assertEqual(self.page.request("POST", "/api/v1" + path, b"_method=DELETE", {"Content-Type": "application/x-www-form-urlencoded"}).status, 405)
        self.assertEqual(self.page.call("GET", path).status, 200)

    def test_no_text_of_a_request_becomes_a_header(self):
        injected = b"%0d%0aX-Injected:%201%0d%0a%0d%0ainjected"
        for target in (b"/" + injected, b"/?v=" + injected, b"/style.css?v=" + injected, b"/maintenance/" + injected, b"/history/" + injected, b"/subscribe/confirm/" + injected,
                       b"/unsubscribe/" + injected, b"/api/v1/maintenance/" + injected, b"/api/v1/maintenance?cursor=" + injected, b"/dashboard" + injected, b"/dashboard?to=" + injected):
            for key in ((), (b"X-API-Key: " + self.page.key.encode(),)):
                head = self.ask(target, *key)[1].split(b"\r\n\r\n")[0]
                self.assertNotIn(b"\nX-Injected", head, target)
        for value in ("x\u00e9", "\"x\"", "W/\"x\"", "%0d%0aX-Injected: 1"):
            answer = self.page.call("POST", "/services", {"name": f"h{value}"}, Idempotency_Key=value.encode("latin-1").decode("latin-1"))
            self.assertIsNone(answer.headers["X-Injected"])


class Sizes(PageTest):
    def test_each_at_its_limit_and_beyond(self):
        base = {"title": "x", "scheduled_start": "2040-01-01T00:00:00Z", "scheduled_end": "2040-01-01T01:00:00Z"}
        services = [self.page.service(f"n{n}")["id"] for n in range(201)]
        watched = {"url": "https://example.com/", "enabled": False}
        rows = [("/services", {}, "name", "\u00e4" * 120), ("/services", {"name": "g"}, "group", "\u00e4" * 120), ("/services", {"name": "d"}, "description", "x" * 2000),
                ("/maintenance", base, "title", "\u00e4" * 200), ("/maintenance", base, "description", "x" * 16384), ("/maintenance", base, "message", "x" * 16384),
                ("/uptime-monitors", watched, "name", "\u00e4" * 120), ("/uptime-monitors", {**watched, "name": "u"}, "url", "https://example.com/" + "x" * 2028),
                ("/maintenance", base, "external_id", "\u00e4" * 200), ("/maintenance", base, "owner", "\u00e4" * 64)]
        for path, body, field, text in rows:
            self.assertEqual(self.page.call("POST", path, {**body, field: text + text[-1]}).fields.keys(), {field})
            self.assertEqual(self.page.call("POST", path, {**body, field: text}).status, 201, field)
        self.assertEqual(self.page.call("POST", "/maintenance", {**base, "service_ids": services}).fields.keys(), {"service_ids"})
        self.assertEqual(self.page.call("POST", "/maintenance", {**base, "service_ids": services[:200]}).status, 201)
        for more in (1, 10_000_000):
            self.assertEqual(self.page.call("POST", "/services", {"name": "x", "display_order": 1_000_000 + more}).fields.keys(), {"display_order"})
        for field, least, most in (("interval_seconds", 60, 86_400), ("timeout_ms", 100, 30_000), ("expected_status_code", 200, 599)):
            for value in (least, most):
                self.assertEqual(self.page.call("POST", "/uptime-monitors", {**watched, "name": f"{field}{value}", field: value}).status, 201, (field, value))
            for value in (least - 1, most + 1, -1, 10**18, float(least), str(least)):
                self.assertEqual(self.page.call("POST", "/uptime-monitors", {**watched, "name": "x", field: value}).fields.keys(), {field}, value)
        padded = json.dumps({"name": "padded"}).encode()
        self.assertEqual(self.page.request("POST", "/api/v1/services", padded + b" " * (131073 - len(padded))).status, 413)
        self.assertEqual(self.page.request("POST", "/api/v1/services", padded + b" " * (131072 - len(padded))).status, 201)

    def test_json_that_is_hostile(self):
        deep = b"[" * 30_000 + b"]" * 30_000
        for body in (deep, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"", b"null", b"[]", b"1", b'"x"', b"{", b"{}x", b"\xef\xbb\xbf{}", b'{"name": "\xff"}', b'{"name": "\xc0\xae"}',
                     b'{"name": "\\ud800"}', b'{"name": "a\\u0000b"}', b'{"name": "x", "name": "y"}', b'{"name": NaN}', b"{'name': 'x'}", b'{"name": 1e999}', b'{"name": "x"',
                     b'{"name": {"$gt": ""}}', b'{"name": ["x"]}', b'{"name": "x", "__proto__": {}}', b'{"name": "x", "constructor": 1}', b'{"name": "x", "id": "svc_1"}',
                     b'{"name": "x", "display_order": 99999999999999999999999}', b'{"name": true}', b'{"name": "\\u202ex"}', b'{"name": "\\u001b[31m"}', b'{"name": "x\\r\\ny"}'):
            answer = self.page.request("POST", "/api/v1/services", body)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/json"), body[:60])
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "application/jsonx", ""):
            self.assertEqual(self.page.request("POST", "/api/v1/services", b'{"name": "kind"}', {"Content-Type": kind}).status, 415, kind)
        self.assertNotIn("kind", [s["name"] for s in self.page.call("GET", "/services").json["services"]])


class Hosts(Delivering):
    """Links come from page.yaml, or lead nowhere but here: never from what a request says."""

    settings = "trusted_proxies: 127.0.0.1\n"
    EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https", "X-Host": "evil.example", "X-Forwarded-Server": "evil.example",
            "X-Original-Host": "evil.example", "X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "31337", "X-Forwarded-Prefix": "//evil.example", "Origin": "https://evil.example",
            "Referer": "https://evil.example/"}
    PATHS = ("/", "/history", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", "/api/v2/status.json", "/nothing", "/dashboard", "/subscribe", "/api/v1", "/api/v1/maintenance")

    def ask(self, page, path):
        plain = page.request("GET", path, headers={"X-API-Key": None})
        evil = page.request("GET", path, headers={"X-API-Key": None, **self.EVIL})
        for answer in (evil, page.request("GET", path, headers={"X-API-Key": None})):
            for text in (b"evil.example", b"gopher", b"31337"):
                self.assertNotIn(text, answer.text, path)
                self.assertNotIn(text, str(answer.headers).encode(), path)
            self.assertEqual((answer.status, answer.headers["Location"]), (plain.status, plain.headers["Location"]), path)
        return plain

    def test_with_the_address_of_the_page(self):
        made = self.page.create()
        for path in (*self.PATHS, f"/maintenance/{made['id']}", f"/maintenance/{made['id']}.ics"):
            answer = self.ask(self.page, path)
            if path in ("/feed.atom", "/calendar.ics"):
                self.assertIn(URL.encode(), answer.text)

    def test_without_it(self):
        page = Configured("title: Plain\n")
        self.addCleanup(page.remove)
        made = page.create()
        for path in (*self.PATHS, f"/maintenance/{made['id']}", f"/maintenance/{made['id']}.ics"):
            if path != "/subscribe":
                self.ask(page, path)

    def test_links_in_mails_are_the_pages_own(self):
        evil = {name: value for name, value in self.EVIL.items() if name not in ("Origin", "Referer")}
        answer = self.page.request("POST", "/subscribe", b"address=ann%40example.com", {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded", **evil})
        self.assertEqual(answer.status, 200)
        mail = self.mail.mails.wait(1)[0]
        self.assertNotIn(b"evil.example", mail.data)
        self.assertTrue(mail.link("/subscribe/confirm/").startswith(URL + "/"))


class Caches(PageTest):
    """What stands in between may keep an answer for everybody, so nothing but the path decides what it is."""

    UNKEYED = [{"Host": "other.example"}, {"X-Forwarded-Host": "other.example"}, {"Accept-Language": "de"}, {"Accept": "application/json"}, {"Accept-Encoding": "gzip"}, {"Cookie": "a=b"},
               {"Authorization": "Bearer x"}, {"User-Agent": "<script>"}, {"X-Original-URL": "/nothing"}, {"X-Rewrite-URL": "/api/v1"}, {"Range": "bytes=0-9"}, {"Origin": "https://evil.example"},
               {"X-HTTP-Method-Override": "POST"}, {"Cache-Control": "no-cache"}, {"If-None-Match": "\"x\""}, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"}, {"Save-Data": "on"}]

    def test_no_header_and_no_query_changes_what_is_kept(self):
        self.page.create()
        for path in ("/", "/history", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", "/style.css", "/page.js", "/icon-operational.svg"):
            kept = self.page.request("GET", path, headers={"X-API-Key": None})
            self.assertIn("public", kept.headers["Cache-Control"])
            for headers in self.UNKEYED:
                answer = self.page.request("GET", path, headers={"X-API-Key": None, **headers})
                self.assertEqual((answer.status, answer.text), (200, kept.text), (path, headers))
                for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin", "Set-Cookie", "Vary", "Content-Security-Policy"):
                    self.assertEqual(answer.headers[name], kept.headers[name], (path, headers, name))
            for query in ("?x=1", "?v=0000000000", "?lang=de", "?callback=alert", "?utm=<script>", "?", "?v="):
                answer = self.page.request("GET", path + query, headers={"X-API-Key": None})
                self.assertEqual((answer.status, answer.text, answer.headers["Cache-Control"]), (200, kept.text, kept.headers["Cache-Control"]), (path, query))
            self.page.request("HEAD", path)
            self.assertEqual(self.page.request("GET", path).text, kept.text)
            self.assertIsNone(kept.headers["Set-Cookie"])

    def test_what_is_of_one_person_or_wrong_is_not_kept(self):
        for path in ("/api/v1", "/api/v1/maintenance", "/api/v1/services", "/api/v1/services/style.css", "/api/v1/nothing", "/dashboard", "/unsubscribe/x"):
            self.assertIn("no-store", self.page.request("GET", path).headers["Cache-Control"], path)
        for path in ("/nothing", "/nothing.css", "/maintenance/none", "/api/v1/maintenance/x.css"):
            self.assertNotIn("public", self.page.request("GET", path).headers["Cache-Control"], path)
        self.assertNotIn("public", self.page.request("POST", "/").headers["Cache-Control"])

    def test_other_sites_read_what_is_public_alone(self):
        for path, shared in (("/api/v2/summary.json", "*"), ("/feed.atom", "*"), ("/", None), ("/api/v1", None), ("/api/v1/maintenance", None), ("/dashboard", None)):
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
                answer = self.page.request("GET", path, headers=headers)
                self.assertEqual((answer.headers["Access-Control-Allow-Origin"], answer.headers["Access-Control-Allow-Credentials"]), (shared, None), path)
            preflight = self.page.request("OPTIONS", path, headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "x-api-key"})
            self.assertEqual([preflight.headers[f"Access-Control-Allow-{name}"] for name in ("Methods", "Headers", "Credentials")], [None] * 3, path)


if __name__ == "__main__":
    unittest.main()
