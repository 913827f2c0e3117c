"""What the monitors of maintd-page look at: a server that does with each path what it is told, and keeps who asked."""
import pathlib
import socket
import ssl
import threading
import unittest

from page_server import PATIENCE, Server, eventually
from receivers import Kept, certificate


def answer(status, body=b"fine", headers=""):
    return lambda peer: peer.sendall(f"HTTP/1.1 {status} Text\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)


def hang(peer):
    while peer.recv(4096):
        pass


def drip(peer):
    """One byte after the other, each as soon as the other side would wait for it."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    peer.settimeout(0.05)
    while True:
        peer.sendall(b"x")
        try:
            if not peer.recv(1):
                return
        except TimeoutError:
            pass


def pour(head, what):
    """Sends without end; `poured` of the server says how much went out."""
    def act(peer):
        peer.sendall(head)
        while True:
            peer.server.poured += peer.send(what)
    return act


class Watched:
    """`acts`: by path, what is done with a peer that asked for it."""

    def __init__(self, pem=None):
        self.acts, self.asked, self.poured = {}, Kept(), 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if pem else None
        if pem:
            self.context.load_cert_chain(pem)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path, host="127.0.0.1"):
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def close(self):
        self.open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while self.open:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer):
        try:
            peer.settimeout(PATIENCE)
            peer = self.context.wrap_socket(peer, server_side=True) if self.context else peer
            data = b""
            while b"\r\n\r\n" not in data:
                more = peer.recv(4096)
                if not more:
                    return
                data += more
            path = data.split()[1].decode()
            self.asked.add((path, data.decode()))
            self.acts.get(path, answer(200))(Peer(self, peer))
        except (OSError, ssl.SSLError):
            pass
        finally:
            peer.close()

    def count(self, path):
        return sum(1 for p, _ in list(self.asked.items) if p == path)

    def asked_again(self, path, times=1):
        """Until it has been asked for that many times more."""
        n = self.count(path) + times
        eventually(f"{path} is asked for", lambda: self.count(path) >= n)


class Peer:
    def __init__(self, server, peer):
        self.server, self._peer = server, peer

    def __getattr__(self, name):
        return getattr(self._peer, name)


class Monitoring(unittest.TestCase):
    """A page whose monitors look once a second at a server of ours."""

    settings = "monitor_networks: 127.0.0.0/8 ::1\nmonitor_interval_min: 1s\n"
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.page = Server("--rate-limit", "off")
        cls.page.stop()
        pem = certificate(cls.page.dir) if cls.tls else None
        cls.watched = Watched(pem)
        cls.config = pathlib.Path(cls.page.dir, "page.yaml")
        cls.config.write_text("title: Status\n" + cls.settings + (f"monitor_ca: {pem}.crt\n" if pem else ""))
        cls.page.options += ("--config", str(cls.config))
        cls.page.start()

    @classmethod
    def tearDownClass(cls):
        cls.page.remove()
        cls.watched.close()

    def path(self):
        """One for each test, and for each call."""
        self.paths = getattr(self, "paths", 0) + 1
        return f"/{self._testMethodName}/{self.paths}"

    def service(self, **fields):
        return self.page.service(f"{self._testMethodName} {len(self.page.call('GET', '/services').json['services'])}", **fields)

    def monitor(self, path, service=None, **fields):
        body = {"name": path, "url": self.watched.url(path), "interval_seconds": 1, "timeout_ms": 500, **fields}
        if service:
            body["service_id"] = service["id"]
        made = self.page.call("POST", "/uptime-monitors", body)
        self.assertEqual(made.status, 201, made.text)
        self.addCleanup(lambda: self.page.call("DELETE", f"/uptime-monitors/{made.json['id']}"))
        return made.json

    def seen(self, monitor):
        return self.page.call("GET", f"/uptime-monitors/{monitor['id']}").json

    def becomes(self, monitor, status):
        eventually(f"{monitor['name']} is {status}", lambda: self.seen(monitor)["status"] == status)
        return self.seen(monitor)

    def patch(self, monitor, **fields):
        answered = self.page.call("PATCH", f"/uptime-monitors/{monitor['id']}", fields)
        self.assertEqual(answered.status, 200, answered.text)
        return answered.json

    def shown(self, service):
        return self.page.call("GET", f"/services/{service['id']}").json["status"]

    def shows(self, service, status):
        eventually(f"{service['name']} shows {status}", lambda: self.shown(service) == status)
