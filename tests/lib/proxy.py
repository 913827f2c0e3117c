"""A proxy between maintd and one target, whose misbehaviour a test chooses while it runs.

    with Proxy(page_url) as proxy:
        proxy.fault = hang                  # from now on, for every request; None: behave. faults.py has a choice of them
        proxy.down(); proxy.up()            # nothing listens on the port, and again
        proxy.requests                      # all that have come in: (seconds, method, path)
        proxy.answered                      # what the target answered: (method, path, status)
        proxy.met                           # those that met a fault: (method, path)
    proxy.under_way                     # how many are being answered

A fault is a coroutine function (request, wire), and `wire` what it may do to the connection. When it returns True the request is
passed on as usual, when it returns KEEP the connection stays open for more; after every other fault it ends, so that a fault is
nobody else's. A fault marked @on_accept comes before anything is read, and for a connection in use instead of what is asked next.
Connections of maintd are kept as a real server keeps them; the target gets one for each request.

A Relay passes bytes on without understanding them: it stands before a Proxy that speaks TLS, to spoil what TLS protects.
"""
import asyncio
import contextlib
import socket
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass

PATIENCE = 60
KEEP = 'keep'


@dataclass
class Request:
    method: str
    path: str
    head: bytes
    body: bytes


class Wire:
    """One connection of maintd's."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer = proxy, reader, writer

    async def ask(self, request):
        """The target's answer, as it came."""
        return await self.proxy.ask(request)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def hang(self):
        """Says nothing more until the other side has gone."""
        while await self.reader.read(65536):
            pass

    def half_close(self):
        self.writer.write_eof()

    def reset(self):
        """The end as when a host has lost its memory of the connection: RST, and what was not yet sent is not."""
        self.writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.writer.transport.abort()


class Listener:
    """Listens on loopback, in a thread of its own; a subclass serves each connection."""

    def __init__(self, address=('127.0.0.1', 0), tls=None):
        self.address, self.tls, self.fault = address, tls, None
        self._loop, self._server, self.tasks = asyncio.new_event_loop(), None, set()
        self.wires = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_):
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    @property
    def port(self):
        return self.address[1]

    def up(self):
        self._run(self._up())

    def down(self):
        """Nobody listens, and what was under way is cut."""
        self._run(self._down())

    def cut(self):
        """All connections end as a server ends idle ones; it goes on listening."""
        self._run(self._cut())

    async def _cut(self):
        for wire in self.wires:
            wire.writer.close()

    async def _up(self):
        self._server = await asyncio.start_server(self._serve, *self.address, ssl=self.tls)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def _down(self):
        self._server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def spawn(self, coroutine):
        """Runs beside the connections, and ends with them."""
        task = self._loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self._spawned)

    def _spawned(self, task):
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _serve(self, reader, writer):
        task, wire = asyncio.current_task(), Wire(self, reader, writer)
        self.tasks.add(task)
        self.wires.add(wire)
        try:
            await self.serve(wire)
            writer.close()
        except asyncio.CancelledError:
            wire.reset()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RuntimeError):
            writer.close()
        finally:
            self.tasks.discard(task)
            self.wires.discard(wire)


class Proxy(Listener):
    def __init__(self, url, address=('127.0.0.1', 0), tls=None):
        super().__init__(address, tls)
        parts = urllib.parse.urlsplit(url)
        self.upstream, self.path = (parts.hostname, parts.port), parts.path
        self.requests, self.answered, self.met = [], [], []
        self.under_way = 0

    @property
    def url(self):
        return f'{"https" if self.tls else "http"}://{self.address[0]}:{self.port}{self.path}'

    def count(self, since=0):
        return len(self.requests) - since

    async def serve(self, wire):
        while await self._hit_early(wire) and await self._request(wire):
            pass

    async def _hit_early(self, wire):
        """False: the fault was for the connection as such."""
        fault = self.fault
        if not getattr(fault, 'on_accept', False):
            return True
        self.met.append(('', ''))
        await fault(None, wire)
        return False

    async def _request(self, wire):
        """True: another one may come."""
        head = await wire.reader.readuntil(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        method, path, _ = lines[0].split(' ')
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(':') for line in lines[1:] if line)}
        request = Request(method, path, head, await wire.reader.readexactly(int(headers.get('content-length', 0))))
        self.requests.append((time.monotonic(), method, path))
        self.under_way += 1
        try:
            return await self._answer(request, wire)
        finally:
            self.under_way -= 1

    async def _answer(self, request, wire):
        """True: another one may come."""
        if not await self._hit_early(wire):
            return False
        verdict = await self._hit(request, wire)
        if verdict is not True:
            return verdict == KEEP
        text = await self.ask(request)
        await wire.send(kept(text))
        return bounded(text)

    async def _hit(self, request, wire):
        fault, verdict = self.fault, True
        if fault:
            verdict = None      # also when the other side has had enough of it
            try:
                verdict = await fault(request, wire)
            finally:
                if verdict is not True:
                    self.met.append((request.method, request.path))
        return verdict

    async def ask(self, request):
        lines = [line for line in request.head.split(b'\r\n')[:-2] if not line.lower().startswith((b'connection:', b'expect:'))]
        reader, writer = await asyncio.open_connection(*self.upstream)
        with contextlib.closing(writer):
            writer.write(b'\r\n'.join([*lines, b'Connection: close', b'', b'']) + request.body)
            answer = await reader.read(-1)
        if not answer:
            raise ConnectionResetError('the target has gone')
        self.answered.append((request.method, request.path, answer.split(b' ', 2)[1].decode()))
        return answer


class Relay(Listener):
    """`fault` is a coroutine function (data, wire) asked about what the server sends: what is sent in its place, None: no more."""

    def __init__(self, port):
        super().__init__()
        self.upstream, self.met = ('127.0.0.1', port), 0

    async def serve(self, wire):
        reader, writer = await asyncio.open_connection(*self.upstream)
        self.spawn(self._upwards(wire.reader, writer))
        with contextlib.closing(writer):
            while data := await reader.read(65536):
                if self.fault:
                    data = await self.fault(data, wire)
                if data is None:
                    break
                await wire.send(data)

    @staticmethod
    async def _upwards(reader, writer):
        with contextlib.closing(writer):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()


def split(text):
    """Head and body of an answer."""
    head, _, body = text.partition(b'\r\n\r\n')
    return head + b'\r\n\r\n', body


def kept(text):
    """The answer without the word that the connection ends."""
    head, body = split(text)
    return b'\r\n'.join(line for line in head.split(b'\r\n') if not line.lower().startswith(b'connection:')) + body if bounded(text) else text


def bounded(text):
    """Whether it says itself where the answer ends."""
    head = split(text)[0].lower()
    return b'\r\ncontent-length:' in head or b'\r\ntransfer-encoding:' in head or head.split(b' ', 2)[1] in (b'204', b'304')
