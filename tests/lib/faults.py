"""What can happen to a request on the wire, for proxy.Proxy and, at the end, for proxy.Relay."""
import asyncio
import random

from proxy import KEEP, PATIENCE, kept, split


def on_accept(fault):
    fault.on_accept = True
    return fault


# ── for some requests only ──

def plain(decide):
    """The fault that a function (method, path) decides on, which may block: 'lose-request', 'lose-response', or None for no fault."""
    async def fault(request, wire):
        verdict = await asyncio.to_thread(decide, request.method, request.path)
        return True if verdict is None else await {'lose-request': hang_up, 'lose-response': close_after}[verdict](request, wire)
    return fault


def once(what, method, path=''):
    """The fault `what` for the first request that fits, and for no other."""
    left = [what]

    async def fault(request, wire):
        if request.method == method and path in request.path and left:
            return await left.pop()(request, wire)
        return True
    return fault


def writes(what):
    """The fault `what` for requests that change something; reading works."""
    async def fault(request, wire):
        return True if request.method == 'GET' else await what(request, wire)
    return fault


# ── instead of the target's answer ──

def answer(status, reason, body=b'', **headers):
    """Answers so, in the target's place."""
    head = [f'HTTP/1.1 {status} {reason}', f'Content-Length: {len(body)}', 'Connection: close']
    head += [f'{k.replace("_", "-")}: {v}' for k, v in headers.items()]
    text = ('\r\n'.join(head) + '\r\n\r\n').encode() + body

    async def fault(request, wire):
        await wire.send(text)
    return fault


async def not_json(request, wire):
    return await answer(200, 'OK', b'<html>Please log in</html>', Content_Type='text/html')(request, wire)


async def garbage(request, wire):
    await wire.send(bytes(range(256)) * 40)


