#!/usr/bin/python3
"""The public page in a browser: what people see on phones and walls, in light and dark, with and without scripts, with eyes, keys and ears.

Pictures of it are left in screenshots/ of the build directory."""
import hashlib
import json
import pathlib
import re
import sqlite3
import unittest

import audits
import example
from browser import Browser
from page_server import BINARY, Server, at, eventually, now

PICTURES = pathlib.Path(BINARY).parents[2] / "screenshots"
NASTY = "<script>hit=1</script><img src=x onerror=hit=2>\"'>{{7*7}}</title></style><svg onload=hit=3>"
ENGLISH = """title: Example Status
url: https://status.example.com
home: https://example.com
support: mailto:help@example.com
timezone: Europe/Berlin
footer: "© 2026 Example GmbH, Berlin · [Imprint](https://example.com/imprint)"
"""
LOGO = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 24"><rect width="24" height="24" rx="6" fill="%s"/>'
        '<text x="32" y="18" font-family="sans-serif" font-size="17" font-weight="700" fill="%s">Beispiel</text></svg>')
MAIL = "mail_server: smtp://127.0.0.1:9\nmail_tls: none\nmail_from: status@example.com\n"
CONFIRM = "/subscribe/confirm/" + "0123456789abcdefghjkmnpqrs" * 2
GERMAN = "title: Beispiel\nlanguage: de\ntimezone: Europe/Berlin\naccent: \"#7a1fa2\"\nlogo: logo.svg\nlogo_dark: dark.svg\n"


class Site(Server):
    """With settings of its own."""

    def __init__(self, settings, **files):
        self.settings, self.files = settings, files
        super().__init__("--rate-limit", "off")

    def start(self):
        for name, text in {"page.yaml": self.settings, **self.files}.items():
            pathlib.Path(self.dir, name).write_text(text)
        self.options = ("--rate-limit", "off", "--config", f"{self.dir}/page.yaml")
        super().start()

    def fetch(self, path, **headers):
        return self.request("GET", path, headers={"X-API-Key": None, **headers})


