"""A mail server and a receiver of webhooks for the tests of this folder, which do as they are told and keep what they get."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest

from page_server import PATIENCE, Server, eventually

URL = "https://status.example.com"
STRICT = email.policy.default.clone(raise_on_defect=True)


class Kept:
    """What has come in, in order; one may wait for it."""

    def __init__(self):
        self.items, self._more = [], threading.Condition()

    def add(self, item):
        with self._more:
            self.items.append(item)
            self._more.notify_all()

    def wait(self, n, what="messages"):
        deadline = time.monotonic() + PATIENCE
        with self._more:
            while len(self.items) < n:
                assert self._more.wait(max(0, deadline - time.monotonic())), f"{len(self.items)} of {n} {what} came"
            return list(self.items)


class Mail:
    def __init__(self, sender, to, data, secure, user):
        self.sender, self.to, self.data, self.secure, self.user = sender, to, data, secure, user
        self.message = email.message_from_bytes(data, policy=STRICT)
        self.faults = list(self._faults())

    def _faults(self):
        """What is wrong with it by RFC 5321, 5322, 2045 and 8058: each mail of each test is looked at, see Delivering."""
        for line in self.data.split(b"\r\n"):
            if len(line) > 998 or b"\n" in line or b"\r" in line or not line.isascii():
                yield f"this is no line of a mail: {line!r}"
        for part in self.message.walk():
            yield from (f"{name}: {header.defects}" for name, header in part.items() if getattr(header, "defects", None))
        once = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted")
        yield from (f"{name}: {self.message.get_all(name)}" for name in once if len(self.message.get_all(name, [])) != 1)
        if not re.fullmatch(r"<[a-z0-9_.-]+@[a-z0-9.-]+>", self.message["Message-ID"].strip()):
            yield f"Message-ID: {self.message['Message-ID']}"
        if self.message["Date"].datetime is None or self.message["Date"].datetime.utcoffset() is None:
            yield f"Date: {self.message['Date']}"
        if len(self.to) != 1 or self.message["To"] != self.to[0]:
            yield f"it went to {self.to}, and says {self.message['To']}"
        if [(p.get_content_type(), p.get_content_charset()) for p in self.message.iter_parts()] != [("text/plain", "utf-8"), ("text/html", "utf-8")]:
            yield "it is not a text and the same as HTML"
        leave = [self.message[name] for name in ("List-Unsubscribe", "List-Unsubscribe-Post")]
        notice = "event-" in self.message["Message-ID"]
        if notice and (leave[1] != "List-Unsubscribe=One-Click" or not re.fullmatch(r"<https://[!-~]+>", (leave[0] or "").strip())) or not notice and any(leave):
            yield f"List-Unsubscribe: {leave}"

    def part(self, kind):
        return next(p for p in self.message.iter_parts() if p.get_content_type() == "text/" + kind).get_content()

    def link(self, path):
        return re.search(r"https?://[^\s]*" + path + r"[^\s]*", self.part("plain")).group(0)


class MailServer:
    """RFC 5321, as much as a client needs. `answers`: by command, a function of (argument, session) that returns a reply in place of the usual one,
    None for the usual one, or "hang". With a certificate it offers STARTTLS; `password` is asked for then."""

    def __init__(self, certificate=None, password=None):
        self.mails, self.commands, self.answers = Kept(), Kept(), {}
        self.certificate, self.password = certificate, password
        self._open, self._sockets = True, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while self._open:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self._sockets.append(peer)
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def close(self):
        self._open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self._sockets:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            peer.close()

    def _talk(self, peer):
        try:
            Session(self, peer).run()
        except (OSError, ssl.SSLError, ValueError):
            pass


class Session:
    def __init__(self, server, peer):
        self.server, self.peer, self.file = server, peer, peer.makefile("rb")
        self.secure, self.user, self.sender, self.to = False, None, None, []

    def say(self, text):
        self.peer.sendall(text.encode() + b"\r\n")

    def run(self):
        self.answer("CONNECT", "", "220 test ESMTP")
        while line := self.file.readline():
            word, _, rest = line.decode().strip().partition(" ")
            self.server.commands.add(line.decode().strip())
            if not self.command(word.upper(), rest):
                return

    def answer(self, word, rest, usual):
        told = self.server.answers.get(word, lambda rest, session: None)(rest, self)
        if told == "hang":
            while self.server._open:
                if not self.peer.recv(4096):
                    break
            raise OSError
        self.say(told or usual)
        return not told or told[0] in "23"

    def command(self, word, rest):
        if word == "EHLO":
            offers = ["250-test"] + (["250-STARTTLS"] if self.server.certificate and not self.secure else [])
            offers += ["250-AUTH PLAIN"] if self.server.password and self.secure else []
            self.answer(word, rest, "\r\n".join(offers + ["250 8BITMIME"]))
        elif word == "STARTTLS":
            self.say("220 go on")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.server.certificate)
            self.peer = context.wrap_socket(self.peer, server_side=True)
            self.server._sockets.append(self.peer)
            self.file, self.secure = self.peer.makefile("rb"), True
        elif word == "AUTH":
            given = rest.partition(" ")[2]
            if not given:
                self.say("334 ")
                given = self.file.readline().decode().strip()
            _, user, password = base64.b64decode(given).decode().split("\0")
            self.user = user if password == self.server.password else None
            self.say("235 welcome" if self.user else "535 no")
        elif word == "MAIL":
            self.sender, self.to = re.search("<(.*)>", rest).group(1), []
            self.answer(word, rest, "250 ok")
        elif word == "RCPT":
            if self.answer(word, rest, "250 ok"):
                self.to.append(re.search("<(.*)>", rest).group(1))
        elif word == "DATA":
            if self.answer(word, rest, "354 go on"):
                self.take()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.answer(word, rest, "250 ok")
        return True

    def take(self):
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = Mail(self.sender, list(self.to), b"".join(lines), self.secure, self.user)
        self.server.mails.add(mail)
        self.answer("TAKEN", mail, "250 taken")


def certificate(folder):
    """A key with its own certificate for 127.0.0.1, in one file; what signs it is itself."""
    path = pathlib.Path(folder, "server.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path, "-out", f"{path}.crt", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=PATIENCE)
    path.write_text(path.read_text() + pathlib.Path(f"{path}.crt").read_text())
    return path


class Hook:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        self.json = json.loads(body)

    def signed_with(self, secret):
        return hmac.compare_digest(self.headers["X-Kodo-Signature"], hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest())


class HookServer:
    """Answers 200, or what `answer(hook)` says: a status, or (status, headers)."""

    def __init__(self):
        self.hooks, self.answer = Kept(), lambda hook: 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                hook = Hook(self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                outer.hooks.add(hook)
                told = outer.answer(hook)
                status, headers = told if isinstance(told, tuple) else (told, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Delivering(unittest.TestCase):
    settings = ""
    retry = "50ms"
    tls = False

    def setUp(self):
        self.page = Server("--rate-limit", "off")
        self.addCleanup(self.page.remove)
        self.page.stop()
        pem = certificate(self.page.dir) if self.tls else None
        self.mail, self.hook = MailServer(pem, "correct horse" if self.tls else None), HookServer()
        self.addCleanup(self.mail.close)
        self.addCleanup(self.hook.close)
        secure = f"mail_ca: {pem}.crt\nmail_user: page\n" if self.tls else "mail_tls: none\n"
        pathlib.Path(self.page.dir, "smtp-password").write_text("correct horse\n")
        os.chmod(os.path.join(self.page.dir, "smtp-password"), 0o600)
        self.config = pathlib.Path(self.page.dir, "page.yaml")
        self.config.write_text(f"title: Ünïcode Stätus\nurl: {URL}\nmail_server: smtp://127.0.0.1:{self.mail.port}\nmail_from: status@example.com\n{secure}"
                               f"webhook_networks: 127.0.0.0/8\nnotice_retry: {self.retry}\ntimezone: Europe/Vienna\n" + self.settings)
        self.page.options += ("--config", str(self.config))
        self.page.start()

        self.addCleanup(self.mails_are_sound)

    def mails_are_sound(self):
        self.assertEqual([fault for mail in self.mail.mails.items for fault in mail.faults], [])

    def sql(self, *statement):
        with sqlite3.connect(os.path.join(self.page.dir, "page.sqlite"), timeout=PATIENCE) as db:
            rows = db.execute(*statement).fetchall()
        db.close()
        return rows

    def subscribed(self, address):
        """As if its owner had agreed."""
        answer = self.page.call("POST", "/subscribers", {"type": "email", "endpoint": address})
        self.assertEqual(answer.status, 201, answer.text)
        self.sql("UPDATE subscriber SET confirmed_at = 1 WHERE endpoint = ?", (address,))
        return answer.json

    def hooked(self, path="/hook", services=()):
        answer = self.page.call("POST", "/subscribers", {"type": "webhook", "endpoint": f"http://127.0.0.1:{self.hook.port}{path}", "services": list(services)})
        self.assertEqual(answer.status, 201, answer.text)
        return answer.json

    def notices(self, n):
        """Mails without the questions."""
        eventually(f"{n} notices", lambda: len(self.mailed()) >= n)
        return self.mailed()

    def mailed(self):
        return [m for m in list(self.mail.mails.items) if "event-" in m.message["Message-ID"]]

    def nothing_owed(self):
        eventually("nothing is owed", lambda: self.sql("SELECT count(*) FROM delivery") == [(0,)])

    def said(self, text):
        eventually(text, lambda: text in self.page.logged())
