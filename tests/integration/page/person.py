"""Somebody with a browser who uses the dashboard: forms are sent as they came, with what is filled in."""
import html.parser
import re
import urllib.parse


class Form(html.parser.HTMLParser):
    """The form that a page is about: what a browser would send of it, and what its fields say."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.action, self.inside, self.select, self.area = [], None, False, None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.inside = a.get("class") == "form" and a.get("method") == "post"
            self.action = a.get("action") if self.inside else self.action
        elif not self.inside:
            return
        elif tag == "input" and (a["type"] not in ("checkbox", "radio") or "checked" in a):
            self.fields.append((a["name"], a.get("value", "")))
        elif tag == "select":
            self.select = a["name"]
        elif tag == "option" and "selected" in a:
            self.fields.append((self.select, a["value"]))
        elif tag == "textarea":
            self.area = a["name"]
            self.fields.append((self.area, ""))

    def handle_data(self, data):
        if self.area:
            self.fields[-1] = (self.area, self.fields[-1][1] + data)

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.fields[-1] = (self.area, self.fields[-1][1].removeprefix("\n").replace("\n", "\r\n"))
            self.area = None
        if tag == "form":
            self.inside = False

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key == name), None)

    def all(self, name):
        return [value for key, value in self.fields if key == name]


class Person:
    def __init__(self, page, key):
        self.page, self.cookie = page, None
        answer = self.post("/dashboard/sign-in", {"key": key})
        assert answer.status == 303, answer.text
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        return self.page.request("GET", path, headers={"X-API-Key": None, "Cookie": self.cookie})

    def text(self, path):
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.text.decode()

    def post(self, path, fields, csrf=None, **headers):
        fields = list(fields.items() if isinstance(fields, dict) else fields) + ([("csrf", csrf)] if csrf else [])
        return self.page.request("POST", path, urllib.parse.urlencode(fields).encode(),
                                 {"X-API-Key": None, "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded",
                                  **{name.replace("_", "-"): value for name, value in headers.items()}})

    def csrf(self, path="/dashboard"):
        return re.search('name="csrf" value="([0-9a-f]{64})"', self.text(path)).group(1)

    def send(self, form, path, fields=()):
        """Opens the page `form`, and posts its token with `fields` to `path`."""
        return self.post(path, fields, self.csrf(form))

    def fill(self, path, form=None, **changes):
        """Sends the form of a page with other values: a text, a list of ticked ones, or None for none."""
        form = form or Form(self.text(path))
        fields = [(name, value) for name, value in form.fields if name not in changes]
        for name, value in changes.items():
            fields += [(name, one) for one in ([] if value is None else value if isinstance(value, list) else [value])]
        return self.post(path, fields)