class Public(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(exist_ok=True)
        cls.browser = Browser()
        cls.sites = {}
        cls.busy = cls.site("busy", ENGLISH)
        cls.windows = example.fill(cls.busy)
        cls.one = f"/maintenance/{cls.windows['running']['id']}"

    @classmethod
    def site(cls, name, settings, **files):
        cls.sites[name] = Site(settings, **files)
        return cls.sites[name]

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        for site in cls.sites.values():
            site.remove()

    def open(self, site, path="/", picture=None, **device):
        b = self.browser
        b.device(**{"width": 1280, **device})
        b.errors.clear()
        b.open(f"http://127.0.0.1:{site.port}{path}")
        self.assertEqual(b.errors, [])
        wide = b.run("[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 &&"
                     " !e.closest('table, pre, .skip')).map(e => e.outerHTML.slice(0, 90))")
        self.assertEqual(wide, [], f"{path} is wider than {device}")
        self.assertEqual(b.run("document.documentElement.scrollWidth <= innerWidth"), True)
        if picture:
            b.picture(PICTURES / f"page-{picture}.png", whole=device.get("width") != 3840)
        return b

    def test_pictures_at_every_size(self):
        for width, height, scale in ((360, 780, 2), (768, 1024, 1), (1280, 900, 1), (3840, 2160, 1)):
            for scheme in ("light", "dark"):
                self.open(self.busy, width=width, height=height, scale=scale, scheme=scheme, zone="America/New_York", picture=f"{width}-{scheme}")
        for name, path in (("maintenance", self.one), ("history", "/history"), ("not-found", "/nothing")):
            b = self.browser
            b.device(1280)
            b.open(f"http://127.0.0.1:{self.busy.port}{path}")
            b.picture(PICTURES / f"page-{name}.png")
        eventually("the browser has said that a page was not found", lambda: b.run("0") == 0 and b.errors)
        self.open(self.busy, self.one, width=320, zone="America/New_York", picture="maintenance-320")      # 1280 at 400 %
        paper = self.open(self.busy, width=794, media="print", picture="print")                             # no wider than the paper: open() asserts that
        shown = "[...document.querySelectorAll('nav, .skip, .more:not(.counted)')].filter(e => getComputedStyle(e).display != 'none').length"
        self.assertEqual(paper.run(shown), 0)
        self.assertGreater(paper.run("document.querySelectorAll('nav').length"), 0)
        clipped = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg')).length"
        self.assertEqual(paper.run(clipped), 0)
        self.assertEqual(paper.run("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")

    def test_quiet_and_broken_days(self):
        quiet = self.site("quiet", GERMAN, **{"logo.svg": LOGO % ("#7a1fa2", "#14181d"), "dark.svg": LOGO % ("#c98be0", "#fff")})
        self.open(quiet, picture="empty")
        example.fill(quiet, running=False, upcoming=False, past=False, trouble=False)
        self.open(quiet, scheme="dark", picture="quiet-dark", width=900)
        b = self.open(quiet, picture="quiet")
        self.assertEqual(b.run("document.querySelector('h1').textContent"), "Alle Systeme laufen")
        self.assertEqual(b.run("document.documentElement.lang"), "de")
        self.assertEqual(b.run("document.querySelector('.logo').alt + ' ' + (document.querySelector('.logo').naturalWidth > 0)"), "Beispiel true")
        services = {s["name"]: s["id"] for s in quiet.call("GET", "/services").json["services"]}
        for name, status in (("API", "major_outage"), ("Search", "partial_outage"), ("Webhooks", "degraded")):
            self.assertEqual(quiet.call("PATCH", f"/services/{services[name]}", {"status": status}).status, 200)
        b = self.open(quiet, width=900, picture="outage")
        self.assertEqual(b.run("document.querySelector('h1').textContent"), "Schwerer Ausfall")
        self.assertEqual(b.run("document.querySelector('.hero p').textContent"), "Betroffen: API, Webhooks, Search")
        self.assertEqual(b.run("document.querySelectorAll('.days .major_outage').length"), 1)
        self.assertIn("icon-major_outage.svg", b.run("document.querySelector('link[rel=icon]').href"))
        self.open(quiet, width=900, scheme="dark", picture="outage-dark")

    def test_axe_finds_nothing(self):
        source = audits.axe(self)
        for path, width, scheme in (("/", 1280, "light"), ("/", 1280, "dark"), ("/", 360, "dark"), (self.one, 1280, "light"), (self.one, 360, "dark"),
                                    ("/history", 1280, "light"), ("/upcoming", 360, "dark"), ("/history/2020-01", 1280, "dark")):
            b = self.open(self.busy, path, width=width, scheme=scheme, zone="Asia/Tokyo")
            found, passed = audits.axe_finds(b, source)
            self.assertEqual(found, [], f"{path} {width} {scheme}")
            self.assertGreater(passed, 15)
        # It would have said so.
        b.run("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/icon-operational.svg\"><p style=\"color:#aaa;background:#fff\">x</p>')")
        found = b.run("axe.run().then(r => r.violations.map(v => v.id))")
        self.assertIn("image-alt", found)

    def test_the_html_is_valid(self):
        pages = {path: self.busy.fetch(path).text.decode() for path in ("/", self.one, "/upcoming", "/history", "/history/2020-01", "/nothing")}
        pages.update({f"nasty {path}": text for path, text in self.nasty_pages().items()})
        german = self.site("german", GERMAN, **{"logo.svg": LOGO % ("#7a1fa2", "#14181d"), "dark.svg": LOGO % ("#c98be0", "#fff")})
        empty = german.fetch("/").text.decode()
        windows = example.fill(german)
        pages.update({f"german {path}": german.fetch(path).text.decode() for path in ("/", f"/maintenance/{windows['running']['id']}", "/upcoming", "/history", "/history/2020-01", "/nothing")})
        self.assertTrue(all('<html lang="de">' in text for path, text in pages.items() if path.startswith("german")))
        pages["german, empty"] = empty
        for name, settings in (("valid forms", ENGLISH), ("german forms", "language: de\nurl: https://status.example.com\n")):
            page = self.forms(name, settings)
            pages.update({f"{name} {path}": page.fetch(path).text.decode() for path in ("/subscribe", CONFIRM, CONFIRM + "x", "/unsubscribe/x")})
            for path, fields in (("/subscribe", "address=ann"), ("/subscribe", "address=bob%40example.com"), (CONFIRM, "")):
                answer = page.request("POST", path, fields.encode(), {"X-API-Key": None, "Content-Type": "application/x-www-form-urlencoded"})
                self.assertEqual(answer.status, 400 if fields.endswith("ann") else 200)
                pages[f"{name} {path} {fields}"] = answer.text.decode()
        self.assertEqual(audits.html_finds(self, pages), [])
        self.assertNotEqual(audits.html_finds(self, {"broken": pages["/"].replace("</ul>", "", 1)}), [])

    def test_it_is_small_and_asks_nobody_else(self):
        self.assertLess(len(self.busy.fetch("/").text), 25_000)
        b = self.open(self.busy)
        loaded = b.run("performance.getEntriesByType('resource').map(e => [e.name, e.decodedBodySize])")
        self.assertTrue(all(name.startswith(f"http://127.0.0.1:{self.busy.port}/") for name, _ in loaded), loaded)
        self.assertLess(sum(size for _, size in loaded) + len(self.busy.fetch("/").text), 50_000)

    def test_everything_is_said_without_scripts(self):
        b = self.open(self.busy, script=False, zone="America/New_York", picture="without-scripts")
        text = b.run("document.body.innerText")
        for piece in ("Maintenance in progress", "Database migration", "Expected to end", "CET", "Half of the data is copied", "Upcoming maintenance",
                      "Network equipment", "Under maintenance", "90 days ago", "% uptime", "Certificates renewed", "All times are Europe/Berlin (CET)."):
            self.assertIn(piece, text)
        self.assertNotIn("Your time", text)

    def test_the_readers_own_time_stands_beside_the_pages(self):
        text = self.open(self.busy, zone="America/New_York").run("document.querySelector('.hero').innerText")
        end = re.search(r"(\d+):(\d+)\sPM CET|(\d+):(\d+)\sAM CET", text)
        self.assertTrue(end, text)
        self.assertRegex(text, r"in 4[456] minutes\nYour time: .*:%s\s[AP]M (EST|EDT)" % (end.group(2) or end.group(4)))
        self.assertNotIn("Your time", self.open(self.busy, zone="Europe/Berlin").run("document.body.innerText"))
        self.assertNotIn("Your time", self.open(self.busy, zone="Europe/Paris").run("document.body.innerText"))

    def test_news_come_without_a_reload_and_are_announced(self):
        live = self.site("live", ENGLISH)
        service = live.service("API")
        b = self.open(live, zone="Asia/Tokyo")
        b.run("window.same = 1; document.querySelector('main .more a').focus(); 0")
        look = "document.dispatchEvent(new Event('visibilitychange'))"
        self.assertEqual(b.run("document.querySelector('h1').textContent"), "All systems operational")
        made = live.create(title="Urgent", service_ids=[service["id"]], status="in_progress", scheduled_start=at(minutes=-5), scheduled_end=at(hours=1))
        b.run(look)
        eventually("news", lambda: b.run("document.querySelector('h1')?.textContent") == "Maintenance in progress")
        self.assertEqual(b.run("document.querySelector('[role=status]').textContent"), "Maintenance in progress")
        self.assertIn("Maintenance in progress", b.run("document.title"))
        self.assertIn("Your time", b.run("document.querySelector('.hero').innerText"))
        self.assertEqual(b.run("document.activeElement.getAttribute('href')"), "/history")
        live.patch(made, message="Nearly done")
        b.run(look)
        eventually("the update", lambda: "Nearly done" in b.run("document.body.innerText"))
        self.assertEqual(b.run("window.same"), 1)
        live.stop()
        b.run(look)
        eventually("the browser has noticed", lambda: b.run("0") == 0 and b.errors)
        self.assertIn("Nearly done", b.run("document.body.innerText"))
        live.start()

    def forms(self, name="forms", settings=ENGLISH):
        """A page that can be subscribed to, with a question to ann@example.com that CONFIRM answers."""
        if name not in self.sites:
            page = self.site(name, settings + MAIL)
            for service in ("API", "Website and documentation", "A service whose name is as long as names of services are in the wild, or so"):
                page.service(service)
            with sqlite3.connect(f"{page.dir}/page.sqlite") as db:
                at = int(now().timestamp() * 1e6)
                wish = db.execute("INSERT INTO wish (endpoint, services, created_at, due, counts) VALUES ('ann@example.com', '', ?, 0, 1)", (at,)).lastrowid
                db.execute("INSERT INTO wish_token VALUES (?, ?)", (hashlib.sha256(CONFIRM[-52:].encode()).digest(), wish))
            db.close()
        return self.sites[name]

    def test_axe_finds_nothing_in_forms(self):
        source, page = audits.axe(self), self.forms()
        for path in ("/subscribe", CONFIRM, "/unsubscribe/x"):
            b = self.open(page, path, width=360, height=780, scale=2, scheme="dark", picture=path.split("/")[1] + ("-confirm" if path == CONFIRM else ""))
            self.assertGreater(b.run("document.querySelector('form button').offsetHeight"), 35, "forms have a style")
            found, passed = audits.axe_finds(b, source)
            self.assertEqual(found, [], path)
            self.assertGreater(passed, 15)
        b = self.open(page, "/subscribe")
        b.events.clear()
        b.run("document.querySelector('form').noValidate = true; document.querySelector('#address').value = 'ann'; document.querySelector('form button').click(); 0")
        eventually("the form has come back", lambda: b.run("document.querySelector('[aria-invalid]') !== null"))
        b.picture(PICTURES / "page-subscribe-mistake.png")
        self.assertEqual(audits.axe_finds(b, source)[0], [])

    def test_the_answer_to_a_form_stays(self):
        page = self.forms()
        b = self.open(page, "/subscribe")
        b.run("document.querySelector('#address').value = 'ann@example.com'; 0")
        page.service("Shown in the form")
        look = "document.dispatchEvent(new Event('visibilitychange')); fetch('/subscribe').then(a => a.text()).then(() => new Promise(r => setTimeout(r, 50)))"
        b.run(look)
        self.assertEqual(b.run("document.querySelector('#address').value"), "ann@example.com")
        b.events.clear()
        b.run("document.querySelector('form').submit(); 0")
        eventually("the answer", lambda: b.run("document.querySelector('h1')?.textContent") == "Look into your mailbox")
        b.run(look)
        self.assertEqual(b.run("document.querySelector('h1').textContent"), "Look into your mailbox")

    def test_keys_alone_reach_everything(self):
        b = self.open(self.busy)

        def press(key):
            for kind in ("rawKeyDown", "keyUp"):
                b.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key])
            if key == "Enter":
                b.call("Input.dispatchKeyEvent", type="char", text="\r")
        press("Tab")
        self.assertEqual(b.run("document.activeElement.className"), "skip")
        eventually("the skip link is seen", lambda: b.run("document.activeElement.getBoundingClientRect().top") >= 0)
        seen = []
        for _ in range(60):
            press("Tab")
            element = b.run("document.activeElement === document.body ? null : document.activeElement.href + ' ' + getComputedStyle(document.activeElement).outlineStyle")
            if not element:
                break
            seen.append(element)
        links = b.run("document.querySelectorAll('a').length")
        self.assertEqual(len(seen), links - 1)
        self.assertTrue(all(element.endswith(" solid") for element in seen), seen)

    def nasty_site(self):
        if "nasty" not in self.sites:
            page = self.site("nasty", f"title: {json.dumps(NASTY[:80])}\nfooter: {json.dumps(NASTY + ' [x](javascript:alert(1))')}\n")
            service = page.service("s" + NASTY, group="g" + NASTY, description="d" + NASTY)
            fields = {"title": "t" + NASTY, "description": NASTY + "\n\n" + NASTY + "\n\n[x](javascript:hit=4) ![x](x)\n\n<div onclick=hit=5>\n\n`" + NASTY + "`",
                      "service_ids": [service["id"]]}
            for state in ("scheduled", "in_progress", "completed", "cancelled"):
                made = page.create(**fields, auto_transition=False)
                for status in {"in_progress": ["in_progress"], "completed": ["in_progress", "completed"], "cancelled": ["cancelled"]}.get(state, []):
                    page.patch(made, status=status, message="u" + NASTY)
                page.nasty = f"/maintenance/{made['id']}"
        return self.sites["nasty"]

    def nasty_pages(self):
        page = self.nasty_site()
        return {path: page.fetch(path).text.decode() for path in ("/", page.nasty, "/upcoming", "/history", "/feed.atom", "/calendar.ics") if not path.endswith(("atom", "ics"))}

    def test_no_text_becomes_code(self):
        page = self.nasty_site()
        for path in ("/", page.nasty, "/upcoming", "/history"):
            b = self.open(page, path, zone="Asia/Tokyo")
            self.assertEqual(b.run("typeof hit"), "undefined")
            self.assertEqual(b.run("document.querySelectorAll('img, iframe, main script, [onerror], [onload], [onclick], a[href^=javascript]').length"), 0)
            self.assertEqual(b.run("document.scripts.length"), 1)
            self.assertIn("<script>hit=1</script>", b.run("document.body.innerText"))

    def test_the_policy_stops_what_would_slip_through(self):
        b = self.open(self.busy)
        b.run("document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.hit = 1\">'); const s = document.createElement('script');"
              "s.textContent = 'window.hit = 2'; document.body.append(s); 0")
        eventually("a refusal", lambda: b.run("0") == 0 and any("Content Security Policy" in e for e in b.errors))
        self.assertEqual(b.run("typeof window.hit"), "undefined")


if __name__ == "__main__":
    unittest.main()
