#!/usr/bin/python3
"""The dashboard in a browser: the life of a window as a person leads it, seen by visitors at each step, wide and light, on a phone, dark and without scripts.

Pictures of it are left in screenshots/ of the build directory."""
import datetime
import pathlib
import time
import unittest

import audits
import example
from browser import Browser
from page_server import BINARY, PATIENCE, Server
from person import Form, Person

PICTURES = pathlib.Path(BINARY).parents[2] / "screenshots"
MARKER = "maintd:prod:network/core-switch@2027-02-07T02:00#0"
WIDE = {"width": 1280}
PHONE = {"width": 360, "height": 780, "scale": 2, "scheme": "dark", "script": False}


class Site(Server):
    def start(self):
        pathlib.Path(self.dir, "page.yaml").write_text("title: Example Status\ntimezone: Europe/Berlin\n" + example.NOBODY_LISTENS)
        self.options = ("--rate-limit", "off", "--config", f"{self.dir}/page.yaml")
        super().start()


class Dashboard(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(exist_ok=True)
        cls.browser = Browser()
        cls.pages_started = []
        cls.use(Site())

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        for page in cls.pages_started:
            page.remove()

    @classmethod
    def use(cls, page):
        cls.page, cls.base = page, f"http://127.0.0.1:{page.port}"
        cls.pages_started.append(page)

    def look(self, picture=None):
        """Nothing was refused by the policy, nothing is wider than the screen."""
        b = self.browser
        self.assertEqual(b.errors, [])
        wide = b.run("[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('pre, .skip'))"
                     ".map(e => e.outerHTML.slice(0, 90))")
        self.assertEqual(wide, [], picture)
        if picture:
            b.picture(PICTURES / f"dashboard-{picture}.png")
        return b.run("document.querySelector('main').innerText")

    def open(self, path, picture=None):
        self.browser.errors.clear()
        self.browser.open(self.base + path)
        return self.look(picture)

    def until_loaded(self, script):
        b = self.browser
        b.events.clear()
        b.run(script)
        deadline = time.monotonic() + PATIENCE * 2
        while "Page.loadEventFired" not in b.events:
            b.take(b.message(deadline))

    def follow(self, text, picture=None):
        """Clicks on the link, or the button, of that text."""
        self.until_loaded("[...document.querySelectorAll('main a, main button, nav a')].find(e => e.textContent.trim() === %r).click(); 0" % text)
        return self.look(picture)

    def enter(self, **values):
        for name, value in values.items():
            self.browser.run("(e => { if (e.type === 'checkbox') e.checked = %s; else e.value = %r; })(document.getElementsByName(%r)[0]); 0"
                             % ("true" if value is True else "false", value if isinstance(value, str) else "", name))

    def sign_in(self):
        self.browser.call("Network.clearBrowserCookies")
        self.open("/dashboard")
        self.enter(key=self.page.key)
        return self.follow("Sign in")

    def visitors_see(self, *pieces):
        """The public page, in the same browser; then back to where we were."""
        here = self.browser.run("location.pathname")
        text = self.open("/").replace("\u00a0", " ")
        for piece in pieces:
            self.assertIn(piece, text)
        self.open(here)
        return text

    def live(self, name, device):
        b = self.browser
        b.device(**device)
        self.sign_in()
        title = f"Move of the {name}"
        start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)
        self.follow("Schedule maintenance", f"{name}-1-new")
        self.enter(title=title, description="Reads **keep** working.", scheduled_start=start.strftime("%Y-%m-%dT12:00"), scheduled_end=start.strftime("%Y-%m-%dT14:00"))
        b.run("[...document.querySelectorAll('label.box')].find(e => e.textContent.trim() === 'API').click(); 0")
        text = self.follow("Preview", f"{name}-2-preview")
        self.assertIn("Nothing has been saved yet.", text)
        self.assertEqual(b.run("document.querySelector('.preview strong').textContent"), "keep")
        self.assertNotIn(title, self.page.call("GET", "/maintenance").text.decode())
        self.assertIn("The maintenance is scheduled.", self.follow("Schedule maintenance", f"{name}-3-scheduled"))
        self.visitors_see("Upcoming maintenance", title, "12:00 PM – 2:00 PM")
        self.follow("Start now")
        self.enter(message="We have begun.")
        self.assertIn("The maintenance has started.", self.follow("Start now", f"{name}-4-started"))
        self.visitors_see("Maintenance in progress", "We have begun.", "Under maintenance")
        self.follow("Post an update")
        self.enter(message="Half of it is *done*.")
        self.assertIn("The update is posted.", self.follow("Post an update"))
        self.visitors_see("Half of it is done.")
        self.assertIn("2 hours longer", self.follow("Extend", f"{name}-5-extend"))
        b.run("document.querySelector('input[name=by][value=\"120\"]').click(); 0")
        self.assertIn("The end has been moved.", self.follow("Extend"))
        self.visitors_see("4:00")
        self.follow("Complete")
        self.enter(message="All is well.")
        self.assertIn("The maintenance is completed.", self.follow("Complete", f"{name}-6-completed"))
        text = self.visitors_see("All systems operational")
        self.assertNotIn("Under maintenance", text)
        self.follow("See it on the public page")
        self.assertIn("All is well.", b.run("document.body.innerText"))

    def call_off(self, name, device):
        self.browser.device(**device)
        self.sign_in()
        self.follow("Schedule maintenance")
        self.enter(title=f"Cancelled {name}")
        self.follow("Schedule maintenance")
        self.visitors_see(f"Cancelled {name}")
        self.assertIn("This cannot be undone", self.follow("Cancel maintenance", f"{name}-7-cancel"))
        self.enter(message="Not needed any more")
        self.assertIn("The maintenance is cancelled.", self.follow("Cancel maintenance", f"{name}-8-cancelled"))
        front = self.open("/")
        self.assertIn("Cancelled\n", front[front.index(f"Cancelled {name}"):])
        self.assertNotIn("Upcoming maintenance", front)

    def test_1_the_life_of_a_window(self):
        self.page.service("API", group="Product")
        for name, device in (("database", WIDE), ("switch", PHONE)):
            self.live(name, device)
            self.call_off(name, device)

    def test_2_a_mistake_is_led_to(self):
        self.browser.device(**WIDE)
        self.sign_in()
        self.follow("Schedule maintenance")
        self.browser.run("document.querySelector('form.form').noValidate = true; 0")
        self.enter(title="", scheduled_start="2027-03-28T02:30", scheduled_end="2027-10-31T02:30", reminder_minutes="soon")
        self.browser.errors.clear()
        b = self.browser
        self.until_loaded("document.querySelector('form.form button.main').click(); 0")
        b.errors.clear()        # "the server responded with a status of 400"
        text = self.look("mistakes")
        for piece in ("Title: Must not be empty", "does not exist in Europe/Berlin", "comes twice in Europe/Berlin", "Write lengths of time"):
            self.assertIn(piece, text)
        b.run("document.querySelector('.notice a[href=\"#title\"]').click(); 0")
        self.assertEqual(b.run("document.activeElement.id || location.hash"), "#title" if b.run("document.activeElement.id") == "" else "title")
        self.assertEqual(b.run("document.getElementById(document.getElementById('title').getAttribute('aria-describedby').split(' ')[1]).textContent"), "Must not be empty")

    def test_3_keys_alone_reach_everything(self):
        b = self.browser
        b.device(**WIDE)
        self.sign_in()
        self.open("/dashboard/windows/new")
        reached = set()
        for _ in range(80):
            for kind in ("rawKeyDown", "keyUp"):
                b.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            seen = b.run("(e => e === document.body ? '' : [e.tagName, e.name || e.textContent.trim(), getComputedStyle(e).outlineStyle].join(' '))(document.activeElement)")
            if not seen:
                break
            self.assertTrue(seen.endswith(" solid") or " auto" in seen, seen)
            reached.add(seen.split(" ")[1])
        self.assertGreaterEqual(reached, {"title", "description", "scheduled_start", "scheduled_end", "zone", "impact", "auto_transition", "reminder_minutes", "preview"})

    def pages(self):
        """Every page of the dashboard, on a page that is full."""
        if not hasattr(type(self), "full"):
            site = Site()
            self.use(site)
            type(self).windows = example.fill(site)
            managed = site.create(title="Core switch firmware", external_id=MARKER)
            subscribers, monitors = example.subscribe(site), example.watch(site)
            type(self).base = f"http://127.0.0.1:{site.port}"
            service = self.page.call("GET", "/services").json["services"][0]["id"]
            running, git = f"/dashboard/windows/{self.windows['running']['id']}", f"/dashboard/windows/{managed['id']}"
            type(self).full = ["/dashboard", "/dashboard/calendar", "/dashboard/windows/new", running, git, f"{git}/edit", f"{running}/edit", f"{git}/start", f"{running}/extend",
                               f"{running}/update", f"{running}/complete", f"{git}/cancel", "/dashboard/services", "/dashboard/services/new", f"/dashboard/services/{service}",
                               f"/dashboard/services/{service}/delete", "/dashboard/keys", "/dashboard/keys/test/remove", "/dashboard/subscribers", "/dashboard/deliveries", "/dashboard/monitors"]
            # What is built of the same parts: looked at on a phone alone.
            type(self).more = ["/dashboard/monitors/new", f"/dashboard/monitors/{monitors['degraded']}", f"/dashboard/monitors/{monitors['down']}/delete",
                               "/dashboard/subscribers/new", f"/dashboard/subscribers/{subscribers['pending']}", f"/dashboard/subscribers/{subscribers['confirmed']}/remove",
                               f"/dashboard/deliveries/{subscribers['hook']}/drop"]
            type(self).named = {path: name for path, name in zip(self.more[1:], ("monitor", "monitor-delete", "subscribers-new", "subscriber", "subscriber-remove", "delivery-drop"))}
        return self.full

    def test_4_axe_finds_nothing(self):
        source, paths = audits.axe(self), self.pages()
        for device in (WIDE, {**PHONE, "script": True}):
            self.browser.device(**device)
            self.sign_in()
            for path in paths + (self.more if device["width"] == PHONE["width"] else []):
                name = self.named.get(path, path[11:].replace("/", "-") or "list" if "_" not in path else None)
                self.open(path, name and f"{name}-{device['width']}")
                found, passed = audits.axe_finds(self.browser, source)
                self.assertEqual(found, [], f"{path} {device}")
                self.assertGreater(passed, 15)
        self.browser.call("Network.clearBrowserCookies")
        self.open("/dashboard/sign-in", "sign-in")
        self.assertEqual(audits.axe_finds(self.browser, source)[0], [])

    def test_5_the_html_is_valid(self):
        paths = self.pages()
        person = Person(self.page, self.page.key)
        pages = {path: person.text(path) for path in paths + self.more}
        pages["monitor, mistakes"] = person.fill("/dashboard/monitors/new", name="", url="x", interval_seconds="1", service_id="svc_none").text.decode()
        form = Form(pages["/dashboard/subscribers/new"])
        for name in ("hook", "hook again", "subscriber, mistakes"):
            pages[name] = person.fill("/dashboard/subscribers/new", form if name != "subscriber, mistakes" else None, type="webhook",
                                      endpoint="https://hooks.example.com/x").text.decode()
        pages["mistakes"] = person.fill("/dashboard/windows/new", title="", scheduled_end="2027-10-31T02:30", zone="Europe/Berlin", reminder_minutes="x").text.decode()
        pages["preview"] = person.fill("/dashboard/windows/new", title="x", preview="on").text.decode()
        pages["made"] = person.fill("/dashboard/keys", name="made", scope="*:*").text.decode()
        pages["nothing"] = person.get("/dashboard/nothing").text.decode()
        pages["sign-in"] = self.page.request("GET", "/dashboard/sign-in", headers={"X-API-Key": None}).text.decode()
        self.assertEqual(audits.html_finds(self, pages), [])
        self.assertNotEqual(audits.html_finds(self, {"broken": pages["/dashboard"].replace("</ul>", "", 1)}), [])


if __name__ == "__main__":
    unittest.main()