async def flood(request, wire):
    """An answer of 200 MB."""
    await wire.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 209715200\r\n\r\n["')
    for _ in range(3200):
        await wire.send(b'x' * 65536)


def storm(answers, dice=random):
    """One of these answers for most requests: a server under load lets some through. Every fifth: two writes in a row are never both let
    through, as dice would do once in a while."""
    met = 0

    async def fault(request, wire):
        nonlocal met
        met += 1
        return True if met % 5 == 0 else await dice.choice(answers)(request, wire)
    return fault


TOO_MANY = [answer(429, 'Too Many Requests', **headers) for headers in (
    {}, {'Retry_After': '0'}, {'Retry_After': '1'}, {'Retry_After': '-5'}, {'Retry_After': 'soon'},
    {'Retry_After': 'Thu, 01 Jan 1970 00:00:00 GMT'}, {'X_RateLimit_Remaining': '0', 'X_RateLimit_Reset': '1'})]
SERVER_ERRORS = [answer(500, 'Internal Server Error', b'{"error": "database is locked"}'), answer(502, 'Bad Gateway', b'<html>nginx</html>'),
                 answer(503, 'Service Unavailable'), answer(503, 'Service Unavailable', Retry_After='1'), answer(504, 'Gateway Timeout')]


# ── with the answer on its way ──

def slow(seconds):
    """Takes its time."""
    async def fault(request, wire):
        await asyncio.sleep(seconds)
        return True
    return fault


async def hang_up(request, wire):
    """Takes the request and hangs up."""


async def reset_before(request, wire):
    """The same with RST: the request does not arrive."""
    wire.reset()


async def close_after(request, wire):
    """The request is carried out; not one byte of the answer comes. On a connection in use, some clients just send again."""
    await wire.ask(request)


async def reset_after(request, wire):
    await wire.ask(request)
    wire.reset()


async def cut_answer(request, wire):
    text = await wire.ask(request)
    await wire.send(text[:len(text) * 3 // 4])


lose_answer, cut_answer = writes(close_after), writes(cut_answer)


async def half(request, wire):
    """The head and half of the body."""
    head, body = split(await wire.ask(request))
    await wire.send(head + body[:len(body) // 2])


async def close_in_body(request, wire):
    await half(request, wire)


async def reset_in_body(request, wire):
    await half(request, wire)
    wire.reset()


async def half_close(request, wire):
    """Half an answer, then no more is sent, but the other direction stays open."""
    await half(request, wire)
    wire.half_close()
    await wire.hang()


# ── hanging ──

@on_accept
async def hang_after_accept(request, wire):
    await wire.hang()


@on_accept
async def reset_after_accept(request, wire):
    wire.reset()


async def hang(request, wire):
    """Takes the request and never says anything."""
    await wire.hang()


async def hang_in_head(request, wire):
    text = await wire.ask(request)
    await wire.send(text[:20])
    await wire.hang()


async def hang_after_head(request, wire):
    """Even an answer without a body promises one."""
    head, body = split(await wire.ask(request))
    await wire.send(head if body else b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')
    await wire.hang()


async def hang_in_body(request, wire):
    await half(request, wire)
    await wire.hang()


async def drip(request, wire):
    """A byte at a time, for minutes."""
    for byte in await wire.ask(request):
        await wire.send(bytes([byte]))
        await asyncio.sleep(0.2)


# ── answers whose length is not what they say ──

def without(head, *names):
    return [line for line in head.split(b'\r\n')[:-2] if not line.lower().startswith(names)]


def relength(change):
    """A Content-Length that is not the body's. The connection stays open, so that what is too much is read as the beginning of the
    next answer by those who do not take care."""
    async def fault(request, wire):
        head, body = split(kept(await wire.ask(request)))
        said = max(0, len(body) + change)
        await wire.send(b'\r\n'.join([*without(head, b'content-length:', b'transfer-encoding:'), b'Content-Length: %d' % said, b'', b'']) + body)
        return KEEP
    return fault


async def chunks(request, wire):
    """Chunks, one with a length that is no number."""
    head, body = split(await wire.ask(request))
    lines = without(head, b'content-length:', b'transfer-encoding:')
    await wire.send(b'\r\n'.join([*lines, b'Transfer-Encoding: chunked', b'', b'1', body[:1], b'zz!', body[1:], b'0', b'', b'']))


async def answer_twice(request, wire):
    """One request, two answers, on a connection that stays open."""
    await wire.send(kept(await wire.ask(request)) * 2)
    return KEEP


# ── requests that are not where they should be ──

async def twice(request, wire):
    """The request arrives twice, as by a load balancer that tries again; the second answer is seen."""
    await wire.ask(request)
    return True


def late(seconds):
    """What changes something arrives when its sender has long given up."""
    async def deliver(request, wire):
        await asyncio.sleep(seconds)
        await wire.ask(request)

    async def fault(request, wire):
        wire.proxy.spawn(deliver(request, wire))
        await wire.hang()
    return writes(fault)


# ── TLS ──

async def tls_alert(request, wire):
    """An alert of TLS 1.2 (unexpected message), as a port that wants TLS answers plain HTTP."""
    await wire.send(bytes([21, 3, 3, 0, 2, 2, 10]))


def flip(data, wire):
    """The last byte is another one."""
    wire.proxy.met += 1
    return data[:-1] + bytes([data[-1] ^ 1])


async def relay_noise(data, wire):
    """Another protocol than TLS."""
    wire.proxy.met += 1
    await wire.send(b'220 mail.example ESMTP\r\n')


async def relay_corrupt(data, wire):
    """From the handshake on."""
    return flip(data, wire)


async def relay_corrupt_data(data, wire):
    """The handshake succeeds; what a TLS 1.2 server then says (records of type 23) does not arrive as it was sent."""
    return flip(data, wire) if data[0] == 23 else data


async def relay_stall(data, wire):
    """The handshake does not get on."""
    wire.proxy.met += 1
    await asyncio.sleep(PATIENCE)


async def relay_reset(data, wire):
    wire.proxy.met += 1
    wire.reset()


async def relay_cut_data(data, wire):
    """The connection ends in the middle of a record, without TLS's goodbye."""
    if data[0] != 23:
        return data
    wire.proxy.met += 1
    await wire.send(data[:len(data) // 2])
    return None
