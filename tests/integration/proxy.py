"""A proxy between maintd and one target, whose misbehaviour a test chooses while it runs.

    with Proxy(page_url) as proxy:
        proxy.fault = hang                  # from now on, for every request; None: behave
        proxy.down(); proxy.up()            # nothing listens on the port, and again
        proxy.requests                      # all that have come in: (seconds, method, path)

A fault is a coroutine function (proxy, request, writer). It answers, or does not; when it returns True the request is passed on
as usual. Each request has a connection of its own, so that a fault is nobody else's.
"""
import asyncio
import threading
import time
import urllib.parse
from dataclasses import dataclass

PATIENCE = 60


@dataclass
class Request:
    method: str
    path: str
    head: bytes
    body: bytes


class Proxy:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.upstream, self.path = (parts.hostname, parts.port), parts.path
        self.fault, self.requests, self.answered = None, [], []
        self._loop, self._server, self._tasks, self.port = asyncio.new_event_loop(), None, set(), 0
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

    def up(self):
        self._run(self._up())

    def down(self):
        """Nobody listens, and what was under way is cut."""
        self._run(self._down())

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}{self.path}'

    def count(self, since=0):
        return len(self.requests) - since

    async def _up(self):
        self._server = await asyncio.start_server(self._serve, '127.0.0.1', self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _down(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._one(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelled() else writer.close()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        method, path, _ = lines[0].split(' ')
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(':') for line in lines[1:] if line)}
        if headers.get('expect', '').lower() == '100-continue':
            writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
        body = await reader.readexactly(int(headers.get('content-length', 0)))
        request = Request(method, path, head, body)
        self.requests.append((time.monotonic(), method, path))
        fault = self.fault
        if fault and not await fault(self, request, writer):
            await writer.drain()
            return
        writer.write(await self.ask(request))
        await writer.drain()

    async def ask(self, request):
        """The target's answer, as it came."""
        lines = [line for line in request.head.split(b'\r\n')[:-2] if not line.lower().startswith((b'connection:', b'expect:'))]
        reader, writer = await asyncio.open_connection(*self.upstream)
        writer.write(b'\r\n'.join([*lines, b'Connection: close', b'', b'']) + request.body)
        answer = await reader.read(-1)
        writer.close()
        self.answered.append((request.method, request.path, answer.split(b' ', 2)[1].decode()))
        return answer


def answer(status, reason, body=b'', **headers):
    """The fault of answering so, in the target's place."""
    head = [f'HTTP/1.1 {status} {reason}', f'Content-Length: {len(body)}', 'Connection: close']
    head += [f'{k.replace("_", "-")}: {v}' for k, v in headers.items()]
    text = ('\r\n'.join(head) + '\r\n\r\n').encode() + body

    async def fault(proxy, request, writer):
        writer.write(text)
    return fault


def slow(seconds):
    """The fault of taking its time."""
    async def fault(proxy, request, writer):
        await asyncio.sleep(seconds)
        return True
    return fault


async def hang(proxy, request, writer):
    """Takes the request and never says anything."""
    await asyncio.sleep(3600)


async def hang_up(proxy, request, writer):
    """Takes the request and hangs up."""


async def lose_answer(proxy, request, writer):
    """What changes something is done; its answer is lost. Reading works."""
    if request.method == 'GET':
        return True
    await proxy.ask(request)


async def cut_answer(proxy, request, writer):
    """What changes something is done; its answer ends in the middle."""
    if request.method == 'GET':
        return True
    text = await proxy.ask(request)
    writer.write(text[:len(text) * 3 // 4])


async def garbage(proxy, request, writer):
    writer.write(bytes(range(256)) * 40)


async def not_json(proxy, request, writer):
    return await answer(200, 'OK', b'<html>Please log in</html>', Content_Type='text/html')(proxy, request, writer)


async def flood(proxy, request, writer):
    """An answer of 200 MB."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 209715200\r\n\r\n["')
    for _ in range(3200):
        writer.write(b'x' * 65536)
        await writer.drain()
